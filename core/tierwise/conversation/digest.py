"""Which pieces of a conversation's notes a summary has room for.

Where everything fits, it is written out with its keys. Where not, the words of people come first, then what must stand
word for word, each value once and without its key, by rank; then whole pieces as far as there is room. What is left out
is counted at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from tierwise.conversation.latest import latest
from tierwise.conversation.notes import Note, Piece
from tierwise.conversation.rank import rank_facts, rank_piece, reuse_of
from tierwise.conversation.size import dense_tokens
from tierwise.conversation.wording import Item, argument_facts, left_out, table_of, write, write_call, write_whole

_SHARE_OF_ERRORS: Final = 0.2
_SHARE_OF_WORDS: Final = 0.15
_WORDS: Final = ("user", "question", "decision")
_ROUNDS: Final = 5
_LEAST_ROOM: Final = 2.0
"""Tokens: nothing fits into less."""


def digest(notes: Sequence[Note], max_tokens: int, opening: str) -> str:
    """A summary of notes, at most `max_tokens` long by `dense_tokens`.

    Args:
        notes: Oldest first.
        max_tokens: Too few for anything give an empty text.
        opening: The first line.
    """
    items = list(_items(notes))
    room = max_tokens - dense_tokens(opening) - 2
    if sum(dense_tokens(item.full) + 1 for item in items) + sum(dense_tokens(note.speaker) for note in notes) <= room:
        for item in items:
            item.whole = True
    else:
        _rank(notes, items)
        _fill_up(notes, items, room - dense_tokens(left_out(len(items))), max_tokens, opening)
    return _fitted(notes, items, max_tokens, opening)


def _items(notes: Sequence[Note]) -> Iterable[Item]:
    for number, (note, pieces) in enumerate(zip(notes, latest(notes), strict=True)):
        for call in (note.call, *note.calls):
            if call is not None:
                yield Item(number, Piece("call", facts=argument_facts(call)), write_call(call))
        for piece in pieces:
            yield Item(number, piece, write_whole(piece))


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
        unused = max_tokens - dense_tokens(write(notes, items, opening))
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
            if self.room < _LEAST_ROOM:
                break
            if item.whole:
                continue
            cost = dense_tokens(item.full) + 2 + self._head_cost(item) - (dense_tokens(item.text) if item.kept else 0)
            table = table_of(item)
            if table and table not in self._tables:
                cost += dense_tokens(table[1])
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
            if self.room < _LEAST_ROOM:
                break
            if item.whole or (fact in self._shown and item.piece.kind != "call"):
                continue
            cost = dense_tokens(fact) + 2 + self._head_cost(item)
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
        return 3.0 + dense_tokens(speaker)


def _fitted(notes: Sequence[Note], items: Sequence[Item], max_tokens: int, opening: str) -> str:
    """The text; where the sum of estimates was below that of the whole, the lowest ranks go."""
    chosen = sorted((item for item in items if item.chosen), key=lambda item: (not item.whole, item.rank))
    while True:
        text = write(notes, items, opening)
        over = math.ceil(dense_tokens(text) - max_tokens)
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
