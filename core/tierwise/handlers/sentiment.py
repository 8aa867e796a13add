"""Labels a text positive, negative, neutral or mixed, where a step asks for exactly that.

It answers where a text plainly praises or plainly blames and nothing makes it doubtful (`tierwise.handlers.tone`), and
leaves most texts to a model, on purpose. Irony that is said as plainly as praise ("great phone, excellent camera", of one
that broke) is not seen by anybody who does not know the story: leave this handler out where it is common. The README says
how often it was wrong on texts written to mislead it (`tests/benchmarks/measure_handlers.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from tierwise.handlers.door import Asked, person_of
from tierwise.handlers.instruction import instructed
from tierwise.handlers.schema import kinds_of, misfit, schema_of
from tierwise.handlers.tone import LABELS, Label, label_of
from tierwise.signals.text import fold
from tierwise.signals.tools import is_forced, wants_structure
from tierwise.types import Abstention, Reading, Reply, Step

_MAX_CHARS: Final = 1_200

_LABEL: Final = re.compile(r"\b(positive|negative|neutral|mixed)\b", re.IGNORECASE)
_TASK: Final = re.compile(r"\bsentiment\b|\bpositive\b.*\bnegative\b|\bnegative\b.*\bpositive\b")
_UNDERSTOOD: Final = re.compile(
    r"\b(?:please|you are|an?|the|sentiment|classifier|classification|analysis|analyst|analyser|analyzer|"
    r"classify|label|determine|"
    r"identify|detect|analy[sz]e|decide|say|tell me|state|give|is|are|was|be|what|whether|if|of|in|for|this|"
    r"that|these|following|"
    r"below|as|either|or|and|one|single|word|only|with|just|answer|respond|reply|return|output|options?|labels?|"
    r"use|using|exactly|"
    r"text|review|comment|tweet|message|sentence|feedback|post|user's|users|user|customer|customer's|product|"
    r"movie|film|restaurant|"
    r"hotel|it|its|expressed|overall|assistant|helpful|your|task|to|by|into|category|categories|lowercase|"
    r"no explanation|"
    r"nothing else|do not explain|don't explain|json|positive|negative|neutral|mixed)\b|[\s,.;:'\"()/|?!`*-]"
)
_FIELDS: Final = frozenset(("sentiment", "label", "polarity", "class", "classification", "category"))


class _Wanted(NamedTuple):
    """The labels as they are to be written, and the property of the schema that wants them, if any."""

    labels: Mapping[Label, str]
    field: str | None


class Sentiment:
    """The handler. It has nothing to set."""

    def handle(self, step: Step, reading: Reading) -> Reply | Abstention:
        """The label, or why there is none."""
        if is_forced(step.tool_choice):
            return Abstention("a tool call is asked for")
        asked = person_of(step, _MAX_CHARS)
        told = None if isinstance(asked, str) else instructed(asked)
        if isinstance(asked, str) or told is None:
            return Abstention(asked if isinstance(asked, str) else "no label is asked for")
        wanted = _wanted(step, told.instruction, asked)
        if wanted is None:
            return Abstention("no label is asked for")
        label, why = label_of(told.text)
        if label is None:
            return Abstention(why)
        if label not in wanted.labels:
            return Abstention(f"{label} is not among the labels")
        said = wanted.labels[label]
        text = said if wanted.field is None else json.dumps({wanted.field: said}, ensure_ascii=False)
        return Reply(f"sentiment#{label}", 0.9, text)


def _wanted(step: Step, instruction: str, asked: Asked) -> _Wanted | None:
    if _UNDERSTOOD.sub("", instruction) or not _TASK.search(instruction):
        return None
    if wants_structure(step.response_format):
        return _wanted_by_schema(step)
    written = asked.system if asked.system.strip() else asked.text[: len(instruction) + 20]
    labels: dict[Label, str] = {}
    for found in _LABEL.finditer(written):
        labels.setdefault(_known(found[1]), found[1])
    return _Wanted(labels, None) if {"positive", "negative"} <= set(labels) else None


def _wanted_by_schema(step: Step) -> _Wanted | None:
    schema = schema_of(step.response_format)
    properties = schema.get("properties") if schema is not None else None
    if schema is None or not isinstance(properties, Mapping) or len(properties) != 1:
        return None
    ((name, inner),) = properties.items()
    options = inner.get("enum") if isinstance(inner, Mapping) else None
    if (
        fold(str(name)) not in _FIELDS
        or not isinstance(options, list | tuple)
        or kinds_of(inner) not in (("string",), ())
    ):
        return None
    labels = {_known(option): option for option in options if isinstance(option, str) and fold(option) in LABELS}
    if len(labels) < len(options) or misfit({name: options[0]}, schema) is not None:
        return None
    return _Wanted(labels, str(name)) if {"positive", "negative"} <= set(labels) else None


def _known(word: str) -> Label:
    return next(label for label in LABELS if label == word.lower())
