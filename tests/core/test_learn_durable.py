"""What was learned is kept, once, and nothing that goes wrong on the way takes any of it away."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise import Outcome, Router, Tier
from tierwise.errors import LearnedError
from tierwise.learning.feedback import SQLiteFeedback
from tierwise.learning.ledger import Ledger
from tierwise.learning.state_file import load_learned
from tierwise.types import Graded

SMALL, TOP = "gpt-4.1-nano", "claude-opus-4-6"


def says(i: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Question {i}: what is {i * 7} times {i}, and why does it matter to cats?"}]


def outcomes(n: int, first: int = 0) -> list[Outcome]:
    rng = random.Random(first)
    pairs = [(SMALL, 0.6), (TOP, 0.9)]
    return [Outcome(m, float(rng.random() < p), says(i)) for i in range(first, first + n) for m, p in pairs]


def router(**arguments: Any) -> Router:
    return Router([Tier("small", model=SMALL), Tier("top", model=TOP)], embedder=None, **arguments)


def chances(one: Router) -> list[float]:
    return [p for i in range(5) for p in one.estimate(says(9_000 + i)).p_adequate.values()]


def test_a_file_that_has_grown_may_be_learned_from_again(tmp_path: Path) -> None:
    """What is known counts once: in this process, in the next one, from a file beside a store."""
    one = router(feedback_store=SQLiteFeedback(tmp_path / "kept.sqlite"))
    one.learn(outcomes(40))
    report = one.learn([*outcomes(40), *outcomes(10, first=100)])
    one.save_learned(tmp_path / "learned.npz")
    again = router(feedback_store=SQLiteFeedback(tmp_path / "kept.sqlite"), learned=tmp_path / "learned.npz")
    once = router()
    once.learn([*outcomes(40), *outcomes(10, first=100)])

    assert (report.used, report.skipped, report.n_outcomes) == (20, {"known already": 80}, 100)
    assert chances(one) == chances(once)
    assert chances(again) == pytest.approx(chances(once), abs=1e-9)


def test_the_same_question_in_other_conversations_counts_each_time() -> None:
    """A FAQ that is asked a hundred times is a hundred outcomes."""
    one = router()
    report = one.learn([Outcome(SMALL, 1.0, says(0), conversation_id=f"c{i}") for i in range(100)])

    assert (report.used, report.n_outcomes) == (100, 100)


OPINIONS = st.lists(st.sampled_from([(1.0, None), (0.0, None), (0.5, None), (None, True), (None, False)]), max_size=6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), OPINIONS), min_size=1, max_size=4), st.randoms())
def test_opinions_may_come_in_any_order_and_any_number_of_times(
    found: Sequence[tuple[int, Sequence[tuple[float | None, bool | None]]]], rng: random.Random
) -> None:
    """Thumbs and grades of the same answers, shuffled and repeated, teach the same."""
    one, other = router(), router()
    ids = {i: one.start(says(i), ceiling="small").decision.id for i in range(4)}
    for i, name in ids.items():
        seen = one.seen(name)
        assert seen is not None
        other._seen[name] = seen
        assert i < 4
    said = [(ids[i], score, better) for i, some in found for score, better in some]
    for name, score, better in said:
        one.feedback(name, score=score, better=better)
    shuffled = [*said, *said]
    rng.shuffle(shuffled)
    for name, score, better in shuffled:
        other.feedback(name, score=score, better=better)
    one.learn([])
    other.learn([])

    assert chances(other) == pytest.approx(chances(one), abs=1e-9)


def test_a_store_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    """The error says so; afterwards the same outcomes are taken in, once."""
    file = tmp_path / "kept.sqlite"
    one = router(feedback_store=SQLiteFeedback(file, busy_ms=20))
    decision = one.start(says(1)).decision
    before = chances(one)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LearnedError, match="locked"):
        one.learn(outcomes(20))
    with pytest.raises(LearnedError, match="locked"):
        one.feedback(decision.id, score=1.0)
    assert chances(one) == before
    other.execute("ROLLBACK")

    assert one.learn(outcomes(20)).used == 40
    assert one.feedback(decision.id, score=1.0)
    assert len(list(SQLiteFeedback(file).read())) == len(one.teacher.ledger) == 41


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    """Not a KeyError: which row of which file, and what to do."""
    file = tmp_path / "kept.sqlite"
    router(feedback_store=SQLiteFeedback(file)).learn(outcomes(3))
    with sqlite3.connect(file) as database:
        database.execute("UPDATE graded SET about = '{}' WHERE rowid = 2")

    with pytest.raises(LearnedError, match=r"row 2 of .*kept\.sqlite"):
        router(feedback_store=SQLiteFeedback(file))


TEACH = """
import sys
sys.path.insert(0, sys.argv[3])
from test_learn_durable import SQLiteFeedback, outcomes, router
one = router(feedback_store=SQLiteFeedback(sys.argv[1], busy_ms=20_000))
print(sum(one.learn([outcome]).used for outcome in outcomes(15, first=int(sys.argv[2]))))
"""


def test_two_processes_teach_one_store_at_once(tmp_path: Path) -> None:
    """Neither loses an outcome, and `learn([])` takes up what the others were told."""
    file, here = tmp_path / "kept.sqlite", str(Path(__file__).parent)
    mine = router(feedback_store=SQLiteFeedback(file))
    commands = [[sys.executable, "-c", TEACH, str(file), first, here] for first in ("0", "500")]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    assert [other.communicate()[0].strip() for other in others] == ["30", "30"]
    mine.learn([])
    alone = router()
    alone.learn([*outcomes(15, first=500), *outcomes(15)])

    assert len(mine.teacher.ledger) == 60
    assert chances(mine) == pytest.approx(chances(alone), abs=1e-9)


def test_threads_teach_while_others_decide(tmp_path: Path) -> None:
    """Every outcome is there in the end, whoever was in between."""
    one = router(feedback_store=SQLiteFeedback(tmp_path / "kept.sqlite"))
    teachers = [
        threading.Thread(target=lambda i=i: [one.learn([o]) for o in outcomes(10, first=100 * i)]) for i in range(4)
    ]
    for thread in teachers:
        thread.start()
    for i in range(20):
        one.start(says(i))
    for thread in teachers:
        thread.join()
    one.learn([])
    alone = router()
    alone.learn([outcome for i in range(4) for outcome in outcomes(10, first=100 * i)])

    assert chances(one) == pytest.approx(chances(alone), abs=1e-9)


def test_whatever_happened_to_a_file_is_one_kind_of_error(tmp_path: Path) -> None:
    """Cut, flipped, another archive, no archive: a LearnedError each time, and never half of it learned."""
    good = tmp_path / "good"
    one = router()
    one.learn(outcomes(30))
    one.save_learned(good)
    data, rng, bad = good.read_bytes(), random.Random(0), tmp_path / "bad"
    changed = [data[: rng.randrange(len(data))] for _ in range(20)]
    for _ in range(60):
        flipped = bytearray(data)
        for _ in range(rng.choice((1, 5, 50))):
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        changed.append(bytes(flipped))
    refused = 0
    for content in [*changed, b"", b"{}", b"PK\x05\x06" + bytes(18)]:
        bad.write_bytes(content)
        try:
            load_learned(bad)
        except LearnedError as error:
            refused += "pickle" not in str(error)  # no advice to trust what a stranger has written
    assert refused >= len(changed) - 5, "a flipped bit in what nobody reads may go unseen"


def test_a_file_stays_as_it_was_until_all_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full half-way costs nothing that was there."""
    file = tmp_path / "learned.npz"
    one = router()
    one.learn(outcomes(10))
    one.save_learned(file)
    one.learn(outcomes(10, first=50))

    def half(stream: Any, **_: Any) -> None:
        stream.write(b"PK half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", half)
    with pytest.raises(LearnedError, match="No space left"):
        one.save_learned(file)

    assert len(load_learned(file)[0]) == 20
    assert [path.name for path in tmp_path.iterdir()] == ["learned.npz"]


