"""OpenAI-compatible servers: DeepSeek's own API, and servers of open models (vLLM, SGLang, Ollama)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servers.openai_chat import OpenAIChat, call, completion
from servers.wire import Fault, Ids, Turn

_KEYS = {
    "system": ("role", "content", "name"),
    "user": ("role", "content", "name"),
    "assistant": ("role", "content", "name", "tool_calls", "prefix", "reasoning_content"),
    "tool": ("role", "content", "tool_call_id", "name"),
}


class DeepSeek(OpenAIChat):
    """`POST /chat/completions` at DeepSeek: contents are texts, turns alternate, and reasoning stands beside the content.

    While it thinks it insists on `reasoning_content`, see `_thinking_fault`. LangChain's own package never sends that back
    (langchain-ai/langchain#37713), so its users switch the thinking off, which every V4 model does unasked.
    """

    longest_id = 1_000

    def message_faults(self, i: int, message: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with one message."""
        role, content = str(message.get("role")), message.get("content")
        if role not in _KEYS:  # icebear0828/codex-proxy#589: "unknown variant `developer`"
            yield f"Failed to deserialize the JSON body into the target type: messages[{i}].role: unknown variant {role!r}"
            return
        # BerriAI/litellm#6642, marimo-team/marimo#7036, QwenLM/qwen-code#2320.
        if isinstance(content, list):
            yield f"Failed to deserialize the JSON body: messages[{i}]: invalid type: sequence, expected a string"
        if content is None and not message.get("tool_calls"):  # pig-mesh/deepseek4j#41
            yield f"Failed to deserialize the JSON body: messages[{i}]: missing field `content`"
        for key in message:  # https://api-docs.deepseek.com/api/create-chat-completion: the keys of each message
            if key not in _KEYS[role]:
                yield f"Failed to deserialize the JSON body: messages[{i}]: unknown field {key!r}"
        yield from self._call_faults(i, message)

    def fault(self, path: str, body: Mapping[str, Any]) -> str | Fault | None:
        """What DeepSeek would refuse."""
        found = super().fault(path, body) or _order_fault(body["messages"])
        return found or (_thinking_fault(body["messages"]) if self._thinks(body) else None)

    def _thinks(self, body: Mapping[str, Any]) -> bool:
        """The guide below: by the switch; without one, the reasoner and all models from V4 on."""
        switch = (body.get("thinking") or {}).get("type")
        by_default = re.search("reasoner|-v[4-9]", self.model("", body)) is not None
        return switch == "enabled" or (by_default and switch != "disabled")

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """A `chat.completion` with `reasoning_content`; ids as in vercel/ai#5171: 43 characters."""
        message: dict[str, Any] = {"role": "assistant", "content": turn.text}
        if turn.thinking is not None:
            message["reasoning_content"] = turn.thinking
        if turn.calls:
            uuid = "-".join(ids.hexes(n) for n in (8, 4, 4, 4, 12))
            message["tool_calls"] = [call(f"call_{i}_{uuid}", *one) for i, one in enumerate(turn.written_calls)]
        return completion(model, message, ids)


class Compatible(OpenAIChat):
    """A server of an open model. It takes what OpenAI takes, and its reasoning back; its ids are its own.

    "vllm": 46 characters (anomalyco/opencode#12653). "kimi": `functions.name:0`, counted per answer, so that they come
    again (sgl-project/sglang#9606, anomalyco/opencode#1279). "counted": `call_0` in every answer.
    """

    longest_id = 1_000

    def message_faults(self, i: int, message: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with one message; vLLM's templates read the reasoning of earlier answers.

        And many of them know neither developers (ogx-ai/ogx#6069) nor system words in between (ggml-org/llama.cpp#20215).
        """
        if message.get("role") == "developer":
            yield "Unexpected message role."
        if i and message.get("role") == "system":
            yield "System message must be at the beginning."
        yield from super().message_faults(
            i, {key: value for key, value in message.items() if key != "reasoning_content"}
        )

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """A `chat.completion`; reasoning under the name that vLLM uses."""
        message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
        if turn.thinking is not None:
            message["reasoning_content"] = turn.thinking
        if turn.calls:
            message["tool_calls"] = [call(_id(turn, i, ids), *one) for i, one in enumerate(turn.written_calls)]
        return completion(model, message, ids)


def _id(turn: Turn, i: int, ids: Ids) -> str:
    if turn.id_style == "kimi":
        return f"functions.{turn.calls[i][0]}:{i}"
    return f"call_{i}" if turn.id_style == "counted" else f"chatcmpl-tool-{ids.hexes(32)}"


def _thinking_fault(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """https://api-docs.deepseek.com/guides/thinking_mode: thoughts that led to calls must be passed back, else 400.

    Reports say more than the guide: every answer needs them (openclaw/openclaw#73417, NousResearch/hermes-agent#15228,
    release 0.5.0 of Hmbown/Codewhale), and a blank is the least that is accepted (BerriAI/litellm#28045). The message:
    earendil-works/pi#3636; with an index: abhigyanpatwari/GitNexus#43. Another model's thoughts cannot be told apart.
    """
    for message in messages:
        if message["role"] == "assistant" and not message.get("reasoning_content"):
            return "The `reasoning_content` in the thinking mode must be passed back to the API."
    return None


def _order_fault(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """GaiZhenbiao/ChuanhuChatGPT#1184: deepseek-reasoner takes no successive user or assistant messages."""
    for i, (before, message) in enumerate(itertools.pairwise(messages)):
        if before["role"] == message["role"] and message["role"] in ("user", "assistant"):
            return f"does not support successive user or assistant messages (messages[{i}] and messages[{i + 1}])"
    return None
