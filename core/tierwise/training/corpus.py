"""The shared data with its readings: everything that is read once, whatever is fitted on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tierwise.classifier.difficulty import CLASSES
from tierwise.classifier.families import normal_name
from tierwise.protocols import Embedder
from tierwise.signals import read_step
from tierwise.training.levels import LevelFit, cells, fit_levels
from tierwise.training.sources import CONVERSATIONS, SharedData, TraceStep
from tierwise.types import Floats, Reading, Step

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SEED", "Corpus", "opinion_classes", "padded", "question_targets", "read_corpus", "without_levels_of"]

SEED = 20261124
_TRACES = {"agentdojo": 500, "tau": 250, "mint": 900, CONVERSATIONS: 300}
"""How many recorded runs are read."""
_BATCH = 256

_CLASS_OF_TIER = {"SIMPLE": "LOOKUP", "MEDIUM": "EVERYDAY", "COMPLEX": "DESIGN", "REASONING": "PROOF"}
_DEBUGGING = ("debugging", "code-review")

_CASE = re.compile(
    r"\bpatients?\b|diagnos|symptom|syndrome|\b(?:presents|complain\w*) (?:with|of|to)\b|"
    r"\b\d+-year-old (?:man|woman|boy|girl|male|fem)",
    re.IGNORECASE,
)
"""Clinical cases among the knowledge questions: the only medicine in the data."""

_EXACT = ("exact", "pass@1")
"""Metrics under which a right answer counts as right: a fact in other words is wrong by token overlap."""
_FACT_WORDS = 9
"""A knowledge question of at most so many words, graded by overlap, is a look-up: a judgement."""

_PADDING = (
    "I hope you are doing well today.",
    "There is no hurry at all, please take your time.",
    "I have been meaning to ask this for a while and finally found a quiet moment.",
    "Sorry for the long message, I tend to write a lot.",
    "The weather is lovely here and I am having a coffee on the balcony.",
    "My colleague said that you might be able to help me with it.",
    "I really appreciate everything that you do for us.",
    "It is nothing urgent, I am only curious.",
    "As you may remember, we talked about something else yesterday.",
    "Thanks a lot in advance for your answer.",
)
"""Written for this file: talk that leaves a request as easy or as hard as it is."""


@dataclass(frozen=True)
class Corpus:
    """Readings of all training texts.

    `opinions` are the labelled prompts in their order, then the padded ones; `opinion_class` indexes `CLASSES`.
    """

    data: SharedData
    levels: LevelFit
    questions: list[Reading]
    opinions: list[Reading]
    opinion_class: Floats
    calls: list[Reading]
    labelled: list[Reading]
    traces: list[TraceStep]
    trace_readings: list[Reading]
    _vectors: dict[tuple[str, str], Floats] = field(default_factory=dict)

    def embed(self, encoder: Embedder | None, readings: Sequence[Reading], latest: bool = True) -> Floats | None:
        """Vectors of task and latest message, shape (n, 2, dim), each text embedded once; None without an encoder.

        Args:
            encoder: Of whichever kind.
            readings: Of n steps.
            latest: False leaves zeros in the place of latest messages, which no head reads: half the work.
        """
        if encoder is None:
            return None
        texts = [(r.task, r.latest if latest else "") for r in readings]
        asked = dict.fromkeys((encoder.name, text) for both in texts for text in both)
        new = [key for key in asked if key not in self._vectors]
        for i in range(0, len(new), _BATCH):
            block = new[i : i + _BATCH]
            self._vectors.update(zip(block, encoder.embed([text for _, text in block]), strict=True))
        pairs = [[self._vectors[encoder.name, text] for text in both] for both in texts]
        return np.array(pairs, dtype=np.float32)


def read_corpus(data: SharedData) -> Corpus:
    """Reads signals off all training texts, and fits the levels of models."""
    asked = data.queries[["prompt", "system"]].itertuples(index=False)
    prompts, classes = padded(data.tier_labels["prompt"].tolist(), opinion_classes(data.tier_labels))
    traces = [step for source, n in _TRACES.items() for step in data.trace_steps(source, n, SEED)]
    return Corpus(
        data=data,
        levels=fit_levels(cells(data), data.prices),
        questions=[read_step(Step(_messages(prompt, system))) for prompt, system in asked],
        opinions=[read_step(Step(_messages(prompt, None))) for prompt in prompts],
        opinion_class=classes,
        calls=[read_step(step) for step in data.tool_queries["step"]],
        labelled=[read_step(step) for step in data.labelled_steps["step"]],
        traces=traces,
        trace_readings=[read_step(trace.step) for trace in traces],
    )


def _messages(prompt: str, system: Any) -> list[dict[str, str]]:
    before = [{"role": "system", "content": system}] if isinstance(system, str) and system else []
    return [*before, {"role": "user", "content": prompt}]


def without_levels_of(corpus: Corpus, source: str) -> Corpus:
    """The same corpus with levels that have not seen a source: its models fall back on other sources, name and price."""
    found = cells(corpus.data)
    seen = found[~found["source"].str.startswith(source)]
    return replace(corpus, levels=fit_levels(seen, corpus.data.prices))


def opinion_classes(labels: pd.DataFrame) -> Floats:
    """Index in `CLASSES` of each labelled prompt."""
    names = labels["expected_tier"].map(_CLASS_OF_TIER).where(~labels["category"].isin(_DEBUGGING), "DEBUG")
    return np.asarray(names.map(CLASSES.index).to_numpy())


def padded(prompts: list[str], classes: Floats) -> tuple[list[str], Floats]:
    """Prompts, and all of them once more behind two to five sentences of padding, with the same class."""
    rng = np.random.default_rng(SEED)
    more = []
    for prompt in prompts:
        words = [_PADDING[k] for k in rng.choice(len(_PADDING), rng.integers(2, 6), replace=False)]
        more.append(" ".join([*words, prompt]))
    return prompts + more, np.concatenate([classes, classes])


def question_targets(corpus: Corpus) -> pd.DataFrame:
    """Per question, in the queries' order: source, task, group, class, failure, task_difficulty, exact.

    Failure is that of weak models, those up to the source's median level; difficulty is its logit over the task; exact
    says whether the metric knows a right answer.
    """
    data = corpus.data
    level = {name: float(groups.mean()) for name, groups in corpus.levels.abilities.table.items()}
    scores = data.scores.assign(level=data.scores["model"].map(lambda name: level.get(normal_name(name), 0.0)))
    weak = scores[scores["level"] <= scores.groupby("source")["level"].transform("median")]
    failure = 1 - weak.groupby(["source", "query_id"])["adequate"].mean()
    about = data.queries[["source", "task", "group", "query_id"]].merge(
        failure.rename("failure").reset_index(), on=["source", "query_id"], how="left"
    )
    mean = about.groupby(["source", "task"])["failure"].transform("mean").clip(0.03, 0.97)
    pairs = zip(corpus.questions, about["group"], strict=True)
    case = [group == "knowledge" and _CASE.search(reading.task) is not None for reading, group in pairs]
    sort = np.where(case, CLASSES.index("CASE"), CLASSES.index("EXAM"))
    short = np.array([reading.signals.question_words <= _FACT_WORDS for reading in corpus.questions])
    metric = data.scores.drop_duplicates(["source", "query_id"]).set_index(["source", "query_id"])["metric"]
    exact = about.set_index(["source", "query_id"]).index.map(metric).isin(_EXACT)
    fact = short & ~exact & (about["group"] == "knowledge")
    sort = np.where(fact, CLASSES.index("LOOKUP"), sort)
    return about.assign(task_difficulty=np.log(mean / (1 - mean)), exact=exact, **{"class": sort})
