"""LlamaIndex messages and tools in OpenAI form, as the core reads them.

One chat message becomes one OpenAI message, and one content block one content part, so that the core's edits can be
applied to the host's own objects by index. Only tool-call blocks stand elsewhere: OpenAI keeps calls beside the content.
Media are counted and never read: no file is opened and no address is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from llama_index.core.tools import BaseTool

CALLS = "tool_calls"
"""Where older packages keep tool calls in a message's `additional_kwargs`, and where OpenAI keeps them."""

REASONING = "reasoning_content"
"""Where OpenAI-like providers put thoughts that nobody has signed; LlamaIndex has a block without a signature."""

_ROLES = {MessageRole.CHATBOT: "assistant", MessageRole.MODEL: "assistant"}
_OURS = frozenset({"role", "content", "made_by", CALLS})


class Call(NamedTuple):
    """A tool call; `arguments` is JSON text or a mapping, as its maker left it."""

    id: str
    name: str
    arguments: Any


def to_openai(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """The messages in OpenAI chat form: as many, in the same order. They do not say who made them; the core remembers."""
    return [to_openai_message(message) for message in messages]


def to_openai_message(message: ChatMessage) -> dict[str, Any]:
    """One message in OpenAI chat form. What stands in its `additional_kwargs` stands beside role and content there."""
    role = _ROLES.get(message.role) or message.role.value
    blocks = message.blocks
    if len(blocks) == 1 and type(blocks[0]) is TextBlock and not message.additional_kwargs:
        return {"role": role, "content": blocks[0].text}  # most messages: a long history is read at every step
    blocks = content_blocks(message)
    calls = read_calls(message) if role == "assistant" else []
    thoughts = "".join(block.content or "" for block in message.blocks if is_unsigned_thought(block))
    content: Any = [_part(block) for block in blocks]
    if not blocks:
        content = None if calls else ""
    elif len(blocks) == 1 and isinstance(blocks[0], TextBlock):
        content = blocks[0].text
    beside = {key: value for key, value in message.additional_kwargs.items() if value is not None and key not in _OURS}
    return {
        "role": role,
        "content": content,
        **({CALLS: [openai_call(call) for call in calls]} if calls else {}),
        **({REASONING: thoughts} if thoughts else {}),
        **beside,
    }


def content_blocks(message: ChatMessage) -> list[ContentBlock]:
    """The blocks that are content: `content[i]` of the OpenAI form is the i-th of these."""
    return [
        block for block in message.blocks if not isinstance(block, ToolCallBlock) and not is_unsigned_thought(block)
    ]


def is_unsigned_thought(block: ContentBlock) -> TypeGuard[ThinkingBlock]:
    """Whether a block holds thoughts as OpenAI-like providers show them: words, and nothing to prove whose they are."""
    return isinstance(block, ThinkingBlock) and not any(block.additional_information.get(key) for key in _SIGNATURES)


def read_calls(message: ChatMessage) -> list[Call]:
    """The tool calls of a message, from its blocks; else from where older packages keep them."""
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if blocks:
        return [Call(block.tool_call_id or "", block.tool_name, block.tool_kwargs) for block in blocks]
    return [_kept_call(call) for call in message.additional_kwargs.get(CALLS) or ()]


def openai_call(call: Call) -> dict[str, Any]:
    """A tool call in OpenAI form; its arguments are text there."""
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments or {}, default=str)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def openai_tools(tools: Sequence[BaseTool]) -> list[dict[str, Any]]:
    """The tools in OpenAI form."""
    return [tool.metadata.to_openai_tool(skip_length_check=True) for tool in tools]


def _kept_call(call: Any) -> Call:
    """A call as some package keeps it: an OpenAI object or dict, or a flat one (`name` with `input`, `args`, …)."""
    function = _get(call, "function") or call
    arguments = next((_get(function, key) for key in ("arguments", "input", "args") if _get(function, key)), "")
    return Call(str(_get(call, "id") or ""), str(_get(function, "name") or ""), arguments)


def _get(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, Mapping) else getattr(holder, key, None)


def _part(block: ContentBlock) -> dict[str, Any]:
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    if isinstance(block, ThinkingBlock):
        return _thinking_part(block)
    if isinstance(block, CitableBlock):
        inner = " ".join(part.text for part in block.content if isinstance(part, TextBlock))
        return {"type": "text", "text": inner}
    if isinstance(block, CitationBlock):
        cited = block.cited_content
        return {"type": "text", "text": cited.text if isinstance(cited, TextBlock) else block.title}
    if isinstance(block, CachePoint):
        return {"type": "cache_point", "cache_control": block.cache_control.model_dump()}
    return _media_part(block)


def _media_part(block: ContentBlock) -> dict[str, Any]:
    if isinstance(block, ImageBlock):
        return {"type": "image_url", "image_url": {"url": _address(block)}}
    if isinstance(block, AudioBlock):
        return {"type": "input_audio", "input_audio": {"format": block.format, "data": _address(block)}}
    if isinstance(block, VideoBlock):
        return {"type": "video_url", "video_url": {"url": _address(block)}}
    if isinstance(block, DocumentBlock):
        return {"type": "file", "file": {"filename": block.title or _address(block)}}
    return {"type": getattr(block, "block_type", type(block).__name__)}


def _address(block: ImageBlock | AudioBlock | VideoBlock | DocumentBlock) -> str:
    """Where the medium is, without reading it; one held in memory is told by its kind alone."""
    if block.url or block.path:
        return str(block.url or block.path)
    return f"data:{block.block_type}"


_SIGNATURES = ("signature", "data", "thought_signature", "thought", "id", "encrypted_content")


def _thinking_part(block: ThinkingBlock) -> dict[str, Any]:
    """Each maker signs in a way of its own, and the core tells them apart by these shapes."""
    signed, text = block.additional_information, block.content or ""
    if signed.get("signature"):
        return {"type": "thinking", "thinking": text, "signature": signed["signature"]}
    if signed.get("data"):
        return {"type": "redacted_thinking", "data": signed["data"]}
    if signed.get("thought_signature") or signed.get("thought"):
        return {"type": "thought", "thought": text, "extras": {"signature": signed.get("thought_signature")}}
    return {"type": "reasoning", "text": text, "id": signed.get("id")}
