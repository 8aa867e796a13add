"""Extracts what can be read off a text by its form: addresses, phone numbers, dates, amounts, ids, names with a title.

It answers where a step asks for exactly that ("Extract all email addresses from this text: …", or a JSON schema whose
properties are such kinds), and where nothing is left in the text that might be another one: an address written in words,
a date without a year, a number that could be a phone. Then the list would not be whole, and the step goes up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, get_args

from tierwise.errors import MissingExtra
from tierwise.handlers.door import person_of
from tierwise.handlers.instruction import instructed
from tierwise.handlers.residue import residue
from tierwise.handlers.schema import Schema, kinds_of, misfit, schema_of
from tierwise.handlers.spans import Kind, Span, find
from tierwise.signals.text import fold
from tierwise.signals.tools import is_forced, wants_structure
from tierwise.types import Abstention, Reading, Reply, Step

_MAX_CHARS: Final = 2_000
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_NOUNS: Final[tuple[tuple[str, Kind], ...]] = (
    (r"e-?mails?(?:[ -]?(?:address(?:es)?|adressen?))?|correos? electronicos?|direccion(?:es)? de correo|"
     r"(?:adresses? )?(?:e-?mails?|courriels?)|电子邮件(?:地址)?|邮箱", "email"),
    (r"urls?|(?:web ?)?links?|web addresses|hyperlinks?|enlaces?|liens?", "url"),
    (r"(?:tele)?phone(?: numbers?|s)?|numeros? de telefono|telefonnummern?|numeros? de telephone|电话号码", "phone"),
    (r"dates?|fechas?|datum|daten|日期", "date"),
    (r"(?:monetary |money |currency )?amounts?(?: of money)?|importes?|geldbetrage?|betrage?|montants?", "amount"),
    (r"ibans?(?: numbers?)?", "iban"),
    (r"(?:credit )?card numbers?|numeros? de tarjeta|kreditkartennummern?", "card"),
    (r"order (?:numbers?|ids?|nos?)|numeros? de pedido|bestellnummern?", "order"),
    (r"uuids?|guids?", "id"),
    (r"(?:person(?:al)? |full |people's )?names?(?: of (?:people|persons|the people))?|persons?", "person"),
)  # fmt: skip
_NOUN: Final = re.compile(
    "|".join(rf"(?P<{kind}_{i}>(?<![\w-])(?:{noun})(?![\w-]))" for i, (noun, kind) in enumerate(_NOUNS))
)
_VERB: Final = re.compile(
    r"\b(?:extract|list|find|return|get|pull out|identify|give me|output|extrae|extraer|encuentra|lista|extrahiere|finde|"
    r"liste|extrais|extraire|trouve)\b|提取|找出"
)
_FORMATS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"\b(?:in |as )?(?:a )?json (?:array|list)(?: of strings)?\b"), "json"),
    (re.compile(r"\b(?:as )?(?:a )?comma[- ]separated(?: list)?\b|\bseparated by commas\b"), "commas"),
    (re.compile(r"\b(?:one|each) (?:per|on (?:a|its own)) line\b|\bon separate lines\b"), "lines"),
)
_IGNORED: Final = re.compile(
    r"\b(?:please|can you|could you|and|or|all|every|each|the|any|of|from|in|following|below|this|these|that|text|message|"
    r"sentence|paragraph|document|email|input|user's|users|user|found|contained|mentioned|present|only|nothing else|"
    r"no explanation|return|respond with|reply with|you|a|an|list|them|it|is|are|there|"
    r"todos|todas|los|las|el|la|del|de|texto|siguiente|por favor|y|alle|aus|dem|diesem|folgenden|bitte|die|und|im|"
    r"tous|toutes|les|du|dans|ce|suivant|texte|et|des|le|adresses)\b|[\s,.;:'\"()&/!]|所有|的|文本|中|请"
)
_ABOUT_FIELDS: Final = re.compile(
    r"\b(?:contact|details?|information|info|data|fields?|entities|values?|structured|json|schema|given|according to|"
    r"matching|into|with|as|using|format)\b"
)


class _Field(NamedTuple):
    """A property of a schema that asks for one kind."""

    name: str
    kind: Kind
    many: bool
    may_lack: bool


class Entities:
    """The handler.

    Args:
        region: Whose national phone numbers are read too ("DE", "US"), by the `phonenumbers` package; without one, numbers
            that begin with a plus, and those of North America as they are usually written.

    Raises:
        MissingExtra: A region is given, and `phonenumbers` is not installed.
    """

    def __init__(self, region: str | None = None) -> None:
        self._region = region
        self._phones: Any = None
        if region is not None:
            try:
                import phonenumbers
            except ImportError as error:
                raise MissingExtra("phonenumbers", "handlers") from error
            self._phones = phonenumbers

    def handle(self, step: Step, reading: Reading) -> Reply | Abstention:
        """The finds, in the form that was asked for."""
        if is_forced(step.tool_choice):
            return Abstention("a tool call is asked for")
        asked = person_of(step, _MAX_CHARS)
        if isinstance(asked, str):
            return Abstention(asked)
        told = instructed(asked)
        if told is None:
            return Abstention("no extraction is asked for")
        if wants_structure(step.response_format):
            return self._by_schema(told.instruction, told.text, schema_of(step.response_format))
        kinds, form, rest = _read(told.instruction)
        if not kinds or not _VERB.search(told.instruction):
            return Abstention("no extraction is asked for")
        if rest:
            return Abstention(f"{len(rest.split())} words of the instruction are not understood")
        return self._in_words(told.text, kinds, form)

    def _in_words(self, text: str, kinds: tuple[Kind, ...], form: str) -> Reply | Abstention:
        found = self._found(text, kinds)
        doubt = self._doubt(text, kinds, found)
        if doubt is not None:
            return Abstention(doubt)
        empty = [kind for kind in kinds if not found[kind]]
        if empty:
            return Abstention(f"no {empty[0]} found")
        if form == "json" or form == "commas":
            if len(kinds) > 1:
                return Abstention("several kinds in one list")
            values = _values(found[kinds[0]])
            said = json.dumps(values, ensure_ascii=False) if form == "json" else ", ".join(values)
        elif len(kinds) == 1:
            said = "\n".join(_values(found[kinds[0]]))
        else:
            said = "\n".join(f"{kind}: {value}" for kind in kinds for value in _values(found[kind]))
        return Reply(f"entities#{','.join(kinds)}", 0.97, said)

    def _by_schema(self, instruction: str, text: str, schema: Schema | None) -> Reply | Abstention:
        fields = None if schema is None else _fields(schema)
        if schema is None or not fields:
            return Abstention("the form asked for is not a flat list of things to be found")
        rest = _read(_ABOUT_FIELDS.sub(" ", instruction))[2]
        if rest or not _VERB.search(instruction):
            return Abstention("no extraction is asked for")
        kinds = tuple(dict.fromkeys(field.kind for field in fields))
        found = self._found(text, kinds)
        doubt = self._doubt(text, kinds, found)
        if doubt is not None:
            return Abstention(doubt)
        answer: dict[str, Any] = {}
        for field in fields:
            values = _values(found[field.kind])
            if not field.many and len(values) > 1:
                return Abstention(f"{len(values)} finds for one {field.kind}")
            if not values and not field.many and not field.may_lack:
                return Abstention(f"no {field.kind} found")
            answer[field.name] = values if field.many else values[0] if values else None
        wrong = misfit(answer, schema)
        if wrong is not None or not any(answer.values()):
            return Abstention(wrong or "nothing found")
        return Reply(f"entities#{','.join(f.kind for f in fields)}", 0.97, json.dumps(answer, ensure_ascii=False))

    def _found(self, text: str, kinds: tuple[Kind, ...]) -> dict[Kind, list[Span]]:
        found = {kind: find(kind, text) for kind in _KINDS}
        if self._phones is not None and "phone" in kinds:
            matches = self._phones.PhoneNumberMatcher(text, self._region)
            found["phone"] = [Span(m.start, m.end, m.raw_string) for m in matches]
        return found

    def _doubt(self, text: str, kinds: tuple[Kind, ...], found: Mapping[Kind, list[Span]]) -> str | None:
        left = list(text)
        for spans in found.values():
            for start, stop, _ in spans:
                left[start:stop] = "\0" * (stop - start)
        rest = "".join(left)
        doubtful = next((kind for kind in kinds if residue(kind, rest)), None)
        return None if doubtful is None else f"the text may hold another {doubtful}"


def _read(instruction: str) -> tuple[tuple[Kind, ...], str, str]:
    """The kinds asked for, the form of the answer, and what of the instruction is not understood."""
    rest, form = instruction, "lines"
    for pattern, name in _FORMATS:
        if pattern.search(rest):
            rest, form = pattern.sub(" ", rest), name
    kinds: dict[Kind, None] = {}
    for noun in _NOUN.finditer(rest):
        kinds[str(noun.lastgroup).partition("_")[0]] = None  # type: ignore[index]
    rest = _IGNORED.sub(" ", _VERB.sub(" ", _NOUN.sub(" ", rest)))
    return tuple(kinds), form, " ".join(rest.split())


def _fields(schema: Schema) -> list[_Field] | None:
    """The properties as kinds; None where one is something else."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return None
    fields = [_field(str(name), inner, schema) for name, inner in properties.items()]
    return None if None in fields else [field for field in fields if field is not None]


def _field(name: str, inner: Any, schema: Schema) -> _Field | None:
    words = fold(name.replace("_", " "))
    kinds, _, rest = _read(words)
    told = _read(fold(str(inner.get("description", ""))))[2] if isinstance(inner, Mapping) else "?"
    if len(kinds) != 1 or rest or told:
        return None
    types = set(kinds_of(inner))
    required = name in (schema.get("required") or ())
    if types <= {"string", "null"} and "string" in types:
        return _Field(name, kinds[0], False, "null" in types)
    items = inner.get("items")
    if types == {"array"} and isinstance(items, Mapping) and kinds_of(items) == ("string",):
        return _Field(name, kinds[0], True, not required)
    return None


def _values(spans: list[Span]) -> list[str]:
    """Each once, in the order of the text."""
    return list(dict.fromkeys(span.text for span in spans))
