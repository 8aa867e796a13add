"""Two tiers on the loopback server, and a classifier that anybody can predict: a proof is hard, all else is easy."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import loopback
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI
from pydantic import Field

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


@pytest.fixture
def maker_server() -> Iterator[Callable[[str, str], Any]]:
    """Starts a maker's API on loopback, which refuses what that maker refuses: `maker_server("gemini", "Gemini")`."""
    folder = str(Path(__file__).parents[1] / "handoff")
    sys.path.insert(0, folder)
    with ExitStack() as stack:

        def start(module: str, maker: str) -> Any:
            wire = importlib.import_module("servers.wire")
            return stack.enter_context(wire.MakerServer(getattr(importlib.import_module(f"servers.{module}"), maker)()))

        yield start
    sys.path.remove(folder)


class Echo(BaseChatModel):
    """A chat model in this process: says back what it was told, word by word; three tokens in, two out."""

    model: str
    calls: list[dict[str, Any]] = Field(default_factory=list)
    open_streams: list[int] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "echo"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Takes any tools and calls none."""
        return self.bind(tools=list(tools), **kwargs)

    def get_num_tokens(self, text: str) -> int:
        """One a word."""
        return len(text.split())

    def _words(self, messages: list[BaseMessage]) -> list[str]:
        return [f"{word} " for word in f"{self.model} heard: {messages[-1].text}".split()]

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.calls.append(kwargs)
        message = AIMessage(
            "".join(self._words(messages)),
            usage_metadata={"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
            response_metadata={"model_name": self.model},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.open_streams.append(1)
        try:
            for word in self._words(messages):
                yield ChatGenerationChunk(message=AIMessageChunk(word))
            usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
            yield ChatGenerationChunk(message=AIMessageChunk("", usage_metadata=usage))
        finally:
            self.open_streams.append(-1)


@pytest.fixture
def echoes() -> dict[str, Echo]:
    """Two models without a network, named as the catalogue knows them."""
    return {"small": Echo(model=SMALL), "top": Echo(model=TOP)}
