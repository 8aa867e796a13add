"""Tokens as the tier counts them: before its first call by a table, after it by what it was billed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise import Answer, Router, Tier, Usage
from tierwise.handoff import apply_edits
from tierwise.policy.cost import held_after
from tierwise.policy.counting import (
    COUNTS,
    Count,
    count_of,
    factors_of,
    family_of_counts,
    priced_factors,
    room_for_text,
    with_spare,
)
from tierwise.policy.limits import limits_for
from tierwise.signals.history import History
from tierwise.testing import FakeClassifier
from tierwise.training.token_counts import fit_counts, overrun, surprising
from tierwise.types import ConversationState, Held, Signals, Step

CLAUDE = Tier("claude", model="claude-opus-4-6", prices=(5, 25), context_tokens=200_000)
GPT = Tier("gpt", model="gpt-4.1", prices=(2, 8), context_tokens=1_000_000)
BY_HAND = Tier("by hand", prices=(1, 2), context_tokens=10_000)
NEW = ConversationState("c")


def history(steps: int, chars: int = 4000) -> list[dict[str, Any]]:
    """An agent that has read so many pages of about 1,000 tokens."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Read all pages, then add up the amounts in them."}]
    for i in range(steps):
        call = {"id": f"c{i}", "type": "function", "function": {"name": "read", "arguments": f'{{"page": {i}}}'}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{i}", "content": ("amount due " * chars)[:chars]})
    return messages


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-opus-4-6", "claude"),
        ("anthropic/claude-3-haiku", "claude"),
        ("gpt-5-mini", "gpt"),
        ("openai:o3", "gpt"),
        ("gemini-3-pro", "gemini"),
        ("mixtral-8x22b", "mistral"),
        ("qwen2.5:7b", "qwen"),
        ("a-model-of-tomorrow", "other"),
        (None, None),
    ],
)
def test_a_model_counts_as_its_family_does(model: str | None, family: str | None) -> None:
    """The tokeniser goes with the model, whoever serves it."""
    assert family_of_counts(model) == family


def test_before_the_first_call_the_table_counts() -> None:
    """By hand: 9,000 of text and 1,000 of tools; a tier by hand without a model counts as estimated."""
    factors = factors_of((CLAUDE, BY_HAND), NEW, 9000, 1000)
    count = COUNTS["claude"]

    assert factors["claude"] == pytest.approx(0.9 * count.text + 0.1 * count.tools)
    assert factors["by hand"] == 1.0


def test_after_a_call_its_bill_counts_and_moves_the_others() -> None:
    """What the host adds is the same for all: GPT is off from the table as far as Claude was."""
    expected = count_of(CLAUDE).text
    state = replace(NEW, last_tier="claude", held={"claude": Held(5000, 1.0, 1.5 * expected)})

    factors = factors_of((CLAUDE, GPT), state, 9000, 0)

    assert factors == {"claude": 1.5 * expected, "gpt": pytest.approx(1.5 * count_of(GPT).text)}


def test_a_call_that_reported_nothing_leaves_the_table_as_it_is() -> None:
    """Hosts that stream often get no usage: what is held is known, how tokens count is not."""
    held = held_after(CLAUDE, 10_000, None, now=1.0)
    state = replace(NEW, last_tier="claude", held={"claude": held})

    assert held.tokens == round(10_000 * count_of(CLAUDE).text)
    assert factors_of((CLAUDE, GPT), state, 9000, 1000) == factors_of((CLAUDE, GPT), NEW, 9000, 1000)


def test_before_anything_was_billed_costs_count_tools_as_text() -> None:
    """As in the reference traffic that the price of quality comes from; afterwards as they were billed."""
    text = {"claude": count_of(CLAUDE).text, "gpt": count_of(GPT).text}
    billed = replace(NEW, last_tier="claude", held={"claude": Held(5000, 1.0, 1.9)})

    assert priced_factors((CLAUDE, GPT), NEW, 9000, 1000) == text
    assert priced_factors((CLAUDE, GPT), billed, 9000, 1000) == factors_of((CLAUDE, GPT), billed, 9000, 1000)


def test_the_window_is_judged_as_the_tier_counts() -> None:
    """160,000 estimated tokens fit 200,000 of a plain counter, and not of Claude's."""
    step, signals = Step(({"role": "user", "content": "x"},)), Signals(input_tokens=160_000)
    plain = replace_model(CLAUDE, None)

    assert limits_for(step, signals, 400, (plain, GPT)).allowed == ("claude", "gpt")
    windows = with_spare(factors_of((CLAUDE, GPT), NEW, 160_000, 0), (CLAUDE, GPT), NEW)
    assert limits_for(step, signals, 400, (CLAUDE, GPT), factors=windows).allowed == ("gpt",)


