"""A summariser is asked when a history has to give way, once for what went, and never for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from tierwise import Router, Tier
from tierwise.conversation.summary import RunningSummary
from tierwise.testing import FakeClassifier
from tierwise.types import Message

TIERS = [Tier("small", prices=(0.1, 0.4), context_tokens=6000), Tier("top", prices=(5, 25), context_tokens=6000)]


def loop(steps: int) -> list[dict[str, Any]]:
    """An agent that reads page after page of about 120 tokens."""
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Read all the pages and tell me the sum of the amounts due."}
    ]
    for i in range(steps):
        call = {"id": f"c{i}", "type": "function", "function": {"name": "read", "arguments": f'{{"page": {i}}}'}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append(
            {"role": "tool", "tool_call_id": f"c{i}", "content": f"page {i}: invoice INV-{i:05} " + "due " * 100}
        )
    return messages


def routers(**settings: Any) -> Router:
    """Two tiers with small windows."""
    return Router(TIERS, classifier=FakeClassifier({"small": 0.9, "top": 0.95}), embedder=None, **settings)


def test_a_summariser_is_not_asked_while_the_history_fits() -> None:
    """No step of a history that every window holds calls it."""
    asked: list[int] = []
    router = routers(summarise=lambda gone: asked.append(len(gone)) or "In short.")
    messages = loop(20)

    for end in range(1, len(messages) + 1, 2):
        router.start(messages[:end])

    assert not asked


def test_a_summariser_is_asked_once_for_each_jump() -> None:
    """A hundred steps beyond the window ask it a few times; what it wrote stands word for word in between."""
    asked: list[int] = []

    def write(gone: Sequence[Message]) -> str:
        asked.append(len(gone))
        return f"In short, {len(gone)} messages."

    router = routers(summarise=write)
    messages = loop(150)
    sent = [router.start(messages[:end]).messages for end in range(1, len(messages) + 1, 2)]

    cut = [step for step in sent if any("In short" in str(message["content"]) for message in step)]
    assert len(cut) > 90
    assert asked == sorted(set(asked))
    assert 2 <= len(asked) <= 15
    changed = [after[: len(before)] != before for before, after in pairwise(sent)]
    assert sum(changed) == len(asked)


def test_what_was_read_for_a_summary_is_not_read_again(monkeypatch) -> None:
    """Step after step takes in two messages, not the whole history."""
    taken: list[int] = []
    extend = RunningSummary.extend
    monkeypatch.setattr(RunningSummary, "extend", lambda self, new: (taken.append(len(new)), extend(self, new))[1])
    router = routers()
    messages = loop(150)
    for end in range(1, len(messages) + 1, 2):
        router.start(messages[:end])

    first, *later = taken
    assert first > 40
    assert len(later) > 80
    assert set(later) == {2}


def test_a_router_that_remembers_nothing_sends_the_same() -> None:
    """A lost memo costs time, and changes no message."""
    mindful, forgetful = routers(), routers(remember_messages=False)
    messages = loop(100)

    for end in range(1, len(messages) + 1, 6):
        assert mindful.start(messages[:end]).messages == forgetful.start(messages[:end]).messages
