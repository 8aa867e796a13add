"""A conversation's running summary: what a model must know of the messages that no longer stand before it.

Extractive: nothing in it is invented, and no model is called. Numbers, ids, dates, names and errors stand word for word.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tierwise.conversation.digest import digest
from tierwise.conversation.notes import Call, Entry, Note, take

_TIGHT: Final = 200
"""Tokens: a shorter summary says no more of itself than it must."""


class RunningSummary:
    """What a summary needs of a conversation. It can be copied, and extended by the messages that are new.

    A message is taken in as a few references to its texts; each is read when a summary of it is first asked for, and
    once. Copies share what was read.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._open_calls: dict[str, Call] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def extend(self, messages: Iterable[Any]) -> None:
        """Takes further messages in. They may be changed afterwards: only their texts are referred to."""
        self._entries.extend(take(message, self._open_calls) for message in messages)

    def copy(self) -> RunningSummary:
        """The same summary, to be extended on its own."""
        twin = RunningSummary()
        twin._entries, twin._open_calls = self._entries.copy(), self._open_calls.copy()
        return twin

    def text(self, max_tokens: int, start: int = 0, stop: int | None = None) -> str:
        """The summary of messages `start` up to, not including, `stop`.

        Args:
            max_tokens: At most so many, by `dense_tokens`, which is never below `estimate_tokens`.
            start: Index of the first message, as in the lists given to `extend`.
            stop: All further messages where it is None.

        Returns:
            One line for each speaker's part, oldest first. Empty where there is nothing to say or no room.
        """
        entries = self._entries[start:stop]
        answered = {id(call) for entry in entries for call, _, _ in entry.results}
        notes = [_pending(note, answered) for entry in entries for note in entry.notes]
        if not notes:
            return ""
        return digest(
            notes, max_tokens, f"Earlier, in brief ({len(entries)} messages):" if max_tokens > _TIGHT else "Earlier:"
        )


def _pending(note: Note, answered: set[int]) -> Note:
    """An assistant's note with only those of its calls whose result stands nowhere."""
    if not note.calls:
        return note
    return Note(note.speaker, note.pieces, calls=tuple(call for call in note.calls if id(call) not in answered))


def summarise(messages: Iterable[Any], max_tokens: int) -> str:
    """The extractive summary of some messages, at most `max_tokens` long."""
    summary = RunningSummary()
    summary.extend(messages)
    return summary.text(max_tokens)