def replace_model(tier: Tier, model: str | None) -> Tier:
    """The same tier for another model."""
    return Tier(tier.name, model=model, prices=tier.prices, context_tokens=tier.context_tokens)


@given(st.integers(0, 300_000), st.integers(0, 20_000), st.integers(0, 300_000), st.floats(0.5, 4.0))
def test_what_fits_the_room_fits_the_window(text: int, tools: int, tokens: int, factor: float) -> None:
    """With as much text as there is said to be room for, the tier counts no more than it may."""
    room = room_for_text(CLAUDE, factor, text, tools, tokens)
    off = factor / count_of(CLAUDE).of(text, tools)

    if room:
        assert off * (count_of(CLAUDE).text * room + count_of(CLAUDE).tools * tools) <= tokens + 1e-6


def counted(messages: list[dict[str, Any]], factor: float) -> float:
    """What a tier counts."""
    whole = History()
    whole.extend(messages)
    return whole.tokens * factor


def test_a_window_is_not_overrun_at_the_first_call() -> None:
    """A lone Claude tier gets no more than its window holds, as Claude counts and with something to spare."""
    router = Router([CLAUDE], classifier=FakeClassifier({"claude": 0.9}), embedder=None)
    messages = history(190)

    plan = router.start(messages)

    assert counted(messages, 1.0) < 200_000
    assert plan.edits
    assert counted(plan.messages, 1.1 * COUNTS["claude"].text) <= 200_000
    assert plan.messages == apply_edits(messages, plan.edits)


def test_what_was_sent_is_what_the_bill_is_held_against() -> None:
    """A history that was cut teaches the right factor, not one as small as the cut was deep."""
    small = Tier("small", prices=(1, 2), context_tokens=20_000)
    router = Router([small], classifier=FakeClassifier({"small": 0.9}), embedder=None, most_over_top=None)
    messages = history(60)
    plan = router.start(messages, conversation_id="t")
    assert plan.sent_tokens is not None
    assert plan.sent_tokens < 20_000 < plan.decision.signals.input_tokens

    usage = Usage(input=round(counted(plan.messages, 1.3)), output=20)
    plan.after(Answer({"role": "assistant", "content": "Go on."}, usage=usage))
    again = router.start([*messages, {"role": "assistant", "content": "Go on."}, *history(1)[:1]], conversation_id="t")

    assert again.state.held["small"].factor == pytest.approx(1.3, rel=0.02)
    assert counted(again.messages, 1.3) <= 20_000


def test_what_is_known_of_counting_changes_no_estimate() -> None:
    """Chances are a function of the step alone, whatever was billed before."""
    router = Router([CLAUDE, GPT], embedder=None)
    messages = history(3)
    before = router.start(messages, conversation_id="t")
    before.after(Answer({"role": "assistant", "content": "Done."}, usage=Usage(input=90_000, output=20)))

    after = router.start(messages, conversation_id="t")

    assert after.state.held
    assert after.decision.p_adequate == before.decision.p_adequate


@pytest.mark.parametrize("limit", [8_000, 30_000])
def test_a_long_answer_that_was_asked_for_leaves_less_room(limit: int) -> None:
    """`max_output_tokens` is kept free in the window."""
    tier = Tier("small", prices=(1, 2), context_tokens=60_000)
    router = Router([tier], classifier=FakeClassifier({"small": 0.9}), embedder=None)

    plan = router.start(history(100), max_output_tokens=limit)

    assert counted(plan.messages, 1.0) + limit <= 60_000


def test_the_table_is_fitted_to_bills() -> None:
    """Bills of 1.2 for text and 2.5 for tools are found again, each model with the same say; few calls have none."""
    rows = [(text, tools, round(1.2 * text + 2.5 * tools)) for text in range(1000, 9000, 200) for tools in (500, 900)]
    twice = [(text, tools, 2 * billed) for text, tools, billed in rows]

    found = fit_counts({"claude-a": rows, "claude-b": twice, "grok-3": rows[:10]}, constant=False)

    assert found == {"claude": Count(1.8, 3.75)}


def test_what_was_billed_beyond_is_counted() -> None:
    """By hand: one call in eighty is billed twice what is foreseen, the longest; and no more than twice the one before."""
    rows = [(text, 0, text) for text in range(100, 8100, 100)]
    rows[-1] = (8000, 0, 16_000)

    assert overrun({"gpt-4": rows}, {"gpt": Count(1.0, 1.0)}, 1.1) == (1 / 80, 1 / 8)
    assert surprising({"gpt-4": rows}, 1.1) == 1 / 79
    assert surprising({"gpt-4": rows}, 2.1) == 0
