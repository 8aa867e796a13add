"""A user's outcomes through the router: which steps it would send up first, beside what else could say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tierwise.classifier.families import spelt_alike
from tierwise.errors import ConfigError, UnknownModel
from tierwise.evaluation.baselines import LEARNERS, cross_fitted, folds_of
from tierwise.evaluation.eval_report import EvalReport, Judged, report_on
from tierwise.evaluation.outcomes import Outcomes
from tierwise.evaluation.pairs import LENGTH, OURS, Ordering, Pair
from tierwise.evaluation.peers import litellm_heuristic
from tierwise.protocols import Embedder
from tierwise.router import Router
from tierwise.signals import read_step
from tierwise.tiers import Tier
from tierwise.types import Estimate, Floats, Reading

__all__ = ["DIFFICULTY", "LITELLM", "evaluate", "rule_orderings"]

DIFFICULTY, LITELLM = "tierwise, difficulty alone", "litellm heuristic"
_OUTPUT_TOKENS = 300
"""What an answer is charged with where nobody says."""
_FEWEST_STEPS = 10
_FOLDS, _SEED = 5, 20261124
_FEWEST_PER_FOLD = 20


def evaluate(
    outcomes: Outcomes,
    router: Router | None = None,
    weak: str | None = None,
    strong: str | None = None,
    encoder: Embedder | None = None,
    draws: int = 1000,
) -> EvalReport:
    """Judges the router, and what any router should beat, on graded outcomes.

    Args:
        outcomes: At least two models, and ten steps that both were graded on.
        router: Its tiers' names or models are the outcomes' models; by default one with the wheel's weights.
        weak: The cheaper model of the pair; by default the one with the lowest mean cost, or else the lowest mean score.
        strong: The dearer one; by default the one with the best mean score.
        encoder: Gives the vectors that the learners are trained on; by default the router's.
        draws: Bootstrap samples.

    Raises:
        ConfigError: A model is not among the outcomes, or too little is known.
    """
    router = router or router_for(outcomes.models)
    pairs = _pair(outcomes, router, weak, strong)
    notes = [
        f"{pairs[0]} (weak) and {pairs[1]} (strong); APGR of a random order is 0.5; intervals are 95 %, resampled by"
        " conversation. kNN, ridge and the k-means table learn from four fifths of these very outcomes and are judged on"
        " the rest; tierwise has seen none of them unless it was taught.",
    ]
    if outcomes.skipped:
        notes.append(f"{len(outcomes.skipped):,} lines were skipped, the first: {outcomes.skipped[0]}.")
    judged, kept = _judged(outcomes, router, pairs, encoder, notes)
    return report_on(outcomes.name, [judged], {outcomes.name: kept}, draws, notes)


def router_for(models: Sequence[str]) -> Router:
    """A router with a tier for each model; a model without a known price is taken for free."""
    return Router([_tier(model) for model in models])


def _tier(model: str) -> Tier:
    try:
        return Tier(model, model=model)
    except UnknownModel:
        return Tier(model, model=model, prices=(0.0, 0.0))


def _pair(outcomes: Outcomes, router: Router, weak: str | None, strong: str | None) -> tuple[str, str]:
    known = [name for name in outcomes.models if _tier_named(router, name) is not None]
    for name in (weak, strong):
        if name is not None and name not in known:
            raise ConfigError(
                f"{name!r} is not among the graded models that the router has: {', '.join(map(repr, known))}"
            )
    if len(known) < 2:
        raise ConfigError(f"outcomes of two models are needed, found {', '.join(map(repr, known)) or 'none'}")
    if weak is not None and weak == strong:
        raise ConfigError(f"weak and strong are both {weak!r}: name two models")
    known = _graded_together(outcomes, known, weak, strong)
    mean = {name: float(np.nanmean(outcomes.scores[:, outcomes.models.index(name)])) for name in known}
    strong = strong or max((name for name in known if name != weak), key=mean.__getitem__)
    known = _graded_together(outcomes, known, weak, strong)
    price = {name: _price(router, name) for name in known}
    weak = weak or min((name for name in known if name != strong), key=lambda name: (price[name], mean[name]))
    return weak, strong


def _graded_together(outcomes: Outcomes, known: Sequence[str], *given: str | None) -> list[str]:
    """The models that were graded on enough steps together with those given, or with any other; all, where none were."""
    graded = ~np.isnan(outcomes.scores[:, [outcomes.models.index(name) for name in known]])
    together = graded.T.astype(int) @ graded
    np.fill_diagonal(together, 0)
    with_any = [known.index(name) for name in given if name is not None] or list(range(len(known)))
    enough = together[:, with_any].max(axis=1) >= _FEWEST_STEPS
    found = [name for name, fits in zip(known, enough, strict=True) if fits or name in given]
    return found if len(found) > 1 else list(known)


def _tier_named(router: Router, name: str) -> Tier | None:
    exact = (tier for tier in router.tiers if name in (tier.name, tier.model))
    alike = (tier for tier in router.tiers if tier.model is not None and spelt_alike(name, tier.model))
    return next(exact, None) or next(alike, None)


def _price(router: Router, name: str) -> float:
    tier = _tier_named(router, name)
    return tier.prices.usd_per_mtok_in + tier.prices.usd_per_mtok_out if tier is not None else 0.0


def _judged(
    outcomes: Outcomes, router: Router, names: tuple[str, str], encoder: Embedder | None, notes: list[str]
) -> tuple[Judged, list[str]]:
    at = [outcomes.models.index(name) for name in names]
    rows = np.flatnonzero(~np.isnan(outcomes.scores[:, at]).any(axis=1))
    if len(rows) < _FEWEST_STEPS:
        raise ConfigError(
            f"only {len(rows)} steps are graded for both {names[0]!r} and {names[1]!r}: give {_FEWEST_STEPS} or more"
        )
    steps = [outcomes.steps[i] for i in rows]
    readings = [read_step(step) for step in steps]
    estimates = router.estimate_many([(step.messages, step.tools) for step in steps])
    scores = outcomes.scores[rows][:, at]
    clusters = [outcomes.clusters[i] for i in rows]
    usd = _usd(outcomes.usd[rows][:, at], readings, router, names)
    if not (usd[:, 1].mean() > usd[:, 0].mean()):
        usd = np.tile([0.0, 1.0], (len(rows), 1))
        notes.append("No price tells the two apart: costs are counted in calls of the strong model.")
    both = ((scores[:, 0], scores[:, 1]), (usd[:, 0], usd[:, 1]))
    pair = Pair(outcomes.name, outcomes.name, *names, *both, np.arange(len(rows)))
    routers = dict(_ours(router, estimates, names))
    routers.update(rule_orderings(readings))
    if LITELLM not in routers:
        notes.append("litellm is not installed: its heuristic does not stand beside (`pip install litellm`).")
    embedder = encoder or router.embedder
    if embedder is not None:
        vectors = np.asarray(embedder.embed([reading.task for reading in readings]))
        routers.update(_learned(vectors, scores, clusters, embedder.name))
    return (pair, routers, [outcomes.kinds[i] for i in rows]), clusters


def _usd(given: Floats, readings: Sequence[Reading], router: Router, names: Sequence[str]) -> Floats:
    """Costs as given, and at list price where they are not; input tokens as estimated."""
    tokens = np.array([reading.signals.input_tokens for reading in readings], dtype=float)
    columns = []
    for name in names:
        tier = _tier_named(router, name)
        into, out = (tier.prices.usd_per_mtok_in, tier.prices.usd_per_mtok_out) if tier is not None else (0.0, 0.0)
        columns.append((tokens * into + _OUTPUT_TOKENS * out) / 1e6)
    return np.where(np.isnan(given), np.column_stack(columns), given)


def _ours(router: Router, estimates: Sequence[Estimate], names: Sequence[str]) -> Iterator[tuple[str, Ordering]]:
    tiers = [_tier_named(router, name) for name in names]
    weak, strong = (np.array([e.p_adequate[tier.name] for e in estimates]) for tier in tiers if tier is not None)
    z = np.array([estimate.difficulty for estimate in estimates])
    yield OURS, Ordering(strong - weak, (weak, strong), fails=z)
    yield DIFFICULTY, Ordering(z)


def rule_orderings(readings: Sequence[Reading]) -> dict[str, Ordering]:
    """The length of the cleaned question, and litellm's heuristic where it is installed."""
    found = {LENGTH: Ordering(np.array([float(reading.signals.question_chars) for reading in readings]))}
    heuristic = litellm_heuristic([reading.task for reading in readings])
    if heuristic is not None:
        found[LITELLM] = Ordering(heuristic)
    return found


def _learned(vectors: Floats, scores: Floats, clusters: Sequence[str], encoder: str) -> Iterator[tuple[str, Ordering]]:
    """Learners of each model's score, cross-fitted by conversation; they order by the gain they expect."""
    if len(scores) < _FOLDS * _FEWEST_PER_FOLD:
        return
    folds = folds_of(clusters, _FOLDS, _SEED)
    for name, learner in LEARNERS.items():
        p = cross_fitted(learner, vectors, scores, folds)
        yield f"{name} on {encoder}", Ordering(p[:, 1] - p[:, 0], fails=-p[:, 0])
