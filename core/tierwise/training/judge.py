"""Judges the classifier on the shared data. What is left out was seen by nothing: neither by levels nor by difficulty.

    python -m tierwise.training.judge --data FOLDER [--encoder FOLDER] [--ours FOLDER] [--card FILE] [--html FILE] [--fast]

For every outcome source all parts are fitted without it, and judged on the fixed pairs of `pairs.csv`. The learners beside
ours get the same: vectors and failures of the other sources' questions. Questions that stand in two sources are left out of
training by their text.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tierwise.classifier.families import normal_name
from tierwise.classifier.model import DifficultyAbility
from tierwise.embedding import FastEmbedder, packaged_encoder
from tierwise.evaluation.baselines import LEARNERS
from tierwise.evaluation.eval_report import EvalReport, Judged, report_on
from tierwise.evaluation.judged import DIFFICULTY, rule_orderings
from tierwise.evaluation.pairs import OURS, Ordering, Pair
from tierwise.protocols import Embedder
from tierwise.training.card import markdown, write_card
from tierwise.training.corpus import SEED, Corpus, question_targets, read_corpus, without_levels_of
from tierwise.training.fit import fit
from tierwise.training.judge_runs import judge_runs
from tierwise.training.judge_steps import classifiers, judge_steps
from tierwise.training.sources import OUTCOME_SOURCES, SharedData
from tierwise.types import Floats, ModelFacts, Reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["judge_corpus", "judge_shared", "main", "tables"]

log = logging.getLogger(__name__)

PLAIN = "tierwise, signals alone"
_OUTPUT_TOKENS = 300
_DRAWS, _FAST_DRAWS = 400, 200
_FAST_QUERIES = 500
_KIN_CHARS, _END_OF_DIALOGUE = 40, "[End dialogue]"
"""Twins of routerbench differ in one word and begin alike; eq_bench asks several questions about one dialogue."""


@dataclass(frozen=True)
class _Rows:
    """A source's questions: readings, their place in it, vectors for the learners, and what each is resampled with."""

    source: str
    readings: list[Reading]
    queries: pd.DataFrame
    scores: pd.DataFrame
    vectors: Floats
    clusters: list[str]


def judge_shared(folder: Path, encoder: Path | None = None, fast: bool = False, ours: Path | None = None) -> EvalReport:
    """Judges on a folder with the shared data.

    Args:
        folder: Holds `outcomes`, `agents` and `pairs.csv`.
        encoder: The folder of the encoder that learners are given; the packaged one by default.
        fast: Judge at most 500 questions of each source, with fewer resamples. All else, ours included, sees all data.
        ours: The folder of the encoder that the classifier is given a head for; the packaged one by default.

    Raises:
        ConfigError: The folder does not hold the data.
        EmbedderUnavailable: The encoder is not there.
    """
    beside, mine = (packaged_encoder() if path is None else FastEmbedder(path) for path in (encoder, ours))
    return judge_corpus(read_corpus(SharedData(folder)), [mine], beside, fast)


def tables(corpus: Corpus, encoders: Sequence[Embedder]) -> str:
    """All tables, as Markdown; learners use the last encoder."""
    return markdown(judge_corpus(corpus, encoders, [*encoders, packaged_encoder()][-1]))


def judge_corpus(corpus: Corpus, encoders: Sequence[Embedder], beside: Embedder, fast: bool = False) -> EvalReport:
    """All fixed pairs, leaving their source out; labelled steps, leaving their benchmark out; whole runs, likewise.

    Args:
        corpus: What `read_corpus` returns.
        encoders: Those of ours; heads are fitted for signals alone and for each, and the last is the one called ours.
        beside: The encoder of the learners.
        fast: See `judge_shared`.
    """
    rows = _all_rows(corpus, beside, fast)
    sample = f" A sample: at most {_FAST_QUERIES} questions of a source." if fast else ""
    notes = [
        "Each source was left out of everything that was fitted; APGR of a random order is 0.5; 95 % intervals, resampled by"
        " question (by dialogue and by twins where those exist), sources held fixed. kNN, ridge and the k-means table use"
        f" {beside.name} and learned the failures of weak models on the other sources.{sample}"
    ]
    judged = list(_judge_sources(corpus, encoders, beside, rows))
    clusters = {name: found.clusters for name, found in rows.items()}
    draws = _FAST_DRAWS if fast else _DRAWS
    report = report_on("leaving one source out", judged, clusters, draws, notes)
    steps, runs = judge_steps(corpus, encoders, beside), judge_runs(corpus, encoders, beside, draws)
    return replace(report, steps=steps, runs=runs)


