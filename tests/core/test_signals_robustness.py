"""Nothing a host can send makes reading fall over, or take long."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tierwise.signals import read_step
from tierwise.types import KINDS, SIGNAL_NAMES, Reading, Step

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60) | st.binary(max_size=5)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4),
    max_leaves=12,
)
ROLES = st.sampled_from(["system", "developer", "user", "assistant", "tool", "function", "other", None]) | JUNK
KEYS = ["text", "content", "type", "tool_use_id", "is_error", "input", "name"]
PARTS = st.dictionaries(
    st.sampled_from(KEYS), JUNK | st.sampled_from(["text", "tool_result", "tool_use", "image_url"]), max_size=5
)
CALLS = st.lists(
    st.fixed_dictionaries({"function": st.dictionaries(st.sampled_from(["name", "arguments"]), JUNK)}) | JUNK,
    max_size=3,
)
MESSAGES = st.fixed_dictionaries(
    {}, optional={"role": ROLES, "content": st.text() | st.lists(PARTS, max_size=4) | JUNK, "tool_calls": CALLS | JUNK,
                  "function_call": JUNK, "is_error": JUNK, "status": JUNK, "name": JUNK},
)  # fmt: skip


def check(reading: Reading) -> None:
    """A reading holds text, a kind, and finite figures in their ranges."""
    assert isinstance(reading.task, str)
    assert isinstance(reading.latest, str)
    signals = reading.signals
    assert signals.kind in KINDS
    for name in SIGNAL_NAMES:
        value = getattr(signals, name)
        if name != "kind":
            assert math.isfinite(value)
            assert value >= 0
    for share in ("lexical_complexity", "world_knowledge", "creativity", "code", "mathematics", "lookup", "non_latin"):
        assert getattr(signals, share) <= 1
    assert signals.reasoning_steps <= 10


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages=st.lists(MESSAGES | JUNK, max_size=6), tools=st.lists(JUNK, max_size=2) | JUNK, choice=JUNK, form=JUNK)
def test_reading_never_raises_and_is_finite(messages: Any, tools: Any, choice: Any, form: Any):
    """Whatever stands in messages, tools, choice and format."""
    check(read_step(Step(messages, tools=tools, tool_choice=choice, response_format=form)))


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=300))
def test_reading_is_a_function_of_the_step(text: str):
    """The same step reads the same, twice and in other dicts."""
    assert read_step(Step([{"role": "user", "content": text}])) == read_step(Step([{"content": text, "role": "user"}]))


@pytest.mark.parametrize(
    "messages", [[], None, "text", 3, [None], [3], [[]], [{}], [{"content": "x"}], [{"role": "user"}]]
)
def test_what_is_no_message_list_is_left_to_the_router(messages):
    """The router says what is wrong; reading only keeps calm."""
    check(read_step(Step(messages)))


@pytest.mark.parametrize(
    "text", ["\ud800 broken \udfff", "\x00\x01", "\u202e reversed", "e\u0301" * 50, "🙏" * 500, " \n\t "]
)
def test_strange_characters_are_read(text):
    """Lone surrogates, control characters, marks and emoji."""
    check(read_step(Step([{"role": "user", "content": text}])))


HOSTILE = ["<", "<system-reminder>", "A. x\n", "Answer:\n", "Q: a\n", "-" * 20 + "\n", '{"error":', "((((", "\n\n", " \t", "a.b.c ", "1 ",
           "1.", "$", "\\(", "(a", "```", "error ", "Traceback (most recent call last)\n at x", "证明", "é", "_", "the "]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_does_not_explode_with_length(piece):
    """Forty times the text takes less than thirty times the time, whatever the text repeats: only ends are read closely."""

    def seconds(chars: int, role: str) -> float:
        text = piece * (chars // len(piece))
        step = Step([{"role": "user", "content": "go"}, {"role": role, "content": text}])
        best = math.inf
        for _ in range(3):
            start = time.perf_counter()
            check(read_step(step))
            best = min(best, time.perf_counter() - start)
        return best

    for role in ("user", "tool"):
        assert seconds(600_000, role) < 30 * seconds(16_000, role) + 0.02
