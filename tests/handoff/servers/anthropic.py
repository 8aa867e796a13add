"""Anthropic's Messages: its wire format, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servers.streams import of_anthropic
from servers.wire import Fault, Ids, Turn, parts_of, seal, seal_fits, unknown_key

MAKER = "anthropic"
# https://docs.anthropic.com/en/api/messages: the blocks a message may hold, and their keys.
# anthropics/claude-code#4378: "tool_use.text: Extra inputs are not permitted".
_BLOCKS = {
    "text": ("type", "text", "citations", "cache_control"),
    "image": ("type", "source", "cache_control"),
    "document": ("type", "source", "title", "context", "citations", "cache_control"),
    "search_result": ("type", "source", "title", "content", "citations", "cache_control"),
    "tool_use": ("type", "id", "name", "input", "cache_control", "caller"),
    "tool_result": ("type", "tool_use_id", "content", "is_error", "cache_control"),
    "thinking": ("type", "thinking", "signature"),
    "redacted_thinking": ("type", "data"),
}
_USER = frozenset({"text", "image", "document", "search_result", "tool_result"})
_ASSISTANT = frozenset({"text", "tool_use", "thinking", "redacted_thinking"})


class AnthropicMessages:
    """`POST /v1/messages`."""

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        """The model that is asked for."""
        return str(body.get("model"))

    def fault(self, path: str, body: Mapping[str, Any]) -> str | Fault | None:
        """What Anthropic would refuse."""
        if not path.endswith("/messages"):
            return Fault(f"no such path: {path}", 404)
        return next(_faults(self.model(path, body), body), None)

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """A message."""
        content: list[dict[str, Any]] = []
        if turn.thinking is not None and turn.redacted:
            content.append({"type": "redacted_thinking", "data": seal(MAKER, model, turn.thinking)})
        elif turn.thinking is not None:
            signature = seal(MAKER, model, turn.thinking)
            content.append({"type": "thinking", "thinking": turn.thinking, "signature": signature})
        if turn.text:
            text: dict[str, Any] = {"type": "text", "text": turn.text}
            if turn.cites:
                text["citations"] = [_CITATION]
            content.append(text)
        for name, arguments in turn.calls:
            content.append({"type": "tool_use", "id": f"toolu_01{ids.letters(22)}", "name": name, "input": arguments})
        return {
            "id": f"msg_01{ids.letters(22)}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": "tool_use" if turn.calls else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 5},
        }

    def stream(self, path: str, body: Mapping[str, Any], answer: dict[str, Any]) -> Iterator[bytes] | None:
        """Events, where `stream` is set."""
        return of_anthropic(answer) if body.get("stream") else None

    def error(self, fault: Fault) -> dict[str, Any]:
        """Anthropic's form of an error."""
        return {"type": "error", "error": {"type": "invalid_request_error", "message": fault.message}}


_CITATION = {
    "type": "char_location",
    "cited_text": "a",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 1,
    "file_id": None,
}


def _faults(model: str, body: Mapping[str, Any]) -> Iterator[str]:
    messages: Sequence[Mapping[str, Any]] = body.get("messages") or []
    if not messages:  # arthur-ai/arthur-engine#1302, Helicone/helicone#5257
        yield "messages: at least one message is required"
        return
    yield from _blank_faults("system", body.get("system"))
    for i, message in enumerate(messages):
        yield from _message_faults(model, i, message, last=i == len(messages) - 1)
    yield from _pair_faults(messages)
    # agenticloops-ai/agentic-ai-engineering#43, vybestack/llxprt-code#3695: refused from Claude 4.6 on.
    if messages[-1]["role"] == "assistant":
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    yield from _thinking_faults(body, messages)
    # https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching: up to four breakpoints.
    if str(body).count("'cache_control': {") > 4:
        yield "A maximum of 4 blocks with cache_control may be provided."


def _message_faults(model: str, i: int, message: Mapping[str, Any], last: bool) -> Iterator[str]:
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant"):  # aaronrussell/anthropix#2
        yield f'messages: Unexpected role "{role}". Allowed roles are "user" or "assistant".'
        return
    # The API reference: "all messages must have non-empty content except for the optional final assistant message".
    if not content and not (last and role == "assistant"):
        yield f"messages.{i}: all messages must have non-empty content except for the optional final assistant message"
    yield from _blank_faults(f"messages.{i}", content)
    for j, block in enumerate(parts_of(content)):
        yield from _block_faults(model, f"messages.{i}.content.{j}", block, _USER if role == "user" else _ASSISTANT)
    final = content if isinstance(content, str) else (parts_of(content) or [{}])[-1].get("text", "")
    # langchain-ai/langchain#35071, crewAIInc/crewAI#4538.
    if last and role == "assistant" and final != final.rstrip():
        yield "messages: final assistant content cannot end with trailing whitespace"


