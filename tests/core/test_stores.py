"""Conversation state in memory, in a file, in Redis; and calm when a shared store is down."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tierwise import Answer, Router, Tier, Usage
from tierwise.conversation.stores.calm import CalmStore
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.conversation.stores.record import MOST_MAKERS, from_json, key_of, to_json
from tierwise.conversation.stores.sqlite import SQLiteStore
from tierwise.errors import ConfigError
from tierwise.testing import FakeClassifier, check_state_store
from tierwise.types import CallRecord, ConversationState, Held

STATE = ConversationState("c", user="ann", tip="p1")
CALL = CallRecord("top", Held(2000, 1.0), 0.01)


class RedisServer:
    """A real Redis on a free port of loopback, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (.ci/run installs it)")
    pytest.importorskip("redis", reason="the Python package redis is not installed")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


def test_the_sqlite_store_keeps_the_contract(tmp_path):
    """The store passes the check that any store must pass."""
    check_state_store(SQLiteStore(tmp_path / "state.db"))


def test_the_redis_store_keeps_the_contract(redis_server):
    """The same check, against a real server."""
    from tierwise.conversation.stores.redis import RedisStore

    check_state_store(RedisStore(redis_server.url, prefix="contract:", timeout_ms=2000))


def test_sqlite_state_survives_a_restart(tmp_path):
    """Another process, later, finds the conversation and what was spent."""
    store = SQLiteStore(tmp_path / "state.db")
    store.put(STATE)
    store.record(STATE, CALL)
    store.close()

    found = SQLiteStore(tmp_path / "state.db").find(["p1"])

    assert found is not None
    assert (found.conversation_id, found.user, found.spent_usd, found.held["top"].tokens) == ("c", "ann", 0.01, 2000)


def test_sqlite_removes_what_nobody_used_for_the_whole_retention(tmp_path):
    """The file does not grow for ever."""
    now = [0.0]
    store = SQLiteStore(tmp_path / "state.db", retention_s=100, clock=lambda: now[0])
    store.put(STATE)
    now[0] = 1000.0
    for i in range(600):
        store.put(ConversationState("new", tip=f"n{i}"))

    assert store.find(["p1"]) is None
    assert len(store) == 1


def test_a_path_that_is_no_database_is_refused(tmp_path):
    """The error names the file."""
    file = tmp_path / "notes.txt"
    file.write_text("these are not the bytes of a database" * 100)

    with pytest.raises(ConfigError, match=r"notes\.txt"):
        SQLiteStore(file)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_calls_of_many_threads_all_count(kind, tmp_path):
    """Sixteen threads that record twenty calls each leave a conversation of 320 steps."""
    store = MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "s.db", busy_ms=10_000)
    store.put(STATE)

    threads = [threading.Thread(target=lambda: [store.record(STATE, CALL) for _ in range(20)]) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = store.find(["p1"])
    assert found is not None
    assert found.steps == 320
    assert found.spent_usd == pytest.approx(3.2)


def test_a_long_history_is_found_in_sqlite_by_its_newest_known_prefix(tmp_path):
    """More prefixes than one query may hold."""
    store = SQLiteStore(tmp_path / "s.db")
    store.put(STATE)

    found = store.find(["p1", *[f"later-{i}" for i in range(2000)]])

    assert found is not None
    assert found.conversation_id == "c"


def test_state_survives_its_json():
    """What is written is read back equal, odd names included."""
    state = ConversationState("ü\n", None, "t", 3, "tier:1", {"tier:1": Held(5, 0.25)}, 0.1 + 0.2)

    assert from_json(to_json(state)) == state


@pytest.mark.parametrize("kind", ["memory", "sqlite", "redis"])
def test_makers_of_signed_answers_are_shared_and_bounded(kind, tmp_path, request):
    """Any process of a fleet knows who signed the latest answers; of long conversations, the oldest seals are let go."""
    store = _store(kind, tmp_path, request)
    store.put(STATE)
    for i in range(MOST_MAKERS + 2):
        store.record(STATE, replace(CALL, maker="anthropic\tclaude-opus-4-6", seals=(f"seal{i}",)))

    makers = store.find(["p1"]).makers

    assert makers.keys() == {f"seal{i}" for i in range(2, MOST_MAKERS + 2)}
    assert set(makers.values()) == {"anthropic\tclaude-opus-4-6"}


def _store(kind, tmp_path, request):
    if kind == "redis":
        from tierwise.conversation.stores.redis import RedisStore

        return RedisStore(request.getfixturevalue("redis_server").url, prefix="makers:", timeout_ms=2000)
    return MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "state.db")


