"""What keeps every handler out of a step, and the words of the person it is for.

A handler answers a person's latest message, and nothing else: not a tool's result, not an image, not a step whose answer
must have a form that the handler does not speak of, and not a chain that asks for something to be done *to* the message
(a translation, a label, a search query).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierwise.signals.task import is_tool_output, strip_harness
from tierwise.signals.text import Content, fold, read_content
from tierwise.signals.tools import is_forced, wants_structure
from tierwise.types import Reading, Step

_PERSON: Final = "user"
_SYSTEM: Final = ("system", "developer")
_SHORT_SYSTEM: Final = 400
_OPENING_OF_SYSTEM: Final = 200
_ANOTHER_TASK: Final = re.compile(
    r"\b(?:re-?writ|re-?phras|paraphras|translat|classif|categori[sz]|label|summar|condens|extract|transcri|proofread|"
    r"correct the|json\b|xml\b|yaml\b|sql\b|search quer|keyword|titles?\b|headline|one word|single word|yes or no|"
    r"true or false|sentiment|scor(?:e|ing)\b|grad(?:e|ing)\b|rat(?:e|ing)\b|judge|evaluat|intent\b|rout(?:e|ing)\b|"
    r"follow-?up question|"
    r"reescrib|reformul|traduc|clasific|resum|extra[ei]|palabras? clave|si o no|"
    r"ubersetz|uebersetz|klassifizier|zusammenfass|fasse\b|umschreib|umformulier|extrahier|stichwort|"
    r"tradui|classe[rz]?\b|categoris|mots? cles?|classific|riscriv|riassum|reescrev|"
    r"vertaal|vat\b|herschrijf|перевед|классифиц|перепиш|резюмир|извлек)"
    r"|翻译|翻譯|分类|分類|总结|總結|改写|改寫|提取|要約|翻訳|번역|분류|요약"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A person's latest message.

    Attributes:
        text: Its words.
        first: Whether no assistant has spoken before.
        system: What the system prompt says.
    """

    text: str
    first: bool
    system: str


def person_of(step: Step, max_chars: int) -> Asked | str:
    """Who is to be answered; or, in words, why nobody is.

    Args:
        step: The step.
        max_chars: The longest message to read.
    """
    last = step.messages[-1]
    if last.get("role") != _PERSON:
        return "no person has spoken last"
    if len(step.messages) > 1 and step.messages[-2].get("role") == _PERSON:
        return "several messages in a row"
    content = _content_of(last)
    if content.results or is_tool_output(content.text):
        return "inside a tool loop"
    if content.media:
        return "there are images or files"
    if len(content.text) > max_chars:
        return f"longer than {max_chars} characters"
    text = strip_harness(content.text)
    if not text:
        return "nothing is asked"
    if text != content.text.strip():
        return "a text stands beside the request"  # documents to answer from, a form, reminders: more than a person's words
    system = "\n".join(_content_of(message).text for message in step.messages[:4] if message.get("role") in _SYSTEM)
    first = not any(message.get("role") == "assistant" for message in step.messages)
    return Asked(text, first, system)


def shut(step: Step, reading: Reading) -> str | None:
    """Why a plain text cannot be the answer, in words; None where it can."""
    if wants_structure(step.response_format):
        return "an answer of a given form is asked for"
    if is_forced(step.tool_choice):
        return "a tool call is asked for"
    if reading.signals.images:
        return "there are images or files"
    return None


def open_to_text(step: Step, reading: Reading, max_chars: int) -> Asked | str:
    """Who may be answered with a plain text; or, in words, why nobody may.

    Args:
        step: The step.
        reading: What was read off it.
        max_chars: The longest message to read.
    """
    closed = shut(step, reading)
    asked = person_of(step, max_chars) if closed is None else closed
    if not isinstance(asked, str) and has_another_task(asked.system):
        return "the system prompt asks for something else"
    return asked


def has_another_task(system: str) -> bool:
    """Whether a system prompt wants something done to the message, rather than have it answered."""
    told = system if len(system) <= _SHORT_SYSTEM else system[:_OPENING_OF_SYSTEM]
    return _ANOTHER_TASK.search(fold(told)) is not None


def _content_of(message: Mapping[str, Any]) -> Content:
    return read_content(message.get("content"))
