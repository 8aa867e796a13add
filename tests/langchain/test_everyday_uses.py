"""What people do with a chat model besides calling it: lists of configs, copies, alternatives, histories, threads."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import warnings
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    messages_from_dict,
    messages_to_dict,
)
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import ConfigurableField
from langchain_core.runnables.history import RunnableWithMessageHistory

from langchain_tierwise import ChatTierwise, TierwiseMiddleware
from tierwise import Outcome
from tierwise.errors import ConfigError, NotPicklable, StepError
from tierwise.handlers.faq import FAQ, Entry

EASY, HARD = "What are your opening hours?", "Prove that there are infinitely many primes."


@pytest.fixture
def model(echoes: dict[str, Any], settings: dict[str, Any]) -> ChatTierwise:
    """Two models in this process."""
    return ChatTierwise(echoes, **settings)


def note(message: Any) -> dict[str, Any]:
    """The decision on a message."""
    return dict(message.response_metadata["tierwise"])


async def test_a_batch_takes_a_config_for_each_and_keeps_their_order(model: ChatTierwise):
    """Sync and async; a call that fails stands in its place where exceptions are asked for."""
    configs: Any = [{"configurable": {"thread_id": name}} for name in "abc"]
    asked = [EASY, HARD, EASY]
    for answers in (model.batch(asked, configs), await model.abatch(asked, configs)):
        assert [note(answer)["conversation_id"] for answer in answers] == ["a", "b", "c"]
        assert [note(answer)["tier"] for answer in answers] == ["small", "top", "small"]
    good, bad = model.batch([EASY, []], return_exceptions=True)

    assert note(good)["tier"] == "small"
    assert isinstance(bad, StepError)
    assert len(await model.abatch([EASY] * 20, {"max_concurrency": 3})) == 20
    assert sorted(index for index, _ in model.batch_as_completed([EASY, HARD])) == [0, 1]


@pytest.mark.parametrize("way", ["copy", "deepcopy", "model_copy", "deep model_copy"])
def test_copies_work_and_change_nothing_of_the_first(way: str, model: ChatTierwise, echoes: dict[str, Any]):
    """A copy with another setting sends it; the first does not."""
    made = {
        "copy": lambda: copy.copy(model),
        "deepcopy": lambda: copy.deepcopy(model),
        "model_copy": lambda: model.model_copy(update={"temperature": 0.3}),
        "deep model_copy": lambda: model.model_copy(deep=True),
    }[way]()
    made.temperature = 0.3

    assert note(made.invoke(EASY))["tier"] == "small"
    assert echoes["small"].calls[-1]["temperature"] == 0.3
    model.invoke(EASY)
    assert "temperature" not in echoes["small"].calls[-1]


def test_a_deep_copy_shares_router_and_tiers(openai_tier: Any, settings: dict[str, Any]):
    """The model's, with another setting; one with things bound; the middleware's: a client's locks are in nobody's way."""
    tiers = {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}
    model = ChatTierwise(tiers, **settings)

    other = model.model_copy(update={"quality": 0.5}, deep=True)
    assert (other.quality, model.quality) == (0.5, 0.8)
    assert other.router is model.router
    assert other.tiers["small"] is model.tiers["small"]
    assert copy.deepcopy(model.bind(stop=["x"])).bound.router is model.router
    assert copy.deepcopy({"model": model})["model"].invoke(EASY).content

    middleware = TierwiseMiddleware(tiers, router=model.router)
    assert copy.deepcopy(middleware).router is model.router


def test_pickled_it_is_built_again_where_its_models_can_be(echoes: dict[str, Any]):
    """Its router knows what it had learned, and its settings are kept."""
    tiers = {name: FakeListChatModel(responses=[name]) for name in echoes}
    prices = {"small": (0.1, 0.4), "top": (5, 25)}
    model = ChatTierwise(tiers, prices=prices, embedder=None, quality=0.8, temperature=0.2)
    model.router.learn([Outcome("small", 0.0, [{"role": "user", "content": f"Sort list {i}"}]) for i in range(60)])

    revived = pickle.loads(pickle.dumps(model))

    asked = [{"role": "user", "content": EASY}]
    assert revived.router.estimate(asked) == model.router.estimate(asked)
    assert (revived.quality, revived.temperature) == (0.8, 0.2)
    assert note(revived.invoke(EASY))["tier"] == note(model.invoke(EASY))["tier"]


def test_a_model_that_cannot_be_pickled_is_named_with_what_to_do(model: ChatTierwise, openai_tier: Any):
    """OpenAI's client holds locks; the router by itself goes to the other process, and takes new models there."""
    held = ChatTierwise({"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")})

    with pytest.raises(NotPicklable, match=r"tier 'small' is a ChatOpenAI, and .*router=router"):
        pickle.dumps(held)
    again = ChatTierwise(held.tiers, router=pickle.loads(pickle.dumps(held.router)))
    assert note(again.invoke(EASY))["tier"] in ("small", "top")


def test_it_may_be_one_of_several_alternatives(model: ChatTierwise, echoes: dict[str, Any]):
    """Chosen per call, as any model may be; tools bound to the pair reach it."""
    either = model.configurable_alternatives(ConfigurableField("llm"), default_key="routed", plain=echoes["top"])

    assert note(either.invoke(EASY))["tier"] == "small"
    assert "tierwise" not in either.invoke(EASY, {"configurable": {"llm": "plain"}}).response_metadata
    either.bind_tools([{"title": "t", "type": "object", "properties": {}}]).invoke(EASY)
    assert len(echoes["small"].calls[-1]["tools"]) == 1


