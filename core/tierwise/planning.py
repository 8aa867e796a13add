"""From a decision to an answered call: plans are made here, carried on when an answer comes, and stepped up."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from uuid import uuid4

from tierwise.billing import call_record
from tierwise.cascade import fault_of
from tierwise.conversation.memo import Past
from tierwise.conversation.memory import Conversations
from tierwise.deciding import Deciding, traffic_of
from tierwise.handoff.carrier import Carrier
from tierwise.override import is_forced, overridden
from tierwise.plan import Attempt, Plan
from tierwise.policy.cost import billed_usd, expected_output
from tierwise.policy.counting import factors_of
from tierwise.tiers import Tier
from tierwise.types import Answer, CallRecord, ConversationState, Decision, Step, Usage
from tierwise.verdict import Verdict, fallen_back

__all__ = ["Planning"]

log = logging.getLogger(__name__)


class Planning(Deciding):
    """The part of a router that makes plans and steers them. `Router` is one."""

    _conversations: Conversations
    _carrier: Carrier

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
        may_retry = self.settings.cascade and self.mode == "route" and not shown and not plan.attempts
        if fault is not None and may_retry:
            higher = self._step_up(plan, fault, attempts)
            if higher is not None:
                return higher
        return replace(plan, done=True, answer=answer, attempts=attempts)

    def recover(self, plan: Plan, error: BaseException) -> Plan:
        """For plans: a failed call goes one tier up where that was asked for."""
        fault = f"the call failed ({type(error).__name__})"
        attempts = (*plan.attempts, Attempt(plan.tier.name, None, 0.0, fault))
        if self.settings.on_tier_error == "step_up" and not plan.attempts and isinstance(error, Exception):
            higher = self._step_up(plan, fault, attempts)
            if higher is not None:
                return higher
        return replace(plan, done=True, error=error, attempts=attempts)

    def _plan(self, step: Step, past: Past, state: ConversationState, began: float) -> Plan:
        """The plan of a step; whatever fails in it of ours, there is one.

        Args:
            step: The step.
            past: What was read of its messages.
            state: What is known of the conversation.
            began: When the step came in, by `time.perf_counter`.
        """
        try:
            verdict = self._decide(step, past.history, state)
        except Exception as error:  # routing never takes an agent down
            verdict = self._fall_back(step, error)
        verdict, would_choose = overridden(verdict, self.mode, self._by_name, self.top.name)
        answering = verdict.asked.tier if self.mode == "route" else None
        if answering is not None:
            return self._answered(step, answering, verdict, would_choose, state, began)
        tier, input_tokens = self._by_name[verdict.choice.tier], verdict.estimate.signals.input_tokens
        factors = verdict.factors or factors_of(self.tiers, state, input_tokens, 0)
        edits, sent = self._carrier.edits(step, tier, input_tokens, factors, state, past.walks)
        decision = self._decision(tier, verdict, would_choose, state, began)
        if verdict.prior is not None:
            self._remember(decision, tier, verdict.prior, verdict.vectors, traffic_of(step))
        return Plan(step, decision, tier, edits, state=state, sent_tokens=sent, factors=factors, _steering=self)

    def _answered(
        self, step: Step, tier: Tier, verdict: Verdict, would_choose: str, state: ConversationState, began: float
    ) -> Plan:
        """A plan that is done before anybody is called: a handler has answered."""
        decision = self._decision(tier, verdict, would_choose, state, began)
        self._desk.remember(decision.id, tier.name, decision.source or "")
        free = (Attempt(tier.name, Usage(), 0.0),)
        return Plan(
            step, decision, tier, done=True, answer=verdict.asked.answer, attempts=free, state=state, _steering=self
        )

    def _decision(
        self, tier: Tier, verdict: Verdict, would_choose: str, state: ConversationState, began: float
    ) -> Decision:
        estimate = verdict.estimate
        log.debug("step %s of %s goes to %s", estimate.kind, state.conversation_id, tier.name)
        return Decision(
            tier=tier.name,
            would_choose=would_choose,
            p_adequate=estimate.p_adequate,
            expected_usd={name: cost.usd for name, cost in verdict.costs.items()},
            kind=estimate.kind,
            reasons=verdict.reasons,
            fallback=verdict.fallback,
            mode=self.mode,
            conversation_id=state.conversation_id,
            id=uuid4().hex,
            decision_ms=(time.perf_counter() - began) * 1000,
            signals=estimate.signals,
            source=None if tier.handler is None else verdict.asked.source,
            handler_ms=verdict.asked.ms,
        )

    def _fall_back(self, step: Step, error: Exception) -> Verdict:
        tier = self.settings.default_tier or step.ceiling or self.top.name
        log.warning("routing failed (%s): falling back to tier %r", type(error).__name__, tier)
        return fallen_back(self.tiers, tier, error)

    def _step_up(self, plan: Plan, fault: str, attempts: tuple[Attempt, ...]) -> Plan | None:
        """The same step for the next stronger tier that may take it; None where there is none."""
        signals = plan.decision.signals
        output_tokens = expected_output(signals, plan.step.max_output_tokens)
        limits = self._limits(plan.step, signals, output_tokens, plan.factors, plan.state)
        ranks = [tier.name for tier in self.tiers]
        stronger = [name for name in limits.allowed if ranks.index(name) > ranks.index(plan.tier.name)]
        if not stronger or is_forced():
            return None
        tier = self._by_name[stronger[0]]
        reasons = (f"stepped up from {plan.tier.name}: {fault}", *plan.decision.reasons)
        decision = replace(plan.decision, tier=tier.name, reasons=reasons)
        edits, sent = self._carrier.edits(plan.step, tier, signals.input_tokens, plan.factors, plan.state)
        return replace(plan, decision=decision, tier=tier, edits=edits, done=False, attempts=attempts, sent_tokens=sent)

    def _signed(self, plan: Plan, answer: Answer) -> CallRecord:
        """The call's record, with what the tier has signed in its answer."""
        call = call_record(plan, answer, self.top, self._clock())
        maker, seals = self._carrier.signed(answer.message, plan.tier, plan.state)
        return replace(call, maker=maker, seals=seals) if seals else call
