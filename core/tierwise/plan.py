"""A decision being carried out: the cursor that a host moves along while it makes the calls.

    plan = router.start(messages, tools=tools)
    while not plan.done:
        answer = call(plan.tier.model, plan.messages)
        plan = plan.after(answer)

The core makes no calls, so the same plan serves sync and async hosts. `after` is the only place where usage, cache facts
and the outcome are recorded. A plan never answered counts as abandoned: it leaves no trace but the conversation's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from tierwise.errors import PlanError
from tierwise.handoff import apply_edits
from tierwise.tiers import Tier
from tierwise.types import Answer, ConversationState, Decision, Edit, Message, Step, Usage


class Steering(Protocol):
    """What a plan asks of the router that made it."""

    def record(self, plan: Plan, answer: Answer) -> None:
        """Keeps what a call added to its conversation."""

    async def arecord(self, plan: Plan, answer: Answer) -> None:
        """`record`, where the state store is awaited."""

    def carry_on(self, plan: Plan, answer: Answer, shown: bool) -> Plan:
        """Returns the plan as done, or one tier up."""

    def recover(self, plan: Plan, error: BaseException) -> Plan:
        """Returns the plan as done with its error, or one tier up."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call that was made: which tier, what it was billed, and what was wrong with it (None: nothing)."""

    tier: str
    usage: Usage | None
    usd: float | None
    """From the usage that the provider reported; None where it reported none."""
    fault: str | None = None


@dataclass(frozen=True)
class Plan:
    """Which tier to call now, with which messages; or, when `done`, the answer.

    Plans are immutable: `after` and `failed` return the next one.
    """

    step: Step = field(repr=False)
    decision: Decision
    tier: Tier
    edits: tuple[Edit, ...] = ()
    done: bool = False
    answer: Answer | None = field(default=None, repr=False)
    error: BaseException | None = None
    attempts: tuple[Attempt, ...] = ()
    state: ConversationState = field(default=ConversationState(""), repr=False)
    """What was remembered of the conversation when the step began."""
    sent_tokens: int | None = None
    """Estimated input tokens of what is sent: fewer than the step's, where it does not fit the tier's window."""
    factors: Mapping[str, float] = field(default_factory=dict, repr=False)
    """Tier name to the tokens that it counts for an estimated one."""
    _steering: Steering | None = field(default=None, repr=False, compare=False)

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The history as the tier will accept it, in OpenAI form."""
        return apply_edits(self.step.messages, self.edits)

    @property
    def usd(self) -> float:
        """What the calls made so far were billed; a call without reported usage counts as its expected cost."""
        expected = self.decision.expected_usd
        return sum(expected.get(a.tier, 0.0) if a.usd is None else a.usd for a in self.attempts)

    def after(self, answer: Message | Answer, *, shown: bool = False) -> Plan:
        """Records the tier's answer.

        Args:
            answer: An OpenAI assistant message, or an `Answer` with usage.
            shown: The user has seen it already (a stream): it is recorded, and never taken back.

        Returns:
            A plan that is done, or one that asks the next tier up once more.

        Raises:
            PlanError: The plan is done already, or `answer` is neither a message nor an `Answer`.
        """
        steering, given = self._open(), _as_answer(answer)
        steering.record(self, given)
        return steering.carry_on(self, given, shown)

    async def aafter(self, answer: Message | Answer, *, shown: bool = False) -> Plan:
        """`after`, for async hosts: a remote state store is awaited."""
        steering, given = self._open(), _as_answer(answer)
        await steering.arecord(self, given)
        return steering.carry_on(self, given, shown)

    def failed(self, error: BaseException) -> Plan:
        """Records that the call raised.

        Returns:
            A plan that is done and holds `error`, which the host then raises unchanged; or, with
            `on_tier_error="step_up"`, one that asks the next tier up.

        Raises:
            PlanError: The plan is done already.
        """
        return self._open().recover(self, error)

    async def afailed(self, error: BaseException) -> Plan:
        """`failed`, for async hosts."""
        return self.failed(error)

    def _open(self) -> Steering:
        if self.done or self._steering is None:
            raise PlanError("this plan is done: start a new one with router.start(messages)")
        return self._steering


def _as_answer(answer: Message | Answer) -> Answer:
    if isinstance(answer, Answer):
        return answer
    if isinstance(answer, Mapping):
        return Answer(answer)
    raise PlanError(f"an answer is an OpenAI assistant message or an Answer, not {type(answer).__name__}")
