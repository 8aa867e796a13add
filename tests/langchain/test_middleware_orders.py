"""Five middlewares around one agent, in every order: each does its part, and each step is still routed."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    HumanInTheLoopMiddleware,
    ModelFallbackMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import Field

from langchain_tierwise import TierwiseMiddleware

NAMES = ("ours", "summary", "fallback", "person", "redaction")
EMAIL = "ada@example.org"
looked_up: list[str] = []


def look_up(key: str) -> str:
    """Looks a key up."""
    looked_up.append(key)
    return f"value of {key}"


class Worker(BaseChatModel):
    """Calls a tool when asked, then answers. The first calls fail, as many as it is told."""

    model: str
    failures: list[int] = Field(default_factory=lambda: [0])

    @property
    def _llm_type(self) -> str:
        return "worker"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Takes any tools."""
        return self.bind(**kwargs)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """A hundred a message."""
        return 100 * len(messages)

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        if self.failures[0]:
            self.failures[0] -= 1
            raise RuntimeError("down")
        call = {"id": "call_1", "name": "look_up", "args": {"key": "x"}}
        done = messages[-1].type == "tool"
        message = AIMessage(f"Done by {self.model}." if done else "", tool_calls=[] if done else [call])
        message.response_metadata["model_name"] = self.model
        return ChatResult(generations=[ChatGeneration(message=message)])


class Summariser(Worker):
    """Sums up."""

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("In short: greetings."))])


def agent_in_order(order: tuple[str, ...], settings: dict[str, Any]) -> Any:
    """A new agent whose small tier fails once."""
    tiers = {"small": Worker(model="gpt-4.1-nano", failures=[1]), "top": Worker(model="gpt-4.1")}
    made = {
        "ours": TierwiseMiddleware(tiers, prices={"small": (0.1, 0.4), "top": (2, 8)}, **settings),
        "summary": SummarizationMiddleware(
            model=Summariser(model="summariser"), trigger=("messages", 5), keep=("messages", 1)
        ),
        "fallback": ModelFallbackMiddleware(Worker(model="spare")),
        "person": HumanInTheLoopMiddleware(interrupt_on={"look_up": True}),
        "redaction": PIIMiddleware("email", strategy="redact", apply_to_input=True),
    }
    return create_agent(
        tiers["top"], [look_up], middleware=[made[name] for name in order], checkpointer=InMemorySaver()
    )


def talk() -> list[BaseMessage]:
    """A conversation long enough to be summed up."""
    before = [HumanMessage("Hello."), AIMessage("Hello, how can I help?"), HumanMessage("Hm."), AIMessage("Yes?")]
    return [*before, HumanMessage(f"Look x up for {EMAIL}.")]


@pytest.mark.parametrize("how", ["sync", "async"])
def test_five_middlewares_work_in_every_order(how: str, settings: dict[str, Any]):
    """120 orders: summed up, redacted, helped out by the fallback, approved by a person, and routed."""
    for order in itertools.permutations(NAMES):
        looked_up.clear()
        agent, thread = agent_in_order(order, settings), {"configurable": {"thread_id": "t"}}

        def call(given: Any, agent: Any = agent, thread: Any = thread) -> Any:
            return agent.invoke(given, thread) if how == "sync" else asyncio.run(agent.ainvoke(given, thread))

        paused = call({"messages": talk()})
        assert len(paused["__interrupt__"]) == 1, order
        assert not looked_up, order
        messages = call(Command(resume={"decisions": [{"type": "approve"}]}))["messages"]

        texts = " ".join(str(message.content) for message in messages)
        called, answered = [m for m in messages if isinstance(m, AIMessage)][-2:]
        assert "In short: greetings." in texts, order
        assert EMAIL not in texts, order
        assert looked_up == ["x"], order
        assert called.response_metadata["model_name"] == "spare", order
        assert answered.text == "Done by gpt-4.1-nano.", order
        assert answered.response_metadata["tierwise"]["tier"] == "small", order
        assert "tierwise_failed_model" not in agent.get_state(thread).values, order
