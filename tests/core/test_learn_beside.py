"""Refits made beside: who waits for one, and who does not."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from threading import Event

import pytest

from tierwise import Outcome, Router, Tier
from tierwise.learning.posterior import Evidence, Posterior, fit_posterior

SMALL, TOP = "gpt-4.1-nano", "claude-opus-4-6"


def says(i: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Question {i}: what is {i * 7} times {i}, and why does it matter to cats?"}]


def outcomes(n: int, first: int = 0) -> list[Outcome]:
    rng = random.Random(first)
    pairs = [(SMALL, 0.6), (TOP, 0.9)]
    return [Outcome(m, float(rng.random() < p), says(i)) for i in range(first, first + n) for m, p in pairs]


def router() -> Router:
    return Router([Tier("small", model=SMALL), Tier("top", model=TOP)], embedder=None)


def assert_soon(holds: Callable[[], bool]) -> None:
    """Within a minute, however busy the machine."""
    for _ in range(6_000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to hold within a minute")


def test_many_single_outcomes_do_not_make_every_decision_wait() -> None:
    """With hundreds known, a decision begins a refit only once a twentieth more is known."""
    one = router()
    one.learn(outcomes(100))
    fitted = one.correction
    for outcome in outcomes(4, first=300):
        one.learn([outcome])
        one.start(says(1))
    assert one.correction is fitted
    for outcome in outcomes(4, first=400):
        one.learn([outcome])
        one.start(says(1))

    assert_soon(lambda: one.correction is not fitted)


def test_neither_a_decision_nor_an_opinion_waits_for_a_refit(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one is under way, decisions are made with what was known before; an estimate waits, and knows everything."""
    one, all_at_once, may_end, begun = router(), router(), Event(), Event()
    one.learn(outcomes(100))
    before = one.correction

    def long(evidence: Evidence) -> Posterior:
        begun.set()
        assert may_end.wait(60)
        return fit_posterior(evidence)

    monkeypatch.setattr("tierwise.learning.teach.fit_posterior", long)
    more = outcomes(20, first=300)
    for outcome in more:
        one.learn([outcome])
    decision = one.start(says(900)).decision
    assert begun.wait(60)
    assert one.feedback(decision.id, better=True)
    assert not one.start(says(2)).decision.fallback
    assert one.correction is before

    may_end.set()
    assert_soon(lambda: one.correction is not before)
    all_at_once.learn([*outcomes(100), *more, Outcome(decision.tier, 1.0, says(900))])
    assert one.estimate(says(3)).p_adequate == pytest.approx(all_at_once.estimate(says(3)).p_adequate, abs=0.02)
    assert len(one.teacher.ledger) == len(all_at_once.teacher.ledger) == 241


def test_an_estimate_knows_what_was_learned_one_by_one() -> None:
    """However many are waiting: it is that of a router that learned all of them at once."""
    one, all_at_once = router(), router()
    one.learn(outcomes(100))
    for outcome in outcomes(3, first=300):
        one.learn([outcome])
    all_at_once.learn([*outcomes(100), *outcomes(3, first=300)])

    assert one.estimate(says(3)).p_adequate == pytest.approx(all_at_once.estimate(says(3)).p_adequate, abs=1e-12)


def test_a_refit_that_fails_beside_leaves_decisions_as_they_were(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged without any text; nothing else changes."""
    one = router()
    one.learn(outcomes(100))
    before = one.correction

    def broken(evidence: Evidence) -> Posterior:
        raise ValueError("no")

    monkeypatch.setattr("tierwise.learning.teach.fit_posterior", broken)
    for outcome in outcomes(20, first=300):
        one.learn([outcome])
    one.start(says(1))

    assert_soon(lambda: "could not be learned from (ValueError)" in caplog.text)
    assert one.correction is before
    assert not one.start(says(1)).decision.fallback
