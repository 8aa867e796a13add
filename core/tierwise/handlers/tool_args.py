"""Calls the one tool that a plain request names, with arguments that stand in it word for word: "track order 81723".

Every word of the request must be explained: by the tool's name, by the name of an argument, by politeness, or as the value
of exactly one argument. What is left over ("tomorrow", "for Ada", "and 81724") is something that the tool would not be
told, and the step goes up. So does a question, a negation, and a request for a tool that changes something, unless its
owner has named it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tierwise.handlers.calls import offered, properties_of, required_of, shaped, wrong_with
from tierwise.handlers.door import has_another_task, person_of
from tierwise.handlers.schema import Schema, kinds_of
from tierwise.handlers.spans import find
from tierwise.handlers.words import NEGATIONS, stem
from tierwise.signals.text import fold
from tierwise.signals.tools import wants_structure
from tierwise.types import Abstention, Reading, Reply, Step

_MAX_CHARS: Final = 200
_MAX_TOOLS: Final = 128


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


READING_VERBS: Final = _set(
    "get find search show list fetch read view check track lookup look retrieve display query convert calculate compute "
    "count describe"
)
"""Verbs of tools that change nothing."""

_GIVES: Final = _set("get show fetch retrieve display")
"""What a person says for one another."""

_CONNECTING: Final = _set("the a an my of for in on at to from with by number no id")
_UNSAID: Final = frozenset(map(stem, _set("detail details info information data by from for with in of the to and id")))
"""Parts of a tool's name that nobody says."""


def _phrases(*phrases: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.split()) for phrase in phrases)