def graded(step: str) -> Graded:
    return Graded(step, SMALL, 1.0, 1.0, np.zeros(1, dtype=np.float16), {SMALL: 0.5})


@given(st.lists(st.text("abcdef0123456789", min_size=2, max_size=2), max_size=40), st.randoms())
def test_a_full_ledger_keeps_the_same_steps_in_any_order(names: list[str], rng: random.Random) -> None:
    """Those with the smallest names, however they came."""
    one, other = Ledger(max_steps=7), Ledger(max_steps=7)
    one.add(map(graded, names))
    rng.shuffle(names)
    for name in names:
        other.add([graded(name)])

    assert [g.step for g in one] == [g.step for g in other] == sorted(set(names))[:7]
    assert len(one) == len(other) == len(set(names[:]) if len(set(names)) < 7 else sorted(set(names))[:7])


def test_feedback_is_as_likely_to_be_kept_as_anything_else() -> None:
    """Names of decisions are spread like digests, so a full ledger drops no opinions as a body."""
    one = router()
    for i in range(40):
        one.feedback(one.start(says(i)).decision.id, score=1.0)
    firsts = {one_graded.step[0] for one_graded in one.teacher.ledger}

    assert len(firsts) > 6
    assert all(set(g.step) <= set("0123456789abcdef") for g in one.teacher.ledger)


def test_the_report_says_what_decisions_say() -> None:
    """`after` is the mean chance that the router gives now to the very steps it was taught."""
    one = Router([Tier("small", model=SMALL), Tier("top", model=TOP)])
    asked = ["What is the capital of {}?", "Prove that {} consecutive odd numbers sum to a square.", "Debug loop {}."]
    steps = [[{"role": "user", "content": asked[i % 3].format(i)}] for i in range(150)]
    rng, p = random.Random(0), {SMALL: (0.9, 0.2, 0.4), TOP: (1.0, 0.5, 0.8)}
    told = [Outcome(m, float(rng.random() < p[m][i % 3]), step) for i, step in enumerate(steps) for m in p]
    report = one.learn(told)
    estimates = one.estimate_many(steps)
    after = {change.model: change.after for change in report.changes if change.kind == "all"}

    assert after[SMALL] == pytest.approx(np.mean([e.p_adequate["small"] for e in estimates]), abs=2e-3)
    assert after[TOP] == pytest.approx(np.mean([e.p_adequate["top"] for e in estimates]), abs=2e-3)


def test_a_gateways_name_of_a_model_is_known() -> None:
    """A log says `openai/gpt-4.1-nano` and `claude-opus-4.6`; a name that fits two tiers fits none."""
    one = router()
    told = [Outcome("openai/gpt-4.1-nano", 1.0, says(0)), Outcome("openrouter/anthropic/claude-opus-4.6", 1.0, says(0))]
    both = Router([Tier("a", model="openai/gpt-4.1-nano"), Tier("b", model="azure/gpt-4.1-nano")], embedder=None)

    assert one.learn(told).used == 2
    assert both.learn([Outcome("gpt-4.1-nano", 1.0, says(0))]).used == 0
