"""The front door: reads a step, estimates, prices, chooses, and says why.

Construction is strict and routing is calm. What is wrong in tiers, rules or weights raises when the router is built; once
built, a failure of ours never takes the agent down: the decision falls back to the default tier, visibly.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import numpy as np

from tierwise.assembly import (
    by_name,
    check_choice,
    check_estimate,
    check_names,
    check_quality,
    classifier_for,
    feedback_store_of,
    parted,
    tier_of,
)
from tierwise.billing import call_record
from tierwise.cascade import fault_of
from tierwise.conversation.makers import Makers, maker_name, seals_of
from tierwise.conversation.memo import HistoryMemo, Past
from tierwise.conversation.memory import Conversations
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.conversation.summariser import Summarise, Summariser
from tierwise.embedding import load_embedder
from tierwise.errors import ConfigError
from tierwise.handlers.asking import Asked, ask, not_asked
from tierwise.handoff.fitted import fitted_edits
from tierwise.plan import Attempt, Plan
from tierwise.policy.bound import MOST_OVER_TOP, headroom, top_alone
from tierwise.policy.choose import TargetQuality
from tierwise.policy.cost import billed_usd, costs_now, expected_output
from tierwise.policy.counting import factors_of, priced_factors, with_spare
from tierwise.policy.horizon import p_return
from tierwise.policy.limits import limits_for
from tierwise.policy.recovery import raised
from tierwise.policy.rules import Rule
from tierwise.protocols import Classifier, Embedder, FeedbackStore, Policy, StateStore
from tierwise.signals import read_step
from tierwise.signals.history import History
from tierwise.step import as_step, check_messages, checked_frame
from tierwise.taught import Taught
from tierwise.tiers import Tier
from tierwise.types import (
    Answer,
    CallRecord,
    Choice,
    ConversationState,
    Decision,
    Edit,
    Estimate,
    Floats,
    Limits,
    Message,
    Mode,
    Reading,
    Signals,
    Step,
    StepFacts,
    Tool,
    Usage,
)
from tierwise.verdict import NOT_PROMISED, Verdict, answered, fallen_back

log = logging.getLogger(__name__)

FORCE_TIER = "TIERWISE_FORCE_TIER"
"""The switch that turns routing off: the name of a tier, or `top`."""


class Router(Taught):
    """Sends every step of an agent to the cheapest tier that will do it well.

    Args:
        tiers: One or more with a model; their order does not matter, strength is the classifier's estimate for their
            models. Those with a handler are asked first, in the order given, and take what they answer.
        quality: Share of the top tier's adequate answers to keep over all traffic, above 0 and at most 1. The top tier is
            the one likeliest to be adequate on average, not the dearest.
        embedder: `"packaged"`, a fastembed model name, a folder that holds one, an `Embedder`, or None for signals alone.
        classifier: Estimates chances; by default the packaged one for this embedder.
        policy: Chooses; by default `TargetQuality` at `quality`.
        rules: Bounds on the tier for steps of some sort.
        default_tier: Taken when a part of ours fails; by default the top tier that fits.
        mode: `"shadow"` decides, always calls the top tier, and records what would have been.
        max_latency_ms: Leaves out tiers whose typical latency is known to be longer, while others are left.
        most_over_top: The most that a conversation may come to cost beyond its top tier alone with a warm cache, as a share
            (`tierwise.policy.bound`); None sets no bound.
        cascade: Whether a visibly unusable answer is tried again, once, one tier up.
        recovery: Whether failures and repetition in the last steps raise the weakest tier allowed, until sound steps follow.
        on_tier_error: `"raise"` hands the host its own exception back; `"step_up"` tries one tier up, once.
        store: Keeps conversation state; by default in this process.
        remember_messages: Whether this process may hold on to the messages of recent conversations, so that a long history
            is read only once. It changes no decision.
        summarise: Writes what stands in the place of the oldest messages where a history fits no tier's window: messages to
            text, at most once for the same messages. By default an extractive summary, which calls no model.
        learned: A file that `save_learned` wrote, to start from.
        feedback_store: Keeps outcomes, so that what is learned outlives this process.
        learn_from_verdicts: How much an unusable answer counts as an outcome, in [0, 1]. 0 is off: a broken form is not
            always a wrong answer, and steps without a fault are no proof of a right one.
        clock: Seconds; for tests.

    Raises:
        LearnedError: What was learned cannot be read.
        ConfigError: Two tiers share a name, a name is unknown, a number is out of range.
        EmbedderUnavailable: The embedder is not on this machine.
    """

    def __init__(
        self,
        tiers: Sequence[Tier],
        *,
        quality: float = 0.95,
        embedder: str | Path | Embedder | None = "packaged",
        classifier: Classifier | None = None,
        policy: Policy | None = None,
        rules: Sequence[Rule] = (),
        default_tier: str | None = None,
        mode: Mode = "route",
        max_latency_ms: float | None = None,
        most_over_top: float | None = MOST_OVER_TOP,
        cascade: bool = True,
        recovery: bool = True,
        on_tier_error: Literal["raise", "step_up"] = "raise",
        store: StateStore | None = None,
        remember_messages: bool = True,
        summarise: Summarise | None = None,
        learned: str | Path | None = None,
        feedback_store: FeedbackStore | None = None,
        learn_from_verdicts: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_choice("mode", mode, ("route", "shadow"))
        check_choice("on_tier_error", on_tier_error, ("raise", "step_up"))
        check_quality(quality)
        if max_latency_ms is not None and not max_latency_ms > 0:
            raise ConfigError(f"max_latency_ms is {max_latency_ms!r}: give milliseconds above 0, or None")
        if most_over_top is not None and not most_over_top >= 0:
            raise ConfigError(f"most_over_top is {most_over_top!r}: give a share of at least 0, such as 0.02, or None")
        named, self.handlers = parted(by_name(tiers))
        self._handler_names = frozenset(tier.name for tier in self.handlers)
        check_names(named, default_tier, rules, self._handler_names)
        models = {name: tier.facts for name, tier in named.items()}
        super().__init__(quality, models, feedback_store, learn_from_verdicts)
        self.mode = mode
        self.embedder = load_embedder(embedder)
        self.classifier = classifier_for(self.embedder) if classifier is None else classifier
        self._by_name = named
        self._given_policy = policy
        self._price_quality()
        self._rules = tuple(rules)
        self._default_tier = default_tier
        self._max_latency_ms = max_latency_ms
        self._most_over_top = most_over_top
        self._cascade = cascade
        self._recovery = recovery
        self._on_tier_error = on_tier_error
        self._conversations = Conversations(MemoryStore() if store is None else store)
        self._memo = HistoryMemo() if remember_messages else HistoryMemo(0)
        self._makers = Makers()
        self._summariser = Summariser(summarise, remember=remember_messages)
        self._clock = clock
        if learned is not None:
            self.teacher.load(Path(learned))
        elif feedback_store is not None:
            self.teacher.settle()
        self._forced_tier()  # a wrong name in the environment is told now, not at the first step

    @classmethod
    def from_yaml(cls, path: str | Path) -> Router:
        """Builds a router from a `tierwise.yaml`.

        Raises:
            ConfigError: The file is missing or wrong; the message names the line and the key.
        """
        from tierwise.config import load_config
        from tierwise.conversation.stores.opened import open_store

        config = load_config(path)
        return cls(
            [tier_of(tier) for tier in config.tiers],
            rules=[Rule(**rule.arguments()) for rule in config.rules],
            store=open_store(config.state),
            feedback_store=feedback_store_of(config),
            **config.router_arguments(),
        )

    def _price_quality(self) -> None:
        """Ranks the tiers and prices quality, on reference traffic as the classifier and what was learned see it."""
        reference = self.classifier.reference(self.models)
        if self.correction is not None:
            reference = self.correction.reference(reference, self.models)
        strength = reference.weights @ reference.p_adequate
        tiers = tuple(self._by_name.values())
        self.tiers: tuple[Tier, ...] = tuple(
            tier for _, tier in sorted(zip(strength, tiers, strict=True), key=lambda pair: pair[0])
        )
        """Weakest first, by expected quality."""
        priced = TargetQuality.from_reference(tiers, reference)
        priced = replace(priced, promised={quality: made.price_usd for quality, made in self.promises.items()})
        self.policy: Policy = self._given_policy or priced

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
        """`estimate` for many steps at once: message lists, or pairs of messages and tools. Equal to one by one."""
        return self._estimate([read_step(as_step(step)) for step in steps])

    def start(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] | None = None,
        tool_choice: str | Mapping[str, Any] | None = None,
        response_format: Mapping[str, Any] | None = None,
        max_output_tokens: int | None = None,
        conversation_id: str | None = None,
        user: str | None = None,
        quality: float | None = None,
        floor: str | None = None,
        ceiling: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        thinking: Mapping[str, bool] | None = None,
    ) -> Plan:
        """Decides which tier takes the next step.

        Args:
            messages: The whole list that would be sent, in OpenAI chat form. Images are counted, not read.
            tools: In OpenAI form.
            tool_choice: As sent to the model: `"none"`, `"auto"`, `"required"`, or a named function.
            response_format: As sent to the model.
            max_output_tokens: As sent to the model.
            conversation_id: The host's id; without one, a conversation is known by the messages it begins with.
            user: Keeps conversations of different users apart.
            quality: Overrides the router's, for this step.
            floor: The weakest tier allowed, for this step.
            ceiling: The strongest tier allowed, for this step.
            metadata: Free; rules can match on it, and `traffic` names the kind of traffic for what is learned.
            thinking: Tier name to whether this call asks that tier to think by a switch; see `Tier.thinking`.

        Raises:
            StepError: What was given is not a step, or names an unknown tier. A floor or a ceiling is a tier with a model;
                with a floor, handlers are not asked.
        """
        began = time.perf_counter()
        step = checked_frame(
            Step(
                messages,
                tools or (),
                tool_choice,
                response_format,
                max_output_tokens,
                conversation_id,
                user,
                quality,
                floor,
                ceiling,
                metadata,
                thinking,
            ),
            self._by_name,
            self._handler_names,
        )
        past = self._look_back(step)
        plan = self._plan(step, past, self._conversations.locate(step, past.chain), began)
        if plan.answer is not None:
            self.record(plan, plan.answer)
        return plan

    async def astart(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] | None = None,
        **facts: Any,
    ) -> Plan:
        """`start`, with the same arguments, for async hosts: a remote state store is awaited."""
        began = time.perf_counter()
        step = checked_frame(Step(messages, tools or (), **facts), self._by_name, self._handler_names)
        past = self._look_back(step)
        plan = self._plan(step, past, await self._conversations.alocate(step, past.chain), began)
        if plan.answer is not None:
            await self.arecord(plan, plan.answer)
        return plan

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Removes everything that is kept of a conversation."""
        self._conversations.store.forget(conversation_id, user)
        self._makers.forget(conversation_id, user)
        self._summariser.forget()
        self._memo.forget()  # it does not know conversations by name; reading them anew costs a millisecond

    def record(self, plan: Plan, answer: Answer) -> None:
        """For plans: keeps what a call added to its conversation."""
        self._conversations.record(plan.state, self._signed(plan, answer))

    async def arecord(self, plan: Plan, answer: Answer) -> None:
        """For plans: `record`, for async hosts."""
        await self._conversations.arecord(plan.state, self._signed(plan, answer))

    def carry_on(self, plan: Plan, answer: Answer, shown: bool) -> Plan:
        """For plans: judges an answer; an unusable one goes one tier up, once."""
        fault = answer.fault or fault_of(plan.step, answer)
        usd = None if answer.usage is None else billed_usd(plan.tier, answer.usage)
        attempts = (*plan.attempts, Attempt(plan.tier.name, answer.usage, usd, fault))
        if fault is not None and self._learn_from_verdicts > 0:
            self._learn_from_verdict(plan)
        may_retry = self._cascade and self.mode == "route" and not shown and not plan.attempts
        if fault is not None and may_retry:
            higher = self._step_up(plan, fault, attempts)
            if higher is not None:
                return higher
        return replace(plan, done=True, answer=answer, attempts=attempts)

    def recover(self, plan: Plan, error: BaseException) -> Plan:
        """For plans: a failed call goes one tier up where that was asked for."""
        fault = f"the call failed ({type(error).__name__})"
        attempts = (*plan.attempts, Attempt(plan.tier.name, None, 0.0, fault))
        if self._on_tier_error == "step_up" and not plan.attempts and isinstance(error, Exception):
            higher = self._step_up(plan, fault, attempts)
            if higher is not None:
                return higher
        return replace(plan, done=True, error=error, attempts=attempts)

    def _estimate(self, readings: Sequence[Reading]) -> list[Estimate]:
        vectors = self.vectors(readings)
        return self._corrected(self.classifier.estimate(readings, vectors, self.models), vectors)

    def vectors(self, readings: Sequence[Reading]) -> Floats | None:
        """Task and latest message of each reading, shape (n, 2, dim)."""
        if self.embedder is None or not readings:
            return None
        texts = [text for reading in readings for text in (reading.task, reading.latest)]
        return np.asarray(self.embedder.embed(texts)).reshape(len(readings), 2, -1)

    def _ask(self, step: Step, reading: Reading) -> Asked:
        """What the handlers say to a step; the switch that turns routing off turns them off too."""
        if not self.handlers or os.environ.get(FORCE_TIER):
            return Asked()
        reason = not_asked(step, reading.signals, self._rules, self._recovery)
        return ask(self.handlers, step, reading, fault_of) if reason is None else Asked((reason,))

    def _decide(self, step: Step, history: History | None, state: ConversationState) -> Verdict:
        reading = read_step(step, history)
        signals = reading.signals
        asked = self._ask(step, reading)
        if asked.tier is not None and self.mode == "route":
            return answered(asked, signals)
        vectors = self.vectors([reading])
        (prior,) = self.classifier.estimate([reading], vectors, self.models)
        check_estimate(prior, self._by_name)
        (estimate,) = self._corrected([prior], vectors, traffic_of(step))
        output_tokens = expected_output(signals, step.max_output_tokens)
        now, back = self._clock(), p_return(signals.kind)
        text_tokens = signals.input_tokens if history is None else history.tokens
        sizes = text_tokens, signals.input_tokens - text_tokens
        factors, priced = factors_of(self.tiers, state, *sizes), priced_factors(self.tiers, state, *sizes)
        costs = costs_now(self.tiers, signals.input_tokens, output_tokens, state, now, back, priced)
        limits = self._limits(step, signals, output_tokens, factors, state)
        limits = raised(limits, signals, self.tiers) if self._recovery else limits
        quality = self.quality if step.quality is None else step.quality
        top_usd = top_alone(self.top, signals.input_tokens, output_tokens, state, now, priced)
        room = None if self._most_over_top is None else headroom(state, top_usd, self._most_over_top)
        facts = StepFacts(
            signals.kind, signals.input_tokens, output_tokens, quality, state.last_tier, room, estimate.traffic
        )
        choice = self.policy.choose(facts, estimate, costs, limits)
        if choice.tier not in limits.allowed:
            raise ConfigError(f"the policy chose {choice.tier!r}, which is not allowed here: {limits.allowed!r}")
        promised = self.promises.get(quality)
        words = NOT_PROMISED if promised is None or self._given_policy is not None else promised.words(self.top.name)
        return Verdict(
            estimate, costs, limits, choice, prior=prior, vectors=vectors, promise=words, factors=factors, asked=asked
        )

    def _limits(
        self, step: Step, signals: Signals, output: int, factors: Mapping[str, float], state: ConversationState
    ) -> Limits:
        windows = with_spare(factors, self.tiers, state)
        return limits_for(step, signals, output, self.tiers, self._rules, self._max_latency_ms, windows)

    def _fall_back(self, step: Step, error: Exception) -> Verdict:
        tier = self._default_tier or step.ceiling or self.top.name
        log.warning("routing failed (%s): falling back to tier %r", type(error).__name__, tier)
        return fallen_back(self.tiers, tier, error)

    def _apply_mode(self, verdict: Verdict) -> tuple[Verdict, str]:
        """What is called, and what routing would have chosen: the same but in shadow mode and under force."""
        answering = verdict.asked.tier
        chosen = verdict.choice.tier if answering is None else answering.name
        try:
            forced = self._forced_tier()
        except ConfigError as error:  # set to nonsense after construction
            log.warning("%s", error)
            forced = None
        if forced is not None:
            reason = f"forced to {forced} by {FORCE_TIER}; routing would choose {chosen}"
            return replace(verdict, choice=Choice(forced, (reason, *verdict.choice.reasons))), chosen
        if self.mode == "shadow":
            top = verdict.limits.allowed[-1]
            reason = f"shadow mode: calls {top}; routing would choose {chosen}"
            return replace(verdict, choice=Choice(top, (reason, *verdict.choice.reasons))), chosen
        return verdict, chosen

    def _forced_tier(self) -> str | None:
        forced = os.environ.get(FORCE_TIER)
        if not forced:
            return None
        if forced in self._by_name:
            return forced
        if forced == "top":
            return self.top.name
        raise ConfigError(f"{FORCE_TIER} is {forced!r}: set it to 'top' or one of {list(self._by_name)!r}")

    def _look_back(self, step: Step) -> Past:
        """What is known of the messages, most of it from the step before.

        Raises:
            StepError: One of them is no message.
        """
        try:
            past = self._memo.read(step)
        except Exception as error:
            check_messages(step.messages)
            log.warning("the history could not be read step by step (%s)", type(error).__name__)
            return Past(None, None)
        check_messages(step.messages, past.known)
        return past

    def _plan(self, step: Step, past: Past, state: ConversationState, began: float) -> Plan:
        try:
            verdict = self._decide(step, past.history, state)
        except Exception as error:  # routing never takes an agent down
            verdict = self._fall_back(step, error)
        verdict, would_choose = self._apply_mode(verdict)
        answering = verdict.asked.tier if self.mode == "route" else None
        tier = answering or self._by_name[verdict.choice.tier]
        signals, sent = verdict.estimate.signals, None
        edits: tuple[Edit, ...] = ()
        factors = verdict.factors or factors_of(self.tiers, state, signals.input_tokens, 0)
        if answering is None:
            edits, sent = self._hand_over(step, tier, signals, factors, state, past.walks)
        decision = Decision(
            tier=tier.name,
            would_choose=would_choose,
            p_adequate=verdict.estimate.p_adequate,
            expected_usd={name: cost.usd for name, cost in verdict.costs.items()},
            kind=verdict.estimate.kind,
            reasons=verdict.reasons,
            fallback=verdict.fallback,
            mode=self.mode,
            conversation_id=state.conversation_id,
            id=uuid4().hex,
            decision_ms=(time.perf_counter() - began) * 1000,
            signals=verdict.estimate.signals,
            source=None if answering is None else verdict.asked.source,
        )
        if verdict.prior is not None:
            self._remember(decision, tier, verdict.prior, verdict.vectors, traffic_of(step))
        log.debug("step %s of %s goes to %s", decision.kind, decision.conversation_id, decision.tier)
        plan = Plan(step, decision, tier, edits, state=state, sent_tokens=sent, factors=factors, _steering=self)
        if answering is None:
            return plan
        free = (Attempt(tier.name, Usage(), 0.0),)
        return replace(plan, done=True, answer=verdict.asked.answer, attempts=free)

    def _step_up(self, plan: Plan, fault: str, attempts: tuple[Attempt, ...]) -> Plan | None:
        """The same step for the next stronger tier that may take it; None where there is none."""
        signals = plan.decision.signals
        output_tokens = expected_output(signals, plan.step.max_output_tokens)
        limits = self._limits(plan.step, signals, output_tokens, plan.factors, plan.state)
        ranks = [tier.name for tier in self.tiers]
        stronger = [name for name in limits.allowed if ranks.index(name) > ranks.index(plan.tier.name)]
        if not stronger or os.environ.get(FORCE_TIER):
            return None
        tier = self._by_name[stronger[0]]
        reasons = (f"stepped up from {plan.tier.name}: {fault}", *plan.decision.reasons)
        decision = replace(plan.decision, tier=tier.name, reasons=reasons)
        edits, sent = self._hand_over(plan.step, tier, signals, plan.factors, plan.state)
        return replace(plan, decision=decision, tier=tier, edits=edits, done=False, attempts=attempts, sent_tokens=sent)

    def _hand_over(
        self,
        step: Step,
        tier: Tier,
        signals: Signals,
        factors: Mapping[str, float],
        state: ConversationState,
        walks: dict[str, Any] | None = None,
    ) -> tuple[tuple[Edit, ...], int]:
        """The edits for a tier, and the estimated tokens that are then sent.

        Where they cannot be made out, the history goes as it stands, as it would without us.
        """
        try:
            factor = with_spare(factors, (tier,), state)[tier.name]
            walks = {} if walks is None else walks
            makers, whose = self._makers, (state.user, state.makers)
            return fitted_edits(
                step, tier, signals.input_tokens, factor, self._summariser.over, walks, lambda m: makers.of(m, *whose)
            )
        except Exception as error:
            log.warning("the handoff to %r failed (%s): the history goes unchanged", tier.name, type(error).__name__)
            return (), signals.input_tokens

    def _signed(self, plan: Plan, answer: Answer) -> CallRecord:
        """The call's record, with what the tier has signed in its answer; kept here too."""
        call, state = call_record(plan, answer, self.top, self._clock()), plan.state
        seals = seals_of(answer.message)
        if not seals:
            return call
        maker = maker_name(plan.tier.provider, plan.tier.model or plan.tier.name)
        self._makers.note(seals, maker, state.user, state.conversation_id)
        return replace(call, maker=maker, seals=seals)


def traffic_of(step: Step) -> str | None:
    """The user's own name for the kind of traffic, where the step's metadata has one."""
    name = step.metadata.get("traffic") if step.metadata else None
    return name if isinstance(name, str) else None