def test_state_of_an_older_version_is_read():
    """A file from before spending of the top tier and makers were kept."""
    assert from_json('["c", "ann", "p1", 3, "top", {}, 0.5]') == replace(STATE, steps=3, last_tier="top", spent_usd=0.5)


def test_redis_is_asked_alike_by_sync_and_async_hosts(redis_server):
    """What one writes the other reads, over several event loops."""
    from tierwise.conversation.stores.redis import RedisStore

    store = RedisStore(redis_server.url, prefix="async:", timeout_ms=2000)

    async def write() -> None:
        await store.aput(STATE)
        await store.arecord(STATE, CALL)

    async def read() -> ConversationState | None:
        return await store.afind(["p0", "p1"])

    asyncio.run(write())
    assert asyncio.run(read()) == store.find(["p1"])
    assert store.find(["p1"]).steps == 1


def test_a_store_that_is_down_is_left_alone_for_a_moment_and_then_asked_again(caplog):
    """One warning, local state meanwhile, and sharing resumes by itself."""

    class Flaky(MemoryStore):
        down, asked = False, 0

        def find(self, prefixes):
            self.asked += 1
            if self.down:
                raise ConnectionError("secret host name")
            return super().find(prefixes)

    now = [0.0]
    shared = Flaky()
    store = CalmStore(shared, retry_after_s=1.0, clock=lambda: now[0])
    store.put(STATE)
    shared.down = True
    with caplog.at_level(logging.WARNING):
        assert [store.find(["p1"]) is not None for _ in range(5)] == [True] * 5
    assert shared.asked == 1
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text

    shared.down, now[0] = False, 2.0
    store.find(["p1"])
    assert shared.asked == 2


def test_redis_killed_in_the_middle_fails_no_step_and_changes_no_estimate(redis_server):
    """Down, decisions go on from local state; back, the fleet shares again."""
    from tierwise.conversation.stores.redis import RedisStore

    def worker() -> Router:
        store = CalmStore(RedisStore(redis_server.url, prefix="fleet:", timeout_ms=500), retry_after_s=0.05)
        return Router(
            [Tier("only", prices=(1, 2))], classifier=FakeClassifier({"only": 0.5}), embedder=None, store=store
        )

    first, second = worker(), worker()
    messages = [{"role": "user", "content": "begin " * 2000}]
    known = []

    def step(router: Router) -> None:
        plan = router.start(messages)
        plan.after(Answer({"role": "assistant", "content": "on"}, usage=Usage(input=4000, output=1)))
        messages.extend([{"role": "assistant", "content": "on"}, {"role": "user", "content": "next"}])
        known.append((plan.decision.conversation_id, dict(plan.decision.p_adequate)))

    step(first)
    step(second)
    assert known[0] == known[1]  # another worker knows the conversation
    redis_server.kill()
    step(second)
    redis_server.start()
    time.sleep(0.1)
    step(second)
    step(first)

    assert known == [known[0]] * 5


