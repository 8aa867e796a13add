"""Handlers in litellm: an answer like any other, whole and streamed, without a call of anybody."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from tierwise.handlers.faq import FAQ, Entry
from tierwise.handlers.tool_args import ToolArgs
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier

litellm = pytest.importorskip("litellm")
from litellm_tierwise import register  # noqa: E402
from litellm_tierwise.proxy import ProxyRouter  # noqa: E402

ASK = [{"role": "user", "content": "What are your opening hours?"}]
TRACK = [{"role": "user", "content": "track order 81723"}]
OTHER = [{"role": "user", "content": "Tell me a story about a fox."}]
SCHEMA = {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}
TOOLS = [{"type": "function", "function": {"name": "track_order", "description": "Where it is.", "parameters": SCHEMA}}]


@pytest.fixture
def router() -> Router:
    tiers = [
        Tier("faq", handler=FAQ([Entry("hours", ("What are your opening hours?",), "From nine to five.")])),
        Tier("args", handler=ToolArgs()),
        Tier("small", "gpt-4.1-nano"),
        Tier("top", "gpt-4.1"),
    ]
    return Router(tiers, classifier=FakeClassifier({"small": 0.97, "top": 0.98}), embedder=None)


@pytest.fixture(autouse=True)
def _registered(router: Router, at_loopback: dict[str, Any]) -> None:
    register(router, litellm_params={"small": at_loopback, "top": at_loopback})


def decided(answered: Any) -> dict[str, Any]:
    return answered._hidden_params["tierwise"]


def test_a_completion_is_the_handlers_answer(openai_server: Any) -> None:
    """Sync and async: the text, its source, no tokens, no cost."""
    awaited = asyncio.run(litellm.acompletion(model="tierwise/auto", messages=ASK))
    for response in (litellm.completion(model="tierwise/auto", messages=ASK), awaited):
        assert response.choices[0].message.content == "From nine to five."
        assert (decided(response)["tier"], decided(response)["source"]) == ("faq", "faq#hours")
        assert decided(response)["attempts"] == [{"tier": "faq", "usd": 0.0, "fault": None}]
        assert response.usage.total_tokens == 0
        assert response._hidden_params["response_cost"] == 0.0
    assert not openai_server.requests


def test_a_tool_call_is_a_tool_call(openai_server: Any) -> None:
    """With its id, its name, its arguments, and the reason why it ended."""
    response = litellm.completion(model="tierwise/auto", messages=TRACK, tools=TOOLS)
    (call,) = response.choices[0].message.tool_calls

    assert (call.function.name, json.loads(call.function.arguments)) == ("track_order", {"order_id": "81723"})
    assert response.choices[0].finish_reason == "tool_calls"
    assert not openai_server.requests


def test_streams_say_it_too(openai_server: Any) -> None:
    """Sync and async, texts and calls; the usage, where it is asked for, is nothing."""
    usage = {"stream_options": {"include_usage": True}}

    async def awaited(messages: Any, **more: Any) -> list[Any]:
        stream = await litellm.acompletion(model="tierwise/auto", messages=messages, stream=True, **more)
        return [chunk async for chunk in stream]

    for chunks in (
        list(litellm.completion(model="tierwise/auto", messages=ASK, stream=True, **usage)),
        asyncio.run(awaited(ASK, **usage)),
    ):
        whole = litellm.stream_chunk_builder(chunks)
        assert whole.choices[0].message.content == "From nine to five."
        assert [chunk.usage.total_tokens for chunk in chunks if getattr(chunk, "usage", None)] == [0]
    calls = litellm.stream_chunk_builder(asyncio.run(awaited(TRACK, tools=TOOLS))).choices[0].message.tool_calls
    assert json.loads(calls[0].function.arguments) == {"order_id": "81723"}
    assert not openai_server.requests


def test_what_is_left_goes_to_a_model(openai_server: Any) -> None:
    """And the decision says why."""
    response = litellm.completion(model="tierwise/auto", messages=OTHER)

    assert decided(response)["tier"] == "small"
    assert any(reason.startswith("faq abstained: ") for reason in decided(response)["reasons"])
    assert len(openai_server.requests) == 1


def test_one_event_is_logged_for_an_answer(log: Any) -> None:
    """Under the handler's name, with no tokens and no cost, like the call of a tier."""
    litellm.completion(model="tierwise/auto", messages=ASK)
    (event,) = log.wait(1)

    assert (event["model"], event["usd"], event["tokens"]) == ("faq", 0.0, (0, 0))
    assert event["metadata"]["tierwise"]["source"] == "faq#hours"


async def test_the_proxys_hook_hands_the_answer_on(router: Router) -> None:
    """As an answer that the proxy gives as if the weakest group had said it."""
    hook = ProxyRouter(router)
    data = {"model": "tierwise/auto", "messages": ASK, "litellm_call_id": "c"}
    changed = await hook.async_pre_call_hook(SimpleNamespace(api_key="k", user_id=None), None, data, "acompletion")

    assert changed is not None
    assert changed["model"] == "gpt-4.1-nano"
    assert changed["mock_response"].choices[0].message.content == "From nine to five."
    assert changed["metadata"]["tierwise"]["tier"] == "faq"
    assert not hook._open
