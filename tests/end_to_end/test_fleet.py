"""A fleet shares what it knows in Redis: any process can take any step, and decides as one process would."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # spawned processes inherit it, and find the worker there
from fleet_worker import Step, Taken, begin, new_router, take, taken

PROCESSES = 8
CONVERSATIONS = 1000
ROUNDS = 4
AT_ONCE = 20


def steps_of_round(number: int) -> list[Step]:
    """The same step of every conversation, in an order of its own."""
    steps = []
    for i in range(CONVERSATIONS):
        messages = [
            {
                "role": "user",
                "content": f"user {i:06} asks: " + "compare the two contracts, clause by clause. " * (1 + i % 9),
            }
        ]
        for k in range(number):
            messages += [
                {"role": "assistant", "content": "done"},
                {"role": "user", "content": f"and clause {k}? " * (1 + (i + k) % 7)},
            ]
        steps.append((messages, 150 + 30 * number + i % 50))
    random.Random(number).shuffle(steps)
    return steps


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, Any]]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (.ci/run installs it)")
    pytest.importorskip("redis", reason="the Python package redis is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running: list[subprocess.Popen[bytes]] = []

    def restart() -> None:
        for process in running:
            process.kill()
            process.wait()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
        running[:] = [subprocess.Popen(command, stdout=subprocess.DEVNULL)]
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("redis-server did not start")

    restart()
    yield f"redis://127.0.0.1:{port}/0", restart
    for process in running:
        process.kill()
        process.wait()


def test_eight_processes_decide_as_one_and_outlive_their_redis(redis):
    """A thousand interleaved conversations, each step in whichever process is free; then Redis dies and comes back."""
    url, restart = redis
    alone = new_router(None)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=begin, initargs=(url,)) as fleet:

        def together(number: int) -> list[Taken]:
            steps = steps_of_round(number)
            parts = [steps[i : i + AT_ONCE] for i in range(0, len(steps), AT_ONCE)]
            return [each for part in fleet.map(take, parts) for each in part]

        def by_one(number: int) -> list[dict[str, Any]]:
            return [taken(alone, messages, tokens)[0] for messages, tokens in steps_of_round(number)]

        for number in range(ROUNDS):
            expected = by_one(number)
            assert [decision for decision, _ in together(number)] == expected, f"round {number}"
        last = steps_of_round(ROUNDS - 1)[:50]
        strangers = [taken(new_router(None), messages, tokens)[0] for messages, tokens in last]
        assert all(known != stranger for known, stranger in zip(expected, strangers, strict=False))  # caches are priced

        restart()
        names: list[dict[str, str]] = []
        for number in range(ROUNDS, ROUNDS + 3):
            found = together(number)
            assert [decision["p_adequate"] for decision, _ in found] == [each["p_adequate"] for each in by_one(number)]
            assert not any(decision["fallback"] for decision, _ in found)
            users = [messages[0]["content"][:12] for messages, _ in steps_of_round(number)]
            names.append({user: name for user, (_, name) in zip(users, found, strict=True)})
        assert names[-1] == names[-2]  # what one process has stored since, all of them know
