"""ChatTierwise as a chat model: every path gives the tier's own message, with the decision on it, counted once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler, UsageMetadataCallbackHandler
from langchain_core.language_models import FakeListChatModel
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from loopback import OpenAIServer, Reply

from langchain_tierwise import ChatTierwise
from tierwise.errors import ConfigError, StepError, UnknownModel
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier

EASY, HARD = "What are your opening hours?", "Prove that there are infinitely many primes."
ADD = {
    "type": "function",
    "function": {
        "name": "add_numbers",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}
PRICES = {"small": (0.1, 0.4), "top": (2.0, 8.0)}


class Starts(BaseCallbackHandler):
    """Counts the runs that begin and end, and keeps their metadata."""

    def __init__(self) -> None:
        self.metadata: list[dict[str, Any]] = []
        self.tags: list[list[str]] = []
        self.run_ids: list[Any] = []
        self.ended = 0

    def on_chat_model_start(self, serialized: Any, messages: Any, **facts: Any) -> None:
        self.metadata.append(facts["metadata"])
        self.tags.append(facts["tags"])
        self.run_ids.append(facts["run_id"])

    def on_llm_end(self, response: Any, **facts: Any) -> None:
        self.ended += 1


def decision(message: Any) -> dict[str, Any]:
    """What is written on a message."""
    return dict(message.response_metadata["tierwise"])


def test_an_easy_step_goes_down_and_a_hard_one_up(model: ChatTierwise):
    """The tier named in the decision is the model that answered."""
    easy, hard = model.invoke(EASY), model.invoke(HARD)

    assert (decision(easy)["tier"], easy.response_metadata["model_name"]) == ("small", "gpt-4.1-nano")
    assert (decision(hard)["tier"], hard.response_metadata["model_name"]) == ("top", "gpt-4.1")


async def test_every_path_decides_alike(model: ChatTierwise):
    """invoke, ainvoke, stream, astream, batch, abatch, generate and agenerate give equal decisions."""
    stream = [chunk async for chunk in model.astream(HARD)]
    results = [
        model.invoke(HARD),
        await model.ainvoke(HARD),
        sum_of(list(model.stream(HARD))),
        sum_of(stream),
        *model.batch([HARD, HARD]),
        *await model.abatch([HARD]),
        model.generate([[HumanMessage(HARD)]]).generations[0][0].message,
        (await model.agenerate([[HumanMessage(HARD)]])).generations[0][0].message,
        model._generate([HumanMessage(HARD)]).generations[0].message,
    ]

    noted = [decision(result) for result in results]
    # What a step is expected to cost follows what the conversation was billed before: these are calls of one conversation.
    varying = ("id", "conversation_id", "decision_ms", "usd", "attempts", "expected_usd", "reasons")
    assert all(result.text.startswith("Hello from gpt-4.1,") for result in results)
    assert len({json.dumps({k: v for k, v in note.items() if k not in varying}) for note in noted}) == 1


def test_a_call_is_one_run_of_the_real_model_and_its_tokens_count_once(model: ChatTierwise):
    """One start, one end, the tier's own name in the trace, the provider's usage once."""
    starts, usage = Starts(), UsageMetadataCallbackHandler()
    for call in (model.invoke, lambda *a, **k: sum_of(list(model.stream(*a, **k)))):
        starts.__init__()
        usage.__init__()
        message = call(EASY, config={"callbacks": [starts, usage], "tags": ["mine"], "metadata": {"who": "me"}})

        assert (len(starts.metadata), starts.ended) == (1, 1)
        assert starts.metadata[0]["ls_model_name"] == "gpt-4.1-nano"
        assert starts.metadata[0]["tierwise_tier"] == "small"
        assert (starts.metadata[0]["who"], starts.tags) == ("me", [["mine"]])
        assert usage.usage_metadata["gpt-4.1-nano"]["total_tokens"] == message.usage_metadata["total_tokens"]


def test_a_stream_carries_the_decision_and_the_usage_on_one_chunk_each(model: ChatTierwise):
    """Chunks pass unchanged; only the first is written on."""
    chunks = list(model.stream(EASY))

    assert ["tierwise" in chunk.response_metadata for chunk in chunks] == [True] + [False] * (len(chunks) - 1)
    assert sum(chunk.usage_metadata is not None for chunk in chunks) == 1
    assert chunks[-1].chunk_position == "last"


def test_tools_are_bound_when_the_tier_is_known(model: ChatTierwise, openai_server: OpenAIServer):
    """Tools, their choice and their options arrive in the request; the decision counts the tools."""
    bound = model.bind_tools([ADD], tool_choice="add_numbers", parallel_tool_calls=False)
    message = bound.invoke("What is 3 and 4?")

    body = openai_server.asked()[-1].body
    assert message.tool_calls[0]["args"] == {"a": 3, "b": 4}
    assert body["tool_choice"] == {"type": "function", "function": {"name": "add_numbers"}}
    assert body["parallel_tool_calls"] is False
    assert decision(message)["signals"]["tools"] == 1
    assert decision(message)["signals"]["tool_choice_forced"] is True


def test_parameters_are_forwarded_and_not_swallowed(
    openai_tier: Callable[..., ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """Those set on the model go along with every call; those of the call win."""
    model = ChatTierwise(
        {"only": openai_tier("gpt-4.1")}, temperature=0.5, max_tokens=50, stop=["END"], **settings_for(1)
    )
    model.invoke(EASY, temperature=0.1, seed=7)

    body = openai_server.asked()[-1].body
    assert (body["temperature"], body["seed"], body["stop"]) == (0.1, 7, ["END"])
    assert body.get("max_completion_tokens", body.get("max_tokens")) == 50


def test_an_unknown_argument_is_told_at_once(openai_tier: Callable[..., ChatOpenAI], settings: dict[str, Any]):
    """A typing slip does not vanish in a chat model that takes anything."""
    with pytest.raises(ConfigError, match="temprature"):
        ChatTierwise({"small": openai_tier("gpt-4.1-nano")}, temprature=0, **settings)


def test_a_model_without_a_price_is_the_cores_own_error(openai_tier: Callable[..., ChatOpenAI]):
    """A fake says no name, an unknown name has no price; by hand both are fine."""
    fake, unknown = FakeListChatModel(responses=["hi"]), openai_tier("no-such-model-anywhere")
    with pytest.raises(ConfigError, match="neither a model nor prices"):
        ChatTierwise({"small": fake, "top": fake})
    with pytest.raises(UnknownModel, match="no-such-model-anywhere"):
        ChatTierwise({"small": unknown})

    model = ChatTierwise({"small": fake, "top": fake}, prices=PRICES, **settings_for(2))
    assert model.invoke(EASY).content == "hi"


def test_tiers_may_be_described_by_hand_or_by_a_router():
    """Either way their names must be those of the models."""
    fake = FakeListChatModel(responses=["hi"])
    by_facts = ChatTierwise({"small": fake}, facts=[Tier("small", prices=(1, 2), latency_ms=300)], **settings_for(1))
    router = Router([Tier("small", prices=(1, 2))], **settings_for(1))

    assert by_facts.router.top.latency_ms == 300
    assert ChatTierwise({"small": fake}, router=router).router is router
    with pytest.raises(ConfigError, match="'big'"):
        ChatTierwise({"big": fake}, router=router)
    with pytest.raises(ConfigError, match="both given"):
        ChatTierwise({"small": fake}, router=router, prices={"small": (1, 2)})


def test_the_thread_is_the_conversation(model: ChatTierwise):
    """LangGraph's `thread_id` names it; a sub-agent inside is a conversation of its own."""
    thread = {"configurable": {"thread_id": "t-7"}}
    inner = {"configurable": {"thread_id": "t-7", "checkpoint_ns": "research:1b2c|model:3d4e"}}

    assert decision(model.invoke(EASY, thread))["conversation_id"] == "t-7"
    assert decision(model.invoke(EASY, inner))["conversation_id"] == "t-7/research"


