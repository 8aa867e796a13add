"""What a handoff keeps: words, calls side by side, their results; and what it leaves behind: what others have signed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from clients import HOUSES
from hypothesis import HealthCheck, given, settings
from stories import Story, history_of, plain_stories

from langchain_tierwise.messages import to_openai
from tierwise.conversation.makers import seals_of
from tierwise.handoff import apply_edits, edits_for

EXAMPLES = 20
PAIRS = [(maker, target) for maker in HOUSES for target in HOUSES if maker != target]


def calls_of(messages: Sequence[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    """Names and arguments, message by message: parallel calls stand together."""
    functions = [[call["function"] for call in message.get("tool_calls") or ()] for message in messages]
    return [[(one["name"], json.loads(one["arguments"])) for one in row] for row in functions if row]


def words_of(messages: Sequence[dict[str, Any]], role: str) -> list[str]:
    """All that is said by a role, piece by piece, but what is blank."""
    texts: list[str] = []
    for message in messages:
        content = message.get("content") or ""
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        pieces = [str(part.get("text") or "").strip() for part in parts if part.get("type") == "text"]
        texts += [piece for piece in pieces if piece and message["role"] == role]
    return texts


def answered(messages: Sequence[dict[str, Any]]) -> list[str]:
    """For each result, the name of the call that its id belongs to, among those right before it."""
    names: dict[str, str] = {}
    found = []
    for message in messages:
        if message["role"] == "assistant":
            names = {call["id"]: call["function"]["name"] for call in message.get("tool_calls") or ()}
        elif message["role"] == "tool":
            found.append(names[message["tool_call_id"]])
    return found


@pytest.mark.parametrize(("maker", "target"), PAIRS, ids=["-to-".join(pair) for pair in PAIRS])
def test_nothing_that_was_said_or_done_is_lost(maker: str, target: str):
    """Of runs in which nothing goes wrong: all words, all calls with their arguments, all results, in their order."""
    for house in (HOUSES[maker], HOUSES[target]):
        pytest.importorskip(house.package)
    made_by, goes_to = (maker, HOUSES[maker].models[0]), (target, HOUSES[target].models[1])
    tier = HOUSES[target].tier(goes_to[1])
    tiers = (HOUSES[maker].tier(made_by[1]), tier)

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(plain_stories)
    def keep(story: Story) -> None:
        before = to_openai(history_of(story, made_by, goes_to), tiers)
        after = apply_edits(before, edits_for(before, tier))
        assert calls_of(after) == calls_of(before)
        assert answered(after) == answered(before)
        for role in ("user", "assistant", "system"):
            kept = "\n".join(words_of(after, role))
            assert all(words in kept for words in words_of(before, role))
        results = [words_of([m], "tool") for m in after if m["role"] == "tool"]
        assert all(
            set(words_of([m], "tool")) <= set("\n\n".join(kept).split("\n\n"))
            for m, kept in zip([m for m in before if m["role"] == "tool"], results, strict=True)
        )
        others = [m for m in before if m["role"] == "assistant" and m["made_by"]["model"] != goes_to[1]]
        own = {seal for m in before if m not in others for seal in seals_of(m)}
        left = {seal for message in after for seal in seals_of(message)}
        assert left <= own

    keep()
