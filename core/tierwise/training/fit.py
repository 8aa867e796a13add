"""Trains the classifier of the wheel: `python -m tierwise.training.fit --data FOLDER --out FOLDER`."""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from tierwise.classifier.ability import GROUPS
from tierwise.classifier.difficulty import Difficulty, Head
from tierwise.classifier.families import normal_name
from tierwise.classifier.features import raw_signals
from tierwise.classifier.weights_file import NO_ENCODER, PROBE, HeadInfo, Weights, save_weights
from tierwise.embedding import FastEmbedder, packaged_encoder
from tierwise.errors import TierwiseError
from tierwise.protocols import Embedder
from tierwise.training.corpus import SEED, Corpus, question_targets, read_corpus
from tierwise.training.sources import STEP_TIERS, SharedData
from tierwise.training.steps import StepRows, fit_steps
from tierwise.training.texts import TextRows, fit_texts
from tierwise.training.traffic import reference_traffic
from tierwise.types import Floats

__all__ = ["fit", "main"]

log = logging.getLogger(__name__)

_WITHIN_SLOPE, _BETWEEN_SLOPE = 0.35, 0.25
"""Logits per standard deviation, and the share of the between part that is believed."""

_MODELS_PER_QUERY = 6
_RUN_WEIGHT = {"agentdojo": 1.0, "tau1": 1.0, "tau2": 1.0, "mint": 0.4, "bfcl_multi_turn": 0.4}
"""Say of a whole run, beside 1 for a tool query; the oldest runs, of one tool, and those of two models have the least."""
_LABEL_WEIGHT = 3.0
"""Say of a labelled step at each of its four tiers: few, but they are the only steps graded as steps."""

_Scaling: TypeAlias = tuple[Floats, Floats, Floats, Floats]


def fit(corpus: Corpus, encoders: Sequence[Embedder] = (), leave_out: str | None = None) -> Weights:
    """Fits all parts.

    Args:
        corpus: What `read_corpus` returns.
        encoders: One more head is trained for each.
        leave_out: An outcome source, "bfcl", a source of runs, or a benchmark of the step labels, whose texts and outcomes
            are not seen.
            Levels come with the corpus, see `without_levels_of`.
    """
    scaling = _scaling(corpus)
    traffic = reference_traffic(corpus)
    readings = [row.reading for row in traffic]
    heads: dict[str, HeadInfo] = {}
    mix: Floats = np.zeros((0, 0))
    for encoder in (None, *encoders):
        head, dim = _fit_head(corpus, scaling, encoder, leave_out)
        z, mix, _ = _difficulty(scaling, head, dim).read(readings, corpus.embed(encoder, readings, latest=False))
        key = encoder.name if encoder else NO_ENCODER
        probe = None if encoder is None else np.asarray(encoder.embed([PROBE])[0])
        heads[key] = HeadInfo(
            encoder.name if encoder else None, getattr(encoder, "fingerprint", None), dim, head, z, probe
        )
    counts = [[r.reading.signals.input_tokens, r.output_tokens, r.weight] for r in traffic]
    figures = np.concatenate([mix, np.array(counts, dtype=float)], axis=1)
    slopes = np.array([_WITHIN_SLOPE, _BETWEEN_SLOPE])
    return Weights(heads, np.stack(scaling), slopes, corpus.levels.abilities, figures)


def _difficulty(scaling: _Scaling, head: Head, dim: int) -> Difficulty:
    return Difficulty(*scaling, head, dim, _WITHIN_SLOPE, _BETWEEN_SLOPE)


def _scaling(corpus: Corpus) -> _Scaling:
    """Low, high, mean and standard deviation of raw signals, over texts and steps alike."""
    texts = raw_signals(corpus.questions[::3] + corpus.opinions)
    steps = raw_signals(corpus.calls + corpus.labelled * 4 + corpus.trace_readings)
    both = np.concatenate([texts, steps])
    low, high = np.quantile(both, 0.002, axis=0), np.quantile(both, 0.998, axis=0)
    clipped = np.clip(both, low, high)
    sd = clipped.std(axis=0)
    return low, high, clipped.mean(axis=0), np.where(sd > 1e-6, sd, 1.0)


def _fit_head(corpus: Corpus, scaling: _Scaling, encoder: Embedder | None, leave_out: str | None) -> tuple[Head, int]:
    dim = encoder.dim if encoder else 0
    blank = _difficulty(scaling, Head(np.zeros((0, 0)), np.zeros(0), np.zeros(0), 0.0, 0.0), dim)
    text, bias = fit_texts(_text_rows(corpus, blank, encoder, leave_out), SEED)
    draft = _difficulty(scaling, Head(text, bias, np.zeros(0), 0.0, 0.0), dim)
    rows = step_rows(corpus, leave_out)
    standard = draft.standard(raw_signals(rows.readings))
    difficulty, _ = draft.text(standard, corpus.embed(encoder, rows.readings, latest=False))
    step, step_bias, carry = fit_steps(rows, standard, difficulty, scaling[3])
    return Head(text, bias, step, step_bias, carry), dim


