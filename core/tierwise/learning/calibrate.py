"""From outcomes of every tier on the same steps to a price of quality: the estimate, and a bound that can be relied on.

Figures are those of steps taken alone, priced without caches. A step that was learned from is left out: what has seen
the answers cannot vouch for itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from tierwise.errors import LearnedError, StepError
from tierwise.learning.ledger import Ledger
from tierwise.policy.cost import billed_usd, expected_output
from tierwise.policy.counting import count_of
from tierwise.policy.guarantee import PRICES_USD, Promise, choices_at, first_safe, losses, needed
from tierwise.router import Router
from tierwise.step import checked_step
from tierwise.types import Floats, Outcome, Step, Usage

__all__ = ["Calibration", "calibrate", "digest", "kept_promise", "promise_kept"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found.

    Attributes:
        quality, delta: What was asked for.
        n_steps: Steps with an outcome of every tier.
        n_conversations: Conversations they come from.
        skipped: Reason to how many outcomes or steps were of no use.
        estimate: The lowest price of quality at which the sample itself keeps `quality`, its share kept and its cost.
        promise: What is guaranteed; None where the outcomes are too few, and then nothing has changed.
        missing: How many more conversations like these a first promise needs; None where no number would do.
    """

    quality: float
    delta: float
    n_steps: int
    n_conversations: int
    skipped: Mapping[str, int]
    estimate: Promise | None
    promise: Promise | None
    missing: int | None


@dataclass(frozen=True)
class _Sample:
    usd: Floats
    p: Floats
    adequate: Floats
    conversations: list[str]


