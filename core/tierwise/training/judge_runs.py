"""Whole runs of agents, judged from their first step: which tasks to give the stronger model, leaving their source out.

A run's outcome is known, that of its single steps is not. So what can be compared is who should take a task when it arrives:
the opening (instructions, tools, the first message) is ordered by each router, and APGR and AUC are those of whole runs.

Pairs follow a rule, as nobody fixed any: of the models that were given most of the tasks, the one with the best mean is the
strong one, and the weak ones stand at a quarter, a half and three quarters of the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tierwise.classifier.families import normal_name
from tierwise.classifier.model import DifficultyAbility
from tierwise.evaluation.baselines import LEARNERS
from tierwise.evaluation.eval_report import EvalLine, Judged, report_on
from tierwise.evaluation.judged import rule_orderings
from tierwise.evaluation.pairs import OURS, Ordering, Pair
from tierwise.protocols import Embedder
from tierwise.signals import read_step
from tierwise.training.corpus import Corpus, question_targets, without_levels_of
from tierwise.training.fit import fit
from tierwise.training.judge_steps import classifiers
from tierwise.training.sources import RUN_SOURCES
from tierwise.types import Floats, ModelFacts, Reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["judge_runs", "pairs_of_runs", "without_runs_of"]

log = logging.getLogger(__name__)

_MOST_OF_THE_TASKS, _RANKS = 0.9, (0.25, 0.5, 0.75)
_WEAK_SHOT_USD, _STRONG_SHOT_USD = 0.0, 1.0
"""What a run costs; the order of tasks is judged, not the price of runs, whose lengths differ by model."""


def judge_runs(corpus: Corpus, encoders: Sequence[Embedder], beside: Embedder, draws: int) -> tuple[EvalLine, ...]:
    """One line for each router and source of runs, and for their mean; intervals are resampled by task.

    Args:
        corpus: What `read_corpus` returns.
        encoders: Those of ours, of which the last is judged.
        beside: The encoder of the learners, which learn failures of weak models on the benchmark questions.
        draws: Bootstrap samples.
    """
    failure = question_targets(corpus)["failure"].to_numpy()
    known = np.flatnonzero(~np.isnan(failure))
    vectors = corpus.embed(beside, [corpus.questions[i] for i in known], latest=False)
    assert vectors is not None  # there is an encoder
    seen = vectors[:, 0], failure[known][:, None]
    judged: list[Judged] = []
    clusters: dict[str, list[str]] = {}
    for source in RUN_SOURCES:
        openings = corpus.data.run_openings(source)
        readings = [read_step(step) for step in openings["step"]]
        clusters[source] = openings["task_id"].tolist()
        *_, (encoder, model) = classifiers(fit(without_runs_of(corpus, source), encoders), encoders)
        asked = corpus.embed(beside, readings, latest=False)
        assert asked is not None
        shared = rule_orderings(readings)
        for name, learner in LEARNERS.items():
            shared[f"{name} on {beside.name}"] = Ordering(learner.predict(*seen, asked[:, 0])[:, 0])
        ours = _Ours(corpus, model, readings, corpus.embed(encoder, readings, latest=False))
        for pair in pairs_of_runs(corpus.data.run_scores(source), source, clusters[source]):
            facts = [_facts(corpus, name) for name in (pair.weak, pair.strong)]
            routers = {OURS: ours(facts), **shared}
            orderings = {name: ordering.only(pair.rows) for name, ordering in routers.items()}
            judged.append((pair, orderings, ["" for _ in pair.rows]))
        log.info("judged runs of %s: %s tasks", source, len(readings))
    return report_on("whole runs, from their first step", judged, clusters, draws).lines


def without_runs_of(corpus: Corpus, source: str) -> Corpus:
    """The same corpus, in which neither levels nor steps have seen a source of runs."""
    kept = [i for i, trace in enumerate(corpus.traces) if not trace.source.startswith(source)]
    blind = without_levels_of(corpus, source)
    return replace(
        blind, traces=[corpus.traces[i] for i in kept], trace_readings=[corpus.trace_readings[i] for i in kept]
    )


class _Ours:
    """Orderings of the classifier for any two models, from one reading of the steps."""

    def __init__(
        self, corpus: Corpus, model: DifficultyAbility, readings: Sequence[Reading], vectors: Floats | None
    ) -> None:
        self._corpus, self._model, self._readings, self._vectors = corpus, model, readings, vectors

    def __call__(self, facts: Sequence[ModelFacts]) -> Ordering:
        estimates = self._model.estimate(self._readings, self._vectors, {one.model: one for one in facts})
        weak, strong = (np.array([e.p_adequate[one.model] for e in estimates]) for one in facts)
        return Ordering(strong - weak, (weak, strong), np.array([e.difficulty for e in estimates]))


def pairs_of_runs(scores: pd.DataFrame, source: str, tasks: Sequence[str]) -> Iterator[Pair]:
    """The pairs that the rule above chooses.

    Args:
        scores: task_id, model, adequate; a task that was run again counts with its mean.
        source: What the pairs are called.
        tasks: Which tasks are judged, in the order of their readings.
    """
    table = scores.pivot_table(index="task_id", columns="model", values="adequate", aggfunc="mean").reindex(list(tasks))
    given = table.notna().sum()
    table = table.loc[:, given >= _MOST_OF_THE_TASKS * given.median()]
    *others, strong = table.mean().sort_values(kind="stable").index
    for weak in dict.fromkeys(others[int(rank * (len(others) - 1))] for rank in _RANKS):
        both = table[[weak, strong]].to_numpy()
        at = np.flatnonzero(~np.isnan(both).any(axis=1))
        usd = (np.full(len(at), _WEAK_SHOT_USD), np.full(len(at), _STRONG_SHOT_USD))
        yield Pair(source, source, weak, strong, (both[at, 0], both[at, 1]), usd, at)


def _facts(corpus: Corpus, model: str) -> ModelFacts:
    into, out = corpus.data.prices.get(normal_name(model), (0.0, 0.0))
    return ModelFacts(model, usd_per_mtok_in=into, usd_per_mtok_out=out)
