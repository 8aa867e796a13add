"""The host's own messages, as the chosen tier will accept them: the core's edits, tool-call ids, and the form of calls.

Messages that need no change are passed on as they are; the others are copied, and only as deep as the change goes.

Two things are LlamaIndex's own and so are mended here. Some packages (Ollama, Vertex) have no tool-call ids and pair a
result with its call by the tool's name; the next tier may insist on ids. And packages keep calls in one of two places:
as blocks, or, the older ones, in `additional_kwargs`; some raise when they find calls in the other form.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from llama_index.core.base.llms.types import (
    CachePoint,
    ChatMessage,
    ContentBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.llms.llm import LLM

from llama_index.llms.tierwise.messages import (
    CALLS,
    REASONING,
    Call,
    content_blocks,
    is_unsigned_thought,
    openai_call,
    read_calls,
)
from tierwise.types import Edit

_ANSWERING = frozenset({MessageRole.ASSISTANT, MessageRole.MODEL, MessageRole.CHATBOT})


def apply_edits(messages: Sequence[ChatMessage], edits: Sequence[Edit]) -> list[ChatMessage]:
    """The history with the edits made; the messages given are not changed."""
    edited: list[ChatMessage | None] = list(messages)
    inserted: dict[int, list[ChatMessage]] = {}
    for index in dict.fromkeys(edit.message for edit in edits if edit.part is not None):
        edited[index] = _with_parts(messages[index], [edit for edit in edits if edit.message == index])
    for edit in edits:
        if edit.action == "insert_message":
            inserted.setdefault(edit.message, []).append(_inserted(messages, edit))
        elif edit.action == "summarise" and edit.stop is not None:
            edited[edit.message : edit.stop] = [None] * (edit.stop - edit.message)
            inserted.setdefault(edit.message, []).append(ChatMessage(role=MessageRole.USER, content=edit.new or ""))
        elif edit.part is None and (message := edited[edit.message]) is not None:
            edited[edit.message] = _edited(message, edit)
    rows = ([*inserted.get(i, ()), message] for i, message in enumerate([*edited, None]))
    return [message for row in rows for message in row if message is not None]


def with_ids(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The history with an id on every tool call, different within a message, and on the result that belongs to it."""
    mended = list(messages)
    for index, message in enumerate(messages):
        calls = read_calls(message) if message.role in _ANSWERING else []
        if not calls:
            continue
        ids = [call.id for call in calls]
        if all(ids) and len(set(ids)) == len(ids):
            continue
        renamed = [
            call._replace(id=call.id if call.id and ids.count(call.id) == 1 else f"call_{index}_{n}")
            for n, call in enumerate(calls)
        ]
        mended[index] = _with_calls(message, renamed)
        waiting = list(zip(calls, renamed, strict=True))
        for at in range(index + 1, len(messages)):
            if messages[at].role != MessageRole.TOOL:
                break
            mended[at] = _paired(messages[at], waiting)
    return mended