def calibrate(
    router: Router,
    outcomes: Sequence[Outcome],
    quality: float,
    delta: float,
    learned: Ledger,
    model_of: Callable[[str], str | None],
) -> Calibration:
    """See `Router.calibrate`.

    Raises:
        LearnedError: A number is out of range.
    """
    for what, value in (("quality", quality), ("delta", delta)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise LearnedError(f"{what} is {value!r}: give a number above 0 and below 1")
    sample, skipped = _sample(router, outcomes, learned, model_of)
    n = len(sample.conversations)
    n_conversations = len(set(sample.conversations))
    if n == 0:
        return Calibration(quality, delta, 0, 0, skipped, None, None, None)
    estimate = _estimate(router, sample, quality, delta)
    found = first_safe(sample.usd, sample.p, sample.adequate, _top(router), quality, delta, sample.conversations)
    promise = None if found is None else _figures(router, sample, quality, delta, *found)
    if promise is None or not promise.usd < promise.top_usd:
        missing = _missing(router, sample, quality, delta)
        return Calibration(quality, delta, n, n_conversations, skipped, estimate, None, missing)
    router.promise(promise)
    return Calibration(quality, delta, n, n_conversations, skipped, estimate, promise, 0)


def digest(step: Step) -> str:
    """Names a step: outcomes of different models on it belong together."""
    text = json.dumps([list(step.messages), list(step.tools)], sort_keys=True, default=str)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def kept_promise(router: Router, promise: Promise) -> dict[str, Any]:
    """A promise as JSON values, with what it holds for."""
    return {**asdict(promise), "names": list(promise.names), "holds_for": _holds_for(router)}


def promise_kept(router: Router, values: Mapping[str, Any]) -> Promise | None:
    """The promise that was kept, where this router's tiers, models and prices are those it was made for."""
    values = dict(values)
    if values.pop("holds_for", None) != _holds_for(router):
        return None
    return Promise(**{**values, "names": tuple(values["names"])})


def _holds_for(router: Router) -> list[Any]:
    models = router.models.items()
    return [[name, f.model, f.usd_per_mtok_in, f.usd_per_mtok_out, f.ability] for name, f in models]


def _top(router: Router) -> int:
    return list(router.models).index(router.top.name)


def _sample(
    router: Router, outcomes: Sequence[Outcome], learned: Ledger, model_of: Callable[[str], str | None]
) -> tuple[_Sample, dict[str, int]]:
    """Steps with an outcome of every tier, in an order that does not depend on the scores."""
    skipped: Counter[str] = Counter()
    scores: dict[str, dict[str, list[float]]] = {}
    steps: dict[str, tuple[Step, str]] = {}
    for outcome in outcomes:
        model = model_of(outcome.model)
        if model is None:
            skipped[f"no tier has the model {outcome.model!r}"] += 1
            continue
        if not isinstance(outcome.score, int | float) or not 0 <= outcome.score <= 1:
            skipped["the score is not between 0 and 1"] += 1
            continue
        try:
            step = checked_step(Step(outcome.messages, outcome.tools or ()))
        except StepError:
            skipped["the messages are not a step"] += 1
            continue
        key = digest(step)
        if key in learned:
            skipped["the step was learned from"] += 1
            continue
        steps.setdefault(key, (step, outcome.conversation_id or key))
        scores.setdefault(key, {}).setdefault(model, []).append(float(outcome.score))
    models = [facts.model for facts in router.models.values()]
    whole = [key for key in sorted(steps) if all(model in scores[key] for model in models)]
    if len(whole) < len(steps):
        skipped["steps without an outcome of every tier"] = len(steps) - len(whole)
    adequate = np.array([[float(np.mean(scores[key][model])) for model in models] for key in whole])
    if not whole:
        return _Sample(np.zeros((0, 0)), np.zeros((0, 0)), adequate, []), dict(skipped)
    estimates = router.estimate_many([(steps[key][0].messages, list(steps[key][0].tools)) for key in whole])
    by_name = {tier.name: tier for tier in router.tiers}
    usd, p = [], []
    for estimate in estimates:
        tokens, output = estimate.signals.input_tokens, expected_output(estimate.signals, None)
        tiers = [by_name[name] for name in router.models]
        usages = [Usage(input=round(tokens * count_of(tier).text), output=output) for tier in tiers]
        usd.append([billed_usd(tier, usage) for tier, usage in zip(tiers, usages, strict=True)])
        p.append([estimate.p_adequate[name] for name in router.models])
    return _Sample(np.array(usd), np.array(p), adequate, [steps[key][1] for key in whole]), dict(skipped)


def _figures(router: Router, sample: _Sample, quality: float, delta: float, price: float, p_value: float) -> Promise:
    chosen = choices_at(price, sample.usd, sample.p)
    rows, top = np.arange(len(chosen)), _top(router)
    most = float(sample.adequate[:, top].sum())
    return Promise(
        quality=quality,
        delta=delta,
        price_usd=price,
        n_steps=len(chosen),
        n_conversations=len(set(sample.conversations)),
        p_value=p_value,
        names=tuple(router.models),
        kept=float(sample.adequate[rows, chosen].sum()) / most if most else 1.0,
        usd=float(sample.usd[rows, chosen].sum()),
        top_usd=float(sample.usd[:, top].sum()),
    )


def _estimate(router: Router, sample: _Sample, quality: float, delta: float) -> Promise:
    """The lowest price from the dearest down at which the sample keeps its quality."""
    best = _figures(router, sample, quality, delta, PRICES_USD[0], 1.0)
    for price in PRICES_USD:
        found = _figures(router, sample, quality, delta, price, 1.0)
        if found.kept < quality:
            break
        best = found
    return best


def _missing(router: Router, sample: _Sample, quality: float, delta: float) -> int | None:
    """How many more conversations would do for the dearest price that saves anything.

    Prices are tested from the dearest down, so that one and all before it have to be certified. A cheaper one may look as
    if it needed fewer, but is not reached without them, and is the cheapest of many by luck.
    """
    _, index, counts = np.unique(np.asarray(sample.conversations), return_inverse=True, return_counts=True)
    longest, top, rows = int(counts.max()), _top(router), np.arange(len(sample.usd))
    most, before = 0, np.zeros(0, dtype=int)
    for price in PRICES_USD:
        chosen = choices_at(price, sample.usd, sample.p)
        if np.array_equal(chosen, before):
            continue
        before = chosen
        loss = losses(sample.adequate[rows, chosen], sample.adequate[:, top], quality)
        enough = needed(np.bincount(index, loss).astype(float), quality, longest, delta)
        if enough is None:
            return None
        most = max(most, enough)
        if sample.usd[rows, chosen].sum() < sample.usd[:, top].sum():
            return max(1, most - len(counts))
    return None
