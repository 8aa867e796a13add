"""The core's edits on LangChain's own messages: touched ones are copied, all others passed on as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from tierwise.handoff.shapes import without_marks
from tierwise.types import Edit

CALL_BLOCKS = frozenset({"tool_use", "tool_call", "function_call", "tool_call_chunk", "invalid_tool_call"})
"""Content blocks that are tool calls; the calls themselves stand in `tool_calls`."""

# What a maker has signed and LangChain keeps beside the content: the core's word for it, and LangChain's.
SIGNED = {
    "reasoning_content": "reasoning_content",
    "reasoning": "reasoning",
    "reasoning_details": "reasoning_details",
    "thinking_blocks": "thinking_blocks",
    "thought_signatures": "__gemini_function_call_thought_signatures__",
    "audio": "audio",
}
RESPONSE = "resp_"
"""How the id begins by which OpenAI's Responses names its own memory of an answer."""

_CALLS = ("tool_calls", "function_call")
_ITEM_IDS = "__openai_function_call_ids__"
_Part: TypeAlias = str | dict[str, Any]


def apply_edits(messages: Sequence[BaseMessage], edits: Sequence[Edit]) -> list[BaseMessage]:
    """The history as the chosen tier will accept it. The messages given are not changed."""
    edited: list[BaseMessage | None] = list(messages)
    for index in dict.fromkeys(edit.message for edit in edits if edit.part is not None):
        edited[index] = _with_parts(messages[index], [e for e in edits if e.message == index and e.part is not None])
    inserted: dict[int, list[BaseMessage]] = {}
    for edit in edits:
        if edit.action == "insert_message":
            inserted.setdefault(edit.message, []).append(_inserted(messages, edit))
        elif edit.action == "summarise" and edit.stop is not None:
            edited[edit.message : edit.stop] = [None] * (edit.stop - edit.message)
            inserted.setdefault(edit.message, []).append(HumanMessage(edit.new or ""))
        elif edit.part is None and (message := edited[edit.message]) is not None:
            edited[edit.message] = _ONE_MESSAGE[edit.action](message, edit)
    rows = ([*inserted.get(i, ()), message] for i, message in enumerate([*edited, None]))
    return [message for row in rows for message in row if message is not None]


def _inserted(messages: Sequence[BaseMessage], edit: Edit) -> BaseMessage:
    text = edit.new or ""
    if edit.role == "tool":
        return ToolMessage(text, tool_call_id=edit.old or "", status="error")
    if edit.role == "assistant":
        said = AIMessage(text)
        return _with_field(said, replace(edit, new=edit.old)) if edit.field else said
    if edit.role == "system":
        return SystemMessage(text)
    if edit.copies is None:
        return HumanMessage(text)
    copied = without_marks(messages[edit.copies[0]].content[edit.copies[1]])
    return HumanMessage([{"type": "text", "text": text}, copied])


def _with_parts(message: BaseMessage, edits: Sequence[Edit]) -> BaseMessage:
    """Blocks left out or changed. A dropped reasoning item takes the ids with it by which others of its response name it."""
    if isinstance(message.content, str):
        return message
    parts: dict[int, _Part] = dict(enumerate(message.content))
    dropped_reasoning = False
    for edit in edits:
        part = parts.get(edit.part) if edit.part is not None else None
        if part is None or edit.part is None:
            continue
        if edit.action == "drop_part":
            dropped_reasoning |= isinstance(part, dict) and part.get("type") == "reasoning"
            del parts[edit.part]
        elif edit.action == "rewrite_part":
            parts[edit.part] = {"type": "text", "text": edit.new}
        elif isinstance(part, dict):
            parts[edit.part] = {key: value for key, value in part.items() if key != edit.field}
    kept = [_without_item_id(part) if dropped_reasoning else part for part in parts.values()]
    changed: dict[str, Any] = {"content": kept or ""}
    if dropped_reasoning:
        changed["additional_kwargs"] = _without(message.additional_kwargs, (_ITEM_IDS,))
    return message.model_copy(update=changed)


