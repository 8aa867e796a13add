"""A hundred thousand conversations leave behind what was allowed, and no more: entries are counted, not bytes."""

from __future__ import annotations

from tierwise import Answer, Router, Tier, Usage
from tierwise.conversation.memo import HistoryMemo
from tierwise.conversation.memory import Conversations
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.conversation.summariser import Summariser
from tierwise.taught import _REMEMBERED_DECISIONS
from tierwise.testing import FakeClassifier
from tierwise.types import CallRecord, Held, Step

CONVERSATIONS = 100_000


def messages(number: int) -> list[dict[str, str]]:
    """A short conversation of its own."""
    return [
        {"role": "user", "content": f"question {number}"},
        {"role": "assistant", "content": "On it."},
        {"role": "user", "content": "Go on."},
        {"role": "assistant", "content": "Still on it."},
    ]


def test_the_memory_store_keeps_as_many_prefixes_as_allowed() -> None:
    """States, prefixes and their counts are pushed out together; the latest conversations are still known."""
    store = MemoryStore(max_prefixes=5000)
    conversations = Conversations(store)
    call = CallRecord("small", Held(100, 1.0), 0.001)
    for number in range(CONVERSATIONS):
        state = conversations.locate(Step(messages(number)[:1]))
        conversations.record(state, call)

    assert len(store._key_of) == len(store._states) == len(store._prefixes) == 5000
    assert conversations.locate(Step(messages(CONVERSATIONS - 1)[:3])).steps == 1
    assert conversations.locate(Step(messages(0)[:3])).steps == 0


def test_the_memo_keeps_as_many_histories_as_allowed() -> None:
    """And what it says of their characters is right to the last one, so that its second bound holds too."""
    memo = HistoryMemo()
    for number in range(CONVERSATIONS):
        memo.read(Step(messages(number)))

    assert len(memo) == 256
    assert sum(map(len, memo._readings.values())) == 256
    assert memo._chars == sum(kept.chars for branches in memo._readings.values() for kept in branches)


def test_a_summariser_keeps_as_many_texts_as_allowed() -> None:
    """A plugged-in summariser's latest 64 texts; of one history, the latest eight."""
    summariser = Summariser(lambda gone: f"{len(gone)} messages about {gone[0]['content']}")
    for number in range(CONVERSATIONS // 10):
        summariser(messages(number), 100)
    assert len(summariser._texts) == 64

    history, walks = messages(1) * 500, dict[str, object]()
    whole = [dict(message) for message in history]
    for stop in range(1, 1000):
        summariser.over(whole, walks)(whole[:stop], 100)
    (running,) = walks.values()
    assert len(running.texts) == 8  # type: ignore[attr-defined]
    assert len(summariser._texts) == 64


def test_a_router_is_bounded_in_all_that_it_keeps() -> None:
    """Whole steps, answered: conversations, histories and decisions stay within their bounds."""
    tiers = [Tier("small", prices=(0.1, 0.4)), Tier("top", prices=(5, 25))]
    store = MemoryStore(max_prefixes=3000)
    router = Router(tiers, classifier=FakeClassifier({"small": 0.9, "top": 0.95}), embedder=None, store=store)
    answer = Answer({"role": "assistant", "content": "Done."}, usage=Usage(input=30, output=2))
    for number in range(CONVERSATIONS // 20):
        router.start(messages(number)[:3]).after(answer)

    assert len(store._key_of) == 3000
    assert len(router._memo) <= 256
    assert len(router._seen) == _REMEMBERED_DECISIONS
