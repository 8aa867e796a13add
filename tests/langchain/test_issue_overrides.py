"""Overrides of other middlewares: langchain#38847 (`tool_choice`) and langchain#36568 (a narrowed `ToolStrategy`).

Both were lost between a middleware and the model. Whether LangChain keeps them depends on its version; with ours in the
stack, at either end of it, the model is asked exactly as it is without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, HumanMessage
from langchain_openai import ChatOpenAI
from loopback import OpenAIServer, Reply
from pydantic import BaseModel

from langchain_tierwise import ChatTierwise, TierwiseMiddleware

ASK = {"messages": [HumanMessage("Say something about 'Oslo' and 3.")]}


class City(BaseModel):
    """A city."""

    name: str


class Number(BaseModel):
    """A number."""

    value: int


def look_up(key: str) -> str:
    """Looks a key up."""
    return f"value of {key}"


def fetch(url: str) -> str:
    """Fetches a page."""
    return f"page of {url}"


class Overrides(AgentMiddleware[Any, Any, Any]):
    """Changes the first request of a run, as somebody's own middleware may."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self.changes = changes

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        """Overrides while nothing has been said."""
        said = any(isinstance(message, AIMessage) for message in request.messages)
        return handler(request if said else request.override(**self.changes))


@pytest.fixture
def tiers(openai_tier: Callable[..., ChatOpenAI]) -> dict[str, ChatOpenAI]:
    """Two models on the loopback server."""
    return {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}


def stack(order: str, theirs: Any, ours: Any) -> list[Any]:
    """Ours outside of theirs, or inside."""
    return [ours, theirs] if order == "ours first" else [theirs, ours]


def asked_for(server: OpenAIServer) -> tuple[Any, list[str]]:
    """The choice and the tools of the first request."""
    body = server.asked()[0].body
    return body.get("tool_choice"), sorted(tool["function"]["name"] for tool in body["tools"])


@pytest.mark.parametrize("order", ["ours first", "ours last"])
@pytest.mark.parametrize("form", [None, ToolStrategy(City)], ids=["no form", "by tool"])
@pytest.mark.parametrize("choice", ["look_up", {"type": "function", "function": {"name": "look_up"}}, "none"])
def test_langchain_38847_a_choice_of_tools_reaches_the_model_as_it_does_without_us(
    order: str, form: Any, choice: Any, tiers: dict[str, ChatOpenAI], settings: Any, openai_server: OpenAIServer
):
    """Whatever LangChain makes of another's `tool_choice`, ours changes nothing of it."""
    found = []
    for ours in (None, TierwiseMiddleware(tiers, **settings)):
        openai_server.reset()
        openai_server.always("*", Reply("Oslo.") if form is None else Reply(calls=(("City", {"name": "Oslo"}),)))
        theirs = Overrides(tool_choice=choice)
        middleware = [theirs] if ours is None else stack(order, theirs, ours)
        create_agent(tiers["small"], [look_up, fetch], middleware=middleware, response_format=form).invoke(ASK)
        found.append(asked_for(openai_server))

    assert found[0] == found[1]
    if form is None:
        assert "look_up" in str(found[1][0]) or choice == "none"


@pytest.mark.parametrize("order", ["ours first", "ours last"])
def test_langchain_36568_a_narrowed_form_reaches_the_model_as_it_does_without_us(
    order: str, tiers: dict[str, ChatOpenAI], settings: Any, openai_server: OpenAIServer
):
    """One of two forms is asked for; the parsed answer comes out of the agent."""
    found = []
    for ours in (None, TierwiseMiddleware(tiers, **settings)):
        openai_server.reset()
        openai_server.always("*", Reply(calls=(("Number", {"value": 3}),)))
        theirs = Overrides(response_format=ToolStrategy(Number))
        middleware = [theirs] if ours is None else stack(order, theirs, ours)
        agent = create_agent(
            tiers["small"], [look_up], middleware=middleware, response_format=ToolStrategy(Number | City)
        )
        result = agent.invoke(ASK)
        found.append((asked_for(openai_server), result["structured_response"]))

    assert found[0] == found[1]
    assert "Number" in found[1][0][1]


@pytest.mark.parametrize("form", [ToolStrategy(City), ProviderStrategy(City), City], ids=["tool", "provider", "auto"])
def test_a_form_is_read_alike_whichever_way_an_agent_is_routed(
    form: Any, tiers: dict[str, ChatOpenAI], settings: Any, openai_server: OpenAIServer
):
    """Model and middleware read the same step; where the form is a tool, LangChain forces a call, and both know it."""
    by_tool = isinstance(form, ToolStrategy)
    reply = Reply(calls=(("City", {"name": "Oslo"}),)) if by_tool else Reply('{"name": "Oslo"}')
    openai_server.always("*", reply)
    ours = [TierwiseMiddleware(tiers, **settings)]
    read = []
    for agent in (
        create_agent(ChatTierwise(tiers, **settings), [look_up], response_format=form),
        create_agent(tiers["top"], [look_up], response_format=form, middleware=ours),
    ):
        result = agent.invoke(ASK)
        said = next(m for m in result["messages"] if isinstance(m, AIMessage))
        read.append(said.response_metadata["tierwise"]["signals"])
        assert result["structured_response"] == City(name="Oslo")

    assert read[0] == read[1]
    assert read[0]["tool_choice_forced"] is by_tool
