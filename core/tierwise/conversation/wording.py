"""How the chosen pieces of a summary are written: one line for each run of parts by one speaker, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from tierwise.conversation.facts import facts_in
from tierwise.conversation.notes import Call, Note, Piece

_LONG_ARGUMENT: Final = 60
_LONG_TEXT: Final = 240
_MOST_READ: Final = 2000


@dataclass
class Item:
    """A piece on its way into the summary: left out, in part, or whole."""

    note: int
    piece: Piece
    full: str
    rank: float = 0.0
    kept: set[str] = field(default_factory=set)
    whole: bool = False

    def clear(self) -> None:
        """Leaves it out."""
        self.whole = False
        self.kept.clear()

    @property
    def chosen(self) -> bool:
        """Whether anything of it is in."""
        return self.whole or bool(self.kept)

    @property
    def text(self) -> str:
        """What of it is written."""
        if self.whole:
            return self.full
        if self.piece.kind == "call":
            return f"{self.full.partition('(')[0]}({self.facts})"
        return self.facts

    @property
    def facts(self) -> str:
        """The kept facts, in their order."""
        return ", ".join(fact for fact in dict.fromkeys(self.piece.facts) if fact in self.kept)


def write(notes: Sequence[Note], items: Sequence[Item], opening: str) -> str:
    """The summary; empty where no item is chosen.

    Args:
        notes: Oldest first.
        items: In the order of their notes.
        opening: The first line.
    """
    chosen = [item for item in items if item.chosen]
    if not chosen:
        return ""
    lines = [opening]
    by_note = [(notes[number], list(group)) for number, group in groupby(chosen, key=lambda item: item.note)]
    for (speaker, _), group in groupby(by_note, key=lambda pair: (pair[0].speaker, pair[0].call is None)):
        first, *others = (_part(note, own) for note, own in group)
        lines.append(speaker + " | ".join([first, *(other.removeprefix(": ") for other in others)]))
    shown = {fact for item in chosen for fact in (item.piece.facts if item.whole else item.kept)}
    missing = len({fact for item in items for fact in item.piece.facts} - shown)
    if missing:
        lines.append(left_out(missing))
    return "\n".join(lines)


def left_out(count: int) -> str:
    """The last line, where something had no room."""
    return f"({count} values left out.)"


def table_of(item: Item) -> tuple[int, str] | None:
    """The note and the heading of the table that a row belongs to."""
    record = item.piece.record
    if record is None or not record.row:
        return None
    return item.note, f"{record.path} [{', '.join(key for key, _ in record.pairs if key)}]".lstrip()


def write_call(call: Call) -> str:
    """A call as `name(key=value, …)`; of long values the beginning, and what must be kept."""
    pairs = ((key, _shortened(value, _LONG_ARGUMENT)) for key, value in call.pairs())
    return f"{call.name}({', '.join(f'{key}={value}' if key else value for key, value in pairs)})"


def argument_facts(call: Call) -> tuple[str, ...]:
    """The values of a call; of long ones what in them must be kept."""
    facts: list[str] = []
    for _, value in call.pairs():
        facts.extend(facts_in(value[:_MOST_READ]) if len(value) > _LONG_ARGUMENT else [value])
    return tuple(filter(None, facts))


def write_whole(piece: Piece) -> str:
    """A sentence or a record as it stands; of a very long sentence the beginning, and what must be kept."""
    record = piece.record
    if record is None:
        return _shortened(piece.text, _LONG_TEXT, piece.facts)
    if record.row:
        return ", ".join(value for _, value in record.pairs)
    return ", ".join(f"{key} {value}" if key else value for key, value in record.pairs)


def _part(note: Note, items: Sequence[Item]) -> str:
    """What follows the speaker's name."""
    head, said = "", []
    columns: tuple[int, str] | None = None
    for item in items:
        if item.piece.kind == "call":
            if note.call is not None:
                head = item.text[len(note.speaker) :] if item.text.startswith(note.speaker) else f"({item.text})"
            else:
                said.append(f"called {item.text}")
            continue
        table = table_of(item) if item.whole else None
        if table is not None and table != columns:
            columns = table
            said.append(table[1])
        said.append(item.text)
    return f"{head}: {'; '.join(said)}" if said else head or "()"


def _shortened(text: str, chars: int, facts: Iterable[str] | None = None) -> str:
    if len(text) <= chars:
        return text
    beginning = text[:chars].rsplit(" ", 1)[0]
    missing = [fact for fact in (facts_in(text[:_MOST_READ]) if facts is None else facts) if fact not in beginning]
    return f"{beginning}… {', '.join(missing)}" if missing else f"{beginning}…"
