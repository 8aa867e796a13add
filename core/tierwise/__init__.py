"""tierwise sends every step of an agent to the cheapest model tier that will do the step well.

    from tierwise import Router, Tier

    router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")], quality=0.95)
    plan = router.start([{"role": "user", "content": "What are your opening hours?"}])
    plan.tier.name, plan.decision.reasons

The names below are imported on first use, so importing this package loads no model, opens no socket and costs next to
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tierwise.plan import Plan
    from tierwise.policy.rules import Rule
    from tierwise.prices import Price
    from tierwise.router import Router
    from tierwise.tiers import Tier
    from tierwise.types import (
        Abstention,
        Answer,
        Decision,
        Edit,
        Estimate,
        LearnReport,
        Outcome,
        Reply,
        Signals,
        Step,
        Usage,
    )

__version__ = "0.1.0"

_HOME = {
    "Abstention": "types",
    "Answer": "types",
    "Decision": "types",
    "Edit": "types",
    "Estimate": "types",
    "LearnReport": "types",
    "Outcome": "types",
    "Plan": "plan",
    "Price": "prices",
    "Reply": "types",
    "Router": "router",
    "Rule": "policy.rules",
    "Signals": "types",
    "Step": "types",
    "Tier": "tiers",
    "Usage": "types",
}

__all__ = [
    "Abstention",
    "Answer",
    "Decision",
    "Edit",
    "Estimate",
    "LearnReport",
    "Outcome",
    "Plan",
    "Price",
    "Reply",
    "Router",
    "Rule",
    "Signals",
    "Step",
    "Tier",
    "Usage",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'tierwise' has no attribute {name!r}")
    return getattr(import_module(f"tierwise.{home}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
