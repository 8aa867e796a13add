"""The agent at work: each model call it makes, with the decision and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig

from langchain_tierwise.chat_models import ChatTierwise
from langchain_tierwise.demo.faq import Faq
from langchain_tierwise.demo.handbook import HANDBOOK
from langchain_tierwise.demo.shop import Shop
from langchain_tierwise.demo.tasks import Task
from langchain_tierwise.demo.tools import tools_of
from tierwise.errors import MissingExtra
from tierwise.policy.cost import billed_usd
from tierwise.tiers import Tier
from tierwise.types import Usage


@dataclass(frozen=True)
class Played:
    """One model call of the agent.

    Attributes:
        decision: As `Decision.to_dict()` gives it.
        usd: What was billed, a discarded first try included.
        usage: Tokens of the answer that was kept.
        does: The tool calls, or the answer's text.
    """

    decision: Mapping[str, Any]
    usd: float
    usage: Usage
    does: str

    @property
    def tier(self) -> str:
        """Name of the tier that took the step."""
        return str(self.decision["tier"])


def play(chat: ChatTierwise, tasks: Iterable[Task]) -> Iterator[str | Task | Played]:
    """Lets an agent solve tasks with real tools, as it happens: a task, what a person asks, each step.

    Raises:
        MissingExtra: `langchain` is not installed, only `langchain-core`.
    """
    try:
        from langchain.agents import create_agent
    except ImportError as error:
        raise MissingExtra("langchain", "demo", distribution="langchain-tierwise") from error
    agent = create_agent(chat, tools_of(Shop(), Faq()), system_prompt=HANDBOOK)
    for task in tasks:
        yield task
        history: list[AnyMessage] = []
        config: RunnableConfig = {"configurable": {"thread_id": task.title}}
        for turn in task.turns:
            yield turn.asked
            history.append(HumanMessage(turn.asked))
            for update in agent.stream({"messages": list(history)}, config, stream_mode="updates"):
                for state in update.values():
                    history += state["messages"]
                    yield from (played_of(message) for message in state["messages"] if isinstance(message, AIMessage))


def played_of(message: AIMessage) -> Played:
    """What a routed message says of itself."""
    note = message.response_metadata["tierwise"]
    calls = [f"{call['name']}({', '.join(map(str, call['args'].values()))})" for call in message.tool_calls]
    return Played(note, float(note["usd"]), _usage_of(message), "; ".join(calls) or message.text)


def always(tier: Tier, steps: Iterable[Played]) -> float:
    """What these steps would have cost in USD, had this tier taken them all, with the same tokens."""
    return sum(billed_usd(tier, step.usage) for step in steps)


def _usage_of(message: AIMessage) -> Usage:
    told = message.usage_metadata
    if told is None:
        return Usage()
    details = told.get("input_token_details") or {}
    return Usage(
        input=told["input_tokens"],
        cached=details.get("cache_read") or 0,
        cache_write=details.get("cache_creation") or 0,
        output=told["output_tokens"],
    )
