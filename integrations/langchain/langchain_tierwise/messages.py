"""LangChain messages as the core reads them.

One LangChain message becomes exactly one OpenAI message, and one content block one part, so that an edit's indices mean
the same in both. The OpenAI form is only read; what a tier is sent are LangChain's objects, the edited ones copied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, FunctionMessage, ToolMessage

from langchain_tierwise.edits import CALL_BLOCKS, RESPONSE, SIGNED
from langchain_tierwise.edits import apply_edits as apply_edits
from tierwise.catalogue.names import canonical_provider
from tierwise.handoff.foreign import BROKEN_CALL
from tierwise.tiers import Tier
from tierwise.types import Answer, Usage

METADATA_KEY = "tierwise"
"""Where a decision stands in a message's `response_metadata`."""

Maker: TypeAlias = dict[str, str | None]

_ROLES = {"human": "user", "system": "system", "ai": "assistant", "tool": "tool", "function": "function"}
_ENDS = ("finish_reason", "stop_reason", "stopReason", "status", "done_reason")
_UNKNOWN = "an unknown model"
_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


def to_openai(messages: Sequence[BaseMessage], tiers: Sequence[Tier] = ()) -> list[dict[str, Any]]:
    """The OpenAI view of a history, index by index.

    Args:
        messages: LangChain's.
        tiers: Their names and models tell who made an assistant message (`made_by`).
    """
    return [_view(message, tiers) for message in messages]


def answer_of(message: BaseMessage, *, fault: str | None = None) -> Answer:
    """What a tier returned, for the plan.

    Args:
        message: As the tier gave it.
        fault: What the host found wrong with it.
    """
    metadata = message.response_metadata
    reason = metadata.get("finish_reason") or metadata.get("stop_reason")
    return Answer(
        message=_view(message, ()),
        model=metadata.get("model_name") or metadata.get("model"),
        usage=usage_of(message),
        finish_reason=reason if isinstance(reason, str) else None,
        logprobs=metadata.get("logprobs"),
        raw=message,
        fault=fault,
    )


def usage_of(message: BaseMessage) -> Usage | None:
    """The tokens that the provider reported, or None. LangChain's `input_tokens` already holds the cached ones."""
    reported = message.usage_metadata if isinstance(message, AIMessage) else None
    if not reported:
        return None
    if reported.get("total_cost") == 0:  # LangChain's mark on what its own cache has served: nobody was asked
        return Usage()
    details: Mapping[str, Any] = reported.get("input_token_details") or {}
    return Usage(
        input=reported["input_tokens"],
        cached=details.get("cache_read") or 0,
        cache_write=details.get("cache_creation") or 0,
        output=reported["output_tokens"],
    )


def _view(message: BaseMessage, tiers: Sequence[Tier]) -> dict[str, Any]:
    role = (
        message.role
        if isinstance(message, ChatMessage)
        else _ROLES.get(message.type.lower().removesuffix("messagechunk"))
    )
    view: dict[str, Any] = {"role": message.additional_kwargs.get("__openai_role__") or role or message.type}
    view["content"] = _content_view(message.content)
    if message.name:
        view["name"] = message.name
    if isinstance(message, AIMessage):
        _add_assistant(view, message, tiers)
    elif isinstance(message, ToolMessage):
        view["tool_call_id"] = message.tool_call_id
        if message.status == "error":
            view["is_error"] = True
    elif isinstance(message, FunctionMessage):
        view["name"] = message.name
    return view


def _content_view(content: str | list[str | dict[str, Any]]) -> str | list[dict[str, Any]]:
    if isinstance(content, str):
        return content
    return [_part_view(part) for part in content]


def _part_view(part: str | dict[str, Any]) -> dict[str, Any]:
    """A block as a part. Calls stand in `tool_calls` already, so that as parts they would count twice."""
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.get("type") in CALL_BLOCKS:
        # Of a stream that was left, a block may be all there is of a call; packages raise when they look for the rest.
        began = part["type"] == "tool_use" and "input" not in part
        return {"type": BROKEN_CALL} if began else {"type": "text", "text": ""}
    if "type" not in part:
        return {"type": "image" if "image" in part else "text", **part}
    return part


def _add_assistant(view: dict[str, Any], message: AIMessage, tiers: Sequence[Tier]) -> None:
    calls = [_call_view(call["id"], call["name"], call["args"]) for call in message.tool_calls]
    calls += [_call_view(call["id"], call["name"], call["args"]) for call in message.invalid_tool_calls]
    if calls:
        view["tool_calls"] = calls
    elif message.additional_kwargs.get("function_call"):
        view["function_call"] = message.additional_kwargs["function_call"]
    for key, ours in {"refusal": "refusal", **SIGNED}.items():
        if message.additional_kwargs.get(ours):
            view[key] = message.additional_kwargs[ours]
    if str(message.response_metadata.get("id")).startswith(RESPONSE):
        view["response_id"] = message.response_metadata["id"]
    maker = maker_of(message, tiers)
    if maker is not None:
        view["made_by"] = maker


def _call_view(call_id: str | None, name: str | None, arguments: Any) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False, default=str)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}


def _is_at(tier: Tier, provider: Any) -> bool:
    return isinstance(provider, str) and canonical_provider(provider) == canonical_provider(tier.provider or "")


def maker_of(message: AIMessage, tiers: Sequence[Tier]) -> Maker | None:
    """Who made a message: what we wrote on it ourselves, else the provider and the model that the host names."""
    metadata = message.response_metadata
    ours = metadata.get(METADATA_KEY)
    if isinstance(ours, Mapping) and isinstance(ours.get("made_by"), Mapping):
        return {"provider": ours["made_by"].get("provider"), "model": ours["made_by"].get("model")}
    model, provider = metadata.get("model_name") or metadata.get("model"), metadata.get("model_provider")
    if not isinstance(model, str):
        if not isinstance(provider, str):
            return None
        # Packages that name no model at all are taken at their word; of a stream that was left, it never came.
        ended = any(metadata.get(name) for name in _ENDS)
        return {"provider": provider, "model": None if ended else _UNKNOWN}
    # Providers answer with the name of a snapshot; it is the tier's model nevertheless.
    names = (model, _SNAPSHOT.sub("", model))
    named = [tier for tier in tiers if tier.model is not None and tier.model.split("/")[-1] in names]
    if named:
        # One model at two providers is two makers: a signature holds for one of them (mastra-ai/mastra#23433).
        tier = next((tier for tier in named if _is_at(tier, provider)), named[0])
        return {"provider": tier.provider, "model": tier.model}
    return {"provider": provider if isinstance(provider, str) else None, "model": model}
