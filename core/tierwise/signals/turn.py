"""What a short user message does in a conversation: goes along, makes small talk, leans on what was said, asks anew."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from tierwise.signals.courteous import courteous, is_spaced
from tierwise.signals.lexicon import STEMS, WORDS
from tierwise.signals.phrases import ASSENT, LEANING, LEANING_PIECES, SOCIAL, SUMMARY, SUMMARY_PIECES, WEAKLY_LEANING
from tierwise.signals.text import fold

Turn: TypeAlias = Literal["assent", "social", "leaning", "request"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MAX_CHARS: Final = 120
_MAX_LEANING_CHARS: Final = 300
_MAX_PHRASE: Final = 5
_LONGEST_NAME: Final = 4
_MARKS: Final = re.compile(r"[\s,.;:!?¡¿。，、；：！？…()\"“”«»*~\-–—।؟،🙏👍😊🎉❤️]+")
_CLAUSE_END: Final = re.compile(r"[,.;:!，。；：！、،\n]")
_PRONOUNS: Final = _set("it they them this that these those its eso esto ello ca cela das es questo dit isso это этого")
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
    if not text or len(text) > _MAX_LEANING_CHARS:
        return "request"
    if len(text) > _MAX_CHARS:
        return "leaning" if opens_with_yes(text) else "request"
    if len(text) <= 4 and _YES_SIGNS.intersection(text):
        return "assent"
    words = [word for word in _MARKS.split(fold(text)) if word]
    if not words:
        return "assent" if after_question else "social"
    cover = _cover(words)
    if cover is not None:
        return _weigh(cover, after_question)
    said = courteous(words)
    if said is not None:
        return said
    return "leaning" if _leans(words, fold(text), after_question) or opens_with_yes(text) else "request"


def opens_with_yes(text: str) -> bool:
    """True where the first clause is a yes, and no question follows: "Yes, please book it with the card"."""
    if "?" in text or "？" in text or "؟" in text:
        return False
    first = _CLAUSE_END.split(fold(text[:40]).strip(), maxsplit=1)[0].strip()
    return first in ASSENT and first not in _WEAK


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
            if len(words) - at == 1 and phrases and len(words) <= 4 and phrases[0] in SOCIAL and _may_name(words[at]):
                return phrases  # "thanks Ada"
            return None
    return phrases


def _may_name(word: str) -> bool:
    """In a script without spaces a long word is a sentence, and in no language a cue word is a name."""
    if word.isascii() or not word.isalpha():
        return word.isalpha()
    cue = word in WORDS or any(word.startswith(stem) for stem, _ in STEMS.get(word[:4], ()))
    return not cue and (is_spaced(word) or len(word) <= _LONGEST_NAME)


def _weigh(phrases: list[str], after_question: bool) -> Turn:
    """Thanks and yes together mean yes, where the yes stands alone; words that can be both follow the question."""
    if any(phrase in ASSENT and phrase not in SOCIAL and phrase not in _WEAK for phrase in phrases):
        return "assent"
    if any(phrase in SOCIAL and phrase not in ASSENT for phrase in phrases):
        return "social"
    return "assent" if after_question or all(phrase not in SOCIAL for phrase in phrases) else "social"


_WEAK: Final = _set(
    "ok okay k perfect great good fine alright bueno perfecto bien parfait goed prima хорошо ладно ок 好 好的 了解 perfetto "
    "perfeito vale right that it now please"
)
"""Words that only go along when nothing else is said: "ok, thanks" is thanks."""


def _leans(words: list[str], folded: str, after_question: bool) -> bool:
    joined = f"{' '.join(words)} "
    if len(words) <= 9 and joined.startswith(LEANING):
        return True
    if len(words) <= 4 and (joined.startswith(WEAKLY_LEANING) or not _PRONOUNS.isdisjoint(words)):
        return True
    if not folded.isascii() and len(folded) <= 14 and any(map(folded.__contains__, LEANING_PIECES)):
        return True
    return after_question and _fills_a_slot(words, folded)


def _fills_a_slot(words: list[str], folded: str) -> bool:
    """A name, a number, a date: what the assistant has just asked for."""
    if len(words) > 3 or folded.endswith(("?", "？", "؟")) or (not folded.isascii() and len(folded) > 8):
        return False
    return not any(word in WORDS or word[:4] in STEMS for word in words)


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
