"""Reading only what is new gives what reading everything gives."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise import Router, Tier
from tierwise.conversation.identity import prefix_chain
from tierwise.conversation.memo import HistoryMemo
from tierwise.errors import ConfigError
from tierwise.signals import read_step
from tierwise.testing import FakeClassifier
from tierwise.types import Step

TEXTS = st.sampled_from(["hello", "Prove it.", "yes, do it", "Error: no such file", "order 17", "", "谢谢", "thanks"])


def call(name: str, order: str) -> dict[str, Any]:
    return {
        "id": f"{name}-{order}",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps({"order": order})},
    }


MESSAGES = st.one_of(
    st.builds(lambda text: {"role": "user", "content": text}, TEXTS),
    st.builds(lambda text: {"role": "user", "content": [{"type": "text", "text": text}]}, TEXTS),
    st.builds(lambda text: {"role": "assistant", "content": text}, TEXTS),
    st.builds(
        lambda order: {"role": "assistant", "content": None, "tool_calls": [call("find", order)]}, st.sampled_from("ab")
    ),
    st.builds(
        lambda text, order: {"role": "tool", "tool_call_id": f"find-{order}", "content": text},
        TEXTS,
        st.sampled_from("ab"),
    ),
)


def conversation(turns: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": "Check all orders."},
    ]
    for i in range(turns):
        messages.append({"role": "assistant", "content": None, "tool_calls": [call("find", str(i))]})
        messages.append({"role": "tool", "tool_call_id": f"find-{i}", "content": f"order {i} shipped"})
    return messages


def agrees(memo: HistoryMemo, messages: list[dict[str, Any]], **facts: str) -> bool:
    """What the memo gives, beside reading everything."""
    step = Step(messages, **facts)  # type: ignore[arg-type]
    past = memo.read(step)
    assert past.chain is not None
    return read_step(step, past.history) == read_step(step) and past.chain.prefixes == prefix_chain(messages, step.user)


@settings(max_examples=60, deadline=None)
@given(st.lists(MESSAGES, min_size=1, max_size=24), st.lists(st.integers(1, 5), min_size=1, max_size=8), st.booleans())
def test_growing_histories_read_alike_in_pieces_and_whole(messages, pieces, parsed_anew):
    """However a history grows, and whether its objects are reused or parsed anew."""
    memo = HistoryMemo()
    end = 0
    for piece in pieces:
        end += piece
        sent = messages[:end] or messages
        assert agrees(memo, copy.deepcopy(sent) if parsed_anew else sent)


def test_a_message_changed_in_place_is_noticed():
    """Text, a part of a content list, an argument of a call: each change is read."""
    memo = HistoryMemo()
    messages = conversation(3)
    messages[1]["content"] = [{"type": "text", "text": "Check all orders."}]
    assert agrees(memo, messages)

    messages[3]["content"] = "Error: order not found"
    assert agrees(memo, messages)
    messages[1]["content"][0]["text"] = "Prove the Riemann hypothesis."
    assert agrees(memo, messages)
    messages[2]["tool_calls"][0]["function"]["arguments"] = "{}"
    assert agrees(memo, messages)


def test_branches_of_one_beginning_do_not_disturb_each_other():
    """Parallel sub-agents that share an opening go on side by side."""
    memo = HistoryMemo()
    trunk = conversation(2)
    for i in range(30):
        for branch in range(6):
            own = [{"role": "user", "content": f"branch {branch}, part {j}"} for j in range(i)]
            assert agrees(memo, trunk + own)


def test_users_and_ids_are_kept_apart():
    """Equal messages of two users, or under two ids, are read for each."""
    memo = HistoryMemo()

    assert agrees(memo, conversation(3), user="ann")
    assert agrees(memo, conversation(4), user="ben")
    assert agrees(memo, conversation(4), conversation_id="t1")
    assert len(memo) == 3


def test_only_what_is_new_is_read(monkeypatch):
    """Step 1,000 reads two messages, not two thousand; counted, not timed."""
    from tierwise.signals import history as module

    read = []
    add = module.History._add
    monkeypatch.setattr(module.History, "_add", lambda self, message: (read.append(1), add(self, message))[1])
    memo = HistoryMemo()
    messages = conversation(1000)
    for end in range(4, len(messages) + 1, 2):
        read.clear()
        memo.read(Step(messages[:end]))
    assert len(read) == 2
    read.clear()
    memo.read(Step(copy.deepcopy(messages)))
    assert not read  # parsed anew, and all of it known


def test_the_memo_is_bounded_in_conversations_and_in_characters():
    """Ten thousand conversations leave as many as were allowed; long ones push others out."""
    memo = HistoryMemo(max_conversations=50, max_chars=10_000_000)
    for i in range(2000):
        memo.read(Step([{"role": "user", "content": f"question {i}"}, *conversation(2)]))
    assert len(memo) == 50

    small = HistoryMemo(max_conversations=50, max_chars=100_000)
    for i in range(20):
        small.read(Step([{"role": "user", "content": f"{i}" + "x" * 30_000}, *conversation(2)]))
    assert len(small) == 3


def test_a_memo_that_is_turned_off_keeps_nothing():
    """`remember_messages=False`: no text stays in the process, and decisions are the same."""
    tiers = [Tier("small", prices=(0.1, 0.4)), Tier("top", prices=(5, 25))]
    classifier = FakeClassifier({"small": 0.9, "top": 0.95})
    forgetful = Router(tiers, classifier=classifier, embedder=None, remember_messages=False)
    mindful = Router(tiers, classifier=classifier, embedder=None)
    messages = conversation(5)

    for end in range(2, len(messages) + 1):
        first, second = forgetful.start(messages[:end]), mindful.start(messages[:end])
        assert first.decision.canonical() == second.decision.canonical()
    assert (len(forgetful._memo), len(mindful._memo)) == (0, 1)


def test_messages_that_cannot_be_copied_are_read_anew_each_time():
    """An object that refuses to be copied breaks nothing."""

    class Stubborn:
        def __deepcopy__(self, memo: Any) -> Any:
            raise TypeError("no copies")

    memo = HistoryMemo()
    messages = [*conversation(3), {"role": "user", "content": [{"type": "text", "text": "hi", "raw": Stubborn()}]}]

    assert agrees(memo, messages)
    assert agrees(memo, messages)


def test_negative_bounds_are_refused():
    """A bound below zero is a slip."""
    with pytest.raises(ConfigError, match="at least 0"):
        HistoryMemo(-1)


def test_threads_that_go_on_from_one_beginning_do_not_disturb_each_other():
    """What is kept of a beginning is shared; each thread still reads its own history, and nobody's else."""
    memo = HistoryMemo()
    trunk = conversation(20)
    assert agrees(memo, trunk)
    wrong: list[int] = []

    def go_on(number: int) -> None:
        own = [{"role": "user", "content": f"thread {number}, part {i}"} for i in range(25)]
        wrong.extend(number for end in range(1, 25) if not agrees(memo, copy.deepcopy(trunk) + own[:end]))

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert memo._chars == sum(kept.chars for branches in memo._readings.values() for kept in branches)
