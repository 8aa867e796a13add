"""Scripted stand-ins for the tiers' models: no key, no network, the same words every time.

A stand-in reads the messages it is given as a model would: what was asked last, and which tool results have come since.
From these alone it makes its next move, calls tools under ids of its own, and reports the tokens it would be billed for.
It stands in for a model's name and price, not for its wit: both tiers make the same moves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_tierwise.demo.tasks import TASKS, Call, Turn

_TURNS: Mapping[str, Turn] = {turn.asked: turn for task in TASKS for turn in task.turns}
_AT_A_LOSS = "I am a scripted stand-in and know only the demo's tasks: use --live for real models."


class StandIn(BaseChatModel):
    """Plays a model on the demo's tasks, under its name and at its price."""

    provider: str
    model_name: str

    @property
    def _llm_type(self) -> str:
        return "tierwise-stand-in"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        told = super()._get_ls_params(stop=stop, **kwargs)
        return LangSmithParams(**{**told, "ls_provider": self.provider, "ls_model_name": self.model_name})

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The stand-in, knowing the tools' schemas: they count as input tokens."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        **kwargs: Any,
    ) -> ChatResult:
        message = _next_message(messages)
        read = count_tokens_approximately(messages) + len(json.dumps(list(tools))) // 4
        written = count_tokens_approximately([message])
        message.usage_metadata = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
        message.response_metadata = {"model_name": self.model_name, "finish_reason": "stop"}
        return ChatResult(generations=[ChatGeneration(message=message)])


def _next_message(messages: Sequence[BaseMessage]) -> AIMessage:
    """The next move of the turn that the last human message opened."""
    asked_at = max((i for i, message in enumerate(messages) if isinstance(message, HumanMessage)), default=None)
    turn = None if asked_at is None else _TURNS.get(messages[asked_at].text)
    if turn is None:
        return AIMessage(_AT_A_LOSS)
    since = messages[asked_at:]
    seen = [message.text for message in since if isinstance(message, ToolMessage)]
    made = sum(isinstance(message, AIMessage) for message in since)
    move = turn.moves[made](seen) if made < len(turn.moves) else "Done."
    if isinstance(move, str):
        return AIMessage(move)
    return AIMessage("", tool_calls=[_tool_call(move, id_=f"call_{asked_at}_{made}")])


def _tool_call(call: Call, id_: str) -> Any:
    return {"name": call.tool, "args": dict(call.arguments), "id": id_, "type": "tool_call"}
