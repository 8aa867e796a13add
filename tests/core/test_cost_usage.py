"""Tables learned from recorded runs: each source has the same say, and figures are those worked by hand."""

from __future__ import annotations

import pytest

from tierwise.evaluation.switching import RunStep
from tierwise.evaluation.traces import Trace
from tierwise.tiers import Tier
from tierwise.training.usage import MeteredStep, foreseen, goes_on, metered_steps, returns, written
from tierwise.types import Usage


def metered(
    source: str, output: int | None, last: bool = False, estimated: int = 100, billed: int = 100
) -> MeteredStep:
    """A step that reads a tool result."""
    return MeteredStep(source, "run", "digest", estimated, billed, output, last)


def test_a_large_source_has_no_more_say_than_a_small_one() -> None:
    """60 steps of 100 tokens and 600 of 200: the mean of means is 150; a source of 10 steps is left out."""
    steps = [metered("a", 100)] * 60 + [metered("b", 200)] * 600 + [metered("c", 9000)] * 10

    assert written(steps) == {"digest": (150.0, 150.0)}


def test_steps_without_recorded_tokens_say_nothing_of_them() -> None:
    """They still say whether a run goes on."""
    steps = [metered("a", None)] * 30 + [metered("a", None, last=True)] * 30

    assert written(steps) == {}
    assert goes_on(steps) == {"digest": 0.5}


def test_a_tokenizer_that_counts_more_is_foreseen_from_the_step_before() -> None:
    """By hand: 160 billed for 100, then 330 for 200: 65 % off as estimated, 3.1 % once scaled by 1.6."""
    steps = [metered("a", 1, estimated=100, billed=160), metered("a", 1, estimated=200, billed=330)]

    assert list(foreseen(steps)) == pytest.approx([0.65, 330 / 320 - 1])


def test_a_trace_gives_one_metered_step_per_call() -> None:
    """Kinds come from what stands before the call; the last one is marked."""
    messages = [
        {"role": "user", "content": "Where is my order?"},
        {"role": "assistant", "content": "Which one?"},
        {"role": "user", "content": "thanks"},
        {"role": "assistant", "content": "You are welcome."},
    ]
    first, second = metered_steps("a", [Trace(messages, usage={1: Usage(input=40, output=7)}, where="runs:1")])

    assert (first.billed, first.output, first.last) == (40, 7, False)
    assert (second.billed, second.kind, second.last) == (None, "follow_up", True)


def test_returns_count_who_is_called_again() -> None:
    """Runs that alternate between a step only top can do and one that is as good below: everybody comes back but at the end."""
    tiers = (
        Tier("small", prices={"input": 0.01, "output": 0.01}),
        Tier("top", prices={"input": 5, "output": 25, "cached_input": 0.5}),
    )
    hard, easy = {"small": 0.0, "top": 0.9}, {"small": 0.9, "top": 0.9}
    run = [RunStep("digest", 2000, Usage(2000, output=50), p, 5.0 * i) for i, p in enumerate((hard, easy, hard, easy))]

    assert returns([run] * 60, tiers) == {"digest": 1.0}
