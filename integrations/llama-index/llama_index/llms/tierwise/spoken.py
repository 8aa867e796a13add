"""What a handler has answered, as an LLM that says it: with the host's events, like any other, calling nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    ContentBlock,
    LLMMetadata,
    MessageRole,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools import BaseTool

from tierwise.plan import Plan

_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


class Spoken(FunctionCallingLLM):
    """Says one thing, whatever it is asked."""

    tier: str
    text: str = ""
    calls: list[dict[str, Any]] = []  # noqa: RUF012  # pydantic copies it

    @classmethod
    def of(cls, plan: Plan, **fields: Any) -> Self:
        """The answer of a plan that was done when it began."""
        said: Mapping[str, Any] = {} if plan.answer is None else plan.answer.message
        return cls(
            tier=plan.tier.name, text=said.get("content") or "", calls=list(said.get("tool_calls") or ()), **fields
        )

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex knows the class."""
        return "tierwise_handler"

    @property
    def metadata(self) -> LLMMetadata:
        """A chat model that calls functions, and goes by the handler's name."""
        return LLMMetadata(model_name=self.tier, is_chat_model=True, is_function_calling_model=True)

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """The answer."""
        return self._said()

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """The answer."""
        return self._said()

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """The answer, in one piece."""

        def chunks() -> ChatResponseGen:
            yield self._said(delta=self.text)

        return chunks()

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """The answer, in one piece."""

        async def chunks() -> ChatResponseAsyncGen:
            yield self._said(delta=self.text)

        return chunks()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """The answer."""
        return self._completed()

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """The answer."""
        return self._completed()

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """The answer, in one piece."""

        def chunks() -> CompletionResponseGen:
            yield self._completed(delta=self.text)

        return chunks()

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """The answer, in one piece."""

        async def chunks() -> CompletionResponseAsyncGen:
            yield self._completed(delta=self.text)

        return chunks()

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The tool calls in an answer of a handler.

        Raises:
            ValueError: There are none, and `error_on_no_tool_call` is set.
        """
        blocks = [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
        if not blocks and error_on_no_tool_call:
            raise ValueError("Expected at least one tool call, but a handler answered with a text.")
        return [
            ToolSelection(tool_id=b.tool_call_id or "", tool_name=b.tool_name, tool_kwargs=_mapping(b.tool_kwargs))
            for b in blocks
        ]

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        return {"messages": list(chat_history or ())}

    def _said(self, delta: str | None = None) -> ChatResponse:
        blocks: list[ContentBlock] = [TextBlock(text=self.text)] if self.text else []
        for call in self.calls:
            told = call["function"]
            blocks.append(
                ToolCallBlock(tool_call_id=call["id"], tool_name=told["name"], tool_kwargs=_mapping(told["arguments"]))
            )
        message = ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks)
        return ChatResponse(message=message, delta=delta, raw={"model": self.tier, "usage": dict(_USAGE)})

    def _completed(self, delta: str | None = None) -> CompletionResponse:
        return CompletionResponse(text=self.text, delta=delta, raw={"model": self.tier, "usage": dict(_USAGE)})


def _mapping(arguments: Any) -> dict[str, Any]:
    return dict(json.loads(arguments) if isinstance(arguments, str) else arguments)
