"""Inside LangGraph: threads that are kept, forked and gone back to; agents in agents; interrupts and commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain.tools import InjectedToolCallId, tool
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from loopback import OpenAIServer, Reply

from langchain_tierwise import ChatTierwise, TierwiseMiddleware

EASY, HARD = "What are your opening hours?", "Prove that there are infinitely many primes."


@pytest.fixture
def tiers(openai_tier: Callable[..., ChatOpenAI]) -> dict[str, ChatOpenAI]:
    """Two models on the loopback server."""
    return {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}


def tier_of(message: Any) -> str:
    """Who answered."""
    return str(message.response_metadata["tierwise"]["tier"])


def test_a_thread_is_kept_in_a_database_and_can_be_gone_back_to(model: ChatTierwise):
    """Messages and decisions survive the checkpoint; a fork from an older one is decided on its own history."""
    graph = StateGraph(MessagesState).add_node("say", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_edge(START, "say")
    with SqliteSaver.from_conn_string(":memory:") as saver:
        app = graph.compile(checkpointer=saver)
        config: Any = {"configurable": {"thread_id": "t"}}
        app.invoke({"messages": [HumanMessage(EASY)]}, config)
        app.invoke({"messages": [HumanMessage(HARD)]}, config)
        said = [m for m in app.get_state(config).values["messages"] if isinstance(m, AIMessage)]
        past = next(state for state in app.get_state_history(config) if len(state.values["messages"]) == 2)
        fork = app.invoke({"messages": [HumanMessage("thanks")]}, past.config)

    assert [tier_of(message) for message in said] == ["small", "top"]
    assert {message.response_metadata["tierwise"]["conversation_id"] for message in said} == {"t"}
    assert [m.type for m in fork["messages"]] == ["human", "ai", "human", "ai"]
    assert tier_of(fork["messages"][-1]) == "small"


@pytest.mark.parametrize("by", ["model", "middleware"])
def test_an_agent_inside_an_agent_is_a_conversation_of_its_own(
    by: str, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """A sub-agent that is a tool of another: each step is decided on its own history, and nothing is counted twice."""

    def make(tools: list[Any], name: str) -> Any:
        if by == "model":
            return create_agent(ChatTierwise(tiers, **settings), tools, name=name)
        return create_agent(tiers["top"], tools, middleware=[TierwiseMiddleware(tiers, **settings)], name=name)

    researcher = make([], "researcher")

    @tool
    def research(topic: str) -> str:
        """Has somebody research a topic."""
        return str(researcher.invoke({"messages": [HumanMessage(f"Prove {topic}.")]})["messages"][-1].text)

    openai_server.script("gpt-4.1-nano", Reply(calls=(("research", {"topic": "it"}),)), Reply("It is proved."))
    openai_server.script("gpt-4.1", Reply("Here is the proof."))
    agent = make([research], "boss")
    config = {"configurable": {"thread_id": "t"}}
    messages = agent.invoke({"messages": [HumanMessage("Ask the researcher.")]}, config)["messages"]

    assert [m.type for m in messages] == ["human", "ai", "tool", "ai"]
    assert messages[2].text == "Here is the proof."
    assert [request.model for request in openai_server.asked()] == ["gpt-4.1-nano", "gpt-4.1", "gpt-4.1-nano"]


@pytest.mark.parametrize("by", ["model", "middleware"])
def test_interrupts_and_commands_of_tools_pass_through(
    by: str, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """A tool asks a person and waits; another writes to the state itself. The run goes on where it stood."""

    @tool
    def ask_person(question: str) -> str:
        """Asks a person."""
        return str(interrupt(question))

    @tool
    def note_down(text: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
        """Writes to the state."""
        return Command(update={"messages": [ToolMessage(f"noted: {text}", tool_call_id=tool_call_id)]})

    middleware = [TierwiseMiddleware(tiers, **settings)] if by == "middleware" else []
    agent = create_agent(
        tiers["top"] if middleware else ChatTierwise(tiers, **settings),
        [ask_person, note_down],
        middleware=middleware,
        checkpointer=InMemorySaver(),
    )
    openai_server.script(
        "*",
        Reply(calls=(("ask_person", {"question": "Sure?"}),)),
        Reply(calls=(("note_down", {"text": "yes"}),)),
        Reply("Done."),
    )
    config = {"configurable": {"thread_id": "t"}}
    paused = agent.invoke({"messages": [HumanMessage("Go.")]}, config)
    done = agent.invoke(Command(resume="yes, I am"), config)

    assert paused["__interrupt__"][0].value == "Sure?"
    assert [m.text for m in done["messages"] if m.type == "tool"] == ["yes, I am", "noted: yes"]
    assert len(openai_server.asked()) == 3
    assert all(tier_of(m) for m in done["messages"] if isinstance(m, AIMessage))


def test_going_back_in_time_takes_the_runs_own_state_along(
    tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """An agent with the middleware, forked from before its last turn: steps and spending are those of the fork's past."""
    openai_server.always("*", Reply("Well.", usage=(1000, 100)))
    agent = create_agent(tiers["top"], middleware=[TierwiseMiddleware(tiers, **settings)], checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    for asked in (EASY, HARD):
        agent.invoke({"messages": [HumanMessage(asked)]}, config)
    both = agent.get_state(config).values["tierwise"]
    past = next(state for state in agent.get_state_history(config) if len(state.values["messages"]) == 2)
    agent.invoke({"messages": [HumanMessage("thanks")]}, past.config)
    fork = agent.get_state(config).values["tierwise"]

    assert (both["steps"], past.values["tierwise"]["steps"], fork["steps"]) == (2, 1, 2)
    assert (both["tier"], fork["tier"]) == ("top", "small")
    assert fork["usd"] < both["usd"]


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("by", ["model", "middleware"])
async def test_messages_are_shown_once_whichever_graph_they_come_from(
    by: str, subgraphs: bool, tiers: dict[str, ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """`astream(stream_mode=["messages", "updates"])` over an agent that asks another: no word comes twice."""

    def make(tools: list[Any]) -> Any:
        ours = [TierwiseMiddleware(tiers, **settings)] if by == "middleware" else []
        return create_agent(tiers["top"] if ours else ChatTierwise(tiers, **settings), tools, middleware=ours)

    researcher = make([])

    @tool
    async def research(topic: str) -> str:
        """Has somebody research a topic."""
        found = await researcher.ainvoke({"messages": [HumanMessage(f"Prove {topic}.")]})
        return str(found["messages"][-1].text)

    openai_server.script(
        "gpt-4.1-nano", Reply("I will ask. ", calls=(("research", {"topic": "it"}),)), Reply("It is proved.")
    )
    openai_server.script("gpt-4.1", Reply("Here is the proof. "))
    shown, ids = "", set()
    stream = make([research]).astream(
        {"messages": [HumanMessage("Ask.")]}, stream_mode=["messages", "updates"], subgraphs=subgraphs
    )
    async for item in stream:
        mode, given = item[-2:]
        if mode == "messages" and given[0].type == "AIMessageChunk":
            shown += given[0].text
            ids.add(given[0].id)

    wanted = ["I will ask.", "Here is the proof.", "It is proved."]
    assert [shown.count(text) for text in wanted] == [1, 1 if subgraphs or "proof." in shown else 0, 1]
    assert len(shown.replace(" ", "")) == sum(len(text.replace(" ", "")) for text in wanted if text in shown)
    assert len(ids) == sum(text in shown for text in wanted)
