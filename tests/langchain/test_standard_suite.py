"""LangChain's own suites for chat models, run on ChatTierwise: real clients, the loopback server, no network.

Passing means that the contract holds; the server is scripted, so it says nothing of how well steps are routed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from loopback import OpenAIServer

from langchain_tierwise import ChatTierwise
from tierwise.testing import FakeClassifier

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


class _OnLoopback(ChatModelIntegrationTests):
    """What both integration suites share. Left off: audio, video, PDF by URL (the suite would fetch from the internet)."""

    server: OpenAIServer

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with OpenAIServer() as server:
            cls.server = server
            yield

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatTierwise

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return False

    @property
    def model_override_value(self) -> str:
        return "gpt-4.1-mini"


class TestIntegration(_OnLoopback):
    """Two tiers of langchain-openai; the small one takes every call."""

    @property
    def chat_model_params(self) -> dict[str, Any]:
        base = {"base_url": self.server.base_url, "api_key": "unused", "max_retries": 2, "stream_usage": True}
        return {
            "tiers": {"small": ChatOpenAI(model="gpt-4.1-nano", **base), "top": ChatOpenAI(model="gpt-4.1", **base)},
            **ROUTING,
        }

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {"temperature": 0, "max_tokens": 100, "timeout": 60, "stop": []}
