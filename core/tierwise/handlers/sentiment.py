"""Labels a text positive, negative, neutral or mixed, where a step asks for exactly that.

Words of praise and blame are counted clause by clause; a negation beside one turns it round. It answers where all point
the same way and nothing makes them doubtful: no question, no wish, no condition, no comparison, no sign of sarcasm, no
"but", and no word that a plain sentence of praise or blame would not have. It is by such words that "brilliant, the battery
lasted ten minutes" is told from "brilliant battery". "Mixed" needs clear clauses of both kinds with a contrast between
them, and "neutral" a text of nothing but plain words of reports. Most texts are left to a model, on purpose.

Irony in plain words ("great, great, great") is not seen: leave this handler out where it is common. `CHANGELOG.md` and the
README say how often it was wrong on texts written to mislead it (`tests/benchmarks/measure_handlers.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from tierwise.handlers.door import Asked, person_of
from tierwise.handlers.feelings import (
    AFTER_A_WHILE,
    BLAME,
    BLAME_SIGNS,
    BLAMING_PHRASES,
    CONTRAST,
    DOUBTFUL,
    NEUTRAL,
    PLAIN,
    PLAIN_SIGNS,
    PRAISE,
    PRAISE_SIGNS,
    PRAISING_PHRASES,
    TROUBLE,
)
from tierwise.handlers.instruction import instructed
from tierwise.handlers.schema import kinds_of, misfit, schema_of
from tierwise.handlers.words import NEGATIONS, unspaced
from tierwise.signals.text import fold
from tierwise.signals.tools import is_forced, wants_structure
from tierwise.types import Abstention, Reading, Reply, Step

Label: TypeAlias = Literal["positive", "negative", "neutral", "mixed"]

LABELS: Final[tuple[Label, ...]] = ("positive", "negative", "neutral", "mixed")

_MAX_CHARS: Final = 1_200
_LONGEST: Final = 60
"""Words of the longest text that is judged: more of them have more to say than praise or blame."""
_FEWEST: Final = 2
"""Words of feeling that a text of more than `_SHORT` words must have."""
_SHORT: Final = 14
_LOOK_BACK: Final = 3

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
_CLAUSE: Final = re.compile(r"[.,;:!。，；！\n()]|\s[-–—]\s")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_AFTER: Final = frozenset(("nicht", "pas", "niet", "kein", "keine", "not"))


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


def label_of(text: str) -> tuple[Label | None, str]:
    """The label of a text; None, and why, where it is not sure.

    Args:
        text: A review, a comment; 60 words at most.
    """
    folded = fold(text)
    plain, praising = PRAISING_PHRASES.subn(" ", folded)
    plain, blaming = BLAMING_PHRASES.subn(" ", plain)
    words = _WORD.findall(folded)
    if not words or len(words) > _LONGEST:
        return None, "nothing to label" if not words else f"more than {_LONGEST} words"
    if DOUBTFUL.search(plain):
        return None, "it is doubtful how it is meant"
    sides = [side for clause in _CLAUSE.split(plain) for side in _sides(clause)]
    praise, blame = praising + sides.count(1), blaming + sides.count(-1)
    contrast = CONTRAST.search(plain) is not None
    if praise and blame:
        return _if_mixed(plain) if contrast else (None, "praise and blame")
    if contrast:
        return None, "a contrast with one side"
    if not praise and not blame:
        return ("neutral", "") if all(word in NEUTRAL for word in words) else (None, "no word of feeling")
    if praise and TROUBLE.search(plain):
        return None, "praise beside trouble"
    if _unknown(plain, blame > 0):
        return None, "words that may mean anything"
    if len(words) > _SHORT and praise + blame < _FEWEST:
        return None, "few words of feeling"
    return ("positive" if praise else "negative"), ""


def _unknown(plain: str, blames: bool) -> bool:
    """Whether there are words besides those of plain sentences."""
    if any(unspaced(char) for char in plain):
        left = plain
        for sign in (*BLAME_SIGNS, *PRAISE_SIGNS):
            left = left.replace(sign, "")
        return any(char not in PLAIN_SIGNS for char in left)
    known = (PLAIN, PRAISE, BLAME, AFTER_A_WHILE) if blames else (PLAIN, PRAISE)
    return any(not any(word in words for words in known) for word in _WORD.findall(plain))


def _if_mixed(plain: str) -> tuple[Label | None, str]:
    """Mixed, where the clauses on both sides of the contrast are clear and differ."""
    parts = CONTRAST.split(plain)
    sides = [{side for clause in _CLAUSE.split(part) for side in _sides(clause)} for part in parts]
    told = [side for side in sides if side]
    if all(len(side) == 1 for side in told) and len(told) == 2 and told[0] != told[1]:
        return "mixed", ""
    return None, "praise and blame"


def _sides(clause: str) -> Iterator[int]:
    """1 for each word of praise, -1 for each of blame, turned round beside a negation."""
    if not clause.isascii():
        yield from _signs(clause)
    words = _WORD.findall(clause.replace("n't", " not"))
    for i, word in enumerate(words):
        side = 1 if word in PRAISE else -1 if word in BLAME else 0
        if word == "like" and i and words[i - 1] in ("i", "really", "not"):
            side = 1
        if side:
            before = words[max(0, i - _LOOK_BACK) : i]
            after = words[i + 1 : i + 1 + _LOOK_BACK]
            turned = any(w in NEGATIONS for w in before) or any(w in _AFTER for w in after)
            yield -side if turned else side


def _signs(clause: str) -> Iterator[int]:
    left = clause
    for sign in BLAME_SIGNS:
        if sign in left:
            left = left.replace(sign, " ")
            yield -1
    yield from (1 for sign in PRAISE_SIGNS if sign in left and not re.search(f"[不没沒]{sign}", left))


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
