"""A thread that goes on with another maker: langchain#34933, langgraph#6691 and langchain-google#1603, as behaviour.

Reported there: what an OpenAI reasoning model had said, reasoning blocks and all, was sent on to Gemini in the same thread,
and Google's client fell over a block of which it expected another form (`KeyError: 'reasoning'`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from langchain_tierwise import ChatTierwise
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier
from tierwise.types import Reading

THOUGHT = "The person wants the weather, so the place comes first."
GEMINI = "gemini-3-pro-preview"


def look_up(q: str) -> str:
    """Looks something up."""
    return f"value of {q}"


def by_name(reading: Reading) -> dict[str, float]:
    """The maker that the last question names."""
    return {name: 0.95 if name in reading.task else 0.05 for name in ("openai", "google")}


def facts() -> list[Tier]:
    """The tiers, priced."""
    return [
        Tier("openai", model="gpt-5", provider="openai", prices=(1, 2)),
        Tier("google", model=GEMINI, provider="gemini", prices=(1, 2)),
    ]


class ReadsBlindly(BaseChatModel):
    """Google's client as it was when this was reported: each reasoning block must have a text under `reasoning`."""

    model: str = GEMINI

    @property
    def _llm_type(self) -> str:
        return "reads-blindly"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Takes any tools and calls none."""
        return self.bind(**kwargs)

    def _say(self, messages: list[BaseMessage]) -> str:
        blocks = [part for m in messages if isinstance(m.content, list) for part in m.content if isinstance(part, dict)]
        thoughts = [part["reasoning"] for part in blocks if part.get("type") == "reasoning"]
        return f"I saw {len(messages)} messages and {len(thoughts)} thoughts."

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self._say(messages)))])

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk(self._say(messages)))


def thread_of(model: ChatTierwise) -> Any:
    """A graph with memory and a tool, as in the reports."""
    bound = model.bind_tools([look_up])
    graph = StateGraph(MessagesState).add_node("say", lambda state: {"messages": [bound.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([look_up])).add_edge(START, "say").add_edge("tools", "say")
    return graph.add_conditional_edges("say", tools_condition).compile(checkpointer=InMemorySaver())


@pytest.fixture
def responses(maker_server: Callable[[str, str], Any]) -> Any:
    """OpenAI's Responses API: thinks, calls a tool, thinks again, answers."""
    server, turn = maker_server("openai_responses", "OpenAIResponses"), importlib.import_module("servers.wire").Turn
    server.say(turn(text="", thinking=THOUGHT, calls=(("look_up", {"q": "Oslo"}),)), turn("Rain.", thinking=THOUGHT))
    return server


def openai_reasoner(server: Any, version: str | None) -> ChatOpenAI:
    """A client of the Responses API that thinks aloud."""
    return ChatOpenAI(
        model="gpt-5",
        base_url=f"{server.url}/v1",
        api_key="unused",
        max_retries=0,
        use_responses_api=True,
        output_version=version,
        include=["reasoning.encrypted_content"],
    )


@pytest.mark.parametrize("version", ["v0", "responses/v1", "v1"])
def test_langchain_34933_and_langgraph_6691_a_thread_that_openai_began_goes_on_with_gemini_and_back(
    version: str, responses: Any, maker_server: Callable[[str, str], Any]
):
    """Real clients, both makers' rules: nobody is refused, no thought travels, and the thread keeps all that was said."""
    google = pytest.importorskip("langchain_google_genai")
    gemini, turn = maker_server("gemini", "Gemini"), importlib.import_module("servers.wire").Turn
    gemini.say(turn("", thinking="Hm.", calls=(("look_up", {"q": "Rome"}),)), turn("Sun.", thinking="Hm."))
    client = google.ChatGoogleGenerativeAI(model=GEMINI, base_url=gemini.url, api_key="unused", max_retries=1)
    tiers = {"openai": openai_reasoner(responses, version), "google": client}
    settings = {"facts": facts(), "classifier": FakeClassifier(by_name), "embedder": None, "quality": 1.0}
    app = thread_of(ChatTierwise(tiers, **settings, recovery=False))
    thread: Any = {"configurable": {"thread_id": "t"}}
    for asked in ("openai, Oslo?", "google, Rome?", "openai, again?"):
        messages = app.invoke({"messages": [HumanMessage(asked)]}, thread)["messages"]

    said = [m for m in messages if isinstance(m, AIMessage)]
    assert [m.response_metadata["tierwise"]["tier"] for m in said] == ["openai"] * 2 + ["google"] * 2 + ["openai"]
    assert not [*gemini.refused, *responses.refused]
    assert "Rain." in str(gemini.bodies[0])
    assert THOUGHT not in str(gemini.bodies)
    assert THOUGHT in str(said[0].model_dump())


@pytest.mark.parametrize("version", ["responses/v1", "v1"])
@pytest.mark.parametrize("how", ["invoke", "stream", "messages"])
def test_langchain_google_1603_a_client_that_knows_one_form_of_reasoning_only_never_sees_another(
    version: str, how: str, responses: Any
):
    """Whatever today's client forgives: what is sent holds none of OpenAI's thoughts, on any path."""
    tiers = {"openai": openai_reasoner(responses, version), "google": ReadsBlindly()}
    settings = {"facts": facts(), "classifier": FakeClassifier(by_name), "embedder": None, "quality": 1.0}
    model = ChatTierwise(tiers, **settings, recovery=False)
    app, thread = thread_of(model), {"configurable": {"thread_id": "t"}}
    history = app.invoke({"messages": [HumanMessage("openai, Oslo?")]}, thread)["messages"]
    asked = HumanMessage("google, Rome?")
    if how == "invoke":
        text = app.invoke({"messages": [asked]}, thread)["messages"][-1].text
    elif how == "stream":
        text = "".join(chunk.text for chunk in model.stream([*history, asked]))
    else:
        text = "".join(m.text for m, _ in app.stream({"messages": [asked]}, thread, stream_mode="messages"))

    assert text == "I saw 5 messages and 0 thoughts."
