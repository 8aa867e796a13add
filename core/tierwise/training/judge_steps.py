"""Labelled steps of agents: how often the chosen tier sufficed and what was saved, leaving a benchmark out, by instance.

Every way to choose gives, for each step, the chance that each tier suffices; a step goes to the tier with the least
`cost - price * chance`. Ours takes its price of quality from the wheel's reference traffic, the others from the steps they
learned from, so that these keep the asked share there. A benchmark left out was seen by neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tierwise.classifier.model import DifficultyAbility
from tierwise.classifier.weights_file import NO_ENCODER, Weights
from tierwise.evaluation.baselines import Nearest, folds_of
from tierwise.evaluation.bootstrap import interval, resampled
from tierwise.evaluation.eval_report import StepLine
from tierwise.evaluation.pairs import LENGTH, OURS
from tierwise.evaluation.peers import litellm_heuristic
from tierwise.policy.choose import TargetQuality
from tierwise.protocols import Embedder
from tierwise.training.corpus import SEED, Corpus
from tierwise.training.fit import fit
from tierwise.training.sources import STEP_TIERS
from tierwise.types import Floats, Reading

__all__ = ["QUALITIES", "LabelledSteps", "classifiers", "judge_steps", "labelled_steps", "lines_of"]

QUALITIES = (0.9, 0.95, 0.98, 0.99, 0.995)
ALL, TABLE, KNN, LITELLM = "all", "benchmark → tier, seen", "kNN", "litellm heuristic"
_OUTPUT_TOKENS, _CHARS_PER_TOKEN = 300, 4
"""What a step is charged with, as the data's README has it."""
_DRAWS, _FOLDS, _NEAREST = 2000, 5, 15


@dataclass(frozen=True)
class LabelledSteps:
    """n steps with the cheapest tier that sufficed.

    Attributes:
        readings: Of the steps.
        benchmark: Shape (n,), what is left out as one.
        instance: Shape (n,), the run each belongs to; steps of a run depend on each other.
        target: Shape (n,), index in `STEP_TIERS`.
        usd: Shape (n, n_tiers), what a step would cost uncached.
        rules: A rule's name to what it says of each step, shape (n, n_columns).
    """

    readings: list[Reading]
    benchmark: Floats
    instance: Floats
    target: Floats
    usd: Floats
    rules: Mapping[str, Floats]

    @property
    def enough(self) -> Floats:
        """Whether each tier suffices, shape (n, n_tiers), 0 or 1."""
        return np.asarray(np.arange(len(STEP_TIERS)) >= self.target[:, None], dtype=float)


def labelled_steps(corpus: Corpus, beside: Embedder) -> LabelledSteps:
    """The labelled steps of the shared data; the learners' vectors are those of task and latest message together."""
    labels = corpus.data.labelled_steps.reset_index(drop=True)
    into, out = (np.array([getattr(t, f"usd_per_mtok_{side}") for t in STEP_TIERS]) / 1e6 for side in ("in", "out"))
    chars = np.array([sum(len(str(m.get("content") or "")) for m in step.messages) for step in labels["step"]])
    vectors = corpus.embed(beside, corpus.labelled)
    assert vectors is not None  # there is an encoder
    rules = {
        LENGTH: np.array([[np.log1p(reading.signals.question_chars)] for reading in corpus.labelled]),
        f"{KNN} on {beside.name}": vectors.reshape(len(vectors), -1) / np.sqrt(2),
    }
    heuristic = litellm_heuristic([reading.task for reading in corpus.labelled])
    if heuristic is not None:
        rules[LITELLM] = heuristic[:, None]
    return LabelledSteps(
        readings=corpus.labelled,
        benchmark=labels["benchmark"].to_numpy().astype(str),
        instance=labels["instance_id"].to_numpy().astype(str),
        target=labels["target_tier_id"].to_numpy(),
        usd=chars[:, None] / _CHARS_PER_TOKEN * into + _OUTPUT_TOKENS * out,
        rules=rules,
    )


def judge_steps(corpus: Corpus, encoders: Sequence[Embedder], beside: Embedder) -> tuple[StepLine, ...]:
    """Leaving each benchmark out; then within SWE-bench alone, where rules learn from its other instances."""
    steps = labelled_steps(corpus, beside)
    chosen: dict[tuple[str, float], Floats] = {}
    for benchmark in np.unique(steps.benchmark):
        out = steps.benchmark == benchmark
        weights = fit(corpus, encoders, leave_out=str(benchmark))
        encoder, model = list(classifiers(weights, encoders))[-1]
        mine = [steps.readings[i] for i in np.flatnonzero(out)]
        _fill(chosen, OURS, out, _ours(model, mine, corpus.embed(encoder, mine), steps.usd[out]))
        for name, by_quality in _by_rules(steps, steps.rules, ~out, out):
            _fill(chosen, name, out, by_quality)
    _add_table(chosen, steps)
    lines: list[StepLine] = []
    for (name, quality), tier in chosen.items():
        lines += lines_of(steps, name, quality, tier)
    lines += _constant(steps)
    return (*lines, *_within(steps, "swebench"))


def classifiers(weights: Weights, encoders: Sequence[Embedder]) -> Iterator[tuple[Embedder | None, DifficultyAbility]]:
    """The classifier on signals alone, and with each encoder."""
    plain = weights.difficulty(NO_ENCODER)
    for encoder in (None, *encoders):
        key = NO_ENCODER if encoder is None else encoder.name
        with_vectors = None if encoder is None else weights.difficulty(key)
        z = weights.heads[key].reference_z
        yield encoder, DifficultyAbility(plain, with_vectors, weights.abilities, weights.reference, z)


