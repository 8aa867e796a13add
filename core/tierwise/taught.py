"""What a router has been taught: the part of it that learns, by way of `tierwise.learning`, imported when it is needed."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.classifier.learned import Correction
from tierwise.plan import Plan
from tierwise.policy.guarantee import Promise
from tierwise.protocols import FeedbackStore
from tierwise.tiers import Tier
from tierwise.types import Decision, Estimate, Floats, LearnReport, ModelFacts, Outcome, Signals

log = logging.getLogger(__name__)

_REMEMBERED_DECISIONS = 4_096
"""Decisions that feedback can still be given on: about 1 KB each, and no text."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of a decision, for feedback on it: figures, no text. Chances are those before learning."""

    decision_id: str
    model: str
    p_adequate: Mapping[str, float]
    signals: Signals
    difficulty: float
    vectors: Floats | None
    conversation_id: str
    traffic: str | None = None


class Taught:
    """What was learned, and the ways to learn more. `Router` is one.

    Args:
        quality: The router's.
        models: Tier name to its model.
        feedback_store: Keeps outcomes; None for this process alone.
        learn_from_verdicts: How much an unusable answer counts as an outcome, in [0, 1].
    """

    def __init__(
        self,
        quality: float,
        models: Mapping[str, ModelFacts],
        feedback_store: FeedbackStore | None,
        learn_from_verdicts: float,
    ) -> None:
        self.quality = quality
        self.models = models
        self.correction: Correction | None = None
        """What outcomes have taught; None before the first."""
        self.stale = False
        """Whether outcomes are waiting to be learned from, which the next decision begins."""
        self.promises: Mapping[float, Promise] = {}
        """Quality to what was guaranteed for it, by `calibrate`."""
        self._teacher: Any = None
        self._feedback_store = feedback_store
        self._learn_from_verdicts = learn_from_verdicts
        self._seen: OrderedDict[str, Seen] = OrderedDict()

    def _price_quality(self) -> None:
        """Takes what was learned into ranks and prices; the router does."""
        raise NotImplementedError

    def learn(self, outcomes: Sequence[Outcome], settle: bool | None = None) -> LearnReport:
        """Learns from graded outcomes, in place: which model did how well on which step.

        Args:
            outcomes: Any number, in any order; the result depends on all that were ever given, not on their order. A
                model is named as a tier is, or as its model is.
            settle: Whether to refit now. By default yes, but for a single outcome, which takes under a millisecond: once a
                twentieth more is known, the next decision begins a refit, in a thread beside where it knows many already;
                `estimate` waits for it. `learn([])` refits now, with all that other processes have put in the same store.

        Returns:
            What was used and skipped, and what changed. An outcome that says what one said before (step, model, score,
            conversation, name of traffic) counts once, so that a file which has grown may be learned from again.

        Raises:
            LearnedError: The feedback store cannot be written; then nothing was learned.
        """
        report: LearnReport = self.teacher.learn(outcomes, settle)
        return report

    def feedback(
        self,
        decision_id: str,
        *,
        score: float | None = None,
        better: bool | None = None,
        than: str | None = None,
    ) -> bool:
        """Learns from what somebody thought of the answer to a recent decision.

        Args:
            decision_id: The decision's `id`.
            score: From 0 to 1: how adequate the answer was.
            better: A thumb, up or down; with `than`, whether the answer was better than another model's.
            than: The other model, or its tier.

        Returns:
            Whether the decision was still remembered (the latest 4,096 are); if not, nothing was learned. The same opinion
            twice counts once, different ones on one answer are averaged.

        Raises:
            LearnedError: Neither or both of score and better were given, a value is wrong, or the feedback store cannot be
                written.
        """
        return bool(self.teacher.take_feedback(decision_id, score, better, than))

    def save_learned(self, path: str | Path) -> None:
        """Writes what was learned to one file, without any text; `Router(learned=path)` starts from it.

        Raises:
            LearnedError: The file cannot be written.
        """
        self.teacher.save(Path(path))

    def adopt(self, correction: Correction) -> None:
        """For the learner: decides with this correction from now on. What was guaranteed was so for the old one."""
        self.correction = correction
        self.promises = {}
        self._price_quality()

    def promise(self, promise: Promise) -> None:
        """For the calibration: routes at the price that keeps this promise, wherever its quality is asked for."""
        self.promises = {**self.promises, promise.quality: promise}
        self._price_quality()

    def calibrate(self, outcomes: Sequence[Outcome], quality: float | None = None, delta: float = 0.1) -> Any:
        """Finds the price of quality from outcomes of every tier on the same steps, and a bound that holds for any traffic.

        With probability at least 1 - `delta` over such samples, at least `quality` of the top tier's adequate answers are
        kept, on steps drawn like these, priced without caches. Steps that were learned from are left out. With too few
        outcomes nothing changes. Learning more afterwards ends the promise.

        Args:
            outcomes: Graded; those of one step share its messages, those of one conversation its `conversation_id`.
            quality: Share to keep, below 1; by default the router's.
            delta: Chance that the sample misleads.

        Returns:
            A `tierwise.learning.calibrate.Calibration`: the estimate, the promise or what it lacks.

        Raises:
            LearnedError: A number is out of range.
        """
        return self.teacher.calibrate(outcomes, self.quality if quality is None else quality, delta)

    def seen(self, decision_id: str | None) -> Seen | None:
        """For the learner: what is remembered of a decision."""
        return None if decision_id is None else self._seen.get(decision_id)

    @property
    def teacher(self) -> Any:
        """The learner, which the hot path does not know: it is imported when something is to be learned."""
        if self._teacher is None:
            self._teacher = import_module("tierwise.learning.teach").Teacher(self, self._feedback_store)
        return self._teacher

    def _catch_up(self) -> None:
        """Begins a refit that is due; a decision does not wait for a long one."""
        if self.stale:
            self.teacher.catch_up()

    def _know_all(self) -> None:
        """Waits until all outcomes are learned from."""
        if self._teacher is not None:
            self._teacher.know_all()

    def _corrected(self, prior: list[Estimate], vectors: Floats | None, traffic: str | None = None) -> list[Estimate]:
        return prior if self.correction is None else self.correction.apply(prior, vectors, traffic)

    def _remember(
        self, decision: Decision, tier: Tier, prior: Estimate, vectors: Floats | None, traffic: str | None
    ) -> None:
        """Keeps the figures of a decision for feedback on it."""
        self._seen[decision.id] = Seen(
            decision.id,
            tier.facts.model,
            {facts.model: prior.p_adequate[name] for name, facts in self.models.items()},
            prior.signals,
            prior.difficulty,
            None if vectors is None else vectors.astype(np.float16),
            decision.conversation_id,
            traffic,
        )
        if len(self._seen) > _REMEMBERED_DECISIONS:
            self._seen.popitem(last=False)

    def _learn_from_verdict(self, plan: Plan) -> None:
        try:
            self.teacher.take_verdict(plan.decision.id, plan.tier.facts.model, self._learn_from_verdicts)
        except Exception as error:  # learning never takes an agent down
            log.warning("a verdict could not be learned from (%s)", type(error).__name__)
