"""Streams that are left before their end: the tier's own stream is closed at once, and what was seen is booked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableLambda
from pydantic import Field

from langchain_tierwise import ChatTierwise, TierwiseMiddleware
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.types import CallRecord, ConversationState


class Books(MemoryStore):
    """Remembers the calls that were booked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[CallRecord] = []

    def record(self, state: ConversationState, call: CallRecord) -> None:
        """Keeps a call for the test."""
        self.calls.append(call)
        super().record(state, call)


class Talker(BaseChatModel):
    """Talks for ever, a word at a time, sync and async; says when its stream was opened and closed."""

    model: str
    log: list[str] = Field(default_factory=list)
    pause_s: float = 0.001

    @property
    def _llm_type(self) -> str:
        return "talker"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Takes any tools."""
        return self.bind(**kwargs)

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        self.log.append("opened")
        try:
            for _ in range(10_000):
                yield ChatGenerationChunk(message=AIMessageChunk("word "))
        finally:
            self.log.append("closed")

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.log.append("opened")
        try:
            for _ in range(10_000):
                await asyncio.sleep(self.pause_s)
                yield ChatGenerationChunk(message=AIMessageChunk("word "))
        finally:
            self.log.append("closed")

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("word"))])

    async def _agenerate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.log.append("opened")
        try:
            await asyncio.sleep(60)
        finally:
            self.log.append("closed")
        return self._generate(messages)


Setup = tuple[ChatTierwise, Talker, Books, dict[str, Any]]


@pytest.fixture
def talking(settings: dict[str, Any]) -> Setup:
    """A model of two talkers, the one that will talk, the books, and the router's settings."""
    tiers, books = {"small": Talker(model="gpt-4.1-nano"), "top": Talker(model="gpt-4.1")}, Books()
    settings = {**settings, "store": books, "prices": {"small": (0.1, 0.4), "top": (2, 8)}}
    return ChatTierwise(tiers, **settings), tiers["small"], books, settings


async def read_some(stream: Any, count: int = 3) -> None:
    """Reads a few items and goes."""
    async for _ in stream:
        count -= 1
        if not count:
            break


@pytest.mark.parametrize("by", ["aclose", "break", "cancel", "timeout"])
@pytest.mark.parametrize("bound", [False, True], ids=["bare", "in a chain"])
async def test_an_async_stream_that_is_left_frees_its_tier_and_is_booked(by: str, bound: bool, talking: Setup):
    """However it is left: closed by name, broken off, cancelled from outside, or out of time."""
    model, talker, books, _ = talking
    chain: Any = RunnableLambda(lambda text: text) | model.bind_tools([]) if bound else model
    stream = chain.astream("hello")
    if by == "aclose":
        await read_some(stream)
    elif by == "break":
        async for _ in stream:
            break
    elif by == "timeout":
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read_some(stream, 10_000), 0.1)
    else:
        task = asyncio.create_task(read_some(stream, 10_000))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await stream.aclose()
    if bound:
        await asyncio.sleep(0.05)  # LangChain leaves it to the loop to close the links of a chain, whatever the model

    assert talker.log == ["opened", "closed"]
    assert [call.tier for call in books.calls] == ["small"]
    assert books.calls[0].usd > 0


def test_a_chain_that_is_left_frees_the_tier_too(talking: Setup):
    """The same for sync callers, behind another link."""
    model, talker, books, _ = talking
    stream = (RunnableLambda(lambda text: text) | model).stream("hello")
    next(stream), next(stream)
    stream.close()

    assert talker.log == ["opened", "closed"]
    assert [call.tier for call in books.calls] == ["small"]


async def test_a_cancelled_call_of_which_nothing_was_seen_leaves_no_trace(talking: Setup):
    """`ainvoke` gives all or nothing."""
    model, talker, books, _ = talking
    task = asyncio.create_task(model.ainvoke("hello"))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert talker.log == ["opened", "closed"]
    assert not books.calls


@pytest.mark.parametrize("by", ["model", "middleware"])
async def test_an_agent_whose_stream_is_left_frees_the_tier(by: str, talking: Setup):
    """`astream(stream_mode="messages")`, broken off in the middle of an answer."""
    model, talker, _, settings = talking
    ours = [TierwiseMiddleware(model.tiers, **settings)] if by == "middleware" else []
    agent = create_agent(model.tiers["top"] if ours else model, [], middleware=ours)
    stream = agent.astream({"messages": [HumanMessage("hello")]}, stream_mode="messages")
    await read_some(stream)
    await stream.aclose()
    await asyncio.sleep(0.05)

    assert talker.log == ["opened", "closed"]


async def test_events_that_are_left_free_the_tier(talking: Setup):
    """`astream_events(version="v2")`."""
    model, talker, _, _ = talking
    stream = model.astream_events("hello", version="v2")
    await read_some(stream, 5)
    await stream.aclose()
    await asyncio.sleep(0.05)

    assert talker.log == ["opened", "closed"]


@pytest.mark.parametrize("path", ["stream", "astream", "form", "tools"])
async def test_usage_and_decision_come_on_one_chunk_each(
    path: str, openai_tier: Callable[..., Any], settings: dict[str, Any]
):
    """On every streaming path; summed up, the tokens are those of one call."""
    model = ChatTierwise({"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}, **settings)
    chain: Any = model.bind_tools([{"title": "t", "type": "object", "properties": {}}]) if path == "tools" else model
    if path == "form":
        schema = {"title": "t", "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
        found = [c["raw"] for c in model.with_structured_output(schema, include_raw=True).stream("hi") if "raw" in c]
    else:
        found = list(chain.stream("hi")) if path != "astream" else [chunk async for chunk in chain.astream("hi")]

    assert sum(bool(chunk.usage_metadata) for chunk in found) == 1
    assert sum("tierwise" in chunk.response_metadata for chunk in found) == 1
    whole = found[0].__add__(found[1:])
    assert (
        whole.usage_metadata["total_tokens"] == model.invoke("hi").usage_metadata["total_tokens"] or path != "astream"
    )
