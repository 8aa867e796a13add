"""LangChain's own suites for chat models, run on ChatTierwise: real clients, the loopback server, no network.

Passing means that the contract holds; the server is scripted, so it says nothing of how well steps are routed.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests, chat_models
from langchain_tests.unit_tests import ChatModelUnitTests
from loopback import OpenAIServer

from langchain_tierwise import ChatTierwise
from tierwise.testing import FakeClassifier
from tierwise.types import Reading

ROUTING = {"classifier": FakeClassifier({"small": 0.95, "top": 0.96}), "embedder": None, "quality": 0.8}


class TestUnit(ChatModelUnitTests):
    """The unit suite; tiers are strings, so that keys and retries reach the clients that are made from them."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatTierwise

    @property
    def chat_model_params(self) -> dict[str, Any]:
        tiers = {"small": "openai:gpt-4.1-nano", "top": "openai:gpt-4.1"}
        return {"tiers": tiers, "api_key": "unused", **ROUTING}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        tiers = {"small": "openai:gpt-4.1-nano", "top": "openai:gpt-4.1"}
        return {"OPENAI_API_KEY": "from-the-environment"}, {"tiers": tiers, **ROUTING}, {"floor": None}


class _Fetched:
    """What the suite's downloads give here: a PNG of one pixel, whatever was asked for; the server does not look at it."""

    content = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )


class _OnLoopback(ChatModelIntegrationTests):
    """What the integration suites share: every flag is on but `enable_vcr_tests`, which needs a recorded cassette."""

    server: OpenAIServer

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with OpenAIServer() as server:
            cls.server = server
            yield

    @pytest.fixture(autouse=True)
    def _no_downloads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chat_models.httpx, "get", lambda *args, **kwargs: _Fetched())

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatTierwise

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {"temperature": 0, "max_tokens": 100, "timeout": 60, "stop": []}

    @property
    def model_override_value(self) -> str:
        return "gpt-4.1-mini"

    supports_json_mode = True
    supports_image_inputs = True
    supports_image_urls = True
    supports_pdf_inputs = True
    supports_audio_inputs = True
    supports_image_tool_message = True
    supports_pdf_tool_message = True
    supports_anthropic_inputs = True


class TestTwoOpenAITiers(_OnLoopback):
    """Two tiers of langchain-openai."""

    @property
    def chat_model_params(self) -> dict[str, Any]:
        base = {"base_url": self.server.base_url, "api_key": "unused", "max_retries": 2, "stream_usage": True}
        tiers = {"small": ChatOpenAI(model="gpt-4.1-nano", **base), "top": ChatOpenAI(model="gpt-4.1", **base)}
        return {"tiers": tiers, **ROUTING}


def by_length(reading: Reading) -> dict[str, float]:
    """Half of the suite's prompts go to each tier."""
    return {"small": 0.95 if len(reading.task) % 2 else 0.1, "top": 0.96}


class TestTwoClientLibraries(_OnLoopback):
    """langchain-openai below, langchain-anthropic above; audio and JSON mode are off because Anthropic has neither."""

    supports_json_mode = False
    supports_audio_inputs = False

    @property
    def chat_model_params(self) -> dict[str, Any]:
        anthropic = pytest.importorskip("langchain_anthropic")
        small = ChatOpenAI(
            model="gpt-4.1-nano", base_url=self.server.base_url, api_key="unused", max_retries=2, stream_usage=True
        )
        top = anthropic.ChatAnthropic(
            model="claude-opus-4-6", base_url=self.server.root_url, api_key="unused", max_retries=2
        )
        settings = {"classifier": FakeClassifier(by_length), "embedder": None, "quality": 0.8}
        return {"tiers": {"small": small, "top": top}, **settings}
