"""The tables of the model card. What is left out was seen by nothing: neither by levels nor by difficulty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from tierwise.classifier.families import normal_name
from tierwise.classifier.model import DifficultyAbility
from tierwise.classifier.weights_file import NO_ENCODER, Weights
from tierwise.evaluation.metrics import apgr, auc, expected_calibration_error
from tierwise.learning.corpus import Corpus, without_levels_of
from tierwise.learning.fit import fit
from tierwise.learning.sources import OUTCOME_SOURCES, STEP_TIERS
from tierwise.policy.choose import TargetQuality
from tierwise.protocols import Embedder
from tierwise.types import Floats, ModelFacts, Reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PairFigures", "StepFigures", "judge_pairs", "judge_steps", "tables"]

_QUALITIES = (0.9, 0.95, 0.98)
_OUTPUT_TOKENS, _CHARS_PER_TOKEN = 300, 4
"""What a step is charged with, as the data's README has it."""


@dataclass(frozen=True, slots=True)
class PairFigures:
    """One weak and strong pair on a source that was left out; `_length` is the cleaned question's length instead."""

    encoder: str
    source: str
    n: int
    auc: float
    auc_length: float
    apgr: float
    apgr_difficulty: float
    apgr_length: float
    ece_weak: float
    ece_strong: float


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One benchmark of the step labels that was left out: how often the tier sufficed, and USD."""

    encoder: str
    quality: float
    benchmark: str
    n: int
    sufficient: float
    spent_usd: float
    top_usd: float


def tables(corpus: Corpus, encoders: Sequence[Embedder]) -> str:
    """All tables, as Markdown."""
    return f"{_pairs_table(judge_pairs(corpus, encoders))}\n\n{_steps_table(judge_steps(corpus, encoders))}\n"


def _classifiers(weights: Weights, encoders: Sequence[Embedder]) -> list[tuple[Embedder | None, DifficultyAbility]]:
    plain = weights.difficulty(NO_ENCODER)
    found: list[tuple[Embedder | None, DifficultyAbility]] = []
    for encoder in (None, *encoders):
        key = NO_ENCODER if encoder is None else encoder.name
        with_vectors = None if encoder is None else weights.difficulty(key)
        z = weights.heads[key].reference_z
        found.append((encoder, DifficultyAbility(plain, with_vectors, weights.abilities, weights.reference, z)))
    return found


def judge_pairs(corpus: Corpus, encoders: Sequence[Embedder]) -> list[PairFigures]:
    """All fixed pairs, leaving their source out."""
    found = []
    for source in (*OUTCOME_SOURCES, "bfcl"):
        blind = without_levels_of(corpus, source)
        weights = fit(blind, encoders, leave_out=source)
        pairs = corpus.data.pairs[corpus.data.pairs["source"] == source]
        for encoder, model in _classifiers(weights, encoders):
            found += [
                _judge_pair(corpus, model, encoder, source, part, weak, strong)
                for part, weak, strong in pairs[["part", "weak", "strong"]].itertuples(index=False)
            ]
    return found


def _judge_pair(
    corpus: Corpus,
    model: DifficultyAbility,
    encoder: Embedder | None,
    source: str,
    part: str,
    weak: str,
    strong: str,
) -> PairFigures:
    readings, a, b = _outcomes(corpus, source, part, weak, strong)
    models = {name: _facts(corpus, name) for name in (weak, strong)}
    estimates = model.estimate(readings, corpus.embed(encoder, readings), models)
    p_weak = np.array([e.p_adequate[weak] for e in estimates])
    p_strong = np.array([e.p_adequate[strong] for e in estimates])
    z = np.array([e.difficulty for e in estimates])
    length = np.array([float(r.signals.question_chars) for r in readings])
    return PairFigures(
        encoder=encoder.name if encoder else "none",
        source=f"{source}:{part}" if part else source,
        n=len(readings),
        auc=auc(z, 1 - a),
        auc_length=auc(length, 1 - a),
        apgr=apgr(p_strong - p_weak, a, b),
        apgr_difficulty=apgr(z, a, b),
        apgr_length=apgr(length, a, b),
        ece_weak=expected_calibration_error(p_weak, a),
        ece_strong=expected_calibration_error(p_strong, b),
    )


def _outcomes(corpus: Corpus, source: str, part: str, weak: str, strong: str) -> tuple[list[Reading], Floats, Floats]:
    """Readings of the common queries, and how adequate the two models were on them."""
    data = corpus.data
    if source == "bfcl":
        queries, scores, readings = data.tool_queries, data.tool_scores_as_run, corpus.calls
        queries = queries.reset_index(names="at")
        queries = queries[queries["source"] == f"bfcl_{part}"]
        scores = scores[scores["source"] == f"bfcl_{part}"]
    else:
        queries, scores, readings = data.queries, data.scores, corpus.questions
        queries = queries.reset_index(names="at")
        queries = queries[(queries["source"] == source) & queries["task"].map(lambda task: _is_part(task, part))]
        scores = scores[scores["source"] == source]
    both = scores[scores["model"].isin([weak, strong])]
    wide = both.pivot_table(index="query_id", columns="model", values="adequate").dropna().reset_index()
    common = queries.merge(wide, on="query_id")
    return [readings[i] for i in common["at"]], common[weak].to_numpy(), common[strong].to_numpy()


def _is_part(task: str, part: str) -> bool:
    return not part or task == part or task.endswith(f"/{part}")


def _facts(corpus: Corpus, model: str) -> ModelFacts:
    into, out = corpus.data.prices.get(normal_name(model), (0.0, 0.0))
    return ModelFacts(model, usd_per_mtok_in=into, usd_per_mtok_out=out)


def judge_steps(corpus: Corpus, encoders: Sequence[Embedder]) -> list[StepFigures]:
    """Step labels, leaving one benchmark out, each step at its uncached price."""
    labels = corpus.data.labelled_steps.reset_index(drop=True)
    into, out = (
        np.array([getattr(tier, f"usd_per_mtok_{side}") for tier in STEP_TIERS]) / 1e6 for side in ("in", "out")
    )
    chars = np.array([sum(len(str(m.get("content") or "")) for m in step.messages) for step in labels["step"]])
    usd = chars[:, None] / _CHARS_PER_TOKEN * into + _OUTPUT_TOKENS * out
    facts = {tier.model: tier for tier in STEP_TIERS}
    found = []
    for benchmark in sorted(labels["benchmark"].unique()):
        weights = fit(corpus, encoders, leave_out=benchmark)
        at = np.flatnonzero(labels["benchmark"] == benchmark)
        readings = [corpus.labelled[i] for i in at]
        target = labels["target_tier_id"].to_numpy()[at]
        for encoder, model in _classifiers(weights, encoders):
            reference = model.reference(facts)
            charged = reference.input_tokens[:, None] * into + reference.output_tokens[:, None] * out
            policy = TargetQuality(tuple(facts), reference.p_adequate, charged, reference.weights)
            estimates = model.estimate(readings, corpus.embed(encoder, readings), facts)
            p = np.array([list(e.p_adequate.values()) for e in estimates])
            for quality in _QUALITIES:
                chosen = np.argmin(usd[at] - policy.price_of_quality(quality) * p, axis=1)
                found.append(
                    StepFigures(
                        encoder=encoder.name if encoder else "none",
                        quality=quality,
                        benchmark=benchmark,
                        n=len(at),
                        sufficient=float((chosen >= target).mean()),
                        spent_usd=float(usd[at, chosen].sum()),
                        top_usd=float(usd[at, -1].sum()),
                    )
                )
    return found


def _frame(rows: Sequence[PairFigures] | Sequence[StepFigures]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([asdict(row) for row in rows])


def _pairs_table(found: Sequence[PairFigures]) -> str:
    figures = ["auc", "auc_length", "apgr", "apgr_difficulty", "apgr_length", "ece_weak", "ece_strong"]
    lines = [
        "| encoder | left out | queries | AUC z | AUC length | APGR gain | APGR z | APGR length | ECE weak | ECE strong |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    means = _frame(found).groupby(["encoder", "source"], sort=False).mean(numeric_only=True)
    for encoder, rows in means.groupby("encoder", sort=False):
        for (_, source), row in rows.iterrows():
            lines.append(f"| {encoder} | {source} | {row['n']:.0f} | {_cells(row[figures])} |")
        mean = rows[figures].mean()
        lines.append(f"| {encoder} | **mean of sources** | | {_cells(mean)} |")
    return "\n".join(lines)


def _cells(row: pd.Series[float]) -> str:
    return " | ".join(f"{value:.3f}" for value in row)


def _steps_table(found: Sequence[StepFigures]) -> str:
    lines = ["| encoder | quality | left out | steps | sufficient | saved |", "| --- | --- | --- | --- | --- | --- |"]
    for (encoder, quality), rows in _frame(found).groupby(["encoder", "quality"], sort=False):
        for row in rows.itertuples():
            saved = 1 - row.spent_usd / row.top_usd
            lines.append(
                f"| {encoder} | {quality:g} | {row.benchmark} | {row.n} | {row.sufficient:.3f} | {saved:.1%} |"
            )
        n = int(rows["n"].sum())
        sufficient = float((rows["sufficient"] * rows["n"]).sum()) / n
        saved = 1 - float(rows["spent_usd"].sum() / rows["top_usd"].sum())
        lines.append(f"| {encoder} | {quality:g} | **all** | {n} | {sufficient:.3f} | {saved:.1%} |")
    return "\n".join(lines)
