"""Trains the classifier of the wheel: `python -m tierwise.learning.fit --data FOLDER --out FOLDER`."""

from __future__ import annotations

import argparse
import logging
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tierwise.classifier.ability import GROUPS, Abilities
from tierwise.classifier.difficulty import CLASSES, Difficulty, Head, raw_signals
from tierwise.classifier.families import normal_name
from tierwise.classifier.weights_file import NO_ENCODER, HeadInfo, Weights, save_weights
from tierwise.errors import TierwiseError
from tierwise.learning.levels import LevelFit, cells, fit_levels
from tierwise.learning.sources import SharedData, TraceStep
from tierwise.learning.steps import StepRows, fit_steps
from tierwise.learning.texts import TextRows, fit_texts
from tierwise.protocols import Embedder
from tierwise.signals import read_step
from tierwise.types import Floats, ModelFacts, Reading, Step

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STEP_TIER_PRICES", "Corpus", "fit", "main", "read_corpus", "without"]

log = logging.getLogger(__name__)

SEED = 20261124
_TRACES = {"agentdojo": 500, "tau": 250, "mint": 900}
_MODELS_PER_QUERY = 6
_RUN_WEIGHT = {"agentdojo": 1.0, "tau1": 1.0, "tau2": 1.0, "mint": 0.4}
"""Say of a whole run, beside 1 for a tool query; the oldest runs, of one tool, have the least."""
_WITHIN_SLOPE, _BETWEEN_SLOPE = 0.35, 0.5
"""Logits per standard deviation, and the share of the between part that is believed (ADEQUACY, recipe 5)."""


@dataclass(frozen=True)
class Corpus:
    """Everything that is read once: the shared data with its readings; vectors come per encoder."""

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

    def embed(self, encoder: Embedder | None, readings: Sequence[Reading]) -> Floats | None:
        """Vectors of task and latest message, shape (n, 2, dim), each text embedded once; None without an encoder."""
        if encoder is None:
            return None
        asked = dict.fromkeys((encoder.name, text) for r in readings for text in (r.task, r.latest))
        new = [key for key in asked if key not in self._vectors]
        for i in range(0, len(new), 256):
            block = new[i : i + 256]
            self._vectors.update(zip(block, encoder.embed([text for _, text in block]), strict=True))
        pairs = [[self._vectors[encoder.name, text] for text in (r.task, r.latest)] for r in readings]
        return np.array(pairs, dtype=np.float32)


def read_corpus(data: SharedData) -> Corpus:
    """Reads signals off all training texts, and fits the levels of models."""
    levels = fit_levels(cells(data), data.prices)
    asked = data.queries[["prompt", "system"]].itertuples(index=False)
    questions = [read_step(Step(_messages(prompt, system))) for prompt, system in asked]
    prompts, classes = padded(data.tier_labels["prompt"].tolist(), opinion_classes(data.tier_labels))
    opinions = [read_step(Step(_messages(prompt, None))) for prompt in prompts]
    calls = [read_step(step) for step in data.tool_queries["step"]]
    labelled = [read_step(step) for step in data.labelled_steps["step"]]
    traces = [step for source, n in _TRACES.items() for step in data.trace_steps(source, n, SEED)]
    return Corpus(
        data, levels, questions, opinions, classes, calls, labelled, traces, [read_step(t.step) for t in traces]
    )


def without(corpus: Corpus, source: str) -> Corpus:
    """The same corpus with levels that have not seen an outcome source."""
    found = cells(corpus.data)
    return replace(corpus, levels=fit_levels(found[found["source"] != source], corpus.data.prices))


def _messages(prompt: str, system: Any) -> list[dict[str, str]]:
    before = [{"role": "system", "content": system}] if isinstance(system, str) and system else []
    return [*before, {"role": "user", "content": prompt}]


