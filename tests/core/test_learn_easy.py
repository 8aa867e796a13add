"""Learning on traffic that the prior is sure of, and from outcomes of one tier alone: what most feedback is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise import Outcome, Router, Tier
from tierwise.classifier.learned import N_SIGNAL_FEATURES, move
from tierwise.learning.posterior import Evidence, fit_posterior

SMALL, TOP = "gpt-4.1-nano", "claude-opus-4-6"
EASY = ("What is {} + {}?", "Hello number {} {}!", "What is the capital of country {} {}?")


def asks(text: str, n: int) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": text.format(i, i)}] for i in range(n)]


def router() -> Router:
    return Router([Tier("small", model=SMALL), Tier("top", model=TOP)])


@pytest.mark.parametrize("text", EASY)
@pytest.mark.parametrize("n", [1, 3, 30])
def test_a_small_tier_that_fails_at_easy_steps_loses_them(text: str, n: int) -> None:
    """Graded alone or beside the top tier: its chance falls, the top tier stays the top one, and takes such steps at 30."""
    for graded in ((SMALL,), (SMALL, TOP)):
        one, steps = router(), asks(text, n)
        before = one.estimate(steps[0]).p_adequate
        one.learn([Outcome(m, float(m == TOP), step) for step in steps for m in graded])
        after = one.estimate(steps[0]).p_adequate

        assert after["small"] < before["small"] - 0.05
        assert after["top"] > after["small"]
        assert one.top.name == "top"
        assert n < 30 or one.start(steps[0]).decision.tier == "top"


def test_one_thumb_down_on_an_easy_step_moves_nothing_out_of_place() -> None:
    """The most usual feedback of all: the answer of the small tier to a plain question was bad."""
    one = router()
    one.feedback(one.start(asks(EASY[0], 1)[0]).decision.id, better=False)
    for text in (*EASY, "Prove that {} is no sum of {} primes.", "Debug the race between workers {} and {}."):
        p = one.estimate(asks(text, 1)[0]).p_adequate

        assert p["top"] > 0.85
        assert p["top"] > p["small"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=12),
    st.integers(0, 2),
)
def test_maps_rise_whatever_was_graded(rows: list[tuple[float, float, bool, bool]], which: int) -> None:
    """From a chance to a chance, never falling: sure and hopeless priors, one model graded or both."""
    prior = np.array([row[:2] for row in rows])
    score = np.array([row[2:] for row in rows], dtype=float)
    weight = np.ones_like(score)
    if which < 2:
        weight[:, which] = 0.0
    score = np.where(weight > 0, score, np.nan)
    found = fit_posterior(Evidence(np.zeros((len(rows), N_SIGNAL_FEATURES)), prior, score, weight))
    grid = np.linspace(0, 1, 101)
    moved, _ = move(found.maps, np.stack([grid, grid], axis=1))

    assert moved.min() >= -1e-9
    assert moved.max() <= 1 + 1e-9
    assert all(0 < level.low < level.high < 1 for level in found.maps)
    assert all((np.diff(level(grid)) >= -1e-12).all() for level in found.maps)
