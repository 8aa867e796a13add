"""The history as the chosen tier will accept it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tierwise.handoff import apply_edits, edits_for
from tierwise.tiers import Tier
from tierwise.types import Edit

CLAUDE = Tier("top", "claude-opus-4-6", provider="anthropic", prices=(5, 25))
GPT = Tier("small", "gpt-4.1-nano", provider="openai", prices=(0.1, 0.4))
THINKING = {"type": "thinking", "thinking": "hm", "signature": "SIG"}
BY_CLAUDE = {"provider": "anthropic", "model": "claude-opus-4-6"}


def call(call_id: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "look", "arguments": "{}"}}


def thinking_history() -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": "Find it."},
        {
            "role": "assistant",
            "content": [THINKING, {"type": "text", "text": "Looking."}],
            "tool_calls": [call("c1"), call("c2")],
            "made_by": BY_CLAUDE,
        },
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": "two"},
    ]


def test_what_another_maker_signed_is_dropped_and_the_calls_stay():
    """A thinking block goes; text, parallel calls and their results stay, in order."""
    messages = thinking_history()

    handed = apply_edits(messages, edits_for(messages, GPT))

    assert handed[1]["content"] == [{"type": "text", "text": "Looking."}]
    assert [c["id"] for c in handed[1]["tool_calls"]] == ["c1", "c2"]
    assert [m.get("tool_call_id") for m in handed[2:]] == ["c1", "c2"]


def test_the_maker_gets_its_own_history_untouched():
    """No edit at all when the tier stays: its cache stays warm, and its signatures are wanted back."""
    messages = thinking_history()

    assert edits_for(messages, CLAUDE) == ()
    assert apply_edits(messages, ())[1]["content"][0] == THINKING


def test_a_signature_is_dropped_for_another_model_of_the_same_provider():
    """Signatures are checked against the model that made them."""
    sonnet = Tier("mid", "claude-sonnet-4-5", provider="anthropic", prices=(3, 15))

    assert any(edit.action == "drop_part" for edit in edits_for(thinking_history(), sonnet))


def test_without_a_named_maker_the_shape_tells_whose_it_is():
    """A thinking block with a signature is Anthropic's even where the host does not say so."""
    messages = thinking_history()
    del messages[1]["made_by"]

    assert edits_for(messages, CLAUDE) == ()
    assert [edit.action for edit in edits_for(messages, GPT)] == ["drop_part"]


def test_a_message_of_nothing_but_thinking_goes_altogether():
    """An empty assistant message would be refused."""
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": [THINKING], "made_by": BY_CLAUDE}]

    assert apply_edits(messages, edits_for(messages, GPT)) == [{"role": "user", "content": "?"}]


def test_reasoning_fields_of_others_are_dropped():
    """Servers that put reasoning beside the content refuse each other's."""
    messages = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "4", "reasoning_content": "2+2", "made_by": {"provider": "deepseek"}},
    ]

    assert "reasoning_content" not in apply_edits(messages, edits_for(messages, GPT))[1]


def test_an_orphaned_result_is_dropped():
    """A result whose call was cut from the history is refused everywhere."""
    messages = [{"role": "tool", "tool_call_id": "gone", "content": "x"}, {"role": "user", "content": "and?"}]

    assert apply_edits(messages, edits_for(messages, GPT)) == [{"role": "user", "content": "and?"}]


def test_calls_that_were_never_answered_are_dropped_once_the_history_has_gone_on():
    """An interrupted call keeps its text and loses the call; a call still waiting for its result stays."""
    interrupted = [
        {"role": "assistant", "content": "Let me look.", "tool_calls": [call("c1")]},
        {"role": "user", "content": "Stop."},
    ]
    waiting = [{"role": "user", "content": "Look."}, {"role": "assistant", "content": None, "tool_calls": [call("c1")]}]

    assert apply_edits(interrupted, edits_for(interrupted, GPT))[0] == {"role": "assistant", "content": "Let me look."}
    assert edits_for(waiting, GPT) == ()


def test_edits_are_idempotent_and_leave_the_given_messages_alone():
    """Handing over twice changes nothing more, and the host's own objects are never written to."""
    messages = thinking_history()
    before = copy.deepcopy(messages)

    once = apply_edits(messages, edits_for(messages, GPT))

    assert edits_for(once, GPT) == ()
    assert messages == before


def test_every_kind_of_edit_can_be_applied():
    """Ids rewritten in call and result alike, contents filled, a stretch replaced by its summary."""
    messages = [
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": None, "tool_calls": [call("long-id")]},
        {"role": "tool", "tool_call_id": "long-id", "content": ""},
    ]
    edits = [
        Edit("summarise", 0, stop=2, new="a and b"),
        Edit("rewrite_id", 2, old="long-id", new="abc123def"),
        Edit("rewrite_id", 3, old="long-id", new="abc123def"),
        Edit("fill_content", 3, new="(empty)"),
    ]

    handed = apply_edits(messages, edits)

    assert handed[0] == {"role": "user", "content": "a and b"}
    assert handed[1]["tool_calls"][0]["id"] == handed[2]["tool_call_id"] == "abc123def"
    assert handed[2]["content"] == "(empty)"


def test_a_blank_result_in_a_plain_loop_is_filled_where_blanks_are_refused():
    """Nothing else is odd in the history; `make handoff-proof` found it in one of 400 histories of one pair."""
    messages = [
        {"role": "user", "content": "Find it."},
        {"role": "assistant", "content": None, "tool_calls": [call("c1")]},
        {"role": "tool", "tool_call_id": "c1", "content": " \n"},
    ]

    assert apply_edits(messages, edits_for(messages, CLAUDE))[2]["content"].strip()
    assert edits_for(messages, GPT) == ()


def test_developers_words_are_the_systems_where_that_role_is_unknown():
    """DeepSeek and open models' templates refuse the role; these take one system message, at the beginning."""
    qwen = Tier("open", "qwen3-32b", provider="hosted_vllm", prices=(0, 0))
    deepseek = Tier("open", "deepseek-chat", provider="deepseek", prices=(0, 0))
    said = [
        ("developer", "Be kind."),
        ("system", "Be brief."),
        ("user", "?"),
        ("developer", "In French."),
        ("user", "?"),
    ]
    messages = [{"role": role, "content": text} for role, text in said]

    def roles(tier: Tier) -> list[str]:
        return [message["role"] for message in apply_edits(messages, edits_for(messages, tier))]

    assert roles(GPT) == ["developer", "system", "user", "developer", "user"]
    assert roles(deepseek) == ["system", "system", "user", "system", "user"]
    assert roles(qwen) == ["system", "user", "user", "user", "user"]


@pytest.mark.parametrize("provider", ["anthropic", "bedrock", "gemini", "mistral"])
def test_system_words_in_between_are_said_by_the_user_where_they_have_a_field_of_their_own(provider: str):
    """Clients take them out of the middle, and two answers would then stand side by side."""
    said = [
        ("system", "Be kind."),
        ("user", "?"),
        ("assistant", "a"),
        ("system", "Be brief."),
        ("assistant", "b"),
        ("user", "?"),
    ]
    messages = [{"role": role, "content": text} for role, text in said]

    handed = apply_edits(messages, edits_for(messages, Tier("t", provider=provider, prices=(1, 2))))

    assert [message["role"] for message in handed] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert handed[3]["content"] == "Be brief."
