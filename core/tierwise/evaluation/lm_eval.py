"""Samples that lm-evaluation-harness writes with `--log_samples`, read as graded steps.

`OUT/MODEL/samples_TASK_TIME.jsonl` holds one line per question (and filter): `doc_id`, `arguments` (what the model was
sent), and the figure of each metric under its own name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tierwise.errors import TracesError
from tierwise.types import Message, Step

__all__ = ["Sample", "is_samples_folder", "read_samples", "read_samples_file"]

_NAME = re.compile(r"samples_(?P<task>.+?)(?:_\d{4}-\d\d-\d\dT[\d.:-]+)?\.jsonl")
_METRICS = ("exact_match", "pass@1", "pass_at_1", "acc", "acc_norm", "f1", "mcc", "em")
"""Metrics from 0 to 1 that grade one answer, in the order in which they are believed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One graded answer. `key` names the question, whatever model was asked."""

    model: str
    task: str
    key: str
    step: Step = field(repr=False)
    score: float


def is_samples_folder(folder: Path) -> bool:
    """Whether a folder, or one below it, holds samples."""
    return next(folder.rglob("samples_*.jsonl"), None) is not None


def read_samples(folder: Path) -> Iterator[Sample]:
    """The samples of all models below a folder; a model is named by the folder its file stands in.

    Raises:
        TracesError: A file cannot be read, or is none of the harness.
    """
    for file in sorted(folder.rglob("samples_*.jsonl")):
        yield from read_samples_file(file, file.parent.name.replace("__", "/"))


def read_samples_file(file: Path, model: str) -> Iterator[Sample]:
    """The samples of one file. Where several filters graded a question, the kindest counts.

    Raises:
        TracesError: The file cannot be read, or a line is no sample.
    """
    named = _NAME.fullmatch(file.name)
    task = named["task"] if named else file.stem
    best: dict[str, Sample] = {}
    try:
        with file.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    sample = _sample(json.loads(line), model, task, f"{file.name}:{number}")
                    if sample.key not in best or best[sample.key].score < sample.score:
                        best[sample.key] = sample
    except (OSError, ValueError) as error:
        raise TracesError(f"cannot read {str(file)!r} as samples of lm-evaluation-harness: {error}") from error
    yield from best.values()


def _sample(line: Any, model: str, task: str, where: str) -> Sample:
    if not isinstance(line, Mapping) or "doc_id" not in line or "arguments" not in line:
        raise TracesError(f"{where} is no sample: it lacks 'doc_id' or 'arguments'")
    score = next((float(line[name]) for name in _METRICS if isinstance(line.get(name), int | float)), None)
    if score is None or not 0 <= score <= 1:
        raise TracesError(f"{where} has none of the metrics {', '.join(_METRICS)} between 0 and 1")
    key = f"{task}/{line.get('doc_hash') or line['doc_id']}"
    return Sample(model, task, key, Step(_messages(line["arguments"])), score)


def _messages(arguments: Any) -> list[Message]:
    """What was sent: with a chat template a JSON list of messages, else a text, which stands for a user's."""
    first: Any = arguments
    while isinstance(first, Mapping | list) and first:
        first = next(iter(first.values())) if isinstance(first, Mapping) else first[0]
    text = first if isinstance(first, str) else ""
    try:
        chat = json.loads(text)
    except ValueError:
        chat = None
    if isinstance(chat, list) and chat and all(isinstance(m, dict) and "role" in m for m in chat):
        return chat
    return [{"role": "user", "content": text}]
