"""What the loopback server says when no test has told it: scripted good manners, not intelligence.

It calls a tool when one is demanded, or when the tool's words occur in what a person asked; fills arguments from the
JSON schema with the numbers and quoted names of the text; answers in words after a tool result; honours JSON forms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

_DEEPEST = 12


@dataclass(frozen=True)
class Reply:
    """One answer of the server. `calls` holds (tool name, arguments), the arguments as a dict or as raw text."""

    text: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    status: int = 200
    error: str = "told to fail"
    delay_s: float = 0.0
    """Before the first byte, at most `loopback.LONGEST_DELAY_S`."""
    chunk_delay_s: float = 0.0
    """Between the chunks of a stream."""
    finish_reason: str | None = None
    usage: tuple[int, int] | None = None
    """Tokens in and out; by default a quarter of the characters."""
    cached: int = 0
    refusal: str | None = None
    reasoning: str | None = None
    cut_after: int | None = None
    """The connection breaks after so many chunks of a stream."""


Behaviour: TypeAlias = Reply | Callable[[Mapping[str, Any]], Reply]
"""A reply, or a function from the request's body to one."""


def polite_answer(body: Mapping[str, Any]) -> Reply:
    """The answer to a chat request that nobody has scripted."""
    messages, tools = body.get("messages") or [{}], body.get("tools") or []
    text = _last_request(messages)
    function = _demanded(body.get("tool_choice"), tools, text)
    if function is not None:
        return _call(function, text)
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        schema = form.get("json_schema", {}).get("schema", {})
        return Reply(text=json.dumps(Filler(text, schema).fill(schema), ensure_ascii=False))
    if form.get("type") == "json_object":
        return Reply(text=json.dumps(dict.fromkeys(_quoted(text) or ["answer"], "something"), ensure_ascii=False))
    if messages[-1].get("role") == "tool":
        return Reply(text=f"The tool says: {_text(messages[-1].get('content'))[:200]}")
    function = None if body.get("tool_choice") == "none" else _named_in(tools, text)
    return (
        Reply(text=f"Hello from {body.get('model')}, at your service.") if function is None else _call(function, text)
    )


class Filler:
    """Makes a value that a JSON schema allows, from the numbers and the quoted names of a text, in their order."""

    def __init__(self, text: str, root: Mapping[str, Any]) -> None:
        self._root = root
        self._numbers: Iterator[str] = iter(re.findall(r"-?\d+(?:\.\d+)?", text))
        self._names: Iterator[str] = iter(_quoted(text))
        self._text = text

    def fill(self, schema: Any, depth: int = 0) -> Any:
        """A value for `schema`; None where it is too deep or says nothing."""
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return None
        if "$ref" in schema:
            return self.fill(self._resolve(schema["$ref"]), depth + 1)
        for key in ("anyOf", "oneOf", "allOf"):
            if schema.get(key):
                return self.fill(next((s for s in schema[key] if s.get("type") != "null"), schema[key][0]), depth + 1)
        if "const" in schema or schema.get("enum"):
            return schema["const"] if "const" in schema else schema["enum"][0]
        return self._by_type(schema, depth)

    def _by_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = next((k for k in kind if k != "null"), "string") if isinstance(kind, list) else kind
        if kind == "object":
            return {name: self.fill(part, depth + 1) for name, part in (schema.get("properties") or {}).items()}
        if kind == "array":
            return [self.fill(schema.get("items", {"type": "string"}), depth + 1)]
        if kind == "integer":
            return int(float(next(self._numbers, "1")))
        if kind == "number":
            return float(next(self._numbers, "1"))
        return {"boolean": True, "null": None}.get(kind, next(self._names, self._text[:40] or "something"))

    def _resolve(self, ref: str) -> Any:
        found: Any = self._root
        for step in ref.removeprefix("#/").split("/"):
            found = found.get(step, {}) if isinstance(found, Mapping) else {}
        return found


def _call(function: Mapping[str, Any], text: str) -> Reply:
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    return Reply(calls=((str(function["name"]), Filler(text, schema).fill(schema) or {}),))


def _demanded(choice: Any, tools: Sequence[Mapping[str, Any]], text: str) -> Mapping[str, Any] | None:
    functions: list[Mapping[str, Any]] = [tool["function"] for tool in tools if "function" in tool]
    if isinstance(choice, Mapping):
        named = (choice.get("function") or choice).get("name")
        return next((function for function in functions if function["name"] == named), None)
    if choice in ("required", "any") and functions:
        return _named_in(tools, text) or functions[0]
    return None


def _named_in(tools: Sequence[Mapping[str, Any]], text: str) -> Mapping[str, Any] | None:
    """The first tool one of whose name's longer words occurs in the text."""
    low = text.lower()
    functions: list[Mapping[str, Any]] = [tool["function"] for tool in tools if "function" in tool]
    named = [f for f in functions if any(len(w) > 3 and w in low for w in re.split(r"[_\W]+", f["name"].lower()))]
    return named[0] if named else None


def _last_request(messages: Sequence[Mapping[str, Any]]) -> str:
    asked = [message for message in messages if message.get("role") == "user"]
    return _text(asked[-1].get("content")) if asked else ""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else ()
    return " ".join(str(part.get("text", "")) for part in parts if isinstance(part, Mapping))


def _quoted(text: str) -> list[str]:
    return re.findall(r"['\"“]([^'\"”]{1,60})['\"”]", text)