def in_form_of(llm: LLM, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The history with tool calls in the place where this LLM's package looks for them."""
    as_blocks = _reads_blocks(type(llm))
    return [_with_calls_as(message, as_blocks) if message.role in _ANSWERING else message for message in messages]


def _edited(message: ChatMessage, edit: Edit) -> ChatMessage | None:
    if edit.action == "drop_message":
        return None
    if edit.action == "drop_field" and edit.field is not None:
        return _without_field(message, edit.field)
    if edit.action == "fill_field" and edit.field is not None:
        return _with_field(message, edit.field, edit.new or "")
    if edit.action == "drop_call":
        left = [call for call in read_calls(message) if call.id != edit.old]
        return _with_calls(message, left) if left else _without_field(message, CALLS)
    if edit.action == "fill_content":
        kept = {id(block) for block in content_blocks(message)}
        rest = [block for block in message.blocks if id(block) not in kept]
        return _copy(message, [TextBlock(text=edit.new or ""), *rest], message.additional_kwargs)
    if edit.action == "rewrite_id" and edit.old is not None and edit.new is not None:
        return _with_id(message, edit.old, edit.new)
    return message


def _without_field(message: ChatMessage, field: str) -> ChatMessage:
    blocks = message.blocks
    if field == CALLS:
        blocks = [block for block in blocks if not isinstance(block, ToolCallBlock)]
    elif field == REASONING:
        blocks = [block for block in blocks if not is_unsigned_thought(block)]
    return _copy(message, blocks, _without(message.additional_kwargs, field))


def _with_field(message: ChatMessage, field: str, text: str) -> ChatMessage:
    """Thoughts become a block, as they are in LlamaIndex's answers; all else stands beside the blocks."""
    rest = _without_field(message, field)
    if field == REASONING:
        return _copy(rest, [ThinkingBlock(content=text), *rest.blocks], rest.additional_kwargs)
    return _copy(rest, rest.blocks, {**rest.additional_kwargs, field: text})


def _with_parts(message: ChatMessage, edits: Sequence[Edit]) -> ChatMessage:
    """The message with its content's blocks dropped or rewritten. Of a block's keys, only a cache mark is one of ours."""
    content = content_blocks(message)
    new: dict[int, ContentBlock | None] = {}
    for edit in edits:
        block = content[edit.part] if edit.part is not None else None
        if edit.action == "drop_part" or (edit.action == "drop_field" and isinstance(block, CachePoint)):
            new[id(block)] = None
        elif edit.action == "rewrite_part":
            new[id(block)] = TextBlock(text=edit.new or "")
    blocks = [new.get(id(block), block) for block in message.blocks]
    return _copy(message, [block for block in blocks if block is not None], message.additional_kwargs)


def _inserted(messages: Sequence[ChatMessage], edit: Edit) -> ChatMessage:
    blocks: list[ContentBlock] = [TextBlock(text=edit.new or "")]
    if edit.copies is not None:
        message, part = edit.copies
        blocks.append(content_blocks(messages[message])[part])
    answered = {"tool_call_id": edit.old} if edit.role == "tool" else {}
    inserted = ChatMessage(role=MessageRole(edit.role or "user"), blocks=blocks, additional_kwargs=answered)
    return _with_field(inserted, edit.field, edit.old or "") if edit.field else inserted


def _with_id(message: ChatMessage, old: str, new: str) -> ChatMessage:
    if message.additional_kwargs.get("tool_call_id") == old:
        return _copy(message, message.blocks, {**message.additional_kwargs, "tool_call_id": new})
    calls = [call._replace(id=new) if call.id == old else call for call in read_calls(message)]
    return _with_calls(message, calls) if calls else message


def _paired(result: ChatMessage, waiting: list[tuple[Call, Call]]) -> ChatMessage:
    """The result with the id of the first waiting call that it can belong to, which then waits no longer."""
    said = result.additional_kwargs.get("tool_call_id") or ""
    fits = [i for i, (call, _) in enumerate(waiting) if said in (call.id, call.name, "")]
    if not fits:
        return result
    _, renamed = waiting.pop(fits[0])
    return _copy(result, result.blocks, {**result.additional_kwargs, "tool_call_id": renamed.id})


def _with_calls(message: ChatMessage, calls: Sequence[Call]) -> ChatMessage:
    """The message with these calls, where its calls stood before."""
    rest = _without(message.additional_kwargs, CALLS)
    places = [i for i, block in enumerate(message.blocks) if isinstance(block, ToolCallBlock)]
    if not places:
        return _copy(message, message.blocks, {**rest, CALLS: [openai_call(call) for call in calls]})
    others = [block for block in message.blocks if not isinstance(block, ToolCallBlock)]
    return _copy(message, [*others[: places[0]], *map(_block, calls), *others[places[0] :]], rest)


def _with_calls_as(message: ChatMessage, as_blocks: bool) -> ChatMessage:
    in_blocks = any(isinstance(block, ToolCallBlock) for block in message.blocks)
    in_kwargs = CALLS in message.additional_kwargs
    if (in_blocks, in_kwargs) in ((False, False), (as_blocks, not as_blocks)):
        return message
    calls, rest = read_calls(message), _without(message.additional_kwargs, CALLS)
    if as_blocks:
        blocks = message.blocks if in_blocks else [*message.blocks, *map(_block, calls)]
        return _copy(message, blocks, rest)
    return _copy(message, content_blocks(message), {**rest, CALLS: [openai_call(call) for call in calls]})


@lru_cache(maxsize=256)
def _reads_blocks(llm: type[LLM]) -> bool:
    """Whether a package knows tool-call blocks at all: then its modules import them."""
    own = [cls.__module__ for cls in llm.__mro__ if issubclass(cls, LLM) and not _is_abstract_home(cls.__module__)]
    return any(hasattr(sys.modules.get(name), ToolCallBlock.__name__) for name in own)


def _is_abstract_home(module: str) -> bool:
    return module.startswith(("llama_index.core.llms.llm", "llama_index.core.llms.function_calling"))


def _block(call: Call) -> ToolCallBlock:
    return ToolCallBlock(tool_call_id=call.id, tool_name=call.name, tool_kwargs=call.arguments or {})


def _copy(message: ChatMessage, blocks: Iterable[ContentBlock], kwargs: dict[str, Any]) -> ChatMessage:
    # A copy without validation: building a ChatMessage anew would read images from `additional_kwargs` again.
    return message.model_copy(update={"blocks": list(blocks), "additional_kwargs": dict(kwargs)})


def _without(kwargs: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name != key}
