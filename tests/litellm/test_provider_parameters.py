"""What a tier is asked: what the caller said, and what was set for the tier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from tierwise.router import Router
from tierwise.tiers import Tier

litellm = pytest.importorskip("litellm")
import loopback  # noqa: E402

from litellm_tierwise import register  # noqa: E402
from litellm_tierwise.calls import litellm_model  # noqa: E402

SMALL, TOP, KEY = "gpt-4.1-nano", "gpt-4.1", "sk-loopback-secret"
EASY = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "What are your opening hours?"}]
HARD = [{"role": "user", "content": "Prove that there are infinitely many primes."}]


class Hours(BaseModel):
    """A form for answers."""

    opens: int
    closes: int


SAID: dict[str, Any] = {
    "temperature": 0.3,
    "top_p": 0.5,
    "stop": ["END"],
    "max_completion_tokens": 77,
    "presence_penalty": 0.1,
    "frequency_penalty": 0.2,
    "logit_bias": {"50256": -100},
    "seed": 3,
    "user": "u-1",
    "logprobs": True,
    "top_logprobs": 2,
    "parallel_tool_calls": False,
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
    "tool_choice": "none",
    "response_format": Hours,
    "service_tier": "auto",
    "prompt_cache_key": "k",
    "extra_body": {"guided": {"deep": True}},
    "my_own": 7,
    "extra_headers": {"x-mine": "1"},
    "headers": {"x-also": "2"},
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_tier_is_asked_what_a_direct_call_would_ask(
    stream: bool, is_async: bool, registered: Router, openai_server: Any, at_loopback: dict[str, Any]
) -> None:
    """With twenty parameters set, body and headers are those of a direct call; streams ask for usage as well."""
    for model, more in ((f"openai/{SMALL}", at_loopback), ("tierwise/auto", {})):
        arguments = {"model": model, "messages": EASY, "stream": stream, **SAID, **more}
        if is_async:
            answer = await litellm.acompletion(**arguments)
            _ = [chunk async for chunk in answer] if stream else None
        else:
            answer = litellm.completion(**arguments)
            _ = list(answer) if stream else None

    direct, routed = openai_server.requests
    asked = {"stream_options": {"include_usage": True}} if stream else {}
    assert routed.body == {**direct.body, **asked}
    assert {k: v for k, v in routed.headers.items() if k.lower() != "content-length"} == {
        k: v for k, v in direct.headers.items() if k.lower() != "content-length"
    }
    assert (routed.headers["x-mine"], routed.headers["x-also"]) == ("1", "2")


def test_the_callers_address_and_key_are_used_where_a_tier_has_none(
    make_router: Callable[..., Router], openai_server: Any
) -> None:
    """One gateway for all tiers needs no parameters per tier."""
    register(make_router())

    litellm.completion(model="tierwise/auto", messages=EASY, api_base=openai_server.base_url, api_key="sk-caller")

    assert openai_server.requests[0].headers["Authorization"] == "Bearer sk-caller"


def test_what_is_set_for_a_tier_holds(make_router: Callable[..., Router], openai_server: Any) -> None:
    """A tier's own address, key, model and parameters are not replaced by the caller's, and stay with the tier."""
    with loopback.OpenAIServer() as elsewhere:
        own = {
            "model": "openai/my-own",
            "api_base": elsewhere.base_url,
            "api_key": "sk-own",
            "temperature": 1,
            "extra_headers": {"x-own": "1"},
        }
        register(make_router(), litellm_params={"top": own})
        caller = {"api_base": openai_server.base_url, "api_key": "sk-caller", "extra_headers": {"x-mine": "1"}}

        for messages in (EASY, HARD):
            litellm.completion(model="tierwise/auto", messages=messages, temperature=0.2, **caller)

        (to_small,), (to_top,) = openai_server.requests, elsewhere.requests
    assert (to_small.model, to_small.body["temperature"]) == (SMALL, 0.2)
    assert (to_small.headers["Authorization"], to_small.headers.get("x-own")) == ("Bearer sk-caller", None)
    assert (to_top.model, to_top.body["temperature"]) == ("my-own", 1)
    assert (to_top.headers["Authorization"], to_top.headers["x-own"]) == ("Bearer sk-own", "1")
    assert to_top.headers["x-mine"] == "1"


def test_a_timeout_of_the_callers_ends_the_tiers_call(registered: Router, openai_server: Any) -> None:
    """The tier is given as long as the caller said, and the exception is litellm's `Timeout`."""
    from loopback_answers import Reply

    openai_server.always("*", Reply(text="late", delay_s=3))

    with pytest.raises(litellm.Timeout):
        litellm.completion(model="tierwise/auto", messages=EASY, timeout=0.2)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("allowed", [{"drop_params": True}, {"allowed_openai_params": ["reasoning_effort"]}])
