"""Out of graded outcomes, a correction: Bayesian linear regression of what the prior missed, and a gate before it.

First the levels. A model's mean residual, shrunk, half of it towards what all models share, moves its level; one slope
for all models keeps every chance a chance (`LevelMap`), so the ranking of steps by gain stays the prior's.

Then the features. What is left over is

    r = taper(p) * (level[m] + (x - centre) . w[m]) + noise

with Gaussian priors, so the posterior is exact, closed, and the same in any order. Prior variances are chosen by the
evidence (empirical Bayes), one choice for all models; a model's weights are half its own and half shared by all, so a
model with few outcomes leans on what the others say of this traffic.

The features then have to earn their say. With the predictions that leave a step out (exact, from the hat matrix) we ask
whether they rank steps by gain better than the prior does: the difference in recovered gain, over its standard error,
shrunk as if 25 outcomes had seen no difference. Below `_GATE[0]` the ranking stays the prior's, above `_GATE[1]` the
features are believed, between the two by degrees.

Source:
    MacKay (1992), "Bayesian interpolation" (evidence); Allen (1974), PRESS (leaving out without refitting); the gate's
    figure is the APGR of RouteLLM (Ong et al. 2024) as a mean over steps. ADEQUACY, finding 4: a naive fit is worse
    than the prior below 200 outcomes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tierwise.classifier.learned import N_SIGNAL_FEATURES, LevelMap
from tierwise.types import Floats

_Design: TypeAlias = tuple[Floats, Floats, npt.NDArray[np.intp]]
"""Weighted rows of one model, its weighted residuals, and the steps they are of."""

__all__ = ["Evidence", "Posterior", "fit_posterior"]

_SIGNAL_SDS = (0.0, 0.03, 0.1, 0.3)
_VECTOR_SDS = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Prior standard deviations of a weight, relative to the noise's; the vectors have length 1."""
_LEVEL_SD = 0.45
"""Of a level, relative to the noise's: zero-shot levels are off by some 0.2 in probability (ECE on unseen sources)."""
_SHARED = 0.5
"""Share of a weight's prior variance that all models have in common."""
_NOISE_COUNT, _NOISE_VARIANCE = 2.0, 0.2
"""Prior of the noise: so many outcomes have seen this variance."""
_NAMED_SD = 0.15
"""Of a named traffic's own level, in probability."""
_GATE = (2.0, 4.0)
_DOUBT = 25.0
_HELP = 2.0
"""What foreseeing residuals may add, in standard errors, where most steps were answered by one model only."""
_MOST_LEFT_OUT = 4_000
"""So many steps, evenly spread, are left out to ask the gate."""
_RANGE_DOUBT = 50.0
_LEAST_ASKED = 12
_MOST_JOINT = 1_500
"""Unknowns up to which models are solved together."""


@dataclass(frozen=True)
class Evidence:
    """Outcomes in canonical order.

    Attributes:
        features: Shape (n_steps, n_features).
        prior: Shape (n_steps, n_models): chances before anything was learned; NaN where they are not known.
        score: Same shape: mean score; NaN where there is no outcome.
        weight: Same shape: how much it says; 0 where there is no outcome.
    """

    features: Floats
    prior: Floats
    score: Floats
    weight: Floats
    n_plain: int = N_SIGNAL_FEATURES
    """So many features, the first, are signals and names of traffic; vectors follow."""


@dataclass(frozen=True)
class Posterior:
    """What was fitted.

    Attributes:
        maps: One for each model.
        levels: Shape (n_models,): shrunk mean residuals, in probability.
        level_sds: Shape (n_models,): their posterior standard deviations.
        centre: Shape (n_features,).
        weights: Shape (n_features, n_models), before trust.
        trust: In [0, 1].
        z: What the gate saw, in standard errors.
        sds: Chosen prior standard deviations of signal and vector weights.
    """

    maps: tuple[LevelMap, ...]
    levels: Floats
    level_sds: Floats
    centre: Floats
    weights: Floats
    trust: float
    z: float
    sds: tuple[float, float]