def test_two_workers_that_record_at_once_lose_nothing_in_redis(redis_server):
    """Redis itself adds: spend and steps of two processes both count."""
    from tierwise.conversation.stores.redis import RedisStore

    stores = [RedisStore(redis_server.url, prefix="both:", timeout_ms=5000) for _ in range(2)]
    stores[0].put(STATE)
    threads = [threading.Thread(target=lambda s=s: [s.record(STATE, CALL) for _ in range(50)]) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert stores[1].find(["p1"]).steps == 100


def test_everything_in_redis_expires_on_its_own_and_use_begins_it_anew(redis_server):
    """Each key has a time to live; a conversation in use keeps its whole time."""
    import redis

    from tierwise.conversation.stores.redis import RedisStore

    store = RedisStore(redis_server.url, prefix="expiring:", ttl_s=500, timeout_ms=2000)
    client = redis.Redis.from_url(redis_server.url, decode_responses=True)
    store.put(STATE)
    store.record(STATE, CALL)
    keys = list(client.scan_iter("expiring:*"))
    assert len(keys) == 2
    assert all(0 < client.ttl(key) <= 500 for key in keys)

    client.expire("expiring:c:" + key_of(STATE), 5)
    store.record(STATE, CALL)

    assert client.ttl("expiring:c:" + key_of(STATE)) > 5


def test_each_operation_on_redis_is_one_round_trip(redis_server, monkeypatch):
    """Found, stored, recorded: each with one request, which Redis carries out as a whole."""
    from redis import connection

    from tierwise.conversation.stores.redis import RedisStore

    store = RedisStore(redis_server.url, prefix="trips:", timeout_ms=2000)
    store.put(STATE)  # opens the connection
    sent = []
    send = connection.AbstractConnection.send_packed_command
    monkeypatch.setattr(
        connection.AbstractConnection,
        "send_packed_command",
        lambda self, command, check_health=True: (sent.append(b"".join(command)), send(self, command, check_health))[1],
    )

    store.find(["p0", "p1"])
    store.put(STATE)
    store.record(STATE, CALL)

    assert len(sent) == 3
    assert b"MULTI" in sent[1]
    assert b"EXEC" in sent[1]


def test_a_redis_that_does_not_answer_is_given_up_after_its_time_and_the_step_goes_on(caplog):
    """It takes connections and says nothing: local state serves, one warning says so."""
    pytest.importorskip("redis", reason="the Python package redis is not installed")
    from tierwise.conversation.stores.redis import RedisStore

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        store = CalmStore(RedisStore(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", timeout_ms=50), retry_after_s=60)
        router = Router(
            [Tier("only", prices=(1, 2))], classifier=FakeClassifier({"only": 0.5}), embedder=None, store=store
        )
        messages = [{"role": "user", "content": "begin"}]
        with caplog.at_level(logging.WARNING):
            first = router.start(messages)
            first.after(Answer({"role": "assistant", "content": "on"}, usage=Usage(input=10, output=1)))
            second = router.start(
                [*messages, {"role": "assistant", "content": "on"}, {"role": "user", "content": "next"}]
            )

    assert second.decision.conversation_id == first.decision.conversation_id
    assert second.state.steps == 1
    assert len([record for record in caplog.records if "state store failed" in record.message]) == 1


def test_no_store_keeps_any_text(tmp_path, redis_server):
    """What was said stands in no file and in no key: hashes, figures, names of tiers."""
    import redis

    from tierwise.conversation.stores.redis import RedisStore

    stores = [
        SQLiteStore(tmp_path / "state.db"),
        RedisStore(redis_server.url, prefix="mute:", timeout_ms=2000),
        MemoryStore(),
    ]
    for store in stores:
        router = Router(
            [Tier("only", prices=(1, 2))], classifier=FakeClassifier({"only": 0.5}), embedder=None, store=store
        )
        messages = [{"role": "user", "content": "Order Zanzibarfahrt for Quittenbaum."}]
        router.start(messages).after(
            Answer({"role": "assistant", "content": "Zanzibarfahrt it is."}, usage=Usage(9, 0, 0, 5))
        )
        router.start([*messages, {"role": "assistant", "content": "Zanzibarfahrt it is."}, *messages])

    client = redis.Redis.from_url(redis_server.url, decode_responses=True)
    keys = list(client.scan_iter("mute:*"))
    in_redis = str([(key, client.hgetall(key) if ":c:" in key else client.get(key)) for key in keys])
    in_files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert keys
    assert in_files
    for kept in (in_redis, in_files.decode("latin-1"), str(vars(stores[2]))):
        assert "anzibarfahrt" not in kept
        assert "Quittenbaum" not in kept
