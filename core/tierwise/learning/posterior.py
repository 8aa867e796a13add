"""Out of graded outcomes, a correction: levels, what all models share, and a gate before that in which they differ.

First the levels. A model's mean residual, shrunk, half of it towards what all models share, moves its level; one slope
for all models keeps every chance a chance (`LevelMap`), so the ranking of steps by gain stays the prior's.

Then what is left over is smoothed over the traffic (`tierwise.learning.residuals`): kinds of traffic found by clustering
vectors, named kinds, signals, and the prior itself. The part that all models share says how hard a step is; it leaves
gains alone and counts at once. The part in which models differ ranks steps by gain, and has to earn its say.

With predictions for steps that were left out, a fifth of them at a time, we ask whether it ranks steps by gain better than
the prior does, and whether it is nearer to what happened: both as a mean over its standard error, at most `_MOST_SURE`,
shrunk as if `_DOUBT` outcomes had seen no difference. Where the mean of the two is below `_GATE[0]`, the ranking stays the
prior's, above `_GATE[1]` the part is believed, between the two by degrees.

Source:
    The gate's figure is the APGR of RouteLLM (Ong et al. 2024) as a mean over steps. ADEQUACY, finding 4: a naive fit is
    worse than the prior below 200 outcomes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tierwise.classifier.learned import N_SIGNAL_FEATURES, Correction, LevelMap, Pull, move
from tierwise.learning.residuals import LEVEL_SD, Residuals, fit_residuals
from tierwise.learning.smoother import NOISE_COUNT, NOISE_VARIANCE
from tierwise.types import Floats

__all__ = ["Evidence", "Posterior", "fit_posterior", "named_levels"]

_SHARED = 0.5
"""Share of a level's prior variance that all models have in common."""
_NAMED_SD = 0.15
"""Of a named traffic's own level, in probability."""
_GATE = (0.2, 1.0)
_DOUBT = 150.0
_MOST_SURE = 3.0
"""Standard errors beyond these say no more: out of a few outcomes they are not known that well."""
_RANGE_DOUBT = 50.0
_EDGE = 1e-6
_LEAST_ASKED = 4


@dataclass(frozen=True)
class Evidence:
    """Outcomes in canonical order.

    Attributes:
        features: Shape (n_steps, n_features): names of traffic, signals, vectors. A row of zeros counts for levels only.
        prior: Shape (n_steps, n_models): chances before anything was learned; NaN where they are not known.
        score: Same shape: mean score; NaN where there is no outcome.
        weight: Same shape: how much it says; 0 where there is no outcome.
        n_plain: So many features, the first, are names of traffic and signals; vectors follow.
    """

    features: Floats
    prior: Floats
    score: Floats
    weight: Floats
    n_plain: int = N_SIGNAL_FEATURES


@dataclass(frozen=True)
class Posterior:
    """What was fitted.

    Attributes:
        maps: One for each model.
        levels: Shape (n_models,): shrunk mean residuals, in probability.
        level_sds: Shape (n_models,): their posterior standard deviations.
        residuals: What is left over, smoothed over the traffic.
        trust: In [0, 1].
        z: What the gate saw, in standard errors.
        n_outcomes: What it rests on.
    """

    maps: tuple[LevelMap, ...]
    levels: Floats
    level_sds: Floats
    residuals: Residuals
    trust: float
    z: float
    n_outcomes: int

    @property
    def pull(self) -> Pull:
        """What steps look like, as far as it is trusted."""
        return self.residuals.pull(self.trust)

    def correction(
        self,
        names: Sequence[str],
        shares: Floats,
        encoder: str | None = None,
        named: dict[str, Sequence[float]] | None = None,
    ) -> Correction:
        """The correction of a router's tiers; see there."""
        return Correction(
            tuple(names), self.maps, shares, self.pull, self.trust, self.n_outcomes, encoder, named=named or {}
        )


def fit_posterior(evidence: Evidence) -> Posterior:
    """Fits levels and residuals, and asks the gate."""
    levels, level_sds = _levels(evidence)
    maps = _maps(evidence, levels)
    prior = _filled(evidence.prior)
    moved, _ = move(maps, prior)
    graded = evidence.weight > 0
    missed = np.where(graded, np.where(graded, evidence.score, 0.0) - moved, 0.0)
    residuals = fit_residuals(evidence.features, prior, missed, evidence.weight, evidence.n_plain)
    z = _gate(evidence, moved, residuals)
    trust = float(np.clip((z - _GATE[0]) / (_GATE[1] - _GATE[0]), 0.0, 1.0))
    return Posterior(maps, levels, level_sds, residuals, trust, z, int(graded.sum()))