def fit_posterior(evidence: Evidence) -> Posterior:
    """Fits levels and weights, and asks the gate."""
    levels, level_sds = _levels(evidence)
    maps = _maps(evidence, levels)
    moved = np.stack([level(evidence.prior[:, m]) for m, level in enumerate(maps)], axis=1)
    centre = evidence.features.mean(axis=0)
    found = evidence.features - centre
    live = np.abs(found).max(axis=0) > 1e-9
    found = np.concatenate([np.ones((len(found), 1)), found[:, live]], axis=1)
    n_signals = int(live[: evidence.n_plain].sum())
    designs = [_design(evidence, maps[m], moved[:, m], found, m) for m in range(len(maps))]
    sds = _choose_sds(designs, n_signals)
    scale = _scale(sds, found.shape[1], n_signals)
    on = scale > 0
    solved = _solve([(z[:, on] * scale[on], r) for z, r, _ in designs])
    weights = np.zeros((len(scale), len(designs)))
    weights[on] = solved.mean * scale[on][:, None]
    spread = np.zeros((len(centre), len(designs)))
    spread[live] = weights[1:]
    z = _gate(evidence, moved, found, maps, designs, solved, scale, on) if on.sum() > 1 else 0.0
    trust = float(np.clip((z - _GATE[0]) / (_GATE[1] - _GATE[0]), 0.0, 1.0))
    return Posterior(maps, levels, level_sds, centre, spread, trust, z, sds)


def named_levels(evidence: Evidence, found: Posterior, n_traffics: int) -> Floats:
    """How far each model's level on a named traffic is from what the posterior says of its steps, shrunk towards 0.

    Args:
        evidence: Its first `n_traffics` features say which traffic a step belongs to.
        found: The posterior of all of it.
        n_traffics: How many there are.

    Returns:
        Shape (n_traffics, n_models), in probability. A traffic of n outcomes keeps about n / (n + 9) of its mean residual.
    """
    levels = np.zeros((n_traffics, len(found.maps)))
    pull = (evidence.features - found.centre) @ (found.weights * found.trust)
    for m, level in enumerate(found.maps):
        at = np.flatnonzero(evidence.weight[:, m] > 0)
        taper, weight = level.taper(evidence.prior[at, m]), evidence.weight[at, m]
        residual = evidence.score[at, m] - level(evidence.prior[at, m]) - taper * pull[at, m]
        for t in range(n_traffics):
            mine = evidence.features[at, t] * weight
            total = float(mine @ (taper * residual))
            levels[t, m] = total / (float(mine @ taper**2) + _NOISE_VARIANCE / _NAMED_SD**2)
    return levels


def _levels(evidence: Evidence) -> tuple[Floats, Floats]:
    """Shrunk mean residuals of models, and their standard deviations."""
    rows = []
    for m in range(evidence.score.shape[1]):
        at = np.flatnonzero(evidence.weight[:, m] > 0)
        root = np.sqrt(evidence.weight[at, m])
        rows.append((root[:, None] * _LEVEL_SD, (evidence.score[at, m] - evidence.prior[at, m]) * root))
    solved = _solve(rows)
    levels = solved.mean[0] * _LEVEL_SD
    squares = sum(float(((r - z[:, 0] * solved.mean[0, m]) ** 2).sum()) for m, (z, r) in enumerate(rows))
    noise = (2 * _NOISE_COUNT * _NOISE_VARIANCE + squares) / (2 * _NOISE_COUNT + sum(len(r) for _, r in rows))
    return levels, np.sqrt(noise * np.diag(solved.covariance)) * _LEVEL_SD


def _maps(evidence: Evidence, levels: Floats) -> tuple[LevelMap, ...]:
    """The models' maps: their levels moved, with the steepest common slope, up to 1, that keeps chances chances."""
    ranges = []
    for m, level in enumerate(levels):
        graded = evidence.prior[evidence.weight[:, m] > 0, m]
        low, middle, high = (0.2, 0.5, 0.8) if not len(graded) else (graded.min(), graded.mean(), graded.max())
        unseen = _RANGE_DOUBT / (len(graded) + _RANGE_DOUBT)  # a few outcomes do not show how wide the traffic is
        low, high = low * (1 - unseen), high + (1 - high) * unseen
        low, high = max(min(low, middle - 0.01), 0.005), min(max(high, middle + 0.01), 0.995)
        ranges.append((float(low), float(middle), float(high), float(np.clip(middle + level, 0.02, 0.98))))
    slope = 1.0
    for low, middle, high, at in ranges:
        slope = min(slope, (at - 0.01) / (middle - low), (0.99 - at) / (high - middle))
    return tuple(
        LevelMap(low, high, at + slope * (low - middle), at + slope * (high - middle))
        for low, middle, high, at in ranges
    )