def fit(corpus: Corpus, encoders: Sequence[Embedder] = (), leave_out: str | None = None) -> Weights:
    """Fits all parts.

    Args:
        corpus: What `read_corpus` returns.
        encoders: One more head is trained for each.
        leave_out: An outcome source, or a benchmark of the step labels, that nothing may see. Levels and scaling come with
            the corpus: see `without`.
    """
    scaling = _scaling(corpus)
    heads: dict[str, HeadInfo] = {}
    picked = _reference_rows(corpus)
    for key, encoder in [(NO_ENCODER, None), *((e.name, e) for e in encoders)]:
        head, dim = _fit_head(corpus, scaling, encoder, leave_out)
        fingerprint = getattr(encoder, "fingerprint", None)
        model = Difficulty(*scaling, head, dim, _WITHIN_SLOPE, _BETWEEN_SLOPE)
        readings = [reading for reading, *_ in picked]
        z, mix, _ = model.read(readings, corpus.embed(encoder, readings))
        figures = np.concatenate([mix, np.array([row[1:] for row in picked])], axis=1)
        heads[key] = HeadInfo(encoder.name if encoder else None, fingerprint, dim, head, z)
    return Weights(
        heads, np.stack(scaling), np.array([_WITHIN_SLOPE, _BETWEEN_SLOPE]), corpus.levels.abilities, figures
    )


def _scaling(corpus: Corpus) -> tuple[Floats, Floats, Floats, Floats]:
    """Low, high, mean and standard deviation of raw signals, over texts and steps alike."""
    texts = raw_signals(corpus.questions[::3] + corpus.opinions)
    steps = raw_signals(corpus.calls + corpus.labelled * 4 + corpus.trace_readings)
    around = np.concatenate([texts, steps])
    low, high = np.quantile(around, 0.002, axis=0), np.quantile(around, 0.998, axis=0)
    clipped = np.clip(around, low, high)
    sd = clipped.std(axis=0)
    return low, np.maximum(high, low), clipped.mean(axis=0), np.where(sd > 1e-6, sd, 1.0)


def _fit_head(
    corpus: Corpus, scaling: tuple[Floats, Floats, Floats, Floats], encoder: Embedder | None, leave_out: str | None
) -> tuple[Head, int]:
    low, high, mean, sd = scaling

    def standard(readings: Sequence[Reading]) -> Floats:
        return (np.clip(raw_signals(readings), low, high) - mean) / sd

    data = corpus.data
    dim = encoder.dim if encoder else 0
    keep = (data.queries["source"] != leave_out).to_numpy()
    texts = TextRows(
        questions=standard(corpus.questions)[keep],
        question_vectors=_tasks(corpus, encoder, corpus.questions, keep),
        opinions=standard(corpus.opinions),
        opinion_vectors=_tasks(corpus, encoder, corpus.opinions, None),
        opinion_class=corpus.opinion_class,
        about=question_targets(corpus)[keep].reset_index(drop=True),
    )
    text, bias = fit_texts(texts, SEED)
    draft = Difficulty(low, high, mean, sd, Head(text, bias, np.zeros(0), 0.0, 0.0), dim, _WITHIN_SLOPE, _BETWEEN_SLOPE)
    rows = _step_rows(corpus, leave_out)
    readings = rows.readings
    difficulty, _ = draft.text(standard(readings), corpus.embed(encoder, readings))
    step, step_bias, carry = fit_steps(rows, standard(readings), difficulty, sd)
    return Head(text, bias, step, step_bias, carry), dim


def _tasks(corpus: Corpus, encoder: Embedder | None, readings: Sequence[Reading], keep: Any) -> Floats | None:
    vectors = corpus.embed(encoder, readings)
    if vectors is None:
        return None
    return vectors[:, 0] if keep is None else vectors[keep, 0]


