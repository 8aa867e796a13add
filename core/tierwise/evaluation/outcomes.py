"""Graded outcomes of several models on the same steps, as a table.

Outcomes of the same messages and tools are one step's, on however many lines they stand; where a model was graded on it
more than once, its score is the mean. See `tierwise.evaluation.outcome_lines` for what a line looks like.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from tierwise.errors import StepError, TracesError
from tierwise.evaluation.outcome_lines import OutcomeLine, read_lines
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
    scores: dict[str, list[float]] = field(default_factory=dict)
    usd: dict[str, list[float]] = field(default_factory=dict)

    def take(self, scores: Mapping[str, float], usd: Mapping[str, float]) -> None:
        for kept, new in ((self.scores, scores), (self.usd, usd)):
            for model, value in new.items():
                kept.setdefault(model, []).append(value)


def read_outcomes(file: Path) -> Outcomes:
    """Outcomes of a file of JSON lines.

    Raises:
        TracesError: It cannot be read, or holds no outcomes.
    """
    try:
        read = read_lines(file)
    except OSError as error:
        raise TracesError(f"cannot read {str(file)!r}: {error.strerror or error}") from error
    rows: dict[str, _Row] = {}
    skipped = list(read.skipped)
    for number, line in read.lines:
        try:
            _add(rows, line)
        except StepError as error:
            skipped.append((number, str(error)))
    said = tuple(f"{file.name}:{number}: {reason}" for number, reason in sorted(skipped))
    if not rows:
        raise TracesError(f"no outcomes in {str(file)!r}{f': {said[0]}' if said else ''}")
    return _table(file.name, list(rows.values()), said)


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
        row.take({outcome.model: outcome.score}, {})
    if not rows:
        raise TracesError(f"no outcomes in {name!r}")
    return _table(name, list(rows.values()), tuple(skipped))


def _add(rows: dict[str, _Row], line: OutcomeLine) -> None:
    """Adds a line's outcomes.

    Raises:
        StepError: The messages or tools are not a step.
    """
    step = checked_step(Step(line.messages, line.tools))
    key = _key(step.messages, step.tools)
    row = rows.setdefault(key, _Row(step, line.conversation_id or key, line.traffic or ""))
    row.take(line.scores, line.usd)


def _key(messages: Sequence[Message], tools: Sequence[Tool]) -> str:
    """Names a step: two models were asked the same when messages and tools are the same."""
    text = json.dumps([messages, tools], sort_keys=True, default=str)
    return blake2b(text.encode("utf-8", "ignore"), digest_size=16).hexdigest()


def _table(name: str, rows: list[_Row], skipped: tuple[str, ...]) -> Outcomes:
    models = tuple(dict.fromkeys(model for row in rows for model in row.scores))
    return Outcomes(
        name=name,
        steps=[row.step for row in rows],
        models=models,
        scores=_means([row.scores for row in rows], models),
        usd=_means([row.usd for row in rows], models),
        clusters=[row.cluster for row in rows],
        kinds=[row.kind for row in rows],
        skipped=skipped,
    )


def _means(found: Sequence[Mapping[str, Sequence[float]]], models: Sequence[str]) -> Floats:
    """The mean of what each model got on each step; NaN where that is nothing."""
    return np.array([[float(np.mean(row[model])) if model in row else np.nan for model in models] for row in found])
