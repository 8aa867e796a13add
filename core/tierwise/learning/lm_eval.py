"""Outcomes from lm-evaluation-harness: the files that `lm_eval --log_samples` writes.

One line a document: `arguments` hold what was sent (the request's first argument, a prompt or a chat's messages as JSON),
`metrics` name the figures that stand beside them, such as `acc` or `exact_match`. A document that went through several
filters has a line for each; the best of them counts, as a stricter filter refuses right answers for their form.

Format: written by lm_eval 0.4.13 (`tests/core/data/lm_eval_*.jsonl` are true files of it).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tierwise.errors import LearnedError
from tierwise.learning.outcomes_file import ReadOutcomes
from tierwise.types import Message, Outcome

__all__ = ["METRICS", "read_samples"]

METRICS: tuple[str, ...] = (
    "exact_match",
    "acc",
    "pass@1",
    "pass_at_1",
    "prompt_level_strict_acc",
    "em",
    "f1",
    "acc_norm",
)
"""Figures from 0 to 1 that say whether the answer was right, best first."""


def read_samples(file: Path, model: str, metric: str | None = None) -> ReadOutcomes:
    """Reads samples of one model.

    Args:
        file: A `samples_*.jsonl`.
        model: Whose answers they are: the file does not say.
        metric: The figure to take as the score; by default the first of `METRICS` that a line has.

    Raises:
        LearnedError: The file cannot be read, or no line has a prompt and a score.
    """
    best: dict[tuple[str, str], tuple[float, list[Message]]] = {}
    skipped: Counter[str] = Counter()
    for line in _lines(file):
        if not line.strip():
            continue
        try:
            sample = json.loads(line)
            messages, score = _messages(sample), _score(sample, metric)
        except LearnedError as error:
            skipped[str(error)] += 1
            continue
        except (ValueError, RecursionError):
            skipped["a line is no JSON"] += 1
            continue
        # Two documents may ask the same: each counts. Lines of one document are its filters.
        key = (str(sample.get("doc_id")), str(sample.get("prompt_hash") or json.dumps(messages)))
        if key not in best or score > best[key][0]:
            best[key] = (score, messages)
    if not best:
        why = ", ".join(skipped) or "it is empty"
        raise LearnedError(f"no samples in {str(file)!r}: {why}; give the file that --log_samples wrote")
    return ReadOutcomes(tuple(Outcome(model, score, messages) for score, messages in best.values()), dict(skipped))


def _lines(file: Path) -> list[str]:
    """The lines of a file; not `splitlines`, which parts them at the U+2028 that a text may hold too.

    Raises:
        LearnedError: The file cannot be read.
    """
    try:
        with file.open(encoding="utf-8-sig") as stream:
            return list(stream)
    except (OSError, UnicodeDecodeError) as error:
        raise LearnedError(f"cannot read {str(file)!r}: {error}") from error


def _messages(sample: Any) -> list[Message]:
    """What the model was asked, in OpenAI form."""
    if not isinstance(sample, Mapping):
        raise LearnedError("a line is no sample")
    first = _first(sample.get("arguments"))
    while isinstance(first, Mapping | list) and first:
        first = _first(first)
    if not isinstance(first, str) or not first:
        raise LearnedError("a sample has no prompt")
    return _chat(first) or [{"role": "user", "content": first}]


def _first(found: Any) -> Any:
    if isinstance(found, Mapping):
        return next(iter(found.values()), None)
    return found[0] if isinstance(found, Sequence) and not isinstance(found, str) and found else None


def _chat(text: str) -> list[Message] | None:
    """The messages that a chat model was sent; None where the text is a plain prompt."""
    if not text.startswith("[{"):
        return None
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    roles = isinstance(found, list) and all(isinstance(m, dict) and isinstance(m.get("role"), str) for m in found)
    return [{k: v for k, v in m.items() if k in ("role", "content")} for m in found] if roles else None


def _score(sample: Mapping[str, Any], metric: str | None) -> float:
    names = (metric,) if metric else METRICS
    for name in names:
        value = sample.get(name)
        if isinstance(value, int | float) and 0 <= value <= 1:
            return float(value)
    said = f"no {metric!r} from 0 to 1" if metric else f"none of {', '.join(METRICS)}"
    raise LearnedError(f"a sample has {said}: name another with --metric")