def _without_item_id(part: _Part) -> _Part:
    if isinstance(part, dict) and str(part.get("id", "")).startswith(("fc_", "msg_")):
        return {key: value for key, value in part.items() if key != "id"}
    return part


def _without_field(message: BaseMessage, edit: Edit) -> BaseMessage:
    if edit.field == "tool_calls":
        extra = _without(message.additional_kwargs, (*_CALLS, _ITEM_IDS))
        changed: dict[str, Any] = {"tool_calls": [], "invalid_tool_calls": [], "additional_kwargs": extra}
        if not isinstance(message.content, str):
            changed["content"] = [part for part in message.content if not _is_call(part)] or ""
        return message.model_copy(update=changed)
    if edit.field == "response_id":  # else `use_previous_response_id` would have the server look for it
        return message.model_copy(update={"response_metadata": _without(message.response_metadata, ("id",))})
    key = SIGNED.get(edit.field or "", edit.field or "")
    return message.model_copy(update={"additional_kwargs": _without(message.additional_kwargs, (key,))})


def _with_field(message: BaseMessage, edit: Edit) -> BaseMessage:
    key = SIGNED.get(edit.field or "", edit.field or "")
    return message.model_copy(update={"additional_kwargs": {**message.additional_kwargs, key: edit.new}})


def _without_call(message: BaseMessage, edit: Edit) -> BaseMessage:
    if not isinstance(message, AIMessage):
        return message
    changed: dict[str, Any] = {
        "tool_calls": [call for call in message.tool_calls if call["id"] != edit.old],
        "invalid_tool_calls": [call for call in message.invalid_tool_calls if call["id"] != edit.old],
        "additional_kwargs": _without(message.additional_kwargs, (*_CALLS, _ITEM_IDS)),
    }
    if not isinstance(message.content, str):
        changed["content"] = [part for part in message.content if not _is_call(part, edit.old)] or ""
    return message.model_copy(update=changed)


def _with_id(message: BaseMessage, edit: Edit) -> BaseMessage:
    if isinstance(message, ToolMessage):
        return message.model_copy(update={"tool_call_id": edit.new}) if message.tool_call_id == edit.old else message
    if not isinstance(message, AIMessage):
        return message
    changed: dict[str, Any] = {
        "tool_calls": [_renamed(call, edit) for call in message.tool_calls],
        "invalid_tool_calls": [_renamed(call, edit) for call in message.invalid_tool_calls],
    }
    if not isinstance(message.content, str):
        changed["content"] = [_renamed(part, edit) if _is_call(part) else part for part in message.content]
    return message.model_copy(update=changed)


def _renamed(thing: Any, edit: Edit) -> Any:
    return {key: edit.new if key in ("id", "call_id") and value == edit.old else value for key, value in thing.items()}


def _is_call(part: _Part, call_id: str | None = None) -> bool:
    if not isinstance(part, dict) or part.get("type") not in CALL_BLOCKS:
        return False
    return call_id is None or call_id in (part.get("id"), part.get("call_id"))


def _filled(message: BaseMessage, edit: Edit) -> BaseMessage:
    calls = [] if isinstance(message.content, str) else [part for part in message.content if _is_call(part)]
    content = [{"type": "text", "text": edit.new}, *calls] if calls else edit.new
    return message.model_copy(update={"content": content})


def _without(extra: Mapping[str, Any], gone: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in extra.items() if key not in gone}


_ONE_MESSAGE: dict[str, Callable[[BaseMessage, Edit], BaseMessage | None]] = {
    "drop_message": lambda _message, _edit: None,
    "drop_field": _without_field,
    "fill_field": _with_field,
    "drop_call": _without_call,
    "rewrite_id": _with_id,
    "fill_content": _filled,
}
