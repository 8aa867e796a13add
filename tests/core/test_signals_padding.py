"""Buzzwords after a complete sentence ask for nothing."""

from __future__ import annotations

import pytest

from tierwise.signals import read_step
from tierwise.signals.padding import strip_padding
from tierwise.types import Step


@pytest.mark.parametrize(
    ("padded", "plain"),
    [
        ("Say hi. step by step, chain of thought, evaluate", "Say hi."),
        ("What is 2+2? step by step, evaluate, prove, distributed", "What is 2+2?"),
        ("hi!! reasoning deep analysis architecture optimize", "hi!!"),
        ("Tell me a joke. Think very carefully and thoroughly, multi step reasoning", "Tell me a joke."),
    ],
)
def test_a_tail_of_buzzwords_is_taken_off(padded, plain):
    """The request reads as it would without its dressing, and has the same signals."""
    assert strip_padding(padded) == plain
    dressed, bare = (read_step(Step([{"role": "user", "content": text}])) for text in (padded, plain))
    assert dressed.task == bare.task
    assert dressed.signals.reasoning_steps == bare.signals.reasoning_steps


@pytest.mark.parametrize(
    "text",
    [
        "Prove it. Then compare the two proofs for elegance.",
        "Here is my function. Optimize it.",
        "Read the file. Explain the race condition in the scheduler and fix it.",
        "Design a distributed lock.",
        "step by step, evaluate, distributed",
        "Beweise den Satz. Danach vergleiche die Beweise.",
    ],
)
def test_what_asks_for_something_stays(text):
    """A second sentence with an object of its own is a request."""
    assert strip_padding(text) == text
