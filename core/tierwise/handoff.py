"""The history as the chosen tier will accept it, as edits on the host's own messages.

What a maker has signed (thinking blocks, reasoning items, thought signatures) is valid for that maker alone; another one
answers with an error 400. And a call without its result, or a result without its call, is refused by most. So, before a
step is sent to a tier, what others have signed is dropped, and pairs are kept whole. Nothing else is touched: a tier that
made the history itself gets it as it stands, and its prompt cache stays warm.

The host applies the edits to its own objects, so nothing that the OpenAI form cannot hold is lost on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tierwise.tiers import Tier
from tierwise.types import Edit, Message

_SIGNED_PARTS = frozenset({"thinking", "redacted_thinking", "reasoning"})
_SIGNED_FIELDS = ("thinking_blocks", "reasoning_content", "reasoning", "reasoning_details", "thought_signatures")


def edits_for(messages: Sequence[Message], tier: Tier) -> tuple[Edit, ...]:
    """The changes that make a history acceptable to a tier; empty when it made the history itself."""
    signed = [edit for i, message in enumerate(messages) for edit in _drop_signed(i, message, tier)]
    return (*signed, *_whole_pairs(messages))


def apply_edits(messages: Sequence[Message], edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """The OpenAI view of an edited history, without `made_by`; the messages given are not changed."""
    edited: list[dict[str, Any] | None] = [
        {key: value for key, value in message.items() if key != "made_by"} for message in messages
    ]
    parts_gone: dict[int, set[int]] = {}
    for edit in edits:
        message = edited[edit.message]
        if message is None:
            continue
        if edit.action == "drop_message":
            edited[edit.message] = None
        elif edit.action == "drop_field" and edit.field is not None:
            message.pop(edit.field, None)
        elif edit.action == "drop_part" and edit.part is not None:
            parts_gone.setdefault(edit.message, set()).add(edit.part)
        elif edit.action == "rewrite_id":
            _rewrite_id(message, edit)
        elif edit.action == "fill_content":
            message["content"] = edit.new
        elif edit.action == "summarise" and edit.stop is not None:
            edited[edit.message] = {"role": "user", "content": edit.new}
            edited[edit.message + 1 : edit.stop] = [None] * (edit.stop - edit.message - 1)
    for index, gone in parts_gone.items():
        message = edited[index]
        if message is not None:
            message["content"] = [part for i, part in enumerate(message["content"]) if i not in gone]
    return [message for message in edited if message is not None]


def _drop_signed(index: int, message: Message, tier: Tier) -> Iterator[Edit]:
    if message.get("role") != "assistant":
        return
    maker = message.get("made_by")
    if isinstance(maker, Mapping) and _same_maker(maker, tier):
        return
    why = f"signed by {_maker_words(maker)}, not valid for {tier.model or tier.name}"
    if isinstance(maker, Mapping) or tier.provider != _provider_by_shape(message):
        for name in _SIGNED_FIELDS:
            if message.get(name):
                yield Edit("drop_field", index, field=name, reason=why)
        content = message.get("content")
        if isinstance(content, list):
            signed = [i for i, part in enumerate(content) if _is_signed(part)]
            for part in signed:
                yield Edit("drop_part", index, part=part, reason=why)
            if signed and len(signed) == len(content) and not message.get("tool_calls"):
                yield Edit("drop_message", index, reason=why)


def _is_signed(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") in _SIGNED_PARTS


def _same_maker(maker: Mapping[str, Any], tier: Tier) -> bool:
    """A signature holds for one model at one provider; where the host names only one of them, that must agree."""
    provider, model = maker.get("provider"), maker.get("model")
    known = [(provider, tier.provider), (model, tier.model)]
    compared = [(theirs, ours) for theirs, ours in known if theirs is not None and ours is not None]
    return bool(compared) and all(theirs == ours for theirs, ours in compared)


def _maker_words(maker: Any) -> str:
    if isinstance(maker, Mapping):
        return str(maker.get("model") or maker.get("provider") or "an unknown maker")
    return "an unknown maker"


def _provider_by_shape(message: Message) -> str | None:
    """Who made a message whose host does not say: each provider's signed content has its own shape."""
    content = message.get("content")
    parts: list[Any] = [*content] if isinstance(content, list) else []
    parts += message.get("thinking_blocks") or []
    for part in parts:
        if not isinstance(part, Mapping):
            continue
        if part.get("type") in ("thinking", "redacted_thinking"):
            return "anthropic"
        if part.get("type") == "reasoning" and ("encrypted_content" in part or str(part.get("id")).startswith("rs_")):
            return "openai"
    return None


def _whole_pairs(messages: Sequence[Message]) -> Iterator[Edit]:
    """Drops results whose call is gone, and calls that were never answered before the history went on."""
    open_calls: dict[str, int] = {}
    for i, message in enumerate(messages):
        role = message.get("role")
        if role == "tool":
            if open_calls.pop(str(message.get("tool_call_id")), None) is None:
                yield Edit("drop_message", i, reason="a tool result without its call")
        elif role in ("user", "assistant"):
            yield from _unanswered(messages, open_calls)
            open_calls = _call_ids(message, i)


def _call_ids(message: Message, index: int) -> dict[str, int]:
    calls = message.get("tool_calls")
    if not isinstance(calls, Sequence) or isinstance(calls, str):
        return {}
    return {str(call.get("id")): index for call in calls if isinstance(call, Mapping)}


def _unanswered(messages: Sequence[Message], open_calls: Mapping[str, int]) -> Iterator[Edit]:
    """A message whose calls were all left unanswered loses them; where some were answered, the host must mend it."""
    for index in sorted(set(open_calls.values())):
        if set(_call_ids(messages[index], index)) <= set(open_calls):
            reason = "tool calls that were never answered"
            if messages[index].get("content"):
                yield Edit("drop_field", index, field="tool_calls", reason=reason)
            else:
                yield Edit("drop_message", index, reason=reason)


def _rewrite_id(message: dict[str, Any], edit: Edit) -> None:
    if message.get("tool_call_id") == edit.old:
        message["tool_call_id"] = edit.new
    calls = message.get("tool_calls")
    if calls:
        message["tool_calls"] = [{**call, "id": edit.new} if call.get("id") == edit.old else call for call in calls]
