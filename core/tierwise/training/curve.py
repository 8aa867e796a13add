"""How fast the learner learns, and whether it ever harms: `python -m tierwise.training.curve --data FOLDER`.

For every fixed pair: the classifier is trained without the pair's source, then the learner is shown n graded queries of it
in many orders, and both are judged on all queries it was not shown. Beside it: one ridge on the vectors (RouteLLM's way
with n labels of one's own), and the 20 nearest neighbours.

A graded query is one whose two answers were graded; with `--unpaired` only one of the two, chosen at random, so that n
outcomes are n queries.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tierwise.classifier.families import normal_name
from tierwise.classifier.learned import features_of
from tierwise.classifier.model import DifficultyAbility
from tierwise.classifier.weights_file import NO_ENCODER, Weights
from tierwise.embedding import packaged_encoder
from tierwise.evaluation.metrics import apgr, expected_calibration_error
from tierwise.learning.posterior import Evidence, fit_posterior
from tierwise.protocols import Embedder
from tierwise.training.corpus import Corpus, read_corpus, without_levels_of
from tierwise.training.fit import fit
from tierwise.training.sources import OUTCOME_SOURCES, SharedData
from tierwise.types import KINDS, Floats, ModelFacts, Reading

__all__ = [
    "SIZES",
    "CurvePoint",
    "PairData",
    "classifier_of",
    "curve_of",
    "facts_of",
    "main",
    "pairs_left_out",
    "picture",
    "table",
]

log = logging.getLogger(__name__)

SIZES = (25, 50, 100, 200, 500, 1_500, 4_000)
_MOST_SHOWN = 0.8
"""The largest sources hold 5,100 queries: 4,000 is as many as can be shown with something left to judge on."""
_DRAWN_TO = 1_500
_NEIGHBOURS = 20
_RIDGE = 1.0


@dataclass(frozen=True)
class PairData:
    """One pair on a source that was left out.

    Attributes:
        name: Source and part.
        features: Shape (n, n_features).
        vectors: Shape (n, dim): of the task.
        prior: Shape (n, 2): zero-shot chances of weak and strong.
        score: Same shape: outcomes.
        input_tokens: Shape (n,).
    """

    name: str
    weak: str
    strong: str
    features: Floats
    vectors: Floats
    prior: Floats
    score: Floats
    input_tokens: Floats


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One order of one pair: APGR and calibration on what was not shown."""

    name: str
    weak: str
    strong: str
    n: int
    order: int
    zero_shot: float
    learned: float
    ridge: float
    neighbours: float
    ece_zero_shot: float
    ece_learned: float
    trust: float
    fit_ms: float


def pairs_left_out(corpus: Corpus, encoder: Embedder) -> Iterator[PairData]:
    """All fixed pairs, each read by a classifier that has seen neither texts nor outcomes of its source."""
    for source in (*OUTCOME_SOURCES, "bfcl"):
        blind = without_levels_of(corpus, source)
        weights = fit(blind, [encoder], leave_out=source)
        model = classifier_of(weights, encoder)
        pairs = corpus.data.pairs[corpus.data.pairs["source"] == source]
        for part, weak, strong in pairs[["part", "weak", "strong"]].itertuples(index=False):
            readings, score = _outcomes(corpus, source, part, weak, strong)
            vectors = corpus.embed(encoder, readings)
            estimates = model.estimate(readings, vectors, {name: facts_of(corpus, name) for name in (weak, strong)})
            signals = [reading.signals for reading in readings]
            features = features_of(signals, [e.difficulty for e in estimates], vectors).astype(np.float16)
            prior = np.array([[e.p_adequate[weak], e.p_adequate[strong]] for e in estimates])
            tokens = np.array([float(s.input_tokens) for s in signals])
            assert vectors is not None
            name = f"{source}:{part}" if part else source
            yield PairData(name, weak, strong, features.astype(float), vectors[:, 0], prior, score, tokens)


def classifier_of(weights: Weights, encoder: Embedder) -> DifficultyAbility:
    """The classifier that weights make, with vectors."""
    z = weights.heads[encoder.name].reference_z
    plain, head = weights.difficulty(NO_ENCODER), weights.difficulty(encoder.name)
    return DifficultyAbility(plain, head, weights.abilities, weights.reference, z)


