"""The makers, each with its server, and with the client library that people use for it, pointed at that server."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from langchain_core.language_models import BaseChatModel
from servers.anthropic import AnthropicMessages
from servers.bedrock import BedrockConverse
from servers.compatible import Compatible, DeepSeek
from servers.gemini import Gemini
from servers.mistral import MistralChat
from servers.openai_chat import OpenAIChat
from servers.openai_responses import OpenAIResponses
from servers.wire import Maker, MakerServer

from tierwise.tiers import Tier

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "Looks something up.",
            "parameters": {"type": "object", "properties": {"q": {"type": "string"}, "n": {"type": "integer"}}},
        },
    }
    for name in ("look_up", "fetch-page", "take_screenshot")
]


@dataclass(frozen=True)
class House:
    """A maker as a user meets it.

    Attributes:
        models: Two of its models, so that a history can pass from one to the other.
        package: What must be installed.
        connect: A client: of a URL, a model, and further options of its class.
        thinking: Whether the client's requests switch thinking on or off; None where they say nothing.
    """

    name: str
    provider: str
    models: tuple[str, str]
    package: str
    maker: Callable[[], Maker]
    connect: Callable[..., BaseChatModel]
    thinking: bool | None = None

    def tier(self, model: str) -> Tier:
        """The tier that the client is."""
        return Tier(f"{self.name}/{model}", model, provider=self.provider, prices=(1, 2), thinking=self.thinking)

    def server(self, *, strict: bool = True, seed: int = 0) -> MakerServer:
        """Its API on loopback."""
        return MakerServer(self.maker(), strict=strict, seed=seed)

    @property
    def installed(self) -> bool:
        """Whether the client library is there."""
        return importlib.util.find_spec(self.package) is not None


def _openai_chat(url: str, model: str, **more: Any) -> BaseChatModel:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model=model, base_url=f"{url}/v1", api_key="unused", max_retries=0, use_responses_api=False, **more
    )


def _openai_responses(url: str, model: str, **more: Any) -> BaseChatModel:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model=model, base_url=f"{url}/v1", api_key="unused", max_retries=0, use_responses_api=True, **more
    )


def _anthropic(url: str, model: str, **more: Any) -> BaseChatModel:
    from langchain_anthropic import ChatAnthropic

    return ChatAnthropic(model=model, base_url=url, api_key="unused", max_retries=0, max_tokens=1000, **more)


def _google(url: str, model: str, **more: Any) -> BaseChatModel:
    from langchain_google_genai import ChatGoogleGenerativeAI

    return ChatGoogleGenerativeAI(model=model, base_url=url, api_key="unused", max_retries=1, **more)


def _mistral(url: str, model: str, **more: Any) -> BaseChatModel:
    from langchain_mistralai import ChatMistralAI

    return ChatMistralAI(model=model, base_url=f"{url}/v1", api_key="unused", max_retries=0, **more)


@cache
def _bedrock_client(url: str) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="unused",
        aws_secret_access_key="unused",
        config=Config(retries={"total_max_attempts": 1}),
    )


def _bedrock(url: str, model: str, **more: Any) -> BaseChatModel:
    from langchain_aws import ChatBedrockConverse

    return ChatBedrockConverse(
        model=model,
        client=_bedrock_client(url),
        bedrock_client=_bedrock_client(url),
        provider="anthropic",
        region_name="us-east-1",
        **more,
    )


def _deepseek(url: str, model: str, **more: Any) -> BaseChatModel:
    from langchain_deepseek import ChatDeepSeek

    # It never sends thoughts back (langchain-ai/langchain#37713): with thinking on, its own tool loops are refused.
    off = {"thinking": {"type": "disabled"}}
    return ChatDeepSeek(model=model, api_base=url, api_key="unused", max_retries=0, extra_body=off, **more)


os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")

HOUSES: dict[str, House] = {
    house.name: house
    for house in (
        House("chat", "openai", ("gpt-4.1-nano", "gpt-4.1"), "langchain_openai", OpenAIChat, _openai_chat),
        House("responses", "openai", ("gpt-5-nano", "gpt-5"), "langchain_openai", OpenAIResponses, _openai_responses),
        House(
            "anthropic",
            "anthropic",
            ("claude-opus-4-6", "claude-sonnet-4-5"),
            "langchain_anthropic",
            AnthropicMessages,
            _anthropic,
        ),
        House(
            "google",
            "gemini",
            ("gemini-3-pro-preview", "gemini-3-flash-preview"),
            "langchain_google_genai",
            Gemini,
            _google,
        ),
        House(
            "mistral",
            "mistral",
            ("magistral-medium-latest", "mistral-small-latest"),
            "langchain_mistralai",
            MistralChat,
            _mistral,
        ),
        House(
            "bedrock",
            "bedrock",
            ("anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-haiku-4-5-20251001-v1:0"),
            "langchain_aws",
            BedrockConverse,
            _bedrock,
        ),
        House(
            "deepseek",
            "deepseek",
            ("deepseek-v4-pro", "deepseek-v4-flash"),
            "langchain_deepseek",
            DeepSeek,
            _deepseek,
            thinking=False,
        ),
        House("compatible", "hosted_vllm", ("qwen3-32b", "kimi-k2"), "langchain_openai", Compatible, _openai_chat),
    )
}
