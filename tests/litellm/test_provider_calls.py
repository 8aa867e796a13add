"""`litellm.completion(model="tierwise/auto")`: sync, async, streams, tools, second tries, failures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from loopback_answers import Reply

from tierwise.router import Router

litellm = pytest.importorskip("litellm")
from litellm_tierwise import register  # noqa: E402

SMALL, TOP = "gpt-4.1-nano", "gpt-4.1"
EASY = [{"role": "user", "content": "What are your opening hours?"}]
HARD = [{"role": "user", "content": "Prove that there are infinitely many primes."}]
WEATHER = [{"role": "user", "content": "What is the weather in 'Oslo'?"}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
MODES = ("completion", "acompletion", "stream", "astream")


async def call(mode: str, **arguments: Any) -> Any:
    """One call in one of litellm's four modes: the response, or the list of chunks."""
    if mode == "completion":
        return await asyncio.to_thread(litellm.completion, **arguments)
    if mode == "stream":
        return await asyncio.to_thread(lambda: list(litellm.completion(**arguments, stream=True)))
    if mode == "acompletion":
        return await litellm.acompletion(**arguments)
    return [chunk async for chunk in await litellm.acompletion(**arguments, stream=True)]


async def failure_of(calling: Awaitable[Any]) -> Any:
    """The exception of a call that fails; which one it is, is the question."""
    try:
        await calling
    except Exception as error:
        return error
    raise AssertionError("the call did not fail")


def said(answer: Any) -> str:
    """The text of a response or of chunks."""
    if isinstance(answer, list):
        return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)
    return str(answer.choices[0].message.content)


def decision_of(answer: Any) -> dict[str, Any]:
    """The decision beside a response, or beside the one chunk of a stream that carries it."""
    if not isinstance(answer, list):
        return dict(answer._hidden_params["tierwise"])
    (found,) = [c._hidden_params["tierwise"] for c in answer if "tierwise" in (c._hidden_params or {})]
    return dict(found)


@pytest.mark.parametrize("mode", MODES)
async def test_easy_steps_go_to_the_small_tier_and_hard_ones_to_the_top(
    mode: str, registered: Router, openai_server: Any
) -> None:
    """In every mode the step decides who is called, and the decision stands beside the answer."""
    easy = await call(mode, model="tierwise/auto", messages=EASY)
    hard = await call(mode, model="tierwise/auto", messages=HARD)

    assert [request.model for request in openai_server.requests] == [SMALL, TOP]
    assert (said(easy).strip(), said(hard).strip()) == (
        f"Hello from {SMALL}, at your service.",
        f"Hello from {TOP}, at your service.",
    )
    assert (decision_of(easy)["tier"], decision_of(hard)["tier"]) == ("small", "top")


async def test_a_response_looks_like_that_of_a_direct_call(
    registered: Router, openai_server: Any, at_loopback: dict[str, Any]
) -> None:
    """Model, text, usage, finish reason and cost are the tier's own; headers name the tier."""
    direct = await litellm.acompletion(model=f"openai/{SMALL}", messages=EASY, **at_loopback)
    routed = await litellm.acompletion(model="tierwise/auto", messages=EASY)

    def without_ids(response: Any) -> dict[str, Any]:
        return {k: v for k, v in response.model_dump().items() if k not in ("id", "created")}

    assert without_ids(routed) == without_ids(direct)
    assert routed._hidden_params["response_cost"] == direct._hidden_params["response_cost"] > 0
    headers = routed._hidden_params["additional_headers"]
    assert headers["llm_provider-x-tierwise-tier"] == "small"
    assert headers["llm_provider-x-tierwise-id"] == routed._hidden_params["tierwise"]["id"]