def question_targets(corpus: Corpus) -> pd.DataFrame:
    """Per question: source, task, how often weak models fail, how hard its task is, in the queries' order."""
    data = corpus.data
    level = {name: float(groups.mean()) for name, groups in corpus.levels.abilities.table.items()}
    scores = data.scores.assign(level=data.scores["model"].map(lambda name: level.get(normal_name(name), 0.0)))
    middle = scores.groupby("source")["level"].transform("median")
    weak = scores[scores["level"] <= middle]
    failure = 1 - weak.groupby(["source", "query_id"])["adequate"].mean()
    about = data.queries[["source", "task", "group", "query_id"]].merge(
        failure.rename("failure").reset_index(), on=["source", "query_id"], how="left"
    )
    mean = about.groupby(["source", "task"])["failure"].transform("mean").clip(0.03, 0.97)
    case = [
        bool(_CASE.search(reading.task)) and group == "knowledge"
        for reading, group in zip(corpus.questions, about["group"], strict=True)
    ]
    sort = np.where(case, CLASSES.index("CASE"), CLASSES.index("EXAM"))
    return about.assign(task_difficulty=np.log(mean / (1 - mean)), **{"class": sort})


def _step_rows(corpus: Corpus, leave_out: str | None) -> StepRows:
    """Outcomes of models on steps: tool queries, labelled steps, and calls of whole runs."""
    abilities, data = corpus.levels.abilities, corpus.data
    tools = GROUPS.index("tools")
    rows = StepRows()
    at = {(r.source, r.query_id): i for i, r in enumerate(data.tool_queries.itertuples())}
    scores = data.tool_scores.sample(frac=1.0, random_state=SEED)
    scores = scores.groupby(["source", "query_id"]).head(_MODELS_PER_QUERY)
    first = rows.add_readings(corpus.calls)
    for r in scores.itertuples():
        i = at.get((r.source, r.query_id))
        if i is not None:
            rows.add(first + i, abilities.table[r.base][tools], r.adequate, 1.0 / _MODELS_PER_QUERY, "")
    first = rows.add_readings(corpus.labelled)
    for i, label in enumerate(data.labelled_steps.itertuples()):
        if label.benchmark != leave_out:
            for tier, model in enumerate(data.step_tiers):
                level = _step_tier_level(abilities, model)
                rows.add(first + i, level, float(tier >= label.target_tier_id), 3.0, "")
    first = rows.add_readings(corpus.trace_readings)
    for i, trace in enumerate(corpus.traces):
        name = normal_name(trace.model)
        if name in abilities.table:
            rows.add(
                first + i, abilities.table[name][tools], trace.reward, _RUN_WEIGHT[trace.source], trace.task, trace.run
            )
    return rows


_CASE = re.compile(
    r"\bpatients?\b|diagnos|symptom|syndrome|\b(?:presents|complain\w*) (?:with|of|to)\b|\b\d+-year-old (?:man|woman|boy|girl|male|fem)",
    re.IGNORECASE,
)
"""Clinical cases among the knowledge questions: the only medicine in the data."""

_CLASS_OF_TIER = {"SIMPLE": "LOOKUP", "MEDIUM": "EVERYDAY", "COMPLEX": "DESIGN", "REASONING": "PROOF"}
_DEBUGGING = ("debugging", "code-review")


def opinion_classes(labels: pd.DataFrame) -> Floats:
    """Index in `CLASSES` of each labelled prompt."""
    names = labels["expected_tier"].map(_CLASS_OF_TIER).where(~labels["category"].isin(_DEBUGGING), "DEBUG")
    return np.asarray(names.map(CLASSES.index).to_numpy())


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


