"""When tiers fail, streams break or listeners leave; and when many use one router at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from llama_index.core.llms import ChatMessage, ChatResponse, ChatResponseGen, MockLLM
from llama_index.llms.openai_like import OpenAILike
from loopback import OpenAIServer
from loopback_answers import Reply

from llama_index.llms.tierwise import Tierwise
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.types import CallRecord, ConversationState

EASY = [ChatMessage("What are your opening hours?")]
HARD = [ChatMessage("Prove that there are infinitely many primes.")]
LONG = Reply("one two three four five six seven eight nine ten", chunk_delay_s=0.01)


class Books(MemoryStore):
    """Keeps every call that was booked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[ConversationState, CallRecord]] = []

    def record(self, state: ConversationState, call: CallRecord) -> None:
        self.calls.append((state, call))
        super().record(state, call)


class Broken(MockLLM):
    """Raises its own exception, at once or after a chunk."""

    chunks_first: int = 0

    def __init__(self, chunks_first: int = 0) -> None:
        super().__init__()
        self.chunks_first = chunks_first

    def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
        raise OverflowError("the tier's own words")

    def stream_chat(self, messages: Any, **kwargs: Any) -> ChatResponseGen:
        for n in range(self.chunks_first):
            yield ChatResponse(message=ChatMessage(role="assistant", content="word " * (n + 1)), delta="word ")
        raise OverflowError("the tier's own words")


async def test_a_failing_tier_raises_its_own_exception(llm: Tierwise, openai_server: OpenAIServer):
    """In every way of asking the caller gets what the tier's client raised, with its status and its words."""
    openai_server.always("small", Reply(status=429, error="slow down"))

    async def drain() -> None:
        async for _ in await llm.astream_chat(EASY):
            pass

    for ask in (lambda: llm.chat(EASY), lambda: llm.complete("hello"), lambda: list(llm.stream_chat(EASY))):
        with pytest.raises(openai.RateLimitError, match="slow down"):
            ask()
    for wait in (lambda: llm.achat(EASY), lambda: llm.acomplete("hello"), drain):
        with pytest.raises(openai.RateLimitError, match="slow down"):
            await wait()
    assert openai_server.asked("top") == []


async def test_another_tier_takes_over_where_that_is_asked_for(routed: Callable[..., Tierwise], openai_server):
    """With `on_tier_error="step_up"` the next tier is tried once, streams included, as nothing was shown yet."""
    llm = routed(on_tier_error="step_up")
    openai_server.always("small", Reply(status=500))

    answers = [llm.chat(EASY), await llm.achat(EASY), list(llm.stream_chat(EASY))[-1]]
    answers.append([chunk async for chunk in await llm.astream_chat(EASY)][-1])

    for answer in answers:
        assert answer.message.content == "Hello from top, at your service."
        assert answer.additional_kwargs["tierwise"]["tier"] == "top"
        assert [each["tier"] for each in answer.additional_kwargs["tierwise"]["attempts"]] == ["small", "top"]


def test_what_a_stream_has_shown_is_never_taken_back(routed: Callable[..., Tierwise], openai_like):
    """A stream that breaks after its first chunk raises, even where another tier could be asked."""
    llm = routed({"small": Broken(chunks_first=2), "top": openai_like("top")}, on_tier_error="step_up")
    stream = llm.stream_chat(EASY)

    assert [next(stream).delta, next(stream).delta] == ["word ", "word "]
    with pytest.raises(OverflowError, match="own words"):
        next(stream)


def test_an_unusable_streamed_answer_is_recorded_and_kept(llm: Tierwise, openai_server: OpenAIServer):
    """A stream is decided before its first chunk; a fault that shows at the end stands in the record."""
    broken_call = Reply(calls=(("no_such_tool", {}),))
    openai_server.script("small", broken_call)

    *_, last = llm.stream_chat(EASY)

    record = last.additional_kwargs["tierwise"]
    assert record["tier"] == "small"
    assert "no_such_tool" in record["attempts"][0]["fault"]
    assert openai_server.asked("top") == []


async def test_a_stream_that_is_left_is_booked_as_far_as_it_was_heard(
    routed: Callable[..., Tierwise], openai_server: OpenAIServer
):
    """The provider bills what it has sent, so the conversation's books hold it, whoever leaves and how."""
    for leave in (leave_sync, leave_async, cancel_task):
        books = Books()
        openai_server.script("small", LONG)

        await leave(routed(store=books))

        assert [(state.conversation_id, call.tier) for state, call in books.calls] == [("c", "small")], leave.__name__


async def leave_sync(llm: Tierwise) -> None:
    """Reads two chunks and closes."""
    stream = llm.stream_chat(EASY, tierwise={"conversation_id": "c"})
    next(stream)
    next(stream)
    stream.close()


async def leave_async(llm: Tierwise) -> None:
    """Reads a chunk and closes."""
    stream = await llm.astream_chat(EASY, tierwise={"conversation_id": "c"})
    await anext(stream)
    await stream.aclose()


async def cancel_task(llm: Tierwise) -> None:
    """Is cancelled while it waits for a chunk."""
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in await llm.astream_chat(EASY, tierwise={"conversation_id": "c"}):
            begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_many_tasks_share_one_router_without_mixing(
    routed: Callable[..., Tierwise], openai_like: Callable[..., OpenAILike]
):
    """Sixty calls at once: each gets the answer, the tier and the conversation that are its own."""
    # The little server's queue of waiting connections is short: refused ones are tried again.
    llm = routed({name: openai_like(name, max_retries=5) for name in ("small", "top")})

    async def ask(n: int) -> tuple[int, ChatResponse]:
        text = f"Prove claim {n}." if n % 3 == 0 else f"What is number {n}?"
        return n, await llm.achat([ChatMessage(text)], tierwise={"conversation_id": f"c{n}"})

    for n, response in await asyncio.gather(*map(ask, range(60))):
        expected = "top" if n % 3 == 0 else "small"
        assert response.message.content == f"Hello from {expected}, at your service."
        assert response.raw.model == response.additional_kwargs["tierwise"]["tier"] == expected
        assert response.additional_kwargs["tierwise"]["conversation_id"] == f"c{n}"


def test_many_threads_share_one_router_without_mixing(llm: Tierwise):
    """The same for threads, with streams."""

    def ask(n: int) -> ChatResponse:
        text = f"Prove claim {n}." if n % 3 == 0 else f"What is number {n}?"
        return list(llm.stream_chat([ChatMessage(text)], tierwise={"conversation_id": f"c{n}"}))[-1]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(40)))

    for n, answer in enumerate(answers):
        expected = "top" if n % 3 == 0 else "small"
        assert answer.message.content == f"Hello from {expected}, at your service."
        assert answer.additional_kwargs["tierwise"]["conversation_id"] == f"c{n}"
