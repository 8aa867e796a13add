"""The summary on hostile input: nothing is invented, nothing grows, nothing raises."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shop_talk import assistant, calls, parcels, result, user

from tierwise.conversation.summary import RunningSummary, summarise
from tierwise.signals.tokens import estimate_tokens

ROOMY = 4000


@given(st.integers(0, 600))
@settings(max_examples=80, deadline=None)
@example(0)
@example(9)
def test_no_summary_is_longer_than_it_may_be(max_tokens: int):
    """Down to none at all."""
    assert estimate_tokens(summarise(parcels(), max_tokens)) <= max_tokens


PLAIN_TEXTS = st.sampled_from(
    [
        "Hello there",
        "Book seat 14C on 3 May.",
        "I have booked it.",
        "Which day?",
        "",
        "订单号：A-551，谢谢。",
        "x" * 300,
    ]
)
MESSAGES = st.one_of(
    st.builds(user, PLAIN_TEXTS),
    st.builds(user, st.lists(st.builds(lambda text: {"type": "text", "text": text}, PLAIN_TEXTS), max_size=2)),
    st.builds(assistant, PLAIN_TEXTS),
    st.builds(lambda n, name: calls((name, {"id": f"K{n}"}), start=n), st.integers(0, 3), st.sampled_from(["a", "b"])),
    st.builds(lambda n, v: result({"id": f"K{n}", "state": v}, n), st.integers(0, 3), st.sampled_from(["on", "OFF 7"])),
    st.builds(lambda n: result("Error: no such id K7", n), st.integers(0, 3)),
)


@given(st.lists(MESSAGES, max_size=14), st.lists(st.integers(1, 4), max_size=6), st.integers(20, 400), st.booleans())
@settings(max_examples=120, deadline=None)
def test_extended_piece_by_piece_it_is_what_it_is_in_one(messages, pieces, max_tokens, looked_at):
    """However it grows, whether read in between, and through copies."""
    whole = RunningSummary()
    whole.extend(messages)
    growing, end = RunningSummary(), 0
    for piece in [*pieces, len(messages)]:
        growing = growing.copy()
        growing.extend(messages[end : end + piece])
        end += piece
        if looked_at:
            growing.text(max_tokens)

    assert len(growing) == len(whole) == len(messages)
    assert growing.text(max_tokens) == whole.text(max_tokens)
    assert growing.text(max_tokens, 1, 5) == whole.text(max_tokens, 1, 5)


def test_copies_go_their_own_ways():
    """A branch does not show in the other."""
    trunk = RunningSummary()
    trunk.extend(parcels())
    branch = trunk.copy()
    branch.extend([user("Also order lamp 99817.")])

    assert "99817" in branch.text(ROOMY)
    assert "99817" not in trunk.text(ROOMY)


def test_messages_changed_later_do_not_change_what_was_taken_in():
    """Hosts mutate their objects; only texts are referred to."""
    messages = parcels()
    summary = RunningSummary()
    summary.extend(messages)
    before = copy.deepcopy(messages)
    messages[0]["content"] = "forget it"
    messages[5]["tool_calls"][0]["function"]["arguments"] = "{}"

    assert summary.text(ROOMY) == summarise(before, ROOMY)


def words_of(messages: list[dict[str, Any]]) -> str:
    """All that the messages say, as texts, with JSON read."""
    texts: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            texts.append(value)
            with contextlib.suppress(ValueError):
                walk(json.loads(value) if value[:1] in ("{", "[") else ())
        elif isinstance(value, dict):
            for key, inner in value.items():
                texts.append(str(key))
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        else:
            texts.append(json.dumps(value))

    walk(messages)
    return "\n".join(texts)


@pytest.mark.parametrize("max_tokens", [60, 150, 300, ROOMY])
def test_nothing_is_invented(max_tokens: int):
    """Every word and figure of the summary stands in the messages, but for its own few words."""
    messages = [
        *parcels(),
        user("请把订单号77120改到上海。"),
        calls(("find", {"q": "ключ"}), start=5),
        result("нет 404", 5),
    ]
    said = words_of(messages)
    own = {"Earlier", "in", "brief", "messages", "values", "left", "out", "called", str(len(messages))}
    text = re.sub(r"\(\d+ values left out\.\)", "", summarise(messages, max_tokens))

    strange = [word for word in re.findall(r"[^\W_]+(?:[.,_@-][^\W_]+)*", text) if word not in said and word not in own]
    assert not strange


@pytest.mark.parametrize(
    "content",
    [
        "x" * 600_000,
        json.dumps([{"id": f"A{i}", "note": "n" * 40} for i in range(9000)]),
        "[" * 100_000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "a_" * 200_000,
        "A" + "-1" * 200_000,
        "'" * 100_000,
        "Mr. " * 50_000,
        "请" * 200_000,
        "key: value\n" * 60_000,
        "\x00\ud800\ufffe" * 1000,
        "Aa " * 100_000 + "@" * 50_000,
    ],
)
def test_huge_and_hostile_results_are_bounded(content: str):
    """Read in part, without choking; what else was said survives."""
    text = summarise([user("Keep code PX-77, please."), calls(("dump", {"of": "all"})), result(content)], 200)

    assert estimate_tokens(text) <= 200
    assert "PX-77" in text


@pytest.mark.parametrize(
    "message",
    [None, "text", 7, {}, {"role": "user"}, {"role": "tool", "content": 5}, {"role": "assistant", "tool_calls": "no"},
     {"role": "assistant", "tool_calls": [None, {"function": 3}, {"id": 1, "function": {"name": "f", "arguments": "{"}}]},
     {"role": "user", "content": [None, 3, {"type": "tool_result"}]}, {"role": 3, "content": {"text": "a"}}],
)  # fmt: skip
def test_junk_is_taken_in_calmly(message: Any):
    """It counts as a message and breaks nothing."""
    summary = RunningSummary()
    summary.extend([message, user("code PX-77")])

    assert len(summary) == 2
    assert "PX-77" in summary.text(100)


def test_taking_a_message_in_does_not_read_it_or_what_was_before(monkeypatch: pytest.MonkeyPatch):
    """Counted, not timed: each message is read once, when a summary is first asked for."""
    from tierwise.conversation import notes

    read: list[str] = []
    look = notes._read
    monkeypatch.setattr(notes, "_read", lambda entry: (read.append(entry.role), look(entry))[1])
    summary = RunningSummary()
    summary.extend(parcels())
    assert not read

    summary.text(200)
    grown = summary.copy()
    grown.extend([user("one more")])
    grown.text(200)
    summary.text(50)
    assert len(read) == len(parcels()) + 1
