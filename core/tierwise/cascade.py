"""A verdict on an answer, without a model call: can the agent go on with it?

Cheap answers that fail, fail mostly in ways that can be seen: nothing was said, a tool was called that does not exist,
arguments do not parse or leave out what is required, JSON was asked for and something else came. Such an answer is worth
one more try, one tier up. Whether a well-formed answer is *right* is not judged here; that is the estimate's business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tierwise.types import Answer, Step


def fault_of(step: Step, answer: Answer) -> str | None:
    """What is wrong with an answer, in words, or None when the agent can go on with it."""
    message = answer.message
    calls = message.get("tool_calls") or ()
    text = _text(message.get("content"))
    if not calls and not text.strip() and not message.get("refusal") and not message.get("function_call"):
        return "the answer is empty"
    if calls:
        return next(_faults_of_calls(calls, step), None)
    if _json_is_due(step) and not _parses(text):
        return "JSON was asked for, and the answer does not parse"
    return None


def _faults_of_calls(calls: Sequence[Any], step: Step) -> Iterator[str]:
    schemas = {name: schema for name, schema in map(_named_schema, step.tools) if name}
    for call in calls:
        function = call.get("function") if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping):
            continue  # a provider's own kind of call (a server-side tool): not ours to judge
        name = str(function.get("name"))
        if name not in schemas:
            yield f"it calls {name!r}, which is not among the {len(schemas)} tools offered"
            continue
        arguments = _arguments(function.get("arguments"))
        if arguments is None:
            yield f"the arguments of {name!r} are not a JSON object"
            continue
        missing = [key for key in _required(schemas[name]) if key not in arguments]
        if missing:
            yield f"the call of {name!r} leaves out required {missing!r}"


def _named_schema(tool: Any) -> tuple[str | None, Mapping[str, Any]]:
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if not isinstance(function, Mapping):
        return None, {}
    parameters = function.get("parameters")
    return function.get("name"), parameters if isinstance(parameters, Mapping) else {}


def _required(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required")
    return [str(key) for key in required] if isinstance(required, list | tuple) else []


def _arguments(raw: Any) -> Mapping[str, Any] | None:
    if isinstance(raw, Mapping):
        return raw
    if raw is None or raw == "":
        return {}  # a tool without parameters is often called with nothing at all
    try:
        parsed = json.loads(raw)
    except (TypeError, ValueError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _json_is_due(step: Step) -> bool:
    return (step.response_format or {}).get("type") in ("json_object", "json_schema")


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "".join(_text(part.get("text")) if isinstance(part, Mapping) else _text(part) for part in content)
    return ""
