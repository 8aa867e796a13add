"""Mistral's chat completions: its wire format, and what it refuses.

The rules are those of mistralai/mistral-common, src/mistral_common/protocol/instruct/validator.py, mode `serving`, from
tokenizer V3 on: Mistral publishes there what its API checks. The words of the errors are those of public reports.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servers.openai_chat import completion
from servers.streams import of_mistral
from servers.wire import Fault, Ids, Turn, parts_of, unknown_key

# https://docs.mistral.ai/api/#tag/chat: closed schemas. BerriAI/litellm#30835, charmbracelet/crush#1590,
# NousResearch/hermes-agent#253, Gage-Technologies/mistral-go#2: "Extra inputs are not permitted".
_KEYS = {
    "system": ("role", "content"),
    "user": ("role", "content"),
    "assistant": ("role", "content", "tool_calls", "prefix"),
    "tool": ("role", "content", "tool_call_id", "name"),
}
_PARTS = {
    "text": ("type", "text"),
    "image_url": ("type", "image_url"),
    "thinking": ("type", "thinking", "closed"),
    "reference": ("type", "reference_ids"),
    "document_url": ("type", "document_url", "document_name"),
    "input_audio": ("type", "input_audio"),
}
_AFTER = {
    "system": {"user", "assistant", "system"},
    "user": {"assistant", "system", "user"},
    "assistant": {"assistant", "user", "tool"},
    "tool": {"assistant", "tool"},
}


class MistralChat:
    """`POST /v1/chat/completions`."""

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        """The model that is asked for."""
        return str(body.get("model"))

    def fault(self, path: str, body: Mapping[str, Any]) -> str | Fault | None:
        """What Mistral would refuse."""
        if not path.endswith("/chat/completions"):
            return Fault(f"no such path: {path}", 404)
        return next(_faults(body.get("messages") or []), None)

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """A `chat.completion`; Magistral's thinking stands in the content."""
        content: Any = turn.text
        if turn.thinking is not None:
            chunk = {"type": "thinking", "thinking": [{"type": "text", "text": turn.thinking}]}
            content = [chunk, *([{"type": "text", "text": turn.text}] if turn.text else [])]
        calls = [
            {"id": ids.letters(9), "function": {"name": name, "arguments": arguments}, "index": i}
            for i, (name, arguments) in enumerate(turn.written_calls)
        ]
        return completion(model, {"role": "assistant", "content": content, "tool_calls": calls or None}, ids)

    def stream(self, path: str, body: Mapping[str, Any], answer: dict[str, Any]) -> Iterator[bytes] | None:
        """Chunks, where `stream` is set."""
        return of_mistral(answer) if body.get("stream") else None

    def error(self, fault: Fault) -> dict[str, Any]:
        """Mistral's form of an error."""
        return {"object": "error", "message": fault.message, "type": "invalid_request_error", "code": "3230"}


def _faults(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not messages:
        yield "Conversation must have at least one message"
        return
    for i, message in enumerate(messages):
        yield from _message_faults(i, message)
    if len(messages) == 1 and messages[0]["role"] not in ("user", "system"):
        yield "Conversation must start with a user message or system message"
    last = messages[-1]  # 0xPlaygrounds/rig#1130
    if last["role"] not in ("user", "tool") and not last.get("prefix") and len(messages) > 1:
        yield f"Expected last role User or Tool (or Assistant with prefix True) for serving but got {last['role']}"
    for before, message in itertools.pairwise(messages):
        # mistralai/mistral-common#169, pipecat-ai/pipecat-flows#178, charmbracelet/crush#279.
        if message["role"] not in _AFTER[before["role"]]:
            yield f"Unexpected role '{message['role']}' after role '{before['role']}'"
    yield from _pair_faults(messages)


def _message_faults(i: int, message: Mapping[str, Any]) -> Iterator[str]:
    role, content = str(message.get("role")), message.get("content")
    if role not in _KEYS:
        yield f"body.messages.{i}: Input tag {role!r} does not match any of the expected tags"
        return
    if (key := unknown_key(message, _KEYS[role])) is not None:
        yield f"body.messages.{i}.{role}.{key}: Extra inputs are not permitted"
    for j, part in enumerate(parts_of(content)):
        kind = str(part.get("type"))
        if kind not in _PARTS or (kind == "thinking" and role != "assistant"):
            yield f"body.messages.{i}.{role}.content.{j}: Input tag {kind!r} does not match any of the expected tags"
        elif (key := unknown_key(part, _PARTS[kind])) is not None:
            yield f"body.messages.{i}.{role}.content.{j}.{key}: Extra inputs are not permitted"
    if role == "assistant" and not content and not message.get("tool_calls"):
        # OpenHands/OpenHands#8685, solbrowse/extension#16.
        yield "Assistant message must have either content or tool_calls, but not none."
    if role in ("user", "system") and content is None:
        yield f"body.messages.{i}.{role}.content: Field required"
    # nearai/ironclaw#1241, anomalyco/opencode#1680, langchain-ai/langchain#24668.
    for call_id in [call.get("id") for call in message.get("tool_calls") or ()] + [
        message.get("tool_call_id", "a" * 9)
    ]:
        if not re.fullmatch(r"[a-zA-Z0-9]{9}", str(call_id)):
            yield f"Tool call id was {call_id} but must be a-z, A-Z, 0-9, with a length of 9."
    for name in [call["function"]["name"] for call in message.get("tool_calls") or ()] + [message.get("name") or "x"]:
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(name)):
            yield f"Function name was {name} but must be a-z, A-Z, 0-9, or contain underscores and dashes"


def _pair_faults(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    due: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in due:
                yield "Not the same number of function calls and responses"
                return
            due.remove(message["tool_call_id"])
        elif message["role"] == "assistant":
            if due:
                yield "Not the same number of function calls and responses"
            due = [str(call["id"]) for call in message.get("tool_calls") or ()]
    if due:
        yield "Not the same number of function calls and responses"