def _judge_sources(
    corpus: Corpus, encoders: Sequence[Embedder], beside: Embedder, rows: Mapping[str, _Rows]
) -> Iterator[Judged]:
    targets = question_targets(corpus)
    for source, mine in rows.items():
        start = time.perf_counter()
        weights = fit(without_levels_of(corpus, source), encoders, leave_out=source)
        models = list(classifiers(weights, encoders))
        shared = {**rule_orderings(mine.readings), **_learned(targets, rows, source, beside)}
        pairs = corpus.data.pairs[corpus.data.pairs["source"] == source]
        for part, weak, strong in pairs[["part", "weak", "strong"]].itertuples(index=False):
            pair = _pair(corpus, mine, part, weak, strong)
            yield pair, _orderings(corpus, mine, pair, models, shared), mine.queries["task"].to_numpy()[pair.rows]
        log.info("judged %s in %.0f s", source, time.perf_counter() - start)


def _all_rows(corpus: Corpus, beside: Embedder, fast: bool) -> dict[str, _Rows]:
    """The questions of each source, in the sources' order."""
    found = {source: _rows_of(corpus, source, beside, fast) for source in OUTCOME_SOURCES}
    return {**found, "bfcl": _rows_of(corpus, "bfcl", beside, fast)}


def _rows_of(corpus: Corpus, source: str, beside: Embedder, fast: bool) -> _Rows:
    data = corpus.data
    if source == "bfcl":
        queries, scores, readings = data.tool_queries, data.tool_scores_as_run, corpus.calls
        queries = queries[queries["source"].isin([f"bfcl_{part}" for part in _parts(corpus, source)])]
        scores = scores[scores["source"].isin(queries["source"].unique())]
    else:
        queries = data.queries[data.queries["source"] == source]
        scores, readings = data.scores[data.scores["source"] == source], corpus.questions
    queries = queries.reset_index(names="at")
    if fast:
        queries = queries.sample(min(_FAST_QUERIES, len(queries)), random_state=SEED).reset_index(drop=True)
    mine = [readings[i] for i in queries["at"]]
    vectors = corpus.embed(beside, mine, latest=False)
    assert vectors is not None  # there is an encoder
    clusters = [_kin(source, reading, str(name)) for reading, name in zip(mine, queries["query_id"], strict=True)]
    return _Rows(source, mine, queries, scores, vectors[:, 0], clusters)


def _parts(corpus: Corpus, source: str) -> list[str]:
    pairs = corpus.data.pairs
    return list(pairs.loc[pairs["source"] == source, "part"].unique())


def _kin(source: str, reading: Reading, name: str) -> str:
    """What a question is resampled with: itself, or what is about the same thing."""
    if source == "eq_bench":
        return reading.task.partition(_END_OF_DIALOGUE)[0]
    return reading.task[:_KIN_CHARS] if source == "routerbench" else name


