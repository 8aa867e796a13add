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
from tierwise.conversation.records import Record

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
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:.*"), 0.2),  # when something was recorded; see _WHEN
    (re.compile(r"\d\d?:\d\d.*"), 0.4),
    (re.compile(r"\d{4}-\d\d-\d\d|.*\d{4}.*年.*|[^\W\d]{3,10}\.? \d\d?(?:st|nd|rd|th)?,? \d{4}"), 1.2),
    (re.compile(r"[$€£¥₹]?-?[\d,]*\d\.\d+"), 0.3),
    (re.compile(r"\d{1,5}"), 0.4),
    (re.compile(r"\d{6,}"), 1.0),
    (re.compile(r"\S+@\S+"), 0.8),
    (re.compile(r"[a-z]+(?:_[a-z]+)+"), 0.6),  # names of tools and keys, more often than ids
    (re.compile(r"\S*\d\S*|\S*[^\W\d][./_\\][^\W\d]\S*"), 1.6),
    (re.compile(r".*\d.*"), 0.4),
    (re.compile(r"[A-Z]{2,8}"), 1.2),
)
_OTHER_FORM: Final = 0.5
_ID: Final = 1.3
"""What a key says is an id, however short it is."""
_APPOINTMENT: Final = 1.0
_LINE: Final = 1.2
_WHEN: Final = re.compile(r"(?i)\b(?:start|end|begin|due|depart|arriv|from|until)|(?:start|end|due|departure|arrival)_")
"""Keys of times that somebody will keep, not of times when something was recorded."""
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
    by_key = _by_key(piece.record) if piece.record is not None else _alone(piece)
    for fact in dict.fromkeys(piece.facts):
        again = min(max(reuse.get(fact, 0) - 1, 0), _MOST_REUSE) / _MOST_REUSE
        yield rank + max(_worth(fact), by_key.get(fact, 0.0)) + _REUSED * again, fact


def _alone(piece: Piece) -> dict[str, float]:
    """What stands on a line of its own, as in an address, is more than a name in passing."""
    line = piece.text.strip(" .,;:")
    return {fact: _LINE for fact in piece.facts if piece.kind == "text" and len(fact) > 0.6 * len(line)}


def _by_key(record: Record) -> dict[str, float]:
    """What a value is worth because of its key."""
    worth = {value: _APPOINTMENT for key, value in record.pairs if _WHEN.search(key)}
    return worth | {value: _ID for _, value in record.ids}


def _worth(fact: str) -> float:
    return next((worth for form, worth in _FORMS if form.fullmatch(fact)), _OTHER_FORM)
