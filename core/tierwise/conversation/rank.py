"""What is likeliest to be needed again, where not everything has room.

The order was set on half of the tasks of recorded runs (`tests/benchmarks/bench_summary.py` reports the other half): what
later calls took from the dropped part were ids, codes and dates above all, seldom times, prices and street names; what
had been taken up again before, more than what had not; arguments of calls and words of people more than tables, and what
the assistant said itself hardly ever.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tierwise.conversation.notes import Note, Piece, PieceKind

_BY_KIND: Final[Mapping[PieceKind, float]] = {
    "call": 1.6,
    "user": 1.6,
    "error": 1.4,
    "decision": 1.0,
    "record": 1.0,
    "question": 0.8,
    "row": 0.8,
    "text": 0.8,
    "said": 0.5,
}
_FORMS: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:.*"), 0.2),  # when something was recorded
    (re.compile(r"\d\d?:\d\d.*"), 0.4),
    (re.compile(r"\d{4}-\d\d-\d\d|.*\d{4}.*年.*"), 1.2),
    (re.compile(r"[$€£¥₹]?-?[\d,]*\d\.\d+"), 0.3),
    (re.compile(r"\d{1,5}"), 0.4),
    (re.compile(r"\d{6,}"), 1.0),
    (re.compile(r"\S+@\S+"), 0.8),
    (re.compile(r"\S*\d\S*|\S*[^\W\d][./_\\][^\W\d]\S*"), 1.6),
    (re.compile(r".*\d.*"), 0.4),
    (re.compile(r"[A-Z]{2,5}"), 0.8),
)
_OTHER_FORM: Final = 0.5
_RECENT: Final = 0.3
_REUSED: Final = 0.4
_MOST_REUSE: Final = 3
_SMALL_TALK: Final = 0.4
_SHORT_WORDS: Final = 25


def reuse_of(notes: Sequence[Note]) -> Counter[str]:
    """In how many notes each value is named outside of records."""
    named: Counter[str] = Counter()
    for note in notes:
        named.update(set(note.mentions()))
    return named


def rank_piece(piece: Piece, place: float, reuse: Mapping[str, int]) -> float:
    """How early a piece is taken; `place` is where it stands, from 0 (oldest) to 1."""
    if piece.kind in ("user", "question", "decision") and not piece.facts and len(piece.text) < _SHORT_WORDS:
        return _SMALL_TALK + _RECENT * place
    most = max((reuse.get(fact, 0) for fact in piece.facts), default=0) if piece.record is not None else 0
    return _BY_KIND[piece.kind] + _RECENT * place + 0.5 * _REUSED * min(most, _MOST_REUSE) / _MOST_REUSE


def rank_facts(piece: Piece, rank: float, reuse: Mapping[str, int]) -> Iterable[tuple[float, str]]:
    """The facts of a piece, each with its own rank."""
    for fact in dict.fromkeys(piece.facts):
        again = min(max(reuse.get(fact, 0) - 1, 0), _MOST_REUSE) / _MOST_REUSE
        yield rank + _worth(fact) + _REUSED * again, fact


def _worth(fact: str) -> float:
    return next((worth for form, worth in _FORMS if form.fullmatch(fact)), _OTHER_FORM)
