"""The proxy's hook by itself: what it puts into a request, and what it learns from the proxy's log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tierwise.errors import ConfigError
from tierwise.router import Router

litellm = pytest.importorskip("litellm")
fastapi = pytest.importorskip("fastapi", reason="the proxy's extra is not installed: pip install 'litellm[proxy]'")
from litellm_tierwise import proxy  # noqa: E402
from litellm_tierwise.proxy import ProxyRouter  # noqa: E402

SMALL, TOP = "gpt-4.1-nano", "gpt-4.1"
EASY = [{"role": "user", "content": "What are your opening hours?"}]
HARD = [{"role": "user", "content": "Prove that there are infinitely many primes."}]
KEY = SimpleNamespace(api_key="hashed", user_id="u-1")


def request(messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A chat request as the proxy hands it to its hooks."""
    return {"model": "tierwise/auto", "messages": messages, "litellm_call_id": "call-1", **more}


async def routed(hook: ProxyRouter, data: dict[str, Any], call_type: str = "acompletion") -> dict[str, Any]:
    """The request after the hook."""
    return await hook.async_pre_call_hook(KEY, None, data, call_type) or data


@pytest.fixture
def router(make_router: Callable[..., Router]) -> Router:
    return make_router()


@pytest.mark.parametrize(("messages", "model"), [(EASY, SMALL), (HARD, TOP)])
async def test_a_request_becomes_one_for_the_chosen_tiers_group(
    messages: list[dict[str, Any]], model: str, router: Router
) -> None:
    """Model and history change, a decision joins the metadata, and all else stays."""
    data = await routed(ProxyRouter(router), request(messages, temperature=0.2, metadata={"team": "desk"}))

    assert (data["model"], data["messages"], data["temperature"]) == (model, messages, 0.2)
    assert data["metadata"]["team"] == "desk"
    assert data["metadata"]["tierwise"]["tier"] == {SMALL: "small", TOP: "top"}[model]
    assert messages[0]["content"] not in json.dumps(data["metadata"])


async def test_other_models_are_none_of_its_business(router: Router) -> None:
    """A request for a group goes on untouched, and gets no headers."""
    hook = ProxyRouter(router)
    data = {"model": SMALL, "messages": EASY}

    assert await hook.async_pre_call_hook(KEY, None, data, "acompletion") is None
    assert await hook.async_post_call_response_headers_hook(data, KEY, None) is None


async def test_the_headers_name_tier_and_decision(router: Router) -> None:
    """Clients see which tier answered, and the id under which it is logged."""
    hook = ProxyRouter(router)
    data = await routed(hook, request(HARD))

    headers = await hook.async_post_call_response_headers_hook(data, KEY, None)

    assert headers == {"x-tierwise-tier": "top", "x-tierwise-id": data["metadata"]["tierwise"]["id"]}


async def test_tools_and_bounds_are_read(router: Router) -> None:
    """The decision is that of the core for the same step; what was meant for the router is not sent on."""
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
    plan = router.start(EASY, tools=tools, tool_choice="required", max_output_tokens=50, floor="top")

    data = await routed(
        ProxyRouter(router),
        request(EASY, tools=tools, tool_choice="required", max_tokens=50, tierwise={"floor": "top"}),
    )

    decided = data["metadata"]["tierwise"]
    assert "tierwise" not in data
    assert {key: decided[key] for key in ("tier", "kind", "p_adequate", "reasons")} == {
        key: plan.decision.canonical()[key] for key in ("tier", "kind", "p_adequate", "reasons")
    }


@pytest.mark.parametrize(
    ("data", "call_type", "words"),
    [
        (request([]), "acompletion", "there are no messages"),
        (request(EASY, tierwise={"flor": "top"}), "acompletion", "unknown key 'flor'"),
        (request(EASY), "aresponses", "answers chat completions"),
    ],
)
async def test_what_is_no_step_is_a_400(data: dict[str, Any], call_type: str, words: str, router: Router) -> None:
    """The client is told what is wrong with its request."""
    with pytest.raises(fastapi.HTTPException) as refused:
        await routed(ProxyRouter(router), data, call_type)

    assert refused.value.status_code == 400
    assert words in str(refused.value.detail)


async def test_what_was_answered_is_remembered(router: Router) -> None:
    """The proxy's log event tells the router what the conversation's provider now holds."""
    hook = ProxyRouter(router)
    await routed(hook, request(EASY, tierwise={"conversation_id": "c"}))
    answer = litellm.ModelResponse(
        model=SMALL,
        choices=[{"message": {"role": "assistant", "content": "From nine to five."}, "finish_reason": "stop"}],
        usage=litellm.Usage(prompt_tokens=1000, completion_tokens=10, total_tokens=1010),
    )

    for _ in range(2):  # a second report of the same call changes nothing
        await hook.async_log_success_event({"litellm_call_id": "call-1"}, answer, None, None)

    state = router.start(EASY, conversation_id="c", user="hashed:u-1").state
    assert (state.steps, state.last_tier) == (1, "small")


async def test_a_failed_call_ends_its_plan(router: Router) -> None:
    """A failure is reported to the router, and is not kept."""
    hook = ProxyRouter(router)
    await routed(hook, request(EASY))

    await hook.async_log_failure_event({"litellm_call_id": "call-1", "exception": ValueError("x")}, None, None, None)

    assert not hook._open


async def test_plans_that_nobody_ends_are_dropped_in_time(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that are never logged do not fill the memory."""
    monkeypatch.setattr(proxy, "_OPEN_PLANS", 10)
    hook = ProxyRouter(router)

    for i in range(25):
        await routed(hook, {**request(EASY), "litellm_call_id": f"call-{i}"})

    assert list(hook._open) == [f"call-{i}" for i in range(15, 25)]


def test_the_proxy_does_not_start_without_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`litellm_tierwise.proxy.tierwise` reads the file when the proxy's configuration names it, and not before."""
    monkeypatch.setenv("TIERWISE_CONFIG", str(tmp_path / "missing.yaml"))

    with pytest.raises(ConfigError, match=r"missing\.yaml"):
        _ = proxy.tierwise
