"""Whatever a host passes as messages, the handoff says what it can, and never raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.handoff import apply_edits, edits_for, fit_window
from tierwise.tiers import Tier

_odd = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
_part = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["text", "thinking", "image_url", "tool_use", "odd"]) | _odd,
        "text": _odd,
        "cache_control": _odd,
        "extras": _odd,
        "id": _odd,
    },
)
_call = st.fixed_dictionaries(
    {},
    optional={"id": st.sampled_from(["a", "b"]) | _odd, "function": st.just({"name": "f", "arguments": "{}"}) | _odd},
)
_message = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool", "developer", "odd"]) | _odd},
    optional={
        "content": _odd | st.lists(_part | _odd, max_size=3),
        "tool_calls": _odd | st.lists(_call | _odd, max_size=3),
        "tool_call_id": st.sampled_from(["a", "b"]) | _odd,
        "made_by": st.just({"provider": "openai", "model": "gpt-4.1"}) | st.just({"provider": [], "model": {}}) | _odd,
        "thinking_blocks": _odd,
        "provider_specific_fields": _odd,
    },
)
TIERS = [
    Tier(provider, model, provider=provider, prices=(1, 2))
    for provider, model in (
        ("openai", "gpt-4.1"),
        ("anthropic", "claude-opus-4-6"),
        ("gemini", "gemini-3-pro-preview"),
        ("mistral", "mistral-small-latest"),
        ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("deepseek", "deepseek-chat"),
        ("nobody", "model"),
    )
]


@pytest.mark.parametrize("tier", TIERS, ids=[tier.name for tier in TIERS])
def test_no_history_is_too_odd(tier: Tier):
    """Edits come out, and can be applied."""

    @settings(max_examples=150, derandomize=True, database=None, deadline=None)
    @given(st.lists(_message, max_size=6))
    def hand_over(messages: list[dict[str, Any]]) -> None:
        apply_edits(messages, edits_for(messages, tier, thinking=True, max_tokens=60, summary="In short."))
        apply_edits(messages, edits_for(messages, tier))
        fit_window(messages, 10, lambda gone, limit: "")

    hand_over()