def facts_of(corpus: Corpus, model: str) -> ModelFacts:
    """A model of the data, at its list price."""
    into, out = corpus.data.prices.get(normal_name(model), (0.0, 0.0))
    return ModelFacts(model, usd_per_mtok_in=into, usd_per_mtok_out=out)


def _outcomes(corpus: Corpus, source: str, part: str, weak: str, strong: str) -> tuple[list[Reading], Floats]:
    """Readings of the common queries, and how adequate the two models were on them, shape (n, 2)."""
    data, bfcl = corpus.data, source == "bfcl"
    queries = (data.tool_queries if bfcl else data.queries).reset_index(names="at")
    scores = data.tool_scores_as_run if bfcl else data.scores
    readings = corpus.calls if bfcl else corpus.questions
    named = f"bfcl_{part}" if bfcl else source
    queries, scores = queries[queries["source"] == named], scores[scores["source"] == named]
    if part and not bfcl:
        queries = queries[(queries["task"] == part) | queries["task"].str.endswith(f"/{part}")]
    both = scores[scores["model"].isin([weak, strong])]
    wide = both.pivot_table(index="query_id", columns="model", values="adequate").dropna().reset_index()
    common = queries.merge(wide, on="query_id")
    return [readings[i] for i in common["at"]], common[[weak, strong]].to_numpy(dtype=float)


def curve_of(pair: PairData, sizes: Sequence[int], order: int, unpaired: bool = False) -> Iterator[CurvePoint]:
    """One order's curve."""
    rng = np.random.default_rng(order)
    shuffled = rng.permutation(len(pair.score))
    which = rng.integers(0, 2, len(pair.score))
    for n in sizes:
        if n <= _MOST_SHOWN * len(pair.score):
            yield _point(pair, shuffled[:n], shuffled[n:], order, which if unpaired else None)


def _point(pair: PairData, shown: Floats, rest: Floats, order: int, which: Floats | None) -> CurvePoint:
    score, weight = pair.score[shown].copy(), np.ones((len(shown), 2))
    if which is not None:
        weight[np.arange(len(shown)), 1 - which[shown]] = 0.0
        score[weight == 0] = np.nan
    began = time.perf_counter()
    found = fit_posterior(Evidence(pair.features[shown], pair.prior[shown], score, weight))
    fit_ms = 1000 * (time.perf_counter() - began)
    kinds = [KINDS[0]] * len(rest)
    correction = found.correction(("weak", "strong"), np.ones(len(KINDS)))
    p = correction.probabilities(pair.prior[rest], pair.features[rest], kinds)
    weak, strong = pair.score[rest].T

    def judged(gain: Floats) -> float:
        return apgr(gain, weak, strong)

    return CurvePoint(
        pair.name,
        pair.weak,
        pair.strong,
        len(shown),
        order,
        judged(pair.prior[rest, 1] - pair.prior[rest, 0]),
        judged(p[:, 1] - p[:, 0]),
        judged(_ridge(pair, shown, rest, score)),
        judged(_neighbours(pair, shown, rest, score)),
        _ece(pair.prior[rest], pair.score[rest]),
        _ece(p, pair.score[rest]),
        found.trust,
        fit_ms,
    )


def _ece(p: Floats, score: Floats) -> float:
    return float(np.mean([expected_calibration_error(p[:, m], score[:, m]) for m in range(p.shape[1])]))


def _ridge(pair: PairData, shown: Floats, rest: Floats, score: Floats) -> Floats:
    """A ridge on vectors for each model's chance; their difference."""
    found = np.zeros((len(rest), 2))
    for m in range(2):
        some = np.isfinite(score[:, m])
        x, y = pair.vectors[shown[some]].astype(float), score[some, m]
        if len(y):
            centre, mean = x.mean(axis=0), y.mean()
            w = np.linalg.solve(
                (x - centre).T @ (x - centre) + _RIDGE * np.eye(x.shape[1]), (x - centre).T @ (y - mean)
            )
            found[:, m] = mean + (pair.vectors[rest] - centre) @ w
    return found[:, 1] - found[:, 0]


