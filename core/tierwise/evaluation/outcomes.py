"""Graded outcomes of several models on the same steps, read from a file.

JSON lines, one step a line:

    {"messages": […], "tools": […], "scores": {"gpt-4.1-nano": 0, "claude-opus-4-6": 1}, "usd": {…}, "conversation": "c7"}

`tools`, `usd` (what each model charged), `conversation` (what steps belong together) and `kind` (what sort of traffic it is)
may be missing. A line may also hold one outcome, `{"messages": […], "model": "gpt-4.1-nano", "score": 0}`: those of the same
messages and tools are then joined.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.errors import StepError, TracesError
from tierwise.step import checked_step
from tierwise.types import Floats, Message, Outcome, Step, Tool

__all__ = ["Outcomes", "read_outcomes", "tabled"]


@dataclass(frozen=True)
class Outcomes:
    """n steps, and how m models did on them.

    Attributes:
        name: Of the file or folder.
        steps: The steps.
        models: Names, in the order of the columns.
        scores: Shape (n, m), 0 to 1; NaN where a model was not tried.
        usd: Shape (n, m); NaN where nobody says.
        clusters: What each step belongs to: steps of one conversation depend on each other.
        kinds: What sort of traffic each is, "" where nobody says.
        skipped: Where a line held no outcome, and why; never with its text.
    """

    name: str
    steps: list[Step] = field(repr=False)
    models: tuple[str, ...]
    scores: Floats = field(repr=False)
    usd: Floats = field(repr=False)
    clusters: list[str] = field(repr=False)
    kinds: list[str] = field(repr=False)
    skipped: tuple[str, ...] = ()


@dataclass
class _Row:
    step: Step
    cluster: str
    kind: str
    scores: dict[str, float] = field(default_factory=dict)
    usd: dict[str, float] = field(default_factory=dict)


def read_outcomes(file: Path) -> Outcomes:
    """Outcomes of a file of JSON lines.

    Raises:
        TracesError: It cannot be read, or holds no outcomes.
    """
    rows: dict[str, _Row] = {}
    skipped: list[str] = []
    for number, line in enumerate(_lines(file), start=1):
        reason = _add(rows, line) if line.strip() else None
        if reason is not None:
            skipped.append(f"{file.name}:{number}: {reason}")
    if not rows:
        raise TracesError(f"no outcomes in {str(file)!r}{f': {skipped[0]}' if skipped else ''}")
    return _table(file.name, list(rows.values()), tuple(skipped))


def tabled(name: str, found: Iterable[tuple[str, Outcome]], skipped: Sequence[str] = ()) -> Outcomes:
    """Outcomes that somebody else has read, as a table.

    Args:
        name: What they are called together.
        found: Kind of traffic and outcome, one for each model and step.
        skipped: What could not be read, and why.

    Raises:
        TracesError: There are none.
    """
    rows: dict[str, _Row] = {}
    for kind, outcome in found:
        key = _key(outcome.messages, outcome.tools or ())
        step = Step(outcome.messages, outcome.tools or ())
        row = rows.setdefault(key, _Row(step, outcome.conversation_id or key, kind))
        row.scores[outcome.model] = outcome.score
    if not rows:
        raise TracesError(f"no outcomes in {name!r}")
    return _table(name, list(rows.values()), tuple(skipped))


def _lines(file: Path) -> Iterable[str]:
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            yield from stream
    except OSError as error:
        raise TracesError(f"cannot read {str(file)!r}: {error.strerror or error}") from error


def _add(rows: dict[str, _Row], line: str) -> str | None:
    """Adds a line's outcomes; returns what is wrong with it instead, if anything is."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return "no JSON"
    if not isinstance(found, dict):
        return f"a JSON {type(found).__name__}, not an object with 'messages'"
    step = Step(found.get("messages") or (), found.get("tools") or ())
    try:
        checked_step(step)
    except StepError as error:
        return str(error)
    scores = found.get("scores", {found.get("model"): found.get("score")})
    if not isinstance(scores, Mapping) or not scores or not all(map(_is_outcome, scores.items())):
        return "has no 'scores' of the form {model: 0 to 1}"
    key = _key(step.messages, step.tools)
    cluster = str(found.get("conversation") or found.get("conversation_id") or key)
    row = rows.setdefault(key, _Row(step, cluster, str(found.get("kind") or "")))
    row.scores.update({model: float(score) for model, score in scores.items()})
    row.usd.update(_usd(found.get("usd", found.get("cost")), found.get("model")))
    return None


def _key(messages: Sequence[Message], tools: Sequence[Tool]) -> str:
    """Names a step: two models were asked the same when messages and tools are the same."""
    text = json.dumps([messages, tools], sort_keys=True, default=str)
    return blake2b(text.encode("utf-8", "ignore"), digest_size=16).hexdigest()


def _is_outcome(item: tuple[Any, Any]) -> bool:
    model, score = item
    return isinstance(model, str) and isinstance(score, int | float) and 0 <= score <= 1


def _usd(given: Any, model: Any) -> dict[str, float]:
    costs = given if isinstance(given, Mapping) else {model: given}
    return {str(name): float(usd) for name, usd in costs.items() if isinstance(usd, int | float) and usd >= 0}


def _table(name: str, rows: list[_Row], skipped: tuple[str, ...]) -> Outcomes:
    models = tuple(dict.fromkeys(model for row in rows for model in row.scores))
    return Outcomes(
        name=name,
        steps=[row.step for row in rows],
        models=models,
        scores=np.array([[row.scores.get(model, np.nan) for model in models] for row in rows]),
        usd=np.array([[row.usd.get(model, np.nan) for model in models] for row in rows]),
        clusters=[row.cluster for row in rows],
        kinds=[row.kind for row in rows],
        skipped=skipped,
    )
