"""What people thought of handlers' answers, and which of these are therefore no longer given.

A handler is always sure of itself, so nothing but feedback tells that an entry of a FAQ is out of date. Two counts are
kept: of each source, and of the handler as a whole, for handlers whose sources are all different. Either is set aside once
its mean score falls below `BAR`, with some imagined good answers counted in so that one unlucky thumb does nothing: two
grades of 0 set a source aside that had none before, four a handler. Whoever is set aside answers no more and so gets no
feedback: mend it, and build the router anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from typing import Final

__all__ = ["ALL", "BAR", "Judged"]

BAR: Final = 0.7
"""Mean score under which answers are set aside: a model would have been asked for the same step, and does better."""
ALL: Final = "*"
_IMAGINED_OF_SOURCE, _IMAGINED_OF_HANDLER = 4.0, 8.0
_MOST_SOURCES: Final = 4_096


class Judged:
    """Scores of answers by handler and source. Safe to share between threads."""

    def __init__(self) -> None:
        self._sums: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def add(self, handler: str, source: str, score: float, weight: float) -> None:
        """Takes in one opinion.

        Args:
            handler: The tier's name.
            source: Of the answer.
            score: In [0, 1].
            weight: How much it says, in (0, 1].
        """
        with self._lock:
            for key in dict.fromkeys(((handler, source), (handler, ALL))):
                n, total = self._sums.get(key, (0.0, 0.0))
                self._sums[key] = n + weight, total + weight * score
                self._sums.move_to_end(key)
            while len(self._sums) > _MOST_SOURCES:
                self._sums.popitem(last=False)

    def known(self, handler: str) -> tuple[float, float]:
        """Opinions on a handler's answers, and the sum of their scores."""
        return self._sums.get((handler, ALL), (0.0, 0.0))

    def against(self, handler: str, source: str = ALL) -> str | None:
        """Why answers from a source are not given any more, or, without one, why a handler is not asked; in words."""
        found = self._sums.get((handler, source))
        if found is None or not _is_bad(*found, source):
            return None
        n, total = found
        return f"{n:g} judgements of its answers average {total / n:.2f}"

    def set_aside(self, handler: str) -> tuple[str, ...]:
        """The sources that a handler no longer answers from."""
        return tuple(sorted(self._bad(handler)))

    def _bad(self, handler: str) -> Iterator[str]:
        with self._lock:
            some = [(source, *sums) for (of, source), sums in self._sums.items() if of == handler]
        return (source for source, n, total in some if _is_bad(n, total, source))

    def __getstate__(self) -> OrderedDict[tuple[str, str], tuple[float, float]]:
        with self._lock:
            return self._sums.copy()

    def __setstate__(self, sums: OrderedDict[tuple[str, str], tuple[float, float]]) -> None:
        self._sums = sums
        self._lock = Lock()


def _is_bad(n: float, total: float, source: str) -> bool:
    imagined = _IMAGINED_OF_HANDLER if source == ALL else _IMAGINED_OF_SOURCE
    return (imagined + total) / (imagined + n) < BAR
