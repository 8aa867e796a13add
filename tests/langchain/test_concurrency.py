"""Many callers, one model: no decision leaks into another, and a stream that is left is booked and closed."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.rate_limiters import BaseRateLimiter

from langchain_tierwise import ChatTierwise
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.types import CallRecord, ConversationState

VARYING = ("id", "conversation_id", "decision_ms", "made_by", "usd", "attempts")


def step(number: int) -> list[BaseMessage]:
    """One of 64 different steps: questions, proofs, tool loops of different lengths."""
    asked: list[BaseMessage] = [HumanMessage(f"{'Prove' if number % 3 == 0 else 'Say'} statement {number}.")]
    for i in range(number % 5):
        call = {"id": f"c{number}-{i}", "name": "look", "args": {"n": i}}
        asked += [AIMessage("", tool_calls=[call]), ToolMessage(f"result {i}", tool_call_id=call["id"])]
    return asked


def canonical(message: Any) -> dict[str, Any]:
    """A decision without what differs from run to run."""
    return {k: v for k, v in message.response_metadata["tierwise"].items() if k not in VARYING}


def config(number: int, run: str) -> dict[str, Any]:
    """Every call is a conversation of its own."""
    return {"configurable": {"thread_id": f"{run}-{number}"}}


def test_64_threads_decide_as_one_does(echoes: dict[str, Any], settings: dict[str, Any]):
    """640 calls from 64 threads, invoked and streamed, give what serial calls gave."""
    model = ChatTierwise(echoes, **settings)
    serial = [canonical(model.invoke(step(i), config(i, "serial"))) for i in range(64)]

    def call(job: int) -> tuple[int, dict[str, Any], str]:
        number = job % 64
        if job % 2:
            message = model.invoke(step(number), config(job, "threads"))
        else:
            chunks = list(model.stream(step(number), config(job, "threads")))
            message = chunks[0].__add__(chunks[1:])
        return number, canonical(message), message.response_metadata["tierwise"]["conversation_id"]

    with ThreadPoolExecutor(64) as pool:
        results = list(pool.map(call, range(640)))

    assert {note["tier"] for note in serial} == {"small", "top"}
    assert all(note == serial[number] for number, note, _ in results)
    assert [conversation for *_, conversation in results] == [f"threads-{job}" for job in range(640)]


async def test_256_tasks_decide_as_one_does(echoes: dict[str, Any], settings: dict[str, Any]):
    """As with threads, in one event loop."""
    model = ChatTierwise(echoes, **settings)
    serial = [canonical(await model.ainvoke(step(i), config(i, "serial"))) for i in range(64)]
    messages = await asyncio.gather(*(model.ainvoke(step(i % 64), config(i, "tasks")) for i in range(256)))

    assert all(canonical(message) == serial[i % 64] for i, message in enumerate(messages))


class Books(MemoryStore):
    """Remembers the calls that were booked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[CallRecord] = []

    def record(self, state: ConversationState, call: CallRecord) -> None:
        """Adds a call, and keeps it for the test."""
        self.calls.append(call)
        super().record(state, call)


def test_leaving_a_stream_closes_it_and_books_what_was_seen(echoes: dict[str, Any], settings: dict[str, Any]):
    """Two chunks seen: one step, its cost booked, the tier's stream closed at once."""
    books = Books()
    model = ChatTierwise(echoes, store=books, **settings)
    stream = model.stream("hello there", config(1, "left"))
    next(stream), next(stream)
    stream.close()

    assert echoes["small"].open_streams == [1, -1]
    assert [call.tier for call in books.calls] == ["small"]
    assert books.calls[0].usd > 0


async def test_cancelling_an_async_stream_closes_it_and_books_what_was_seen(
    echoes: dict[str, Any], settings: dict[str, Any]
):
    """A task that is cancelled in the middle of a stream."""
    books, begun = Books(), asyncio.Event()
    model = ChatTierwise(echoes, store=books, **settings)

    async def read() -> None:
        async for _ in model.astream("hello there", config(1, "cancelled")):
            begun.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.05)  # the abandoned generator is closed by the loop

    assert [call.tier for call in books.calls] == ["small"]


def test_a_stream_never_begun_leaves_no_trace(echoes: dict[str, Any], settings: dict[str, Any]):
    """Nothing was seen, nothing is booked."""
    books = Books()
    ChatTierwise(echoes, store=books, **settings).stream("hello")

    assert not books.calls


class Counting(BaseRateLimiter):
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        """Lets everybody pass."""
        self.asked += 1
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        """Lets everybody pass."""
        return self.acquire(blocking=blocking)


async def test_a_rate_limiter_on_the_router_is_asked_once_a_call(echoes: dict[str, Any], settings: dict[str, Any]):
    """On every path."""
    limiter = Counting()
    model = ChatTierwise(echoes, rate_limiter=limiter, **settings)
    model.invoke("a"), list(model.stream("a")), await model.ainvoke("a"), model.stream_events("a", version="v3").output
    _ = [chunk async for chunk in model.astream("a")]

    assert limiter.asked == 5
