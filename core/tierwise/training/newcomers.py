"""How well a model that is new is routed: `python -m tierwise.training.newcomers --data FOLDER`.

A third of the models is left out, three times over: their outcomes are seen by no level. On each source, pairs of which at
least one model is new are then ordered by the gain that is expected, with the new models' levels

    known      as if they had not been left out
    onboarded  from 50 outcomes of the source each, as `tierwise onboard` moves what is guessed
    learned    from the same outcomes, as `router.learn` does
    guessed    from name and price
    price      from price alone

and judged by APGR on all other questions. The difficulty of questions is that of the shipped method, fitted once.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tierwise.classifier.families import normal_name
from tierwise.classifier.learned import features_of
from tierwise.classifier.model import DifficultyAbility
from tierwise.embedding import packaged_encoder
from tierwise.evaluation.metrics import apgr
from tierwise.learning.onboard import moved_level
from tierwise.learning.posterior import Evidence, fit_posterior
from tierwise.training.corpus import SEED, Corpus, read_corpus
from tierwise.training.curve import classifier_of, facts_of
from tierwise.training.fit import fit
from tierwise.training.levels import cells, fit_levels
from tierwise.training.sources import OUTCOME_SOURCES, SharedData
from tierwise.types import KINDS, Estimate, Floats, ModelFacts, Reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ARMS", "Newcomer", "Source", "folds_of_models", "judge_pair", "main", "table"]

log = logging.getLogger(__name__)

ARMS = ("known", "onboarded", "learned", "guessed", "price")
_OUTCOMES = 50
_FOLDS = 3
_LEAST_GAP, _LEAST_COMMON = 0.1, 100
_NAMELESS = "model"
"""A name that says nothing."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One pair of which a model is new: APGR of each arm, in the order of `ARMS`."""

    source: str
    weak: str
    strong: str
    apgr: tuple[float, ...]


@dataclass(frozen=True)
class Source:
    """A source's questions: readings, vectors, and scores, shape (n_questions, n_models), NaN where not asked."""

    name: str
    readings: list[Reading]
    vectors: Floats
    scores: pd.DataFrame


def folds_of_models(models: Sequence[str], folds: int = _FOLDS) -> list[frozenset[str]]:
    """The same thirds each time, whatever the order of the names."""
    names = sorted({normal_name(model) for model in models})
    order = np.random.default_rng(SEED).permutation(len(names))
    return [frozenset(names[i] for i in order[k::folds]) for k in range(folds)]


def judge_pair(
    source: Source, pair: tuple[str, str], new: frozenset[str], known: DifficultyAbility, blind: DifficultyAbility,
    facts: dict[str, ModelFacts],
) -> Newcomer:  # fmt: skip
    """All arms on one pair.

    Args:
        source: Where.
        pair: Weak and strong.
        new: Normalised names of models that are left out.
        known: Levels of all models.
        blind: Levels without those of the new ones.
        facts: Of the two models.
    """
    at = np.flatnonzero(source.scores[list(pair)].notna().all(axis=1).to_numpy())
    score = source.scores[list(pair)].to_numpy(dtype=float)[at]
    shown = np.zeros(len(at), dtype=bool)
    shown[np.random.default_rng(SEED).permutation(len(at))[:_OUTCOMES]] = True
    readings, vectors = [source.readings[i] for i in at], source.vectors[at]
    is_new = [normal_name(name) in new for name in pair]

    def said(model: DifficultyAbility, facts_of_pair: Sequence[ModelFacts]) -> list[Estimate]:
        return model.estimate(readings, vectors, dict(zip("ab", facts_of_pair, strict=True)))

    guessed = said(blind, [facts[name] for name in pair])
    prior = _chances(guessed)
    onboarded = [
        _onboarded(facts[name], blind, guessed, prior[:, m], score[:, m], shown) if is_new[m] else facts[name]
        for m, name in enumerate(pair)
    ]
    nameless = [replace(facts[name], model=_NAMELESS) if is_new[m] else facts[name] for m, name in enumerate(pair)]
    arms = (
        _chances(said(known, [facts[name] for name in pair])),
        _chances(said(blind, onboarded)),
        _learned(readings, guessed, vectors, prior, np.where(is_new, score, np.nan), shown),
        prior,
        _chances(said(blind, nameless)),
    )
    figures = (apgr((p[:, 1] - p[:, 0])[~shown], *score[~shown].T) for p in arms)
    return Newcomer(source.name, *pair, tuple(figures))