def lines_of(steps: LabelledSteps, name: str, quality: float, tier: Floats) -> Iterator[StepLine]:
    """The lines of one way to choose: each benchmark, and all together."""
    for data in (*np.unique(steps.benchmark), ALL):
        at = np.flatnonzero((steps.benchmark == data) | (data == ALL))
        yield _line(steps, str(data), name, quality, at, tier[at])


def _line(steps: LabelledSteps, data: str, name: str, quality: float, at: Floats, tier: Floats) -> StepLine:
    weights = resampled(steps.instance[at].tolist(), _DRAWS, SEED)
    enough = (tier >= steps.target[at]).astype(float)
    spent, top = steps.usd[at, tier], steps.usd[at, -1]
    sufficient = interval(weights @ enough / weights.sum(axis=1))
    return StepLine(data, name, quality, len(at), sufficient, interval(1 - (weights @ spent) / (weights @ top)))


def _fill(chosen: dict[tuple[str, float], Floats], name: str, at: Floats, by_quality: Mapping[float, Floats]) -> None:
    for quality, tier in by_quality.items():
        everywhere = chosen.setdefault((name, quality), np.full(len(at), len(STEP_TIERS) - 1))
        everywhere[at] = tier


def _ours(
    model: DifficultyAbility, readings: Sequence[Reading], vectors: Floats | None, usd: Floats
) -> dict[float, Floats]:
    facts = {tier.model: tier for tier in STEP_TIERS}
    reference = model.reference(facts)
    into, out = (np.array([getattr(t, f"usd_per_mtok_{side}") for t in STEP_TIERS]) / 1e6 for side in ("in", "out"))
    charged = reference.input_tokens[:, None] * into + reference.output_tokens[:, None] * out
    policy = TargetQuality(tuple(facts), reference.p_adequate, charged, reference.weights, traffic=reference.traffic)
    estimates = model.estimate(readings, vectors, facts)
    p = np.array([list(e.p_adequate.values()) for e in estimates])
    prices = {q: np.array([[policy.price_of_quality(q, e.traffic)] for e in estimates]) for q in QUALITIES}
    return {quality: np.argmin(usd - price * p, axis=1) for quality, price in prices.items()}


def _by_rules(
    steps: LabelledSteps, rules: Mapping[str, Floats], seen: Floats, asked: Floats
) -> Iterator[tuple[str, dict[float, Floats]]]:
    """Every rule, as learned from the steps seen."""
    names = tuple(tier.model for tier in STEP_TIERS)
    for name, x in rules.items():
        learner = Nearest(_NEAREST) if x.shape[1] > 1 else _Alike(_NEAREST)
        known = learner.predict(x[seen], steps.enough[seen], x[seen])
        p = learner.predict(x[seen], steps.enough[seen], x[asked])
        even = np.full(int(seen.sum()), 1 / seen.sum())
        policy = TargetQuality(names, known, steps.usd[seen], even)
        yield name, {q: np.argmin(steps.usd[asked] - policy.price_of_quality(q) * p, axis=1) for q in QUALITIES}


def _add_table(chosen: dict[tuple[str, float], Floats], steps: LabelledSteps) -> None:
    """A table from benchmark to tier; unlike the others it has seen the benchmark, in its other instances."""
    which = np.unique(steps.benchmark, return_inverse=True)[1].astype(float)[:, None]
    folds = folds_of(steps.instance.tolist(), _FOLDS, SEED)
    for fold in range(_FOLDS):
        for name, by_quality in _by_rules(steps, {TABLE: which}, folds != fold, folds == fold):
            _fill(chosen, name, folds == fold, by_quality)


@dataclass(frozen=True, slots=True)
class _Alike:
    """The mean target of the steps with the nearest number, and of all that are as near; a learner for one column."""

    k: int

    def predict(self, x: Floats, y: Floats, new: Floats) -> Floats:
        """See `tierwise.evaluation.baselines.Learner`."""
        away = np.abs(new[:, :1] - x[:, 0])
        reach = np.partition(away, min(self.k, len(x)) - 1, axis=1)[:, min(self.k, len(x)) - 1]
        near = (away <= reach[:, None] + 1e-12).astype(float)
        return np.asarray(near @ y / near.sum(axis=1, keepdims=True))


def _constant(steps: LabelledSteps) -> Iterator[StepLine]:
    for tier, facts in enumerate(STEP_TIERS):
        yield from lines_of(steps, f"always {facts.model}", 1.0, np.full(len(steps.target), tier))


def _within(steps: LabelledSteps, benchmark: str) -> Iterator[StepLine]:
    """One benchmark alone: rules learn from its other instances."""
    inside = steps.benchmark == benchmark
    folds = folds_of(steps.instance.tolist(), _FOLDS, SEED)
    chosen: dict[tuple[str, float], Floats] = {}
    for fold in range(_FOLDS):
        seen, asked = inside & (folds != fold), inside & (folds == fold)
        if seen.any() and asked.any():
            constant = {"one tier": np.zeros((len(steps.target), 1))}
            for name, by_quality in _by_rules(steps, {**steps.rules, **constant}, seen, asked):
                _fill(chosen, name, asked, by_quality)
    at = np.flatnonzero(inside)
    for (name, quality), tier in chosen.items():
        yield _line(steps, f"{benchmark} alone", name, quality, at, tier[at])
