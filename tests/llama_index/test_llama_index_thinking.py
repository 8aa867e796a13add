"""Whether a call through LlamaIndex asks a tier to think: read off its LLM, or said in the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.llms import LLM
from llama_index.core.llms.mock import MockLLM

from llama_index.llms.tierwise.tiers import thinking_of

ON, OFF = {"type": "enabled", "budget_tokens": 1024}, {"type": "disabled"}


class Anthropic(MockLLM):
    """As LlamaIndex's own package keeps it."""

    thinking_dict: dict[str, Any] = ON


@pytest.mark.parametrize(
    ("options", "asked"),
    [({}, {"claude": True, "open": False}), ({"thinking": OFF}, {"claude": False, "open": False})],
)
def test_thinking_is_read_off_the_llm_and_the_call_comes_first(
    options: dict[str, Any], asked: dict[str, bool], openai_like: Callable[..., LLM]
):
    """`thinking_dict` of Anthropic's, a body's extra key of an OpenAI-like one; nothing is said of the last."""
    tiers: dict[str, LLM] = {
        "claude": Anthropic(),
        "open": openai_like("deepseek-v4-pro", additional_kwargs={"extra_body": {"thinking": OFF}}),
    }

    assert thinking_of(tiers, options) == asked
    assert thinking_of({"plain": MockLLM()}, {}) == {}
