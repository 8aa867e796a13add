"""`check_handler` finds what is wrong with a handler; schemas and patterns of others are not trusted; a replay asks models."""

from __future__ import annotations

from typing import Any

import pytest

from tierwise import Abstention, Reply, Router, Step, Tier
from tierwise.evaluation.replay import replay
from tierwise.evaluation.traces import Trace
from tierwise.handlers.schema import misfit
from tierwise.testing import FakeClassifier, check_handler

STEP = Step([{"role": "user", "content": "ping"}])


class Handler:
    """Does what it was told."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def handle(self, step: Step, reading: Any) -> Any:
        return self._handle(step)


def is_ping(step: Step) -> bool:
    return step.messages[-1].get("content") == "ping"


def changed(step: Step) -> Abstention:
    step.messages[0]["seen"] = True  # type: ignore[index]
    return Abstention("x")


COUNT = iter(range(1000))


def test_a_sound_handler_passes():
    """It answers what it should and leaves the rest, with reasons."""
    sound = Handler(lambda step: Reply("x", 1.0, "pong") if is_ping(step) else Abstention("no ping"))
    check_handler(sound, [STEP], [Step([{"role": "user", "content": "pong"}])])


@pytest.mark.parametrize(
    ("handle", "said"),
    [
        (lambda step: "pong", "neither a Reply nor an Abstention"),
        (lambda step: None, "neither a Reply nor an Abstention"),
        (lambda step: Abstention(""), "no reason"),
        (lambda step: Reply("x", 1.5, "pong"), "confidence"),
        (lambda step: Reply("", 1.0, "pong"), "no source"),
        (lambda step: Reply("x", 1.0), "empty answer"),
        (lambda step: Reply("x", 1.0, tool_calls=(("look", {}),)), "not among the tools"),
        (lambda step: Reply("x", 1.0, str(next(COUNT))), "two answers"),
        (changed, "changed the step"),
        (lambda step: Abstention("never"), "Abstention"),
    ],
)
def test_an_unsound_one_is_told_for_which_step(handle, said):
    """Each clause of the contract, broken once."""
    with pytest.raises(AssertionError, match=said):
        check_handler(Handler(handle), [STEP])


@pytest.mark.parametrize(
    ("value", "schema", "fits"),
    [
        ({"a": 1}, {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, True),
        ({"a": 1.5}, {"type": "object", "properties": {"a": {"type": "integer"}}}, False),
        ({"a": True}, {"type": "object", "properties": {"a": {"type": "integer"}}}, False),
        ({}, {"type": "object", "required": ["a"]}, False),
        ({"b": 1}, {"type": "object", "properties": {}, "additionalProperties": False}, False),
        (["x"], {"type": "array", "items": {"type": "string"}, "minItems": 2}, False),
        (None, {"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
        ("x", {"enum": ["y"]}, False),
        (5, {"type": "number", "maximum": 4}, False),
        (5, {"type": "number", "exclusiveMinimum": 5}, False),
        ("ab", {"type": "string", "pattern": "^a"}, True),
        ("ab", {"type": "string", "pattern": "("}, False),
        ("a" * 40, {"type": "string", "pattern": "^(a+)+$"}, False),
        ("x", {"$ref": "#/$defs/x"}, False),
        ("x", {"type": "string", "contentEncoding": "base64"}, False),
    ],
)
def test_a_value_fits_a_schema_only_where_all_of_it_is_understood(value, schema, fits):
    """Types, bounds, patterns; what is not known, and patterns that may run wild, are no fit."""
    assert (misfit(value, schema) is None) == fits


def test_a_replay_is_about_models():
    """Recorded steps that a handler would answer are replayed with models: their costs are what is compared."""
    always = Handler(lambda step: Reply("x", 1.0, "pong"))
    tiers = [Tier("x", handler=always), Tier("small", prices=(0.1, 0.4)), Tier("top", prices=(5, 25))]
    router = Router(tiers, embedder=None, classifier=FakeClassifier({"small": 0.9, "top": 0.95}))
    run = [{"role": "user", "content": "ping"}, {"role": "assistant", "content": "pong"}]
    report = replay([Trace(run, ())], router)

    assert report.steps == 1
    assert set(report.by_tier) == {"small", "top"}
