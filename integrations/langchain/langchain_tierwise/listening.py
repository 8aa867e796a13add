"""The decision for those who take an answer from the tier's run: listeners (`with_listeners`, `RunnableWithMessageHistory`).

What we write on is a copy that the caller gets, while a listener is handed the run, which ends before that. So a listener of
the tier's run is given a result that is written on already: copies, in which neither the caller's message, nor a cache's,
nor what other tracers see is touched. What was billed is not known yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.outputs import LLMResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers.root_listeners import AsyncRootListenersTracer, RootListenersTracer

from langchain_tierwise.marks import marked_generation


class _Noted(RootListenersTracer):
    """A listener's stand-in, for one run."""

    def __init__(self, listener: RootListenersTracer, note: Mapping[str, Any]) -> None:
        self.__dict__.update(listener.__dict__)
        self._note = note

    def on_llm_end(self, response: LLMResult, **facts: Any) -> Any:
        """Hands on a result with the note on it."""
        return super().on_llm_end(_marked(response, self._note), **facts)


class _AsyncNoted(AsyncRootListenersTracer):
    """The same, where listeners are awaited."""

    def __init__(self, listener: AsyncRootListenersTracer, note: Mapping[str, Any]) -> None:
        self.__dict__.update(listener.__dict__)
        self._note = note

    async def on_llm_end(self, response: LLMResult, **facts: Any) -> None:
        """Hands on a result with the note on it."""
        await super().on_llm_end(_marked(response, self._note), **facts)


def has_listener(config: RunnableConfig) -> bool:
    """Whether somebody listens to the run that is about to begin."""
    callbacks = config.get("callbacks")
    handlers = callbacks.handlers if isinstance(callbacks, BaseCallbackManager) else callbacks or ()
    return any(map(_is_waiting, handlers))


def noted(callbacks: Any, note: Mapping[str, Any]) -> Any:
    """A config's callbacks, its listeners with the note for what they will hear; those given are not changed."""
    if not isinstance(callbacks, BaseCallbackManager):
        return [_stand_in(handler, note) for handler in callbacks or ()]
    manager = callbacks.copy()
    stand_ins = {id(handler): _stand_in(handler, note) for handler in manager.handlers}
    manager.handlers = [stand_ins[id(handler)] for handler in manager.handlers]
    manager.inheritable_handlers = [stand_ins.get(id(handler), handler) for handler in manager.inheritable_handlers]
    return manager


def _is_waiting(handler: object) -> bool:
    """Whether a handler is a listener that listens to no run yet; one of a chain around us hears of the chain's end."""
    return isinstance(handler, RootListenersTracer | AsyncRootListenersTracer) and handler.root_id is None


def _stand_in(handler: BaseCallbackHandler, note: Mapping[str, Any]) -> BaseCallbackHandler:
    if not _is_waiting(handler):
        return handler
    return _Noted(handler, note) if isinstance(handler, RootListenersTracer) else _AsyncNoted(handler, note)  # type: ignore[arg-type]


def _marked(response: LLMResult, note: Mapping[str, Any]) -> LLMResult:
    generations = [[marked_generation(each, note) for each in some] for some in response.generations]
    return response.model_copy(update={"generations": generations})
