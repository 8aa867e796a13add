"""Asks one handler, before anything is estimated. Calm, whatever it does.

What a handler gives is judged like a tier's answer: one that the agent could not go on with counts as an abstention. So
does an exception, or what is neither a `Reply` nor an `Abstention`; a handler never takes an agent down.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutine
from typing import Any
from uuid import uuid4

from tierwise.handlers.schema import misfit, schema_of
from tierwise.policy.recovery import floor_rank
from tierwise.policy.rules import Rule
from tierwise.tiers import Tier
from tierwise.types import Abstention, Answer, Reading, Reply, Signals, Step, Usage

log = logging.getLogger(__name__)

FaultOf = Callable[[Step, Answer], str | None]
"""What is wrong with an answer, in words; None where the agent can go on with it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: who abstained and why, and, where one answered, who and what."""

    reasons: tuple[str, ...] = ()
    tier: Tier | None = None
    answer: Answer | None = None
    source: str | None = None
    ms: Mapping[str, float] = field(default_factory=dict)
    """How long each took that was asked."""


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


@dataclass(frozen=True, slots=True)
class Usable:
    """What a handler gave: an answer that the agent can go on with, or why there is none."""

    reply: Reply | None = None
    answer: Answer | None = None
    why: str = ""
    failed: bool = False
    """It raised, or what it gave cannot be used."""


def answer_in(tier: Tier, step: Step, reading: Reading, fault_of: FaultOf) -> Usable:
    """Asks one handler, and judges what it gives."""
    try:
        given = tier.handler.handle(step, reading)  # type: ignore[union-attr]  # only tiers that have one are asked
        if given is None or isinstance(given, Abstention):
            return Usable(why="" if given is None else str(given.reason))
        if not isinstance(given, Reply):
            return _refused(tier, f"it gave a {_what(given)}, not a Reply or an Abstention")
        answer = _answer_of(given)
        fault = fault_of(step, answer) or _misfit(step, answer)
        return Usable(given, answer) if fault is None else _refused(tier, f"its answer cannot be used ({fault})")
    except Exception as error:  # a handler never takes an agent down
        log.warning("handler %r failed (%s): it abstains", tier.name, type(error).__name__)
        return Usable(why=f"it failed with {type(error).__name__}", failed=True)


def _refused(tier: Tier, why: str) -> Usable:
    log.warning("handler %r: %s; it abstains", tier.name, why)
    return Usable(why=why, failed=True)


def _what(given: object) -> str:
    """A thing's type; a coroutine is closed, as nobody will await it."""
    if iscoroutine(given):
        given.close()
    return type(given).__name__


def _answer_of(reply: Reply) -> Answer:
    """The reply as an assistant message.

    Raises:
        ValueError: The confidence is no share, the source or the text is no text, or arguments are no JSON.
    """
    if not 0 <= reply.confidence <= 1:
        raise ValueError(f"confidence is {reply.confidence!r}: give a number from 0 to 1")
    if not isinstance(reply.source, str) or not (reply.text is None or isinstance(reply.text, str)):
        raise ValueError("source is a text, and so is text, or None")
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
