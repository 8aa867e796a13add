"""Outcomes from a file: JSON lines, one answer or one step a line.

{"model": "gpt-4.1-nano", "score": 1.0, "messages": [{"role": "user", "content": "…"}], "tools": []}
{"scores": {"small": 0.0, "top": 1.0}, "messages": […], "conversation_id": "c-17"}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tierwise.errors import LearnedError
from tierwise.types import Outcome

__all__ = ["ReadOutcomes", "read_outcomes"]


@dataclass(frozen=True, slots=True)
class ReadOutcomes:
    """Outcomes of a file, and why some lines hold none."""

    outcomes: tuple[Outcome, ...]
    skipped: Mapping[str, int]


def read_outcomes(file: Path, model: str | None = None) -> ReadOutcomes:
    """Reads outcomes.

    Args:
        file: JSON lines.
        model: Whose outcomes lines without a model are.

    Raises:
        LearnedError: The file cannot be read, or holds no outcome.
    """
    found: list[Outcome] = []
    skipped: Counter[str] = Counter()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LearnedError(f"cannot read {str(file)!r}: {error}") from error
    for line in lines:
        if line.strip():
            try:
                found += _outcomes(json.loads(line), model)
            except json.JSONDecodeError:
                skipped["a line is no JSON"] += 1
            except (LearnedError, RecursionError) as error:
                skipped[str(error)] += 1
    if not found:
        why = f": {', '.join(skipped)}" if skipped else ", it is empty"
        raise LearnedError(f"no outcomes in {str(file)!r}{why}")
    return ReadOutcomes(tuple(found), dict(skipped))


def _outcomes(line: Any, model: str | None) -> Iterator[Outcome]:
    if not isinstance(line, Mapping) or not isinstance(line.get("messages"), list):
        raise LearnedError("a line has no 'messages'")
    scores = line.get("scores")
    if scores is None:
        name = line.get("model", model)
        if name is None:
            raise LearnedError("a line has no 'model'")
        scores = {name: line.get("score")}
    if not isinstance(scores, Mapping):
        raise LearnedError("'scores' is no mapping of models to scores")
    for name, score in scores.items():
        if isinstance(score, bool):
            score = float(score)
        if not isinstance(score, int | float):
            raise LearnedError("a line has no 'score'")
        conversation, traffic = line.get("conversation_id"), line.get("traffic")
        yield Outcome(str(name), score, line["messages"], line.get("tools"), None, conversation, traffic)
