"""What stands in a message, whatever its host put there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tierwise.types import Message

FIRST_ROLES: Final = ("system", "developer")
"""Whose messages stand at the beginning."""

MARKS: Final = ("cache_control", "extras", "citations", "signature", "thought_signature", "index", "annotations")
"""Keys of a content part that hold for its maker alone, beside what the part is."""


def kind_of(part: Any) -> str:
    """A content part's type; the empty text where it has none."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    return kind if isinstance(kind, str) else ""


def calls_of(message: Message) -> list[Mapping[str, Any]]:
    """A message's tool calls."""
    calls = message.get("tool_calls")
    return [call for call in calls if isinstance(call, Mapping)] if isinstance(calls, list | tuple) else []


def arguments_of(call: Mapping[str, Any]) -> Any:
    """A call's arguments, as they stand."""
    function = call.get("function")
    return function.get("arguments") if isinstance(function, Mapping) else None


def says_something(content: Any) -> bool:
    """Whether a content has words in it."""
    if not isinstance(content, list):
        return isinstance(content, str) and bool(content.strip())
    texts = (part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text")
    return any(str(text or "").strip() for text in texts)


def without_marks(part: Any) -> Any:
    """A content part as another maker may be shown it."""
    return {key: value for key, value in part.items() if key not in MARKS} if isinstance(part, Mapping) else part
