"""One process of the fleet that `test_fleet.py` starts; a module of its own, so that spawned processes find it."""

from __future__ import annotations

from typing import Any

from tierwise import Answer, Router, Tier, Usage
from tierwise.conversation.stores.calm import CalmStore
from tierwise.protocols import StateStore
from tierwise.testing import FakeClassifier
from tierwise.types import Reading

NOON = 43_200.0

Step = tuple[list[dict[str, Any]], int]
Taken = tuple[dict[str, Any], str]
_router: Router | None = None


def by_length(reading: Reading) -> dict[str, float]:
    """The small tier does short tasks."""
    return {"small": 0.95 - min(0.6, len(reading.task) / 400), "top": 0.97}


def new_router(store: StateStore | None) -> Router:
    tiers = [
        Tier("small", prices={"input": 1, "output": 4, "cached_input": 0.1}, cache_min_tokens=64),
        Tier("top", prices={"input": 5, "output": 25, "cached_input": 0.5}, cache_min_tokens=64),
    ]
    return Router(tiers, classifier=FakeClassifier(by_length), embedder=None, store=store, clock=lambda: NOON)


def begin(url: str) -> None:
    """In each process of the fleet: its own router, the common Redis."""
    global _router
    from tierwise.conversation.stores.redis import RedisStore

    _router = new_router(CalmStore(RedisStore(url, prefix="fleet:", timeout_ms=5000), retry_after_s=0.01))


def take(steps: list[Step]) -> list[Taken]:
    """Takes some steps, in whichever process this is."""
    assert _router is not None
    return [taken(_router, messages, tokens) for messages, tokens in steps]


def taken(router: Router, messages: list[dict[str, Any]], tokens: int) -> Taken:
    """The decision, and the name of the conversation it was made in."""
    plan = router.start(messages, user=messages[0]["content"][:12])
    cached = 0 if len(messages) == 1 else tokens // 2
    plan.after(Answer({"role": "assistant", "content": "done"}, usage=Usage(input=tokens, cached=cached, output=20)))
    return plan.decision.canonical(), plan.decision.conversation_id