def _chances(estimates: Sequence[Estimate]) -> Floats:
    return np.array([[e.p_adequate["a"], e.p_adequate["b"]] for e in estimates])


def _onboarded(
    facts: ModelFacts, blind: DifficultyAbility, said: Sequence[Estimate], chance: Floats, score: Floats, shown: Floats
) -> ModelFacts:
    difficulty = np.array([e.difficulty for e in said])
    return replace(facts, ability=moved_level(blind.level(facts), chance[shown], difficulty[shown], score[shown]).after)


def _learned(
    readings: Sequence[Reading], said: Sequence[Estimate], vectors: Floats, prior: Floats, score: Floats, shown: Floats
) -> Floats:
    features = features_of([r.signals for r in readings], [e.difficulty for e in said], vectors)
    given = np.isfinite(score[shown]).astype(float)
    found = fit_posterior(Evidence(features[shown], prior[shown], score[shown], given))
    correction = found.correction(("a", "b"), np.ones(len(KINDS)))
    return correction.probabilities(prior, features, [e.kind for e in said])


def _pairs(source: Source, new: frozenset[str], most: int) -> list[tuple[str, str]]:
    """Pairs with a new model, a common ground and a gap: a seeded choice."""
    means, found = source.scores.mean(), []
    for weak in source.scores:
        for strong in source.scores:
            common = source.scores[[weak, strong]].notna().all(axis=1).sum()
            some_new = normal_name(weak) in new or normal_name(strong) in new
            if some_new and common >= _LEAST_COMMON and means[strong] - means[weak] >= _LEAST_GAP:
                found.append((weak, strong))
    order = np.random.default_rng(SEED).permutation(len(found))[:most]
    return [found[i] for i in sorted(order)]


def _judged(corpus: Corpus, most_pairs: int) -> Iterator[Newcomer]:
    encoder = packaged_encoder()
    known = classifier_of(fit(corpus, [encoder]), encoder)
    found = cells(corpus.data)
    sources = [_source(corpus, name) for name in OUTCOME_SOURCES]
    for new in folds_of_models(list(found["model"])):
        levels = fit_levels(found[~found["model"].isin(new)], corpus.data.prices)
        blind = replace(known, abilities=levels.abilities, _levels={})
        for source in sources:
            for pair in _pairs(source, new, most_pairs):
                yield judge_pair(source, pair, new, known, blind, {name: facts_of(corpus, name) for name in pair})
        log.info("%s models left out", len(new))


def _source(corpus: Corpus, name: str) -> Source:
    queries = corpus.data.queries.reset_index(names="at")
    queries = queries[queries["source"] == name]
    scores = corpus.data.scores[corpus.data.scores["source"] == name]
    wide = scores.pivot_table(index="query_id", columns="model", values="adequate").reindex(queries["query_id"])
    readings = [corpus.questions[i] for i in queries["at"]]
    vectors = corpus.embed(packaged_encoder(), readings)
    assert vectors is not None
    return Source(name, readings, vectors, wide)


def table(found: Sequence[Newcomer]) -> str:
    """Means over pairs of each source, then over sources, as Markdown."""
    import pandas as pd

    rows = pd.DataFrame([(one.source, *one.apgr) for one in found], columns=["source", *ARMS])
    means = rows.groupby("source", sort=False)[list(ARMS)].mean()
    lines = [f"| source | pairs | {' | '.join(ARMS)} |", "| --- " * (2 + len(ARMS)) + "|"]
    for source, figures in means.iterrows():
        n = int((rows["source"] == source).sum())
        lines.append(f"| {source} | {n} | {' | '.join(f'{value:.3f}' for value in figures)} |")
    lines.append(f"| **mean of sources** | {len(rows)} | {' | '.join(f'{value:.3f}' for value in means.mean())} |")
    beside = " | ".join(f"{value:+.3f}" for value in (means.mean() - means["known"].mean()))
    lines.append(f"| beside known | | {beside} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.training.newcomers", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the shared data")
    parser.add_argument("--pairs", type=int, default=8, help="at most so many of each source and third")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    log.info("%s", table(list(_judged(read_corpus(SharedData(options.data)), options.pairs))))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
