"""The scripts that measure the learner and its promises, on made-up traffic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tierwise.classifier.learned import N_SIGNAL_FEATURES
from tierwise.training.curve import PairData, curve_of, picture, table
from tierwise.training.promise import Pool, judge, pool_of_pair


def pair(n: int, pull: float) -> PairData:
    """A weak model that fails on one side of the first axis; a prior that knows nothing of it."""
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((n, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    features = np.concatenate([np.zeros((n, N_SIGNAL_FEATURES)), vectors, np.zeros((n, 8))], axis=1)
    prior = np.column_stack([np.full(n, 0.5), np.full(n, 0.85)]) + rng.uniform(-0.05, 0.05, (n, 2))
    true = prior + np.column_stack([pull * np.sign(vectors[:, 0]), np.zeros(n)])
    score = (rng.random((n, 2)) < true).astype(float)
    return PairData("made:up", "weak", "strong", features, vectors, prior, score, np.full(n, 200.0))


@pytest.mark.parametrize("unpaired", [False, True])
def test_the_curve_rises_where_there_is_something_to_learn(unpaired: bool) -> None:
    """At 500 the gain is plain, at 25 nothing is risked; sizes that leave too little to judge on are left out."""
    points = list(curve_of(pair(900, 0.4), (25, 500, 1_500), order=0, unpaired=unpaired))

    assert [point.n for point in points] == [25, 500]
    assert points[0].learned > points[0].zero_shot - 0.01
    assert points[1].learned > points[1].zero_shot + 0.1
    assert "| 500 | 1 |" in table(points)


def test_the_curve_is_drawn_the_same_each_time(tmp_path: Path) -> None:
    """One line for each learner, with the sizes written out; equal points give equal bytes."""
    pytest.importorskip("matplotlib", reason="pictures need tierwise[replay]")
    points = [point for order in range(2) for point in curve_of(pair(900, 0.4), (25, 500), order)]

    for name in ("a.svg", "b.svg"):
        picture(points, tmp_path / name)

    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text == (tmp_path / "b.svg").read_text(encoding="utf-8")
    assert all(f">{name}<" in text for name in ("tierwise", "ridge", "kNN", "25", "500"))


def test_no_size_is_worse_than_none_where_there_is_nothing_to_learn() -> None:
    """Twenty orders of pure noise beside a prior that is right: next to nothing is lost, in any of them."""
    points = [point for order in range(20) for point in curve_of(pair(500, 0.0), (25, 100, 400), order)]

    for n in (25, 100, 400):
        lost = [point.zero_shot - point.learned for point in points if point.n == n]
        assert np.mean(lost) < 0.002
        assert max(lost) < 0.02


def test_promises_are_judged_on_the_whole_pool() -> None:
    """A pool from a pair: rarely broken, saving less than the estimate, which is broken more often."""
    pool = pool_of_pair(pair(4_000, 0.4))
    assert isinstance(pool, Pool)
    found = judge(pool, 800, 0.9, 0.1, 40)

    assert found.broken <= 0.1
    assert found.broken <= found.broken_estimate
    assert 0 < found.saved <= found.saved_estimate
    assert pool_of_pair(pair(1_000, 0.4)) is None
