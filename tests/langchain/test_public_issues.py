"""What users of LangChain and of other routers have reported, as behaviour that holds here. Each test names its report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph
from loopback import OpenAIServer, Reply
from pydantic import BaseModel

from langchain_tierwise import ChatTierwise, TierwiseMiddleware
from langchain_tierwise.messages import apply_edits, to_openai
from tierwise.handoff import edits_for
from tierwise.tiers import Tier


class Answer(BaseModel):
    """An answer."""

    value: str


def look_up(key: str) -> str:
    """Looks a key up."""
    return f"value of {key}"


def test_langchain_22134_and_35170_tools_reach_a_model_with_fallbacks(
    model: ChatTierwise, openai_tier: Callable[..., ChatOpenAI], openai_server: OpenAIServer
):
    """`bind_tools` after `with_fallbacks`: both models get the tools, each in its own form."""
    openai_server.always("gpt-4.1-nano", Reply(status=400, error="down"))
    bound = model.with_fallbacks([openai_tier("gpt-4o-mini")]).bind_tools([look_up], tool_choice="any")

    assert bound.invoke("Look 'x' up").tool_calls[0]["args"] == {"key": "x"}
    assert [len(request.body["tools"]) for request in openai_server.asked()] == [1, 1]


def test_langchain_28848_tools_can_be_bound_after_a_structured_output(model: ChatTierwise, openai_server: OpenAIServer):
    """The result of `with_structured_output` still has `bind_tools`, and both reach the provider."""
    openai_server.always("*", Reply('{"value": "x"}'))
    both = model.with_structured_output(Answer, include_raw=True, strict=True).bind_tools([look_up])

    assert both.invoke("What is x?")["parsed"] == Answer(value="x")
    assert openai_server.asked()[-1].body["tools"][0]["function"]["name"] == "look_up"


def test_langchain_35320_tools_bound_before_a_structured_output_are_not_dropped(
    model: ChatTierwise, openai_server: OpenAIServer
):
    """The other order; elsewhere the tools vanish without a word."""
    openai_server.always("*", Reply(calls=(("look_up", {"key": "x"}),)))
    both = model.bind_tools([look_up]).with_structured_output(Answer, include_raw=True, strict=True)
    result = both.invoke("What is x?")

    assert result["raw"].tool_calls[0]["name"] == "look_up"
    assert result["parsed"] is None
    assert result["parsing_error"] is None


@pytest.mark.parametrize("as_middleware", [False, True])
def test_langchain_33129_an_agent_takes_it_as_its_model_beside_middleware(
    as_middleware: bool,
    model: ChatTierwise,
    openai_tier: Callable[..., ChatOpenAI],
    settings: dict[str, Any],
    openai_server: OpenAIServer,
):
    """`create_agent` with middleware refuses a model with fallbacks; ours it takes, and ours may summarise as well."""
    tiers = {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}
    middleware: list[Any] = [SummarizationMiddleware(model=model, trigger=("messages", 100))]
    if as_middleware:
        middleware.append(TierwiseMiddleware(tiers, **settings))
    agent = create_agent(tiers["top"] if as_middleware else model, [look_up], middleware=middleware)
    messages = agent.invoke({"messages": [HumanMessage("Look 'x' up.")]})["messages"]

    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]


def test_langchain_34282_a_result_whose_call_was_summarised_away_is_not_sent(
    model: ChatTierwise, openai_server: OpenAIServer
):
    """The server refuses orphans, as OpenAI does; the history is mended on the way out and stays as it was."""
    orphan = ToolMessage("17", tool_call_id="gone")
    history = [HumanMessage("Here is a summary of the conversation."), orphan, HumanMessage("So, what is it?")]
    message = model.bind_tools([look_up]).invoke(history)

    assert message.text
    assert [m["role"] for m in openai_server.asked()[-1].body["messages"]] == ["user", "user"]
    assert history[1] is orphan


def test_calls_left_open_by_an_interrupt_do_not_break_the_next_turn(model: ChatTierwise, openai_server: OpenAIServer):
    """A run was cancelled between a call and its result; the person simply goes on."""
    open_call = AIMessage("I will look.", tool_calls=[{"id": "c1", "name": "look_up", "args": {"key": "x"}}])
    answer = model.bind_tools([look_up]).invoke(
        [HumanMessage("Look x up."), open_call, HumanMessage("Never mind. Hello?")]
    )

    assert answer.response_metadata["finish_reason"]
    assert open_call.tool_calls


@pytest.mark.parametrize("block", ["thinking", "redacted_thinking"])
def test_litellm_26005_signed_thinking_does_not_follow_a_switch(block: str, openai_server: OpenAIServer):
    """What Claude signed is dropped for another Claude and for GPT, kept for itself, and never changed in the history."""
    signed = (
        {"type": "thinking", "thinking": "hm", "signature": "SIG"}
        if block == "thinking"
        else {"type": "redacted_thinking", "data": "SIG"}
    )
    call = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"key": "x"}}
    said = AIMessage(
        [signed, {"type": "text", "text": "Let me look."}, call],
        tool_calls=[{"id": "toolu_1", "name": "look_up", "args": {"key": "x"}}],
        response_metadata={"model_name": "claude-opus-4-6", "model_provider": "anthropic"},
    )
    history = [HumanMessage("Look x up."), said, ToolMessage("17", tool_call_id="toolu_1")]
    tiers = {
        "opus": Tier("opus", model="claude-opus-4-6", provider="anthropic", prices=(1, 2)),
        "haiku": Tier("haiku", model="claude-haiku-4-5", provider="anthropic", prices=(1, 2)),
        "gpt": Tier("gpt", model="gpt-4.1", provider="openai", prices=(1, 2)),
    }
    sent = {
        name: apply_edits(history, edits_for(to_openai(history, tuple(tiers.values())), tier))
        for name, tier in tiers.items()
    }

    assert sent["opus"] == history
    for name in ("haiku", "gpt"):
        kept = sent[name][1].content
        assert "SIG" not in str(kept)
        assert "Let me look." in str(kept)
        assert sent[name][1].tool_calls == said.tool_calls
    assert said.content[0] == signed


async def test_databricks_ai_bridge_434_usage_is_not_inflated_by_streaming_inside_a_graph(
    model: ChatTierwise, openai_server: OpenAIServer
):
    """The message in the graph's state has the tokens that `invoke` reports."""
    openai_server.always("*", Reply("Hello there, friend.", usage=(11, 7)))

    async def node(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node("say", node).add_edge(START, "say").add_edge("say", END).compile()
    shown, last = [], None
    async for mode, item in graph.astream({"messages": [HumanMessage("hi")]}, stream_mode=["messages", "values"]):
        if mode == "messages":
            shown.append(item[0])
        else:
            last = item

    said = last["messages"][-1]
    assert said.usage_metadata["total_tokens"] == 18
    assert "".join(chunk.text for chunk in shown) == "Hello there, friend."
    assert said.response_metadata["tierwise"]["tier"] == "small"