def _design(evidence: Evidence, level: LevelMap, moved: Floats, found: Floats, model: int) -> _Design:
    """Rows of one model, weighted: its design, its residuals, and the steps they are of."""
    at = np.flatnonzero(evidence.weight[:, model] > 0)
    root = np.sqrt(evidence.weight[at, model])
    taper = level.taper(evidence.prior[at, model])
    return found[at] * (taper * root)[:, None], (evidence.score[at, model] - moved[at]) * root, at


def _scale(sds: tuple[float, float], n: int, n_signals: int) -> Floats:
    scale = np.full(n, sds[1])
    scale[0] = _LEVEL_SD
    scale[1 : 1 + n_signals] = sds[0]
    return scale


def _choose_sds(designs: Sequence[_Design], n_signals: int) -> tuple[float, float]:
    """The prior variances under which the residuals of all models are likeliest; the smaller where two are alike."""
    grams = [_Gram(z, r, n_signals) for z, r, _ in designs if len(r)]
    n = designs[0][0].shape[1]
    best, best_sds = -np.inf, (0.0, 0.0)
    vectors = _VECTOR_SDS if n > 1 + n_signals else (0.0,)
    for sds in itertools.product(_SIGNAL_SDS, vectors):
        scale = _scale(sds, n, n_signals)
        log_evidence = sum(gram.log_evidence(scale) for gram in grams)
        if log_evidence > best + 1e-6:
            best, best_sds = log_evidence, sds
    return best_sds


class _Gram:
    """Evidence of one model under many prior variances, from whichever Gram matrix is smaller."""

    def __init__(self, z: Floats, r: Floats, n_signals: int) -> None:
        self._r, self._n, self._n_signals = r, len(r), n_signals
        self._tall = len(r) > z.shape[1]
        if self._tall:
            self._inner, self._pull = z.T @ z, z.T @ r
        else:
            blocks = (slice(0, 1), slice(1, 1 + n_signals), slice(1 + n_signals, None))
            self._outer = [z[:, block] @ z[:, block].T for block in blocks]

    def log_evidence(self, scale: Floats) -> float:
        if self._tall:
            on = scale > 0
            s = scale[on]
            low = np.linalg.cholesky(np.eye(len(s)) + self._inner[np.ix_(on, on)] * np.outer(s, s))
            c = np.linalg.solve(low, self._pull[on] * s)
            rest = self._r @ self._r - c @ c
        else:
            sds = (
                scale[0],
                scale[1] if self._n_signals else 0.0,
                scale[-1] if len(scale) > 1 + self._n_signals else 0.0,
            )
            low = np.linalg.cholesky(
                np.eye(self._n) + sum(sd**2 * outer for sd, outer in zip(sds, self._outer, strict=True) if sd)
            )
            u = np.linalg.solve(low, self._r)
            rest = u @ u
        count = self._n / 2 + _NOISE_COUNT
        return float(-np.log(np.diag(low)).sum() - count * np.log(_NOISE_COUNT * _NOISE_VARIANCE + max(rest, 0.0) / 2))


@dataclass(frozen=True)
class _Solved:
    """Means, shape (n_on, n_models); the posterior covariance over noise, shape (m * n_on, m * n_on)."""

    mean: Floats
    covariance: Floats

    def block(self, a: int, b: int) -> Floats:
        n = self.mean.shape[0]
        return self.covariance[a * n : (a + 1) * n, b * n : (b + 1) * n]


def _solve(rows: Sequence[tuple[Floats, Floats]]) -> _Solved:
    """All models together, half of each weight's variance shared; each alone where that would be too many unknowns."""
    m, n = len(rows), rows[0][0].shape[1]
    shared = _SHARED if m > 1 and m * n <= _MOST_JOINT else 0.0
    between = np.linalg.inv((1 - shared) * np.eye(m) + shared)
    if shared == 0.0:
        covariance = np.zeros((m * n, m * n))
        for i, (z, _) in enumerate(rows):
            covariance[i * n : (i + 1) * n, i * n : (i + 1) * n] = np.linalg.inv(np.eye(n) + z.T @ z)
    else:
        precision = np.kron(between, np.eye(n))
        for i, (z, _) in enumerate(rows):
            precision[i * n : (i + 1) * n, i * n : (i + 1) * n] += z.T @ z
        covariance = np.linalg.inv(precision)
    pull = np.concatenate([z.T @ r for z, r in rows])
    return _Solved((covariance @ pull).reshape(m, n).T, covariance)


