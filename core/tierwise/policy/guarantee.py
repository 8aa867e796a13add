"""A bound on lost quality that holds whatever the traffic looks like: Learn then Test.

A price of quality is *safe* when, over the traffic, E[loss] <= 0 with

    loss = quality * top adequate - chosen adequate  =  (top - chosen) - (1 - quality) * top

that is, when the tiers it chooses keep at least `quality` of the top tier's adequate answers. From outcomes of all tiers
on a sample of steps each price on a fixed grid gets a p-value for "it is not safe"; the prices are tested from the
dearest down, and testing stops at the first that is not rejected at `delta`. Then, with probability at least 1 - delta
over the sample, the price chosen is safe: no assumption on the scores' distribution or on the classifier, only that the
sample is drawn like the traffic.

Where every conversation is one step, and every outcome right or wrong, the p-value is exact (`tierwise.policy.exact`).

Elsewhere it bets. A gambler who starts with 1 and, before each conversation is seen, stakes b on its loss being low has

    K = product over conversations of (1 - b * loss)

which cannot grow on average while E[loss] >= 0, however b is chosen from what came before. So P(K >= 1/delta) <= delta
(Markov), and 1 / K is a p-value; b follows the variance seen so far, so it is tight where losses are rare, which is where
routing lives. K is averaged over fixed shufflings of the sample, which keeps its mean and takes the luck out of the
order. Steps of one conversation depend on each other, so they are one bet.

Source:
    Angelopoulos, Bates, Candès, Jordan and Lei (2021), "Learn then Test", arXiv 2110.01052 (fixed-sequence testing,
    section 3); Waudby-Smith and Ramdas (2023), "Estimating means of bounded random variables by betting" (section 4); Ramdas
    and Manole (2023), "Randomized and exchangeable improvements of Markov's inequality" (means of growing numbers of
    shufflings). Conformal risk control (arXiv 2208.02814) bounds the same risk on average over samples only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tierwise.policy.exact import exact_p_value, tally
from tierwise.types import Floats

__all__ = ["PRICES_USD", "Promise", "bet_p_value", "choices_at", "first_certified", "first_safe", "losses", "needed"]

PRICES_USD: tuple[float, ...] = tuple(float(price) for price in np.geomspace(1e4, 1e-8, 301))
"""The prices of quality that are tested, dearest first: fixed before any data is seen."""

_SHUFFLES = 4
_FIRST_VARIANCE = 0.05
"""Assumed of a loss before any is seen, as a share of the square of the greatest loss."""
_WASTE = 1.5
"""Conversations needed beyond those of a gambler who knew the best stake from the start."""
_FACTORS = tuple(float(f) for f in np.geomspace(0.1, 1000.0, 81))
"""How many times the sample is tried, to say how many steps are missing."""
_GREATEST_STAKE = 0.9
"""As a share of the stake that the greatest loss would ruin."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What was certified.

    Attributes:
        quality: Share of the top tier's adequate answers that is kept.
        delta: With probability at least 1 - delta over the sample.
        price_usd: The price of quality that is safe.
        n_steps: Steps with an outcome of every tier.
        n_conversations: Conversations they come from.
        p_value: Of the price chosen.
        names: The tiers it holds for.
        kept: Share kept on the sample: the point estimate.
        usd, top_usd: Cost of the sample, routed and all at the top tier.
    """

    quality: float
    delta: float
    price_usd: float
    n_steps: int
    n_conversations: int
    p_value: float
    names: tuple[str, ...]
    kept: float
    usd: float
    top_usd: float

    def words(self, top: str) -> str:
        """What decisions say."""
        sure = 100 * (1 - self.delta)
        return f"quality ≥ {self.quality:g} of {top}'s with {sure:g} % confidence (n={self.n_steps})"


def losses(chosen: Floats, top: Floats, quality: float) -> Floats:
    """Loss of each step, from -1 to `quality`, from how adequate the chosen and the top tier were; any shape."""
    return np.asarray(quality * top - chosen)


def bet_p_value(loss: Floats, most: float, delta: float) -> float:
    """p-value of "E[loss] >= 0" (not safe).

    Args:
        loss: Shape (n,), independent, none above `most`, in an order that does not depend on the losses.
        most: The greatest possible loss, above 0.
        delta: The level it will be compared with; stakes are best for it, and the p-value holds for any.
    """
    n = len(loss)
    if n == 0:
        return 1.0
    x = loss[_shuffles(n)]
    so_far = np.arange(1.0, n + 1)
    mean = (np.cumsum(x, axis=1) - x) / so_far
    spread = (x - mean) ** 2
    variance = (_FIRST_VARIANCE * most**2 + np.cumsum(spread, axis=1) - spread) / so_far
    stake = np.minimum(_GREATEST_STAKE / most, np.sqrt(2 * math.log(1 / delta) / (n * np.maximum(variance, 1e-12))))
    grown = np.log1p(-stake * x).sum(axis=1)
    high = float(grown.max())
    means = np.cumsum(np.exp(grown - high)) / np.arange(1, len(grown) + 1)
    log_best = high + math.log(float(means.max()))
    return min(1.0, math.exp(min(0.0, -log_best)))


@lru_cache(maxsize=8)
def _shuffles(n: int) -> npt.NDArray[np.intp]:
    rng = np.random.default_rng(20211005)
    return np.stack([rng.permutation(n) for _ in range(_SHUFFLES)])


def choices_at(price: float, usd: Floats, p: Floats) -> npt.NDArray[np.intp]:
    """Which tier each step goes to at a price of quality; shape (n_steps,), from (n_steps, n_tiers)."""
    return np.asarray(np.argmin(usd - price * p, axis=1))


def first_safe(
    usd: Floats,
    p: Floats,
    adequate: Floats,
    top: int,
    quality: float,
    delta: float,
    conversations: Sequence[str],
) -> tuple[float, float] | None:
    """The lowest price of quality that testing from the dearest down certifies.

    Args:
        usd: Shape (n_steps, n_tiers): what each tier would charge.
        p: Same shape: chances as the router sees them; learned from other outcomes than these.
        adequate: Same shape: outcomes, from 0 to 1.
        top: Column of the tier that quality is measured by.
        quality: In (0, 1).
        delta: In (0, 1).
        conversations: Shape (n_steps,): names of conversations.

    Returns:
        The price in USD and its p-value; None where not even the dearest is certified.
    """
    _, index, counts = np.unique(np.asarray(conversations), return_inverse=True, return_counts=True)

    def at(price: float) -> Floats:
        chosen = choices_at(price, usd, p)
        loss = losses(adequate[np.arange(len(chosen)), chosen], adequate[:, top], quality)
        return np.bincount(index, loss, len(counts)).astype(float)

    return first_certified(((price, at(price)) for price in PRICES_USD), quality, int(counts.max()), delta)


def first_certified(
    priced: Iterable[tuple[float, Floats]], quality: float, longest: int, delta: float
) -> tuple[float, float] | None:
    """Tests prices one after the other until one is not certified.

    Args:
        priced: Prices, dearest first, each with what every conversation of the sample loses at it, shape (n,).
        quality: In (0, 1).
        longest: Steps of the longest conversation.
        delta: The level.

    Returns:
        The last price that was certified, and its p-value; None where the first was not.
    """
    found: tuple[float, float] | None = None
    before = np.zeros(0)
    p_value = 1.0
    for price, loss in priced:
        if not np.array_equal(loss, before):
            p_value, before = _p_value(loss, quality, longest, delta), loss
        if p_value > delta:
            break
        found = (price, p_value)
    return found


def _p_value(loss: Floats, quality: float, longest: int, delta: float) -> float:
    counted = tally(loss, quality) if longest == 1 else None
    return bet_p_value(loss, quality * longest, delta) if counted is None else exact_p_value(counted, quality, delta)


def needed(loss: Floats, quality: float, longest: int, delta: float) -> int | None:
    """How many conversations like these would certify their mean loss; None where no number would.

    Args:
        loss: Shape (n,): what each conversation loses.
        quality: In (0, 1).
        longest: Steps of the longest conversation.
        delta: In (0, 1).
    """
    counted = tally(loss, quality) if longest == 1 else None
    if counted is not None:
        if loss.mean() >= 0:
            return None
        factor = next((f for f in _FACTORS if exact_p_value(counted.times(f), quality, delta) <= delta), None)
        return None if factor is None else math.ceil(factor * len(loss))
    most = quality * longest
    stakes = _GREATEST_STAKE / most * np.geomspace(0.01, 1.0, 20)
    growth = float(np.log1p(-np.outer(stakes, loss)).mean(axis=1).max())
    return math.ceil(_WASTE * math.log(1 / delta) / growth) if growth > 0 else None
