"""Figures of evaluation, with numbers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tierwise.evaluation.metrics import apgr, auc, expected_calibration_error


def test_auc_counts_pairs_in_order():
    """Of the four pairs of a positive and a negative three stand in order and one is tied: 3.5 / 4."""
    assert auc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([1, 1, 0, 0])) == pytest.approx(3.5 / 4)


def test_auc_needs_both_kinds():
    """With positives only there are no pairs."""
    assert math.isnan(auc(np.array([0.1, 0.2]), np.array([1, 1])))


def test_apgr_of_a_perfect_order():
    """One of two steps gains: it goes up first, so half a step passes before all is recovered: (0.5 + 1) / 2."""
    assert apgr(np.array([1.0, 0.0]), np.array([0, 1]), np.array([1, 1])) == pytest.approx(0.75)


def test_apgr_of_the_worst_order():
    """The step that gains goes up last: (0 + 0.5) / 2."""
    assert apgr(np.array([0.0, 1.0]), np.array([0, 1]), np.array([1, 1])) == pytest.approx(0.25)


def test_apgr_of_ties_is_that_of_a_random_order():
    """Without an order the gap is recovered in proportion."""
    rng = np.random.default_rng(1)
    weak, strong = rng.integers(0, 2, 50), np.ones(50)

    assert apgr(np.zeros(50), weak, strong) == pytest.approx(0.5)


def test_apgr_needs_a_gap():
    """Equal means leave nothing to recover."""
    assert math.isnan(apgr(np.array([1.0, 2.0]), np.array([0, 1]), np.array([1, 0])))


def test_calibration_error_weighs_bins_by_size():
    """Three said 0.9 and two of them happened; one said 0.2 and did not: (|2.7 - 2| + |0.2 - 0|) / 4."""
    p, outcome = np.array([0.9, 0.9, 0.9, 0.2]), np.array([1, 1, 0, 0])

    assert expected_calibration_error(p, outcome) == pytest.approx(0.9 / 4)
