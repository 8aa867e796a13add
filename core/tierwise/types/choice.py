"""What a policy weighs, and what it chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tierwise.types.step import Kind


@dataclass(frozen=True, slots=True)
class Cost:
    """What one tier would charge for this step, now. `input_tokens` are as this tier counts them, where that is known."""

    usd: float
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    kept_usd: float = 0.0
    """What the prompt cache that this call leaves behind is expected to save later; see `tierwise.policy.horizon`."""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What a policy may look at besides estimate, costs and limits."""

    kind: Kind
    input_tokens: int
    output_tokens: int
    quality: float
    current_tier: str | None = None
    """The tier that took the conversation's last step, if there was one."""
    room_usd: float | None = None
    """What the step may cost so that the conversation stays within its bound (`tierwise.policy.bound`); None: no bound."""
    traffic: str = ""
    """The sort of traffic within which quality is kept; see `Estimate.traffic`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Which tiers may be chosen, and why the others may not; known before choosing."""

    allowed: tuple[str, ...]
    excluded: Mapping[str, str] = field(default_factory=dict)
    """Tier name to the reason in words."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a policy chose."""

    tier: str
    reasons: tuple[str, ...] = ()
