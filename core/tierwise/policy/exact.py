"""An exact test that little enough is lost, for steps with one right or wrong answer of each tier.

Of the steps that count, some lose (the top tier is right, the chosen one wrong: + quality), some keep (both right:
- (1 - quality)), some win (the chosen one alone is right: -1). Given how many count, these numbers are multinomial, and "not
safe" says that the loss is 0 or more on average. At a mean of 0 everything is known but one share, that of wins among the
steps that do not lose; the p-value is the worst over an interval that holds it with probability 1 - `_ASIDE` * level, plus
that. Samples are ordered by the sum of losses over its standard deviation, which hardly depends on that share. No
approximation but that the worst is looked for on a grid, where the chance is smooth.

Beside betting (`tierwise.policy.guarantee`), which holds for any losses, it needs two to three times fewer steps.

Source:
    Berger and Boos (1994), "P values maximized over a confidence set for the nuisance parameter"; Clopper and Pearson (1934)
    for the interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tierwise.types import Floats

__all__ = ["Tally", "exact_p_value", "tally"]

_ASIDE = 0.03
"""Share of the level that is spent on not knowing the share of wins."""
_GRID, _FINE_GRID, _NEAR = 3, 9, 0.2
"""Shares of wins tried: few where even the worst is below so much of the level, more otherwise."""
_SDS, _BEYOND = 5.5, 1e-6
"""So far from its mean a binomial number is looked at; what is beyond has less than this chance, which is added."""
_HALVINGS = 24


@dataclass(frozen=True, slots=True)
class Tally:
    """How many steps lose, keep and win; steps at which both tiers are wrong do not count."""

    lost: int
    kept: int
    won: int

    def times(self, factor: float) -> Tally:
        """What so many times the steps would bring, rounded towards losing."""
        return Tally(math.ceil(factor * self.lost), int(factor * self.kept), int(factor * self.won))


def tally(loss: Floats, quality: float) -> Tally | None:
    """Counts losses of single steps, shape (n,); None where an outcome is neither right nor wrong."""
    counts = [int(np.count_nonzero(np.abs(loss - value) < 1e-9)) for value in (quality, quality - 1.0, -1.0, 0.0)]
    return Tally(*counts[:3]) if sum(counts) == len(loss) else None


def exact_p_value(seen: Tally, quality: float, level: float) -> float:
    """p-value of "E[loss] >= 0" (not safe).

    Args:
        seen: The sample.
        quality: In (0, 1).
        level: What it will be compared with; it sets how the interval is chosen, and the p-value holds for any.
    """
    n = seen.lost + seen.kept + seen.won
    if not 0 < quality < 1 or n == 0 or quality * seen.lost >= (1 - quality) * seen.kept + seen.won - 1e-9:
        return 1.0
    aside = _ASIDE * level
    most = _upper(seen.won, seen.kept + seen.won, aside)
    worst = 0.0
    for points in (_GRID, _FINE_GRID):
        if points == _GRID or worst >= _NEAR * level:
            worst = max(worst, *(_chance(seen, n, share, quality) for share in np.linspace(0.0, most, points).tolist()))
    return min(1.0, worst + aside + _BEYOND)


def _chance(seen: Tally, n: int, wins: float, quality: float) -> float:
    """Chance of a gain as plain as the one seen, where the mean is 0 and `wins` is the share of wins among the rest."""
    gained = (1 - quality) + quality * wins
    lost, p_lost = _binomial(n, gained / (quality + gained))
    won, p_won = _binomial_of_each(n - lost, wins)
    plain = _plainness(lost[:, None], won[None, :], n, quality) <= _plainness(seen.lost, seen.won, n, quality) + 1e-9
    return float(p_lost @ (p_won * plain).sum(axis=1))


def _plainness(lost: Floats | int, won: Floats | int, n: int, quality: float) -> Floats:
    """The sum of losses over its standard deviation, as if one more step had lost: lower is plainer."""
    kept = n - lost - won
    total = quality * lost - (1 - quality) * kept - won
    return np.asarray(total / np.sqrt(quality**2 * (lost + 1) + (1 - quality) ** 2 * np.maximum(kept, 0) + won))


def _binomial(n: int, p: float) -> tuple[Floats, Floats]:
    """The numbers that a binomial variable takes with any chance worth counting, and their chances."""
    spread = _SDS * math.sqrt(n * p * (1 - p)) + _SDS
    k = np.arange(max(0, math.floor(n * p - spread)), min(n, math.ceil(n * p + spread)) + 1)
    return k, np.exp(_log_pmf(k, np.array(n), p))


def _binomial_of_each(n: Floats, p: float) -> tuple[Floats, Floats]:
    """The same for several n at once: numbers, shape (k,), and their chances, shape (len(n), k)."""
    if p <= 0.0:
        return np.zeros(1, dtype=int), np.ones((len(n), 1))
    most, least = int(n.max()), int(n.min())
    spread = _SDS * math.sqrt(most * p * (1 - p)) + _SDS
    k = np.arange(max(0, math.floor(least * p - spread)), min(most, math.ceil(most * p + spread)) + 1)
    return k, np.where(k[None, :] <= n[:, None], np.exp(_log_pmf(k[None, :], n[:, None], p)), 0.0)


def _log_pmf(k: Floats, n: Floats, p: float) -> Floats:
    logs = _log_factorials(int(n.max()) + 1)
    rest = np.maximum(n - k, 0)
    return np.asarray(logs[n] - logs[k] - logs[rest] + k * math.log(p) + rest * math.log1p(-p), dtype=float)


@lru_cache(maxsize=4)
def _log_factorials_to(power: int) -> Floats:
    return np.cumsum(np.log(np.maximum(np.arange(2.0**power), 1.0)))


def _log_factorials(n: int) -> Floats:
    return _log_factorials_to(max(10, math.ceil(math.log2(n + 1))))


def _upper(k: int, n: int, level: float) -> float:
    """Clopper and Pearson's upper limit of a share, from k of n."""
    if k >= n:
        return 1.0 - 1e-12
    values = np.arange(k + 1)
    low, high = k / n, 1.0 - 1e-12
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle > 0 and float(np.exp(_log_pmf(values, np.array(n), middle)).sum()) <= level:
            high = middle
        else:
            low = middle
    return high
