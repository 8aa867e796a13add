"""Handlers in LangChain: a message like any other, on every path, without a call of anybody."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from loopback_answers import Reply as Said
from pydantic import BaseModel, field_validator

from langchain_tierwise import ChatTierwise, TierwiseMiddleware
from tierwise import Abstention, Reply, Router, Tier
from tierwise.errors import ConfigError
from tierwise.handlers.entities import Entities
from tierwise.handlers.faq import FAQ, Entry
from tierwise.handlers.tool_args import ToolArgs
from tierwise.types import Reading, Step

FAQS = FAQ([Entry("hours", ("What are your opening hours?",), "From nine to five.")])
ASK, OTHER = "What are your opening hours?", "Tell me a story about a fox."
EXTRACT = "Extract the contact details from this text: write to ada@example.org"


@tool
def track_order(order_id: str) -> str:
    """Where an order is."""
    return f"{order_id} has shipped"


class Contact(BaseModel):
    """Whom to write to."""

    email: str


class PickyContact(Contact):
    """A contact that no address is good enough for."""

    @field_validator("email")
    @classmethod
    def _refuse(cls, value: str) -> str:
        if value == "ada@example.org":
            raise ValueError("not her")
        return value


class TypedContact(TypedDict):
    """Whom to write to."""

    email: str


class Watched(BaseCallbackHandler):
    """Counts runs of chat models, and tokens."""

    def __init__(self) -> None:
        self.starts, self.tokens, self.ends = 0, 0, 0

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        self.starts += 1

    def on_llm_new_token(self, *_: Any, **__: Any) -> None:
        self.tokens += 1

    def on_llm_end(self, *_: Any, **__: Any) -> None:
        self.ends += 1


@pytest.fixture
def chat(echoes, settings) -> ChatTierwise:
    return ChatTierwise({"faq": FAQS, "entities": Entities(), "args": ToolArgs(), **echoes}, **settings)


def note(message: Any) -> dict[str, Any]:
    return message.response_metadata["tierwise"]


def called(echoes: dict[str, Any]) -> int:
    return sum(len(echo.calls) + len(echo.open_streams) for echo in echoes.values())


def test_an_answer_comes_as_a_message_with_its_source_and_no_tokens(chat, echoes):
    """Sync and async, alone and in a batch; what the handler leaves goes to a model."""
    said, awaited = chat.invoke(ASK), asyncio.run(chat.ainvoke(ASK))
    batch = chat.batch([ASK, OTHER])

    for message in (said, awaited, batch[0]):
        assert isinstance(message, AIMessage)
        assert message.text == "From nine to five."
        assert message.usage_metadata == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        assert (note(message)["tier"], note(message)["source"], note(message)["usd"]) == ("faq", "faq#hours", 0.0)
    assert note(batch[1])["tier"] == "small"
    assert any(reason.startswith("faq abstained: ") for reason in note(batch[1])["reasons"])
    assert called(echoes) == 1


def test_streams_carry_the_decision_on_one_chunk_and_usage_once(chat, echoes):
    """`stream` and `astream` alike; the chunks add up to the message."""

    async def streamed() -> list[Any]:
        return [chunk async for chunk in chat.astream(ASK)]

    for chunks in (list(chat.stream(ASK)), asyncio.run(streamed())):
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        assert whole.text == "From nine to five."
        assert whole.usage_metadata == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        assert [note(chunk)["source"] for chunk in chunks if "tierwise" in chunk.response_metadata] == ["faq#hours"]
    assert called(echoes) == 0


def test_older_methods_and_typed_streams_give_it_too(chat, echoes):
    """`generate`, `stream_events` v2 and v3."""
    generated = chat.generate([[HumanMessage(ASK)]])
    typed = chat.stream_events(ASK, version="v3")

    assert generated.generations[0][0].text == "From nine to five."
    assert note(generated.generations[0][0].message)["tier"] == "faq"
    assert typed.output.text == "From nine to five."
    assert note(typed.output)["tier"] == "faq"

    async def names() -> list[str]:
        return [event["event"] async for event in chat.astream_events(ASK, version="v2")]

    assert asyncio.run(names()).count("on_chat_model_end") == 1
    assert called(echoes) == 0


def test_it_is_one_run_for_whoever_watches(chat):
    """One start, one end: what a handler says is traced like a model's answer."""
    watched = Watched()
    chat.invoke(ASK, {"callbacks": [watched]})

    assert (watched.starts, watched.ends) == (1, 1)


