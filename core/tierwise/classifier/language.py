"""Whether a text's language is one that difficulty was learnt in. Cheap on purpose: it runs for every step."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = ["Familiarity", "familiarity"]

Familiarity: TypeAlias = Literal["english", "known", "unfamiliar"]
"""`english` (or too short to tell), `known` (another language in a script of the training data), `unfamiliar` (script)."""

_HEAD: Final = 200
_FEWEST_WORDS: Final = 4

_COMMON_ENGLISH: Final = frozenset(
    "the a an of to in is are was were that this it its for with on at by from and or as be been my your our his her i "  # noqa: SIM905
    "you we they he she do does did what why how which who when where can could should would will if not no please all "
    "any each there has have into about using write explain prove find show give make between than then these those me "
    "us".split()
)

_KNOWN_SCRIPTS: Final = ((0x0000, 0x024F), (0x0400, 0x04FF), (0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))
"""Latin, Cyrillic and Chinese: the scripts of the training data."""


def familiarity(text: str) -> Familiarity:
    """Says how familiar the language of a text's beginning is."""
    head = text[:_HEAD]
    if not head.isascii():
        letters = [ord(c) for c in head if c.isalpha()]
        strange = sum(not any(low <= c <= high for low, high in _KNOWN_SCRIPTS) for c in letters)
        if 4 * strange > len(letters):
            return "unfamiliar"
    return "known" if _is_foreign(head) else "english"


def _is_foreign(head: str) -> bool:
    """Whether four words or more hold none of the commonest English ones; letters beyond ASCII need no four."""
    words = head.lower().split()
    return (len(words) >= _FEWEST_WORDS or not head.isascii()) and _COMMON_ENGLISH.isdisjoint(words)
