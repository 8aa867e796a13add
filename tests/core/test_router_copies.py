"""A copied router is the same router; a pickled one is built again, and knows what it had learned."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from tierwise import Outcome, Router, Rule, Tier
from tierwise.conversation.stores.calm import CalmStore
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.conversation.stores.redis import RedisStore
from tierwise.conversation.stores.sqlite import SQLiteStore
from tierwise.handlers.faq import FAQ, Entry
from tierwise.learning.feedback import SQLiteFeedback
from tierwise.types import CallRecord, ConversationState, Held

TIERS = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
ASKED = [
    [{"role": "user", "content": text}]
    for text in ("What are your opening hours?", "Prove that there are infinitely many primes.", "Sort these: 3 1 2")
]
HOURS = [Entry("hours", ("What are your opening hours?",), "From nine to five.")]


def taught(**settings: Any) -> Router:
    """A router that has seen the small model do badly."""
    router = Router(TIERS, **settings)
    router.learn([Outcome("small", 0.0, [{"role": "user", "content": f"Sort list {i}"}]) for i in range(60)])
    return router


def chances(router: Router) -> list[dict[str, float]]:
    """What it expects on some steps."""
    return [dict(estimate.p_adequate) for estimate in router.estimate_many(ASKED)]


def decided(router: Router) -> list[dict[str, Any]]:
    """What it decides on some steps, without ids and times."""
    return [router.start(messages).decision.canonical() for messages in ASKED]


def test_a_copy_is_the_router_itself() -> None:
    """Shallow or deep, alone or inside something else: conversations, budgets and lessons stay in one place."""
    router = Router(TIERS)

    assert copy.copy(router) is router
    assert copy.deepcopy(router) is router
    assert copy.deepcopy({"agents": [router]})["agents"][0] is router


def test_pickled_it_decides_alike() -> None:
    """Every argument goes along: tiers, handlers, rules, settings."""
    router = Router(
        [Tier("faq", handler=FAQ(HOURS)), *TIERS],
        quality=0.8,
        rules=[Rule(at_least="top", kinds=["answer"], metadata={"team": "sorters"})],
        recovery=False,
        cascade=False,
        most_over_top=None,
        max_latency_ms=900.0,
    )

    revived = pickle.loads(pickle.dumps(router))

    assert revived is not router
    assert (revived.quality, revived.settings) == (router.quality, router.settings)
    assert decided(revived) == decided(router)
    assert revived.start(ASKED[0]).tier.name == "faq"
    assert revived.start(ASKED[1], metadata={"team": "sorters"}).tier.name == "top"


def test_what_was_learned_goes_along() -> None:
    """Chances in the other process are those of this one, to the last bit, and may be learned on."""
    router = taught()

    revived = pickle.loads(pickle.dumps(router))

    assert chances(revived) == chances(router) != chances(Router(TIERS))
    revived.learn([Outcome("small", 1.0, [{"role": "user", "content": f"Add {i}"}]) for i in range(60)])
    assert chances(revived) != chances(router)


def test_outcomes_in_a_feedback_store_count_once_and_later_ones_are_kept_there(tmp_path: Path) -> None:
    """The store is opened again; what it holds had been learned before the router was pickled."""
    router = taught(feedback_store=SQLiteFeedback(tmp_path / "feedback.db"))

    revived = pickle.loads(pickle.dumps(router))

    assert len(revived.teacher.ledger) == 60
    assert chances(revived) == chances(router)
    revived.learn([Outcome("top", 1.0, ASKED[0])])
    assert len(list(SQLiteFeedback(tmp_path / "feedback.db").read())) == 61


def test_another_process_decides_alike() -> None:
    """Started afresh, not forked: nothing of this process's memory is there."""
    router = taught()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(Router.estimate, router, ASKED[1]).result() == router.estimate(ASKED[1])


@pytest.mark.parametrize("kind", ["sqlite", "calm"])
def test_a_store_in_a_file_is_opened_again(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from another folder than it was opened in."""
    monkeypatch.chdir(tmp_path)
    store: Any = SQLiteStore("state.db")
    router = Router(TIERS, store=CalmStore(store) if kind == "calm" else store)
    state = router.start(ASKED[0], conversation_id="c").state
    data = pickle.dumps(router)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    revived = pickle.loads(data)

    assert revived._conversations.store.find([state.tip]) == state


def test_a_store_in_memory_begins_empty_and_is_as_large() -> None:
    """Another process has conversations of its own."""
    store = MemoryStore(max_prefixes=2)
    store.put(ConversationState("c", tip="p"))
    store.record(ConversationState("c", tip="p"), CallRecord("top", Held(1, 0.0), 1.0))

    revived = pickle.loads(pickle.dumps(store))

    assert len(revived) == 0
    for tip in "abc":
        revived.put(ConversationState(tip, tip=tip))
    assert len(revived) == 2


def test_a_store_in_redis_is_connected_anew() -> None:
    """With the same settings; nothing is asked of the server until it is used."""
    pytest.importorskip("redis", reason="the Python package redis is not installed")
    store = RedisStore("redis://localhost:6379/5", ttl_s=60, prefix="mine:", timeout_ms=20.0)

    revived = pickle.loads(pickle.dumps(store))

    assert (revived._ttl_s, revived._prefix) == (60, "mine:")
    settings = revived._sync.connection_pool.connection_kwargs
    assert [settings[name] for name in ("host", "port", "db", "socket_timeout")] == ["localhost", 6379, 5, 0.02]


def test_what_cannot_be_pickled_is_named() -> None:
    """A function without a name in a module, for instance."""
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        pickle.dumps(Router(TIERS, summarise=lambda messages: "short"))
