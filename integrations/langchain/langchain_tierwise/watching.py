"""What has been shown of an answer, and to whom: streams are never taken back, and are booked with what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.runnables import RunnableConfig

from langchain_tierwise.marks import note_of
from langchain_tierwise.messages import METADATA_KEY, answer_of
from tierwise.plan import Plan


class Shown(BaseCallbackHandler):
    """True once a token of a call was shown, although the call is no stream: LangGraph and `astream_events` do that."""

    run_inline = True

    def __init__(self) -> None:
        self._any = False

    def __bool__(self) -> bool:
        return self._any

    @classmethod
    def where_watched(cls, config: RunnableConfig) -> Shown | None:
        """A handler for the call where somebody watches its tokens; None, and no work, where nobody does."""
        callbacks = config.get("callbacks")
        handlers = callbacks.handlers if isinstance(callbacks, BaseCallbackManager) else callbacks or ()
        return cls() if any(hasattr(handler, "tap_output_iter") for handler in handlers) else None

    def on_llm_new_token(self, *_: Any, **__: Any) -> None:
        """A token has gone out."""
        self._any = True

    def on_stream_event(self, *_: Any, **__: Any) -> None:
        """A part of a typed stream has gone out."""
        self._any = True


class Seen(BaseCallbackHandler):
    """What a caller has seen of a stream: its chunks; or, where they are parsed already, the run's own message."""

    run_inline = True

    def __init__(self) -> None:
        self.any = False
        self._chunks: list[BaseMessage] = []
        self._traced: BaseMessage | None = None

    def add(self, chunk: Any) -> bool:
        """Takes note of a chunk; True where it is not the first."""
        already, self.any = self.any, True
        if isinstance(chunk, BaseMessage):
            self._chunks.append(chunk)
        return already

    def book(self, plan: Plan) -> None:
        """Tells the core what was seen. A call of which nothing was seen leaves no trace."""
        message = self._message()
        if message is not None and not plan.done:
            plan.after(answer_of(message), shown=True)

    async def abook(self, plan: Plan) -> None:
        """`book`, for async hosts."""
        message = self._message()
        if message is not None and not plan.done:
            await plan.aafter(answer_of(message), shown=True)

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        """Keeps the run's message."""
        self._traced = _first_message(response)

    def on_llm_error(self, error: BaseException, **facts: Any) -> None:
        """Keeps what there was of the run's message."""
        self._traced = _first_message(facts.get("response"))

    def _message(self) -> BaseMessage | None:
        if not self._chunks:
            return self._traced
        first, *rest = self._chunks
        return first.__add__(rest) if rest and isinstance(first, AIMessageChunk) else first


def watch(stream: Any, plan: Plan) -> Any:
    """Has a typed stream tell the core what it gave, before whoever waits for its message gets it."""
    dispatch, fail = stream.dispatch, stream.fail
    booked = False

    def dispatch_and_book(event: Mapping[str, Any]) -> None:
        nonlocal booked
        dispatch(event)
        message = stream.output_message
        if message is not None and not booked:
            booked = True
            # The message was put together for this stream alone, so it may be written on.
            booked_plan = plan if plan.done else plan.after(answer_of(message), shown=True)
            message.response_metadata[METADATA_KEY] = note_of(booked_plan)

    def fail_and_book(error: BaseException) -> None:
        nonlocal booked
        if not booked:
            booked = True
            if not plan.done:
                plan.failed(error)
        fail(error)

    stream.dispatch, stream.fail = dispatch_and_book, fail_and_book
    return stream


def with_handler(callbacks: Any, handler: BaseCallbackHandler) -> Any:
    """A config's callbacks, with one more; those given are not changed."""
    if isinstance(callbacks, BaseCallbackManager):
        manager = callbacks.copy()
        manager.add_handler(handler, inherit=True)
        return manager
    return [*(callbacks or ()), handler]


def _first_message(response: Any) -> BaseMessage | None:
    generations = response.generations if isinstance(response, LLMResult) else []
    first = generations[0][0] if generations and generations[0] else None
    return first.message if isinstance(first, ChatGeneration) else None
