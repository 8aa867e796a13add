"""The front door: reads a step, estimates, prices, chooses, and says why.

Construction is strict and routing is calm. What is wrong in tiers, rules or weights raises when the router is built; once
built, a failure of ours never takes the agent down: the decision falls back to the default tier, visibly.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from tierwise.assembly import feedback_store_of, tier_of
from tierwise.conversation.memo import HistoryMemo, Past
from tierwise.conversation.memory import Conversations
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.conversation.summariser import Summarise, Summariser
from tierwise.handlers.judged import Judged
from tierwise.handoff.carrier import Carrier
from tierwise.plan import Plan
from tierwise.planning import Planning
from tierwise.policy.bound import MOST_OVER_TOP
from tierwise.policy.rules import Rule
from tierwise.protocols import Classifier, Embedder, FeedbackStore, Policy, StateStore
from tierwise.settings import Settings
from tierwise.step import check_messages, checked_frame
from tierwise.tiers import Tier
from tierwise.types import Message, Mode, Step, Tool

log = logging.getLogger(__name__)


class Router(Planning):
    """Sends every step of an agent to the cheapest tier that will do it well.

    It may be shared by threads and tasks, and copying it, deeply too, gives the same router. Pickled, it is built again from
    its arguments and knows what it had learned: in the other process a state store or feedback store is opened anew, while
    what stood in the memory of this one (conversations, decisions that feedback may still come on) stays here.

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
        settings = Settings(
            mode, tuple(rules), default_tier, max_latency_ms, most_over_top, cascade, recovery, on_tier_error
        )
        super().__init__(
            tiers, settings, quality, embedder, classifier, policy, feedback_store, learn_from_verdicts, clock
        )
        self._conversations = Conversations(MemoryStore() if store is None else store)
        self._memo = HistoryMemo() if remember_messages else HistoryMemo(0)
        self._carrier = Carrier(Summariser(summarise, remember=remember_messages))
        self._given = {
            "embedder": embedder,
            "classifier": classifier,
            "store": store,
            "remember_messages": remember_messages,
            "summarise": summarise,
        }
        if learned is not None:
            self.teacher.load(Path(learned))
        elif feedback_store is not None:
            self.teacher.settle()

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
        self._carrier.forget(conversation_id, user)
        self._memo.forget()  # it does not know conversations by name; reading them anew costs a millisecond

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Router:
        """The router itself: what it remembers and learns belongs to all who ask it, so a copy of a model shares it."""
        return self

    __copy__ = __deepcopy__

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process builds a router like it, which has learned as much and shares its stores; see the class."""
        arguments = {
            **self._given,
            **{setting.name: getattr(self.settings, setting.name) for setting in fields(self.settings)},
            "tiers": (*self.handlers, *self._by_name.values()),
            "quality": self.quality,
            "policy": self._given_policy,
            "feedback_store": self._feedback_store,
            "learn_from_verdicts": self._learn_from_verdicts,
            "clock": self._clock,
        }
        taught = self._teacher is not None
        learned = import_module(_CARRIED).learned_bytes(self) if taught else None
        return _rebuilt, (type(self), arguments, learned, self._desk.judged)

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


_CARRIED = "tierwise.learning.carried"


def _rebuilt(cls: type[Router], arguments: dict[str, Any], learned: bytes | None, judged: Judged) -> Router:
    """A router as it was when it was pickled."""
    router = cls(**arguments)
    router._desk.judged = judged
    if learned is not None:
        import_module(_CARRIED).take_up(router, learned)
    return router
