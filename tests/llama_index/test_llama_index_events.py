"""Every call is counted once, under the name of the model that answered, by both of the host's ways of counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler, TokenCountingHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.instrumentation.events.llm import LLMChatEndEvent, LLMChatStartEvent, LLMCompletionEndEvent
from llama_index.core.llms import ChatMessage
from llama_index.core.rate_limiter import BaseRateLimiter
from llama_index.llms.openai_like import OpenAILike
from loopback import OpenAIServer
from loopback_answers import Reply
from pydantic import Field

from llama_index.llms.tierwise import Tierwise

EASY = [ChatMessage("What are your opening hours?")]
HARD = [ChatMessage("Prove that there are infinitely many primes.")]


class Seen(BaseEventHandler):
    """Keeps every event."""

    events: list[BaseEvent] = Field(default_factory=list)

    def handle(self, event: BaseEvent, **_: Any) -> None:
        self.events.append(event)

    def count(self) -> Counter[str]:
        """Events by class, without the chunks in between."""
        return Counter(type(event).__name__ for event in self.events if "InProgress" not in type(event).__name__)


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Everything that the host's dispatcher is told."""
    handler, root = Seen(), get_dispatcher()
    root.add_event_handler(handler)
    yield handler
    root.event_handlers.remove(handler)


def counting() -> TokenCountingHandler:
    """The host's token counter, with words as tokens so that no tokeniser is loaded."""
    return TokenCountingHandler(tokenizer=str.split)


async def test_each_call_is_one_start_and_one_end(llm: Tierwise, seen: Seen):
    """Whole and streamed, sync and async: the tier's decorator speaks, the router's methods do not."""
    llm.chat(EASY)
    await llm.achat(HARD)
    list(llm.stream_chat(EASY))
    async for _ in await llm.astream_chat(HARD):
        pass

    assert seen.count() == {"LLMChatStartEvent": 4, "LLMChatEndEvent": 4}
    started = [event.model_dict["model_name"] for event in seen.events if isinstance(event, LLMChatStartEvent)]
    assert started == ["small", "top", "small", "top"]


async def test_each_completion_is_one_start_and_one_end(llm: Tierwise, seen: Seen):
    """The same for prompts."""
    llm.complete("hello")
    await llm.acomplete("hello")
    list(llm.stream_complete("hello"))
    async for _ in await llm.astream_complete("hello"):
        pass

    assert seen.count() == {"LLMCompletionStartEvent": 4, "LLMCompletionEndEvent": 4}
    assert all(event.response.text for event in seen.events if isinstance(event, LLMCompletionEndEvent))


def test_events_hold_what_the_tier_said(llm: Tierwise, seen: Seen):
    """The end event carries the tier's own response, raw object included."""
    response = llm.chat(EASY)

    (end,) = [event for event in seen.events if isinstance(event, LLMChatEndEvent)]
    assert end.response is not None
    assert end.response.raw is response.raw
    assert end.response.message is response.message


def test_a_second_attempt_is_a_second_call(llm: Tierwise, seen: Seen, openai_server: OpenAIServer):
    """Both calls were made and billed, so both are told."""
    openai_server.script("small", Reply(""))

    response = llm.chat(EASY)

    assert response.additional_kwargs["tierwise"]["tier"] == "top"
    assert seen.count() == {"LLMChatStartEvent": 2, "LLMChatEndEvent": 2}


def test_a_counter_on_the_router_counts_every_tier_once(routed: Callable[..., Tierwise], openai_like):
    """A callback manager given to the router is given to its tiers; the sums are those of the tiers alone."""
    direct, through = counting(), counting()
    for name, messages in (("small", EASY), ("top", HARD)):
        openai_like(name, callback_manager=CallbackManager([direct])).chat(messages)

    llm = routed(callback_manager=CallbackManager([through]))
    for messages in (EASY, HARD):
        llm.chat(messages)

    assert len(through.llm_token_counts) == 2
    assert through.total_llm_token_count == direct.total_llm_token_count > 0


def test_a_callback_manager_set_later_reaches_the_tiers_too(llm: Tierwise):
    """As `Settings.callback_manager` does it."""
    debug = LlamaDebugHandler(print_trace_on_end=False)

    llm.callback_manager = CallbackManager([debug])
    llm.complete("hello")

    assert len(debug.get_event_pairs(CBEventType.LLM)) == 1


def test_tiers_keep_their_own_callbacks_when_the_router_has_none(routed: Callable[..., Tierwise], openai_like):
    """Nothing set on the router takes nothing away from a tier."""
    own = counting()
    llm = routed({"small": openai_like("small", callback_manager=CallbackManager([own])), "top": openai_like("top")})

    llm.chat(EASY)

    assert len(own.llm_token_counts) == 1


class Turnstile(BaseRateLimiter):
    """Counts who passes."""

    def __init__(self) -> None:
        self.passed = Counter[str]()

    def acquire(self, num_tokens: int = 0) -> None:
        self.passed["sync"] += 1

    async def async_acquire(self, num_tokens: int = 0) -> None:
        self.passed["async"] += 1


async def test_a_rate_limiter_on_the_router_is_asked_before_each_call(
    routed: Callable[..., Tierwise], openai_like: Callable[..., OpenAILike]
):
    """Once for each call of any tier, besides the tier's own limiter."""
    shared, own = Turnstile(), Turnstile()
    llm = routed({"small": openai_like("small", rate_limiter=own), "top": openai_like("top")}, rate_limiter=shared)

    llm.chat(EASY)
    list(llm.stream_chat(HARD))
    await llm.achat(HARD)
    await llm.acomplete("hello")

    assert shared.passed == {"sync": 2, "async": 2}
    assert own.passed == {"sync": 1, "async": 1}


def test_a_stream_that_is_left_still_ends_its_event(llm: Tierwise, seen: Seen):
    """The tier's stream is closed with ours, so no span stays open."""
    debug = LlamaDebugHandler(print_trace_on_end=False)
    llm.callback_manager = CallbackManager([debug])

    stream = llm.stream_chat(EASY)
    next(stream)
    stream.close()

    assert len(debug.get_event_pairs(CBEventType.LLM)) == 1
    assert seen.count()["LLMChatStartEvent"] == 1
