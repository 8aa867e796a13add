"""Outcomes of a file, as what is learned from; `tierwise.evaluation.outcome_lines` says what a line looks like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tierwise.errors import LearnedError
from tierwise.evaluation.outcome_lines import read_lines
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
    try:
        read = read_lines(file, model)
    except OSError as error:
        raise LearnedError(f"cannot read {str(file)!r}: {error.strerror or error}") from error
    skipped = Counter(reason for _, reason in read.skipped)
    if not read.lines:
        why = f": {', '.join(skipped)}" if skipped else ", it is empty"
        raise LearnedError(f"no outcomes in {str(file)!r}{why}")
    found = (
        Outcome(name, score, line.messages, line.tools or None, None, line.conversation_id, line.traffic)
        for _, line in read.lines
        for name, score in line.scores.items()
    )
    return ReadOutcomes(tuple(found), dict(skipped))
