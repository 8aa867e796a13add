"""Edits applied to the OpenAI view of a history. Hosts apply them to their own objects, in the same order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from tierwise.handoff.shapes import calls_of, without_marks
from tierwise.types import Edit, Message

_Editable: TypeAlias = dict[str, Any]


def apply_edits(messages: Sequence[Message], edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """The OpenAI view of an edited history, without `made_by`; the messages given are not changed."""
    edited: list[_Editable | None] = [
        {key: value for key, value in message.items() if key != "made_by"} for message in messages
    ]
    for index, of_parts in _by_message(edits).items():
        message = edited[index]
        if message is not None:
            message["content"] = _with_parts(message.get("content"), of_parts)
    inserted: dict[int, list[_Editable]] = {}
    for edit in edits:
        if edit.action == "insert_message":
            inserted.setdefault(edit.message, []).append(_inserted(messages, edit))
        elif edit.action == "summarise" and edit.stop is not None:
            edited[edit.message : edit.stop] = [None] * (edit.stop - edit.message)
            inserted.setdefault(edit.message, []).append({"role": "user", "content": edit.new})
        elif edit.part is None and (message := edited[edit.message]) is not None:
            edited[edit.message] = _ONE_MESSAGE[edit.action](message, edit)
    rows = ([*inserted.get(i, ()), message] for i, message in enumerate([*edited, None]))
    return [message for row in rows for message in row if message is not None]


def _by_message(edits: Sequence[Edit]) -> dict[int, list[Edit]]:
    """The edits of parts, message by message."""
    found: dict[int, list[Edit]] = {}
    for edit in edits:
        if edit.part is not None:
            found.setdefault(edit.message, []).append(edit)
    return found


def _with_parts(content: Any, edits: Sequence[Edit]) -> Any:
    if not isinstance(content, list):
        return content
    parts: dict[int, Any] = dict(enumerate(content))
    for edit in edits:
        part = parts.get(edit.part if edit.part is not None else -1)
        if part is None or edit.part is None:
            continue
        if edit.action == "drop_part":
            del parts[edit.part]
        elif edit.action == "rewrite_part":
            parts[edit.part] = {"type": "text", "text": edit.new}
        elif edit.action == "drop_field" and isinstance(part, Mapping):
            parts[edit.part] = {key: value for key, value in part.items() if key != edit.field}
    return list(parts.values()) or ""


def _inserted(messages: Sequence[Message], edit: Edit) -> _Editable:
    if edit.role == "tool":
        return {"role": "tool", "tool_call_id": edit.old, "content": edit.new}
    if edit.copies is None:
        beside = {edit.field: edit.old} if edit.field else {}
        return {"role": edit.role, "content": edit.new, **beside}
    message, part = edit.copies
    copied = without_marks(messages[message]["content"][part])
    return {"role": edit.role, "content": [{"type": "text", "text": edit.new}, copied]}


def _without_field(message: _Editable, edit: Edit) -> _Editable:
    name, _, of_calls = (edit.field or "").partition(".")
    if of_calls:
        calls = [{key: value for key, value in call.items() if key != of_calls} for call in calls_of(message)]
        return {**message, name: calls}
    return {key: value for key, value in message.items() if key != edit.field}


def _without_call(message: _Editable, edit: Edit) -> _Editable:
    calls = [call for call in calls_of(message) if str(call.get("id")) != edit.old]
    rest = {key: value for key, value in message.items() if key != "tool_calls"}
    return {**rest, "tool_calls": calls} if calls else rest


def _with_id(message: _Editable, edit: Edit) -> _Editable:
    changed = {**message}
    if str(changed.get("tool_call_id")) == edit.old:
        changed["tool_call_id"] = edit.new
    if calls := calls_of(changed):
        renamed = [{**call, "id": edit.new} if str(call.get("id")) == edit.old else call for call in calls]
        changed["tool_calls"] = renamed
    return changed


_ONE_MESSAGE: dict[str, Callable[[_Editable, Edit], _Editable | None]] = {
    "drop_message": lambda _message, _edit: None,
    "drop_field": _without_field,
    "fill_field": lambda message, edit: {**message, str(edit.field): edit.new},
    "drop_call": _without_call,
    "rewrite_id": _with_id,
    "fill_content": lambda message, edit: {**message, "content": edit.new},
}
