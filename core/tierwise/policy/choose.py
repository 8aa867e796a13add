"""Which tier takes the step: the cheapest plan that keeps a share of the top tier's quality.

`quality=0.95` is a promise about traffic, not about one step: keep at least 95 % of the adequate answers that the top
tier would give, as cheaply as possible. The cheapest plan under that constraint (its Lagrangian) buys, at every step, the
tier with the least `cost - price_of_quality * p_adequate`, with one price of quality for all steps. The price is found by
bisection on reference traffic, scored with these very tiers and their prices.

Where the reference tells sorts of traffic apart (coding agents, and the rest), each has a price of its own. Else the share
that may be lost would all be lost on the dearest sort, and who has no other traffic would get none of what was promised.

So a step goes up where a dollar buys the most probability, which is where the *gain* between tiers is large. That is not
where a step is hard: when both tiers fail alike, money buys nothing there (Šakota et al. 2024, "Fly-Swat or Cannon", pose
routing as the same linear programme; we solve it by its one multiplier).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tierwise.errors import ConfigError
from tierwise.policy.bound import bounded
from tierwise.policy.cost import billed_usd, price_of
from tierwise.policy.counting import count_of
from tierwise.tiers import Tier
from tierwise.types import EVERY_TRAFFIC, Choice, Cost, Estimate, Floats, Limits, Reference, StepFacts, Usage

_MAX_KEPT_PRICES = 256
_LEAST_PRICE_USD, _GREATEST_PRICE_USD = 1e-9, 1e4
_BISECTIONS = 60


@dataclass(frozen=True)
class CheapestLikely:
    """The cheapest allowed tier whose chance reaches `min_p_adequate`; the likeliest one when none does."""

    min_p_adequate: float = 0.8

    def __post_init__(self) -> None:
        if not 0 <= self.min_p_adequate <= 1:
            raise ConfigError(f"min_p_adequate is {self.min_p_adequate!r}: give a probability between 0 and 1")

    def choose(self, facts: StepFacts, estimate: Estimate, costs: Mapping[str, Cost], limits: Limits) -> Choice:
        """Returns the cheapest tier above the bar."""
        likely = [name for name in limits.allowed if estimate.p_adequate[name] >= self.min_p_adequate]
        if likely:
            tier = min(likely, key=lambda name: price_of(costs[name]))
            return Choice(tier, (f"{tier} is the cheapest above the bar of {self.min_p_adequate:g}",))
        tier = max(limits.allowed, key=lambda name: estimate.p_adequate[name])
        return Choice(tier, (f"no tier reaches the bar of {self.min_p_adequate:g}; {tier} is the likeliest",))


def cheapest_at(price: float, p: Mapping[str, float], costs: Mapping[str, Cost], allowed: Sequence[str]) -> str:
    """The tier with the least `cost - price · p_adequate`; among equals, the cheapest.

    Args:
        price: What one more adequate answer may cost, in USD.
        p: Tier name to its chance, in [0, 1].
        costs: Tier name to its cost; the worth of caches counts.
        allowed: At least one tier.
    """
    return min(allowed, key=lambda name: (price_of(costs[name]) - price * p[name], costs[name].usd))


@dataclass(frozen=True)
class TargetQuality:
    """Keeps a share of the top tier's adequate answers, as cheaply as possible.

    Args:
        names: The tiers, in the order of the columns below.
        p_adequate: Shape (n_steps, n_tiers), in [0, 1]: what the tiers would do on reference traffic.
        usd: Same shape: what they would charge.
        weights: Shape (n_steps,), sums to 1.
        promised: Quality to a price of quality that a guarantee was given for; it goes before one found by bisection.
        traffic: Of each step, the sort of traffic within which quality is kept; see `Reference.traffic`.
    """

    names: tuple[str, ...]
    p_adequate: Floats = field(repr=False)
    usd: Floats = field(repr=False)
    weights: Floats = field(repr=False)
    promised: Mapping[float, float] = field(default_factory=dict)
    traffic: tuple[str, ...] = field(default=(), repr=False)
    _prices: dict[tuple[float, str], float] = field(default_factory=dict, repr=False)

    @classmethod
    def from_reference(cls, tiers: Sequence[Tier], reference: Reference) -> TargetQuality:
        """Prices reference traffic with these tiers."""
        usd = np.column_stack(
            [
                reference.input_tokens * count_of(tier).text * (billed_usd(tier, Usage(input=1_000_000)) / 1e6)
                + reference.output_tokens * (billed_usd(tier, Usage(output=1_000_000)) / 1e6)
                for tier in tiers
            ]
        )
        names = tuple(tier.name for tier in tiers)
        return cls(names, reference.p_adequate, usd, reference.weights, traffic=reference.traffic)

    def choose(self, facts: StepFacts, estimate: Estimate, costs: Mapping[str, Cost], limits: Limits) -> Choice:
        """Returns the allowed tier with the least `cost - price_of_quality * p_adequate`."""
        p = estimate.p_adequate
        if facts.quality >= 1.0:
            best = max(p[name] for name in limits.allowed)
            tier = min((name for name in limits.allowed if p[name] >= best), key=lambda name: price_of(costs[name]))
            return Choice(tier, _reasons(tier, facts, p, costs, limits))
        price = self.price_of_quality(facts.quality, facts.traffic)
        tier = wanted = cheapest_at(price, p, costs, limits.allowed)
        if facts.room_usd is not None:
            tier = bounded(wanted, price, p, costs, limits.allowed, facts.room_usd)
        return Choice(tier, (*_reasons(tier, facts, p, costs, limits), *_about_bound(tier, wanted)))

    def price_of_quality(self, quality: float, traffic: str = "") -> float:
        """What one more adequate answer may cost, in USD, so that this reference traffic keeps `quality` of the top's."""
        price = self.promised.get(quality, self._prices.get((quality, traffic)))
        if price is None:
            price = self._bisect(quality, traffic)
            if len(self._prices) >= _MAX_KEPT_PRICES:
                self._prices.clear()
            self._prices[quality, traffic] = price
        return price

    def kept_share(self, price: float, traffic: str | None = None) -> float:
        """Adequate answers kept on reference traffic at this price of quality, as a share of the top tier's.

        Args:
            price: In USD.
            traffic: Counts this sort of traffic only; by default all.
        """
        return _kept(price, *self._part(traffic))

    def _part(self, traffic: str | None) -> tuple[Floats, Floats, Floats]:
        """Chances, costs and weights of a sort of traffic; of all steps where it is not known."""
        if traffic is None or traffic not in self.traffic:
            return self.p_adequate, self.usd, self.weights
        rows = np.array([name in (traffic, EVERY_TRAFFIC) for name in self.traffic])
        return self.p_adequate[rows], self.usd[rows], self.weights[rows]

    def _bisect(self, quality: float, traffic: str) -> float:
        part = self._part(traffic)
        low, high = np.log(_LEAST_PRICE_USD), np.log(_GREATEST_PRICE_USD)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            enough = _kept(float(np.exp(middle)), *part) >= quality
            low, high = (low, middle) if enough else (middle, high)
        return float(np.exp(high))


