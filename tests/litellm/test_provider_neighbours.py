"""`tierwise/auto` beside litellm's own comforts: cache, retries, fallbacks, other endpoints, signed histories."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from loopback_answers import Reply

from tierwise.router import Router

litellm = pytest.importorskip("litellm")
from litellm_tierwise import register  # noqa: E402

SMALL, TOP = "gpt-4.1-nano", "gpt-4.1"
EASY = [{"role": "user", "content": "What are your opening hours?"}]


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Litellm's cache, in memory."""
    monkeypatch.setattr(litellm, "cache", litellm.Cache(type="local"))
    yield
    litellm.disable_cache()


async def streamed(**arguments: Any) -> str:
    """The text of an async stream."""
    stream = await litellm.acompletion(**arguments, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def test_litellms_cache_answers_the_second_time(cache: None, registered: Router, openai_server: Any) -> None:
    """Equal requests reach the tier once, and a stream stays a stream whatever was cached before it."""
    first = await litellm.acompletion(model="tierwise/auto", messages=EASY, stream=False)
    await asyncio.sleep(0.1)  # litellm writes to its cache in the background
    second = await litellm.acompletion(model="tierwise/auto", messages=EASY, stream=False)

    assert len(openai_server.requests) == 1
    assert second.choices[0].message.content == first.choices[0].message.content
    assert await streamed(model="tierwise/auto", messages=EASY) == first.choices[0].message.content


async def test_a_caller_can_pass_by_the_cache(cache: None, registered: Router, openai_server: Any) -> None:
    """`caching=False` holds for the tier's call as well."""
    for _ in range(2):
        await litellm.acompletion(model="tierwise/auto", messages=EASY, caching=False)

    assert len(openai_server.requests) == 2


@pytest.mark.parametrize("is_async", [False, True])
async def test_litellms_retries_try_again(is_async: bool, registered: Router, openai_server: Any) -> None:
    """`num_retries` is litellm's business, and works as ever."""
    openai_server.script(SMALL, Reply(status=429), Reply(text="At last."))
    arguments = {"model": "tierwise/auto", "messages": EASY, "num_retries": 1}

    response = await litellm.acompletion(**arguments) if is_async else litellm.completion(**arguments)

    assert response.choices[0].message.content == "At last."


@pytest.mark.parametrize("stream", [False, True])
async def test_litellms_fallbacks_take_over(
    stream: bool, registered: Router, openai_server: Any, at_loopback: dict[str, Any]
) -> None:
    """Where the tier fails, the model named in `fallbacks` answers, as a stream where one was asked for."""
    openai_server.always(SMALL, Reply(status=500))
    fallback = {"model": "openai/spare", "api_base": at_loopback["api_base"], "api_key": "unused"}
    arguments = {"model": "tierwise/auto", "messages": EASY, "fallbacks": [fallback]}

    if stream:
        text = await streamed(**arguments)
    else:
        text = (await litellm.acompletion(**arguments)).choices[0].message.content

    assert text.strip() == "Hello from spare, at your service."


@pytest.mark.parametrize("stream", [False, True])
async def test_litellms_mocks_stand_in_for_everything(stream: bool, registered: Router, openai_server: Any) -> None:
    """`mock_response` answers before any tier is called."""
    arguments = {"model": "tierwise/auto", "messages": EASY, "mock_response": "a mock"}

    text = (
        await streamed(**arguments) if stream else (await litellm.acompletion(**arguments)).choices[0].message.content
    )

    assert (text, len(openai_server.requests)) == ("a mock", 0)


async def test_the_other_endpoints_of_the_sdk_lead_here_too(registered: Router) -> None:
    """Responses and Anthropic's messages are translated by litellm, and then routed."""
    responses = await litellm.aresponses(model="tierwise/auto", input="What are your opening hours?")
    messages = await litellm.anthropic.messages.acreate(model="tierwise/auto", messages=EASY, max_tokens=50)

    expected = f"Hello from {SMALL}, at your service."
    assert responses.output[0].content[0].text == expected
    assert messages["content"][0]["text"] == expected


def test_what_another_model_has_signed_stays_at_home(
    make_router: Callable[..., Router], openai_server: Any, at_loopback: dict[str, Any]
) -> None:
    """A history with another maker's thinking reaches the tier without it, and the caller's messages are not changed."""
    register(make_router(), litellm_params={"small": at_loopback})
    thought = {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"}
    answer: dict[str, Any] = {"role": "assistant", "content": "Nine to five.", "thinking_blocks": [thought]}
    history: list[dict[str, Any]] = [*EASY, answer, {"role": "user", "content": "Thanks!"}]

    litellm.completion(model="tierwise/auto", messages=history)

    sent = openai_server.requests[0].body["messages"]
    assert [(m["role"], m["content"]) for m in sent] == [(m["role"], m["content"]) for m in history]
    assert "thinking_blocks" not in sent[1]
    assert answer["thinking_blocks"] == [thought]


def test_a_chunk_of_a_strange_form_is_passed_on(make_router: Callable[..., Router]) -> None:
    """What cannot be read is no reason to break a stream that the tier has begun."""
    from litellm_tierwise.streams import relay

    plan = make_router().start(EASY)
    strange = [SimpleNamespace(choices=[]), SimpleNamespace(choices=[SimpleNamespace(index=0, finish_reason=None)])]

    assert list(relay(iter(strange), plan)) == strange
