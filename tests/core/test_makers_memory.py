"""Who made a message that does not say: known by what was signed in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tierwise.conversation.makers import Makers, maker_name, seals_of

CLAUDE = {"provider": "anthropic", "model": "claude-opus-4-6"}
QWEN = {"provider": "hosted_vllm", "model": "qwen3-32b"}
BLOCK = {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk"}
SIGNED: list[dict[str, Any]] = [
    {"thinking_blocks": [BLOCK], "reasoning_content": "Hm."},
    {"content": [BLOCK, {"type": "text", "text": "So."}]},
    {"content": [{"type": "redacted_thinking", "data": "c2VjcmV0"}]},
    {"content": [{"type": "reasoning_content", "reasoning_content": {"text": "Hm.", "signature": "c2lnbmVk"}}]},
    {"content": [{"type": "reasoning", "id": "rs_1", "encrypted_content": "c2VjcmV0"}]},
    {"content": [{"type": "text", "text": "So.", "id": "msg_1"}]},
    {"content": [{"type": "text", "text": "So.", "extras": {"signature": "c2lnbmVk"}}]},
    {"tool_calls": [{"id": "c1", "provider_specific_fields": {"thought_signature": "c2lnbmVk"}}]},
    {"tool_calls": [{"id": "c1__thought__c2lnbmVk"}]},
    {"reasoning_content": "Only words."},
]


@pytest.mark.parametrize("message", SIGNED, ids=lambda message: str(message)[:50])
def test_a_maker_is_known_by_what_it_signed(message: dict[str, Any]):
    """Rebuilt from JSON, with empty keys beside it and another text, the message is still known."""
    makers = Makers()
    makers.note(seals_of({"role": "assistant", **message}), maker_name(**CLAUDE))

    again = {"refusal": None, **json.loads(json.dumps(message)), "role": "assistant", "name": "a"}

    assert makers.of(again) == CLAUDE


def test_what_is_not_signed_has_no_seal():
    """Texts, calls, images and empty fields say nothing of their maker."""
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"signature": "x"}'}}
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,xx"}}]

    for message in (
        {"content": "a", "tool_calls": [call]},
        {"content": parts},
        {"provider_specific_fields": {"refusal": None}},
    ):
        assert seals_of({"role": "assistant", **message}) == ()


def test_the_memory_is_bounded_and_of_one_user():
    """The least recently used seal goes first; equal seals of two users are two; nothing but digests is kept."""
    makers, thoughts = Makers(size=2), [{"reasoning_content": f"Thought {i}."} for i in range(3)]
    seals = [seals_of(thought) for thought in thoughts]
    for seal in seals[:2]:
        makers.note(seal, maker_name(**CLAUDE), "u", "one")
    makers.of(thoughts[0], "u")
    makers.note(seals[2], maker_name(**QWEN), "u", "two")

    assert [makers.of(thought, "u") for thought in thoughts] == [CLAUDE, None, QWEN]
    assert makers.of(thoughts[0], "v") is None
    assert makers.of(thoughts[0], "v", dict.fromkeys(seals[0], maker_name(**QWEN))) == QWEN
    assert len(makers) == 2
    assert "Only words" not in str(seals_of({"reasoning_content": "Only words."}))
    makers.forget("two", "u")
    assert [makers.of(thought, "u") for thought in thoughts] == [CLAUDE, None, None]
