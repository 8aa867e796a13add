"""One engine, every host, identical decisions: the same steps through the core, LangChain, LlamaIndex and litellm."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

from tierwise import Router, Tier
from tierwise.handlers.entities import Entities
from tierwise.handlers.faq import FAQ
from tierwise.handlers.rules import ReplyRule, Rules
from tierwise.handlers.sentiment import Sentiment
from tierwise.handlers.tool_args import ToolArgs

sys.path.insert(0, str(Path(__file__).parent))
from written_steps import written_steps

sys.path.remove(str(Path(__file__).parent))

Step = dict[str, Any]
Decide = Callable[[Step], dict[str, Any]]
REAL_STEPS_OF_EACH = 110
SHOP_FAQ = Path(__file__).parents[1] / "core" / "data" / "shop_faq.yaml"
TRACK = {
    "type": "function",
    "function": {
        "name": "track_order",
        "description": "Where it is.",
        "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
    },
}
HANDLED = {
    "/ping": "rules",
    "What is your return policy?": "faq",
    "¿Cuál es su horario de apertura?": "faq",
    "Classify the sentiment of this review as positive or negative: I love it.": "sentiment",
    "Extract all email addresses from this text: write to ada@example.org": "entities",
    "track order 81723": "args",
    "What is the return policy for wedding items?": None,
    "Is order 81723 on its way?": None,
}
"""What a person says, and the handler that answers it."""


def new_router() -> Router:
    """Priced by hand and with nothing held in caches: a fake tier's reported usage must not sway the next step's cost.

    For the same reason litellm, whose fakes report usage, is asked on behalf of a new user at every step. All handlers are
    asked before: what they answer, and why they abstain, must be the same everywhere.
    """
    return Router(
        [
            Tier("rules", handler=Rules([ReplyRule("ping", "/ping", reply="pong")])),
            Tier("faq", handler=FAQ.from_file(SHOP_FAQ)),
            Tier("sentiment", handler=Sentiment()),
            Tier("entities", handler=Entities()),
            Tier("args", handler=ToolArgs()),
            Tier("small", model="small-model", prices=(0.1, 0.4), cache_ttl_s=0, vision=True),
            Tier("middle", model="middle-model", prices=(1, 4), cache_ttl_s=0, vision=True),
            Tier("top", model="top-model", prices=(5, 25), cache_ttl_s=0, vision=True),
        ]
    )


def core() -> Decide:
    router = new_router()
    return lambda step: router.start(step["messages"], tools=step["tools"]).decision.canonical()


def langchain() -> Decide:
    pytest.importorskip("langchain_core")
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage, ToolMessage, convert_to_messages

    from langchain_tierwise import ChatTierwise

    class Double(GenericFakeChatModel):
        """Stands for a paid model: says "ok", takes tools."""

        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self.bind(tools=tools, **kwargs)

    def forever() -> Iterator[AIMessage]:
        while True:
            yield AIMessage("ok")

    model = ChatTierwise({name: Double(messages=forever()) for name in ("small", "middle", "top")}, router=new_router())

    def decide(step: Step) -> dict[str, Any]:
        messages = convert_to_messages(step["messages"])
        for message, raw in zip(messages, step["messages"], strict=True):
            if raw.get("is_error"):
                assert isinstance(message, ToolMessage)
                message.status = "error"
        bound = model.bind_tools(step["tools"]) if step["tools"] else model
        return without_names(bound.invoke(messages).response_metadata["tierwise"])

    return decide


def llama_index() -> Decide:
    pytest.importorskip("llama_index.core")
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms.mock import MockFunctionCallingLLM
    from llama_index.core.tools import FunctionTool, ToolMetadata
    from llama_index.llms.openai.utils import from_openai_message_dicts

    from llama_index.llms.tierwise import Tierwise

    class Double(MockFunctionCallingLLM):
        """Stands for a paid model: says "ok", takes tools."""

        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            return ChatResponse(message=ChatMessage(role="assistant", content="ok"))

    llm = Tierwise({name: Double() for name in ("small", "middle", "top")}, router=new_router())

    class Metadata(ToolMetadata):
        def get_parameters_dict(self) -> dict[str, Any]:
            return self.schema_given  # type: ignore[attr-defined, no-any-return]

    def as_tool(raw: dict[str, Any]) -> FunctionTool:
        function = raw["function"]
        metadata = Metadata(description=function.get("description", ""), name=function["name"])
        metadata.schema_given = function.get("parameters", {})  # type: ignore[attr-defined]
        return FunctionTool(fn=lambda **_: "", metadata=metadata)

    def decide(step: Step) -> dict[str, Any]:
        messages = from_openai_message_dicts(step["messages"])
        for message, raw in zip(messages, step["messages"], strict=True):
            if raw.get("is_error"):
                message.additional_kwargs["is_error"] = True
        if step["tools"]:
            response = llm.chat_with_tools([as_tool(tool) for tool in step["tools"]], chat_history=messages)
        else:
            response = llm.chat(messages)
        return without_names(response.additional_kwargs["tierwise"])

    return decide


def litellm() -> Decide:
    litellm = pytest.importorskip("litellm")
    import litellm_tierwise

    says_ok = {name: {"model": f"openai/{name}", "mock_response": "ok"} for name in ("small", "middle", "top")}
    litellm_tierwise.register(new_router(), name="parity", litellm_params=says_ok)

    users = (f"user-{number}" for number in count())

    def decide(step: Step) -> dict[str, Any]:
        tools = {"tools": step["tools"]} if step["tools"] else {}
        response = litellm.completion(model="tierwise/parity", messages=step["messages"], user=next(users), **tools)
        return without_names(response._hidden_params["tierwise"])

    return decide


HOSTS: dict[str, Callable[[], Decide]] = {"langchain": langchain, "llama_index": llama_index, "litellm": litellm}


def without_names(decision: dict[str, Any]) -> dict[str, Any]:
    """What `decision.canonical()` leaves of a decision that a host has passed on, and the core's keys only."""
    return {key: decision[key] for key in canonical_keys()}


