"""Whether a history can go as it stands: most can, and one look at each message tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tierwise.conversation.makers import SIGNED_ID
from tierwise.handoff.contents import IMAGES
from tierwise.handoff.foreign import BROKEN_CALL, WANT_OBJECTS, is_object
from tierwise.handoff.makers import Family
from tierwise.handoff.shapes import FIRST_ROLES, arguments_of, kind_of, says_something
from tierwise.handoff.target import Target
from tierwise.handoff.thoughts import THOUGHTS
from tierwise.types import Message

_PLAIN = frozenset({"role", "content", "tool_calls", "made_by", "name", "refusal", "function_call"})
_OWN = frozenset({"response_id", "reasoning_content", "thought_signatures"})
"""What else may stand in an answer of the target's own, and goes back to it."""
_LOOK_AT = IMAGES | {BROKEN_CALL}
_PLAIN_CALL = frozenset({"id", "type", "function"})


def can_stay(messages: Sequence[Message], target: Target) -> bool:
    """True only where no edit is needed; False where a closer look is."""
    return Walk(target).onward(messages, target).stays


class Walk:
    """A walk along a history that looks at each message once, and can be taken up again where it ended.

    It looks at plain forms alone: texts, calls with their results in order, roles that may follow each other. Whatever
    else there is needs a closer look, which may well find nothing to do.
    """

    __slots__ = ("_before", "_open", "_plain", "_seen", "_target", "messages")

    def __init__(self, target: Target) -> None:
        self._target = target
        self.messages = 0
        """How many were looked at."""
        self._plain = True
        self._open: set[str] = set()
        self._seen: set[str] = set()
        self._before = ""

    @property
    def stays(self) -> bool:
        """Whether the history can go as it stands."""
        return self._plain and not self._open and self._before in ("user", "tool")

    def onward(self, messages: Sequence[Message], target: Target) -> Walk:
        """The walk up to the end of these messages, whose beginning it has seen; itself it stays where it is.

        The target is the same but for what it knows of makers by now.
        """
        walk = Walk(target)
        walk._plain, walk._before = self._plain, self._before
        walk._open, walk._seen = set(self._open), set(self._seen)
        walk.messages = len(messages)
        if walk._plain:
            walk._plain = all(map(walk._passes, messages[self.messages :]))
        return walk

    def _passes(self, message: Message) -> bool:
        role, content, before = message.get("role"), message.get("content"), self._before
        demands = self._target.demands
        if not isinstance(role, str):
            return False
        if role == "tool":
            return self._closes_call(message.get("tool_call_id"), content)
        if self._open or (role == before and role in demands.alone):
            return False
        if role == "assistant":
            self._open = _ids_of_plain_answer(message, self._target, self._seen)
            if not self._open and not says_something(content):
                return False
            self._seen |= self._open
        elif role == "user":
            if not isinstance(content, str) or (before == "tool" and not demands.user_after_tool):
                return False
        elif not self._may_open(role, before) or not isinstance(content, str):
            return False
        if not demands.blanks and isinstance(content, str) and not content.strip() and not self._open:
            return False
        if demands.starts_with_user and role == "assistant" and before in ("", *FIRST_ROLES):
            return False
        self._before = role
        return True

    def _may_open(self, role: str, before: str) -> bool:
        """Whether a system's message, or a developer's, may stand here."""
        demands = self._target.demands
        if role not in FIRST_ROLES or (role == "developer" and not demands.developers):
            return False
        return before == "" or (before in FIRST_ROLES and demands.several_systems)

    def _closes_call(self, call_id: Any, content: Any) -> bool:
        if not isinstance(call_id, str) or call_id not in self._open or not isinstance(content, str):
            return False
        self._open.discard(call_id)
        self._before = "tool"
        demands = self._target.demands
        return bool(content.strip() or (demands.blanks and content)) or (not content and demands.empty_results)


def _ids_of_plain_answer(message: Message, target: Target, seen: set[str]) -> set[str]:
    """The ids of its calls, where nothing in it needs a closer look; else one that no result will have."""
    family, demands = target.family, target.demands
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list | tuple):
        return _NO_RESULT
    content = message.get("content")
    own = target.owner_of(message) == "own"
    if target.wants_thoughts and not (own and message.get(THOUGHTS)):
        return _NO_RESULT
    if calls and not own and target.thinking and demands.loops_begin_with_thoughts:
        return _NO_RESULT
    if own and isinstance(content, list):
        if any(
            not isinstance(part, Mapping) or "cache_control" in part or kind_of(part) in _LOOK_AT for part in content
        ):
            return _NO_RESULT
    elif not (content is None or isinstance(content, str)):
        return _NO_RESULT
    beside = message.keys() - _PLAIN
    if beside and not (own and (demands.cache_marks or (beside <= _OWN and all(map(message.get, beside))))):
        return _NO_RESULT
    ids: set[str] = set()
    for call in calls:
        call_id = call.get("id") if isinstance(call, Mapping) else None
        if not isinstance(call_id, str) or call_id in seen or call_id in ids:
            return _NO_RESULT
        if not own and not (
            _is_plain_call(call, family) and SIGNED_ID not in call_id and demands.call_id.fullmatch(call_id)
        ):
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
