"""A tool loop that Claude began with thoughts goes to GPT in mid loop, and back: through both real clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from clients import HOUSES
from handing import ask, edits_of, handed
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from servers.openai_responses import OpenAIResponses
from servers.wire import MakerServer, Turn

from tierwise.tiers import Tier

pytest.importorskip("langchain_anthropic")
ANTHROPIC, RESPONSES = HOUSES["anthropic"], HOUSES["responses"]
CLAUDE, GPT = ANTHROPIC.models[0], RESPONSES.models[1]
TIERS = (ANTHROPIC.tier(CLAUDE), RESPONSES.tier(GPT))


@pytest.fixture
def claude() -> Iterator[MakerServer]:
    """Anthropic on loopback."""
    with ANTHROPIC.server() as server:
        yield server


@pytest.fixture
def gpt() -> Iterator[MakerServer]:
    """OpenAI's Responses on loopback."""
    with RESPONSES.server() as server:
        yield server


def results_of(answer: AIMessage) -> list[BaseMessage]:
    return [
        ToolMessage(f"found {call['args']}", tool_call_id=call["id"], name=call["name"]) for call in answer.tool_calls
    ]


def opening(claude: MakerServer) -> list[BaseMessage]:
    """Claude has thought and called two tools, and both have answered."""
    claude.say(Turn("Looking.", "Two things are needed.", (("look_up", {"q": "a"}), ("fetch-page", {"n": 2}))))
    history: list[BaseMessage] = [HumanMessage("Find a and the second page.")]
    answer = ask(ANTHROPIC, claude, CLAUDE, history)
    return [*history, answer, *results_of(answer)]


def test_a_thinking_loop_goes_to_responses_and_back(claude: MakerServer, gpt: MakerServer):
    """Each gets its own thoughts back and none of the other's; all calls and results arrive; nothing is refused."""
    history = opening(claude)

    gpt.say(Turn("One more.", "The page names b.", (("look_up", {"q": "b"}),)))
    answer = ask(RESPONSES, gpt, GPT, handed(history, TIERS[1], TIERS))
    history += [answer, *results_of(answer)]
    ask(ANTHROPIC, claude, CLAUDE, handed(history, TIERS[0], TIERS))

    assert not claude.refused
    assert not gpt.refused
    kinds = [item.get("type") for item in gpt.bodies[-1]["input"]]
    assert kinds == [
        "message",
        "message",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
    ]
    blocks = [
        block["type"]
        for message in claude.bodies[-1]["messages"]
        for block in message["content"]
        if isinstance(block, dict)
    ]
    assert blocks.count("thinking") == 1
    assert blocks.count("tool_use") == blocks.count("tool_result") == 3


def test_a_tier_that_stays_is_sent_its_history_untouched(claude: MakerServer):
    """No edit at all: the very objects are passed on, and the provider's cache stays warm."""
    history = opening(claude)

    assert edits_of(history, TIERS[0], TIERS) == ()
    assert all(kept is given for kept, given in zip(handed(history, TIERS[0], TIERS), history, strict=True))


def test_manual_thinking_carries_on_after_a_foreign_loop(claude: MakerServer, gpt: MakerServer):
    """Anthropic refuses to think in the middle of another model's loop; closed with a word, it takes it."""
    gpt.say(Turn("", "Hm.", (("look_up", {"q": "a"}),)))
    history: list[BaseMessage] = [HumanMessage("Find a.")]
    answer = ask(RESPONSES, gpt, GPT, history)
    history += [answer, *results_of(answer)]
    by_hand = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}

    with pytest.raises(Exception, match="Expected `thinking`"):
        ask(ANTHROPIC, claude, CLAUDE, handed(history, TIERS[0], TIERS), **by_hand)
    ask(ANTHROPIC, claude, CLAUDE, handed(history, TIERS[0], TIERS, thinking=True), **by_hand)

    assert len(claude.refused) == 1


def test_a_servers_memory_is_asked_for_by_the_organisation_that_has_it(gpt: MakerServer):
    """With `use_previous_response_id` another organisation is sent the words, and the maker only what is new."""
    from langchain_openai import AzureChatOpenAI, ChatOpenAI

    gpt.say(Turn("It is a.", "Hm."))
    history: list[BaseMessage] = [HumanMessage("What is it?")]
    remembering = {"use_responses_api": True, "use_previous_response_id": True, "api_key": "unused", "max_retries": 0}
    openai = ChatOpenAI(model=GPT, base_url=f"{gpt.url}/v1", **remembering)
    history += [openai.invoke(history), HumanMessage("And b?")]
    azure_tier = Tier("azure", "gpt-5-nano", provider="azure", prices=(1, 2))

    class OtherOrganisation(OpenAIResponses):
        _made: ClassVar[dict[str, str | None]] = {}

    with MakerServer(OtherOrganisation()) as azure:
        other = AzureChatOpenAI(
            model="gpt-5-nano", azure_endpoint=azure.url, api_version="2025-04-01-preview", **remembering
        )
        with pytest.raises(Exception, match="not found"):
            other.invoke(history)
        other.invoke(handed(history, azure_tier, (*TIERS, azure_tier)))
        openai.invoke(handed(history, TIERS[1], TIERS))

        assert len(azure.bodies[-1]["input"]) == 3
        assert len(gpt.bodies[-1]["input"]) == 1
