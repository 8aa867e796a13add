"""How far a history is edited for good, so that a step looks only at what is new.

A stretch of a history is settled when nothing that comes later can change its edits: it ends before a message that stays,
is no tool's result, and so closes whatever was open before it. The next step takes up there, with the little that a later
stretch must know of an earlier one: who spoke last, whether anything was said at all, and which call ids are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tierwise.handoff.entry import Entry
from tierwise.handoff.shapes import calls_of, says_something
from tierwise.types import Edit, Message

_LEAST = 16
"""Stretches are at least so long, where a long history is looked at for the first time."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The beginning of a history that is edited for good.

    Attributes:
        messages: How many of the host's messages it holds.
        edits: Its edits.
        last: The last message that is left of it.
        spoke: The last one that is not the system's.
        ids: All ids of calls in it, as they read now.
        foreign_ids: Those of calls that the target did not make, or may not have made.
    """

    messages: int = 0
    edits: tuple[Edit, ...] = ()
    last: Entry | None = None
    spoke: Entry | None = None
    ids: frozenset[str] = frozenset()
    foreign_ids: frozenset[str] = frozenset()


def places_to_settle(messages: Sequence[Message], start: int) -> Iterator[int]:
    """Where stretches may end, oldest first: the last such place, and some before it where the way is long."""
    places = [i for i in range(start + 1, len(messages)) if _closes_what_was_open(messages, i)]
    begun = start
    for place in places[:-1]:
        if place - begun >= _LEAST:
            begun = place
            yield place
    yield from places[-1:]


def _closes_what_was_open(messages: Sequence[Message], index: int) -> bool:
    """Whether a message is sure to stay, and is no result."""
    message = messages[index]
    if message.get("role") == "user":
        return True
    if message.get("role") != "assistant":
        return False
    if says_something(message.get("content")):
        return True
    following = messages[index + 1] if index + 1 < len(messages) else {}
    answered = following.get("tool_call_id") if following.get("role") == "tool" else None
    return any(answered is not None and call.get("id") == answered for call in calls_of(message))
