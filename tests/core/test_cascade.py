"""A verdict on an answer, without a model call."""

from __future__ import annotations

from typing import Any

import pytest

from tierwise.cascade import fault_of
from tierwise.types import Answer, Step

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "refund",
            "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
        },
    }
]
STEP = Step([{"role": "user", "content": "Refund A-17."}], TOOLS)
JSON_STEP = Step([{"role": "user", "content": "As JSON."}], response_format={"type": "json_object"})


def calling(name: str, arguments: Any) -> Answer:
    call = {"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}}
    return Answer({"role": "assistant", "content": None, "tool_calls": [call]})


def saying(text: Any) -> Answer:
    return Answer({"role": "assistant", "content": text})


@pytest.mark.parametrize(
    ("step", "answer", "words"),
    [
        (STEP, saying(""), "empty"),
        (STEP, saying(None), "empty"),
        (STEP, saying([{"type": "text", "text": "  "}]), "empty"),
        (STEP, calling("refnd", '{"order": "A-17"}'), "'refnd'"),
        (STEP, calling("refund", '{"order": '), "not a JSON object"),
        (STEP, calling("refund", "[1]"), "not a JSON object"),
        (STEP, calling("refund", "{}"), "'order'"),
        (JSON_STEP, saying("Sure! Here it is."), "does not parse"),
    ],
)
def test_an_answer_that_nobody_can_go_on_with_is_faulted(step, answer, words):
    """Each visible failure is named in words."""
    fault = fault_of(step, answer)

    assert fault is not None
    assert words in fault


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        (STEP, calling("refund", '{"order": "A-17"}')),
        (STEP, calling("refund", {"order": "A-17"})),
        (STEP, saying("Which order?")),
        (STEP, saying("4")),
        (JSON_STEP, saying('{"ok": true}')),
        (STEP, Answer({"role": "assistant", "content": None, "refusal": "I cannot."})),
        (STEP, Answer({"role": "assistant", "content": None, "tool_calls": [{"type": "web_search"}]})),
    ],
)
def test_an_answer_that_one_can_go_on_with_passes(step, answer):
    """Short answers, questions back, refusals and providers' own calls are no faults."""
    assert fault_of(step, answer) is None
