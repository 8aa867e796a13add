"""What the router makes of a step before it becomes a plan: estimate, costs, limits, choice, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tierwise.handlers.asking import Asked
from tierwise.tiers import Tier
from tierwise.types import Choice, Cost, Estimate, Floats, Limits, Signals

__all__ = ["NOT_PROMISED", "Verdict", "answered", "fallen_back"]

NOT_PROMISED = "quality estimated, not guaranteed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything known of a step once it has been decided on."""

    estimate: Estimate
    costs: Mapping[str, Cost]
    limits: Limits
    choice: Choice
    fallback: bool = False
    prior: Estimate | None = None
    """The estimate before anything was learned."""
    vectors: Floats | None = None
    promise: str = NOT_PROMISED
    factors: Mapping[str, float] = field(default_factory=dict)
    """Tokens that each tier counts for an estimated one."""
    asked: Asked = field(default_factory=Asked)
    """What came of asking the handlers."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in words that a person can read."""
        if self.fallback or not self.limits.allowed:  # nothing was weighed
            return self.choice.reasons
        excluded = tuple(f"not {name}: {why}" for name, why in self.limits.excluded.items())
        return (*self.choice.reasons, *self.asked.reasons, *excluded, *self.estimate.notes, self.promise)


def answered(asked: Asked, signals: Signals) -> Verdict:
    """A handler has answered: nothing was estimated, and its tier costs nothing."""
    assert asked.tier is not None
    name = asked.tier.name
    free = {name: Cost(0.0, signals.input_tokens, 0, 0)}
    return Verdict(Estimate({}, signals.kind, signals), free, Limits(()), Choice(name, asked.reasons), asked=asked)


def fallen_back(tiers: Sequence[Tier], tier: str, error: Exception) -> Verdict:
    """The default tier, visibly. Nothing here looks at the step again: it may be what broke us."""
    reason = f"fallback to {tier}: routing failed with {type(error).__name__}"
    allowed = Limits(tuple(tier.name for tier in tiers))
    return Verdict(Estimate({}), {}, allowed, Choice(tier, (reason,)), fallback=True)