def _filled(prior: Floats) -> Floats:
    """The prior's chances, with those that are not known at the mean of those that are."""
    known = np.isfinite(prior)
    means = np.where(known, prior, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, prior, np.where(known.any(axis=0), means, 0.5))


def named_levels(evidence: Evidence, found: Posterior, n_traffics: int) -> Floats:
    """What each named traffic adds to each model's chance.

    That is what the posterior has smoothed there, and how far the model's level is from all of it, shrunk towards 0.

    Args:
        evidence: Its first `n_traffics` features say which traffic a step belongs to.
        found: The posterior of all of it.
        n_traffics: How many there are.

    Returns:
        Shape (n_traffics, n_models), in probability. A traffic of n outcomes keeps about n / (n + 9) of its mean residual.
    """
    smoothed = found.residuals.named(found.trust)
    levels = np.zeros((n_traffics, len(found.maps)))
    prior, names = _filled(evidence.prior), evidence.features[:, :n_traffics]
    pull = found.pull(prior, evidence.features[:, n_traffics:]) + names @ smoothed
    moved, tapers = move(found.maps, prior)
    for m in range(len(found.maps)):
        at = np.flatnonzero(evidence.weight[:, m] > 0)
        taper, weight = tapers[at, 0], evidence.weight[at, m]
        residual = evidence.score[at, m] - moved[at, m] - taper * pull[at, m]
        for t in range(n_traffics):
            mine = names[at, t] * weight
            total = float(mine @ (taper * residual))
            levels[t, m] = total / (float(mine @ taper**2) + NOISE_VARIANCE / _NAMED_SD**2)
    return levels + smoothed


def _levels(evidence: Evidence) -> tuple[Floats, Floats]:
    """Shrunk mean residuals of models, and their standard deviations.

    Half of a level's variance is shared: a model with few outcomes leans on what the others say of this traffic.
    """
    weight = evidence.weight
    missed = np.where(weight > 0, np.where(weight > 0, evidence.score, 0.0) - _filled(evidence.prior), 0.0)
    between = (1 - _SHARED) * np.eye(weight.shape[1]) + (_SHARED if weight.shape[1] > 1 else 0.0)
    between = between / between[0, 0] * LEVEL_SD**2
    covariance = np.linalg.inv(np.linalg.inv(between) + np.diag(weight.sum(axis=0)))
    levels = covariance @ (weight * missed).sum(axis=0)
    squares = float((weight * (missed - levels) ** 2).sum())
    noise = (2 * NOISE_COUNT * NOISE_VARIANCE + squares) / (2 * NOISE_COUNT + int((weight > 0).sum()))
    return levels, np.sqrt(noise * np.diag(covariance))


def _maps(evidence: Evidence, levels: Floats) -> tuple[LevelMap, ...]:
    """The models' maps: their levels moved, with the steepest common slope, up to 1, that keeps chances chances."""
    ranges = []
    for m, level in enumerate(levels):
        graded = _graded_chances(evidence, m)
        low, middle, high = (0.2, 0.5, 0.8) if not len(graded) else (graded.min(), graded.mean(), graded.max())
        # Where traffic is surer than 0.995 the range ends half-way from it to certainty, so that its middle lies within.
        least, most = min(0.005, low / 2), max(0.995, (1 + high) / 2)
        unseen = _RANGE_DOUBT / (len(graded) + _RANGE_DOUBT)  # a few outcomes do not show how wide the traffic is
        low, high = low * (1 - unseen), high + (1 - high) * unseen
        low, high = max(min(low, middle - 0.01), least), min(max(high, middle + 0.01), most)
        ranges.append((float(low), float(middle), float(high), float(np.clip(middle + level, 0.02, 0.98))))
    slope = 1.0
    for low, middle, high, at in ranges:
        slope = min(slope, (at - 0.01) / (middle - low), (0.99 - at) / (high - middle))
    return tuple(
        LevelMap(low, high, at + slope * (low - middle), at + slope * (high - middle))
        for low, middle, high, at in ranges
    )