@pytest.mark.parametrize("mode", ["stream", "astream"])
@pytest.mark.parametrize("wants_usage", [True, False])
async def test_a_stream_has_the_chunks_of_a_direct_one(
    mode: str, wants_usage: bool, registered: Router, at_loopback: dict[str, Any]
) -> None:
    """Content and finish reasons come chunk by chunk as without a router, usage only for those who ask for it."""
    options = {"stream_options": {"include_usage": True}} if wants_usage else {}
    direct = await call(mode, model=f"openai/{SMALL}", messages=EASY, **options, **at_loopback)
    routed = await call(mode, model="tierwise/auto", messages=EASY, **options)

    def outline(chunks: list[Any]) -> list[Any]:
        said = [(c.choices[0].delta.content or "", c.choices[0].finish_reason) for c in chunks if c.choices]
        return [piece for piece in said if piece != ("", None)]

    def usages(chunks: list[Any]) -> list[int]:
        return [c.usage.total_tokens for c in chunks if getattr(c, "usage", None)]

    assert outline(routed) == outline(direct)
    assert usages(routed) == usages(direct)
    assert len(usages(routed)) == int(wants_usage)


async def test_an_async_stream_is_the_tiers_own_and_names_its_tier(registered: Router) -> None:
    """Every chunk has the model's name, and the stream object carries the decision before it is read."""
    stream = await litellm.acompletion(model="tierwise/auto", messages=EASY, stream=True)

    assert isinstance(stream, litellm.CustomStreamWrapper)
    assert stream._hidden_params["tierwise"]["tier"] == "small"
    assert {chunk.model async for chunk in stream} == {SMALL}


@pytest.mark.parametrize("mode", MODES)
async def test_tools_are_called_through_the_router(mode: str, registered: Router, openai_server: Any) -> None:
    """A tool call arrives whole, and tools, choice and form reach the tier as they were given."""
    answer = await call(mode, model="tierwise/auto", messages=WEATHER, tools=TOOLS, tool_choice="auto")

    calls = (
        litellm.stream_chunk_builder(answer).choices[0].message.tool_calls
        if isinstance(answer, list)
        else answer.choices[0].message.tool_calls
    )
    assert [(c.function.name, json.loads(c.function.arguments)) for c in calls] == [("get_weather", {"city": "Oslo"})]
    body = openai_server.requests[-1].body
    assert (body["tools"], body["tool_choice"]) == (TOOLS, "auto")


async def test_an_agents_loop_goes_on_with_litellms_own_messages(registered: Router, openai_server: Any) -> None:
    """The `Message` of one answer may stand in the next request, between mappings."""
    first = await litellm.acompletion(model="tierwise/auto", messages=WEATHER, tools=TOOLS)
    call_id = first.choices[0].message.tool_calls[0].id
    result = {"role": "tool", "tool_call_id": call_id, "content": "12 degrees, rain"}

    second = await litellm.acompletion(
        model="tierwise/auto", messages=[*WEATHER, first.choices[0].message, result], tools=TOOLS
    )

    assert second.choices[0].message.content == "The tool says: 12 degrees, rain"
    assert second._hidden_params["tierwise"]["kind"] == "digest"


@pytest.mark.parametrize("mode", ["completion", "acompletion"])
async def test_an_answer_that_cannot_be_used_is_tried_again_one_tier_up(
    mode: str, registered: Router, openai_server: Any
) -> None:
    """A call of a tool that does not exist costs a second try, and the caller sees what both were billed."""
    openai_server.script(SMALL, Reply(calls=(("get_whether", {"city": "Oslo"}),), usage=(1000, 100)))
    openai_server.script(TOP, Reply(calls=(("get_weather", {"city": "Oslo"}),), usage=(1000, 100)))

    answer = await call(mode, model="tierwise/auto", messages=WEATHER, tools=TOOLS)

    decision = answer._hidden_params["tierwise"]
    assert answer.choices[0].message.tool_calls[0].function.name == "get_weather"
    assert [attempt["tier"] for attempt in decision["attempts"]] == ["small", "top"]
    assert "get_whether" in decision["attempts"][0]["fault"]
    assert answer._hidden_params["response_cost"] == pytest.approx(0.00014 + 0.0028)
    assert decision["usd"] == pytest.approx(0.00014 + 0.0028)


