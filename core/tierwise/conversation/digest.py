"""Which pieces of a conversation's notes a summary has room for, and how they are written.

Where everything fits, it is written out with its keys. Where not, the words of people come first, then what must stand
word for word, each value once and without its key, by rank; then whole pieces as far as there is room. What is left out
is counted at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from tierwise.conversation.facts import facts_in
from tierwise.conversation.latest import latest
from tierwise.conversation.notes import Call, Note, Piece
from tierwise.conversation.rank import rank_facts, rank_piece, reuse_of
from tierwise.signals.tokens import estimate_tokens

_LONG_ARGUMENT: Final = 60
_LONG_TEXT: Final = 240
_SHARE_OF_ERRORS: Final = 0.2
_SHARE_OF_WORDS: Final = 0.15
_WORDS: Final = ("user", "question", "decision")
_ROUNDS: Final = 5
_PER_DIGIT: Final = 0.12
"""Tokenisers cut figures into threes at best, which the middle estimate for prose does not know."""


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


def digest(notes: Sequence[Note], max_tokens: int, opening: str) -> str:
    """A summary of notes, at most `max_tokens` long by `estimate_tokens`.

    Args:
        notes: Oldest first.
        max_tokens: Too few for anything give an empty text.
        opening: The first line.
    """
    items = list(_items(notes))
    room = max_tokens - _cost(opening) - 2
    if sum(_cost(item.full) + 1 for item in items) + sum(_cost(note.speaker) for note in notes) <= room:
        for item in items:
            item.whole = True
    else:
        _rank(notes, items)
        _fill_up(notes, items, room - _cost(_left_out(len(items))), max_tokens, opening)
    return _fitted(notes, items, max_tokens, opening)


def _items(notes: Sequence[Note]) -> Iterable[Item]:
    for number, (note, pieces) in enumerate(zip(notes, latest(notes), strict=True)):
        for call in (note.call, *note.calls):
            if call is not None:
                yield Item(number, Piece("call", facts=_argument_facts(call)), write_call(call))
        for piece in pieces:
            yield Item(number, piece, _write_whole(piece))


def _fill_up(notes: Sequence[Note], items: Sequence[Item], room: float, max_tokens: int, opening: str) -> None:
    """Fills, and fills anew with the room that was estimated too small."""
    reuse = reuse_of(notes)
    ranked = sorted(items, key=lambda item: -item.rank)
    words = [item for item in ranked if item.piece.kind in _WORDS]
    errors = [item for item in ranked if item.piece.kind == "error"]
    facts = [(rank, item, fact) for item in items for rank, fact in rank_facts(item.piece, item.rank, reuse)]
    facts.sort(key=lambda ranked_fact: -ranked_fact[0])
    for _ in range(_ROUNDS):
        for item in items:
            item.clear()
        filler = _Filler(notes, room)
        filler.add_whole(errors, room * _SHARE_OF_ERRORS)
        filler.add_whole(words, room * _SHARE_OF_WORDS)
        filler.add_facts(facts)
        filler.add_whole(ranked, filler.room)
        unused = max_tokens - estimate_tokens(_write(notes, items, opening))
        if 0 <= unused <= 0.03 * max_tokens:
            break
        room += (0.9 if unused > 0 else 1.2) * unused


def _rank(notes: Sequence[Note], items: Sequence[Item]) -> None:
    reuse = reuse_of(notes)
    for item in items:
        item.rank = rank_piece(item.piece, item.note / len(notes), reuse)


class _Filler:
    """Puts pieces in while there is room."""

    def __init__(self, notes: Sequence[Note], room: float) -> None:
        self.room = room
        self._notes = notes
        self._shown: set[str] = set()
        self._headed: set[int] = set()
        self._tables: set[tuple[int, str]] = set()

    def add_whole(self, items: Iterable[Item], room: float) -> None:
        """Whole pieces, in the order given, within part of the room."""
        for item in items:
            if item.whole:
                continue
            cost = _cost(item.full) + 1 + self._head_cost(item) - (_cost(item.text) if item.kept else 0)
            table = _table(item)
            if table and table not in self._tables:
                cost += _cost(table[1])
            if cost <= min(room, self.room):
                room -= cost
                self.room -= cost
                item.whole = True
                self._headed.add(item.note)
                self._shown.update(item.piece.facts)
                if table:
                    self._tables.add(table)

    def add_facts(self, facts: Iterable[tuple[float, Item, str]]) -> None:
        """Facts in the order given, each once."""
        for _, item, fact in facts:
            if item.whole or (fact in self._shown and item.piece.kind != "call"):
                continue
            cost = _cost(fact) + 1 + self._head_cost(item)
            if cost <= self.room:
                self.room -= cost
                item.kept.add(fact)
                self._headed.add(item.note)
                self._shown.add(fact)

    def _head_cost(self, item: Item) -> float:
        if item.note in self._headed:
            return 0.0
        speaker = self._notes[item.note].speaker
        near = {item.note - 1, item.note + 1} & self._headed
        if any(self._notes[number].speaker == speaker for number in near):
            return 3.0
        return 3.0 + _cost(speaker)


def _fitted(notes: Sequence[Note], items: Sequence[Item], max_tokens: int, opening: str) -> str:
    """The text; where the sum of estimates was below that of the whole, the lowest ranks go."""
    chosen = sorted((item for item in items if item.chosen), key=lambda item: (not item.whole, item.rank))
    while True:
        text = _write(notes, items, opening)
        over = estimate_tokens(text) - max_tokens
        if over <= 0:
            return text
        if not chosen:
            return ""
        for item in chosen[: 1 + over // 20]:
            if item.whole and item.piece.facts:
                item.whole = False
                item.kept.update(item.piece.facts)
                chosen.append(item)
            else:
                item.clear()
        chosen = chosen[1 + over // 20 :]


def _write(notes: Sequence[Note], items: Sequence[Item], opening: str) -> str:
    chosen = [item for item in items if item.chosen]
    if not chosen:
        return ""
    lines = [opening]
    by_note = [(notes[number], list(group)) for number, group in groupby(chosen, key=lambda item: item.note)]
    for (speaker, _), group in groupby(by_note, key=lambda pair: (pair[0].speaker, pair[0].call is None)):
        lines.append(f"{speaker}{' | '.join(_part(note, own) for note, own in group).replace(' | : ', ' | ')}")
    shown = {fact for item in chosen for fact in (item.piece.facts if item.whole else item.kept)}
    left_out = len({fact for item in items for fact in item.piece.facts} - shown)
    if left_out:
        lines.append(_left_out(left_out))
    return "\n".join(lines)


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
        table = _table(item) if item.whole else None
        if table is not None and table != columns:
            columns = table
            said.append(table[1])
        said.append(item.text)
    return f"{head}: {'; '.join(said)}" if said else head or "()"


def _table(item: Item) -> tuple[int, str] | None:
    """The note and the heading of the table that a row belongs to."""
    record = item.piece.record
    if record is None or not record.row:
        return None
    return item.note, f"{record.path} [{', '.join(key for key, _ in record.pairs if key)}]".lstrip()


def write_call(call: Call) -> str:
    """A call as `name(key=value, …)`, long values cut."""
    pairs = (
        f"{key}={_cut(value, _LONG_ARGUMENT)}" if key else _cut(value, _LONG_ARGUMENT) for key, value in call.pairs()
    )
    return f"{call.name}({', '.join(pairs)})"


def _argument_facts(call: Call) -> tuple[str, ...]:
    facts: list[str] = []
    for _, value in call.pairs():
        facts.extend(facts_in(value[:2000]) if len(value) > _LONG_ARGUMENT else [value])
    return tuple(filter(None, facts))


def _write_whole(piece: Piece) -> str:
    record = piece.record
    if record is None:
        return _cut(piece.text, _LONG_TEXT)
    if record.row:
        return ", ".join(value for _, value in record.pairs)
    return ", ".join(f"{key} {value}" if key else value for key, value in record.pairs)


def _cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[:chars].rsplit(" ", 1)[0] + "…"


def _left_out(count: int) -> str:
    return f"({count} values left out.)"


def _cost(text: str) -> float:
    return estimate_tokens(text) + _PER_DIGIT * sum(map(str.isdigit, text)) if text else 0.0
