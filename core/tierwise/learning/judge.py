"""The tables of the model card: what is left out was seen by nothing, neither levels nor difficulty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tierwise.classifier.difficulty import Difficulty
from tierwise.classifier.model import DifficultyAbility
from tierwise.classifier.weights_file import NO_ENCODER, Weights
from tierwise.evaluation.metrics import apgr, auc, expected_calibration_error
from tierwise.learning.fit import STEP_TIER_PRICES, Corpus, fit, without
from tierwise.policy.choose import TargetQuality
from tierwise.protocols import Embedder
from tierwise.types import ModelFacts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["tables"]

_QUALITIES = (0.9, 0.95, 0.98)


def tables(corpus: Corpus, encoders: Sequence[Embedder]) -> str:
    """All tables, as Markdown."""
    used: list[Embedder | None] = [None, *encoders]
    pairs = judge_pairs(corpus, used)
    steps = judge_steps(corpus, used)
    return f"{_pairs_table(pairs)}\n\n{_steps_table(steps)}\n"


def classifier(weights: Weights, encoder: Embedder | None) -> DifficultyAbility:
    """A classifier from weights in memory."""
    key = NO_ENCODER if encoder is None else encoder.name
    with_vectors: Difficulty | None = None if encoder is None else weights.difficulty(key)
    return DifficultyAbility(
        weights.difficulty(NO_ENCODER),
        with_vectors,
        weights.abilities,
        weights.reference,
        weights.heads[key].reference_z,
    )


def judge_pairs(corpus: Corpus, encoders: Sequence[Embedder | None]) -> pd.DataFrame:
    """One row per pair and encoder: AUC of the weak model's failure, APGR by gain and by difficulty, ECE; and of length."""
    import pandas as pd

    rows = []
    pairs = corpus.data.pairs
    for source in corpus.data.queries["source"].unique():
        blind = without(corpus, source)
        weights = fit(blind, [e for e in encoders if e is not None], leave_out=source)
        for encoder in encoders:
            model = classifier(weights, encoder)
            for pair in pairs[pairs["source"] == source].itertuples():
                rows.append(
                    {"encoder": encoder.name if encoder else "none", **_judge_pair(corpus, model, encoder, pair)}
                )
    return pd.DataFrame(rows)


def _judge_pair(corpus: Corpus, model: DifficultyAbility, encoder: Embedder | None, pair: object) -> dict[str, object]:
    source, part, weak, strong = (getattr(pair, name) for name in ("source", "part", "weak", "strong"))
    queries = corpus.data.queries.reset_index(names="at")
    queries = queries[(queries["source"] == source) & queries["task"].map(lambda task: _is_part(task, part))]
    scores = corpus.data.scores[corpus.data.scores["source"] == source]
    wide = scores[scores["model"].isin([weak, strong])].pivot_table(
        index="query_id", columns="model", values="adequate"
    )
    known = queries.merge(wide.dropna().reset_index(), on="query_id")
    readings = [corpus.questions[i] for i in known["at"]]
    models = {name: _facts(corpus, name) for name in (weak, strong)}
    estimates = model.estimate(readings, corpus.embed(encoder, readings), models)
    p = np.array([[e.p_adequate[weak], e.p_adequate[strong]] for e in estimates])
    z = np.array([e.difficulty for e in estimates])
    length = np.array([float(r.signals.question_chars) for r in readings])
    a, b = known[weak].to_numpy(), known[strong].to_numpy()
    return {
        "source": source + (f":{part}" if part else ""),
        "pair": f"{weak} / {strong}",
        "n": len(known),
        "auc": auc(z, 1 - a),
        "auc_length": auc(length, 1 - a),
        "apgr": apgr(p[:, 1] - p[:, 0], a, b),
        "apgr_difficulty": apgr(z, a, b),
        "apgr_length": apgr(length, a, b),
        "ece_weak": expected_calibration_error(p[:, 0], a),
        "ece_strong": expected_calibration_error(p[:, 1], b),
    }


def _is_part(task: str, part: str) -> bool:
    return not part or task == part or task.endswith(f"/{part}")