def test_an_unusable_answer_goes_one_tier_up_as_a_second_run(model: ChatTierwise, openai_server: OpenAIServer):
    """Both runs are traced, and both are billed; the first one's run id is not used twice."""
    openai_server.script("gpt-4.1-nano", Reply(calls=(("no_such_tool", {}),)))
    starts = Starts()
    message = model.bind_tools([ADD]).invoke("hello", {"callbacks": [starts]})

    assert (decision(message)["tier"], message.response_metadata["model_name"]) == ("top", "gpt-4.1")
    assert [m["tierwise_tier"] for m in starts.metadata] == ["small", "top"]
    assert len(set(starts.run_ids)) == 2
    assert [a["tier"] for a in decision(message)["attempts"]] == ["small", "top"]


def test_a_stream_is_never_taken_back(model: ChatTierwise, openai_server: OpenAIServer):
    """What is shown is shown: an unusable streamed answer is not tried again."""
    openai_server.script("gpt-4.1-nano", Reply(calls=(("no_such_tool", {}),)))
    chunks = list(model.bind_tools([ADD]).stream("hello"))

    assert sum_of(chunks).tool_calls[0]["name"] == "no_such_tool"
    assert len(openai_server.asked()) == 1


def test_a_failing_tier_raises_the_hosts_own_error_or_steps_up_when_asked(
    openai_tier: Callable[..., ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """By default the exception is the client's; with `on_tier_error="step_up"` the next tier takes over."""
    import openai

    openai_server.always("gpt-4.1-nano", Reply(status=400, error="bad day"))
    tiers = {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}

    with pytest.raises(openai.BadRequestError, match="bad day"):
        ChatTierwise(tiers, **settings).invoke(EASY)
    helped = ChatTierwise(tiers, on_tier_error="step_up", **settings)
    assert decision(helped.invoke(EASY))["tier"] == "top"
    assert decision(next(iter(helped.stream(EASY))))["tier"] == "top"  # nothing had been shown yet


def test_what_is_no_step_is_a_clear_error(model: ChatTierwise):
    """An empty list is told as the core tells it."""
    with pytest.raises(StepError, match="no messages"):
        model.invoke([])


def test_a_tier_can_be_asked_for_by_name_and_wishes_hold_for_a_call(model: ChatTierwise):
    """`model=` names a tier or its model; `tierwise=` carries floor, ceiling, quality and user."""
    assert decision(model.invoke(EASY, model="top"))["tier"] == "top"
    assert decision(model.bind(model="gpt-4.1-nano").invoke(HARD))["tier"] == "small"
    assert decision(model.bind(tierwise={"floor": "top"}).invoke(EASY))["tier"] == "top"
    with pytest.raises(StepError, match="florr"):
        model.invoke(EASY, tierwise={"florr": "top"})


def test_history_reaches_the_tier_whole(model: ChatTierwise, openai_server: OpenAIServer):
    """Roles, calls, results and names arrive as LangChain's own package writes them."""
    history = [
        SystemMessage("Be kind."),
        HumanMessage("Add 1 and 2", name="ada"),
        AIMessage("", tool_calls=[{"id": "c1", "name": "add_numbers", "args": {"a": 1, "b": 2}}]),
        ToolMessage("boom", tool_call_id="c1", status="error"),
    ]
    message = model.bind_tools([ADD]).invoke(history)

    body = openai_server.asked()[-1].body
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "tool"]
    assert decision(message)["kind"] == "recovery"


def test_no_key_is_in_repr_or_dumps(model: ChatTierwise):
    """Not in repr, not in the serialised form, not in the parameters that name the cache key."""
    texts = [repr(model), str(model), dumps(model), json.dumps(model.model_dump(), default=str)]
    texts += [str(model._identifying_params), str(model._get_llm_string()), repr(model.bind_tools([ADD]))]

    assert not any("sk-loopback" in text for text in texts)


def sum_of(chunks: list[Any]) -> Any:
    """A stream's chunks as one message."""
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


def settings_for(tiers: int) -> dict[str, Any]:
    """A classifier that likes the cheap tier as much as the dear one."""
    names = ("small", "top", "only")
    return {"classifier": FakeClassifier(dict.fromkeys(names, 0.9)), "embedder": None}
