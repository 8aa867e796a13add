"""Anthropic's Messages on the loopback server: the same replies, in the other wire format, with its server-sent events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from loopback_answers import Reply


def as_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """A Messages request as the chat request that says the same."""
    chat: dict[str, Any] = {"model": body.get("model"), "messages": list(_chat_messages(body)), "tools": []}
    for tool in body.get("tools") or ():
        function = {"name": tool["name"], "parameters": tool.get("input_schema")}
        chat["tools"].append({"type": "function", "function": function})
    choice = body.get("tool_choice") or {}
    if choice.get("type") == "tool":
        chat["tool_choice"] = {"type": "function", "function": {"name": choice["name"]}}
    elif choice:
        chat["tool_choice"] = "required" if choice["type"] == "any" else choice["type"]
    form = body.get("output_format") or (body.get("output_config") or {}).get("format")
    if form:
        chat["response_format"] = {"type": "json_schema", "json_schema": {"schema": form["schema"]}}
    return chat


def whole_message(body: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    """A `message` object."""
    read, written = reply.usage or (len(json.dumps(body.get("messages"))) // 4 + 1, len(reply.text) // 4 + 1)
    return {
        "id": f"msg_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "content": _blocks(reply),
        "stop_reason": reply.finish_reason or ("tool_use" if reply.calls else "end_turn"),
        "stop_sequence": None,
        "usage": {"input_tokens": read, "output_tokens": written},
    }


def message_events(body: Mapping[str, Any], reply: Reply) -> Iterator[dict[str, Any]]:
    """The events of a stream, each with its `type`."""
    whole = whole_message(body, reply)
    begun = {**whole, "content": [], "stop_reason": None, "usage": {**whole["usage"], "output_tokens": 0}}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(whole["content"]):
        empty = {"text": {"text": ""}, "tool_use": {"input": {}}, "thinking": {"thinking": "", "signature": ""}}
        yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty[block["type"]]}}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": {"output_tokens": whole["usage"]["output_tokens"]}}
    yield {"type": "message_stop"}


def _chat_messages(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if body.get("system"):
        yield {"role": "system", "content": body["system"]}
    for message in body.get("messages") or ():
        blocks = (
            message["content"]
            if isinstance(message["content"], list)
            else [{"type": "text", "text": message["content"]}]
        )
        for block in blocks:
            if block["type"] == "tool_result":
                yield {"role": "tool", "tool_call_id": block["tool_use_id"], "content": block.get("content")}
        rest = [
            {"type": "text", "text": block.get("text", "")}
            for block in blocks
            if block["type"] in ("text", "image", "document")
        ]
        calls = [{"id": block["id"]} for block in blocks if block["type"] == "tool_use"]
        if rest or calls or not blocks:
            yield {"role": message["role"], "content": rest, **({"tool_calls": calls} if calls else {})}


def _blocks(reply: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if reply.reasoning:
        blocks.append({"type": "thinking", "thinking": reply.reasoning, "signature": f"sig-{uuid4().hex}"})
    if reply.text:
        blocks.append({"type": "text", "text": reply.text})
    for name, arguments in reply.calls:
        given = json.loads(arguments) if isinstance(arguments, str) else arguments
        blocks.append({"type": "tool_use", "id": f"toolu_{uuid4().hex[:22]}", "name": name, "input": given})
    return blocks


def _deltas(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        yield from ({"type": "text_delta", "text": word} for word in re.findall(r"\S+\s*|\s+", block["text"]))
    elif block["type"] == "thinking":
        yield {"type": "thinking_delta", "thinking": block["thinking"]}
        yield {"type": "signature_delta", "signature": block["signature"]}
    else:
        text = json.dumps(block["input"], ensure_ascii=False)
        for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
            yield {"type": "input_json_delta", "partial_json": piece}