def _facts(corpus: Corpus, model: str) -> ModelFacts:
    from tierwise.classifier.families import normal_name

    into, out = corpus.data.prices.get(normal_name(model), (0.0, 0.0))
    return ModelFacts(model, usd_per_mtok_in=into, usd_per_mtok_out=out)


def judge_steps(corpus: Corpus, encoders: Sequence[Embedder | None]) -> pd.DataFrame:
    """Step labels, leaving one benchmark out: share of steps whose tier sufficed, and the saving against always-top."""
    import pandas as pd

    rows = []
    labels = corpus.data.labelled_steps.reset_index(drop=True)
    chars = np.array([sum(len(str(m.get("content") or "")) for m in step.messages) for step in labels["step"]])
    names = corpus.data.step_tiers
    into, out = (np.array([STEP_TIER_PRICES[name][i] for name in names]) / 1e6 for i in (0, 1))
    usd = chars[:, None] / 4 * into + 300 * out
    facts = {name: ModelFacts(name, None, *STEP_TIER_PRICES[name]) for name in names}
    for benchmark in sorted(labels["benchmark"].unique()):
        weights = fit(corpus, [e for e in encoders if e is not None], leave_out=benchmark)
        at = np.flatnonzero(labels["benchmark"] == benchmark)
        readings = [corpus.labelled[i] for i in at]
        target = labels["target_tier_id"].to_numpy()[at]
        for encoder in encoders:
            model = classifier(weights, encoder)
            reference = model.reference(facts)
            charged = reference.input_tokens[:, None] * into + reference.output_tokens[:, None] * out
            policy = TargetQuality(names, reference.p_adequate, charged, reference.weights)
            estimates = model.estimate(readings, corpus.embed(encoder, readings), facts)
            p = np.array([list(e.p_adequate.values()) for e in estimates])
            for quality in _QUALITIES:
                chosen = np.argmin(usd[at] - policy.price_of_quality(quality) * p, axis=1)
                rows.append(
                    {
                        "encoder": encoder.name if encoder else "none",
                        "quality": quality,
                        "benchmark": benchmark,
                        "n": len(at),
                        "sufficient": float((chosen >= target).mean()),
                        "spent": float(usd[at, chosen].sum()),
                        "top": float(usd[at, -1].sum()),
                    }
                )
    return pd.DataFrame(rows)


def _pairs_table(found: pd.DataFrame) -> str:
    by_source = found.groupby(["encoder", "source"], sort=False).mean(numeric_only=True).reset_index()
    lines = [
        "| encoder | source | pairs' n | AUC z | AUC length | APGR gain | APGR z | APGR length | ECE weak | ECE strong |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for encoder, rows in by_source.groupby("encoder", sort=False):
        lines += [_pairs_line(str(encoder), row.source, row) for row in rows.itertuples()]
        lines.append(_pairs_line(str(encoder), "**mean**", rows.mean(numeric_only=True)))
    return "\n".join(lines)


def _pairs_line(encoder: str, source: str, row: object) -> str:
    figures = ("auc", "auc_length", "apgr", "apgr_difficulty", "apgr_length", "ece_weak", "ece_strong")
    cells = " | ".join(f"{getattr(row, name):.3f}" for name in figures)
    return f"| {encoder} | {source} | {getattr(row, 'n'):.0f} | {cells} |"  # noqa: B009


def _steps_table(found: pd.DataFrame) -> str:
    lines = [
        "| encoder | quality | left out | steps | sufficient | saved |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (encoder, quality), rows in found.groupby(["encoder", "quality"], sort=False):
        for row in rows.itertuples():
            saved = 1 - row.spent / row.top
            lines.append(
                f"| {encoder} | {quality:g} | {row.benchmark} | {row.n} | {row.sufficient:.3f} | {saved:.1%} |"
            )
        sufficient = float((rows["sufficient"] * rows["n"]).sum() / rows["n"].sum())
        saved = 1 - rows["spent"].sum() / rows["top"].sum()
        lines.append(f"| {encoder} | {quality:g} | **all** | {rows['n'].sum()} | {sufficient:.3f} | {saved:.1%} |")
    return "\n".join(lines)
