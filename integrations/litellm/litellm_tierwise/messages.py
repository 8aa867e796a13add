"""litellm's objects as the core reads them, and a decision on litellm's own answers.

litellm speaks the OpenAI form already, so one litellm message is one OpenAI message. Answers are passed on whole: a
decision is written beside them, into `_hidden_params` and the headers, never into a message that would be sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import litellm

from tierwise.handoff.asked import asked_to_think
from tierwise.plan import Plan
from tierwise.types import Answer, Usage

METADATA_KEY = "tierwise"
"""Where a decision stands in `response._hidden_params`, and in a call's `metadata`."""
HEADER_TIER = "x-tierwise-tier"
HEADER_ID = "x-tierwise-id"

# Where litellm's deltas hold what a maker has signed, and thoughts.
_SIGNED = ("thinking_blocks", "reasoning_items", "reasoning_content", "provider_specific_fields")
# Beside these, a whole decision holds some thirty signals: too much for every line of a log.
_LOGGED = ("id", "tier", "would_choose", "kind", "p_adequate", "expected_usd", "reasons", "fallback", "source", "mode")


def to_openai(messages: Sequence[Any]) -> list[Mapping[str, Any]]:
    """The messages as mappings, index by index; litellm's own `Message` objects may stand among them."""
    return [_dump(message) if hasattr(message, "model_dump") else message for message in messages]


def step_facts(params: Mapping[str, Any]) -> dict[str, Any]:
    """What `Router.start` wants to know of a request's parameters, in OpenAI's names, beside its messages."""
    return {
        "tools": params.get("tools"),
        "tool_choice": params.get("tool_choice"),
        "response_format": params.get("response_format"),
        "max_output_tokens": params.get("max_completion_tokens") or params.get("max_tokens"),
    }


def thinks_by(params: Mapping[str, Any]) -> bool | None:
    """Whether a request asks its model to think; None where it does not say."""
    extra = params.get("extra_body")
    beside = extra.get("thinking") if isinstance(extra, Mapping) else None
    return asked_to_think(params.get("thinking") or beside, params.get("reasoning_effort"))


def answer_of(response: Any) -> Answer:
    """What a tier returned, for the plan.

    Args:
        response: litellm's `ModelResponse`; of several choices the first is judged.
    """
    choice = response.choices[0] if response.choices else None
    return Answer(
        message=_dump(choice.message) if choice else {"role": "assistant", "content": None},
        model=response.model,
        usage=usage_of(getattr(response, "usage", None)),
        finish_reason=choice.finish_reason if choice else None,
        logprobs=getattr(choice, "logprobs", None),
        raw=response,
    )


def usage_of(reported: Any) -> Usage | None:
    """The tokens that the provider reported, or None. litellm's `prompt_tokens` already holds the cached ones."""
    if reported is None or not (reported.prompt_tokens or reported.completion_tokens):
        return None
    details = getattr(reported, "prompt_tokens_details", None)
    written = getattr(details, "cache_creation_tokens", None) or getattr(reported, "cache_creation_input_tokens", None)
    return Usage(
        input=reported.prompt_tokens or 0,
        cached=getattr(details, "cached_tokens", None) or 0,
        cache_write=written or 0,
        output=reported.completion_tokens or 0,
    )


class Heard:
    """What has been heard of a streamed answer so far, of its first choice."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._signed: dict[str, list[Any]] = {}
        self._model: str | None = None
        self._finish_reason: str | None = None
        self._usage: Usage | None = None

    def add(self, chunk: Any) -> None:
        """Takes in litellm's next chunk."""
        self._model = self._model or chunk.model
        self._usage = usage_of(getattr(chunk, "usage", None)) or self._usage
        for choice in chunk.choices:
            if choice.index == 0:
                self._finish_reason = choice.finish_reason or self._finish_reason
                self._text.append(choice.delta.content or "")
                for name in _SIGNED:
                    if piece := getattr(choice.delta, name, None):
                        self._signed.setdefault(name, []).append(piece)
                for piece in choice.delta.tool_calls or ():
                    self._add_call(piece)

    def answer(self) -> Answer:
        """The answer as far as it has been heard."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._text) or None}
        if self._calls:
            message["tool_calls"] = [call for _, call in sorted(self._calls.items())]
        for name, pieces in self._signed.items():  # in pieces, as they came: the core looks at what is signed alone
            message[name] = "".join(pieces) if all(isinstance(piece, str) for piece in pieces) else pieces
        return Answer(message, self._model, self._usage, self._finish_reason)

    def _add_call(self, piece: Any) -> None:
        empty = {"id": None, "type": "function", "function": {"name": None, "arguments": ""}}
        call = self._calls.setdefault(piece.index, empty)
        call["id"] = call["id"] or piece.id
        call["function"]["name"] = call["function"]["name"] or piece.function.name
        call["function"]["arguments"] += piece.function.arguments or ""
        if beside := getattr(piece, "provider_specific_fields", None):
            call["provider_specific_fields"] = beside


def for_logs(plan: Plan) -> dict[str, Any]:
    """A decision as it goes into a call's metadata, and so to whoever keeps litellm's logs. It holds no text."""
    decision = plan.decision.to_dict()
    return {key: decision[key] for key in _LOGGED}


def headers_of(plan: Plan) -> dict[str, str]:
    """The tier and the decision's id, as HTTP headers."""
    return {HEADER_TIER: plan.tier.name, HEADER_ID: plan.decision.id}


def said_by(plan: Plan) -> Any:
    """What a handler has answered, as litellm's own answer: no tokens, no cost.

    litellm takes it as a `mock_response`: then it answers, streams and logs as if a model had said it, and calls nobody.
    """
    answer = plan.answer or Answer({"role": "assistant", "content": ""})
    said = litellm.Message(**{key: answer.message.get(key) for key in ("role", "content", "tool_calls")})
    response = litellm.ModelResponse(
        model=plan.tier.name,
        choices=[litellm.Choices(index=0, finish_reason=answer.finish_reason or "stop", message=said)],
        usage=litellm.Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0),
    )
    response._hidden_params["response_cost"] = 0.0
    return response


def attach(answered: Any, plan: Plan) -> None:
    """Writes what was decided, tried and billed beside an answer, or beside one chunk of a stream."""
    hidden = dict(getattr(answered, "_hidden_params", None) or {})
    attempts = [{"tier": a.tier, "usd": a.usd, "fault": a.fault} for a in plan.attempts]
    hidden[METADATA_KEY] = {**plan.decision.to_dict(), "usd": plan.usd, "attempts": attempts}
    hidden["additional_headers"] = {**(hidden.get("additional_headers") or {}), **headers_of(plan)}
    answered._hidden_params = hidden


def _dump(message: Any) -> dict[str, Any]:
    return dict(message.model_dump(exclude_none=True))