def test_a_tool_call_is_a_tool_call(chat, echoes):
    """With an id, and arguments as a mapping; streamed as chunks that add up to it."""
    bound = chat.bind_tools([track_order])
    said = bound.invoke("track order 81723")
    chunks = list(bound.stream("track order 81723"))

    for message in (said, *chunks[:1]):
        (call,) = message.tool_calls
        assert (call["name"], call["args"]) == ("track_order", {"order_id": "81723"})
        assert call["id"].startswith("call_")
    assert note(said)["source"] == "tool_args#track_order"
    assert called(echoes) == 0


@pytest.mark.parametrize("schema", [Contact, TypedContact, Contact.model_json_schema()])
def test_structured_output_is_parsed_as_from_a_model(chat, echoes, schema):
    """A class, a TypedDict, a schema; whole, raw, sync, async and streamed."""
    chain, raw = chat.with_structured_output(schema), chat.with_structured_output(schema, include_raw=True)
    expected = Contact(email="ada@example.org") if schema is Contact else {"email": "ada@example.org"}

    assert chain.invoke(EXTRACT) == asyncio.run(chain.ainvoke(EXTRACT)) == list(chain.stream(EXTRACT))[-1] == expected
    assert note(raw.invoke(EXTRACT)["raw"])["source"] == "entities#email"
    assert called(echoes) == 0


def test_an_answer_that_the_callers_class_refuses_goes_to_a_model(openai_tier, openai_server, settings):
    """A validator says more than a schema: the tiers with a model are asked then, and no error is raised."""
    models = {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}
    chat = ChatTierwise({"entities": Entities(), **models}, **settings)
    openai_server.always("*", Said('{"email": "bob@example.org"}'))

    for call in (chat.with_structured_output(PickyContact).invoke,):
        assert call(EXTRACT) == PickyContact(email="bob@example.org")
    assert len(openai_server.requests) == 1


def test_a_call_for_a_tier_by_name_asks_no_handler(chat, echoes):
    """A floor, or `model=` with a tier's name."""
    for given in (chat.invoke(ASK, tierwise={"floor": "small"}), chat.invoke(ASK, model="top")):
        assert note(given)["tier"] in ("small", "top")
    assert called(echoes) == 2


def test_shadow_mode_calls_the_top_tier(echoes, settings):
    """And says what would have been."""
    said = ChatTierwise({"faq": FAQS, **echoes}, mode="shadow", **settings).invoke(ASK)

    assert (note(said)["tier"], note(said)["would_choose"]) == ("top", "faq")


def test_handlers_are_the_routers_where_there_is_one(echoes, settings):
    """A router of one's own brings its handlers; given twice, they are refused."""
    router = Router([Tier("faq", handler=FAQS), *(Tier(n, model=e.model) for n, e in echoes.items())], **settings)

    assert note(ChatTierwise(echoes, router=router).invoke(ASK))["tier"] == "faq"
    with pytest.raises(ConfigError, match="router and handlers"):
        ChatTierwise({"faq": FAQS, **echoes}, router=router)
    with pytest.raises(ConfigError, match="tiers is"):
        ChatTierwise({"faq": FAQS})


def test_the_cache_key_names_handlers(chat, echoes, settings):
    """No cache takes the answers of a router with a list for those of one without."""
    assert chat._identifying_params != ChatTierwise(echoes, **settings)._identifying_params


