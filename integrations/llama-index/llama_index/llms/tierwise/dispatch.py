"""The loops that carry a plan out: whole answers and streams, sync and async. The calls themselves are the caller's.

A failing tier's exception goes up unchanged, unless the router tries the next tier. What a stream has shown is never
taken back: it is recorded as it was heard, also when the stream breaks off or the listener leaves.

In all of them, `call` makes the call that a plan asks for.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, closing

from llama_index.llms.tierwise.answers import Heard, Response, answer_of, record_of, with_record
from tierwise.plan import Plan


def run(plan: Plan, call: Callable[[Plan], Response]) -> Response:
    """The answer of the first tier that gives a usable one, with the decision."""
    if plan.done:  # a handler has answered: what `call` gives is its answer
        return with_record(call(plan), record_of(plan))
    while not plan.done:
        try:
            response = call(plan)
        except Exception as error:
            plan = plan.failed(error)
            if plan.done:
                raise
            continue
        plan = plan.after(answer_of(response))
    return with_record(response, record_of(plan))


async def arun(plan: Plan, call: Callable[[Plan], Awaitable[Response]]) -> Response:
    """`run`, awaiting each call."""
    if plan.done:
        return with_record(await call(plan), record_of(plan))
    while not plan.done:
        try:
            response = await call(plan)
        except Exception as error:
            plan = await plan.afailed(error)
            if plan.done:
                raise
            continue
        plan = await plan.aafter(answer_of(response))
    return with_record(response, record_of(plan))


def relay(plan: Plan, call: Callable[[Plan], Generator[Response, None, None]]) -> Generator[Response, None, None]:
    """The tier's chunks, each with the decision; what it cost is added to that when the stream is over.

    The tier is called now, not when the first chunk is asked for: its start event belongs to the caller's span.
    """
    plan, stream = _open(plan, call)
    return _relayed(plan, stream, call)


async def arelay(
    plan: Plan, call: Callable[[Plan], Awaitable[AsyncGenerator[Response, None]]]
) -> AsyncGenerator[Response, None]:
    """`relay`, awaiting each call."""
    plan, stream = await _aopen(plan, call)
    return _arelayed(plan, stream, call)


def _relayed(
    plan: Plan,
    stream: Generator[Response, None, None],
    call: Callable[[Plan], Generator[Response, None, None]],
) -> Generator[Response, None, None]:
    while True:
        heard, record = Heard[Response](), plan.decision.to_dict()
        try:
            with closing(stream):
                for chunk in stream:
                    heard.add(chunk)
                    yield with_record(chunk, record)
        except BaseException as error:
            plan = plan if plan.done else _broken(plan, heard, error)
            if plan.done:
                raise
        else:
            plan = plan if plan.done else plan.after(heard.answer(), shown=heard.last is not None)
            record.update(record_of(plan))
            if plan.done:
                return
        plan, stream = _open(plan, call)


async def _arelayed(
    plan: Plan,
    stream: AsyncGenerator[Response, None],
    call: Callable[[Plan], Awaitable[AsyncGenerator[Response, None]]],
) -> AsyncGenerator[Response, None]:
    while True:
        heard, record = Heard[Response](), plan.decision.to_dict()
        try:
            async with aclosing(stream):
                async for chunk in stream:
                    heard.add(chunk)
                    yield with_record(chunk, record)
        except BaseException as error:
            plan = plan if plan.done else _broken(plan, heard, error)
            if plan.done:
                raise
        else:
            plan = plan if plan.done else await plan.aafter(heard.answer(), shown=heard.last is not None)
            record.update(record_of(plan))
            if plan.done:
                return
        plan, stream = await _aopen(plan, call)


def _open(
    plan: Plan, call: Callable[[Plan], Generator[Response, None, None]]
) -> tuple[Plan, Generator[Response, None, None]]:
    while True:
        try:
            return plan, call(plan)
        except Exception as error:
            if plan.done:
                raise
            plan = plan.failed(error)
            if plan.done:
                raise


async def _aopen(
    plan: Plan, call: Callable[[Plan], Awaitable[AsyncGenerator[Response, None]]]
) -> tuple[Plan, AsyncGenerator[Response, None]]:
    while True:
        try:
            return plan, await call(plan)
        except Exception as error:
            if plan.done:
                raise
            plan = await plan.afailed(error)
            if plan.done:
                raise


def _broken(plan: Plan, heard: Heard[Response], error: BaseException) -> Plan:
    """The plan after a stream that was left or broke off; done, unless nothing was shown and another tier may try.

    Recorded without awaiting, for a stream that is being closed cannot wait.
    """
    if heard.last is not None:
        return plan.after(heard.answer(), shown=True)
    return plan.failed(error)