_POLITE: Final = _phrases(
    *(
        "please",
        "kindly",
        "hi",
        "hello",
        "hey",
        "hi there",
        "hello there",
        "can you",
        "could you",
        "would you",
        "will you",
    ),
    *("i want to", "i need to", "i would like to", "i'd like to", "i want you to", "i'd like you to"),
)
_THANKS: Final = _phrases("thank you", "thanks", "thanks a lot", "please", "for me")
_TOKEN: Final = re.compile(r"\"[^\"]{1,100}\"|“[^”]{1,100}”|«[^»]{1,100}»|\S+")
_EDGES: Final = ",.!?;:()[]{}"
_NAME_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CODE: Final = re.compile(r"#?[A-Za-z]{0,8}-?\d[\w-]{0,30}")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)*")
_CONDITIONS: Final = re.compile(
    r"\b(?:only (?:if|when|after|use)|must|before|after|confirm\w*|authenticat\w*|permission|first|never|not|don't|unless)\b"
)
_EXAMPLE: Final = re.compile(r"['\"`]([^'\"`\s]{2,40})['\"`]")
_CODE_NAMES: Final = _set(
    "id ids number no code sku ref reference key order reservation tracking flight invoice ticket booking"
)


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, or what stands in quotation marks (`quoted`)."""

    text: str
    key: str
    quoted: bool = False
    ends: bool = False
    """Whether a sentence ends after it."""


class ToolArgs:
    """The handler.

    Args:
        tools: Names of the tools that may be called. By default those whose name begins with a verb that only reads (`get`,
            `find`, `track`, …) and whose description sets no condition; a tool that is named here is called as asked.
    """

    def __init__(self, tools: Iterable[str] = ()) -> None:
        self._named = frozenset([tools] if isinstance(tools, str) else tools)

    def handle(self, step: Step, reading: Reading) -> Reply | Abstention:
        """The call, or why there is none."""
        tools = {} if wants_structure(step.response_format) or len(step.tools) > _MAX_TOOLS else offered(step)
        asked = person_of(step, _MAX_CHARS)
        if isinstance(asked, str) or not tools:
            return Abstention(asked if isinstance(asked, str) else "no tool can be called")
        if has_another_task(asked.system):
            return Abstention("the system prompt asks for something else")
        tokens = _plain(asked.text)
        if tokens is None:
            return Abstention("no single request")
        if any(token.key in NEGATIONS or token.key.endswith("n't") for token in tokens):
            return Abstention("it is negated")
        told = _descriptions(step)
        calls = [
            (name, arguments)
            for name, schema in tools.items()
            if self._may_call(name, told.get(name, "")) and (arguments := _arguments(name, schema, tokens)) is not None
        ]
        if len(calls) != 1:
            return Abstention(f"{len(calls) or 'none'} of {len(tools)} tools fit the request")
        return Reply(f"tool_args#{calls[0][0]}", 0.95, tool_calls=(calls[0],))

    def _may_call(self, name: str, description: str) -> bool:
        if self._named:
            return name in self._named
        parts = _parts(name)
        return bool(parts) and parts[0] in READING_VERBS and not _CONDITIONS.search(description.lower())


def _plain(text: str) -> list[_Token] | None:
    """The tokens of a request without its politeness; None where it is more than one sentence, or nothing."""
    tokens = [_token(word) for word in _TOKEN.findall(text)]
    while (size := _length_of(tokens, _POLITE)) > 0:
        tokens = tokens[size:]
    while (size := _length_of(tokens[::-1], [phrase[::-1] for phrase in _THANKS])) > 0:
        tokens = tokens[:-size]
    if [token.key for token in tokens[:2]] == ["look", "up"]:
        tokens = [_Token("lookup", "lookup"), *tokens[2:]]
    return tokens if tokens and not any(token.ends for token in tokens[:-1]) else None


def _token(word: str) -> _Token:
    if len(word) > 1 and word[0] in '"“«':
        return _Token(word[1:-1], fold(word[1:-1]), quoted=True)
    bare = word.strip(_EDGES)
    return _Token(bare, fold(bare), ends=word[-1] in ".!?;:")


def _length_of(tokens: Sequence[_Token], phrases: Iterable[Sequence[str]]) -> int:
    keys = [token.key for token in tokens[:6]]
    return max((len(phrase) for phrase in phrases if keys[: len(phrase)] == list(phrase)), default=0)


def _parts(name: str) -> list[str]:
    """A name in words: `trackOrder` and `track_order` are "track order"."""
    return [part.lower() for part in _NAME_PART.findall(name)]


def _descriptions(step: Step) -> dict[str, str]:
    functions = (tool.get("function") for tool in step.tools)
    return {str(f.get("name")): str(f.get("description") or "") for f in functions if isinstance(f, Mapping)}


def _arguments(name: str, schema: Schema, tokens: Sequence[_Token]) -> dict[str, Any] | None:
    """The arguments of a call that explains every word; None where there is none."""
    verb, *nouns = map(stem, _parts(name))
    first = stem(tokens[0].key)
    if first != verb and not {first, verb} <= frozenset(map(stem, _GIVES)):
        return None
    words = {stem(token.key) for token in tokens if not token.quoted}
    if any(noun not in words and noun not in _UNSAID for noun in nouns):
        return None
    properties = properties_of(schema)
    labels = {key: frozenset(map(stem, _parts(key))) for key in properties}
    explained = {*nouns, *_CONNECTING}.union(*labels.values())
    values: list[tuple[str, _Token]] = []
    before, named = "", set()
    for token in tokens[1:]:
        if not token.quoted and stem(token.key) in explained:
            before = stem(token.key)
            named.add(before)
            continue
        if values and before == "" and _is_name(token) and _is_name(values[-1][1]):
            label, last = values.pop()
            values.append((label, _Token(f"{last.text} {token.text}", "", last.quoted)))
            continue
        values.append((before, token))
        before = ""
    arguments = _assigned(values, properties, labels)
    if arguments is None or any(key not in arguments for key in required_of(schema)):
        return None
    told = {*nouns, *_CONNECTING}.union(*(labels[key] for key in arguments))
    if named - told:
        return None  # an argument is named, and its value left out: "list the servers of type"
    return None if wrong_with(arguments, schema) else arguments


def _is_name(token: _Token) -> bool:
    return not token.quoted and token.text[:1].isupper() and token.text.replace(" ", "").replace("-", "").isalpha()


def _assigned(
    values: Sequence[tuple[str, _Token]], properties: Mapping[str, Schema], labels: Mapping[str, frozenset[str]]
) -> dict[str, Any] | None:
    """Each value to the one argument that it can be meant for: by the word before it, else as the only one left."""
    arguments: dict[str, Any] = {}
    waiting = [
        (label, value, [key for key in properties if _takes(key, properties[key], value)]) for label, value in values
    ]
    for label, value, takers in waiting:
        named = [key for key in takers if label and label in labels[key] and key not in arguments]
        if len(named) == 1:
            arguments[named[0]] = shaped(value.text, properties[named[0]])
            takers.clear()
            takers.append("")
    for _, value, takers in waiting:
        if takers == [""]:
            continue
        free = [key for key in takers if key not in arguments]
        if len(free) != 1:
            return None
        arguments[free[0]] = shaped(value.text, properties[free[0]])
    return arguments


def _takes(key: str, schema: Schema, value: _Token) -> bool:
    """Whether a word can be the value of an argument, by the argument's type and name."""
    kinds, words, text = kinds_of(schema), frozenset(_parts(key)), value.text
    if "enum" in schema:
        return any(text == item for item in schema["enum"])
    if "integer" in kinds or "number" in kinds:
        return _NUMBER.fullmatch(text) is not None and "date" not in words
    if "string" not in kinds or not _looks_like_its_example(schema, text):
        return False
    if "email" in words:
        return _is_all(text, "email")
    if words & {"url", "link", "website"}:
        return _is_all(text, "url")
    if words & {"date", "day"} or schema.get("format") == "date":
        return _is_all(text, "date") and text[:4].isdigit()
    if "currency" in words:
        return re.fullmatch(r"[A-Z]{3}", text) is not None
    if words & _CODE_NAMES:
        return _CODE.fullmatch(text) is not None
    return value.quoted or (_is_name(value) and not re.fullmatch(r"[A-Z]{3}", text))


def _is_all(text: str, kind: Any) -> bool:
    return any(span.text == text for span in find(kind, text))


def _looks_like_its_example(schema: Schema, text: str) -> bool:
    """Where a description shows a code ('#W0000000'), a value must be of its form."""
    told = str(schema.get("description") or "")
    shown = [example for example in _EXAMPLE.findall(told) if any(char.isdigit() for char in example)]
    return not shown or _form(text) in {_form(example) for example in shown}


def _form(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))
