"""What a call gives back: a message, a parsed form, or a legacy result. Each shape says where its message is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig
from langchain_core.runnables.config import merge_configs
from pydantic import BaseModel, ValidationError

from langchain_tierwise.marks import marked, marked_chunk, marked_generation
from langchain_tierwise.messages import answer_of
from tierwise.types import Answer

_PARSING_ERRORS = (ValidationError, OutputParserException, json.JSONDecodeError)


class Shape(Protocol):
    """How a tier is called, and how its output is read and written on."""

    def call(
        self, model: Runnable[Any, Any], messages: list[BaseMessage], config: RunnableConfig, /, **options: Any
    ) -> Any:
        """Calls the tier."""

    async def acall(
        self, model: Runnable[Any, Any], messages: list[BaseMessage], config: RunnableConfig, /, **options: Any
    ) -> Any:
        """`call`, for async hosts."""

    def answer(self, output: Any) -> Answer:
        """The output as the core judges it."""

    def answer_in(self, error: Exception) -> Answer | None:
        """An unusable answer that came as an exception; None where the call failed."""

    def finished(self, output: Any, note: Mapping[str, Any]) -> Any:
        """What the caller gets, with the note on its message."""


class _Invoked:
    def answer_in(self, error: Exception) -> Answer | None:
        return None

    def call(
        self, model: Runnable[Any, Any], messages: list[BaseMessage], config: RunnableConfig, /, **options: Any
    ) -> Any:
        return model.invoke(messages, config, **options)

    async def acall(
        self, model: Runnable[Any, Any], messages: list[BaseMessage], config: RunnableConfig, /, **options: Any
    ) -> Any:
        return await model.ainvoke(messages, config, **options)


class Said(_Invoked):
    """A message."""

    def answer(self, output: BaseMessage) -> Answer:
        """The message."""
        return answer_of(output)

    def finished(self, output: BaseMessage, note: Mapping[str, Any]) -> BaseMessage:
        """The message."""
        return marked(output, note)


@dataclass(frozen=True)
class Parsed(_Invoked):
    """A form: `{"raw", "parsed", "parsing_error"}`, of which the caller gets all or the parsed part.

    Where tools stand beside the form, a call of one of them is as good an answer.
    """

    include_raw: bool
    tools: frozenset[str] = frozenset()

    def answer(self, output: Mapping[str, Any]) -> Answer:
        """What was parsed, as the text that had been asked for; a failure to parse is a fault."""
        error, parsed = output.get("parsing_error"), output.get("parsed")
        answer = answer_of(output["raw"])
        if self._calls_a_tool(output):
            return answer
        if error is not None:
            return replace(answer, fault=_unparsed(error))
        if parsed is None:
            return answer
        return replace(answer, message={"role": "assistant", "content": as_json(parsed)})

    def answer_in(self, error: Exception) -> Answer | None:
        """Some clients parse inside the call (OpenAI's, into Pydantic classes): what does not parse was an answer."""
        if not isinstance(error, _PARSING_ERRORS):
            return None
        return Answer({"role": "assistant", "content": ""}, fault=_unparsed(error))

    def finished(self, output: Mapping[str, Any], note: Mapping[str, Any]) -> Any:
        """All of it, or what was parsed; the parser's own error where the caller did not ask to see the raw message."""
        if self._calls_a_tool(output):
            output = {**output, "parsed": None, "parsing_error": None}
        if self.include_raw:
            return marked_chunk(output, note)
        if output.get("parsing_error") is not None:
            raise output["parsing_error"]
        return output.get("parsed")

    def _calls_a_tool(self, output: Mapping[str, Any]) -> bool:
        calls = getattr(output["raw"], "tool_calls", None) or ()
        return bool(calls) and all(call["name"] in self.tools for call in calls)


class Generated:
    """An `LLMResult`, for code that calls `generate`."""

    def answer_in(self, error: Exception) -> Answer | None:
        """A call that raises has failed."""
        return None

    def call(
        self, model: Runnable[Any, Any], messages: list[BaseMessage], config: RunnableConfig, /, **options: Any
    ) -> LLMResult:
        """Calls the tier's own `generate`, where it has one."""
        chat, config, options = _unwrapped(model, config, options)
        if chat is None:
            return _result_of(model.invoke(messages, config, **options))
        return chat.generate([messages], **_spread(config), **options)

    async def acall(
        self, model: Runnable[Any, Any], messages: list[BaseMessage], config: RunnableConfig, /, **options: Any
    ) -> LLMResult:
        """`call`, for async hosts."""
        chat, config, options = _unwrapped(model, config, options)
        if chat is None:
            return _result_of(await model.ainvoke(messages, config, **options))
        return await chat.agenerate([messages], **_spread(config), **options)

    def answer(self, output: LLMResult) -> Answer:
        """The first generation's message."""
        first = output.generations[0][0]
        return answer_of(first.message) if isinstance(first, ChatGeneration) else Answer({"role": "assistant"})

    def finished(self, output: LLMResult, note: Mapping[str, Any]) -> LLMResult:
        """The result, its messages marked."""
        generations = [[marked_generation(one, note) for one in row] for row in output.generations]
        return output.model_copy(update={"generations": generations})


def combined(results: Sequence[LLMResult]) -> LLMResult:
    """One result for a batch; token counts in `llm_output` are summed."""
    total: dict[str, Any] = {}
    for output in (result.llm_output or {} for result in results):
        for key, value in output.items():
            total[key] = _summed(total.get(key), value) if key == "token_usage" else value
    runs = [run for result in results for run in result.run or ()]
    return LLMResult(
        generations=[row for result in results for row in result.generations], llm_output=total, run=runs or None
    )


def _summed(one: Any, other: Any) -> Any:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return one + other if isinstance(one, int) and isinstance(other, int) else other
    return {key: _summed(one.get(key), value) for key, value in {**one, **other}.items()}


def _unwrapped(
    model: Runnable[Any, Any], config: RunnableConfig, options: Mapping[str, Any]
) -> tuple[BaseChatModel | None, RunnableConfig, dict[str, Any]]:
    """The chat model inside bindings, with what was bound; None where something else is inside."""
    keywords = dict(options)
    while isinstance(model, RunnableBinding):
        keywords = {**model.kwargs, **keywords}
        config = merge_configs(model.config, config)
        model = model.bound
    return (model, config, keywords) if isinstance(model, BaseChatModel) else (None, config, dict(options))


def _spread(config: RunnableConfig) -> dict[str, Any]:
    return {key: config.get(key) for key in ("callbacks", "tags", "metadata", "run_name", "run_id")}


def _unparsed(error: BaseException) -> str:
    return f"it does not parse as the form asked for ({type(error).__name__})"


def _result_of(message: Any) -> LLMResult:
    return LLMResult(generations=[[ChatGeneration(message=message)]])


def as_json(parsed: Any) -> str:
    """What was parsed, as the text of the answer that was asked for."""
    if isinstance(parsed, BaseModel):
        return parsed.model_dump_json()
    return json.dumps(parsed, ensure_ascii=False, default=str)
