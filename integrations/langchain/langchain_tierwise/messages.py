"""LangChain messages as the core reads them, and the core's edits on LangChain's own messages.

One LangChain message becomes exactly one OpenAI message, and one content block one part, so that an edit's indices mean
the same in both. The OpenAI form is only read; what a tier is sent are LangChain's objects, the touched ones copied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, FunctionMessage, HumanMessage, ToolMessage

from tierwise.tiers import Tier
from tierwise.types import Answer, Edit, Usage

METADATA_KEY = "tierwise"
"""Where a decision stands in a message's `response_metadata`."""

Maker: TypeAlias = dict[str, str | None]

_ROLES = {"human": "user", "system": "system", "ai": "assistant", "tool": "tool", "function": "function"}
_CALL_BLOCKS = frozenset({"tool_use", "tool_call", "function_call", "tool_call_chunk", "invalid_tool_call"})
_CALLS = ("tool_calls", "function_call")
# What a maker has signed and LangChain keeps beside the content: the core's word for it, and LangChain's.
_SIGNED = {
    "reasoning_content": "reasoning_content",
    "reasoning": "reasoning",
    "reasoning_details": "reasoning_details",
    "thinking_blocks": "thinking_blocks",
    "thought_signatures": "__gemini_function_call_thought_signatures__",
}
_ITEM_IDS = "__openai_function_call_ids__"
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
    details: Mapping[str, Any] = reported.get("input_token_details") or {}
    return Usage(
        input=reported["input_tokens"],
        cached=details.get("cache_read") or 0,
        cache_write=details.get("cache_creation") or 0,
        output=reported["output_tokens"],
    )


def apply_edits(messages: Sequence[BaseMessage], edits: Sequence[Edit]) -> list[BaseMessage]:
    """The history as the chosen tier will accept it. The messages given are not changed."""
    edited: list[BaseMessage | None] = list(messages)
    parts_gone: dict[int, set[int]] = {}
    for edit in edits:
        message = edited[edit.message]
        if message is None:
            continue
        if edit.action == "drop_part" and edit.part is not None:
            parts_gone.setdefault(edit.message, set()).add(edit.part)
        elif edit.action == "summarise" and edit.stop is not None:
            edited[edit.message] = HumanMessage(edit.new or "")
            edited[edit.message + 1 : edit.stop] = [None] * (edit.stop - edit.message - 1)
        else:
            edited[edit.message] = _ONE_MESSAGE[edit.action](message, edit)
    for index, gone in parts_gone.items():
        message = edited[index]
        if message is not None:
            edited[index] = _without_parts(message, gone)
    return [message for message in edited if message is not None]


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
    if part.get("type") in _CALL_BLOCKS:
        return {"type": "text", "text": ""}
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
    for key, ours in {"refusal": "refusal", **_SIGNED}.items():
        if message.additional_kwargs.get(ours):
            view[key] = message.additional_kwargs[ours]
    maker = maker_of(message, tiers)
    if maker is not None:
        view["made_by"] = maker


def _call_view(call_id: str | None, name: str | None, arguments: Any) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False, default=str)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}


def maker_of(message: AIMessage, tiers: Sequence[Tier]) -> Maker | None:
    """Who made a message: what we wrote on it ourselves, else the provider and the model that the host names."""
    metadata = message.response_metadata
    ours = metadata.get(METADATA_KEY)
    if isinstance(ours, Mapping) and isinstance(ours.get("made_by"), Mapping):
        return {"provider": ours["made_by"].get("provider"), "model": ours["made_by"].get("model")}
    model, provider = metadata.get("model_name") or metadata.get("model"), metadata.get("model_provider")
    if not isinstance(model, str):
        return {"provider": provider, "model": None} if isinstance(provider, str) else None
    # Providers answer with the name of a snapshot; it is the tier's model nevertheless.
    names = (model, _SNAPSHOT.sub("", model))
    tier = next((tier for tier in tiers if tier.model is not None and tier.model.split("/")[-1] in names), None)
    if tier is not None:
        return {"provider": tier.provider, "model": tier.model}
    return {"provider": provider if isinstance(provider, str) else None, "model": model}


def _without_field(message: BaseMessage, edit: Edit) -> BaseMessage:
    if edit.field == "tool_calls":
        extra = {key: value for key, value in message.additional_kwargs.items() if key not in (*_CALLS, _ITEM_IDS)}
        gone = {
            i for i, part in enumerate(message.content) if isinstance(part, dict) and part.get("type") in _CALL_BLOCKS
        }
        changed = {"tool_calls": [], "invalid_tool_calls": [], "additional_kwargs": extra}
        return _without_parts(message.model_copy(update=changed), gone) if gone else message.model_copy(update=changed)
    key = _SIGNED.get(edit.field or "", edit.field)
    extra = {name: value for name, value in message.additional_kwargs.items() if name != key}
    return message.model_copy(update={"additional_kwargs": extra})


def _without_parts(message: BaseMessage, gone: set[int]) -> BaseMessage:
    """Leaves out blocks. A dropped reasoning item takes the ids with it by which its response's other items name it."""
    if isinstance(message.content, str):
        return message
    kept = [part for i, part in enumerate(message.content) if i not in gone]
    dropped = [part for i, part in enumerate(message.content) if i in gone]
    changed: dict[str, Any] = {"content": kept or ""}
    if any(isinstance(part, dict) and part.get("type") == "reasoning" for part in dropped):
        changed["content"] = [_without_item_id(part) for part in kept] or ""
        changed["additional_kwargs"] = {k: v for k, v in message.additional_kwargs.items() if k != _ITEM_IDS}
    return message.model_copy(update=changed)


def _without_item_id(part: str | dict[str, Any]) -> str | dict[str, Any]:
    if isinstance(part, dict) and str(part.get("id", "")).startswith(("fc_", "msg_")):
        return {key: value for key, value in part.items() if key != "id"}
    return part


def _with_id(message: BaseMessage, edit: Edit) -> BaseMessage:
    if isinstance(message, ToolMessage):
        return message.model_copy(update={"tool_call_id": edit.new}) if message.tool_call_id == edit.old else message
    if not isinstance(message, AIMessage):
        return message
    calls = [{**call, "id": edit.new} if call["id"] == edit.old else call for call in message.tool_calls]
    changed: dict[str, Any] = {"tool_calls": calls}
    if not isinstance(message.content, str):
        changed["content"] = [_part_with_id(part, edit) for part in message.content]
    return message.model_copy(update=changed)


def _part_with_id(part: str | dict[str, Any], edit: Edit) -> str | dict[str, Any]:
    if isinstance(part, dict) and part.get("type") in _CALL_BLOCKS:
        return {
            key: edit.new if key in ("id", "call_id") and value == edit.old else value for key, value in part.items()
        }
    return part


def _filled(message: BaseMessage, edit: Edit) -> BaseMessage:
    if isinstance(message.content, str) or not message.content:
        return message.model_copy(update={"content": edit.new})
    return message.model_copy(update={"content": [{"type": "text", "text": edit.new}, *message.content]})


_ONE_MESSAGE: dict[str, Callable[[BaseMessage, Edit], BaseMessage | None]] = {
    "drop_message": lambda *_: None,
    "drop_field": _without_field,
    "rewrite_id": _with_id,
    "fill_content": _filled,
}