def padded(prompts: list[str], classes: Floats) -> tuple[list[str], Floats]:
    """Prompts, and half of them once more behind two to five sentences of padding, with the same class."""
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(len(prompts), len(prompts) // 2, replace=False)
    more = []
    for i in chosen:
        words = [_PADDING[k] for k in rng.choice(len(_PADDING), rng.integers(2, 6), replace=False)]
        more.append(" ".join([*words, prompts[i]]))
    return prompts + more, np.concatenate([classes, classes[chosen]])


STEP_TIER_PRICES = {
    "deepseek-v3.2": (0.252, 0.378),
    "minimax-m2.7": (0.3, 1.2),
    "gemini-3-flash-preview": (0.5, 3.0),
    "claude-opus-4-6": (5.0, 25.0),
}


def _step_tier_level(abilities: Abilities, model: str) -> float:
    into, out = STEP_TIER_PRICES[model]
    level = abilities.level(ModelFacts(model, usd_per_mtok_in=into, usd_per_mtok_out=out))
    return float(level.groups[GROUPS.index("tools")])


_CHAT_MIX = {"SIMPLE": (0.42, 120.0), "MEDIUM": (0.36, 400.0), "COMPLEX": (0.13, 900.0), "REASONING": (0.09, 900.0)}
"""Share of chat, and output tokens of an answer: a judgement, no data."""


def _reference_rows(corpus: Corpus) -> list[tuple[Reading, float, float, float]]:
    """Reference traffic: reading, input tokens, output tokens, weight; half agents, three tenths chat, a fifth exams."""
    rng = np.random.default_rng(SEED)
    rows: list[tuple[Reading, float, float, float]] = []

    def add(readings: Sequence[Reading], outputs: Any, share: float, n: int) -> None:
        for i in rng.choice(len(readings), min(n, len(readings)), replace=False):
            tokens = float(readings[i].signals.input_tokens)
            rows.append((readings[i], tokens, float(outputs[i]), share / min(n, len(readings))))

    for source, share in (("agentdojo", 0.14), ("tau", 0.14), ("mint", 0.07)):
        at = [i for i, t in enumerate(corpus.traces) if t.source.startswith(source)]
        add([corpus.trace_readings[i] for i in at], [corpus.traces[i].output_tokens for i in at], share, 250)
    add(corpus.calls, np.full(len(corpus.calls), 60.0), 0.08, 150)
    add(corpus.labelled, np.full(len(corpus.labelled), 300.0), 0.07, 149)
    tier = corpus.data.tier_labels["expected_tier"].to_numpy()
    for name, (share, tokens) in _CHAT_MIX.items():
        chosen = [corpus.opinions[i] for i in np.flatnonzero(tier == name)]  # without the padded ones
        add(chosen, np.full(len(chosen), tokens), 0.3 * share, 130)
    task = (corpus.data.queries["source"] + corpus.data.queries["task"]).to_numpy()
    spread = np.concatenate([rng.choice(np.flatnonzero(task == t), 2) for t in np.unique(task)])
    add([corpus.questions[i] for i in spread], np.full(len(spread), 350.0), 0.2, 300)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.learning.fit", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the shared data")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go")
    parser.add_argument("--encoder", action="append", default=None, help="'packaged' (default), 'none', or a folder")
    parser.add_argument("--evaluate", action="store_true", help="print the tables of the model card instead")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    start = time.perf_counter()
    corpus = read_corpus(SharedData(options.data))
    log.info(
        "read %s questions, %s steps in %.0f s",
        len(corpus.questions),
        len(corpus.calls) + len(corpus.traces),
        time.perf_counter() - start,
    )
    encoders = _encoders(options.encoder or ["packaged"])
    if options.evaluate:
        from tierwise.learning.judge import tables

        log.info("%s", tables(corpus, encoders))
        return
    weights = fit(corpus, encoders)
    save_weights(weights, options.out)
    log.info(
        "wrote %s heads for %s models to %s in %.0f s",
        len(weights.heads),
        len(weights.abilities.table),
        options.out,
        time.perf_counter() - start,
    )


def _encoders(specs: Sequence[str]) -> list[Embedder]:
    from tierwise.embedding import FastEmbedder, packaged_encoder

    found: list[Embedder] = []
    for spec in specs:
        if spec == "none":
            continue
        try:
            encoder = packaged_encoder() if spec == "packaged" else FastEmbedder(Path(spec))
            encoder.embed(["a"])
            found.append(encoder)
        except (TierwiseError, OSError) as error:
            log.warning("encoder %r cannot be used, no head for it: %s", spec, error)
    return found


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
