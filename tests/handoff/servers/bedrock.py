"""Amazon Bedrock's Converse with a Claude model: its wire format, and what it refuses.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and the pages of its content blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servers.eventstream import of_converse
from servers.wire import Fault, Ids, Turn, seal, seal_fits

MAKER = "bedrock"
_BLOCKS = {"text", "image", "document", "toolUse", "toolResult", "reasoningContent", "cachePoint", "citationsContent"}
_USER_ONLY = {"image", "document", "toolResult"}
_ASSISTANT_ONLY = {"toolUse", "reasoningContent", "citationsContent"}


class BedrockConverse:
    """`POST /model/{model}/converse`."""

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        """The model that is asked for."""
        return path.split("/model/", 1)[-1].removesuffix("-stream").removesuffix("/converse")

    def fault(self, path: str, body: Mapping[str, Any]) -> str | Fault | None:
        """What Bedrock would refuse."""
        if not path.endswith(("/converse", "/converse-stream")):
            return Fault(f"no such path: {path}", 404)
        return next(_faults(self.model(path, body), body), None)

    def answer(self, model: str, turn: Turn, ids: Ids) -> dict[str, Any]:
        """A response of Converse."""
        content: list[dict[str, Any]] = []
        if turn.thinking is not None:
            signature = seal(MAKER, model, turn.thinking)
            reasoning = {"reasoningText": {"text": turn.thinking, "signature": signature}}
            content.append({"reasoningContent": {"redactedContent": signature} if turn.redacted else reasoning})
        if turn.text:
            content.append({"text": turn.text})
        for name, arguments in turn.calls:
            content.append({"toolUse": {"toolUseId": f"tooluse_{ids.letters(22)}", "name": name, "input": arguments}})
        return {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": "tool_use" if turn.calls else "end_turn",
            "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
            "metrics": {"latencyMs": 1},
        }

    def stream(self, path: str, body: Mapping[str, Any], answer: dict[str, Any]) -> Iterator[bytes] | None:
        """Frames, by a path of their own."""
        return of_converse(answer) if path.endswith("/converse-stream") else None

    def error(self, fault: Fault) -> dict[str, Any]:
        """Bedrock's form of an error."""
        return {"message": fault.message}


def _faults(model: str, body: Mapping[str, Any]) -> Iterator[str]:
    messages: Sequence[Mapping[str, Any]] = body.get("messages") or []
    if not messages or messages[0].get("role") != "user":  # langgenius/dify#12340, strands-agents/sdk-typescript#727
        yield "A conversation must start with a user message. Try again with a conversation that starts with a user"
        return
    for i, message in enumerate(messages):
        # langchain-ai/langchainjs#6724, genkit-ai/aws-bedrock-js-plugin#664.
        if i and message["role"] == messages[i - 1]["role"]:
            yield "A conversation must alternate between user and assistant roles."
        yield from _message_faults(model, i, message)
        yield from _pair_faults(i, messages)
    # NousResearch/hermes-agent#105780, agenticloops-ai/agentic-ai-engineering#43.
    if messages[-1]["role"] == "assistant":
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    # vxcontrol/pentagi#196, patriceckhart/zot#18.
    if any("toolUse" in b or "toolResult" in b for m in messages for b in m["content"]) and not body.get("toolConfig"):
        yield "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    for block in body.get("system") or ():  # the page of SystemContentBlock: at least one character
        if "text" in block and not str(block["text"]).strip():
            yield "The text field in the ContentBlock object at system.0 is blank."


def _message_faults(model: str, i: int, message: Mapping[str, Any]) -> Iterator[str]:
    content: Sequence[Mapping[str, Any]] = message.get("content") or []
    if not content:  # archestra-ai/archestra#4220
        yield f"The content field in the Message object at messages.{i} is empty."
    # NousResearch/hermes-agent#105780: nothing but reasoning counts as a prefill.
    if content and all("reasoningContent" in block for block in content):
        yield f"messages.{i}: an assistant message holds nothing but reasoningContent."
    if any("document" in block for block in content) and not any("text" in block for block in content):
        yield "A text block must be included when using documents."  # archestra-ai/archestra#4220
    for j, block in enumerate(content):
        yield from _block_faults(model, f"messages.{i}.content.{j}", str(message["role"]), block)


def _block_faults(model: str, at: str, role: str, block: Mapping[str, Any]) -> Iterator[str]:
    keys = set(block)
    if not keys <= _BLOCKS or len(keys) != 1:
        yield f"{at}: unknown or several members of the union ContentBlock: {sorted(keys)}"
    if keys & (_ASSISTANT_ONLY if role == "user" else _USER_ONLY):  # can1357/oh-my-pi#9086 is the reasoning of users
        yield f"{at}: {role.capitalize()} messages cannot contain {sorted(keys)[0]}."
    if "text" in block and not str(block["text"]).strip():  # aws-samples/bedrock-engineer#8, earendil-works/pi#4975
        yield f"The text field in the ContentBlock object at {at} is blank. Add text to the text field, and try again."
    reasoning = (block.get("reasoningContent") or {}).get("reasoningText")
    if reasoning is not None and not seal_fits(reasoning.get("signature"), MAKER, model, str(reasoning.get("text"))):
        yield f"{at}: Invalid `signature` in `thinking` block"  # NousResearch/hermes-agent#36260
    for key in ("toolUse", "toolResult"):
        # The page of ToolUseBlock: 1 to 64 of [a-zA-Z0-9_.:-] (run-llama/llama_index#22775); Claude allows fewer.
        if key in block and not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(block[key].get("toolUseId"))):
            yield f"{at}.{key}.toolUseId: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
    if "toolUse" in block and not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(block["toolUse"].get("name"))):
        yield f"{at}.toolUse.name: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
    if "toolResult" in block:
        result = block["toolResult"]
        # aws-samples/sample-multi-agent-orchestration-chat-on-agentcore#15, NousResearch/hermes-agent#55092.
        if not result.get("content") and result.get("status") == "error":
            yield f"The content field at {at}.toolResult cannot be empty when status value is error."
        if any("text" in part and not str(part["text"]).strip() for part in result.get("content") or ()):
            yield f"{at}: text content blocks must be non-empty"


def _pair_faults(i: int, messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """camel-ai/camel#3954 (no result), pydantic/pydantic-ai#2327 (too many results), BerriAI/litellm#23510 (Claude's: twice)."""
    made = _ids(messages[i - 1], "toolUse") if i else []
    results = _ids(messages[i], "toolResult")
    calls = _ids(messages[i], "toolUse")
    if missing := [one for one in made if one not in results]:
        yield f"Expected toolResult blocks at messages.{i}.content for the following Ids: {', '.join(missing)}"
    if len(results) > len(made) or set(results) - set(made):
        yield f"messages.{i}: The number of toolResult blocks exceeds the number of toolUse blocks of previous turn."
    earlier = [one for message in messages[:i] for one in _ids(message, "toolUse")]
    if len(set(calls)) < len(calls) or set(calls) & set(earlier):
        yield f"messages.{i}: `tool_use` ids must be unique"
    if calls and i == len(messages) - 1:
        yield f"Expected toolResult blocks at messages.{i + 1}.content for the following Ids: {', '.join(calls)}"


def _ids(message: Mapping[str, Any], key: str) -> list[str]:
    return [str(block[key].get("toolUseId")) for block in message.get("content") or () if key in block]
