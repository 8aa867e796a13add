"""The numbers of a step that the weights were trained on, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import numpy as np
import numpy.typing as npt

from tierwise.types import KINDS, Floats, Reading

__all__ = [
    "AT",
    "CODING_AGENT",
    "N_RAW",
    "N_TEXT",
    "STEP_FACTS",
    "STEP_SIGNALS",
    "TEXT_SIGNALS",
    "raw_signals",
    "surrounded",
]

_COUNTS: Final = frozenset(
    (
        "question_chars", "question_words", "sentences", "reasoning_steps", "parts", "numbers", "options",
        "messages", "depth", "tool_results", "tool_errors", "repeated_calls", "last_result_chars", "tools",
        "tool_parameters", "images", "input_tokens", "context_only_tokens",
    )
)  # fmt: skip
"""Signals whose logarithm matters."""

TEXT_SIGNALS: tuple[str, ...] = (
    "question_chars", "question_words", "sentences", "lexical_complexity", "reasoning_steps", "world_knowledge",
    "creativity", "parts", "numbers", "options", "code", "mathematics", "lookup", "non_latin", "structured_output",
)  # fmt: skip
"""Read by the question part."""

STEP_SIGNALS: tuple[str, ...] = (
    "messages", "depth", "tool_results", "tool_errors", "repeated_calls", "last_result_failed", "last_result_chars",
    "tools", "tool_schema_depth", "tool_parameters", "tool_choice_forced", "images", "input_tokens",
    "context_only_tokens", "social", "assent",
)  # fmt: skip

STEP_FACTS: tuple[str, ...] = (*STEP_SIGNALS, *KINDS, "long_question", "routine_digest", "coding_agent")
"""Read by the step part: signals, indicators of the kind, how far the question is as long as a document, whether a sound
tool result is to be read for a plain task, and whether an agent is at work on a program."""

_ALL = TEXT_SIGNALS + STEP_SIGNALS
N_TEXT, _N_ALL = len(TEXT_SIGNALS), len(_ALL)
N_RAW = N_TEXT + len(STEP_FACTS)
AT: dict[str, int] = {name: i for i, name in enumerate(TEXT_SIGNALS + STEP_FACTS)}
"""Column of each number."""

_LOGS = np.array([name in _COUNTS for name in _ALL])
_read = attrgetter(*_ALL)
_CHARS, _WORDS, _NON_LATIN = AT["question_chars"], AT["question_words"], AT["non_latin"]
_CODE, _MATHS, _STEPS, _ERRORS = AT["code"], AT["mathematics"], AT["reasoning_steps"], AT["tool_errors"]
_TOOLS, _RESULTS, _CONTEXT = AT["tools"], AT["tool_results"], AT["context_only_tokens"]
_DIGEST, _SUMMARY, _DOCUMENT, _ROUTINE = AT["digest"], AT["summary"], AT["long_question"], AT["routine_digest"]
CODING_AGENT = AT["coding_agent"]

_DOCUMENT_CHARS = float(np.log1p(4000.0))
_CONTEXT_TOKENS = float(np.log1p(200.0))
_MUCH_CODE = 6.0
"""A task that speaks of code a third of the way is wholly one; up to a sixth it is none."""
_MANY_STEPS = 0.7
"""log(1 + reasoning steps) from which a task stops being plain."""


def raw_signals(readings: Sequence[Reading]) -> Floats:
    """Signals as numbers, counts as logarithms: shape (n, N_RAW), in the order of `TEXT_SIGNALS` and `STEP_FACTS`."""
    raw = np.zeros((len(readings), N_RAW))
    for row, reading in zip(raw, readings, strict=True):
        signals = reading.signals
        row[:_N_ALL] = _read(signals)
        row[AT[signals.kind]] = 1.0
    values = raw[:, :_N_ALL]
    if not np.isfinite(values).all():
        np.nan_to_num(values, copy=False, nan=0.0, posinf=1e9, neginf=0.0)
    # Chinese says in 26 characters what English says in 90: outside the Latin script words are the better ruler.
    dense = values[:, _NON_LATIN] > 0.3
    if dense.any():
        values[dense, _CHARS] = np.maximum(values[dense, _CHARS], 6 * values[dense, _WORDS])
    np.maximum(values, 0.0, out=values)
    np.log1p(values, out=values, where=_LOGS)
    raw[:, _DOCUMENT] = np.maximum(values[:, _CHARS] - _DOCUMENT_CHARS, 0.0)
    raw[:, CODING_AGENT] = np.clip(_MUCH_CODE * values[:, _CODE] - 1.0, 0.0, 1.0) * (values[:, _RESULTS] > 0)
    digest = raw[:, _DIGEST] > 0
    if digest.any():
        plain = 1.0 - values[:, _CODE] - values[:, _MATHS] - np.maximum(values[:, _STEPS] - _MANY_STEPS, 0.0)
        raw[:, _ROUTINE] = digest * (values[:, _ERRORS] == 0) * np.minimum(np.maximum(plain, 0.0), 1.0)
    return raw


def surrounded(raw: Floats) -> npt.NDArray[np.bool_]:
    """Where a question has tools, results, documents or history around it; shape (n,)."""
    some = raw[:, _TOOLS] + raw[:, _RESULTS] + raw[:, _SUMMARY] + raw[:, _DOCUMENT] > 0
    return np.asarray(some | (raw[:, _CONTEXT] > _CONTEXT_TOKENS))