def _pair(corpus: Corpus, rows: _Rows, part: str, weak: str, strong: str) -> Pair:
    """What both models did on the questions that both were asked."""
    both = rows.scores[rows.scores["model"].isin([weak, strong])]
    both = both.assign(output=both["output_tokens"].fillna(_OUTPUT_TOKENS))
    wide = both.pivot_table(index="query_id", columns="model", values=["adequate", "output"], aggfunc="mean").dropna()
    wide = wide.reindex(rows.queries["query_id"])
    known = wide["adequate"].notna().all(axis=1).to_numpy()
    known = known & np.array([_is_part(rows.source, task, part) for task in rows.queries["task"]])
    at = np.flatnonzero(known)
    tokens = np.array([rows.readings[i].signals.input_tokens for i in at])
    scores, usd = [], []
    for name in (weak, strong):
        facts = _facts(corpus, name)
        out = wide["output"][name].to_numpy()[at]
        scores.append(wide["adequate"][name].to_numpy()[at])
        usd.append((tokens * facts.usd_per_mtok_in + out * facts.usd_per_mtok_out) / 1e6)
    if not usd[1].mean() > usd[0].mean():
        usd = [np.zeros(len(at)), np.ones(len(at))]
    data = f"{rows.source}:{part}" if part else rows.source
    return Pair(rows.source, data, weak, strong, (scores[0], scores[1]), (usd[0], usd[1]), at)


def _is_part(source: str, task: str, part: str) -> bool:
    return not part or source == "bfcl" or task == part or task.endswith(f"/{part}")


def _facts(corpus: Corpus, model: str) -> ModelFacts:
    into, out = corpus.data.prices.get(normal_name(model), (0.0, 0.0))
    return ModelFacts(model, usd_per_mtok_in=into, usd_per_mtok_out=out)


def _orderings(
    corpus: Corpus,
    rows: _Rows,
    pair: Pair,
    models: Sequence[tuple[Embedder | None, DifficultyAbility]],
    shared: Mapping[str, Ordering],
) -> dict[str, Ordering]:
    readings = [rows.readings[i] for i in pair.rows]
    facts = {name: _facts(corpus, name) for name in (pair.weak, pair.strong)}
    found: dict[str, Ordering] = {}
    for encoder, model in models:
        estimates = model.estimate(readings, corpus.embed(encoder, readings, latest=False), facts)
        weak, strong = (np.array([e.p_adequate[name] for e in estimates]) for name in facts)
        z = np.array([e.difficulty for e in estimates])
        found[PLAIN if encoder is None and len(models) > 1 else OURS] = Ordering(strong - weak, (weak, strong), z)
        found[DIFFICULTY] = Ordering(z)
    ours = {name: found[name] for name in (OURS, DIFFICULTY, PLAIN) if name in found}
    return {**ours, **{name: ordering.only(pair.rows) for name, ordering in shared.items()}}


def _learned(targets: pd.DataFrame, rows: Mapping[str, _Rows], source: str, beside: Embedder) -> dict[str, Ordering]:
    """Learners of weak models' failure on the other sources' questions, texts of this source left out."""
    mine = rows[source]
    texts = {reading.task for reading in mine.readings}
    x, y = [], []
    for other in OUTCOME_SOURCES:
        if other != source:
            failure = targets["failure"].to_numpy()[rows[other].queries["at"]]
            new = np.array([reading.task not in texts for reading in rows[other].readings])
            use = new & ~np.isnan(failure)
            x.append(rows[other].vectors[use])
            y.append(failure[use])
    train, failure = np.concatenate(x), np.concatenate(y)[:, None]
    return {
        f"{name} on {beside.name}": Ordering(learner.predict(train, failure, mine.vectors)[:, 0])
        for name, learner in LEARNERS.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.training.judge", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the shared data")
    parser.add_argument("--encoder", type=Path, help="the encoder of the learners; the packaged one by default")
    parser.add_argument("--ours", type=Path, help="the encoder of the classifier; the packaged one by default")
    parser.add_argument("--card", type=Path, help="put the tables between the markers of this file")
    parser.add_argument("--html", type=Path, help="also write a page with charts")
    parser.add_argument("--json", type=Path, help="also write the figures as JSON")
    parser.add_argument("--fast", action="store_true", help="judge a sample of each source")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    known = options.encoder if options.encoder is not None and options.encoder.is_dir() else None
    report = judge_shared(options.data, known, options.fast, options.ours)
    log.info("%s", markdown(report))
    if options.card is not None:
        write_card(options.card, report)
    if options.html is not None:
        from tierwise.evaluation.eval_page import page

        options.html.write_text(page(report), encoding="utf-8")
    if options.json is not None:
        options.json.write_text(json.dumps(report.to_dict(), indent=1), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
