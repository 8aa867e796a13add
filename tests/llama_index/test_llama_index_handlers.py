"""Handlers in LlamaIndex: a response like any other, on every path, without a call of anybody."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.schema import QueryBundle
from llama_index.core.tools import FunctionTool
from llama_index.core.tools.types import ToolMetadata

from llama_index.llms.tierwise import Tierwise, TierwiseSelector
from tierwise import Router, Tier
from tierwise.errors import ConfigError
from tierwise.handlers.faq import FAQ, Entry
from tierwise.handlers.tool_args import ToolArgs

FAQS = FAQ([Entry("hours", ("What are your opening hours?",), "From nine to five.")])
ASK, OTHER = "What are your opening hours?", "Tell me a story about a fox."


def track_order(order_id: str) -> str:
    """Where an order is."""
    return f"{order_id} has shipped"


TRACK = FunctionTool.from_defaults(track_order)


class Heard(BaseEventHandler):
    """Keeps the names of the events of language models."""

    names: list[str] = []  # noqa: RUF012

    def handle(self, event: Any, **_: Any) -> None:
        if "LLM" in event.class_name():
            self.names.append(event.class_name())


@pytest.fixture
def with_handlers(routed, openai_like) -> Tierwise:
    return routed({"faq": FAQS, "args": ToolArgs(), "small": openai_like("small"), "top": openai_like("top")})


def record(response: Any) -> dict[str, Any]:
    return response.additional_kwargs["tierwise"]


def test_chat_and_complete_give_the_answer_with_its_source(with_handlers, openai_server):
    """Sync, async, streamed: the text, the decision, no tokens, and nobody called."""
    llm, messages = with_handlers, [ChatMessage(role="user", content=ASK)]

    async def awaited() -> list[Any]:
        chats = [chunk async for chunk in await llm.astream_chat(messages)]
        completions = [chunk async for chunk in await llm.astream_complete(ASK)]
        return [await llm.achat(messages), await llm.acomplete(ASK), chats[-1], completions[-1]]

    responses = [
        llm.chat(messages),
        llm.complete(ASK),
        list(llm.stream_chat(messages))[-1],
        list(llm.stream_complete(ASK))[-1],
    ]
    for response in [*responses, *asyncio.run(awaited())]:
        text = response.message.content if hasattr(response, "message") else response.text
        assert text == "From nine to five."
        assert (record(response)["tier"], record(response)["source"], record(response)["usd"]) == (
            "faq",
            "faq#hours",
            0.0,
        )
        assert response.raw["usage"]["total_tokens"] == 0
    assert not openai_server.requests


def test_what_a_handler_leaves_goes_to_a_model(with_handlers, openai_server):
    """And the decision says why it was left."""
    response = with_handlers.complete(OTHER)

    assert record(response)["tier"] == "small"
    assert any(reason.startswith("faq abstained: ") for reason in record(response)["reasons"])
    assert len(openai_server.requests) == 1


def test_events_and_token_counts_are_those_of_one_call(with_handlers):
    """One start, one end; a token counter counts what its own tokeniser says, once."""
    heard, counter = Heard(), TokenCountingHandler()
    get_dispatcher().add_event_handler(heard)
    try:
        with_handlers.callback_manager = CallbackManager([counter])
        with_handlers.chat([ChatMessage(role="user", content=ASK)])
    finally:
        get_dispatcher().event_handlers.remove(heard)

    assert heard.names == ["LLMChatStartEvent", "LLMChatEndEvent"]
    assert len(counter.llm_token_counts) == 1


def test_a_tool_call_is_read_as_a_tool_call(with_handlers, openai_server):
    """`chat_with_tools`, and the agent's way from a response to its calls."""
    response = with_handlers.chat_with_tools([TRACK], user_msg="track order 81723")
    (call,) = with_handlers.get_tool_calls_from_response(response)

    assert (call.tool_name, call.tool_kwargs) == ("track_order", {"order_id": "81723"})
    assert record(response)["source"] == "tool_args#track_order"
    assert not openai_server.requests


async def test_an_agent_runs_the_tool_and_a_model_reads_the_result(with_handlers, openai_server):
    """The first step is the handler's, the second a model's, which is sent a history that it accepts."""
    agent = FunctionAgent(tools=[TRACK], llm=with_handlers)
    output = await agent.run("track order 81723")

    assert [call.tool_name for call in output.tool_calls] == ["track_order"]
    (request,) = openai_server.requests
    assert [message["role"] for message in request.body["messages"]][-3:] == ["user", "assistant", "tool"]


def test_handlers_are_kept_when_it_is_copied_and_belong_to_the_router_where_there_is_one(openai_like, routed):
    """A copy answers as the original does; given beside a router, handlers are refused."""
    llms = {"small": openai_like("small"), "top": openai_like("top")}
    tiers = [Tier("faq", handler=FAQS), Tier("small", prices=(0.1, 0.4)), Tier("top", prices=(5, 25))]
    by_router = Tierwise(llms, router=Router(tiers, embedder=None))
    copied = pickle.loads(
        pickle.dumps(Tierwise({"args": ToolArgs(), **llms}, prices={"small": (1, 1), "top": (2, 2)}, embedder=None))
    )

    assert record(by_router.complete(ASK))["tier"] == "faq"
    assert [tier.name for tier in copied.router.handlers] == ["args"]
    with pytest.raises(ConfigError, match="handlers"):
        Tierwise({"faq": FAQS, **llms}, router=Router(tiers, embedder=None))


def test_a_selector_asks_no_handler(with_handlers):
    """An answer is no choice of an engine."""
    choices = [ToolMetadata(description="", name="small"), ToolMetadata(description="", name="top")]
    result = TierwiseSelector(with_handlers.router).select(choices, QueryBundle(ASK))

    assert result.ind == 0


def test_a_file_may_name_handlers(tmp_path, openai_like):
    """`from_yaml` takes them from the file; only the models are given."""
    (tmp_path / "tierwise.yaml").write_text(
        "embedder: null\ntiers:\n  - {name: c, handler: {kind: rules, rules: [{name: p, pattern: /ping, reply: pong}]}}\n"
        "  - {name: small, model: gpt-4.1-nano}\n  - {name: top, model: gpt-4.1}\n"
    )
    llms = {"small": openai_like("gpt-4.1-nano"), "top": openai_like("gpt-4.1")}

    assert Tierwise.from_yaml(tmp_path, llms).complete("/ping").text == "pong"
