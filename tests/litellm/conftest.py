"""litellm as the tests use it: a router with two tiers on loopback, and a log of what litellm reports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier
from tierwise.types import Reading

litellm = pytest.importorskip("litellm")
from litellm.integrations.custom_logger import CustomLogger  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Pydantic warns of litellm's types; nobody here can mend them."""
    config.addinivalue_line("filterwarnings", "ignore:.*ReadOnly:UserWarning")


SMALL, TOP = "gpt-4.1-nano", "gpt-4.1"
KEY = "sk-loopback-secret"


class EventLog(CustomLogger):  # type: ignore[misc]  # litellm is not followed by mypy
    """What litellm reports of calls, as a user's callback sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []
        self._born = datetime.now()

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._note("success", kwargs, start_time)

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._note("success", kwargs, start_time)

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._note("failure", kwargs, start_time)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._note("failure", kwargs, start_time)

    def wait(self, count: int) -> list[dict[str, Any]]:
        """At least `count` events, and those that come a moment later; litellm reports from a thread of its own."""
        deadline = time.monotonic() + 5
        while len(self.events) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.15)
        return self.events

    async def await_(self, count: int) -> list[dict[str, Any]]:
        """`wait`, for async tests: litellm reports from the loop."""
        deadline = time.monotonic() + 5
        while len(self.events) < count and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.15)
        return self.events

    def _note(self, kind: str, kwargs: Any, start_time: datetime) -> None:
        if start_time < self._born:
            return  # litellm reports from threads: the last event of the test before may come only now
        standard = kwargs.get("standard_logging_object") or {}
        self.events.append(
            {
                "kind": kind,
                "model": kwargs.get("model"),
                "provider": kwargs.get("custom_llm_provider"),
                "usd": kwargs.get("response_cost"),
                "tokens": (standard.get("prompt_tokens"), standard.get("completion_tokens")),
                "call_id": kwargs.get("litellm_call_id"),
                "metadata": (kwargs.get("litellm_params") or {}).get("metadata") or {},
                "everything": repr(standard),
            }
        )


@pytest.fixture(autouse=True)
def _quiet_litellm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leaves litellm as imported, whatever the last test registered."""
    monkeypatch.setattr(litellm, "suppress_debug_info", True)
    monkeypatch.setattr(litellm, "custom_provider_map", [])
    before = list(litellm.callbacks)
    yield
    litellm.logging_callback_manager._reset_all_callbacks()
    litellm.callbacks = before


@pytest.fixture
def log() -> EventLog:
    """The log, listening."""
    log = EventLog()
    litellm.callbacks.append(log)
    return log


def chances(reading: Reading) -> dict[str, float]:
    """`top` where somebody wants a proof, `small` for all else."""
    return {"small": 0.05 if "prove" in reading.task.lower() else 0.97, "top": 0.98}


@pytest.fixture
def make_router() -> Callable[..., Router]:
    """A router over `small` and `top`; settings as of `Router`."""

    def make(**settings: Any) -> Router:
        tiers = [Tier("small", SMALL), Tier("top", TOP)]
        return Router(tiers, classifier=FakeClassifier(chances), embedder=None, **settings)

    return make


@pytest.fixture
def at_loopback(openai_server: Any) -> dict[str, Any]:
    """What a call of litellm needs to reach the loopback server."""
    return {"api_base": openai_server.base_url, "api_key": KEY, "max_retries": 0}


@pytest.fixture
def registered(make_router: Callable[..., Router], at_loopback: dict[str, Any]) -> Router:
    """The router behind `tierwise/auto`."""
    from litellm_tierwise import register

    return register(make_router(), litellm_params={"small": at_loopback, "top": at_loopback})
