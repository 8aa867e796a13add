"""What the levels of models leave over, smoothed over the traffic.

    missed[step, model] = shared(step) + different(step, model) + noise,    different sums to 0 over models

Both are regressions on: a constant, the prior's chances (`shared` on their mean, `different` on how far each is from it),
names of traffic, signals, and the nearness to landmarks (`tierwise.classifier.landmarks`), whitened so that the regression
is a Gaussian process with that kernel, or nearly. Each has its own amplitude (`tierwise.learning.smoother`). Where a model
did not answer, its residual is replaced by what is expected of it, over and over, which converges to the answer that the
given outcomes alone have.

Landmarks are k-means centres that start from the first steps in canonical order, so the result depends on which outcomes
there are, not on their order.

Source:
    Bonilla, Chai and Williams (2007), "Multi-task Gaussian process prediction" (shared and different parts); Williams and
    Seeger (2001), Nyström; Dempster, Laird and Rubin (1977), EM (completing what is missing).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tierwise.classifier.landmarks import Landmarks, find_landmarks
from tierwise.classifier.learned import N_SIGNAL_FEATURES, Pull
from tierwise.learning.smoother import Seen, Smoother, fit_smoother
from tierwise.types import Floats

__all__ = ["LEVEL_SD", "Residuals", "completed", "fit_residuals", "split"]

LEVEL_SD = 0.45
"""Of a level, relative to the noise's: zero-shot levels are off by some 0.2 in probability (ECE on unseen sources)."""
_SHARED_SLOPE_SD, _OWN_SLOPE_SD = 0.9, 0.68
"""Of what a unit of the prior's chance adds, relative to the noise: about 0.4 round the prior's own 1."""
_NAMED_SD, _SIGNAL_SD = 0.7, 0.07
"""At amplitude 1, where landmarks have 1; signals are twenty, and standardised."""
_JITTER = 1e-5
_MOST_COMPLETIONS, _SETTLED, _NEARLY = 100, 1e-6, 1e-3
_PARTS = 5
"""Steps are left out in so many parts, to ask what was learned from the rest."""


@dataclass(frozen=True)
class Residuals:
    """A fitted smoother of residuals.

    Attributes:
        landmarks: Kinds of traffic that were found; None without vectors.
        centre: Shape (n_columns,): what columns are measured from.
        shared: Shape (n_columns, 1): weights of the part that all models share.
        different: Shape (n_columns, n_models): weights of the other.
        differences: Shape (n_steps, n_models): the other part at the steps learned from, from fits that saw none of the
            step's part of them.
        parts: Shape (n_steps,): which part each step belongs to.
        differed: Same shape: how far each outcome was from what is shared there; 0 where there is none.
        amplitudes: How much shows of either part: root mean amplitudes, 0 for nothing.
    """

    landmarks: Landmarks | None
    white: Floats
    centre: Floats
    shared: Floats
    different: Floats
    differences: Floats
    parts: npt.NDArray[np.intp]
    differed: Floats
    amplitudes: tuple[float, float]
    n_names: int

    def pull(self, trust: float) -> Pull:
        """What is added to chances; names of traffic are left to `named`."""
        weights = self._weights(trust)
        m = weights.shape[1]
        first = 2 + m + self.n_names
        slopes = _of_prior(np.eye(m)) @ weights[1 : 2 + m]
        signals, levels = weights[first : first + N_SIGNAL_FEATURES], weights[first + N_SIGNAL_FEATURES :]
        names = slice(2 + m, first)
        away = self.centre[first + N_SIGNAL_FEATURES :] @ levels
        rest = weights.copy()
        rest[first + N_SIGNAL_FEATURES :] = 0.0
        rest[names] = 0.0
        constant = weights[0] - self.centre @ rest
        return Pull(constant, slopes, signals, self.landmarks, self.white @ levels, away)

    def named(self, trust: float) -> Floats:
        """What a name of traffic adds to chances, shape (n_names, n_models)."""
        m = self.different.shape[1]
        at = slice(2 + m, 2 + m + self.n_names)
        weights = self._weights(trust)[at]
        return np.asarray(weights - self.centre[at] @ weights)

    def _weights(self, trust: float) -> Floats:
        return np.asarray(self.shared + trust * self.different)