async def test_reasoning_effort_reaches_the_tier_that_knows_it(
    is_async: bool,
    allowed: dict[str, Any],
    make_router: Callable[..., Router],
    openai_server: Any,
    at_loopback: dict[str, Any],
) -> None:
    """Litellm lets it through to a custom provider in two ways; in both a model that reasons gets it."""
    register(make_router(), litellm_params={"top": {**at_loopback, "model": "openai/gpt-5-mini"}})
    arguments = {"model": "tierwise/auto", "messages": HARD, "reasoning_effort": "low", **allowed}

    _ = await litellm.acompletion(**arguments) if is_async else litellm.completion(**arguments)

    assert openai_server.requests[-1].body["reasoning_effort"] == "low"


def test_reasoning_effort_is_dropped_for_a_tier_that_does_not_know_it(registered: Router, openai_server: Any) -> None:
    """With `drop_params` each tier is asked what it understands."""
    litellm.completion(model="tierwise/auto", messages=EASY, reasoning_effort="low", drop_params=True)

    assert "reasoning_effort" not in openai_server.requests[-1].body


def test_reasoning_effort_can_be_set_for_a_tier(
    make_router: Callable[..., Router], openai_server: Any, at_loopback: dict[str, Any]
) -> None:
    """How hard a model thinks is best said where the model is named."""
    effort = {**at_loopback, "model": "openai/gpt-5-mini", "reasoning_effort": "high"}
    register(make_router(), litellm_params={"top": effort})

    litellm.completion(model="tierwise/auto", messages=HARD)

    assert openai_server.requests[-1].body["reasoning_effort"] == "high"


def test_a_caller_can_set_bounds_for_one_step(registered: Router, openai_server: Any) -> None:
    """`tierwise={"floor": …}` reaches the router and is not sent on."""
    litellm.completion(model="tierwise/auto", messages=EASY, tierwise={"floor": "top"})
    litellm.completion(model="tierwise/auto", messages=HARD, tierwise={"ceiling": "small"})

    assert [request.model for request in openai_server.requests] == [TOP, SMALL]
    assert not any("tierwise" in request.body for request in openai_server.requests)


def test_a_session_id_of_litellms_names_the_conversation(registered: Router) -> None:
    """Litellm's own word for a conversation is understood; the router's own goes first."""
    named = litellm.completion(model="tierwise/auto", messages=EASY, litellm_session_id="s-1")
    renamed = litellm.completion(
        model="tierwise/auto", messages=EASY, litellm_session_id="s-1", tierwise={"conversation_id": "c-1"}
    )

    assert named._hidden_params["tierwise"]["conversation_id"] == "s-1"
    assert renamed._hidden_params["tierwise"]["conversation_id"] == "c-1"


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (Tier("a", "gpt-4.1-nano"), "openai/gpt-4.1-nano"),
        (Tier("a", "openai:gpt-4.1-nano"), "openai/gpt-4.1-nano"),
        (Tier("a", "openai/gpt-4.1-nano"), "openai/gpt-4.1-nano"),
        (Tier("a", "google_genai:gemini-2.5-flash"), "gemini/gemini-2.5-flash"),
        (Tier("a", "claude-opus-4-6"), "anthropic/claude-opus-4-6"),
        (Tier("a", "my-model", provider="hosted_vllm", prices=(1, 2)), "hosted_vllm/my-model"),
        (Tier("a", "meta-llama/Llama-3.3-70B", provider="vllm", prices=(1, 2)), "vllm/meta-llama/Llama-3.3-70B"),
        (Tier("a", "ollama:llama3:8b", prices=(0, 0)), "ollama/llama3:8b"),
        (Tier("alone", prices=(1, 2)), "alone"),
    ],
)
def test_a_tiers_model_is_named_as_litellm_names_it(tier: Tier, expected: str) -> None:
    """One `tierwise.yaml` serves all hosts: whatever the spelling, litellm gets `provider/model`."""
    assert litellm_model(tier) == expected
