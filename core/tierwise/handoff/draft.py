"""A history that is being edited: what it looks like by now, and the edits that lead there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tierwise.handoff.demands import Demands, demands_of
from tierwise.handoff.makers import Family, Owner, family_of, owner_of
from tierwise.handoff.shapes import calls_of
from tierwise.tiers import Tier
from tierwise.types import Edit, Message


@dataclass(slots=True, eq=False)
class Entry:
    """One message of a draft.

    Attributes:
        message: As it looks by now.
        origin: Its index in the host's list; None where it was inserted.
        owner: Who made it, seen from the tier; of interest for assistant messages.
        parts: The content's parts by their index in the host's list; None where the content is a text.
        copies: For an inserted message, the host's message and part that follow its text.
        replaces: For a summary, the stretch of the host's list in whose place it stands.
    """

    message: Message
    origin: int | None
    role: str
    owner: Owner = "unknown"
    parts: dict[int, Any] | None = None
    copies: tuple[int, int] | None = None
    replaces: tuple[int, int] | None = None

    @property
    def calls(self) -> list[Mapping[str, Any]]:
        """Its tool calls."""
        return calls_of(self.message)

    @property
    def call_ids(self) -> list[str]:
        """The ids of its tool calls."""
        return [str(call.get("id")) for call in self.calls]


@dataclass(slots=True)
class Draft:
    """The entries of a history by now, and the edits so far. Every method records what it changes."""

    entries: list[Entry]
    family: Family | None
    demands: Demands
    edits: list[Edit] = field(default_factory=list)

    @classmethod
    def of(cls, messages: Sequence[Message], tier: Tier, cuts: Sequence[Edit] = ()) -> Draft:
        """A draft in which nothing is changed yet, but what was cut to fit the window."""
        family = family_of(tier)
        entries = [_entry(i, m, tier, family) for i, m in enumerate(messages)]
        for cut in reversed(cuts):
            if cut.action == "summarise" and cut.stop is not None:
                text = {"role": "user", "content": cut.new}
                entries[cut.message : cut.stop] = [Entry(text, None, "user", replaces=(cut.message, cut.stop))]
            else:
                del entries[cut.message]
        return cls(entries, family, demands_of(family), [cut for cut in cuts if cut.action != "summarise"])

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
            inserted.append(
                Edit(
                    "insert_message",
                    following,
                    old=message.get("tool_call_id"),
                    new=message["content"],
                    reason="the provider insists on a message here",
                    role=entry.role,
                    copies=entry.copies,
                )
            )
        return (*self.edits, *reversed(inserted))

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


def _entry(index: int, message: Message, tier: Tier, family: Family | None) -> Entry:
    role, content = str(message.get("role")), message.get("content")
    owner = owner_of(message, tier, family) if role == "assistant" else "unknown"
    return Entry(message, index, role, owner, dict(enumerate(content)) if isinstance(content, list) else None)
