"""What stands around a chat model keeps working around ChatTierwise, in any order; and forms come out whole."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI
from loopback import OpenAIServer, Reply
from pydantic import BaseModel, Field, ValidationError

from langchain_tierwise import ChatTierwise

EASY, HARD = "What are your opening hours?", "Prove that there are infinitely many primes."


class Joke(BaseModel):
    """A joke."""

    setup: str
    rating: int = Field(ge=1, le=10)


class JokeDict(TypedDict):
    """A joke."""

    setup: Annotated[str, ..., "the question"]
    rating: Annotated[int, ..., "1 to 10"]


def add_numbers(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


STEPS: dict[str, Callable[[Any], Any]] = {
    "tools": lambda model: model.bind_tools([add_numbers], tool_choice="any"),
    "bind": lambda model: model.bind(seed=7),
    "config": lambda model: model.with_config(tags=["mine"]),
    "retry": lambda model: model.with_retry(stop_after_attempt=2, wait_exponential_jitter=False),
}


class Tags(BaseCallbackHandler):
    """The tags of the runs of models."""

    def __init__(self) -> None:
        self.seen: list[list[str]] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **facts: Any) -> None:
        self.seen.append(facts["tags"])


def test_wrappers_add_up_in_any_order(model: ChatTierwise, openai_server: OpenAIServer):
    """Tools, keywords, config and retries all hold, whichever came first (24 orders)."""
    for order in itertools.permutations(STEPS):
        openai_server.reset()
        openai_server.script("gpt-4.1-nano", Reply(status=400, error="once"))
        wrapped: Any = model
        for step in order:
            wrapped = STEPS[step](wrapped)
        tags = Tags()
        message = wrapped.invoke("What is 3 and 4?", {"callbacks": [tags]})

        body = openai_server.asked()[-1].body
        assert message.tool_calls[0]["args"] == {"a": 3, "b": 4}, order
        assert (body["seed"], body["tool_choice"]) == (7, "required"), order
        assert all("mine" in seen for seen in tags.seen), order
        assert len(openai_server.asked()) == 2, order  # the first failed


def test_fallbacks_may_be_added_at_any_place(model: ChatTierwise, openai_tier: Any, openai_server: OpenAIServer):
    """Wherever they come, what was and what will be bound reaches the model (120 orders)."""
    spare = openai_tier("gpt-4o-mini")
    steps = {**STEPS, "fallbacks": lambda inner: inner.with_fallbacks([spare])}
    for order in itertools.permutations(steps):
        wrapped: Any = model
        for step in order:
            wrapped = steps[step](wrapped)
        tags = Tags()
        message = wrapped.invoke("What is 3 and 4?", {"callbacks": [tags]})

        body = openai_server.asked()[-1].body
        assert message.tool_calls[0]["args"] == {"a": 3, "b": 4}, order
        assert (body["seed"], body["tool_choice"]) == (7, "required"), order
        assert tags.seen[-1] == ["mine"], order


def test_a_form_may_be_asked_for_before_or_after_all_else(model: ChatTierwise, openai_server: OpenAIServer):
    """Tools bound before or after a form go along with it; the parsed form is what comes out (120 orders)."""
    openai_server.always("*", Reply('{"setup": "why", "rating": 3}'))
    steps = {
        **STEPS,
        "tools": lambda inner: inner.bind_tools([add_numbers], strict=True),
        "form": lambda inner: inner.with_structured_output(Joke, include_raw=True, strict=True),
    }
    for order in itertools.permutations(steps):
        wrapped: Any = model
        for step in order:
            wrapped = steps[step](wrapped)
        result = wrapped.invoke("A joke, please.")

        body = openai_server.asked()[-1].body
        assert result["parsed"] == Joke(setup="why", rating=3), order
        assert body["response_format"]["type"] == "json_schema", order
        assert body["tools"][0]["function"]["name"] == "add_numbers", order
        assert body["seed"] == 7, order


@pytest.mark.parametrize("method", [None, "json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("schema", [Joke, JokeDict, Joke.model_json_schema()], ids=["pydantic", "typeddict", "json"])
@pytest.mark.parametrize("include_raw", [False, True])
async def test_forms_come_out_alike_from_every_path(
    method: str | None, schema: Any, include_raw: bool, model: ChatTierwise, openai_server: OpenAIServer
):
    """Three methods, three kinds of schema: sync, async, batch and streams give the same."""
    if method == "json_mode":  # which says nothing of keys: the model has to be told, and here is
        openai_server.always("*", Reply('{"setup": "why", "rating": 4}'))
    keywords = {} if method is None else {"method": method}
    form = model.with_structured_output(schema, include_raw=include_raw, **keywords)
    ask = "A joke about 'cats', worth 4, as JSON."
    streamed = [chunk async for chunk in form.astream(ask)]
    results = [form.invoke(ask), await form.ainvoke(ask), form.batch([ask])[0], *list(form.stream(ask))[-1:]]

    parsed = [result["parsed"] for result in results[:3]] if include_raw else results
    assert all(one == parsed[0] for one in parsed)
    assert isinstance(parsed[0], Joke if schema is Joke else dict)
    assert streamed
    if include_raw:
        assert all(result["raw"].response_metadata["tierwise"]["tier"] == "small" for result in results[:3])
        assert sum("tierwise" in chunk["raw"].response_metadata for chunk in streamed if "raw" in chunk) == 1


@pytest.mark.parametrize("library", ["openai", "anthropic"])
@pytest.mark.parametrize("schema", [Joke, Joke.model_json_schema()], ids=["pydantic", "json"])
def test_tools_beside_a_form_may_be_called_instead(
    library: str, schema: Any, openai_tier: Any, settings: dict[str, Any], openai_server: OpenAIServer
):
    """The provider gets both; a call of a tool is a good answer, neither a failure to parse nor a reason to step up."""
    tier = openai_tier("gpt-4.1")
    if library == "anthropic":
        anthropic = pytest.importorskip("langchain_anthropic")
        tier = anthropic.ChatAnthropic(model="claude-opus-4-6", base_url=openai_server.root_url, api_key="unused")
    model = ChatTierwise({"small": tier, "top": tier}, **settings)
    form = model.with_structured_output(schema, include_raw=True, tools=[add_numbers], strict=True)
    openai_server.script("*", Reply(calls=(("add_numbers", {"a": 1, "b": 2}),)), Reply('{"setup": "why", "rating": 3}'))
    called, told = form.invoke("Go."), form.invoke("Go on.")

    assert (called["parsed"], called["parsing_error"]) == (None, None)
    assert called["raw"].tool_calls[0]["args"] == {"a": 1, "b": 2}
    assert told["parsed"] == (Joke(setup="why", rating=3) if schema is Joke else {"setup": "why", "rating": 3})
    assert len(openai_server.asked()) == 2
    assert all(len(request.body["tools"]) == 1 for request in openai_server.asked())


def test_a_form_that_does_not_parse_is_tried_one_tier_up(model: ChatTierwise, openai_server: OpenAIServer):
    """Pydantic's own constraints count; the raw message of the second try carries both attempts."""
    openai_server.script("gpt-4.1-nano", Reply('{"setup": "why", "rating": 99}'))
    openai_server.script("gpt-4.1", Reply('{"setup": "why", "rating": 9}'))
    result = model.with_structured_output(Joke, include_raw=True).invoke("A joke")

    attempts = result["raw"].response_metadata["tierwise"]["attempts"]
    assert result["parsed"].rating == 9
    assert [(a["tier"], bool(a["fault"])) for a in attempts] == [("small", True), ("top", False)]