def fit_residuals(features: Floats, prior: Floats, missed: Floats, weight: Floats, n_plain: int) -> Residuals:
    """Smooths residuals.

    Args:
        features: Shape (n_steps, n_features): names of traffic, signals, vectors. A row whose signals and vectors are
            zeros is not looked at.
        prior: Shape (n_steps, n_models): the prior's chances.
        missed: Same shape: score less corrected chance; 0 where there is no outcome.
        weight: Same shape; 0 where there is no outcome.
        n_plain: So many features, the first, are names of traffic and signals.
    """
    seen = np.asarray(features[:, n_plain - N_SIGNAL_FEATURES :].any(axis=1))
    weight = weight * seen[:, None]
    landmarks = find_landmarks(*_of_step(features[seen], n_plain))
    white = _whitening(landmarks)
    x = _columns(features, prior, landmarks, white, n_plain)
    centre = x[seen].mean(axis=0) if seen.any() else np.zeros(x.shape[1])
    centre[0] = 0.0
    x -= centre
    fit = _Fit(x, missed, weight, n_plain, len(white))
    parts, n_names = np.arange(len(x)) % _PARTS, n_plain - N_SIGNAL_FEATURES
    return Residuals(
        landmarks, white, centre, *fit.weights(), fit.left_out(parts), parts, fit.differed, fit.amplitudes, n_names
    )


def _whitening(landmarks: Landmarks | None) -> Floats:
    """From nearness to columns of equal prior variance, shape (n_landmarks, n_landmarks)."""
    if landmarks is None:
        return np.zeros((0, 0))
    latest = np.zeros_like(landmarks.task) if landmarks.latest is None else landmarks.latest
    kernel = landmarks.nearness(landmarks.signals, np.concatenate([landmarks.task, latest], axis=1))
    low = np.linalg.cholesky((kernel + kernel.T) / 2 + _JITTER * np.eye(len(kernel)))
    return np.asarray(np.linalg.inv(low).T)


def _of_prior(prior: Floats) -> Floats:
    """Columns out of the prior's chances: their mean, and how far each is from it; scaled so that noise is the same."""
    m = prior.shape[1]
    mean = prior.mean(axis=1, keepdims=True)
    return np.concatenate([mean * np.sqrt(m), (prior - mean) * _stretch(m)], axis=1)


def _stretch(m: int) -> float:
    """From how far a model is from the mean of m to a number with the variance of a single outcome."""
    return float(np.sqrt(m / (m - 1))) if m > 1 else 1.0


def _columns(features: Floats, prior: Floats, landmarks: Landmarks | None, white: Floats, n_plain: int) -> Floats:
    near = np.zeros((len(features), 0))
    if landmarks is not None:
        near = landmarks.nearness(*_of_step(features, n_plain)) @ white
    return np.concatenate([np.ones((len(prior), 1)), _of_prior(prior), features[:, :n_plain], near], axis=1)


def _of_step(features: Floats, n_plain: int) -> tuple[Floats, Floats]:
    """Signals and vectors."""
    return features[:, n_plain - N_SIGNAL_FEATURES : n_plain], features[:, n_plain:]


