"""What a short user message does in a conversation: goes along, makes small talk, leans on what was said, asks anew."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from tierwise.signals.phrases import ASSENT, LEANING, LEANING_PIECES, SOCIAL, SUMMARY, SUMMARY_PIECES, WEAKLY_LEANING
from tierwise.signals.text import fold

Turn: TypeAlias = Literal["assent", "social", "leaning", "request"]

_MAX_CHARS: Final = 120
_MAX_PHRASE: Final = 5
_MARKS: Final = re.compile(r"[\s,.;:!?¡¿。，、；：！？…()\"“”«»*~\-–—।؟،🙏👍😊🎉❤️]+")
_YES_SIGNS: Final = frozenset("👍✅👌🆗")
_SUMMARY_HEAD: Final = 300
_POLITE: Final = (
    "please ",
    "can you ",
    "could you ",
    "now ",
    "bitte ",
    "por favor ",
    "your task is to create a detailed ",
)
_SUMMARY_INSIDE: Final = (
    "summary of the conversation",
    "summarize the conversation",
    "summarize this",
    "summary of this",
)
_OBJECT_NEEDED: Final = ("resume", "vat")


def read_turn(text: str, after_question: bool) -> Turn:
    """Says what a message does.

    Args:
        text: A person's words, harness text stripped.
        after_question: True where the assistant's last message asks something: then "great" means yes.
    """
    if not text or len(text) > _MAX_CHARS:
        return "request"
    if len(text) <= 4 and _YES_SIGNS.intersection(text):
        return "assent"
    words = [word for word in _MARKS.split(fold(text)) if word]
    if not words:
        return "assent" if after_question else "social"
    cover = _cover(words)
    if cover is not None:
        return _weigh(cover, after_question)
    return "leaning" if _leans(words, fold(text)) else "request"


def _cover(words: list[str]) -> list[str] | None:
    """The known phrases that make up the message, or None where some word is in none."""
    phrases: list[str] = []
    at = 0
    while at < len(words):
        for size in range(min(_MAX_PHRASE, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + size])
            if phrase in ASSENT or phrase in SOCIAL:
                phrases.append(phrase)
                at += size
                break
        else:
            if len(words) - at == 1 and phrases and len(words) <= 4 and phrases[0] in SOCIAL and words[at].isalpha():
                return phrases  # a name: "thanks Ada"
            return None
    return phrases


def _weigh(phrases: list[str], after_question: bool) -> Turn:
    """Thanks and yes together mean yes, where the yes stands alone; words that can be both follow the question."""
    if any(phrase in ASSENT and phrase not in SOCIAL and phrase not in _WEAK for phrase in phrases):
        return "assent"
    if any(phrase in SOCIAL and phrase not in ASSENT for phrase in phrases):
        return "social"
    return "assent" if after_question or all(phrase not in SOCIAL for phrase in phrases) else "social"


_WEAK: Final = frozenset(
    "ok okay k perfect great good fine alright bueno perfecto bien parfait goed prima хорошо ладно ок 好 好的 了解 perfetto "
    "perfeito vale right that it now please".split()
)
"""Words that only go along when nothing else is said: "ok, thanks" is thanks."""


def _leans(words: list[str], folded: str) -> bool:
    joined = f"{' '.join(words)} "
    if len(words) <= 9 and joined.startswith(LEANING) or len(words) <= 4 and joined.startswith(WEAKLY_LEANING):
        return True
    return len(folded) <= 14 and not folded.isascii() and any(piece in folded for piece in LEANING_PIECES)


def asks_for_summary(text: str) -> bool:
    """True where a message asks to condense a text or the conversation."""
    head = fold(text[:_SUMMARY_HEAD])
    if not head.isascii() and any(piece in head for piece in SUMMARY_PIECES):
        return True
    for opener in (
        "please ",
        "can you ",
        "could you ",
        "now ",
        "bitte ",
        "por favor ",
        "your task is to create a detailed ",
    ):
        head = head.removeprefix(opener)
    if not head.startswith(SUMMARY):
        return (
            "summary of the conversation" in head
            or "summarize the conversation" in head
            or "summarize this" in head
            or "resumen de" in head
        )
    first = head.split(None, 1)
    return first[0] not in _OBJECT_NEEDED or len(first) > 1
