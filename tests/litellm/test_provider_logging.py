"""What litellm reports of a call of `tierwise/auto`: once, with the model that was billed, and without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from loopback_answers import Reply

from tierwise.router import Router

litellm = pytest.importorskip("litellm")
from litellm_tierwise import register  # noqa: E402

SMALL, TOP, KEY = "gpt-4.1-nano", "gpt-4.1", "sk-loopback-secret"
EASY = [{"role": "user", "content": "What are your opening hours?"}]
MODES = ("completion", "acompletion", "stream", "astream")


async def call(mode: str, **arguments: Any) -> Any:
    """One call; sync ones block the loop, as they would in a script."""
    if mode == "completion":
        return litellm.completion(**arguments)
    if mode == "stream":
        return list(litellm.completion(**arguments, stream=True))
    if mode == "acompletion":
        return await litellm.acompletion(**arguments)
    return [chunk async for chunk in await litellm.acompletion(**arguments, stream=True)]


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize("mode", MODES)
async def test_one_event_per_call_names_the_real_model_and_its_cost(
    mode: str, registered: Router, openai_server: Any, log: Any
) -> None:
    """In every mode there is one success event, with the tokens that the provider reported and their price."""
    openai_server.always(SMALL, Reply(text="From nine to five.", usage=(1000, 100)))

    await call(mode, model="tierwise/auto", messages=EASY)

    (event,) = await log.await_(1)
    assert (event["kind"], event["model"], event["provider"]) == ("success", SMALL, "openai")
    assert (event["tokens"], event["usd"]) == ((1000, 100), pytest.approx(1000 * 0.1e-6 + 100 * 0.4e-6))


@pytest.mark.parametrize("mode", ["completion", "acompletion"])
async def test_the_event_is_that_of_a_direct_call(
    mode: str, registered: Router, openai_server: Any, at_loopback: dict[str, Any], log: Any
) -> None:
    """Model, provider, tokens and cost do not show that a router stood before the call."""
    await call(mode, model=f"openai/{SMALL}", messages=EASY, **at_loopback)
    await call(mode, model="tierwise/auto", messages=EASY)

    direct, routed = await log.await_(2)
    seen = ("kind", "model", "provider", "usd", "tokens")
    assert [routed[key] for key in seen] == [direct[key] for key in seen]


async def test_the_event_has_the_calls_id_and_the_decision(registered: Router, log: Any) -> None:
    """A log line can be joined with the response, and says which tier was chosen and why."""
    response = await litellm.acompletion(model="tierwise/auto", messages=EASY, metadata={"team": "desk"})

    (event,) = await log.await_(1)
    assert event["call_id"] == response._hidden_params["litellm_call_id"]
    assert event["metadata"]["team"] == "desk"
    decision = event["metadata"]["tierwise"]
    assert (decision["tier"], decision["id"]) == ("small", response._hidden_params["tierwise"]["id"])
    assert "opening hours" not in json.dumps(decision)


@pytest.mark.parametrize("mode", MODES)
async def test_one_event_per_failed_call(mode: str, registered: Router, openai_server: Any, log: Any) -> None:
    """A failure is reported once, under the model that failed."""
    openai_server.always("*", Reply(status=429))

    with pytest.raises(litellm.RateLimitError):
        await call(mode, model="tierwise/auto", messages=EASY)

    (event,) = await log.await_(1)
    assert (event["kind"], event["model"]) == ("failure", SMALL)


async def test_a_second_try_is_a_call_of_its_own_in_the_logs(registered: Router, openai_server: Any, log: Any) -> None:
    """Two calls were billed, so two are reported, and their costs add up to that of the response."""
    openai_server.script(SMALL, Reply(text="", usage=(1000, 0)))

    response = await litellm.acompletion(model="tierwise/auto", messages=EASY)

    events = await log.await_(2)
    assert [event["model"] for event in events] == [SMALL, TOP]
    assert len({event["call_id"] for event in events}) == 2
    assert sum(event["usd"] for event in events) == pytest.approx(response._hidden_params["response_cost"])


async def test_a_plain_function_as_callback_is_called_once(
    registered: Router, monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    """`litellm.success_callback = [function]` sees one call as well."""
    models: list[str] = []

    async def note(kwargs: Any, response: Any, start_time: Any, end_time: Any) -> None:
        models.append(kwargs["model"])

    monkeypatch.setattr(litellm, "success_callback", [note])
    await litellm.acompletion(model="tierwise/auto", messages=EASY)

    await log.await_(1)
    assert models == [SMALL]


async def test_a_caller_can_keep_a_call_out_of_the_logs(registered: Router, log: Any) -> None:
    """Litellm's `no-log` holds for the tier's call too."""
    await litellm.acompletion(model="tierwise/auto", messages=EASY, **{"no-log": True})

    assert await log.await_(0) == []


async def test_a_request_that_is_no_step_is_litellms_bad_request(
    registered: Router, log: Any, openai_server: Any
) -> None:
    """What is wrong is said in words, nobody is called, and the failure is in the logs under the router's name."""
    with pytest.raises(litellm.BadRequestError, match="floor names tier 'huge'"):
        await litellm.acompletion(model="tierwise/auto", messages=EASY, tierwise={"floor": "huge"})

    assert len(openai_server.requests) == 0
    assert [event["kind"] for event in await log.await_(1)] == ["failure"]


@pytest.mark.parametrize("mode", MODES)
async def test_no_key_leaves_through_answers_logs_or_errors(
    mode: str,
    make_router: Callable[..., Router],
    openai_server: Any,
    at_loopback: dict[str, Any],
    log: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A tier's key is sent to the tier and shown nowhere else."""
    caplog.set_level("DEBUG", logger="tierwise")
    register(make_router(), litellm_params={"small": at_loopback})

    answer = await call(mode, model="tierwise/auto", messages=EASY)
    openai_server.always("*", Reply(status=401))
    with pytest.raises(litellm.AuthenticationError) as refused:
        await call(mode, model="tierwise/auto", messages=EASY)

    events = await log.await_(2)
    assert lowered(openai_server.requests[0].headers)["authorization"] == f"Bearer {KEY}"
    assert len(events) == 2
    shown = [repr(litellm.custom_provider_map), repr(refused.value), caplog.text, *(e["everything"] for e in events)]
    for part in answer if isinstance(answer, list) else [answer]:
        shown += [part.model_dump_json(), repr(part), repr(part._hidden_params)]
    assert not any(KEY in text for text in shown)
