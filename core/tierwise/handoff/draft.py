"""A history that is being edited: what it looks like by now, and the edits that lead there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tierwise.handoff.demands import Demands
from tierwise.handoff.entry import Entry
from tierwise.handoff.makers import Family
from tierwise.handoff.settled import Settled
from tierwise.handoff.shapes import FIRST_ROLES
from tierwise.handoff.target import Target
from tierwise.types import Edit, Message

_OF_INSERTED = frozenset({"role", "content", "tool_call_id"})


@dataclass(slots=True)
class Draft:
    """The entries of a stretch of a history by now, and the edits so far. Every method records what it changes.

    Attributes:
        before: What is settled before the stretch.
        following: The message that follows it, for stretches that are to be settled; None at the history's end.
        ids: See `Settled`; known when ids have been fitted.
        foreign_ids: Likewise.
    """

    entries: list[Entry]
    target: Target
    before: Settled
    following: Entry | None = None
    edits: list[Edit] = field(default_factory=list)
    ids: frozenset[str] = frozenset()
    foreign_ids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, messages: Sequence[Message], target: Target, cuts: Sequence[Edit] = ()) -> Draft:
        """A draft of a whole history in which nothing is changed yet, but what was cut to fit the window."""
        entries = [_entry(i, m, target) for i, m in enumerate(messages)]
        for cut in reversed(cuts):
            if cut.action == "summarise" and cut.stop is not None:
                text = {"role": "user", "content": cut.new}
                entries[cut.message : cut.stop] = [Entry(text, None, "user", replaces=(cut.message, cut.stop))]
            else:
                del entries[cut.message]
        return cls(entries, target, Settled(), edits=[cut for cut in cuts if cut.action != "summarise"])

    @classmethod
    def of_stretch(cls, messages: Sequence[Message], target: Target, before: Settled, stop: int | None) -> Draft:
        """A draft of what follows a settled beginning, up to `stop` or the end; nothing in it is changed yet."""
        end = len(messages) if stop is None else stop
        entries = [_entry(i, messages[i], target) for i in range(before.messages, end)]
        return cls(entries, target, before, None if stop is None else _entry(stop, messages[stop], target))

    @property
    def family(self) -> Family | None:
        """The target's."""
        return self.target.family

    @property
    def demands(self) -> Demands:
        """The target's."""
        return self.target.demands

    def drop_part(self, entry: Entry, part: int, reason: str) -> None:
        """Leaves out a part."""
        self._note("drop_part", entry, part=part, reason=reason)
        self._set_parts(entry, {i: p for i, p in (entry.parts or {}).items() if i != part})

    def rewrite_part(self, entry: Entry, part: int, text: str, reason: str) -> None:
        """Puts a text in the place of a part."""
        self._note("rewrite_part", entry, part=part, new=text, reason=reason)
        self._set_parts(entry, {**(entry.parts or {}), part: {"type": "text", "text": text}})

    def drop_key(self, entry: Entry, part: int, key: str, reason: str) -> None:
        """Leaves out a part's key."""
        self._note("drop_field", entry, part=part, field=key, reason=reason)
        parts = entry.parts or {}
        self._set_parts(entry, {**parts, part: {k: v for k, v in parts[part].items() if k != key}})

    def drop_field(self, entry: Entry, name: str, reason: str) -> None:
        """Leaves out a message's key."""
        self._note("drop_field", entry, field=name, reason=reason)
        entry.message = {key: value for key, value in entry.message.items() if key != name}

    def fill_field(self, entry: Entry, name: str, text: str, reason: str) -> None:
        """Puts a text in the place of a message's key."""
        self._note("fill_field", entry, field=name, new=text, reason=reason)
        entry.message = {**entry.message, name: text}

    def drop_call(self, entry: Entry, call_id: str, reason: str) -> None:
        """Leaves out a tool call."""
        self._note("drop_call", entry, old=call_id, reason=reason)
        left = [call for call in entry.calls if str(call.get("id")) != call_id]
        entry.message = {**entry.message, "tool_calls": left}

    def fill(self, entry: Entry, text: str, reason: str) -> None:
        """Puts a text in the place of a content."""
        self._note("fill_content", entry, new=text, reason=reason)
        entry.message, entry.parts = {**entry.message, "content": text}, None

    def rewrite_id(self, entry: Entry, old: str, new: str, reason: str) -> None:
        """Gives a call, or a result's call, another id."""
        self._note("rewrite_id", entry, old=old, new=new, reason=reason)
        changed = {**entry.message}
        if changed.get("tool_call_id") == old:
            changed["tool_call_id"] = new
        if entry.calls:
            changed["tool_calls"] = [{**call, "id": new} if call.get("id") == old else call for call in entry.calls]
        entry.message = changed

    def drop(self, entry: Entry, reason: str) -> None:
        """Leaves out a message."""
        if entry.origin is not None:
            self.edits = [edit for edit in self.edits if edit.message != entry.origin]
        self._note("drop_message", entry, reason=reason)
        self.entries.remove(entry)

    def insert(
        self,
        before: Entry | None,
        role: str,
        text: str,
        *,
        call_id: str | None = None,
        copies: tuple[int, int] | None = None,
    ) -> Entry:
        """Puts in a message: before another one, or at the end."""
        message: dict[str, Any] = {"role": role, "content": text}
        if call_id is not None:
            message["tool_call_id"] = call_id
        new = Entry(message, None, role, copies=copies)
        at = len(self.entries) if before is None else self.entries.index(before)
        self.entries.insert(at, new)
        return new

    def finished(self, total: int) -> tuple[Edit, ...]:
        """All edits: those of the host's messages, then what is inserted, from the beginning on."""
        following = total
        inserted: list[Edit] = []
        for entry in reversed(self.entries):
            if entry.origin is not None:
                following = entry.origin
                continue
            message = entry.message
            if entry.replaces is not None:
                following, stop = entry.replaces
                why = "too long for the window"
                inserted.append(Edit("summarise", following, stop=stop, new=message["content"], reason=why))
                continue
            beside = next((key for key in message if key not in _OF_INSERTED), None)
            inserted.append(
                Edit(
                    "insert_message",
                    following,
                    field=beside,
                    old=message.get(beside or "tool_call_id"),
                    new=message["content"],
                    reason="the provider insists on a message here",
                    role=entry.role,
                    copies=entry.copies,
                )
            )
        return (*self.edits, *reversed(inserted))

    def settled(self, stop: int) -> Settled:
        """What is settled when this stretch is: the host's messages up to `stop`."""
        last = self.entries[-1] if self.entries else self.before.last
        spoke = next((e for e in reversed(self.entries) if e.role not in FIRST_ROLES), self.before.spoke)
        edits = (*self.before.edits, *self.finished(stop))
        return Settled(stop, edits, last, spoke, self.ids, self.foreign_ids)

    def groups(self) -> Iterator[tuple[Entry, list[Entry], Entry | None]]:
        """Each message with calls, its results, and what comes after them."""
        entries = [*self.entries]
        for i, entry in enumerate(entries):
            if entry.role != "assistant" or not entry.calls:
                continue
            stop = i + 1
            while stop < len(entries) and entries[stop].role == "tool":
                stop += 1
            yield entry, entries[i + 1 : stop], entries[stop] if stop < len(entries) else None

    def _note(self, action: Any, entry: Entry, **more: Any) -> None:
        if entry.origin is not None:  # what was inserted is written down at the end, as it looks then
            self.edits.append(Edit(action, entry.origin, **more))

    def _set_parts(self, entry: Entry, parts: dict[int, Any]) -> None:
        entry.parts = parts
        entry.message = {**entry.message, "content": list(parts.values())}


def _entry(index: int, message: Message, target: Target) -> Entry:
    role, content = str(message.get("role")), message.get("content")
    owner = target.owner_of(message) if role == "assistant" else "unknown"
    return Entry(message, index, role, owner, dict(enumerate(content)) if isinstance(content, list) else None)