def test_a_form_that_never_parses_raises_the_parsers_own_error(model: ChatTierwise, openai_server: OpenAIServer):
    """Or is handed over with `include_raw`, as every LangChain model does."""
    openai_server.always("*", Reply('{"setup": "why", "rating": 99}'))

    with pytest.raises((ValidationError, ValueError), match="rating"):
        model.with_structured_output(Joke).invoke("A joke")
    openai_server.always("*", Reply(calls=(("Joke", {"setup": "why", "rating": 99}),)))
    by_call = model.with_structured_output(Joke, include_raw=True, method="function_calling")
    assert by_call.invoke("A joke")["parsing_error"] is not None


def test_fields_are_configurable_per_call(model: ChatTierwise, openai_server: OpenAIServer):
    """Also below tools and keywords that were bound to the configurable model."""
    configurable = model.configurable_fields(
        temperature=ConfigurableField("temperature"), floor=ConfigurableField("floor")
    )
    bound = configurable.bind_tools([add_numbers]).with_config(tags=["mine"])
    config = {"configurable": {"temperature": 0.7, "floor": "top"}}

    assert bound.invoke(EASY, config).response_metadata["tierwise"]["tier"] == "top"
    assert openai_server.asked()[-1].body["temperature"] == 0.7
    assert openai_server.asked()[-1].body["tools"]
    assert bound.invoke(EASY).response_metadata["tierwise"]["tier"] == "small"
    with pytest.raises(ValueError, match="nonsense"):
        model.configurable_fields(nonsense=ConfigurableField("nonsense"))


