"""Figures that say how well a router ranks, spends and knows."""

from __future__ import annotations

import numpy as np

from tierwise.types import Floats

__all__ = ["apgr", "auc", "expected_calibration_error"]


def auc(scores: Floats, positive: Floats) -> float:
    """Chance that a positive scores higher than a negative, ties counting half.

    Args:
        scores: Shape (n,).
        positive: Shape (n,), from 0 to 1; a fraction counts as that much of a positive.

    Returns:
        In [0, 1]; NaN where there are no positives or no negatives.
    """
    order = np.argsort(scores, kind="stable")
    s, y = np.asarray(scores)[order], np.asarray(positive, dtype=float)[order]
    _, start, index = np.unique(s, return_index=True, return_inverse=True)
    ups, downs = np.bincount(index, y, len(start)), np.bincount(index, 1 - y, len(start))
    below = np.cumsum(downs) - downs
    total = ups.sum() * downs.sum()
    return float((ups @ (below + downs / 2)) / total) if total > 0 else float("nan")


def apgr(priority: Floats, weak: Floats, strong: Floats) -> float:
    """Average performance gap recovered: 0.5 for a random order, 1 would be all of the gap at no strong call.

    Steps go to the strong model in falling order of `priority`; PGR is the share of the gap between the two models'
    means that has been recovered, averaged over shares of strong calls from 0 to 1. Ties share their gain.

    Args:
        priority: Shape (n,), higher goes to the strong model earlier.
        weak: Shape (n,), scores of the weak model.
        strong: Shape (n,), scores of the strong one.

    Returns:
        NaN where the two have the same mean.

    Source:
        Ong et al. (2024), RouteLLM, section 3.2; the integral is exact here (trapezoids between n + 1 points).
    """
    gain = np.asarray(strong, dtype=float) - np.asarray(weak, dtype=float)
    if abs(gain.sum()) < 1e-12:
        return float("nan")
    _, index, counts = np.unique(-np.asarray(priority), return_inverse=True, return_counts=True)
    shared = (np.bincount(index, gain, len(counts)) / counts)[index]
    ordered = shared[np.argsort(index, kind="stable")]
    recovered = np.concatenate([[0.0], np.cumsum(ordered)]) / gain.sum()
    return float(((recovered[1:] + recovered[:-1]) / 2).mean())


def expected_calibration_error(p: Floats, outcome: Floats, n_bins: int = 10) -> float:
    """Mean distance between what was said and what happened, over bins of equal width, weighted by their size.

    Source:
        Naeini, Cooper and Hauskrecht (2015).
    """
    p, outcome = np.asarray(p, dtype=float), np.asarray(outcome, dtype=float)
    which = np.minimum((p * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(which, p, n_bins) - np.bincount(which, outcome, n_bins)
    return float(np.abs(gaps).sum() / len(p))
