"""A tier's stream, passed on as it comes: decided before the first chunk, shown, and never taken back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

from litellm_tierwise.messages import Heard, attach
from tierwise.plan import Plan

log = logging.getLogger(__name__)


def relay(stream: Any, plan: Plan) -> Iterator[Any]:
    """Passes chunks on, and tells the plan what was said, also where nobody listens to the end.

    litellm wraps what a custom provider streams once more, and its wrapper ends at the first chunk after the finish
    reason. So the finish reason goes last, behind the usage; the wrapper shows the usage to those who asked for it, and
    names these two chunks after the router.
    """
    note = _Note(plan)
    last = []
    try:
        for chunk in stream:
            note.take(chunk)
            if _has_finish_reason(chunk):
                last.append(chunk)
            else:
                yield chunk
        yield from last
    except Exception as error:
        note.failed(error)
        raise
    finally:
        note.close()


async def arelay(stream: Any, plan: Plan) -> AsyncIterator[Any]:
    """`relay`, for async streams."""
    note = _Note(plan)
    last = []
    try:
        async for chunk in stream:
            note.take(chunk)
            if _has_finish_reason(chunk):
                last.append(chunk)
            else:
                yield chunk
        for chunk in last:
            yield chunk
    except Exception as error:
        await note.afailed(error)
        raise
    finally:
        await note.aclose()
        await stream.aclose()


async def arelay_unwrapped(stream: Any, plan: Plan, wants_usage: bool) -> AsyncIterator[Any]:
    """`arelay`, where litellm does not wrap the stream again: chunks in their order, the usage for who asked for it."""
    note = _Note(plan)
    try:
        async for chunk in stream:
            note.take(chunk)
            if wants_usage or getattr(chunk, "usage", None) is None:
                yield chunk
    except Exception as error:
        await note.afailed(error)
        raise
    finally:
        await note.aclose()
        await stream.aclose()


class _Note:
    """What has been passed on, for the plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._heard = Heard()
        self._open = False

    def take(self, chunk: Any) -> None:
        """Notes a chunk; the first one carries the decision. A chunk of a form nobody knows is passed on all the same."""
        try:
            if not self._open:
                attach(chunk, self._plan)
            self._heard.add(chunk)
        except Exception as error:
            log.warning("a chunk of tier %r could not be read (%s)", self._plan.tier.name, type(error).__name__)
        self._open = True

    def failed(self, error: Exception) -> None:
        if not self._plan.done:
            self._plan.failed(error)
        self._open = False

    async def afailed(self, error: Exception) -> None:
        if not self._plan.done:
            await self._plan.afailed(error)
        self._open = False

    def close(self) -> None:
        if self._open and not self._plan.done:  # what a handler has answered is booked already
            self._plan.after(self._heard.answer(), shown=True)

    async def aclose(self) -> None:
        if self._open and not self._plan.done:
            await self._plan.aafter(self._heard.answer(), shown=True)


def _has_finish_reason(chunk: Any) -> bool:
    return any(choice.finish_reason for choice in chunk.choices)
