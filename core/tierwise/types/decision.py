"""Which tier takes a step, and why, as hosts and people are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tierwise.types.signals import SIGNAL_NAMES, Signals
from tierwise.types.step import Kind

Mode: TypeAlias = Literal["route", "shadow"]

_VARYING = ("id", "conversation_id", "decision_ms", "handler_ms")


@dataclass(frozen=True, slots=True)
class Decision:
    """Which tier takes the step, and why.

    `expected_usd` holds every tier's expected cost of this step. In shadow mode `tier` is the one called (the top
    tier) and `would_choose` the one that routing would have taken; otherwise they are the same. Where a handler has
    answered, nothing was estimated: `p_adequate` is empty, and its own cost is 0.
    """

    tier: str
    would_choose: str
    p_adequate: Mapping[str, float]
    expected_usd: Mapping[str, float]
    kind: Kind
    reasons: tuple[str, ...]
    fallback: bool
    mode: Mode
    conversation_id: str
    id: str
    decision_ms: float
    signals: Signals
    source: str | None = None
    """Where the answer of a tier without a model comes from; None where a model is called."""
    handler_ms: Mapping[str, float] = field(default_factory=dict)
    """How long each handler took that was asked."""

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values, without any message text."""
        return {
            "tier": self.tier,
            "would_choose": self.would_choose,
            "p_adequate": dict(self.p_adequate),
            "expected_usd": dict(self.expected_usd),
            "kind": self.kind,
            "reasons": list(self.reasons),
            "fallback": self.fallback,
            "source": self.source,
            "mode": self.mode,
            "conversation_id": self.conversation_id,
            "id": self.id,
            "decision_ms": self.decision_ms,
            "handler_ms": dict(self.handler_ms),
            "signals": {name: getattr(self.signals, name) for name in SIGNAL_NAMES},
        }

    def canonical(self) -> dict[str, Any]:
        """`to_dict()` without id, conversation_id and milliseconds: equal on every host for equal input."""
        return {k: v for k, v in self.to_dict().items() if k not in _VARYING}