def _block_faults(model: str, at: str, block: Mapping[str, Any], allowed: frozenset[str]) -> Iterator[str]:
    kind = str(block.get("type"))
    if kind not in allowed:
        yield f"{at}: Input tag {kind!r} found using 'type' does not match any of the expected tags"
        return
    if (key := unknown_key(block, _BLOCKS[kind])) is not None:
        yield f"{at}.{kind}.{key}: Extra inputs are not permitted"
    # BerriAI/litellm#26005, CommonstackAI/UncommonRoute#20: signatures of others. A changed text is refused likewise.
    if kind == "thinking" and not seal_fits(block.get("signature"), MAKER, model, str(block.get("thinking"))):
        yield f"{at}: Invalid `signature` in `thinking` block"
    if kind == "redacted_thinking" and not seal_fits(block.get("data"), MAKER, model):
        yield f"{at}: Invalid `data` in `redacted_thinking` block"
    # https://docs.anthropic.com/en/api/messages: ids and names of tools. Error: "String should match pattern".
    for key in ("id", "tool_use_id"):
        if key in block and not re.fullmatch(r"[a-zA-Z0-9_-]+", str(block[key])):
            yield f"{at}.{kind}.{key}: String should match pattern '^[a-zA-Z0-9_-]+$'"
    if kind == "tool_use" and not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", str(block.get("name"))):
        yield f"{at}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
    # anthropics/anthropic-sdk-typescript#648, anthropics/claude-code#6696.
    if kind == "tool_use" and not isinstance(block.get("input"), Mapping):
        yield f"{at}.tool_use.input: Input should be a valid dictionary"
    if kind == "tool_result":
        yield from _blank_faults(at, block.get("content") or "x")


def _blank_faults(at: str, content: Any) -> Iterator[str]:
    """anthropics/claude-code#59812 (empty), #50082 (with cache_control), NousResearch/hermes-agent#63983 (blank)."""
    if isinstance(content, str) and content and not content.strip():
        yield f"{at}: text content blocks must contain non-whitespace text"
    for block in parts_of(content):
        if block.get("type") == "text" and not str(block.get("text") or "").strip():
            yield f"{at}: text content blocks must be non-empty"


def _pair_faults(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """anthropics/claude-code#3632 (no result), #64383 (no call), #20901 and BerriAI/litellm#23510 (ids not unique).

    That a call has one result only is the other half of the guide's "each tool_use block must have a corresponding
    tool_result": https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use.
    """
    turns = _merged(messages)
    seen: set[str] = set()
    for i, (role, blocks) in enumerate(turns):
        calls = [str(block["id"]) for block in blocks if block.get("type") == "tool_use"]
        results = [str(block["tool_use_id"]) for block in blocks if block.get("type") == "tool_result"]
        if seen & set(calls) or len(set(calls)) < len(calls):
            yield f"messages.{i}: `tool_use` ids must be unique"
        seen |= set(calls)
        before = turns[i - 1][1] if i else []
        made = {str(block["id"]) for block in before if block.get("type") == "tool_use"}
        if role == "user" and (stray := [one for one in results if one not in made]):
            yield f"messages.{i}: unexpected `tool_use_id` found in `tool_result` blocks: {stray[0]}"
        if len(set(results)) < len(results):
            yield f"messages.{i}: each tool_use must have a single result"
        if made and (missing := made - set(results)):
            yield f"messages.{i}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}"
        # https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use: results come first.
        kinds = [block.get("type") == "tool_result" for block in blocks]
        if role == "user" and kinds != sorted(kinds, reverse=True):
            yield f"messages.{i}: `tool_use` ids were found without `tool_result` blocks immediately after (text first)"
    if turns and any(block.get("type") == "tool_use" for block in turns[-1][1]):
        yield "`tool_use` ids were found without `tool_result` blocks immediately after"


def _merged(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Consecutive messages of one role are one turn: "will be combined into a single turn" (API reference)."""
    turns: list[tuple[str, list[Mapping[str, Any]]]] = []
    for message in messages:
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else parts_of(content)
        if turns and turns[-1][0] == message["role"]:
            turns[-1] = (turns[-1][0], [*turns[-1][1], *blocks])
        else:
            turns.append((str(message["role"]), [*blocks]))
    return turns


def _thinking_faults(body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """deepset-ai/haystack-core-integrations#2146, pydantic/pydantic-ai#2075: only where thinking is `enabled` by hand."""
    if (body.get("thinking") or {}).get("type") != "enabled":
        return
    turns = _merged(messages)
    if len(turns) < 2 or not any(block.get("type") == "tool_result" for block in turns[-1][1]):
        return
    first = (turns[-2][1] or [{}])[0].get("type")
    if first not in ("thinking", "redacted_thinking"):
        yield f"Expected `thinking` or `redacted_thinking`, but found `{first}`. When `thinking` is enabled, a final"
