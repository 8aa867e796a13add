"""What comes of a replay: figures, and nothing of what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tierwise.tiers import Tier
from tierwise.types import Usage

ROUTED, ALWAYS_TOP, ALWAYS_CHEAPEST = "routed", "always_top", "always_cheapest"


@dataclass(frozen=True, slots=True)
class TraceCost:
    """What one run would cost, in USD."""

    where: str
    steps: int
    routed: float
    always: Mapping[str, float]
    """Tier name to what the run would cost with this tier at every step."""


@dataclass(frozen=True, slots=True)
class CostlyStep:
    """A step that cost much as routed, and why it went there; without any text of it."""

    where: str
    number: int
    """The how-manieth step of its run, from 1."""
    tier: str
    kind: str
    reasons: tuple[str, ...]
    usage: Usage
    usd: float


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """What prompt caches have to do with a replay.

    Attributes:
        switches_taken: Steps that routing sends to another tier than the step before in the same run.
        switches_avoided: Steps at which a choice that knows of no cache would have changed the tier, and routing stays.
        cached_share: `routed`, `always_top`: share of all input tokens that are read at the cached price.
    """

    switches_taken: int
    switches_avoided: int
    cached_share: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        return {
            "switches_taken": self.switches_taken,
            "switches_avoided": self.switches_avoided,
            "cached_share": dict(self.cached_share),
        }


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What came of a replay. Costs are in USD at list price, counted as `replay` says.

    Attributes:
        traces: Runs replayed.
        steps: Their model calls.
        by_tier: Tier name to steps that routing would send there, weakest first.
        by_kind: Kind to steps.
        by_kind_and_tier: Kind to tier name to steps.
        by_depth: For the first, second, … step of a run: tier name to steps. The last entry holds all later ones.
        usd: `routed`, `always_top`, `always_cheapest`, each with its own prompt caches.
        usd_uncached: The same as if no provider had a prompt cache.
        decision_ms: `p50` and `p99` of `decision.decision_ms`; 0 where there are no steps.
        skipped: Lines or rows that held no run.
        metered: Steps whose tokens were recorded; the others' are estimated.
        fallbacks: Steps on which routing failed and fell back to the default tier.
        tools_missing: Runs whose tools stand in no file.
        tiers: The router's, weakest first.
        top: Name of the tier behind `always_top`.
        cheapest: Name of the tier behind `always_cheapest`: the one with the least sum.
        trace_costs: Runs in their order; of more than 4,000 an even sample.
        costliest: The dearest steps as routed, dearest first.
        cache: What caches have to do with it; None where that was not asked for.
    """

    traces: int
    steps: int
    by_tier: Mapping[str, int]
    by_kind: Mapping[str, int]
    by_kind_and_tier: Mapping[str, Mapping[str, int]]
    by_depth: tuple[Mapping[str, int], ...]
    usd: Mapping[str, float]
    usd_uncached: Mapping[str, float]
    decision_ms: Mapping[str, float]
    skipped: int
    metered: int
    fallbacks: int
    tools_missing: int
    tiers: tuple[Tier, ...]
    top: str
    cheapest: str
    trace_costs: tuple[TraceCost, ...] = field(repr=False)
    costliest: tuple[CostlyStep, ...] = field(repr=False)
    cache: CacheFigures | None = None

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        cache = {} if self.cache is None else {"cache": self.cache.to_dict()}
        return {
            "traces": self.traces,
            "steps": self.steps,
            "by_tier": dict(self.by_tier),
            "by_kind": dict(self.by_kind),
            "usd": dict(self.usd),
            "decision_ms": dict(self.decision_ms),
            "skipped": self.skipped,
            **cache,
        }

    def cost_notes(self) -> list[str]:
        """How the costs were counted, in sentences."""
        notes = [
            f"Tokens: as billed in the recording for {self.metered:,} of {self.steps:,} steps, else estimated from the text."
            " Caches: a tier reads what it has read before in the same run at its cached price."
        ]
        if self.tools_missing:
            notes.append(f"The tools of {self.tools_missing:,} runs stand in no file: these were read without tools.")
        if self.fallbacks:
            notes.append(f"Routing failed on {self.fallbacks:,} steps, which fell back to the default tier.")
        return notes


def usd_text(usd: float) -> str:
    """An amount as people read it: cents for large ones, millionths for small ones."""
    return f"${usd:,.2f}" if usd >= 10 else f"${usd:.4f}" if usd >= 0.1 else f"${usd:.6f}"