class _Fit:
    """Both regressions over one set of columns."""

    def __init__(self, x: Floats, missed: Floats, weight: Floats, n_plain: int, n_landmarks: int) -> None:
        self._x, self._missed = x, missed
        self._m = m = missed.shape[1]
        self._weight = weight.max(axis=1)
        self._known = weight / np.where(self._weight > 0, self._weight, 1.0)[:, None]
        self._whole = bool((self._known[self._weight > 0] == 1.0).all())
        self._pulled = x * self._weight[:, None]
        self._gram = self._pulled.T @ x
        scale = np.concatenate(
            [
                [LEVEL_SD, _SHARED_SLOPE_SD],
                np.full(m, _OWN_SLOPE_SD),
                np.full(n_plain - N_SIGNAL_FEATURES, _NAMED_SD),
                np.full(N_SIGNAL_FEATURES, _SIGNAL_SD),
                np.ones(n_landmarks),
            ]
        )
        self._free = np.arange(len(scale)) >= 2 + m
        of_shared, of_different = scale.copy(), scale.copy()
        of_shared[2 : 2 + m] = 0.0
        of_different[1] = 0.0
        self.differed = np.zeros_like(missed)
        self._smoothers = self._choose(of_shared, of_different, weight)

    @property
    def amplitudes(self) -> tuple[float, float]:
        return self._smoothers[0].amplitude, self._smoothers[1].amplitude

    def weights(self) -> tuple[Floats, Floats]:
        """Weights of the shared part, shape (n_columns, 1), and of the other, shape (n_columns, n_models)."""
        shared, different = self._completed
        x, weight = self._pulled.T, self._smoothers
        return weight[0].weights(x @ shared), weight[1].weights(x @ different)

    def left_out(self, parts: npt.NDArray[np.intp]) -> Floats:
        """The different part at each step, from a fit without all steps of its part, at the same amplitudes.

        Parts rather than single steps: what is fitted without a single step leans away from its outcome, be it by ever so
        little, and where there is little to learn that is all that would be seen.
        """
        found = np.zeros_like(self._missed)
        for part in range(_PARTS):
            out = parts == part
            if out.all() or not out.any():
                continue
            gram = self._pulled[out].T @ self._x[out]
            shared, own = self._smoothers[0], self._smoothers[1].without(gram)
            if not self._whole:
                shared = shared.without(gram)
            different = self._complete(~out, (shared, own), _NEARLY)[1]
            found[out] = self._x[out] @ own.weights(self._pulled[~out].T @ different)
        return found

    @cached_property
    def _completed(self) -> tuple[Floats, Floats]:
        return self._complete(np.ones(len(self._x), dtype=bool), self._smoothers, _SETTLED)

    def _complete(
        self, at: npt.NDArray[np.bool_], smoothers: tuple[Smoother, Smoother], settled: float
    ) -> tuple[Floats, Floats]:
        if self._whole:
            return split(self._missed[at])
        return completed(self._x[at], self._pulled[at], self._missed[at], self._known[at], smoothers, settled)

    def _choose(self, of_shared: Floats, of_different: Floats, weight: Floats) -> tuple[Smoother, Smoother]:
        """Both smoothers, each by its own evidence."""
        m, given = self._m, weight > 0
        answers = given.sum(axis=1)
        mean = (weight * self._missed).sum(axis=1) / np.where(answers > 0, weight.sum(axis=1), 1.0)
        says = self._weight if self._whole else weight.sum(axis=1) / m
        seen = self._seen(np.sqrt(m) * mean[:, None], says, 1.0)
        shared = fit_smoother(self._gram, of_shared, self._free, [seen])
        if m == 1:
            return shared, fit_smoother(self._gram, np.zeros_like(of_different), self._free, ())
        # Who alone answered a step is compared with what is expected there of all; such a row says half as much of two.
        alone = answers == 1
        base = mean
        if alone.any():
            y = mean[:, None] * (weight.sum(axis=1) / m / np.where(answers > 0, self._weight, 1.0))[:, None]
            base = np.where(alone, (self._x @ shared.weights(self._pulled.T @ y))[:, 0], mean)
        counts = float(np.where(answers > 1, answers - 1, answers).sum() / max(answers.sum(), 1))
        self.differed = np.where(given, self._missed - base[:, None], 0.0)
        share = np.where(alone, (m - 1) / m, 1.0)
        y = self.differed * _stretch(m)
        rows = [self._seen(y, self._weight, counts)]
        if not self._whole:
            rows = [self._seen(y[:, [i]], weight[:, i] * share, counts) for i in range(m)]
        return shared, fit_smoother(self._gram, of_different, self._free, rows)

    def _seen(self, y: Floats, weight: Floats, counts: float) -> Seen:
        at = weight > 0
        x, pulled = self._x[at], self._x[at] * weight[at, None]
        gram = self._gram if weight is self._weight else pulled.T @ x
        return Seen(gram, pulled.T @ y[at], weight[at] @ y[at] ** 2, float(at.sum()), counts)


def completed(
    x: Floats, pulled: Floats, missed: Floats, known: Floats, smoothers: tuple[Smoother, Smoother], settled: float
) -> tuple[Floats, Floats]:
    """Residuals with those that are missing at their expectation, as a mean over models and differences from it.

    Args:
        x: Shape (n, n_columns).
        pulled: The same, each row times its weight.
        missed: Shape (n, n_models).
        known: Same shape: how much of an outcome there is, from 0 (none) to 1.
        smoothers: Of the shared part and of the different one.
        settled: It is done when no expectation moves by more.
    """
    expected, smoothers = np.zeros_like(missed), (smoothers[0].inverted(), smoothers[1].inverted())
    for _ in range(_MOST_COMPLETIONS):
        before = expected
        shared, different = split(expected + known * (missed - expected))
        expected = x @ smoothers[0].weights(pulled.T @ shared) + x @ smoothers[1].weights(pulled.T @ different)
        if np.abs(expected - before).max() < settled:
            break
    return split(expected + known * (missed - expected))


def split(missed: Floats) -> tuple[Floats, Floats]:
    """The mean over models, shape (n, 1), and how far each is from it, shape (n, n_models)."""
    shared = missed.mean(axis=1, keepdims=True)
    return shared, missed - shared