def _gate(
    evidence: Evidence,
    moved: Floats,
    found: Floats,
    maps: Sequence[LevelMap],
    designs: Sequence[_Design],
    solved: _Solved,
    scale: Floats,
    on: npt.NDArray[np.bool_],
) -> float:
    """How surely the features rank better than the prior, in standard errors, from steps left out."""
    n_steps = len(evidence.features)
    asked = np.unique(np.linspace(0, n_steps - 1, min(n_steps, _MOST_LEFT_OUT)).astype(int))
    rows = found[asked][:, on] * scale[on]
    taper = np.stack([level.taper(evidence.prior[asked, m]) for m, level in enumerate(maps)], axis=1)
    prediction = taper * (rows @ solved.mean)  # where a model was not graded, nothing of its own is to be left out
    left_out = _left_out(evidence, designs, solved, scale, on, asked)
    graded = evidence.weight[asked] > 0
    prediction = np.where(graded, left_out, prediction)
    total = np.zeros(len(asked))
    for a, b in itertools.combinations(range(graded.shape[1]), 2):
        pair = [a, b]
        known = np.isfinite(evidence.prior[asked][:, pair]).all(axis=1) & graded[:, pair].any(axis=1)
        if known.sum() >= _LEAST_ASKED:
            gain = _gain(evidence.score[asked][known][:, pair], moved[asked][known][:, pair], graded[known][:, pair])
            before = np.diff(evidence.prior[asked][known][:, pair], axis=1)[:, 0]
            after = np.diff((moved[asked] + prediction)[known][:, pair], axis=1)[:, 0]
            total[known] += (gain - gain.mean()) * (_rank(after) - _rank(before))
    z = _standard_errors(total[total != 0.0], len(asked))
    if (graded.sum(axis=1) > 1).mean() >= 0.5:
        return z
    return z + float(np.clip(_foreseen(evidence.score[asked] - moved[asked], left_out, graded) - _GATE[0], 0.0, _HELP))


def _foreseen(missed: Floats, left_out: Floats, graded: npt.NDArray[np.bool_]) -> float:
    """How surely the features foresee what models' levels miss, in standard errors.

    That is no proof that they rank by gain, yet few outcomes of different steps show little of gains: it may help.
    """
    parts = [np.zeros(0)]
    for m in range(graded.shape[1]):
        some = graded[:, m]
        if some.sum() > 1:
            wrong = missed[some, m]
            parts.append((wrong - wrong.mean()) * (left_out[some, m] - left_out[some, m].mean()))
    found = np.concatenate(parts)
    return _standard_errors(found, len(found))


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
    return float(found.mean() / (sd / np.sqrt(len(found))) * n / (n + _DOUBT))


def _left_out(
    evidence: Evidence,
    designs: Sequence[_Design],
    solved: _Solved,
    scale: Floats,
    on: npt.NDArray[np.bool_],
    asked: npt.NDArray[np.intp],
) -> Floats:
    """Corrections of each model at the steps asked, from a fit that has not seen any model's outcome there.

    Leaving rows B out of ridge regression leaves residuals (I - H_BB)^-1 r_B; here B are one step's outcomes.
    """
    m, n_steps = len(designs), len(evidence.features)
    place = np.full(n_steps, -1)
    place[asked] = np.arange(len(asked))
    hat = np.zeros((len(asked), m, m))
    z_of = np.zeros((m, len(asked), int(on.sum())))
    residual = np.zeros((len(asked), m))
    target = np.full((len(asked), m), np.nan)
    for i, (z, r, at) in enumerate(designs):
        here = place[at] >= 0
        rows = z[here][:, on] * scale[on]
        z_of[i, place[at[here]]] = rows
        residual[place[at[here]], i] = r[here] - rows @ solved.mean[:, i]
        target[place[at[here]], i] = r[here]
    for a in range(m):
        for b in range(a, m):
            hat[:, a, b] = hat[:, b, a] = np.einsum("ij,ij->i", z_of[a] @ solved.block(a, b), z_of[b])
    left = np.linalg.solve(np.eye(m) * (1 + 1e-9) - hat, residual[:, :, None])[:, :, 0]
    root = np.sqrt(np.where(evidence.weight[asked] > 0, evidence.weight[asked], 1.0))
    return np.where(np.isfinite(target), (target - left) / root, 0.0)


def _rank(priority: Floats) -> Floats:
    """Ranks from 0 to 1, ties sharing theirs."""
    _, index, counts = np.unique(priority, return_inverse=True, return_counts=True)
    above = np.cumsum(counts) - (counts + 1) / 2
    return np.asarray(above[index] / max(len(priority), 1))