def test_fields_may_be_made_configurable_at_any_place(echoes: dict[str, Any], settings: dict[str, Any]):
    """Before or after tools, keywords, config and retries (120 orders); unset, they are as they were."""
    model = ChatTierwise(echoes, **settings)
    fields = {name: ConfigurableField(name) for name in ("temperature", "floor")}
    steps = {**STEPS, "fields": lambda inner: inner.configurable_fields(**fields)}
    for order in itertools.permutations(steps):
        wrapped: Any = model
        for step in order:
            wrapped = steps[step](wrapped)
        tags = Tags()
        chosen = wrapped.invoke(EASY, {"configurable": {"temperature": 0.7, "floor": "top"}, "callbacks": [tags]})
        plain = wrapped.invoke(EASY)

        sent = echoes["top"].calls[-1]
        assert (sent["temperature"], sent["seed"], len(sent["tools"])) == (0.7, 7, 1), order
        assert "temperature" not in echoes["small"].calls[-1], order
        assert tags.seen == [["mine"]], order
        tiers = [message.response_metadata["tierwise"]["tier"] for message in (chosen, plain)]
        assert tiers == ["top", "small"], order


def test_fields_forms_and_fallbacks_go_together_in_any_order(
    model: ChatTierwise, openai_tier: Any, openai_server: OpenAIServer
):
    """A form, a spare model and a field set per call (6 orders), sent by the tier that the field asks for."""
    openai_server.always("*", Reply('{"setup": "why", "rating": 3}'))
    steps: dict[str, Callable[[Any], Any]] = {
        "form": lambda inner: inner.with_structured_output(Joke, include_raw=True),
        "spare": lambda inner: inner.with_fallbacks([openai_tier("gpt-4o-mini")]),
        "fields": lambda inner: inner.configurable_fields(floor=ConfigurableField("floor")),
    }
    for order in itertools.permutations(steps):
        wrapped: Any = model
        for step in order:
            wrapped = steps[step](wrapped)
        result = wrapped.invoke("A joke", {"configurable": {"floor": "top"}})

        assert result["parsed"] == Joke(setup="why", rating=3), order
        assert openai_server.asked()[-1].model == "gpt-4.1", order


def test_fallbacks_stand_beside_it_and_under_it(model: ChatTierwise, openai_tier: Any, openai_server: OpenAIServer):
    """When every tier is down, another model answers; tools bound to the pair reach both."""
    for name in ("gpt-4.1", "gpt-4.1-nano"):
        openai_server.always(name, Reply(status=400, error="down"))
    spare = openai_tier("gpt-4o-mini")
    late = model.with_fallbacks([spare]).bind_tools([add_numbers], tool_choice="any")
    early = model.bind_tools([add_numbers], tool_choice="any").with_fallbacks([spare.bind_tools([add_numbers])])

    for pair in (late, early):
        assert pair.invoke("What is 3 and 4 in numbers?").tool_calls[0]["name"] == "add_numbers"
        assert openai_server.asked()[-1].model == "gpt-4o-mini"


def test_chains_pipes_and_parallel_branches_run(model: ChatTierwise):
    """Prompt, retriever, model, parser; two branches at once; one call each."""
    prompt = ChatPromptTemplate.from_messages([("system", "Use: {context}"), ("human", "{question}")])
    retriever = RunnableLambda(lambda question: f"facts about {question}")
    rag = {"context": retriever, "question": RunnablePassthrough()} | prompt | model | StrOutputParser()
    both = RunnableParallel(easy=model, hard=RunnableLambda(lambda _: HARD) | model)

    assert rag.invoke("opening hours").startswith("Hello from gpt-4.1-nano")
    assert "".join(rag.stream("opening hours")).startswith("Hello from gpt-4.1-nano")
    answers = both.invoke(EASY)
    tiers = {name: message.response_metadata["tierwise"]["tier"] for name, message in answers.items()}
    assert tiers == {"easy": "small", "hard": "top"}


async def test_events_show_one_model_run(model: ChatTierwise):
    """v2 events hold one start, the chunks, one end; v3 gives the tier's typed stream with the decision on its message."""
    events = [event async for event in model.astream_events(EASY, version="v2")]
    kinds = [event["event"] for event in events]
    typed = model.stream_events(EASY, version="v3")
    atyped = await model.bind_tools([add_numbers]).astream_events(EASY, version="v3")

    assert kinds.count("on_chat_model_start") == kinds.count("on_chat_model_end") == 1
    assert events[0]["metadata"]["ls_model_name"] == "gpt-4.1-nano"
    assert "".join(typed.text).startswith("Hello from gpt-4.1-nano")
    for message in (typed.output, await atyped.output):
        assert message.response_metadata["tierwise"]["tier"] == "small"
        assert message.response_metadata["tierwise"]["usd"] > 0


@pytest.mark.parametrize("setting", [True, "tool_calling"])
def test_streaming_can_be_turned_off(
    setting: Any, openai_tier: Callable[..., ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """On the router, for all calls or for those with tools, also where LangGraph would turn it on inside."""
    tiers = {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}
    model = ChatTierwise(tiers, disable_streaming=setting, **settings)
    (message,) = list(model.bind_tools([add_numbers]).stream(EASY))

    assert isinstance(message, AIMessage)
    assert not openai_server.asked()[-1].body.get("stream")
