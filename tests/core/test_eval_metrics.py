"""Curves, thresholds and their resampled forms, with numbers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tierwise.evaluation.bootstrap import interval, resampled
from tierwise.evaluation.metrics import (
    aiq,
    apgr,
    auc,
    cost_quality,
    cpt,
    expected_calibration_error,
    reliability,
    score_at,
)
from tierwise.evaluation.weighted import weighted_apgr, weighted_auc, weighted_cpt, weighted_ece

WEAK, STRONG = np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0])


def test_half_the_gap_at_a_quarter_of_the_calls():
    """Two of four steps gain; sent up first, the first of them recovers half of the gap with one call in four."""
    assert cpt(np.array([4.0, 3, 2, 1]), WEAK, STRONG, 0.5) == pytest.approx(0.25)
    assert cpt(np.array([4.0, 3, 2, 1]), WEAK, STRONG, 0.8) == pytest.approx(0.4)  # 1 + 0.6 of 4 calls


def test_half_the_gap_in_the_worst_order():
    """The steps that gain come third and fourth: three of four calls for half of the gap."""
    assert cpt(np.array([1.0, 2, 3, 4]), WEAK, STRONG, 0.5) == pytest.approx(0.75)


def test_ties_recover_in_proportion():
    """Without an order, so much of the gap takes so much of the calls."""
    assert cpt(np.zeros(4), WEAK, STRONG, 0.8) == pytest.approx(0.8)


def test_no_threshold_where_the_strong_model_is_the_worse():
    """There is no gap to recover."""
    assert math.isnan(cpt(np.arange(4.0), STRONG, WEAK, 0.5))


def test_the_curve_starts_at_the_weak_model_and_ends_at_the_strong():
    """Five points over four calls: cost climbs evenly here, the score climbs with the two steps that gain."""
    usd, score = cost_quality(np.array([4.0, 3, 2, 1]), (np.full(4, 1.0), WEAK), (np.full(4, 5.0), STRONG), points=5)

    assert usd == pytest.approx([1, 2, 3, 4, 5])
    assert score == pytest.approx([0.5, 0.75, 1, 1, 1])


def test_aiq_is_the_mean_height_of_the_hull():
    """Points (0, 0), (1, 0.8), (2, 0.4), (2, 1): the dip is bridged, so (0.4 + 0.9) / 2 over two dollars."""
    usd, score = np.array([0.0, 1, 1.5, 2]), np.array([0.0, 0.8, 0.4, 1.0])

    assert aiq(usd, score, 0.0, 2.0) == pytest.approx((0.4 + 0.9) / 2)


def test_aiq_never_falls_and_mixes():
    """A dearer, worse point counts for nothing; a point below the line between its neighbours is bridged."""
    assert aiq(np.array([0.0, 2.0]), np.array([0.6, 0.2]), 0.0, 2.0) == pytest.approx(0.6)
    assert aiq(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.1, 1.0]), 0.0, 2.0) == pytest.approx(0.5)


def test_aiq_is_worth_nothing_below_the_first_point():
    """A lone point at the dearer end covers half of the range: 0 there, 0.8 from there on."""
    assert aiq(np.array([1.0]), np.array([0.8]), 0.0, 2.0) == pytest.approx(0.4)


def test_aiq_needs_two_costs():
    """Where the two models cost the same there is no range to average over."""
    assert math.isnan(aiq(np.array([1.0]), np.array([0.8]), 1.0, 1.0))


def test_a_budget_buys_a_mix():
    """Half-way between (0, 0.2) and (2, 0.6) lies 0.4; nothing can be had below the cheapest point."""
    usd, score = np.array([0.0, 2.0]), np.array([0.2, 0.6])

    assert score_at(usd, score, 1.0) == pytest.approx(0.4)
    assert math.isnan(score_at(np.array([1.0, 2.0]), score, 0.5))


def test_bins_say_what_was_said_and_what_happened():
    """Three in the last bin, one in the third; empty bins are left out."""
    bins = reliability(np.array([0.9, 0.95, 1.0, 0.25]), np.array([1, 1, 0, 0]))

    assert [(b.n, b.said, b.happened) for b in bins] == [
        (1, 0.25, 0.0),
        (3, pytest.approx(0.95), pytest.approx(2 / 3)),
    ]


def test_counting_rows_twice_is_having_them_twice():
    """Every weighted figure equals the plain one on the data with its rows repeated."""
    rng = np.random.default_rng(4)
    x, weak, strong = rng.integers(0, 6, 40) / 5, rng.integers(0, 2, 40) * 1.0, rng.integers(0, 3, 40) / 2
    strong[:10] = 1.0
    counts = rng.integers(0, 4, 40)
    often, w = np.repeat(np.arange(40), counts), counts[None, :].astype(float)

    assert weighted_auc(x, weak, w)[0] == pytest.approx(auc(x[often], weak[often]))
    assert weighted_apgr(x, weak, strong, w)[0] == pytest.approx(apgr(x[often], weak[often], strong[often]))
    assert weighted_cpt(x, weak, strong, w, [0.5])[0, 0] == pytest.approx(
        cpt(x[often], weak[often], strong[often], 0.5)
    )
    assert weighted_ece(x, weak, w)[0] == pytest.approx(expected_calibration_error(x[often], weak[often]))


def test_rows_of_a_cluster_come_and_go_together():
    """In each resample all rows of a conversation count equally often; the first row is the data itself."""
    weights = resampled(["a", "b", "a", "c"], draws=50, seed=1)

    assert weights.shape == (51, 4)
    assert (weights[0] == 1).all()
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[1:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_few_clusters_make_a_wide_interval():
    """A thousand rows that are ten copies of a hundred know as much as the hundred."""
    rng = np.random.default_rng(2)
    once = rng.integers(0, 2, 100) * 1.0
    rows, names = np.tile(once, 10), np.tile(np.arange(100), 10)

    widths = []
    for clusters in (names, np.arange(1000)):
        weights = resampled(list(clusters), 800, 3)
        found = interval(weights @ rows / weights.sum(axis=1))
        widths.append(found.high - found.low)
    assert widths[0] > 2.5 * widths[1]


def test_an_interval_holds_its_figure():
    """The mean of a hundred coins: the figure lies inside, and the ends are about two standard errors away."""
    coins = np.random.default_rng(5).integers(0, 2, 100) * 1.0
    weights = resampled(list(range(100)), 2000, 6)

    found = interval(weights @ coins / weights.sum(axis=1))

    assert found.low < found.value == coins.mean() < found.high
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * 0.05, rel=0.15)