def _kept(price: float, p: Floats, usd: Floats, weights: Floats) -> float:
    chosen = np.argmin(usd - price * p, axis=1)
    kept = weights @ np.take_along_axis(p, chosen[:, None], axis=1)[:, 0]
    top = (weights @ p).max()
    return float(kept / top) if top > 0 else 1.0


def _reasons(
    tier: str, facts: StepFacts, p: Mapping[str, float], costs: Mapping[str, Cost], limits: Limits
) -> tuple[str, ...]:
    """Why this tier, beside the likeliest alternative and beside the tier in use, in words."""
    others = [name for name in limits.allowed if name != tier]
    if not others:
        return (f"{tier} is the only tier allowed",)
    switch = _about_switch(tier, facts.current_tier, others, costs)
    chosen = costs[tier].usd
    likelier = [name for name in others if p[name] > p[tier]]
    if not likelier:
        return (f"{tier} is the likeliest to do it ({p[tier]:.2f}), and worth ${chosen:.6f}", *switch)
    best = max(likelier, key=lambda name: p[name])
    gain, extra = p[best] - p[tier], costs[best].usd - chosen
    enough = (
        f"{tier} is likely enough ({p[tier]:.2f}): {best} would add {gain:.2f} for ${extra:.6f} more,"
        f" too little for quality {facts.quality:g}"
    )
    return (enough, *switch)


def _about_bound(tier: str, wanted: str) -> tuple[str, ...]:
    if tier == wanted:
        return ()
    return (f"not {wanted} yet: with it, this conversation would cost more than the top tier alone has",)


def _about_switch(tier: str, current: str | None, others: Sequence[str], costs: Mapping[str, Cost]) -> tuple[str, ...]:
    """What caches have to say, where the tier in use holds anything: the price of leaving it, or of staying."""
    if current is None or (tier != current and current not in others) or not costs[current].cached_tokens:
        return ()
    if tier != current:
        saves, lost = costs[current].usd - costs[tier].usd, costs[current].kept_usd - costs[tier].kept_usd
        now = f"saves {_usd(saves)} now" if saves >= 0 else f"costs {_usd(-saves)} more now"
        return (f"switch from {current}: {now}, gives up {_usd(max(0.0, lost))} of cache",)
    rival = min(others, key=lambda name: costs[name].usd)
    saves, lost = costs[tier].usd - costs[rival].usd, costs[tier].kept_usd - costs[rival].kept_usd
    if saves <= 0 and costs[tier].cached_tokens > costs[rival].cached_tokens:
        anew = costs[rival].input_tokens - costs[rival].cached_tokens
        return (f"stay: {rival} would read {anew} tokens anew, for {_usd(-saves)} more",)
    if 0 < saves < lost:
        return (f"stay: switching to {rival} saves {_usd(saves)} now, costs {_usd(lost)} in cache",)
    return ()


def _usd(usd: float) -> str:
    return f"${usd:.4f}" if usd >= 0.001 else f"${usd:.6f}"