def keeping(runnable: Any, kept: dict[str, Any], **keys: str) -> Any:
    """A runnable with langchain-core's history, one for each session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, and in use
        return RunnableWithMessageHistory(runnable, lambda session: kept.setdefault(session, history()), **keys)


def history() -> InMemoryChatMessageHistory:
    """One session's, empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return InMemoryChatMessageHistory()


def answers_in(history: InMemoryChatMessageHistory) -> list[AIMessage]:
    """What was answered, after a way through JSON, as a history in a file or a database takes."""
    stored = json.loads(json.dumps(messages_to_dict(history.messages)))
    return [message for message in messages_from_dict(stored) if isinstance(message, AIMessage)]


def test_a_history_kept_by_langchain_core_is_routed_as_it_grows(model: ChatTierwise):
    """`RunnableWithMessageHistory`: sessions apart; it keeps the decision with each answer, and who made it."""
    kept: dict[str, InMemoryChatMessageHistory] = {}
    talk = keeping(model, kept)
    given = [
        talk.invoke(asked, {"configurable": {"session_id": session}})
        for session, asked in (("a", EASY), ("b", HARD), ("a", "thanks"))
    ]

    said = {name: answers_in(kept[name]) for name in "ab"}
    assert [message.response_metadata["model_name"] for message in said["a"]] == ["gpt-4.1-nano"] * 2
    assert [note(message)["tier"] for message in said["a"] + said["b"]] == ["small", "small", "top"]
    assert [note(message)["id"] for message in said["a"]] == [note(given[0])["id"], note(given[2])["id"]]
    assert note(said["b"][0])["made_by"] == {"provider": "echo", "model": "gpt-4.1"}


async def test_a_history_keeps_the_decision_however_it_is_asked(model: ChatTierwise, settings: dict[str, Any]):
    """Async, streamed, behind a prompt, with tools bound, and an answer of nobody's model."""
    prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("history"), ("human", "{asked}")])
    keys = {"input_messages_key": "asked", "history_messages_key": "history"}
    faq = FAQ([Entry("hours", (EASY,), "From nine to five.")])
    answering = ChatTierwise({"faq": faq, **model.tiers}, **settings)
    config: Any = {"configurable": {"session_id": "s"}}
    for runnable, asked, tier, keyed in (
        (model, EASY, "small", {}),
        (prompt | model, {"asked": EASY}, "small", keys),
        (model.bind_tools([{"title": "t", "type": "object", "properties": {}}]), EASY, "small", {}),
        (answering, EASY, "faq", {}),
    ):
        kept: dict[str, InMemoryChatMessageHistory] = {}
        talk = keeping(runnable, kept, **keyed)
        await talk.ainvoke(asked, config)
        for _ in talk.stream(asked, config):
            pass
        async for _ in talk.astream(asked, config):
            pass
        tiers = [note(message)["tier"] for message in answers_in(kept["s"])]
        assert tiers[0] == tier, runnable
        assert len(tiers) == 3
        assert set(tiers) <= {"small", "top", tier}


def test_a_listener_sees_the_decision_and_a_cache_does_not(openai_tier: Any, settings: dict[str, Any]):
    """Only the run's own result is written on."""
    cache = InMemoryCache()
    tiers = {name: openai_tier(f"gpt-4.1{of}", cache=cache) for name, of in (("small", "-nano"), ("top", ""))}
    model = ChatTierwise(tiers, **settings)
    runs: list[Any] = []
    listened = model.with_listeners(on_end=runs.append)
    listened.invoke(EASY)
    listened.invoke(EASY)

    noted = [run.outputs["generations"][0][0]["message"]["kwargs"]["response_metadata"]["tierwise"] for run in runs]
    assert [each["tier"] for each in noted] == ["small", "small"]
    assert noted[0]["id"] != noted[1]["id"]
    assert "tierwise" not in str(cache._cache)


def test_a_model_made_once_serves_loop_after_loop_and_threads_inside_them(model: ChatTierwise):
    """`asyncio.run` twice, a sync call inside a running loop, and one in a thread of it."""

    async def mixed() -> list[str]:
        there = await asyncio.to_thread(model.invoke, EASY)
        return [note(await model.ainvoke(HARD))["tier"], note(model.invoke(EASY))["tier"], note(there)["tier"]]

    assert asyncio.run(mixed()) == asyncio.run(mixed()) == ["top", "small", "small"]


@pytest.mark.parametrize(
    "history",
    [
        [SystemMessage("x")],
        [AIMessage("x")],
        [HumanMessage(""), AIMessage(""), HumanMessage("x")],
        [RemoveMessage(id="gone"), HumanMessage("x")],
        [HumanMessage([])],
        [HumanMessage([{"type": "image", "url": "http://example.org/x.png"}, "and a text"])],
        [{"role": "developer", "content": "x"}, ("human", "y")],
        "",
    ],
    ids=["system", "assistant", "empty", "removed", "no parts", "image", "mixed", "no text"],
)
def test_odd_histories_are_answered(history: Any, model: ChatTierwise):
    """What a chat model would take is taken."""
    assert note(model.invoke(history))["tier"] in ("small", "top")


def test_tiers_in_a_list_are_told_without_showing_them(echoes: dict[str, Any]):
    """The message says what was given and what to give; what stands in a model's repr is nobody's business."""
    with pytest.raises(ConfigError, match="tiers is a list") as told:
        ChatTierwise(list(echoes.values()))  # type: ignore[arg-type]

    assert "Echo" not in str(told.value)
    with pytest.raises(ConfigError, match="tiers is empty"):
        ChatTierwise({})
