"""Of what was read twice, the latest: an order shown before and after it was changed is that order as it now stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from tierwise.conversation.notes import Note, Piece
from tierwise.conversation.records import Record

_Key: TypeAlias = tuple[tuple[tuple[str, str], ...], str]
"""A thing, by its ids, and a key or table of it."""


def latest(notes: Sequence[Note]) -> list[list[Piece]]:
    """The pieces of each note, without those that a later note has anew.

    The same call with the same arguments is answered anew by its latest result that is no failure. Of one thing (a result
    whose top has the same ids) each key and each table counts as last seen.
    """
    kept: list[list[Piece]] = [[] for _ in notes]
    calls: set[tuple[str, str]] = set()
    seen: set[_Key] = set()
    for number in range(len(notes) - 1, -1, -1):
        note = notes[number]
        if note.call is not None and not note.failed:
            same = (note.call.name, str(note.call.arguments))
            if same in calls:
                continue
            calls.add(same)
        kept[number] = list(_not_seen(note, seen))
    return kept


def _not_seen(note: Note, seen: set[_Key]) -> Iterable[Piece]:
    records = [piece.record for piece in note.pieces if piece.record is not None]
    top = next((record for record in records if not record.path and not record.row and record.ids), None)
    if top is None:
        yield from note.pieces
        return
    new: set[_Key] = set()
    for piece in note.pieces:
        if piece.record is None:
            yield piece
        elif piece.record is top:
            pairs = tuple(pair for pair in top.pairs if (top.ids, pair[0]) not in seen)
            new.update((top.ids, key) for key, _ in top.pairs if key)
            if pairs:
                left = Record(top.path, pairs)
                yield Piece(piece.kind, "", left.telling, left)
        elif (top.ids, f".{piece.record.path}") not in seen:
            new.add((top.ids, f".{piece.record.path}"))
            yield piece
    seen |= new
