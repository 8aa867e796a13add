"""Graded outcomes as lines of JSON, one step a line or one answer a line: the form that everything here reads.

    {"messages": […], "tools": […], "scores": {"gpt-4.1-nano": 0, "claude-opus-4-6": 1}, "conversation_id": "c-17"}
    {"messages": […], "model": "gpt-4.1-nano", "score": 0.5, "traffic": "invoices", "usd": 0.0004}

`tools`, `conversation_id` (or `conversation`: what steps belong together), `traffic` (or `kind`: the user's name for what
sort of traffic it is) and `usd` (or `cost`: what each model charged) may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tierwise.types import Message, Tool

__all__ = ["OutcomeLine", "ReadLines", "read_lines"]


_NO_BILL = 1e9
"""Dollars from which on a figure is no cost of a call: infinity, a slip."""


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """What one line says: scores from 0 to 1 by model, and what stands beside them."""

    messages: Sequence[Message]
    tools: Sequence[Tool]
    scores: Mapping[str, float]
    usd: Mapping[str, float]
    conversation_id: str | None
    traffic: str | None


@dataclass(frozen=True, slots=True)
class ReadLines:
    """Lines that hold outcomes, with their numbers, and why the others do not; never with their text."""

    lines: tuple[tuple[int, OutcomeLine], ...]
    skipped: tuple[tuple[int, str], ...]


def read_lines(file: Path, model: str | None = None) -> ReadLines:
    """Reads a file.

    Args:
        file: JSON lines.
        model: Whose outcomes lines without a model are.

    Raises:
        OSError: It cannot be read.
    """
    lines: list[tuple[int, OutcomeLine]] = []
    skipped: list[tuple[int, str]] = []
    # Not `splitlines`, which parts a line at U+2028 too; and some editors begin a file with a byte order mark.
    with file.open(encoding="utf-8-sig", errors="replace") as stream:
        for number, text in enumerate(stream, start=1):
            if text.strip():
                found = _line(text, model)
                if isinstance(found, str):
                    skipped.append((number, found))
                else:
                    lines.append((number, found))
    return ReadLines(tuple(lines), tuple(skipped))


def _line(text: str, model: str | None) -> OutcomeLine | str:
    """What a line says, or what is wrong with it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "a line is no JSON"
    if not isinstance(found, Mapping) or not isinstance(found.get("messages"), list) or not found["messages"]:
        return "a line has no 'messages'"
    name = found.get("model", model)
    if found.get("scores") is None and not isinstance(name, str):
        return "a line has no 'model'"
    given: Any = found["scores"] if found.get("scores") is not None else {name: found.get("score")}
    wrong = _wrong(given)
    if wrong is not None:
        return wrong
    if not isinstance(found.get("tools") or [], list):
        return "a line's 'tools' are no list"
    conversation, traffic = (
        _first(found, *keys) for keys in (("conversation_id", "conversation"), ("traffic", "kind"))
    )
    return OutcomeLine(
        found["messages"],
        found.get("tools") or (),
        {model: float(score) for model, score in given.items()},
        _usd(_first(found, "usd", "cost"), name),
        None if conversation is None else str(conversation),
        None if traffic is None else str(traffic),
    )


def _wrong(scores: Any) -> str | None:
    if not isinstance(scores, Mapping) or not scores:
        return "'scores' is no mapping of models to scores"
    if not all(isinstance(score, int | float) for score in scores.values()):
        return "a line has no 'score' that is a number"
    return None if all(0 <= score <= 1 for score in scores.values()) else "the score is not between 0 and 1"


def _first(found: Mapping[str, Any], *keys: str) -> Any:
    return next((found[key] for key in keys if found.get(key) not in (None, "")), None)


def _usd(given: Any, model: Any) -> dict[str, float]:
    costs = given if isinstance(given, Mapping) else {model: given}
    return {
        str(name): float(usd) for name, usd in costs.items() if isinstance(usd, int | float) and 0 <= usd < _NO_BILL
    }
