"""What a router thinks of a step: handlers asked, chances estimated, costs and limits known, one tier chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np

from tierwise.assembly import by_name, check_estimate, check_names, check_quality, classifier_for, parted
from tierwise.cascade import fault_of
from tierwise.embedding import load_embedder
from tierwise.errors import ConfigError
from tierwise.handlers.asking import Asked, not_asked
from tierwise.handlers.desk import Desk
from tierwise.override import forced_tier, is_forced
from tierwise.policy.bound import headroom, top_alone
from tierwise.policy.choose import TargetQuality
from tierwise.policy.cost import costs_now, expected_output
from tierwise.policy.counting import factors_of, priced_factors, with_spare
from tierwise.policy.horizon import p_return
from tierwise.policy.limits import limits_for
from tierwise.policy.recovery import raised
from tierwise.protocols import Classifier, Embedder, FeedbackStore, Policy
from tierwise.settings import Settings
from tierwise.signals import read_step
from tierwise.signals.history import History
from tierwise.step import as_step
from tierwise.taught import Taught
from tierwise.tiers import Tier
from tierwise.types import (
    Choice,
    ConversationState,
    Cost,
    Estimate,
    Floats,
    HandlerStats,
    Limits,
    Message,
    Mode,
    Reading,
    Signals,
    Step,
    StepFacts,
    Tool,
)
from tierwise.verdict import NOT_PROMISED, Verdict, answered

__all__ = ["Deciding", "traffic_of"]


class Deciding(Taught):
    """The part of a router that knows its tiers and chooses between them. `Router` is one; its arguments are these.

    Raises:
        ConfigError: Two tiers share a name, a name is unknown, a number is out of range.
        EmbedderUnavailable: The embedder is not on this machine.
    """

    def __init__(
        self,
        tiers: Sequence[Tier],
        settings: Settings,
        quality: float,
        embedder: str | Path | Embedder | None,
        classifier: Classifier | None,
        policy: Policy | None,
        feedback_store: FeedbackStore | None,
        learn_from_verdicts: float,
        clock: Callable[[], float],
    ) -> None:
        check_quality(quality)
        named, self.handlers = parted(by_name(tiers))
        self._handler_names = frozenset(tier.name for tier in self.handlers)
        self._desk = Desk(self.handlers, clock)
        check_names(named, settings.default_tier, settings.rules, self._handler_names)
        models = {name: tier.facts for name, tier in named.items()}
        super().__init__(quality, models, feedback_store, learn_from_verdicts)
        self.settings = settings
        self.embedder = load_embedder(embedder)
        self.classifier = classifier_for(self.embedder) if classifier is None else classifier
        self._by_name = named
        self._given_policy = policy
        self._clock = clock
        self._price_quality()
        forced_tier(named, self.top.name)  # a wrong name in the environment is told now, not at the first step

    @property
    def mode(self) -> Mode:
        """`"route"` or `"shadow"`."""
        return self.settings.mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self.settings = replace(self.settings, mode=mode)

    @property
    def top(self) -> Tier:
        """The tier that is likeliest to be adequate on average."""
        return self.tiers[-1]

    def estimate(self, messages: Sequence[Message], tools: Sequence[Tool] | None = None) -> Estimate:
        """How likely each tier is to do a step well.

        Args:
            messages: The list that would be sent, in OpenAI chat form.
            tools: In OpenAI form.

        Raises:
            StepError: `messages` is not a list of messages, or empty.
        """
        return self.estimate_many([(messages, tools)])[0]

    def estimate_many(
        self, steps: Sequence[Sequence[Message] | tuple[Sequence[Message], Sequence[Tool] | None]]
    ) -> list[Estimate]:
        """`estimate` for many steps at once: message lists, or pairs of messages and tools. Equal to one by one.

        Knows every outcome that was given: unlike a decision it waits where a refit is due.
        """
        readings = [read_step(as_step(step)) for step in steps]
        vectors = self.vectors(readings)
        self._know_all()
        return self._corrected(self.classifier.estimate(readings, vectors, self.models), vectors)

    def feedback(
        self, decision_id: str, *, score: float | None = None, better: bool | None = None, than: str | None = None
    ) -> bool:
        """Learns from what somebody thought of the answer to a recent decision.

        Where a handler has answered, the opinion counts for it and for the source of its answer (`handler_stats`): one
        whose answers are judged bad again and again is set aside in this process; see `tierwise.handlers.judged`.

        Args:
            decision_id: The decision's `id`.
            score: From 0 to 1: how adequate the answer was.
            better: A thumb, up or down; with `than`, whether the answer was better than another model's.
            than: The other model, or its tier.

        Returns:
            Whether the decision was still remembered (the latest 4,096 are); if not, nothing was learned.

        Raises:
            LearnedError: Neither or both of score and better were given, or a value is wrong.
        """
        remembered = super().feedback(decision_id, score=score, better=better, than=than)
        handler = self._desk.answered_by(decision_id)
        if handler is None:
            return remembered
        opinions = import_module("tierwise.learning.opinions").opinions(handler, score, better, than)
        _, grade, weight, _ = opinions[0]
        self._desk.hear(decision_id, grade, weight)
        return True

    def handler_stats(self) -> Mapping[str, HandlerStats]:
        """How each handler has done since the router was built, by tier name: asked, answered, failed, times, feedback."""
        return self._desk.stats()

    def vectors(self, readings: Sequence[Reading]) -> Floats | None:
        """Task and latest message of each reading, shape (n, 2, dim)."""
        if self.embedder is None or not readings:
            return None
        texts = [text for reading in readings for text in (reading.task, reading.latest)]
        return np.asarray(self.embedder.embed(texts)).reshape(len(readings), 2, -1)

    def _decide(self, step: Step, history: History | None, state: ConversationState) -> Verdict:
        """Which tier takes a step, with all that speaks for and against.

        Args:
            step: The step.
            history: What was read of its messages; None where they are read anew.
            state: What is known of the conversation.
        """
        reading = read_step(step, history)
        asked = self._ask(step, reading)
        if asked.tier is not None and self.mode == "route":
            return answered(asked, reading.signals)
        text_tokens = reading.signals.input_tokens if history is None else history.tokens
        return self._weigh(step, reading, text_tokens, state, asked)

    def _limits(
        self, step: Step, signals: Signals, output: int, factors: Mapping[str, float], state: ConversationState
    ) -> Limits:
        """Which tiers may take a step, and why the others may not."""
        windows, settings = with_spare(factors, self.tiers, state), self.settings
        return limits_for(step, signals, output, self.tiers, settings.rules, settings.max_latency_ms, windows)

    def _price_quality(self) -> None:
        """Ranks the tiers and prices quality, on reference traffic as the classifier and what was learned see it."""
        reference = self.classifier.reference(self.models)
        if self.correction is not None:
            reference = self.correction.reference(reference, self.models)
        strength = reference.weights @ reference.p_adequate
        tiers = tuple(self._by_name.values())
        priced = TargetQuality.from_reference(tiers, reference)
        priced = replace(priced, promised={quality: made.price_usd for quality, made in self.promises.items()})
        ranked = sorted(zip(strength, tiers, strict=True), key=lambda pair: pair[0])
        self.tiers: tuple[Tier, ...] = tuple(tier for _, tier in ranked)
        """Weakest first, by expected quality."""
        self.policy: Policy = self._given_policy or priced

    def _ask(self, step: Step, reading: Reading) -> Asked:
        """What the handlers say to a step; the switch that turns routing off turns them off too."""
        if not self.handlers or is_forced():
            return Asked()
        reason = not_asked(step, reading.signals, self.settings.rules, self.settings.recovery)
        return self._desk.ask(step, reading, fault_of) if reason is None else Asked((reason,))

    def _weigh(self, step: Step, reading: Reading, text_tokens: int, state: ConversationState, asked: Asked) -> Verdict:
        signals, vectors = reading.signals, self.vectors([reading])
        (prior,) = self.classifier.estimate([reading], vectors, self.models)
        check_estimate(prior, self._by_name)
        self._catch_up()
        (estimate,) = self._corrected([prior], vectors, traffic_of(step))
        output = expected_output(signals, step.max_output_tokens)
        sizes = text_tokens, signals.input_tokens - text_tokens
        factors = factors_of(self.tiers, state, *sizes)
        costs, room_usd = self._prices(signals, output, state, priced_factors(self.tiers, state, *sizes))
        limits = self._limits(step, signals, output, factors, state)
        limits = raised(limits, signals, self.tiers) if self.settings.recovery else limits
        quality = self.quality if step.quality is None else step.quality
        facts = StepFacts(
            signals.kind, signals.input_tokens, output, quality, state.last_tier, room_usd, estimate.traffic
        )
        choice = self._choose(facts, estimate, costs, limits)
        words = self._promise(quality)
        return Verdict(
            estimate, costs, limits, choice, prior=prior, vectors=vectors, promise=words, factors=factors, asked=asked
        )

    def _prices(
        self, signals: Signals, output: int, state: ConversationState, priced: Mapping[str, float]
    ) -> tuple[dict[str, Cost], float | None]:
        """What each tier would cost now, and what the step may cost within the conversation's bound."""
        now, back = self._clock(), p_return(signals.kind)
        costs = costs_now(self.tiers, signals.input_tokens, output, state, now, back, priced)
        top_usd = top_alone(self.top, signals.input_tokens, output, state, now, priced)
        most = self.settings.most_over_top
        return costs, None if most is None else headroom(state, top_usd, most)

    def _choose(self, facts: StepFacts, estimate: Estimate, costs: Mapping[str, Cost], limits: Limits) -> Choice:
        choice = self.policy.choose(facts, estimate, costs, limits)
        if choice.tier not in limits.allowed:
            raise ConfigError(f"the policy chose {choice.tier!r}, which is not allowed here: {limits.allowed!r}")
        return choice

    def _promise(self, quality: float) -> str:
        """What is promised at this quality, in words."""
        promised = self.promises.get(quality)
        return NOT_PROMISED if promised is None or self._given_policy is not None else promised.words(self.top.name)


def traffic_of(step: Step) -> str | None:
    """The user's own name for the kind of traffic, where the step's metadata has one."""
    name = step.metadata.get("traffic") if step.metadata else None
    return name if isinstance(name, str) else None
