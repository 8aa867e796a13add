"""Two tiers on the loopback server, and a classifier that anybody can predict: a proof is hard, all else is easy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import loopback
import pytest
from langchain_openai import ChatOpenAI

from langchain_tierwise import ChatTierwise
from tierwise.testing import FakeClassifier
from tierwise.types import Reading

SMALL, TOP = "gpt-4.1-nano", "gpt-4.1"


def chances(reading: Reading) -> Mapping[str, float]:
    """Small is as good as top, unless something is to be proved."""
    hard = "prove" in f"{reading.task} {reading.latest}".lower()
    return {"small": 0.1 if hard else 0.95, "top": 0.96}


@pytest.fixture
def settings() -> dict[str, Any]:
    """Router settings for decisions that a reader of the test can make in the head."""
    return {"classifier": FakeClassifier(chances), "embedder": None, "quality": 0.8}


@pytest.fixture
def openai_tier(openai_server: loopback.OpenAIServer) -> Callable[..., ChatOpenAI]:
    """Makes a real OpenAI client that talks to the loopback server."""

    def make(model: str, **settings: Any) -> ChatOpenAI:
        given = {"base_url": openai_server.base_url, "api_key": "sk-loopback", "max_retries": 2, "stream_usage": True}
        return ChatOpenAI(model=model, **{**given, **settings})

    return make


@pytest.fixture
def model(openai_tier: Callable[..., ChatOpenAI], settings: dict[str, Any]) -> ChatTierwise:
    """`small` (gpt-4.1-nano) and `top` (gpt-4.1)."""
    return ChatTierwise({"small": openai_tier(SMALL), "top": openai_tier(TOP)}, **settings)