@pytest.mark.parametrize("mode", ["stream", "astream"])
async def test_a_stream_is_never_taken_back(mode: str, registered: Router, openai_server: Any) -> None:
    """What has been shown stays, even where a whole answer would have been tried again."""
    openai_server.script(SMALL, Reply(calls=(("get_whether", {"city": "Oslo"}),)))

    chunks = await call(mode, model="tierwise/auto", messages=WEATHER, tools=TOOLS)

    assert litellm.stream_chunk_builder(chunks).choices[0].message.tool_calls[0].function.name == "get_whether"
    assert [request.model for request in openai_server.requests] == [SMALL]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_a_failure_is_that_of_a_direct_call(
    mode: str, status: int, registered: Router, openai_server: Any, at_loopback: dict[str, Any]
) -> None:
    """Type, message, provider and model of litellm's exception are the tier's."""
    openai_server.always("*", Reply(status=status, error="told to fail"))

    direct = await failure_of(call(mode, model=f"openai/{SMALL}", messages=EASY, **at_loopback))
    routed = await failure_of(call(mode, model="tierwise/auto", messages=EASY))

    assert type(routed) is type(direct)
    assert str(routed) == str(direct)
    assert (routed.llm_provider, routed.model, routed.status_code) == (direct.llm_provider, direct.model, status)


@pytest.mark.parametrize("mode", MODES)
async def test_a_failing_tier_is_left_where_that_was_asked_for(
    mode: str, make_router: Callable[..., Router], openai_server: Any, at_loopback: dict[str, Any]
) -> None:
    """With `on_tier_error="step_up"` the next tier answers, in streams too, as nothing has been shown yet."""
    register(make_router(on_tier_error="step_up"), litellm_params={"small": at_loopback, "top": at_loopback})
    openai_server.always(SMALL, Reply(status=429))

    answer = await call(mode, model="tierwise/auto", messages=EASY)

    assert said(answer).strip() == f"Hello from {TOP}, at your service."
    assert decision_of(answer)["tier"] == "top"


@pytest.mark.parametrize("mode", ["stream", "astream"])
async def test_a_stream_that_is_left_early_is_remembered(mode: str, registered: Router) -> None:
    """What was seen of it is recorded once, as soon as nobody listens any more."""
    arguments = {"model": "tierwise/auto", "messages": EASY, "tierwise": {"conversation_id": "left early"}}
    if mode == "stream":
        stream = litellm.completion(**arguments, stream=True)
        next(stream)
        del stream
    else:
        stream = await litellm.acompletion(**arguments, stream=True)
        await anext(stream)
        await stream.aclose()

    steps = 0
    for _ in range(200):  # litellm's logging thread may hold a sync stream for a moment
        steps = registered.start(EASY, conversation_id="left early").state.steps
        if steps:
            break
        await asyncio.sleep(0.02)
    assert steps == 1


async def test_decisions_are_those_of_the_core(registered: Router, make_router: Callable[..., Router]) -> None:
    """The same step gives the same decision through litellm, in every part but id, conversation and time."""
    answer = await litellm.acompletion(
        model="tierwise/auto", messages=WEATHER, tools=TOOLS, tool_choice="required", max_tokens=200
    )
    plan = make_router().start(WEATHER, tools=TOOLS, tool_choice="required", max_output_tokens=200)

    decided = answer._hidden_params["tierwise"]
    assert {key: decided[key] for key in plan.decision.canonical()} == plan.decision.canonical()


async def test_many_calls_at_once_keep_apart(registered: Router, openai_server: Any) -> None:
    """Sixty concurrent calls in three modes: each gets its own tier's answer."""
    modes = ("completion", "acompletion", "astream")
    steps = [(modes[i % 3], HARD if i % 2 else EASY) for i in range(60)]

    answers = await asyncio.gather(*(call(mode, model="tierwise/auto", messages=step) for mode, step in steps))

    assert [TOP if step is HARD else SMALL for _, step in steps] == [said(a).split()[2].rstrip(",") for a in answers]
    assert len({decision_of(answer)["id"] for answer in answers}) == 60
