"""Chat and completion, whole and streamed, sync and async; what the object says of itself, and what it keeps to itself."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Settings
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.llms import ChatMessage, MockLLM
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.prompts import PromptTemplate
from llama_index.llms.openai_like import OpenAILike
from loopback import OpenAIServer
from loopback_answers import Reply
from pydantic import BaseModel

from llama_index.llms.tierwise import Tierwise
from tierwise.errors import ConfigError, StepError, UnknownModel
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier
from tierwise.types import Outcome

KEY = "sk-a-key-that-must-not-leak"
EASY = [ChatMessage("What are your opening hours?")]
HARD = [ChatMessage("Prove that there are infinitely many primes.")]


class Answer(BaseModel):
    """An answer."""

    text: str


def tier_of(response: Any) -> str:
    """The tier that a response names."""
    return str(response.additional_kwargs["tierwise"]["tier"])


async def test_each_way_of_asking_reaches_the_tier_that_the_step_needs(llm: Tierwise):
    """Chat and completion, whole and streamed, sync and async, all route alike."""
    for messages, expected in ((EASY, "small"), (HARD, "top")):
        prompt = messages[0].content or ""
        whole = [llm.chat(messages), await llm.achat(messages), llm.complete(prompt), await llm.acomplete(prompt)]
        streams = [list(llm.stream_chat(messages)), [c async for c in await llm.astream_chat(messages)]]
        written = [list(llm.stream_complete(prompt)), [c async for c in await llm.astream_complete(prompt)]]

        assert {tier_of(response) for response in whole} == {expected}
        assert {tier_of(chunk) for chunks in streams + written for chunk in chunks} == {expected}
        assert {str(each[-1]).removeprefix("assistant: ") for each in streams + written} == {
            f"Hello from {expected}, at your service."
        }


def test_a_stream_is_passed_on_chunk_by_chunk(llm: Tierwise, openai_like: Callable[..., OpenAILike]):
    """The deltas are those that the tier's own LLM gives."""
    direct = [chunk.delta for chunk in openai_like("small").stream_chat(EASY)]

    assert [chunk.delta for chunk in llm.stream_chat(EASY)] == direct
    assert len(direct) > 3


def test_the_decision_stands_in_the_response_and_never_in_the_message(llm: Tierwise):
    """What is in a message is sent to a provider with the next step."""
    response = llm.chat(EASY)

    record = response.additional_kwargs["tierwise"]
    assert record["tier"] == "small"
    assert record["reasons"]
    assert record["p_adequate"] == {"small": 0.96, "top": 0.97}
    assert record["attempts"] == [{"tier": "small", "usd": record["usd"], "fault": None}]
    assert "tierwise" not in response.message.additional_kwargs


def test_what_the_tier_returned_is_kept_whole(llm: Tierwise, openai_server: OpenAIServer):
    """`raw` and the token counts are the tier's own, and the bill follows from them."""
    openai_server.script("small", Reply("Nine to five.", usage=(1000, 10)))

    response = llm.chat(EASY)

    assert response.raw.model == "small"
    assert response.additional_kwargs["prompt_tokens"] == 1000
    assert response.additional_kwargs["tierwise"]["usd"] == pytest.approx((1000 * 0.1 + 10 * 0.4) / 1e6)


def test_a_stream_is_billed_from_the_usage_it_reports(routed: Callable[..., Tierwise], openai_like, openai_server):
    """When the stream is over, the record that its chunks carry says what it cost."""
    with_usage = {"additional_kwargs": {"stream_options": {"include_usage": True}}}
    llm = routed({"small": openai_like("small", **with_usage), "top": openai_like("top", **with_usage)})
    openai_server.script("small", Reply("Nine to five.", usage=(1000, 10)))

    *_, last = llm.stream_chat(EASY)

    assert last.additional_kwargs["tierwise"]["usd"] == pytest.approx((1000 * 0.1 + 10 * 0.4) / 1e6)
    assert last.message.content == "Nine to five."


def test_keywords_reach_the_tier_and_the_decision(llm: Tierwise, openai_server: OpenAIServer):
    """What a caller sets for one call is sent, and what the core should know of it is told."""
    response = llm.chat(EASY, temperature=0.7, max_tokens=17, response_format={"type": "json_object"})

    body = openai_server.asked("small")[0].body
    assert (body["temperature"], body["max_tokens"]) == (0.7, 17)
    assert response.additional_kwargs["tierwise"]["signals"]["structured_output"]


def test_bounds_for_one_step_are_given_as_tierwise(llm: Tierwise, openai_server: OpenAIServer):
    """`tierwise=` sets a floor, names the conversation, and is not sent to anybody."""
    response = llm.chat(EASY, tierwise={"floor": "top", "conversation_id": "c-7"})

    assert tier_of(response) == "top"
    assert response.additional_kwargs["tierwise"]["conversation_id"] == "c-7"
    assert "tierwise" not in openai_server.asked("top")[0].body
    with pytest.raises(StepError, match="'flor'"):
        llm.chat(EASY, tierwise={"flor": "top"})


