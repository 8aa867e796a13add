"""Whether a history can go as it stands: most can, and one look at each message tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tierwise.handoff.contents import IMAGES
from tierwise.handoff.demands import Demands
from tierwise.handoff.foreign import WANT_OBJECTS, is_object
from tierwise.handoff.makers import Family, owner_of
from tierwise.handoff.shapes import arguments_of, kind_of
from tierwise.tiers import Tier
from tierwise.types import Message

_PLAIN = frozenset({"role", "content", "tool_calls", "made_by", "name", "refusal", "function_call"})
_PLAIN_CALL = frozenset({"id", "type", "function"})


def can_stay(messages: Sequence[Message], tier: Tier, family: Family | None, demands: Demands) -> bool:
    """True only where no edit is needed; False where a closer look is.

    It looks at plain forms alone: texts, calls with their results in order, roles that may follow each other. Whatever
    else there is needs the closer look, which may well find nothing to do.
    """
    open_ids: set[str] = set()
    seen: set[str] = set()
    before = ""
    for message in messages:
        role, content = message.get("role"), message.get("content")
        if not isinstance(role, str):
            return False
        if role == "tool":
            call_id = message.get("tool_call_id")
            if (
                not isinstance(call_id, str)
                or call_id not in open_ids
                or not isinstance(content, str)
                or not (content or demands.empty_results)
            ):
                return False
            open_ids.discard(call_id)
            before = "tool"
            continue
        if open_ids or (role == before and role in demands.alone):
            return False
        if role == "assistant":
            open_ids = _ids_of_plain_answer(message, tier, family, demands, seen)
            if not open_ids and not _says_something(content):
                return False
            seen |= open_ids
        elif role == "user":
            if not isinstance(content, str) or (before == "tool" and not demands.user_after_tool):
                return False
        elif before not in ("", "system") or not isinstance(content, str):
            return False
        if not demands.blanks and isinstance(content, str) and not content.strip() and not open_ids:
            return False
        if demands.starts_with_user and role == "assistant" and before in ("", "system"):
            return False
        before = role
    return not open_ids and before in ("user", "tool")


def _ids_of_plain_answer(
    message: Message, tier: Tier, family: Family | None, demands: Demands, seen: set[str]
) -> set[str]:
    """The ids of its calls, where nothing in it needs a closer look; else one that no result will have."""
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list | tuple):
        return _NO_RESULT
    content = message.get("content")
    own = owner_of(message, tier, family) == "own"
    if own and isinstance(content, list):
        if any(not isinstance(part, Mapping) or "cache_control" in part or kind_of(part) in IMAGES for part in content):
            return _NO_RESULT
    elif not (content is None or isinstance(content, str)):
        return _NO_RESULT
    if not message.keys() <= _PLAIN and not (own and demands.cache_marks):
        return _NO_RESULT
    ids: set[str] = set()
    for call in calls:
        call_id = call.get("id") if isinstance(call, Mapping) else None
        if not isinstance(call_id, str) or call_id in seen or call_id in ids:
            return _NO_RESULT
        if not own and not (_is_plain_call(call, family) and demands.call_id.fullmatch(call_id)):
            return _NO_RESULT
        ids.add(call_id)
    if ids and not own and isinstance(content, str) and content and not content.strip():
        return _NO_RESULT
    return ids


_NO_RESULT = {"\x00"}


def _is_plain_call(call: Mapping[str, Any], family: Family | None) -> bool:
    if not call.keys() <= _PLAIN_CALL:
        return False
    return family not in WANT_OBJECTS or is_object(arguments_of(call))


def _says_something(content: Any) -> bool:
    """A text, or a list of parts in which some text is."""
    if not isinstance(content, list):
        return isinstance(content, str)
    texts = (part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text")
    return any(str(text or "").strip() for text in texts)
