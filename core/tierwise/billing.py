"""What an answered call adds to its conversation: what the provider now holds, what it billed, what the top would have."""

from __future__ import annotations

from tierwise.plan import Plan
from tierwise.policy.bound import top_alone
from tierwise.policy.cost import billed_usd, expected_output, held_after
from tierwise.tiers import Tier
from tierwise.types import Answer, CallRecord, Held, Usage

__all__ = ["call_record"]


def call_record(plan: Plan, answer: Answer, top: Tier, now: float) -> CallRecord:
    """The record of a call, but for what is signed in its answer.

    Args:
        plan: As it stood when the call was made.
        answer: With usage, where the provider reported any; otherwise the call counts as its expected cost.
        top: The router's top tier.
        now: Seconds, on the router's clock.
    """
    name, state = plan.tier.name, plan.state
    if plan.tier.handler is not None:  # nobody was called, and what others hold is as it was
        last = state.held.get(state.last_tier or name)
        return CallRecord(name, Held(0, now, 1.0 if last is None else last.factor), 0.0)
    sent = plan.decision.signals.input_tokens if plan.sent_tokens is None else plan.sent_tokens
    held = held_after(plan.tier, sent, answer.usage, now, state.held.get(name))
    expected = plan.decision.expected_usd.get(name, 0.0)
    usd = expected if answer.usage is None else billed_usd(plan.tier, answer.usage)
    alone = 0.0 if plan.attempts else _top_alone(plan, answer.usage, sent, top, now)  # once for a step tried twice
    return CallRecord(name, held, usd, alone)


def _top_alone(plan: Plan, usage: Usage | None, sent: int, top: Tier, now: float) -> float:
    """What the top tier would have been billed for a step that was just taken, had it taken all before."""
    signals = plan.decision.signals
    output = expected_output(signals, plan.step.max_output_tokens) if usage is None else usage.output
    factors, off = plan.factors, 1.0
    if usage is not None and usage.input > 0 and sent > 0 and plan.tier.name in factors:
        off = usage.input / (sent * factors[plan.tier.name])  # as far as this call was from what was foreseen
    seen = {name: of * off for name, of in factors.items()}
    return top_alone(top, signals.input_tokens, output, plan.state, now, seen)