def _text_rows(corpus: Corpus, blank: Difficulty, encoder: Embedder | None, leave_out: str | None) -> TextRows:
    left_out = (corpus.data.queries["source"] == leave_out).to_numpy()
    # The same coding tasks and school questions stand in several sources: split by text, not by source alone.
    texts = {reading.task for reading, out in zip(corpus.questions, left_out, strict=True) if out}
    keep = np.array([reading.task not in texts for reading in corpus.questions])
    kept = [reading for reading, stays in zip(corpus.questions, keep, strict=True) if stays]
    question_vectors, opinion_vectors = (corpus.embed(encoder, some, latest=False) for some in (kept, corpus.opinions))
    return TextRows(
        questions=blank.standard(raw_signals(kept)),
        question_vectors=None if question_vectors is None else question_vectors[:, 0],
        opinions=blank.standard(raw_signals(corpus.opinions)),
        opinion_vectors=None if opinion_vectors is None else opinion_vectors[:, 0],
        opinion_class=corpus.opinion_class,
        about=question_targets(corpus)[keep].reset_index(drop=True),
    )


def step_rows(corpus: Corpus, leave_out: str | None) -> StepRows:
    """Outcomes of models on steps: tool queries, labelled steps, and calls of whole runs."""
    rows = StepRows()
    if leave_out != "bfcl":
        _add_tool_queries(rows, corpus)
    _add_labelled(rows, corpus, leave_out)
    _add_runs(rows, corpus, leave_out)
    return rows


def _add_tool_queries(rows: StepRows, corpus: Corpus) -> None:
    data, level = corpus.data, _tool_levels(corpus)
    first = rows.add_readings(corpus.calls)
    at = {(r.source, r.query_id): first + i for i, r in enumerate(data.tool_queries.itertuples())}
    scores = data.tool_scores.sample(frac=1.0, random_state=SEED)
    for r in scores.groupby(["source", "query_id"]).head(_MODELS_PER_QUERY).itertuples():
        if (r.source, r.query_id) in at and r.base in level:
            rows.add(at[r.source, r.query_id], level[r.base], r.adequate, 1.0 / _MODELS_PER_QUERY)


def _add_labelled(rows: StepRows, corpus: Corpus, leave_out: str | None) -> None:
    first = rows.add_readings(corpus.labelled)
    tools = GROUPS.index("tools")
    levels = [float(corpus.levels.abilities.level(facts).groups[tools]) for facts in STEP_TIERS]
    for i, label in enumerate(corpus.data.labelled_steps.itertuples()):
        for tier, level in enumerate(levels):
            if label.benchmark != leave_out:
                rows.add(first + i, level, float(tier >= label.target_tier_id), _LABEL_WEIGHT)


def _add_runs(rows: StepRows, corpus: Corpus, leave_out: str | None) -> None:
    first = rows.add_readings(corpus.trace_readings)
    level = _tool_levels(corpus)
    for i, trace in enumerate(corpus.traces):
        name = normal_name(trace.model)
        left_out = leave_out is not None and trace.source.startswith(leave_out)
        if name in level and not left_out:
            rows.add(first + i, level[name], trace.reward, _RUN_WEIGHT[trace.source], trace.task, trace.run)


def _tool_levels(corpus: Corpus) -> dict[str, float]:
    tools = GROUPS.index("tools")
    return {name: float(groups[tools]) for name, groups in corpus.levels.abilities.table.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.training.fit", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the shared data")
    parser.add_argument("--out", type=Path, help="where the weights go; needed unless --evaluate is given")
    parser.add_argument("--encoder", action="append", help="'packaged' (the default), 'none', or a folder; repeatable")
    parser.add_argument("--evaluate", action="store_true", help="print the tables of the model card, write nothing")
    options = parser.parse_args(arguments)
    if options.out is None and not options.evaluate:
        parser.error("--out is missing: give the folder for the weights, or --evaluate")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    start = time.perf_counter()
    corpus = read_corpus(SharedData(options.data))
    encoders = _encoders(options.encoder or ["packaged"])
    log.info("read %s questions in %.0f s", len(corpus.questions), time.perf_counter() - start)
    if options.evaluate:
        from tierwise.training.judge import tables

        log.info("%s", tables(corpus, encoders))
        return
    weights = fit(corpus, encoders)
    save_weights(weights, options.out)
    n_models = len(weights.abilities.table)
    log.info("wrote heads %s, %s models, in %.0f s", list(weights.heads), n_models, time.perf_counter() - start)


def _encoders(specs: Sequence[str]) -> list[Embedder]:
    """The encoders to train heads for; one that cannot be used is left out, and said."""
    found: list[Embedder] = []
    for spec in specs:
        try:
            if spec != "none":
                encoder = packaged_encoder() if spec == "packaged" else FastEmbedder(Path(spec))
                encoder.embed(["a"])
                found.append(encoder)
        except (TierwiseError, OSError) as error:
            log.warning("encoder %r cannot be used, no head for it: %s", spec, error)
    return found


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
