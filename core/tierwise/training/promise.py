"""Whether promises are kept: `python -m tierwise.training.promise --data FOLDER`.

A pool of steps with outcomes of all tiers stands for the traffic. Many times, a calibration set of conversations is drawn
from it with replacement, a promise is made, and judged on the whole pool. Told are how often it is broken (at most delta of
the time is allowed) and what it saves, beside the point estimate: the lowest price at which the sample itself keeps the
quality, which breaks about half of the time.

Pools: pairs of the shared outcomes, on sources that the classifier has not seen, corrected by 500 graded queries that are
then left out; and the labelled agent steps with their four tiers, whose conversations are the runs they come from.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tierwise.classifier import load_classifier
from tierwise.embedding import packaged_encoder
from tierwise.learning.posterior import Evidence, fit_posterior
from tierwise.policy.guarantee import PRICES_USD, choices_at, first_certified, losses
from tierwise.training.corpus import Corpus, read_corpus
from tierwise.training.curve import PairData, pairs_left_out
from tierwise.training.sources import STEP_TIERS, SharedData
from tierwise.types import KINDS, Floats

__all__ = ["Kept", "Pool", "judge", "main", "pool_of_pair", "pool_of_steps", "table"]

log = logging.getLogger(__name__)

QUALITIES = (0.9, 0.95, 0.98)
_TAUGHT = 500
_LEAST_POOL = 1_500
_USD = ((0.1, 0.4), (5.0, 25.0))
"""What the weak and the strong model of a pair are taken to cost, USD per million tokens: a tier of today and another."""
_ANSWER_TOKENS = 300.0


@dataclass(frozen=True)
class Pool:
    """Traffic: costs, chances and outcomes, all of shape (n_steps, n_tiers), the top tier last; and conversations."""

    name: str
    usd: Floats
    p: Floats
    adequate: Floats
    conversations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of promises on one pool: shares of draws, and savings as shares of always calling the top tier."""

    pool: str
    n: int
    quality: float
    broken: float
    none: float
    saved: float
    broken_estimate: float
    saved_estimate: float


def pool_of_pair(pair: PairData, seed: int = 0) -> Pool | None:
    """What remains of a pair behind the queries that teach; None where that is too little to stand for traffic."""
    shuffled = np.random.default_rng(seed).permutation(len(pair.score))
    taught, rest = shuffled[:_TAUGHT], shuffled[_TAUGHT:]
    if len(rest) < _LEAST_POOL:
        return None
    evidence = Evidence(pair.features[taught], pair.prior[taught], pair.score[taught], np.ones((_TAUGHT, 2)))
    found = fit_posterior(evidence)
    correction = found.correction(("weak", "strong"), np.ones(len(KINDS)))
    p = correction.probabilities(pair.prior[rest], pair.features[rest], [KINDS[0]] * len(rest))
    usd = np.column_stack([(pair.input_tokens[rest] * into + _ANSWER_TOKENS * out) / 1e6 for into, out in _USD])
    name = f"{pair.name}, {pair.weak} and {pair.strong}"
    return Pool(name, usd, p, pair.score[rest], tuple(str(i) for i in rest))


def pool_of_steps(corpus: Corpus) -> Pool:
    """The labelled steps: a tier is adequate where the label says that it, or a cheaper one, sufficed."""
    encoder = packaged_encoder()
    classifier = load_classifier(encoder.name, encoder.fingerprint)
    facts = {tier.model: tier for tier in STEP_TIERS}
    readings, labels = corpus.labelled, corpus.data.labelled_steps
    estimates = classifier.estimate(readings, corpus.embed(encoder, readings), facts)
    p = np.array([[e.p_adequate[name] for name in facts] for e in estimates])
    tokens = np.array([[float(r.signals.input_tokens)] for r in readings])
    into, out = (np.array([[getattr(t, f"usd_per_mtok_{side}") for t in STEP_TIERS]]) for side in ("in", "out"))
    target = labels["target_tier_id"].to_numpy()
    adequate = (np.arange(len(STEP_TIERS))[None, :] >= target[:, None]).astype(float)
    names = tuple(labels["benchmark"] + "/" + labels["instance_id"].astype(str))
    return Pool("labelled steps, four tiers", (tokens * into + _ANSWER_TOKENS * out) / 1e6, p, adequate, names)