def test_prompts_of_the_host_go_through_it(llm: Tierwise):
    """`predict` and `stream`, which engines use, end in a routed call."""
    assert llm.predict(PromptTemplate("{what}"), what="hello") == "Hello from small, at your service."
    assert "".join(llm.stream(PromptTemplate("Prove {what}."), what="it")) == "Hello from top, at your service."


def test_an_empty_history_is_refused_in_words(llm: Tierwise):
    """No messages is a caller's slip, not a crash deep inside."""
    with pytest.raises(StepError, match="no messages"):
        llm.chat([])


def test_it_is_an_llm_of_the_host(llm: Tierwise):
    """The class is what agents and engines look for, under a name of its own."""
    assert BaseLLM.__name__ in {cls.__name__ for cls in Tierwise.__mro__}
    assert issubclass(Tierwise, FunctionCallingLLM)
    assert Tierwise.class_name() == "tierwise_llm"
    assert type(llm).__module__ == "llama_index.llms.tierwise.base"


def test_metadata_promises_what_every_tier_can_keep(routed: Callable[..., Tierwise], openai_like):
    """The smallest window and output; function calling only where all tiers can."""
    small = openai_like("small", context_window=8_000, max_tokens=500)
    plain = openai_like("top", context_window=90_000, max_tokens=2_000, is_function_calling_model=False)

    able = routed({"small": small, "top": openai_like("top")}).metadata
    mixed = routed({"small": small, "top": plain}).metadata

    assert (able.context_window, able.num_output, able.is_function_calling_model) == (8_000, 500, True)
    assert (mixed.context_window, mixed.num_output, mixed.is_function_calling_model) == (8_000, 500, False)
    assert able.is_chat_model


def test_prices_and_windows_are_found_by_the_model_of_each_llm(openai_like):
    """A window set on the LLM counts; what it leaves open is in the catalogue."""
    tiers = {"small": openai_like("gpt-4.1-nano", context_window=9_000), "top": openai_like("claude-opus-4-6")}
    chosen = Tierwise(tiers, embedder=None, classifier=FakeClassifier({"small": 0.9, "top": 0.95})).router.tiers

    assert [tier.context_tokens for tier in chosen] == [9_000, 100_000]
    assert chosen[0].prices.usd_per_mtok_in == pytest.approx(0.1)


def test_facts_by_hand_stand_beside_what_is_found(openai_like):
    """A `Tier` says more than a price; the other tiers are found by their models."""
    llm = Tierwise(
        {"small": openai_like("my-own"), "top": openai_like("claude-opus-4-6")},
        facts=[Tier("small", model="my-own", prices=(0, 0), latency_ms=300)],
        embedder=None,
        classifier=FakeClassifier({"small": 0.9, "top": 0.95}),
    )

    assert [tier.latency_ms for tier in llm.router.tiers] == [300, None]


def test_what_is_wrong_is_said_at_construction(openai_like):
    """Each slip names what was found, and no message shows a key."""
    ours = {"small": openai_like("no-such-model-of-ours")}
    fakes = {"embedder": None, "classifier": FakeClassifier({"small": 0.9})}
    slips: list[tuple[type[Exception], str, Callable[[], Any]]] = [
        (ConfigError, "missing or empty", lambda: Tierwise({})),
        (ConfigError, "tier 'small' is a str", lambda: Tierwise({"small": "gpt-4.1-nano"})),
        (UnknownModel, "no-such-model-of-ours", lambda: Tierwise(ours, **fakes)),
        (ConfigError, "'samll'", lambda: Tierwise(ours, prices={"samll": (1, 2)}, **fakes)),
        (TypeError, "'temperature'", lambda: Tierwise(ours, prices={"small": (1, 2)}, temperature=0.5, **fakes)),
        (ConfigError, "quality", lambda: Tierwise(ours, prices={"small": (1, 2)}, quality=95, **fakes)),
    ]
    for error, words, build in slips:
        with pytest.raises(error, match=words) as raised:
            build()
        assert KEY not in str(raised.value)


def test_a_router_by_hand_must_know_the_same_tiers(openai_like):
    """Tiers are matched by name; a router brings its own settings."""
    router = Router(
        [Tier("small", prices=(1, 2))], quality=0.9, embedder=None, classifier=FakeClassifier({"small": 0.9})
    )

    assert Tierwise({"small": openai_like("m")}, router=router).quality == 0.9
    with pytest.raises(ConfigError, match="names must agree"):
        Tierwise({"large": openai_like("m")}, router=router)
    with pytest.raises(ConfigError, match="'quality'"):
        Tierwise({"small": openai_like("m")}, router=router, quality=0.8)