def _graded_chances(evidence: Evidence, m: int) -> Floats:
    """A model's chances on the steps it was graded on; on those that others were graded on, where it never was."""
    graded = evidence.weight > 0
    mine = graded[:, m] if graded[:, m].any() else graded.any(axis=1)
    chances = evidence.prior[mine, m]
    return np.asarray(chances[np.isfinite(chances)].clip(_EDGE, 1 - _EDGE))


def _gate(evidence: Evidence, moved: Floats, residuals: Residuals) -> float:
    """How surely the differences between models are worth having, in standard errors, from steps left out.

    The mean of two answers: how surely they rank steps by gain better than the prior, and how surely they bring what is
    said of each model nearer to what happened. Steps are compared with those of their own part.
    """
    parts = [np.flatnonzero(residuals.parts == part) for part in np.unique(residuals.parts)]
    ranks, near = np.zeros(len(moved)), np.zeros(len(moved))
    for at in parts:
        ranks[at] = _ranks_better(evidence, moved, residuals.differences, at)
        near[at] = _foresees(evidence.weight[at], residuals.differed[at], residuals.differences[at])
    graded = (evidence.weight > 0).any(axis=1)
    return (_standard_errors(ranks[ranks != 0.0], len(ranks)) + _standard_errors(near[graded], len(near))) / 2


def _ranks_better(evidence: Evidence, moved: Floats, differences: Floats, at: npt.NDArray[np.intp]) -> Floats:
    """What each of these steps adds to the gain recovered by the new order of them, beyond the prior's order."""
    graded = evidence.weight[at] > 0
    total = np.zeros(len(at))
    for a, b in itertools.combinations(range(graded.shape[1]), 2):
        pair = [a, b]
        known = np.isfinite(evidence.prior[at][:, pair]).all(axis=1) & graded[:, pair].any(axis=1)
        if known.sum() >= _LEAST_ASKED:
            rows = at[known]
            gain = _gain(evidence.score[rows][:, pair], moved[rows][:, pair], graded[known][:, pair])
            before = np.diff(evidence.prior[rows][:, pair], axis=1)[:, 0]
            after = np.diff((moved + differences)[rows][:, pair], axis=1)[:, 0]
            total[known] += (gain - gain.mean()) * (_rank(after) - _rank(before))
    return total


def _foresees(weight: Floats, differed: Floats, differences: Floats) -> Floats:
    """Squared error without the differences less that with them; levels are not counted, only what varies."""
    graded = weight > 0
    counts = np.maximum(graded.sum(axis=0), 1)
    happened = np.where(graded, differed - differed.sum(axis=0) / counts, 0.0)
    said = np.where(graded, differences, 0.0)
    said = np.where(graded, said - said.sum(axis=0) / counts, 0.0)
    return np.asarray((weight * said * (2 * happened - said)).sum(axis=1))


def _gain(score: Floats, moved: Floats, graded: npt.NDArray[np.bool_]) -> Floats:
    """Strong less weak on each step; unbiased where only one of the two was graded, if that one was drawn at random.

    Args:
        score: Shape (n, 2).
        moved: Same shape: chances with levels put right.
        graded: Same shape.

    Source:
        The doubly robust estimator (Robins, Rotnitzky and Zhao 1994): the model's guess, plus what the graded answer
        differs from it over the share of steps where that model was graded.
    """
    alone = graded.sum(axis=1) == 1
    share = graded[alone].mean(axis=0) if alone.any() else np.ones(2)
    missed = np.where(graded, score - moved, 0.0) / np.where(alone[:, None], np.maximum(share, 1e-9), 1.0)
    return np.asarray((moved[:, 1] + missed[:, 1]) - (moved[:, 0] + missed[:, 0]))


def _standard_errors(found: Floats, n: int) -> float:
    sd = float(found.std()) if len(found) > 1 else 0.0
    if sd < 1e-12:
        return 0.0
    return min(float(found.mean() / (sd / np.sqrt(len(found)))), _MOST_SURE) * n / (n + _DOUBT)


def _rank(priority: Floats) -> Floats:
    """Ranks from 0 to 1, ties sharing theirs."""
    _, index, counts = np.unique(priority, return_inverse=True, return_counts=True)
    above = np.cumsum(counts) - (counts + 1) / 2
    return np.asarray(above[index] / max(len(priority), 1))
