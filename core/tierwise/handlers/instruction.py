"""A message as its instruction and the text it is about: "Extract the dates: …", or a system prompt that says so."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tierwise.handlers.door import Asked
from tierwise.signals.text import fold

_LONGEST: Final = 240
_END: Final = re.compile(r"[:：](?=\s|[\"'“«„]|$)|\n|[.。](?=\s*\n)")
_LABEL: Final = re.compile(
    r"\A\s*(?:text|input|message|review|comment|sentence|document|texto|mensaje|nachricht|texte|testo|文本)\s*[:：]\s*",
    re.IGNORECASE,
)
_QUOTES: Final = {'"': '"', "'": "'", "“": "”", "«": "»", "„": "“", "`": "`"}
_FENCE: Final = re.compile(
    r"\A\s*(?:\"\"\"|```|---+|<text>)\s*\n?(.*?)\n?\s*(?:\"\"\"|```|---+|</text>)\s*\Z", re.DOTALL
)
_MORE: Final = re.compile(
    r"(?:\n|[.!?]\s)\s*(?:then|also|finally|afterwards|next|and then|please|now|answer|respond|reply|return|output|"
    r"format|translate|summari[sz]e|explain|do not|don't|make sure|remember|note|use|write|provide|give)\b[^\n]{0,200}\s*\Z",
    re.IGNORECASE,
)
"""A further instruction behind the text."""


class Instructed(NamedTuple):
    """What is to be done (folded), and with which text."""

    instruction: str
    text: str


def instructed(asked: Asked) -> Instructed | None:
    """Splits a message; None where it cannot be told apart what is an instruction and what is a text.

    A system prompt is the instruction where there is one, and then the whole message is the text; unless the message has
    an instruction of its own, which makes two, and one too many to be sure of.
    """
    if asked.system.strip():
        system = " ".join(asked.system.split())
        plain = len(system) <= 2 * _LONGEST and not _MORE.search(asked.text)
        return Instructed(fold(system), bare(asked.text)) if plain else None
    end = _END.search(asked.text[:_LONGEST])
    if end is None or end.start() == 0:
        return None
    text = bare(asked.text[end.end() :])
    return Instructed(fold(asked.text[: end.start()]).strip(), text) if text and not _MORE.search(text) else None


def bare(text: str) -> str:
    """A text without its label ("Text:"), its fence and its quotation marks."""
    text = _LABEL.sub("", text, count=1).strip()
    fenced = _FENCE.match(text)
    if fenced is not None:
        text = fenced[1].strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text
