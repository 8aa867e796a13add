"""One agent, three makers, a switch at every turn: OpenAI's chat and Responses APIs and Anthropic with thinking.

The servers refuse what the makers refuse: signatures of others, orphaned calls and results, ids that do not fit.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage
from langchain_openai import ChatOpenAI

from langchain_tierwise import ChatTierwise, TierwiseMiddleware
from tierwise.testing import FakeClassifier
from tierwise.types import Reading

langchain_anthropic = pytest.importorskip("langchain_anthropic")

STEPS = 24
NAMES = ("chat", "responses", "claude")


def in_turn(reading: Reading) -> dict[str, float]:
    """The tiers in turn: chat, Responses, Claude, Responses, Claude, chat, and again."""
    order = (0, 1, 2, 1, 2, 0)
    return {name: 0.95 if order[reading.signals.depth % 6] == i else 0.05 for i, name in enumerate(NAMES)}


@pytest.fixture
def servers(maker_server: Callable[[str, str], Any]) -> dict[str, Any]:
    """The makers' APIs, with a script of tool calls for each."""
    running = {
        "chat": maker_server("openai_chat", "OpenAIChat"),
        "responses": maker_server("openai_responses", "OpenAIResponses"),
        "claude": maker_server("anthropic", "AnthropicMessages"),
    }
    turn = importlib.import_module("servers.wire").Turn
    for server in running.values():
        pair = (("look_up", {"q": "x"}), ("add", {"a": 1, "b": 2}))
        server.say(*[turn(text="Hm.", thinking="Let me see.", calls=pair[: 1 + i % 2]) for i in range(8)])
    return running


def look_up(q: str) -> str:
    """Looks something up."""
    return f"value of {q}"


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def fetch(url: str) -> str:
    """Fetches a page."""
    return f"page of {url}"


@pytest.mark.parametrize("by", ["model", "middleware"])
def test_a_run_that_switches_maker_at_every_step_is_never_refused(by: str, servers: dict[str, Any]):
    """25 steps with parallel calls: no 400, no orphan, every token counted once, reasoning of each maker left behind."""
    openai = {"api_key": "unused", "max_retries": 0}
    tiers = {
        "chat": ChatOpenAI(model="gpt-4.1", base_url=f"{servers['chat'].url}/v1", use_responses_api=False, **openai),
        "responses": ChatOpenAI(
            model="gpt-5.2", base_url=f"{servers['responses'].url}/v1", use_responses_api=True, **openai
        ),
        "claude": langchain_anthropic.ChatAnthropic(
            model="claude-opus-4-6",
            base_url=servers["claude"].url,
            api_key="unused",
            max_retries=0,
            max_tokens=4000,
            thinking={"type": "enabled", "budget_tokens": 1024},
        ),
    }
    # The script repeats its calls, which recovery would take for trouble: here every switch is to be made.
    settings = {"classifier": FakeClassifier(in_turn), "embedder": None, "quality": 1.0, "recovery": False}
    tools = [look_up, add, fetch]
    if by == "model":
        agent = create_agent(ChatTierwise(tiers, **settings), tools)
    else:
        agent = create_agent(tiers["chat"], tools, middleware=[TierwiseMiddleware(tiers, **settings)])
    usage = UsageMetadataCallbackHandler()
    asked = {"messages": [{"role": "user", "content": "Find out."}]}
    messages = agent.invoke(asked, {"recursion_limit": 100, "callbacks": [usage]})["messages"]

    said = [message for message in messages if isinstance(message, AIMessage)]
    chosen = [message.response_metadata["tierwise"]["tier"] for message in said]
    assert not [refusal for server in servers.values() for refusal in server.refused]
    assert len(said) == STEPS + 1
    assert chosen[:6] == ["chat", "responses", "claude", "responses", "claude", "chat"]
    assert all(now != before for now, before in zip(chosen[1:5], chosen, strict=False))
    assert sum(used["total_tokens"] for used in usage.usage_metadata.values()) == sum(
        message.usage_metadata["total_tokens"] for message in said
    )
