"""Whether a text's language is one that difficulty was learnt in. Cheap on purpose: it runs for every step."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from tierwise.signals.foreign import has_cues
from tierwise.signals.script import count_scripts
from tierwise.signals.tongue import ENGLISH, SISTERS, tongue_of

__all__ = ["Familiarity", "Reach", "familiarity", "reach", "terseness"]

Familiarity: TypeAlias = Literal["english", "known", "unfamiliar"]
"""`english` (or too short to tell), `known` (another language in a script of the training data), `unfamiliar` (script)."""

Reach: TypeAlias = Literal["all", "beside", "cues", "none"]
"""What to judge a text by: `all` as English; a sister of English, where vectors may be right; signals, as its cue words are
known while vectors of it say little; or `none`, a language without cue words."""

_HEAD: Final = 200

_KNOWN_SCRIPTS: Final = (
    (0x0000, 0x024F),
    (0x0400, 0x04FF),
    (0x1E00, 0x1EFF),
    (0x3000, 0x30FF),
    (0x4E00, 0x9FFF),
    (0xFF00, 0xFFEF),
)
"""Latin, Cyrillic and Chinese, with what is written beside it in Japanese: the scripts of the training data."""

_TERSENESS: Final = {"ko": 1.4, "zh": 1.4, "ar": 1.1, "th": 0.75}
"""How many times as long the same is in English, as signals count words and characters; the open half of the twins."""


def familiarity(text: str) -> Familiarity:
    """Says how familiar the language of a text's beginning is."""
    head = text[:_HEAD]
    if not head.isascii() and _strange(head):
        return "unfamiliar"
    return "english" if _tongue(head) == ENGLISH else "known"


def reach(text: str) -> Reach:
    """Says what a text can be judged by."""
    tongue = _tongue(text[:_HEAD])
    if tongue == ENGLISH:
        return "all"
    if tongue in SISTERS:
        return "beside"
    return "cues" if has_cues(tongue) else "none"


def terseness(text: str) -> float:
    """How many times as long the same text would be in English."""
    return _TERSENESS.get(_tongue(text[:_HEAD]), 1.0)


def _tongue(head: str) -> str:
    return tongue_of(head, count_scripts(head))


def _strange(head: str) -> bool:
    letters = [ord(c) for c in head if c.isalpha()]
    strange = sum(not any(low <= c <= high for low, high in _KNOWN_SCRIPTS) for c in letters)
    return 4 * strange > len(letters)
