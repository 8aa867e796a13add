"""Reference traffic: what the price of quality is set on when a user has no traffic of their own yet.

Only computed figures leave this file: difficulty, kind of traffic, token counts. The mix is a judgement: half agents,
three tenths chat, a fifth examination questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tierwise.classifier.features import CODING_AGENT, raw_signals
from tierwise.training.corpus import SEED, Corpus
from tierwise.types import Reading

__all__ = ["TrafficRow", "reference_traffic"]

_RUNS = {"agentdojo": 0.10, "tau": 0.10, "mint": 0.05}
_CALLS, _LABELLED, _CODING, _CHAT, _EXAMS = 0.06, 0.04, 0.15, 0.30, 0.20
"""Shares of the weight; with `_RUNS` they sum to 1."""

_CHAT_MIX = {"SIMPLE": (0.42, 120.0), "MEDIUM": (0.36, 400.0), "COMPLEX": (0.13, 900.0), "REASONING": (0.09, 900.0)}
"""Share of chat, and output tokens of an answer: a judgement, no data."""
_CALL_TOKENS, _STEP_TOKENS, _EXAM_TOKENS = 60.0, 300.0, 350.0


@dataclass(frozen=True, slots=True)
class TrafficRow:
    """One step of reference traffic."""

    reading: Reading
    output_tokens: float
    weight: float


def reference_traffic(corpus: Corpus) -> list[TrafficRow]:
    """A seeded sample of about 1,900 steps, weights summing to 1."""
    rng = np.random.default_rng(SEED)
    rows: list[TrafficRow] = []

    def add(readings: Sequence[Reading], outputs: Any, share: float, n: int) -> None:
        n = min(n, len(readings))
        picked = rng.choice(len(readings), n, replace=False)
        rows.extend(TrafficRow(readings[i], float(outputs[i]), share / n) for i in picked)

    for source, share in _RUNS.items():
        at = [i for i, trace in enumerate(corpus.traces) if trace.source.startswith(source)]
        outputs = [corpus.traces[i].output_tokens for i in at]
        add([corpus.trace_readings[i] for i in at], outputs, share, 250)
    add(corpus.calls, np.full(len(corpus.calls), _CALL_TOKENS), _CALLS, 150)
    coding = raw_signals(corpus.labelled)[:, CODING_AGENT] > 0.5
    for some, share in ((coding, _CODING), (~coding, _LABELLED)):
        steps = [corpus.labelled[i] for i in np.flatnonzero(some)]
        add(steps, np.full(len(steps), _STEP_TOKENS), share, 150)
    tier = corpus.data.tier_labels["expected_tier"].to_numpy()
    for name, (share, tokens) in _CHAT_MIX.items():
        chosen = [corpus.opinions[i] for i in np.flatnonzero(tier == name)]  # none of the padded ones
        add(chosen, np.full(len(chosen), tokens), _CHAT * share, 130)
    task = (corpus.data.queries["source"] + "/" + corpus.data.queries["task"]).to_numpy()
    spread = np.concatenate([rng.choice(np.flatnonzero(task == name), 2) for name in np.unique(task)])
    add([corpus.questions[i] for i in spread], np.full(len(spread), _EXAM_TOKENS), _EXAMS, 300)
    return rows
