"""Asks the handlers, one after the other, before anything is estimated. Calm, whatever they do.

What a handler gives is judged like a tier's answer: one that the agent could not go on with counts as an abstention. So
does an exception; a handler never takes an agent down.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tierwise.handlers.schema import misfit, schema_of
from tierwise.policy.recovery import floor_rank
from tierwise.policy.rules import Rule
from tierwise.tiers import Tier
from tierwise.types import Abstention, Answer, Reading, Reply, Signals, Step, Usage

log = logging.getLogger(__name__)

FaultOf = Callable[[Step, Answer], str | None]

_LONGEST_REASON = 160


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: who abstained and why, and, where one answered, who and what."""

    reasons: tuple[str, ...] = ()
    tier: Tier | None = None
    answer: Answer | None = None
    source: str | None = None


def ask(handlers: Sequence[Tier], step: Step, reading: Reading, fault_of: FaultOf) -> Asked:
    """The first answer that can be used, or none.

    Args:
        handlers: Tiers with a handler, in the order in which they are asked.
        step: The step.
        reading: What was read off it.
        fault_of: What is wrong with an answer, in words; None where the agent can go on with it.
    """
    reasons: tuple[str, ...] = ()
    for tier in handlers:
        reply, answer, why = _one(tier, step, reading, fault_of)
        if reply is not None:
            words = f"{tier.name} answers from {reply.source}, {sure(reply.confidence)} sure"
            return Asked((words, *reasons), tier, answer, reply.source)
        reasons += (f"{tier.name} abstained{': ' + why if why else ''}"[:_LONGEST_REASON],)
    return Asked(reasons)


def not_asked(step: Step, signals: Signals, rules: Sequence[Rule], recovery: bool) -> str | None:
    """Why handlers stay out of a step: somebody, or the trouble it is in, asks for a tier with a model."""
    if step.floor is not None:
        return f"handlers not asked: the floor is {step.floor}"
    bound = next((r for r in rules if r.at_least is not None and r.applies(signals, step.metadata)), None)
    if bound is not None:
        return f"handlers not asked: {bound.name} wants at least {bound.at_least}"
    if recovery and floor_rank(signals.trouble, 2):
        return "handlers not asked: trouble in the last steps"
    return None


def sure(confidence: float) -> str:
    """A confidence as reasons say it: `.93`."""
    return "1" if confidence >= 0.995 else f"{confidence:.2f}"[1:]


def _one(tier: Tier, step: Step, reading: Reading, fault_of: FaultOf) -> tuple[Reply | None, Answer | None, str]:
    try:
        given = tier.handler.handle(step, reading)  # type: ignore[union-attr]  # only tiers that have one are asked
        if isinstance(given, Reply):
            answer = _answer_of(given)
            fault = fault_of(step, answer) or _misfit(step, answer)
            if fault is None:
                return given, answer, ""
            log.warning("handler %r gave an answer that cannot be used: %s", tier.name, fault)
            return None, None, f"its answer cannot be used ({fault})"
        if given is None or isinstance(given, Abstention):
            return None, None, "" if given is None else given.reason
        raise TypeError(f"handle gives a Reply or an Abstention, not a {type(given).__name__}")
    except Exception as error:  # a handler never takes an agent down
        log.warning("handler %r failed (%s): it abstains", tier.name, type(error).__name__)
        return None, None, f"it failed with {type(error).__name__}"


def _answer_of(reply: Reply) -> Answer:
    """The reply as an assistant message.

    Raises:
        ValueError: The confidence is no share, or arguments are no JSON.
    """
    if not 0 <= reply.confidence <= 1:
        raise ValueError(f"confidence is {reply.confidence!r}: give a number from 0 to 1")
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": f"call_{uuid4().hex[:24]}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(dict(arguments), ensure_ascii=False)},
            }
            for name, arguments in reply.tool_calls
        ]
    return Answer(message, usage=Usage(), finish_reason="tool_calls" if reply.tool_calls else "stop")


def _misfit(step: Step, answer: Answer) -> str | None:
    schema = schema_of(step.response_format)
    if schema is None or answer.message.get("tool_calls"):
        return None
    wrong = misfit(json.loads(answer.message["content"]), schema)
    return None if wrong is None else f"it does not fit the schema: {wrong}"
