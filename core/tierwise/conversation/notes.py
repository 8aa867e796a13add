"""What one message adds to a summary: who says it, and the pieces of it that can be kept or left out one by one.

Taking a message in costs a few references to its texts; it is read when a summary is first asked for, once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias

from tierwise.conversation.facts import facts_in, sentences
from tierwise.conversation.phrases import is_decision
from tierwise.conversation.records import Record, pairs_of, records_in
from tierwise.signals.results import has_failed
from tierwise.signals.text import read_content, window

PieceKind: TypeAlias = Literal["user", "error", "decision", "question", "record", "row", "call", "said", "text"]

_LONG_VALUE: Final = 90
_LONG_ERROR: Final = 280
_MOST_PIECES: Final = 600


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call: its name and its arguments, as the host gave them."""

    name: str
    arguments: Any = None

    def pairs(self) -> list[tuple[str, str]]:
        """The arguments as keys and values."""
        value = self.arguments
        if isinstance(value, str):
            try:
                value = json.loads(value, parse_int=str, parse_float=str)
            except (ValueError, RecursionError):
                return [("", value)] if value else []
        if not isinstance(value, dict | list):
            return [] if value is None else [("", str(value))]
        return pairs_of(value)


@dataclass(frozen=True, slots=True)
class Piece:
    """The smallest part of a message that is kept or left out.

    Attributes:
        kind: Whose it is and what it does.
        text: The sentence; empty for a record.
        facts: What in it must be kept word for word.
        record: The record, where it is one.
    """

    kind: PieceKind
    text: str = ""
    facts: tuple[str, ...] = ()
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One speaker's part of a message.

    Attributes:
        speaker: `user`, `assistant`, another role, or the name of a tool.
        pieces: In the order of the message.
        call: For a tool's result, the call that it answers.
        failed: The tool failed.
        calls: For an assistant's message, the calls in it.
    """

    speaker: str
    pieces: tuple[Piece, ...]
    call: Call | None = None
    failed: bool = False
    calls: tuple[Call, ...] = ()

    def mentions(self) -> Iterable[str]:
        """What is named here outside of records: a later call or sentence that takes something up."""
        for piece in self.pieces:
            yield from piece.facts
        for call in self.calls:
            for _, value in call.pairs():
                yield value


@dataclass
class Entry:
    """What a summary holds of one message until it is read: its texts and calls, by reference.

    Attributes:
        role: Who speaks.
        text: What is said.
        calls: What is called.
        results: Results of tools: the call if it is known, the text, and whether it failed.
    """

    role: str
    text: str = ""
    calls: tuple[Call, ...] = ()
    results: tuple[tuple[Call | None, str, bool], ...] = ()
    label: str = "tool"

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What the message adds, read on first use."""
        return tuple(_read(self))


def take(message: Any, open_calls: dict[str, Call]) -> Entry:
    """Takes a message in.

    Args:
        message: In OpenAI chat form, or Anthropic's parts within it; junk gives an empty entry.
        open_calls: Calls that wait for their result, by id; calls of this message are added, answered ones removed.
    """
    if not isinstance(message, Mapping):
        return Entry("")
    role = str(message.get("role"))
    content = read_content(message.get("content"))
    if role in ("tool", "function"):
        call = open_calls.pop(str(message.get("tool_call_id")), None)
        failed = has_failed(message, content.text)
        return Entry(role, results=((call, content.text, failed),), label=str(message.get("name") or "tool"))
    if role == "assistant":
        return Entry(role, content.text, tuple(_calls_of(message, content.calls, open_calls)))
    if not content.results:
        return Entry(role, content.text)
    parts = [part for part in message["content"] if isinstance(part, Mapping) and _answered(part)]
    calls = [open_calls.pop(_answered(part), None) for part in parts]
    calls += [None] * (len(content.results) - len(calls))
    results = tuple(
        (call, text, has_failed({}, text, flagged))
        for call, (text, flagged) in zip(calls, content.results, strict=False)
    )
    return Entry(role, content.text, results=results)


def _answered(part: Mapping[Any, Any]) -> str:
    """The id of the call that a part answers; empty where it is no result."""
    if part.get("type") in ("tool_result", "function_call_output"):
        return str(part.get("tool_use_id", part.get("call_id")) or "?")
    return ""


def _calls_of(
    message: Mapping[Any, Any], parts: tuple[tuple[str, Any], ...], open_calls: dict[str, Call]
) -> Iterable[Call]:
    listed = message.get("tool_calls")
    for item in listed[:200] if isinstance(listed, list | tuple) else ():
        if isinstance(item, Mapping):
            function = item.get("function", item)
            if isinstance(function, Mapping):
                call = Call(str(function.get("name")), function.get("arguments", function.get("args")))
                open_calls[str(item.get("id"))] = call
                yield call
    content = message.get("content")
    ids = [
        str(part.get("id", part.get("call_id")))
        for part in (content if isinstance(content, list) and parts else ())
        if isinstance(part, Mapping) and part.get("type") in ("tool_use", "function_call")
    ]
    for number, (name, arguments) in enumerate(parts if not listed else ()):
        call = Call(name, arguments)
        if number < len(ids):
            open_calls[ids[number]] = call
        yield call
    if isinstance(legacy := message.get("function_call"), Mapping):
        call = open_calls["None"] = Call(str(legacy.get("name")), legacy.get("arguments"))
        yield call


def _read(entry: Entry) -> Iterable[Note]:
    for call, text, failed in entry.results:
        speaker = call.name if call is not None else entry.label
        pieces = tuple(_read_result(text, failed))[:_MOST_PIECES]
        yield Note(speaker, pieces, call, failed)
    if entry.text or entry.calls:
        pieces = tuple(_read_prose(entry.text, "user" if entry.role == "user" else "said"))[:_MOST_PIECES]
        yield Note(entry.role, pieces, calls=entry.calls)


def _read_prose(text: str, kind: PieceKind) -> Iterable[Piece]:
    text = window(text)
    decides = kind == "said" and is_decision(text)
    for sentence in sentences(text):
        facts = tuple(facts_in(sentence))
        found = kind
        if kind == "said":
            if sentence.endswith(("?", "？", "؟")):
                found = "question"
            elif decides and is_decision(sentence):
                found = "decision"
        yield Piece(found, sentence, facts)


def _read_result(text: str, failed: bool) -> Iterable[Piece]:
    if failed:
        yield Piece("error", text[:_LONG_ERROR].strip(), tuple(facts_in(text[:_LONG_ERROR])))
        text = text[_LONG_ERROR:]
    records = () if failed else records_in(text.strip())
    if not records:
        yield from _read_prose(text, "text")
    for record in records:
        short = tuple((key, value) for key, value in record.pairs if len(value) <= _LONG_VALUE)
        if short:
            shown = record if len(short) == len(record.pairs) else Record(record.path, short, record.row)
            yield Piece("row" if record.row else "record", "", shown.telling, shown)
        for _key, value in record.pairs:
            if len(value) > _LONG_VALUE:
                yield from _read_prose(value, "text")