def test_a_file_configures_it(tmp_path: Path, openai_like):
    """`tierwise.yaml` sets tiers and quality, and the LLMs are matched by name."""
    file = tmp_path / "tierwise.yaml"
    file.write_text("quality: 0.9\nembedder: null\ntiers:\n  - {name: small, model: gpt-4.1-nano}\n"
                    "  - {name: top, model: claude-opus-4-6}\n")  # fmt: skip

    llm = Tierwise.from_yaml(file, {"small": openai_like("gpt-4.1-nano"), "top": openai_like("claude-opus-4-6")})

    assert llm.quality == 0.9
    assert llm.chat(EASY).additional_kwargs["tierwise"]["tier"] in ("small", "top")


def test_no_key_is_in_any_dump_or_representation(llm: Tierwise, routed, openai_like):
    """Tiers hold keys, so they are left out; the LLM underneath shows that there was something to leak."""
    told = [llm.to_dict(), llm.to_json(), llm.to_payload(), llm.model_dump(), repr(llm), str(llm)]
    structured = llm.as_structured_llm(Answer)
    told += [structured.to_dict(), llm.chat(EASY).model_dump_json()]

    assert KEY in str(openai_like("small").to_dict())
    assert [text for text in told if KEY in str(text)] == []
    assert "small" in repr(llm)


def test_a_dump_and_the_tiers_make_the_same_again(routed, openai_like):
    """`from_dict` needs the LLMs, which a dump must not hold, and says so."""
    llm = routed(quality=0.8, system_prompt="Be brief.")
    tiers = {"small": openai_like("small"), "top": openai_like("top")}

    again = Tierwise.from_dict(
        llm.to_dict(), tiers=tiers, embedder=None, classifier=FakeClassifier({"small": 0.9, "top": 0.95})
    )

    assert (again.quality, again.prices, again.system_prompt) == (0.8, llm.prices, "Be brief.")
    with pytest.raises(ConfigError, match="tiers"):
        Tierwise.from_dict(llm.to_dict())


def test_it_survives_pickling_and_copying(openai_like):
    """A pipeline's worker gets the same tiers and settings; a copy shares the router."""
    fixed = FakeClassifier({"small": 0.96, "top": 0.97})
    prices = {"small": (0.1, 0.4), "top": (5, 25)}
    llm = Tierwise({"small": openai_like("small"), "top": openai_like("top")}, prices=prices, quality=0.8,
                   embedder=None, classifier=fixed, system_prompt="Be brief.", cascade=False)  # fmt: skip

    revived = pickle.loads(pickle.dumps(llm))

    assert (revived.quality, revived.system_prompt, sorted(revived.tiers)) == (0.8, "Be brief.", ["small", "top"])
    assert revived.chat(EASY).additional_kwargs["tierwise"]["tier"] == "small"
    assert revived.router is not llm.router
    assert copy.deepcopy(llm).router is llm.router
    changed = llm.model_copy(update={"system_prompt": "Be kind."}, deep=True)
    assert (changed.system_prompt, llm.system_prompt) == ("Be kind.", "Be brief.")
    assert (changed.router, changed.tiers) == (llm.router, llm.tiers)


def test_pickled_it_keeps_what_its_router_has_learned(openai_like):
    """And the settings it was made with, so that it can be dumped, and pickled again."""
    prices = {"small": (0.1, 0.4), "top": (5, 25)}
    llm = Tierwise({"small": openai_like("small"), "top": openai_like("top")}, prices=prices, embedder=None)
    question = [{"role": "user", "content": EASY[0].content}]
    before = llm.router.estimate(question).p_adequate
    llm.router.learn([Outcome("small", 0.0, [{"role": "user", "content": f"Sort list {i}"}]) for i in range(60)])

    revived = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(llm))))

    assert revived.router.estimate(question).p_adequate == llm.router.estimate(question).p_adequate != before
    assert revived.to_dict() == llm.to_dict()


def test_settings_take_it_as_the_default_llm(llm: Tierwise):
    """`Settings.llm` is where LlamaIndex looks when nothing is said."""
    before = Settings._llm
    try:
        Settings.llm = llm
        assert Settings.llm.complete("hello").text == "Hello from small, at your service."
    finally:
        Settings._llm = before


def test_a_tier_may_be_any_llm_of_the_host(routed, openai_like):
    """A plain LLM without function calling serves what needs none."""
    llm = routed({"small": MockLLM(max_tokens=5), "top": openai_like("top")})

    assert llm.chat(EASY).additional_kwargs["tierwise"]["tier"] == "small"
    assert not llm.metadata.is_function_calling_model
