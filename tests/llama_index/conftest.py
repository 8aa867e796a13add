"""Two tiers behind a loopback server: `small` takes what is easy, `top` what has the word "prove" or has gone wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.llms import LLM
from llama_index.llms.openai_like import OpenAILike
from loopback import OpenAIServer

from llama_index.llms.tierwise import Tierwise
from tierwise.testing import FakeClassifier
from tierwise.types import Reading

KEY = "sk-a-key-that-must-not-leak"
PRICES = {"small": {"input": 0.1, "output": 0.4}, "top": {"input": 5.0, "output": 25.0}}


def chances(reading: Reading) -> dict[str, float]:
    """Small is likely enough, unless a proof is asked for or a tool has failed."""
    hard = "prove" in reading.task.lower() or reading.signals.kind == "recovery"
    return {"small": 0.2 if hard else 0.96, "top": 0.97}


@pytest.fixture
def openai_like(openai_server: OpenAIServer) -> Callable[..., OpenAILike]:
    """Makes an LLM that asks the loopback server."""

    def make(model: str, **settings: Any) -> OpenAILike:
        known = {"is_chat_model": True, "is_function_calling_model": True, "context_window": 100_000, "max_retries": 0}
        return OpenAILike(model=model, api_base=openai_server.base_url, api_key=KEY, **{**known, **settings})

    return make


@pytest.fixture
def routed(openai_like: Callable[..., OpenAILike]) -> Callable[..., Tierwise]:
    """Makes a `Tierwise` over two loopback tiers; any setting can be given."""

    def make(tiers: dict[str, LLM] | None = None, **settings: Any) -> Tierwise:
        given = tiers or {"small": openai_like("small"), "top": openai_like("top")}
        known = {"prices": PRICES, "embedder": None, "classifier": FakeClassifier(chances)}
        return Tierwise(given, **{**known, **settings})

    return make


@pytest.fixture
def llm(routed: Callable[..., Tierwise]) -> Tierwise:
    """Two loopback tiers, as they come."""
    return routed()
