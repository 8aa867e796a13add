"""A history cut to a window."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from tierwise.handoff import apply_edits, edits_for, fit_window, window
from tierwise.signals.history import History
from tierwise.tiers import Tier
from tierwise.types import Message

CLAUDE = Tier("top", "claude-opus-4-6", provider="anthropic", prices=(5, 25))
DEEPSEEK = Tier("small", "deepseek-chat", provider="deepseek", prices=(0.1, 0.4))
TASK = "Go through all the pages and add up the amounts that you find there."


def loop(steps: int, words: int = 100) -> list[dict[str, Any]]:
    """An agent that has read so many pages, two at a time."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You add up."}, {"role": "user", "content": TASK}]
    for n in range(steps):
        ids = [f"call_{n}_a", f"call_{n}_b"]
        calls = [{"id": i, "type": "function", "function": {"name": "read", "arguments": '{"page": 1}'}} for i in ids]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages += [{"role": "tool", "tool_call_id": i, "content": f"page {n} " + "amount " * words} for i in ids]
    return messages


def tokens(messages: Sequence[Message]) -> int:
    history = History()
    history.extend(messages)
    return history.tokens


def in_short(messages: Sequence[Message], limit: int) -> str:
    return f"{len(messages)} messages"


def test_a_history_that_fits_is_left_alone():
    """No edit at all."""
    messages = loop(3)

    assert fit_window(messages, tokens(messages), "unused") == ()


def test_the_oldest_steps_give_way_and_the_rest_fits():
    """System, task and the latest steps stay; a summary stands where the others stood."""
    messages = loop(20)

    handed = apply_edits(messages, fit_window(messages, 3000, in_short))

    assert tokens(handed) <= 3000
    assert [m["content"] for m in handed[:2]] == ["You add up.", TASK]
    assert handed[2] == {"role": "user", "content": f"{len(messages) - len(handed) + 1} messages"}
    assert handed[3:] == messages[-len(handed) + 3 :]


def test_calls_and_results_are_never_torn_apart():
    """Whatever the window, every result that is left has its call, and every call its results."""
    messages = loop(12)

    for limit in range(200, 6000, 100):
        handed = apply_edits(messages, fit_window(messages, limit, in_short))
        calls = [call["id"] for m in handed for call in m.get("tool_calls") or ()]
        assert calls == [m["tool_call_id"] for m in handed if m["role"] == "tool"]


def test_at_a_jump_no_more_goes_than_makes_the_room():
    """One step fewer would leave more than 70 % of the room taken, the summary counted."""
    messages = loop(20)

    edits = fit_window(messages, 3000, in_short)

    assert len(edits) == 1
    assert edits[0].stop is not None
    taken = [tokens([*messages[:2], *messages[edits[0].stop - back :]]) + 0.2 * 3000 for back in (0, 3)]
    assert max(taken[0], 0.7 * 3000) < taken[1]


def test_what_went_stays_gone_and_its_summary_as_it_was_until_the_room_is_full_again():
    """Step after step the beginning of what is sent is the same; it changes a few times in a hundred steps."""
    messages = loop(100)
    sent = [
        apply_edits(messages[:end], fit_window(messages[:end], 12_000, in_short)) for end in range(5, len(messages), 3)
    ]

    kept = [after[: len(before)] == before for before, after in pairwise(sent)]

    assert all(tokens(one) <= 12_000 for one in sent)
    assert 2 <= kept.count(False) <= 12
    assert len(kept) > 90


def test_jumps_follow_from_the_messages_alone():
    """A process that has seen every step, and one that sees the history for the first time, cut alike."""
    messages, walks = loop(60), dict[str, Any]()

    for end in range(5, len(messages) + 1, 3):
        step_by_step = fit_window(messages[:end], 4000, in_short, walks)
        assert step_by_step == fit_window(messages[:end], 4000, in_short)


def test_only_what_is_new_is_measured(monkeypatch: pytest.MonkeyPatch):
    """A long history is not measured anew at each step."""
    measured = []
    size = window._size
    monkeypatch.setattr(window, "_size", lambda message: (measured.append(1), size(message))[1])
    messages, walks = loop(60), dict[str, Any]()
    fit_window(messages[:-3], 4000, in_short, walks)
    measured.clear()

    fit_window(messages, 4000, in_short, walks)

    assert len(measured) == 3


def test_the_task_stays_when_it_stands_in_the_middle():
    """What came before the task and what came after it are cut apart; a short reply keeps what it leans on."""
    earlier = loop(8)
    messages = [
        *earlier,
        {"role": "assistant", "content": "8 pages."},
        {"role": "user", "content": "Yes, go on."},
        *loop(8)[2:],
    ]

    handed = apply_edits(messages, fit_window(messages, 2000, in_short))

    said = [m["content"] for m in handed if m["role"] == "user"]
    assert TASK in said
    assert "Yes, go on." in said
    assert sum(text.endswith("messages") for text in said) == 2


def test_a_ready_text_stands_once_and_an_empty_one_not_at_all():
    """A text takes the place of the first stretch; without one, the steps just go."""
    messages = loop(20)

    with_text = apply_edits(messages, fit_window(messages, 3000, "Pages 0 to 15 came to 400."))
    without = apply_edits(messages, fit_window(messages, 3000, ""))

    assert [m["content"] for m in with_text if m["role"] == "user"] == [TASK, "Pages 0 to 15 came to 400."]
    assert [m["content"] for m in without if m["role"] == "user"] == [TASK]


def test_a_cut_history_meets_the_providers_demands():
    """The summary is a user's message behind the task; a provider that wants turns in turn gets them."""
    messages = loop(20)

    handed = apply_edits(messages, edits_for(messages, DEEPSEEK, max_tokens=3000, summary=in_short))

    roles = [m["role"] for m in handed[:5]]
    assert roles == ["system", "user", "assistant", "user", "assistant"]
    assert apply_edits(messages, edits_for(messages, CLAUDE, max_tokens=3000, summary=in_short))[2]["role"] == "user"
