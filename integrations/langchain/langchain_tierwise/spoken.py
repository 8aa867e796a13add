"""What a handler has answered, as a chat model that says it: traced, streamed and parsed like any other, calling nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from pydantic import BaseModel

from tierwise.plan import Plan

NOTHING = UsageMetadata(input_tokens=0, output_tokens=0, total_tokens=0)


def message_of(plan: Plan) -> AIMessage:
    """The answer of a plan that was done when it began, as LangChain's message. No token was used."""
    said: Mapping[str, Any] = {} if plan.answer is None else plan.answer.message
    calls = [
        tool_call(name=call["function"]["name"], args=json.loads(call["function"]["arguments"]), id=call["id"])
        for call in said.get("tool_calls") or ()
    ]
    return AIMessage(
        content=said.get("content") or "",
        tool_calls=calls,
        usage_metadata=NOTHING,
        response_metadata={
            "model_name": plan.tier.name,
            "finish_reason": None if plan.answer is None else plan.answer.finish_reason,
        },
    )


class Spoken(BaseChatModel):
    """Says one message, whatever it is asked."""

    message: AIMessage
    name: str | None = None

    @classmethod
    def of(cls, plan: Plan) -> Spoken:
        """The answer of a plan that was done when it began; no cache of LangChain's may take its place."""
        return cls(message=message_of(plan), name=plan.tier.name, cache=False)

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Itself: what is called has been decided."""
        return self

    def with_structured_output(self, schema: Any, *, include_raw: bool = False, **kwargs: Any) -> Runnable[Any, Any]:
        """The message's JSON, as the class or the mapping that was asked for."""
        is_class = isinstance(schema, type) and issubclass(schema, BaseModel)
        parser: Any = PydanticOutputParser(pydantic_object=schema) if is_class else JsonOutputParser()
        if not include_raw:
            chain: Runnable[Any, Any] = self | parser
            return chain
        parsed: Any = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
        unparsed = RunnablePassthrough.assign(parsed=lambda _: None)
        fallback: Runnable[Any, Any] = parsed.with_fallbacks([unparsed], exception_key="parsing_error")
        return RunnableMap(raw=self) | fallback

    @property
    def _llm_type(self) -> str:
        return "tierwise-handler"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return LangSmithParams(ls_provider="tierwise", ls_model_name=self.name or "handler", ls_model_type="chat")

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.message.model_copy())])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        calls = [
            tool_call_chunk(
                name=call["name"], args=json.dumps(call["args"], ensure_ascii=False), id=call["id"], index=i
            )
            for i, call in enumerate(self.message.tool_calls)
        ]
        said = AIMessageChunk(
            content=self.message.content,
            tool_call_chunks=calls,
            usage_metadata=NOTHING,
            response_metadata=dict(self.message.response_metadata),
        )
        yield ChatGenerationChunk(message=said)