@cache
def canonical_keys() -> tuple[str, ...]:
    """The keys of the core's own."""
    return tuple(core()({"messages": [{"role": "user", "content": "hi"}], "tools": []}))


def real_steps(shared: Path) -> Iterator[Step]:
    """Steps of recorded agents: AgentDojo, tau and BFCL, as many of each, spread over their runs."""
    pd = pytest.importorskip("pandas")
    for source in ("agentdojo", "tau"):
        folder = shared / "data" / "agents" / source
        tools = dict(pd.read_parquet(folder / "tools.parquet")[["tools_ref", "tools"]].itertuples(index=False))
        traces = pd.read_parquet(folder / "traces.parquet", columns=["messages", "tools_ref"]).iloc[::11]
        yield from islice(spread(traces, tools), REAL_STEPS_OF_EACH)
    queries = pd.read_parquet(shared / "data" / "agents" / "bfcl" / "queries.parquet")
    plain = queries[queries.source == "bfcl_v1"].iloc[::12]
    for row in islice(plain.itertuples(), REAL_STEPS_OF_EACH):
        yield {"messages": json.loads(row.messages), "tools": json.loads(row.tools)}


def spread(traces: Any, tools: dict[str, str]) -> Iterator[Step]:
    for number, row in enumerate(traces.itertuples()):
        messages = json.loads(row.messages)
        answers = [
            i
            for i, message in enumerate(messages)
            if message["role"] == "assistant" and i and not message.get("scripted")
        ]
        if answers:
            yield {"messages": messages[: answers[number % len(answers)]], "tools": json.loads(tools[row.tools_ref])}


@pytest.mark.parametrize("host", HOSTS)
def test_written_steps_are_decided_alike_on_every_host(host):
    """Three hundred steps written for the tests: equal `decision.canonical()`, reasons and costs included."""
    decide, reference = HOSTS[host](), core()
    steps = list(written_steps())

    assert len(steps) >= 300
    for step in steps:
        assert decide(step) == json.loads(json.dumps(reference(step))), step["messages"]


@pytest.mark.parametrize("host", HOSTS)
def test_handlers_answer_and_abstain_alike_on_every_host(host):
    """Who answers, from where and how surely, and why the others did not: equal `decision.canonical()`."""
    decide, reference = HOSTS[host](), core()
    for text, name in HANDLED.items():
        step = {"messages": [{"role": "user", "content": text}], "tools": [TRACK]}
        decision = decide(step)
        assert decision == json.loads(json.dumps(reference(step))), text
        assert (decision["tier"] if decision["source"] else None) == name, text


@pytest.mark.shared
@pytest.mark.parametrize("host", HOSTS)
def test_real_steps_are_decided_alike_on_every_host(host, shared):
    """Three hundred steps of recorded agents: equal `decision.canonical()`."""
    decide, reference = HOSTS[host](), core()
    steps = list(real_steps(shared))

    assert len(steps) >= 300
    unequal = [i for i, step in enumerate(steps) if decide(step) != json.loads(json.dumps(reference(step)))]
    assert not unequal


def test_the_steps_are_worth_comparing():
    """They use every tier and every kind, so that equality says something."""
    decide = core()
    decisions = [decide(step) for step in written_steps()]

    assert {decision["tier"] for decision in decisions} >= {"small", "top"}
    assert {decision["kind"] for decision in decisions} == {
        "opening",
        "tool_call",
        "digest",
        "answer",
        "recovery",
        "follow_up",
        "summary",
    }
    assert not any(decision["fallback"] for decision in decisions)
