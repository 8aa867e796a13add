"""OpenAI's Chat Completions: its wire format, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servers.streams import of_chat
from servers.wire import Fault, Ids, Turn, parts_of, unknown_key

_TEXT_PART = frozenset({"type", "text"})
_KEYS = {
    "system": frozenset({"role", "content", "name"}),
    "developer": frozenset({"role", "content", "name"}),
    "user": frozenset({"role", "content", "name"}),
    "assistant": frozenset({"role", "content", "name", "refusal", "tool_calls", "function_call", "audio"}),
    "tool": frozenset({"role", "content", "tool_call_id", "name"}),
}
# https://platform.openai.com/docs/api-reference/chat/create, "messages": the types of content parts, role by role.
_PARTS = {
    "system": ("text",),
    "developer": ("text",),
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
    "tool": ("text",),
}


class OpenAIChat:
    """`POST /v1/chat/completions`."""

    longest_id = 40

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        """The model that is asked for."""
        return str(body.get("model"))

    def fault(self, path: str, body: Mapping[str, Any]) -> str | Fault | None:
        """What OpenAI would refuse."""
        if not path.endswith("/chat/completions"):
            return Fault(f"no such path: {path}", 404)
        messages = body.get("messages") or []
        if not messages:  # run-llama/llama_index#9373
            return "[] is too short - 'messages'"
        faults = (fault for i, message in enumerate(messages) for fault in self.message_faults(i, message))
        return next(faults, None) or pair_fault(messages)

    def message_faults(self, i: int, message: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with one message."""
        role, content = str(message.get("role")), message.get("content")
        if role not in _KEYS:  # DayuanJiang/next-ai-draw-io#304 has the same list at a server that knows one role fewer
            yield f"Invalid value: {role!r}. Supported values are: 'system', 'assistant', 'user', 'tool', 'developer'."
            return
        # openai/openai-node#1161, transitive-bullshit/agentic#531: "Additional properties are not allowed".
        if (key := unknown_key(message, _KEYS[role])) is not None:
            yield f"Additional properties are not allowed ({key!r} was unexpected) - 'messages.{i}'"
        # The API reference: an assistant's content is "required unless tool_calls or function_call is specified".
        if content is None and not message.get("tool_calls"):
            yield f"Invalid value for 'content': expected a string, got null. - 'messages.[{i}].content'"
        # chatboxai/chatbox#2079: "Expected an array with minimum length 1, but got an empty array instead".
        if content == [] or message.get("tool_calls") == []:
            yield f"Invalid 'messages[{i}]': empty array. Expected an array with minimum length 1."
        yield from _part_faults(i, role, content)
        yield from self._call_faults(i, message)

    def _call_faults(self, i: int, message: Mapping[str, Any]) -> Iterator[str]:
        # The API reference: an id is a required string. vercel/ai#5171, agno-agi/agno#5382: ids longer than 40. anomalyco/opencode#12653: 46 from another provider.
        ids = [call["id"] for call in message.get("tool_calls") or ()] + [message.get("tool_call_id", "x")]
        for call_id in ids:
            if not isinstance(call_id, str) or not call_id:
                yield f"Missing required parameter: 'messages[{i}].tool_calls[0].id'."
            elif len(call_id) > self.longest_id:
                yield f"Invalid 'messages[{i}].tool_calls[0].id': string too long. Expected a maximum length of 40."
        for call in message.get("tool_calls") or ():
            # The API reference: names are a-z, A-Z, 0-9, underscores and dashes, with a maximum length of 64.
            if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", call["function"]["name"]):
                yield f"Invalid 'messages[{i}].tool_calls[0].function.name': string does not match pattern."
            if not isinstance(call["function"]["arguments"], str):  # the API reference: a string that holds JSON
                yield f"Invalid type for 'messages[{i}].tool_calls[0].function.arguments': expected a string."

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """A `chat.completion`. Its models keep their reasoning to themselves."""
        message: dict[str, Any] = {"role": "assistant", "content": turn.text or None, "refusal": None}
        message["annotations"] = []
        if turn.calls:
            message["tool_calls"] = [call(f"call_{ids.letters(24)}", *one) for one in turn.written_calls]
        return completion(model, message, ids)

    def stream(self, path: str, body: Mapping[str, Any], answer: dict[str, Any]) -> Iterator[bytes] | None:
        """Chunks, where `stream` is set."""
        return of_chat(answer) if body.get("stream") else None

    def error(self, fault: Fault) -> dict[str, Any]:
        """OpenAI's form of an error."""
        return {"error": {"message": fault.message, "type": "invalid_request_error", "param": None, "code": None}}


def _part_faults(i: int, role: str, content: Any) -> Iterator[str]:
    for j, part in enumerate(parts_of(content)):
        kind = part.get("type")
        # openai/openai-node#1030 (assistant), OpenHands/OpenHands#7700 (tool).
        if kind == "image_url" and role != "user":
            yield f"Invalid 'messages[{i}]'. Image URLs are only allowed for messages with role 'user', not {role!r}."
        elif kind not in _PARTS[role]:
            yield f"Invalid value: {kind!r}. Supported values are: {_PARTS[role]}. - 'messages[{i}].content[{j}].type'"
        # As for messages: keys that the API reference does not list. `cache_control` elsewhere: BerriAI/litellm#12787.
        elif kind == "text" and (key := unknown_key(part, _TEXT_PART)) is not None:
            yield f"Unknown parameter: 'messages[{i}].content[{j}].{key}'."


def pair_fault(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """Calls without results, results without calls: miurla/morphic#136, and the function calling guide."""
    due: set[str] = set()
    for i, message in enumerate(messages):
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in due:
                return f"messages[{i}]: role 'tool' must be a response to a preceding message with 'tool_calls'."
            due.discard(str(message["tool_call_id"]))
            continue
        if due:
            return f"An assistant message with 'tool_calls' must be followed by tool messages: {sorted(due)}"
        due = {str(one["id"]) for one in message.get("tool_calls") or ()}
    return f"tool_call_ids did not have response messages: {sorted(due)}" if due else None


def call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    """A tool call on the wire."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def completion(model: str, message: Mapping[str, Any], ids: Ids) -> dict[str, Any]:
    """A `chat.completion` around a message."""
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": f"chatcmpl-{ids.letters(29)}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