def judge(pool: Pool, n: int, quality: float, delta: float, draws: int) -> Kept:
    """Draws n conversations at a time, and judges what is promised of them on all."""
    whole = _priced(pool, quality)
    missed = [loss.mean() > 1e-12 for loss in whole.losses]
    rng = np.random.default_rng(20261124)
    figures = []
    for _ in range(draws):
        drawn = rng.integers(0, len(whole.sizes), n)
        sample = [(price, loss[drawn]) for price, loss in zip(PRICES_USD, whole.losses, strict=True)]
        found = first_certified(sample, quality, int(whole.sizes[drawn].max()), delta)
        row = [float(found is None)]
        for price in (None if found is None else found[0], _estimate(sample)):
            at = None if price is None else PRICES_USD.index(price)
            row += [0.0, 0.0] if at is None else [float(missed[at]), whole.saved[at]]
        figures.append(row)
    none, broken, saved, broken_estimate, saved_estimate = np.mean(figures, axis=0).tolist()
    return Kept(pool.name, n, quality, broken, none, saved, broken_estimate, saved_estimate)


@dataclass(frozen=True)
class _Priced:
    """A pool at each price of quality: losses of conversations, shape (n,) each; shares saved; steps a conversation."""

    losses: list[Floats]
    saved: list[float]
    sizes: Floats


def _priced(pool: Pool, quality: float) -> _Priced:
    _, index, sizes = np.unique(np.asarray(pool.conversations), return_inverse=True, return_counts=True)
    top, rows = pool.usd.shape[1] - 1, np.arange(len(pool.usd))
    lost, saved = [], []
    for price in PRICES_USD:
        chosen = choices_at(price, pool.usd, pool.p)
        loss = losses(pool.adequate[rows, chosen], pool.adequate[:, top], quality)
        lost.append(np.bincount(index, loss, len(sizes)).astype(float))
        saved.append(1 - float(pool.usd[rows, chosen].sum() / pool.usd[:, top].sum()))
    return _Priced(lost, saved, sizes)


def _estimate(sample: Sequence[tuple[float, Floats]]) -> float | None:
    """The last price from the dearest down at which the sample keeps its quality."""
    best = None
    for price, loss in sample:
        if loss.mean() > 0:
            break
        best = price
    return best


def table(found: Sequence[Kept], delta: float, draws: int) -> str:
    """As Markdown."""
    lines = [
        f"{draws} draws each, delta = {delta:g}",
        "",
        "| pool | conversations | quality | broken | no promise | saved | estimate saves | share kept | estimate broken |",
        "| --- " * 9 + "|",
    ]
    for k in found:
        share = f"{k.saved / k.saved_estimate:.0%}" if k.saved_estimate > 1e-9 else "-"
        lines.append(
            f"| {k.pool} | {k.n} | {k.quality:g} | {k.broken:.1%} | {k.none:.1%} | {k.saved:.1%} | "
            f"{k.saved_estimate:.1%} | {share} | {k.broken_estimate:.1%} |"
        )
    return "\n".join(lines)


def _pools(corpus: Corpus, all_pairs: bool) -> Iterator[Pool]:
    yield pool_of_steps(corpus)
    seen: set[str] = set()
    for pair in pairs_left_out(corpus, packaged_encoder()):
        pool = pool_of_pair(pair) if all_pairs or pair.name not in seen else None
        seen.add(pair.name)
        if pool is not None:
            yield pool


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.training.promise", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the shared data")
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--conversations", type=int, nargs="+", default=[500, 2_000], help="sizes of a sample")
    parser.add_argument(
        "--all-pairs", action="store_true", help="every pair, not just the first of each source and part"
    )
    parser.add_argument("--delta", type=float, default=0.1)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    corpus = read_corpus(SharedData(options.data))
    found: list[Kept] = []
    for pool in _pools(corpus, options.all_pairs):
        for n in options.conversations:
            found += [judge(pool, n, quality, options.delta, options.draws) for quality in QUALITIES]
        log.info("%s", pool.name)
    log.info("%s", table(found, options.delta, options.draws))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