def test_a_history_with_a_handlers_answer_is_one_that_models_accept(chat, echoes):
    """The answer stays in the conversation, made by no model."""
    said = chat.invoke(ASK)
    again = chat.invoke([HumanMessage(ASK), said, HumanMessage(OTHER)])

    assert note(again)["tier"] == "small"


class Counting:
    """Answers each step but a tool's result, and counts."""

    def handle(self, step: Step, reading: Reading) -> Reply | Abstention:
        return Abstention("a result") if step.messages[-1]["role"] == "tool" else Reply("x", 1.0, "counted")


def agent_of(echoes: dict[str, Any], handlers: dict[str, Any], settings: dict[str, Any], **more: Any) -> Any:
    middleware = TierwiseMiddleware({**handlers, **echoes}, **settings)
    return create_agent(echoes["top"], more.pop("tools", [track_order]), middleware=[middleware], **more)


def test_a_middleware_answers_without_a_call_of_the_model(echoes, settings):
    """Sync and async; the message, its note and the run's state."""
    agent = agent_of(echoes, {"faq": FAQS}, settings)
    told = {"messages": [HumanMessage(ASK)]}
    for state in (agent.invoke(told), asyncio.run(agent.ainvoke(told))):
        assert state["messages"][-1].text == "From nine to five."
        assert note(state["messages"][-1])["source"] == "faq#hours"
    assert called(echoes) == 0


def test_a_middleware_calls_a_tool_and_leaves_its_result_to_a_model(echoes, settings):
    """The first step is the handler's, the tool runs, the second step is a model's."""
    state = agent_of(echoes, {"args": ToolArgs()}, settings).invoke({"messages": [HumanMessage("track order 81723")]})

    assert [message.type for message in state["messages"]] == ["human", "ai", "tool", "ai"]
    assert state["messages"][2].text == "81723 has shipped"
    assert [note(m)["tier"] for m in state["messages"] if m.type == "ai"] == ["args", "small"]


def test_a_middleware_fills_the_form_of_an_agent(echoes, settings):
    """A schema of the provider's kind is filled, without a call."""
    agent = agent_of(echoes, {"entities": Entities()}, settings, response_format=Contact, tools=[])

    assert agent.invoke({"messages": [HumanMessage(EXTRACT)]})["structured_response"] == Contact(
        email="ada@example.org"
    )
    assert called(echoes) == 0


def test_where_a_tool_stands_for_the_form_a_text_is_no_answer(openai_tier, settings):
    """The handler's text is not used, and a model fills the form."""
    models = {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}
    agent = agent_of(models, {"x": Counting()}, settings, response_format=ToolStrategy(Contact), tools=[])
    state = agent.invoke({"messages": [HumanMessage('Write to "ada@example.org".')]})

    assert isinstance(state["structured_response"], Contact)
    assert [note(m)["tier"] for m in state["messages"] if m.type == "ai"] == ["small"]


def test_messages_are_streamed_once_in_langgraph(echoes, settings):
    """`stream_mode="messages"` shows the answer, and shows it once."""
    agent = agent_of(echoes, {"faq": FAQS}, settings)
    shown = [
        m.text
        for m, _ in agent.stream({"messages": [HumanMessage(ASK)]}, stream_mode="messages")
        if m.type in ("ai", "AIMessageChunk")
    ]

    assert "".join(shown) == "From nine to five."


def test_a_file_may_name_handlers(tmp_path, echoes):
    """`from_yaml` takes them from the file; only the models are given."""
    (tmp_path / "tierwise.yaml").write_text(
        "embedder: null\ntiers:\n  - {name: c, handler: {kind: rules, rules: [{name: p, pattern: /ping, reply: pong}]}}\n"
        "  - {name: small, model: gpt-4.1-nano}\n  - {name: top, model: gpt-4.1}\n"
    )

    assert ChatTierwise.from_yaml(tmp_path, echoes).invoke("/ping").text == "pong"
