"""`generate` and what lies below it: for code that calls them by name, and expects an `LLMResult`."""

# ruff: noqa: A002  (`input` is LangChain's name)

from __future__ import annotations

import asyncio
import uuid
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, cast

from langchain_core.callbacks import CallbackManagerForLLMRun, Callbacks
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult, LLMResult
from langchain_core.runnables import RunnableConfig

from langchain_tierwise.dispatch import Dispatcher
from langchain_tierwise.request import Request
from langchain_tierwise.shapes import Generated, combined


class LegacyCalls(BaseChatModel):
    """The older half of a chat model's methods, dispatched like the others."""

    @property
    @abstractmethod
    def _dispatcher(self) -> Dispatcher:
        """Carries calls out."""

    @abstractmethod
    def _request(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None,
        stop: list[str] | None,
        kwargs: Mapping[str, Any],
    ) -> Request:
        """Puts a call together."""

    def generate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Callbacks = None,
        *,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        run_name: str | None = None,
        run_id: uuid.UUID | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """One call for each list of messages, each decided on its own."""
        config = _legacy_config(callbacks, tags, metadata, run_name, run_id)
        requests = [self._request(each, config, stop, kwargs) for each in messages]
        return combined([self._dispatcher.run(request, Generated()) for request in requests])

    async def agenerate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Callbacks = None,
        *,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        run_name: str | None = None,
        run_id: uuid.UUID | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """`generate`, for async callers; the lists go out together."""
        config = _legacy_config(callbacks, tags, metadata, run_name, run_id)
        requests = [self._request(each, config, stop, kwargs) for each in messages]
        return combined(await asyncio.gather(*(self._dispatcher.arun(request, Generated()) for request in requests)))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Only for those who call it by name: `invoke` and `generate` do not pass here."""
        message = self.invoke(messages, _no_callbacks(run_manager), stop=stop, **kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """As `_generate`; that it is there tells LangChain that we stream."""
        for chunk in self.stream(messages, _no_callbacks(run_manager), stop=stop, **kwargs):
            yield ChatGenerationChunk(message=chunk)


def _legacy_config(
    callbacks: Callbacks, tags: list[str] | None, metadata: Any, run_name: str | None, run_id: uuid.UUID | None
) -> RunnableConfig:
    config = {"callbacks": callbacks, "tags": tags, "metadata": metadata, "run_name": run_name, "run_id": run_id}
    return cast(RunnableConfig, {key: value for key, value in config.items() if value is not None})


def _no_callbacks(run_manager: CallbackManagerForLLMRun | None) -> RunnableConfig:
    """Whoever calls the private methods has begun a run already; a second one would count its tokens twice."""
    return {"callbacks": []} if run_manager is not None else {}
