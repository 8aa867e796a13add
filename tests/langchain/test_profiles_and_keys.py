"""What others ask of the model without calling it: what it can, what it counts, what names it; and media it passes on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumpd
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
from loopback import OpenAIServer

from langchain_tierwise import ChatTierwise
from tierwise.errors import ConfigError

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_it_promises_what_all_tiers_can_and_the_least_they_hold(echoes: dict[str, Any], settings: dict[str, Any]):
    """AND of abilities, MIN of limits; what one tier does not say is not promised."""
    echoes["small"].profile = {"tool_calling": True, "image_inputs": False, "max_input_tokens": 1000}
    echoes["top"].profile = {"tool_calling": True, "image_inputs": True, "max_input_tokens": 9000, "pdf_inputs": True}

    assert ChatTierwise(echoes, **settings).profile == {
        "tool_calling": True,
        "image_inputs": False,
        "max_input_tokens": 1000,
    }
    echoes["top"].profile = None
    assert ChatTierwise(echoes, **settings).profile is None


def test_tokens_are_counted_by_the_top_tier_or_by_the_given_counter(echoes: dict[str, Any], settings: dict[str, Any]):
    """No tokeniser is loaded for the router's own sake."""
    model = ChatTierwise(echoes, **settings)
    own = ChatTierwise(echoes, custom_get_token_ids=lambda text: [1] * len(text), **settings)

    assert model.get_num_tokens("one two three") == 3
    assert model.get_num_tokens_from_messages([HumanMessage("one two")]) == 3  # "Human: one two"
    assert own.get_num_tokens("abc") == 3
    assert own.get_token_ids("abc") == [1, 1, 1]


def test_the_cache_key_names_tiers_policy_and_quality(echoes: dict[str, Any], settings: dict[str, Any]):
    """Two routers that may answer differently never share it."""
    one = ChatTierwise(echoes, **settings)
    others = [
        ChatTierwise(echoes, **{**settings, "quality": 0.9}),
        ChatTierwise({"small": echoes["small"]}, **settings),
        ChatTierwise({"small": echoes["top"], "top": echoes["small"]}, **settings),
        ChatTierwise(echoes, mode="shadow", **settings),
        ChatTierwise(echoes, temperature=0.3, **settings),
    ]
    keys = [model._get_llm_string() for model in (one, *others)]

    assert len(set(keys)) == len(keys)
    assert one._get_llm_string() == ChatTierwise(echoes, **settings)._get_llm_string()
    assert "CheapestLikely" in str(ChatTierwise(echoes, policy=_cheapest(), **settings)._identifying_params)


