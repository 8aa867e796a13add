"""Whether a short message in another language than English is all small talk, or all assent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

from tierwise.signals.courtesy import (
    ASSENT_PIECES,
    ASSENT_WORDS,
    FILLER_PIECES,
    FILLERS,
    SOCIAL_PIECES,
    SOCIAL_WORDS,
)
from tierwise.signals.phrases import ASSENT, SOCIAL
from tierwise.signals.text import fold

__all__ = ["courteous", "is_spaced"]


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LONGEST: Final = 5
_UNSPACED: Final = (("\u0e00", "\u0e7f"), ("\u3040", "\u30ff"), ("\u3400", "\u9fff"))
_WEAK: Final = (FILLERS & ASSENT) | _words(
    "ya u jo baik oke boleh sawa haya haan han ok okay 好 好的 不错 行 可以 いいですね いいね ใช่ ฟังดูดี"
)
"""Goes along only where nobody is thanked or greeted."""
_ENGLISH: Final = _words(
    "a an ade an day e enjoy evening genial go good great guid have he help how in is it "
    "me mega no o on perfect place so super thanks that's the to today well wonderful you your cheers ahead make "
    "sense done u y si ha con far happy meet happy do ah ta all"
)
"""English too: a message of these alone is left to `phrases`."""


_Kind: TypeAlias = Literal["assent", "social", "filler"]


def _kinds() -> dict[str, _Kind]:
    lists: tuple[tuple[_Kind, frozenset[str]], ...] = (
        ("filler", FILLERS | FILLER_PIECES),
        ("assent", ASSENT | ASSENT_WORDS | ASSENT_PIECES),
        ("social", SOCIAL | SOCIAL_WORDS | SOCIAL_PIECES),
    )
    return {" ".join(_spread(fold(phrase))): kind for kind, phrases in lists for phrase in phrases}


def _spread(phrase: str) -> list[str]:
    return phrase.replace("-", " ").replace("،", " ").split()


_KINDS: Final = _kinds()
_LONGEST_PIECE: Final = max(
    len(phrase) for phrase in _KINDS if any(low <= phrase[0] <= high for low, high in _UNSPACED)
)


def courteous(words: list[str]) -> Literal["assent", "social"] | None:
    """Says whether a message is nothing but courtesy.

    Args:
        words: Folded, without marks.

    Returns:
        "social" or "assent"; None where a word is neither that nor a filler, or where nothing but English stands.
    """
    joined = "".join(words)
    if joined.isascii() and _ENGLISH.issuperset(words):
        return None
    pieces = list(_spaced(words) if is_spaced(joined) else _unspaced(joined))
    kinds = {_KINDS[piece] for piece in pieces if piece is not None}
    if None in pieces or kinds <= {"filler"}:
        return None
    goes_along = any(_KINDS[piece] == "assent" and piece not in _WEAK for piece in pieces if piece is not None)
    return "assent" if goes_along or "social" not in kinds else "social"


def is_spaced(text: str) -> bool:
    """Whether no letter is of a script without spaces between words."""
    return text.isascii() or not any(low <= c <= high for c in text for low, high in _UNSPACED)


def _spaced(words: list[str]) -> Iterator[str | None]:
    at = 0
    while at < len(words):
        sizes: Iterable[int] = range(min(_LONGEST, len(words) - at), 0, -1)
        size = next((size for size in sizes if " ".join(words[at : at + size]) in _KINDS), 0)
        yield " ".join(words[at : at + size]) if size else None
        at += size or len(words)


def _unspaced(text: str) -> Iterator[str | None]:
    at = 0
    while at < len(text):
        sizes: Iterable[int] = range(min(_LONGEST_PIECE, len(text) - at), 0, -1)
        size = next((size for size in sizes if text[at : at + size] in _KINDS), 0)
        yield text[at : at + size] if size else None
        at += size or len(text)
