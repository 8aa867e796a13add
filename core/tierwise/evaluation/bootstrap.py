"""Intervals by resampling, with rows that depend on each other drawn together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from tierwise.types import Floats

__all__ = ["Interval", "interval", "resampled"]

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and where 95 % of its resampled values lie."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def resampled(clusters: Sequence[Hashable], draws: int, seed: int) -> Floats:
    """How often each row counts in the data itself, and in each of `draws` bootstrap samples of its clusters.

    Args:
        clusters: Of n rows, what each belongs to: a conversation, an instance. Rows of a cluster come and go together.
        draws: Bootstrap samples, 0 for none.
        seed: The same seed and clusters give the same samples.

    Returns:
        Shape (draws + 1, n); the first row is all ones, so the first of any figure's draws is the figure itself.

    Source:
        Efron and Tibshirani (1993), section 8.6 (resampling of whole units).
    """
    _, index = np.unique([str(cluster) for cluster in clusters], return_inverse=True)
    n = int(index.max()) + 1 if len(index) else 0
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws) if n else np.zeros((draws, 0))
    return np.concatenate([np.ones((1, len(index))), counts[:, index]])


def interval(draws: Floats) -> Interval:
    """The percentile interval of a figure's draws, whose first is the figure itself; NaN draws do not count."""
    value, rest = float(draws[0]), draws[1:][~np.isnan(draws[1:])]
    if not len(rest):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(rest, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Interval(value, float(low), float(high))
