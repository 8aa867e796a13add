"""The cue words that are read in a text of a given language: its own, what `lexicon` has for it, and longer English ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from tierwise.signals.cues.eastern import EASTERN
from tierwise.signals.cues.scripts import CYRILLIC, PIECES_BY_TONGUE
from tierwise.signals.cues.sisters import SISTER_CUES
from tierwise.signals.cues.southern import SOUTHERN
from tierwise.signals.cues.western import WESTERN
from tierwise.signals.lexicon import PHRASES, SPACED, STEMS, WORDS, index_cues
from tierwise.signals.tongue import ENGLISH, UNKNOWN

__all__ = ["Cues", "cues_of", "has_cues"]

_OWN: Final = {**WESTERN, **EASTERN, **SOUTHERN, **CYRILLIC, **SISTER_CUES}
_ALSO: Final = {"gsw": "de", "de": "gsw"}
"""Often told apart wrongly in a short text, and never at odds."""

_AMONG: Final = frozenset(("de", "es", "fr", "gsw", "it", "nl", "pt", "ru"))
"""Languages of `lexicon`: with all of it, as a short text is easily taken for a neighbour's."""
_LONG_ENOUGH: Final = 5
"""Letters from which an English cue word inside another language's text is taken for a loan, not for a false friend."""


class Cues(NamedTuple):
    """Tables as `lexicon` has them, and pieces of text with their ideas for scripts that need them."""

    words: Mapping[str, str]
    stems: Mapping[str, tuple[tuple[str, str], ...]]
    phrases: Mapping[str, tuple[tuple[str, str], ...]]
    pieces: tuple[tuple[str, str], ...] = ()


_EVERYWHERE: Final = Cues(WORDS, STEMS, PHRASES)


def cues_of(tongue: str) -> Cues:
    """What is read in a text of this language; in English, and where the language is unknown, all of `lexicon`."""
    return _EVERYWHERE if tongue in (ENGLISH, UNKNOWN) else _cues_of(tongue)


def has_cues(tongue: str) -> bool:
    """Whether cue words of this language are known."""
    return tongue == ENGLISH or tongue in _OWN or tongue in PIECES_BY_TONGUE


@cache
def _cues_of(tongue: str) -> Cues:
    pieces = tuple(
        (piece.replace("_", " "), idea)
        for idea, cues in PIECES_BY_TONGUE.get(tongue, {}).items()
        for piece in cues.split()
    )
    own = _OWN.get(tongue)
    if own is None:
        return _EVERYWHERE._replace(pieces=pieces)
    beside = _ALSO.get(tongue, tongue)
    listed = [*own.items(), *_OWN[beside].items()]
    for idea, languages in SPACED.items():
        for name, cues in languages.items():
            if tongue in _AMONG or name == "any" or (name == "en" and tongue in SISTER_CUES):
                listed.append((idea, cues))
            elif name == "en":
                listed.append((idea, _loans(cues)))
    return Cues(*index_cues(listed), pieces)


def _loans(cues: str) -> str:
    return " ".join(cue for cue in cues.split() if "_" not in cue and len(cue) >= _LONG_ENOUGH)