def _neighbours(pair: PairData, shown: Floats, rest: Floats, score: Floats) -> Floats:
    """Mean score of each model over the nearest queries that have one; their difference."""
    found = np.zeros((len(rest), 2))
    for m in range(2):
        some = np.isfinite(score[:, m])
        k = min(_NEIGHBOURS, int(some.sum()))
        if k:
            near = pair.vectors[rest] @ pair.vectors[shown[some]].T
            found[:, m] = score[some, m][np.argpartition(-near, k - 1, axis=1)[:, :k]].mean(axis=1)
    return found[:, 1] - found[:, 0]


def table(points: Sequence[CurvePoint]) -> str:
    """The curve, as Markdown: gains over zero-shot in APGR; means over pairs inside a source, then over sources."""
    import pandas as pd

    rows = pd.DataFrame([asdict(point) for point in points])
    for name in ("learned", "ridge", "neighbours"):
        rows[name] -= rows["zero_shot"]
    rows["source"] = rows["name"].str.split(":").str[0]
    lines = [
        "| graded | pairs | zero-shot | learner | least mean of a pair | worst order | orders below -0.01 | ridge | kNN "
        "| ECE before | ECE | trust | fit ms |",
        "| --- " * 13 + "|",
    ]
    for n, some in rows.groupby("n"):
        mean = some.groupby("source").mean(numeric_only=True).mean()
        pairs = some.groupby(["name", "weak", "strong"])["learned"].mean()
        lines.append(
            f"| {n} | {len(pairs)} | {mean['zero_shot']:.3f} | {mean['learned']:+.3f} | {pairs.min():+.3f} | "
            f"{some['learned'].min():+.3f} | {(some['learned'] < -0.01).mean():.1%} | {mean['ridge']:+.3f} | "
            f"{mean['neighbours']:+.3f} | {mean['ece_zero_shot']:.3f} | {mean['ece_learned']:.3f} | {mean['trust']:.2f} | "
            f"{some['fit_ms'].median():.0f} |"
        )
    lines += ["", "Gain of the learner by source:", "", "| source | " + " | ".join(map(str, SIZES)) + " |"]
    lines.append("| --- " * (len(SIZES) + 1) + "|")
    for name, some in rows.groupby("name", sort=False):
        means, least = some.groupby("n")["learned"].mean(), some.groupby("n")["learned"].min()
        cells = [f"{means[n]:+.3f} ({least[n]:+.3f})" if n in means else "" for n in SIZES]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def picture(points: Sequence[CurvePoint], file: Path) -> None:
    """The curve as an SVG, of pairs that reach 1,500, the same at every size; means as in the table.

    The band holds the mean of all pairs in nine of ten orders.
    """
    import pandas as pd

    from tierwise.training.curve_chart import draw

    rows = pd.DataFrame([asdict(point) for point in points])
    far = rows.groupby(["name", "weak", "strong"])["n"].transform("max") >= _DRAWN_TO
    rows = rows[(rows["n"] <= _DRAWN_TO) & (far | ~far.any())]
    rows["source"] = rows["name"].str.split(":").str[0]
    names = {"tierwise": "learned", "ridge": "ridge", "kNN": "neighbours"}
    gains = {}
    for name, column in names.items():
        gain = rows.assign(gain=rows[column] - rows["zero_shot"])
        by_order = gain.groupby(["n", "order", "source"])["gain"].mean().groupby(["n", "order"]).mean().groupby("n")
        gains[name] = (
            *(frame.to_numpy() for frame in (by_order.mean(), by_order.quantile(0.05), by_order.quantile(0.95))),
        )
    draw(sorted(rows["n"].unique()), gains, file)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.training.curve", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the shared data")
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--unpaired", action="store_true", help="one answer of each query was graded, not both")
    parser.add_argument("--json", type=Path, help="where every point is written")
    parser.add_argument("--svg", type=Path, help="where the curve is drawn")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    corpus = read_corpus(SharedData(options.data))
    points: list[CurvePoint] = []
    for pair in pairs_left_out(corpus, packaged_encoder()):
        for order in range(options.orders):
            points += curve_of(pair, SIZES, order, options.unpaired)
        log.info("%s, %s and %s", pair.name, pair.weak, pair.strong)
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(point) for point in points]), encoding="utf-8")
    if options.svg is not None:
        picture(points, options.svg)
    log.info("%s", table(points))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
