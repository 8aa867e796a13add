"""Agents of many steps: routed step by step, tokens counted once, one trace a call, nothing shown twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    HumanInTheLoopMiddleware,
    ModelFallbackMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
)
from langchain_core.callbacks import BaseCallbackHandler, UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from loopback import OpenAIServer, Reply
from pydantic import BaseModel

from langchain_tierwise import ChatTierwise, TierwiseMiddleware
from tierwise.errors import ConfigError
from tierwise.testing import FakeClassifier
from tierwise.types import Reading

TASK = {"messages": [{"role": "user", "content": "Prove what the sums of 1 to 12 are, one call at a time."}]}


def look_up(key: str) -> str:
    """Looks a key up."""
    return f"value of {key}"


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def fail(why: str) -> str:
    """Always fails, politely."""
    return f"Error: {why}"


TOOLS = [look_up, add, fail]


class Runs(BaseCallbackHandler):
    """The chat model runs that began."""

    def __init__(self) -> None:
        self.models: list[str] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **facts: Any) -> None:
        self.models.append(facts["metadata"]["ls_model_name"])


def openings_up(reading: Reading) -> dict[str, float]:
    """The opening needs the top tier, as does what follows an error; reading results does not."""
    hard = reading.signals.kind in ("opening", "recovery")
    return {"small": 0.1 if hard else 0.95, "top": 0.96}


@pytest.fixture
def settings() -> dict[str, Any]:
    """Routing by the kind of step."""
    return {"classifier": FakeClassifier(openings_up), "embedder": None, "quality": 0.8}


@pytest.fixture
def tiers(openai_tier: Callable[..., ChatOpenAI]) -> dict[str, ChatOpenAI]:
    """Two models on the loopback server."""
    return {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}


def ten_steps() -> Iterator[Reply]:
    """Eleven answers: calls, two of them parallel, one that fails, then the last word."""
    for i in range(10):
        calls = (
            (("add", {"a": i, "b": 1}), ("look_up", {"key": f"k{i}"})) if i % 4 == 1 else (("add", {"a": i, "b": 1}),)
        )
        yield Reply(calls=(("fail", {"why": "no luck"}),) if i == 5 else calls, usage=(100 + i, 10))
    yield Reply("All done.", usage=(200, 20))


def run_agent(agent: Any, how: str, handlers: list[Any]) -> list[Any]:
    """The run's messages, by any of the paths."""
    config = {"callbacks": handlers, "recursion_limit": 60}
    if how == "invoke":
        return list(agent.invoke(TASK, config)["messages"])
    if how == "ainvoke":
        return list(asyncio.run(agent.ainvoke(TASK, config))["messages"])
    *_, last = agent.stream(TASK, config, stream_mode="values")
    return list(last["messages"])


@pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream"])
@pytest.mark.parametrize("by", ["model", "middleware"])
def test_a_run_of_eleven_steps_uses_two_tiers_and_counts_each_token_once(
    by: str, how: str, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """As a model or as a middleware: the same tiers, one run a step, the providers' usage and no more."""
    openai_server.script("*", *ten_steps())
    agent = (
        create_agent(ChatTierwise(tiers, **settings), TOOLS)
        if by == "model"
        else create_agent(tiers["top"], TOOLS, middleware=[TierwiseMiddleware(tiers, **settings)])
    )
    runs, usage = Runs(), UsageMetadataCallbackHandler()
    messages = run_agent(agent, how, [runs, usage])

    said = [message for message in messages if isinstance(message, AIMessage)]
    chosen = [message.response_metadata["tierwise"]["tier"] for message in said]
    assert chosen == ["top", *["small"] * 5, "top", *["small"] * 4]
    assert [request.model for request in openai_server.asked()] == runs.models
    assert len(runs.models) == 11
    reported = sum(used["total_tokens"] for used in usage.usage_metadata.values())
    assert reported == sum(100 + i + 10 for i in range(10)) + 220
    assert reported == sum(message.usage_metadata["total_tokens"] for message in said)


def test_both_ways_of_routing_an_agent_decide_alike(
    tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """Model and middleware see the same steps, to the last signal."""
    notes = []
    for agent in (
        create_agent(ChatTierwise(tiers, **settings), TOOLS, system_prompt="Be brief."),
        create_agent(
            tiers["top"], TOOLS, system_prompt="Be brief.", middleware=[TierwiseMiddleware(tiers, **settings)]
        ),
    ):
        openai_server.script("*", *ten_steps())
        said = [m for m in run_agent(agent, "invoke", []) if isinstance(m, AIMessage)]
        notes.append(
            [(m.response_metadata["tierwise"]["tier"], m.response_metadata["tierwise"]["signals"]) for m in said]
        )

    assert notes[0] == notes[1]


@pytest.mark.parametrize("by", ["model", "middleware"])
def test_streamed_tokens_are_shown_once_and_never_taken_back(
    by: str, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """`stream_mode="messages"` repeats nothing, and an unusable answer that was shown is not tried again."""
    openai_server.script(
        "*",
        Reply("Let me add. ", calls=(("add", {"a": 1, "b": 2}),)),
        Reply("The sum is three.", calls=(("no_such_tool", {}),)),
        Reply("So it is three."),
    )
    middleware = [TierwiseMiddleware(tiers, **settings)] if by == "middleware" else []
    agent = create_agent(tiers["top"] if middleware else ChatTierwise(tiers, **settings), TOOLS, middleware=middleware)
    shown = [chunk for chunk, _ in agent.stream(TASK, stream_mode="messages") if chunk.type == "AIMessageChunk"]

    assert "".join(chunk.text for chunk in shown) == "Let me add. The sum is three.So it is three."
    assert len(openai_server.asked()) == 3
    assert sum(chunk.usage_metadata is not None for chunk in shown) == 3


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("by", ["model", "middleware"])
def test_a_failure_is_helped_by_the_next_tier_unless_something_was_shown(
    by: str, how: str, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """Under `stream_mode="messages"`: a refusal before the first token steps up, a stream that breaks does not."""
    asked = {"messages": [{"role": "assistant", "content": "Hm?"}, {"role": "user", "content": "thanks"}]}
    helped = {**settings, "on_tier_error": "step_up", "classifier": FakeClassifier({"small": 0.95, "top": 0.96})}
    middleware = [TierwiseMiddleware(tiers, **helped)] if by == "middleware" else []
    agent = create_agent(tiers["top"] if middleware else ChatTierwise(tiers, **helped), TOOLS, middleware=middleware)

    def shown() -> str:
        if how == "sync":
            return "".join(chunk.text for chunk, _ in agent.stream(asked, stream_mode="messages"))

        async def read() -> str:
            return "".join([chunk.text async for chunk, _ in agent.astream(asked, stream_mode="messages")])

        return asyncio.run(read())

    openai_server.script("gpt-4.1-nano", Reply(status=400, error="down"))
    openai_server.script("gpt-4.1", Reply("You are welcome."))
    assert shown() == "You are welcome."

    openai_server.script("gpt-4.1-nano", Reply("You are very welcome.", cut_after=3))
    with pytest.raises(Exception, match=r"(?i)closed|incomplete|connection"):
        shown()
    assert [request.model for request in openai_server.asked()] == ["gpt-4.1-nano", "gpt-4.1", "gpt-4.1-nano"]


def test_an_unusable_answer_is_tried_again_one_tier_up_inside_an_agent(
    tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """The middleware calls its handler a second time; the history holds only the good answer."""
    openai_server.script("gpt-4.1", Reply(calls=(("add", {"a": 1, "b": 2}),)), Reply("Three."))
    openai_server.script("gpt-4.1-nano", Reply(calls=(("no_such_tool", {}),)))
    agent = create_agent(tiers["top"], TOOLS, middleware=[TierwiseMiddleware(tiers, **settings)])
    messages = agent.invoke(TASK)["messages"]

    assert [m.type for m in messages] == ["human", "ai", "tool", "ai"]
    assert [request.model for request in openai_server.asked()] == ["gpt-4.1", "gpt-4.1-nano", "gpt-4.1"]
    assert messages[-1].response_metadata["tierwise"]["attempts"][0]["fault"].startswith("it calls 'no_such_tool'")


class City(BaseModel):
    """A city."""

    name: str
    people: int


@pytest.mark.parametrize("by", ["model", "middleware"])
def test_a_response_format_is_bound_to_the_tier_that_answers(
    by: str, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """The provider's own way where the tier has it; the parsed form comes out of the agent."""
    openai_server.script("*", Reply(calls=(("look_up", {"key": "Oslo"}),)), Reply('{"name": "Oslo", "people": 700000}'))
    middleware = [TierwiseMiddleware(tiers, **settings)] if by == "middleware" else []
    model = tiers["top"] if middleware else ChatTierwise(tiers, **settings)
    agent = create_agent(model, TOOLS, middleware=middleware, response_format=City)
    result = agent.invoke(TASK)

    assert result["structured_response"] == City(name="Oslo", people=700000)
    assert openai_server.asked()[-1].body["response_format"]["type"] == "json_schema"
    assert result["messages"][-1].response_metadata["tierwise"]["signals"]["structured_output"] is True


def test_the_runs_state_is_private_and_survives_the_checkpoint(
    tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """Steps and spending are kept per thread, and never in what the agent returns."""
    agent = create_agent(
        tiers["top"], TOOLS, middleware=[TierwiseMiddleware(tiers, **settings)], checkpointer=InMemorySaver()
    )
    config = {"configurable": {"thread_id": "one"}}
    openai_server.script("*", Reply(calls=(("add", {"a": 1, "b": 2}),)), Reply("Three."), Reply("Bye."))
    first = agent.invoke(TASK, config)
    agent.invoke({"messages": [HumanMessage("thanks")]}, config)

    assert "tierwise" not in first
    kept = agent.get_state(config).values["tierwise"]
    assert kept["steps"] == 3
    assert kept["usd"] > 0
    assert first["messages"][-1].response_metadata["tierwise"]["conversation_id"] == "one"


@pytest.mark.parametrize("order", ["ours first", "ours last"])
def test_a_fallback_chosen_by_others_stands(
    order: str, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_tier: Any, openai_server: OpenAIServer
):
    """When a tier fails, ModelFallbackMiddleware's model answers, whether it stands outside of us or inside."""
    for model in ("gpt-4.1", "gpt-4.1-nano"):
        openai_server.always(model, Reply(status=400, error="down"))
    ours, theirs = TierwiseMiddleware(tiers, **settings), ModelFallbackMiddleware(openai_tier("gpt-4o-mini"))
    agent = create_agent(tiers["top"], TOOLS, middleware=[ours, theirs] if order == "ours first" else [theirs, ours])
    messages = agent.invoke({"messages": [HumanMessage("hello")]})["messages"]
    again = asyncio.run(agent.ainvoke({"messages": [HumanMessage("hello")]}))["messages"]

    assert messages[-1].response_metadata["model_name"] == "gpt-4o-mini"
    assert again[-1].response_metadata["model_name"] == "gpt-4o-mini"


@pytest.mark.parametrize("order", ["ours first", "ours last"])
def test_it_lives_with_summaries_people_and_redaction(
    order: str, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """Summaries are made, a person is asked and the run goes on after the interrupt, an address is redacted."""
    others = [
        SummarizationMiddleware(model=tiers["small"], trigger=("messages", 6), keep=("messages", 2)),
        HumanInTheLoopMiddleware(interrupt_on={"look_up": True}),
        PIIMiddleware("email", strategy="redact", apply_to_input=True),
    ]
    ours = TierwiseMiddleware(tiers, **settings)
    agent = create_agent(
        tiers["top"],
        TOOLS,
        middleware=[ours, *others] if order == "ours first" else [*others, ours],
        checkpointer=InMemorySaver(),
    )
    adds = [Reply(calls=(("add", {"a": i, "b": 2}),)) for i in range(4)]
    openai_server.always("*", Reply("In short: sums."))
    openai_server.script("gpt-4.1", Reply(calls=(("look_up", {"key": "x"}),)))
    config = {"configurable": {"thread_id": "t"}}
    paused = agent.invoke({"messages": [HumanMessage("Look x up for ada@example.org")]}, config)
    assert paused["__interrupt__"]

    openai_server.script("gpt-4.1-nano", *adds[:2])
    done = agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), config)
    assert done["messages"][-1].response_metadata["tierwise"]["tier"] in ("small", "top")
    assert "ada@example.org" not in str(done["messages"])
    assert any("summary" in str(m.content).lower() or "In short" in str(m.content) for m in done["messages"])


def test_middleware_settings_are_checked_when_it_is_built(tiers: dict[str, ChatOpenAI], settings: dict[str, Any]):
    """Unknown settings and mismatched routers are told at once."""
    router = ChatTierwise(tiers, **settings).router
    assert TierwiseMiddleware(tiers, router=router).router is router
    with pytest.raises(ConfigError, match="both given"):
        TierwiseMiddleware(tiers, router=router, prices={"small": (1, 2)})
    with pytest.raises(ConfigError, match="chat models are given for"):
        TierwiseMiddleware({"small": tiers["small"]}, router=router)


def test_many_runs_share_one_middleware(
    tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """Sixteen runs at once: each sees its own state and its own conversation."""
    openai_server.always("gpt-4.1", Reply(calls=(("add", {"a": 1, "b": 2}),)))
    openai_server.always("gpt-4.1-nano", Reply("Three."))
    agent = create_agent(
        tiers["top"], TOOLS, middleware=[TierwiseMiddleware(tiers, **settings)], checkpointer=InMemorySaver()
    )
    configs = [{"configurable": {"thread_id": f"t{i}"}} for i in range(16)]
    results = agent.batch([TASK] * 16, configs)

    for config, result in zip(configs, results, strict=True):
        thread = config["configurable"]["thread_id"]
        said = [m for m in result["messages"] if isinstance(m, AIMessage)]
        assert {m.response_metadata["tierwise"]["conversation_id"] for m in said} == {thread}
        assert agent.get_state(config).values["tierwise"]["steps"] == 2


def test_the_system_prompt_stays_in_its_place(
    tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """An edit of the history leaves the system prompt first, and once."""
    orphan = AIMessage("", tool_calls=[{"id": "gone", "name": "add", "args": {"a": 1, "b": 2}}])
    history = [HumanMessage("Add."), orphan, HumanMessage("Never mind, just say hi.")]
    agent = create_agent(
        tiers["top"],
        TOOLS,
        system_prompt=SystemMessage("Be brief."),
        middleware=[TierwiseMiddleware(tiers, **settings)],
    )
    agent.invoke({"messages": history})

    roles = [message["role"] for message in openai_server.asked()[-1].body["messages"]]
    assert roles == ["system", "user", "user"]
