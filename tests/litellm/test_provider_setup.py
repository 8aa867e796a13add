"""Setting up: one line, again and again, by file, by name, beside other providers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tierwise.errors import ConfigError
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier

litellm = pytest.importorskip("litellm")
from litellm_tierwise import register  # noqa: E402

SMALL, TOP = "gpt-4.1-nano", "gpt-4.1"
EASY = [{"role": "user", "content": "What are your opening hours?"}]
YAML = f"embedder: null\ntiers:\n  - {{name: small, model: {SMALL}}}\n  - {{name: top, model: {TOP}}}\n"


def test_importing_the_package_does_not_import_litellm() -> None:
    """Litellm takes over a second; nobody pays that before the first use of a name."""
    program = "import sys, litellm_tierwise; print('litellm' in sys.modules, dir(litellm_tierwise))"

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert printed.stdout.strip() == "False ['TierwiseLLM', 'register']"


def test_registering_twice_leaves_one_provider(
    make_router: Callable[..., Router], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook cell may run twice, and other custom providers stay."""
    other = {"provider": "other", "custom_handler": litellm.CustomLLM()}
    litellm.custom_provider_map = [other]
    monkeypatch.setattr(litellm, "callbacks", [])  # whatever another test has left there

    register(make_router())
    register(make_router())

    assert [item["provider"] for item in litellm.custom_provider_map] == ["other", "tierwise"]
    assert len(litellm.callbacks) == 1


def test_several_routers_have_names(openai_server: Any, at_loopback: dict[str, Any]) -> None:
    """`tierwise/<name>` is the router registered under that name, each with tiers of its own."""
    for name, model in (("auto", SMALL), ("careful", TOP)):
        tiers = [Tier("only", model)]
        classifier = FakeClassifier({"only": 0.9})
        register(tiers, name=name, classifier=classifier, embedder=None, litellm_params={"only": at_loopback})

    litellm.completion(model="tierwise/careful", messages=EASY)
    litellm.completion(model="tierwise/auto", messages=EASY)

    assert [request.model for request in openai_server.requests] == [TOP, SMALL]


def test_a_name_that_nobody_registered_is_a_bad_request(registered: Router) -> None:
    """The error says which names there are and what to call."""
    with pytest.raises(litellm.BadRequestError, match="no router is registered as 'fast'"):
        litellm.completion(model="tierwise/fast", messages=EASY)


def test_a_file_sets_up_everything(
    tmp_path: Path, openai_server: Any, at_loopback: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path, or the environment variable, leads to the same tiers."""
    file = tmp_path / "tierwise.yaml"
    file.write_text(YAML)
    by_path = register(file, litellm_params={"small": at_loopback, "top": at_loopback})
    monkeypatch.setenv("TIERWISE_CONFIG", str(file))
    by_variable = register(litellm_params={"small": at_loopback, "top": at_loopback})

    assert {t.name for t in by_path.tiers} == {t.name for t in by_variable.tiers} == {"small", "top"}
    response = litellm.completion(model="tierwise/auto", messages=EASY)
    assert response._hidden_params["tierwise"]["tier"] in ("small", "top")


def test_what_is_wrong_is_said_when_registering(
    make_router: Callable[..., Router], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Construction is strict: unknown tiers, names with a slash, settings that would be ignored, no router at all."""
    monkeypatch.delenv("TIERWISE_CONFIG", raising=False)
    with pytest.raises(ConfigError, match="litellm_params names tier 'middle'"):
        register(make_router(), litellm_params={"middle": {}})
    with pytest.raises(ConfigError, match="without '/'"):
        register(make_router(), name="tierwise/auto")
    with pytest.raises(ConfigError, match="'quality'"):
        register(make_router(), quality=0.9)
    with pytest.raises(ConfigError, match="TIERWISE_CONFIG"):
        register()


def test_a_litellm_router_can_hold_it_as_a_deployment(registered: Router, openai_server: Any, log: Any) -> None:
    """Sync as well, which litellm's own auto-routers refuse; one event, with the real model's cost."""
    router = litellm.Router(model_list=[{"model_name": "smart", "litellm_params": {"model": "tierwise/auto"}}])

    response = router.completion(model="smart", messages=EASY)

    (event,) = log.wait(1)
    assert response.choices[0].message.content.startswith(f"Hello from {SMALL}")
    assert (event["model"], event["usd"]) == (SMALL, response._hidden_params["response_cost"])
    assert event["usd"] > 0


async def test_a_litellm_router_streams_it_async(registered: Router, openai_server: Any, log: Any) -> None:
    """Async and streamed, with one event."""
    router = litellm.Router(model_list=[{"model_name": "smart", "litellm_params": {"model": "tierwise/auto"}}])

    chunks = [c async for c in await router.acompletion(model="smart", messages=EASY, stream=True)]

    (event,) = await log.await_(1)
    assert "".join(c.choices[0].delta.content or "" for c in chunks).startswith(f"Hello from {SMALL}")
    assert event["model"] == SMALL
    assert event["usd"] > 0