def test_a_cache_on_the_router_serves_each_tier(
    openai_tier: Callable[..., ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """The same question twice is one request; each answer carries its own decision; tiers outside keep no cache."""
    tiers = {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}
    model = ChatTierwise(tiers, cache=InMemoryCache(), **settings)
    first, second = model.invoke("hello"), model.invoke("hello")

    assert len(openai_server.asked()) == 1
    assert first.text == second.text
    notes = [message.response_metadata["tierwise"]["id"] for message in (first, second)]
    assert notes[0] != notes[1]
    assert second.response_metadata["tierwise"]["usd"] == 0  # nobody was asked
    assert tiers["small"].cache is None
    with pytest.raises(ConfigError, match="cache"):
        ChatTierwise({"small": RunnableLambda(lambda x: x)}, cache=True, prices={"small": (1, 2)}, **settings)


def test_callbacks_tags_and_metadata_of_the_model_join_those_of_the_call(
    echoes: dict[str, Any], settings: dict[str, Any]
):
    """Each once, on the tier's run."""

    class Runs(BaseCallbackHandler):
        def __init__(self) -> None:
            self.seen: list[tuple[list[str], dict[str, Any]]] = []

        def on_chat_model_start(self, serialized: Any, messages: Any, **facts: Any) -> None:
            self.seen.append((facts["tags"], facts["metadata"]))

    own, called = Runs(), Runs()
    model = ChatTierwise(echoes, callbacks=[own], tags=["own"], metadata={"who": "model", "own": 1}, **settings)
    for call in (model.invoke, lambda *a: list(model.stream(*a))):
        call("hi", {"callbacks": [called], "tags": ["call"], "metadata": {"who": "caller"}})

    for runs in (own, called):
        assert len(runs.seen) == 2
        for tags, metadata in runs.seen:
            assert sorted(tags) == ["call", "own"]
            assert (metadata["who"], metadata["own"]) == ("caller", 1)


def test_a_file_describes_the_tiers_and_strings_become_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, echoes: Any
):
    """Names from `tierwise.yaml` are made by `init_chat_model`; models that are given stay."""
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    file = tmp_path / "tierwise.yaml"
    file.write_text(
        "quality: 0.9\ntiers:\n  - {name: small, model: gpt-4.1-nano, provider: openai}\n"
        "  - {name: top, model: gpt-4.1, provider: openai}\n",
        encoding="utf-8",
    )
    model = ChatTierwise.from_yaml(file, {"top": echoes["top"]}, temperature=0.2)

    assert isinstance(model.tiers["small"], ChatOpenAI)
    assert model.tiers["small"].model_name == "gpt-4.1-nano"
    assert model.tiers["top"] is echoes["top"]
    assert (model.router.quality, model.temperature) == (0.9, 0.2)


def test_tracers_learn_provider_names_and_limits(
    openai_tier: Callable[..., ChatOpenAI], echoes: dict[str, Any], settings: dict[str, Any]
):
    """One provider for all tiers is named, so that middlewares that compare providers still work; else ours is."""
    same = ChatTierwise({"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}, max_tokens=9, **settings)
    mixed = ChatTierwise({"small": openai_tier("gpt-4.1-nano"), "top": echoes["top"]}, **settings)

    assert same._get_ls_params(stop=["x"]) == {
        "ls_provider": "openai",
        "ls_model_name": "tierwise:small|top",
        "ls_model_type": "chat",
        "ls_max_tokens": 9,
        "ls_stop": ["x"],
    }
    assert mixed._get_ls_params()["ls_provider"] == "tierwise"
    assert mixed._get_ls_params(model="other")["ls_model_name"] == "other"


def test_pictures_pass_through_and_go_to_a_tier_that_sees(
    openai_tier: Callable[..., ChatOpenAI], settings: dict[str, Any], openai_server: OpenAIServer
):
    """An image is counted, sent unchanged, and kept away from a tier without eyes."""
    model = ChatTierwise({"small": openai_tier("gpt-3.5-turbo"), "top": openai_tier("gpt-4.1")}, **settings)
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    message = model.invoke([HumanMessage([{"type": "text", "text": "What is this?"}, image])])

    note = message.response_metadata["tierwise"]
    assert (note["tier"], note["signals"]["images"]) == ("top", 1)
    assert any("cannot see images" in reason for reason in note["reasons"])
    assert openai_server.asked()[-1].body["messages"][0]["content"][1] == image


def test_no_key_of_a_tier_is_in_anything_that_is_written_down(
    openai_tier: Callable[..., ChatOpenAI], settings: dict[str, Any]
):
    """Repr, dumps, trace parameters, decisions and bound forms: not one of them holds a secret."""
    secret = {"api_key": "sk-loopback", "default_headers": {"x-token": "sk-loopback"}}
    model = ChatTierwise(
        {"small": openai_tier("gpt-4.1-nano", **secret), "top": openai_tier("gpt-4.1", **secret)}, **settings
    )
    bound = model.bind_tools([{"title": "t", "type": "object", "properties": {}}]).with_config(tags=["x"])
    written = [
        repr(model),
        repr(bound),
        repr(model.with_retry()),
        json.dumps(dumpd(model)),
        json.dumps(dumpd(bound)),
        json.dumps(model.model_dump(), default=repr),
        str(model._serialized),
        str(model._get_invocation_params()),
        str(model.invoke("hello").response_metadata),
        str(model._get_ls_params()),
        repr(model._request("hi", None, None, {}).facts()),
    ]

    assert not [text[:80] for text in written if "sk-loopback" in text]


def _cheapest() -> Any:
    from tierwise.policy.choose import CheapestLikely

    return CheapestLikely(0.5)


def test_langchain_core_alone_is_enough_for_the_model():
    """Importing the package, and calling a model, brings in neither langchain nor langgraph."""
    program = """
import sys
from langchain_core.language_models import FakeListChatModel
from langchain_tierwise import ChatTierwise
from tierwise.testing import FakeClassifier
model = FakeListChatModel(responses=["hi"])
prices, fake = {"small": (1, 2)}, FakeClassifier({"small": 0.9})
print(ChatTierwise({"small": model}, prices=prices, classifier=fake, embedder=None).invoke("hello").content)
print(sorted({"langchain", "langgraph", "langchain_openai", "onnxruntime"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)

    assert result.stdout.split("\n")[:2] == ["hi", "[]"]
