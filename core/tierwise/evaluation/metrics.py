"""Figures that say how well a router ranks, spends and knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tierwise.evaluation.weighted import weighted_apgr, weighted_auc, weighted_cpt, weighted_curve, weighted_ece
from tierwise.types import Floats

__all__ = [
    "Bin",
    "aiq",
    "apgr",
    "auc",
    "cost_quality",
    "cpt",
    "expected_calibration_error",
    "reliability",
    "score_at",
]


def auc(scores: Floats, positive: Floats) -> float:
    """Chance that a positive scores higher than a negative, ties counting half.

    Args:
        scores: Shape (n,).
        positive: Shape (n,), from 0 to 1; a fraction counts as that much of a positive.

    Returns:
        In [0, 1]; NaN where there are no positives or no negatives.
    """
    return float(weighted_auc(np.asarray(scores), positive, _once(scores))[0])


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
    return float(weighted_apgr(np.asarray(priority), weak, strong, _once(priority))[0])


def cpt(priority: Floats, weak: Floats, strong: Floats, recovered: float) -> float:
    """Call-performance threshold: the least share of strong calls that recovers so much of the gap.

    Args:
        priority: Shape (n,), higher goes to the strong model earlier; ties go up together, each in part.
        weak: Shape (n,), scores of the weak model.
        strong: Shape (n,), scores of the strong one.
        recovered: Share of the gap between the two means, in (0, 1]: 0.5 for CPT(50 %).

    Returns:
        In [0, 1]; `recovered` itself for a random order. NaN where the strong model is not the better one.

    Source:
        Ong et al. (2024), RouteLLM, section 3.2.
    """
    return float(weighted_cpt(np.asarray(priority), weak, strong, _once(priority), [recovered])[0, 0])


def cost_quality(
    priority: Floats, weak: tuple[Floats, Floats], strong: tuple[Floats, Floats], points: int = 101
) -> tuple[Floats, Floats]:
    """The cost-quality curve of an order: mean cost and mean score at even shares of strong calls from 0 to 1.

    Args:
        priority: Shape (n,), higher goes to the strong model earlier.
        weak: Costs and scores of the weak model, shape (n,) each.
        strong: Those of the strong one.
        points: How many shares.

    Returns:
        Two arrays of shape (points,).
    """
    usd, score = weighted_curve(np.asarray(priority), weak, strong, _once(priority), points)
    return usd[0], score[0]


def aiq(usd: Floats, score: Floats, low: float, high: float) -> float:
    """Average improvement in quality: the mean height, between two costs, of a curve's non-decreasing convex hull.

    Between two points of a curve one may mix, and what a cheaper point reaches no dearer one need fall below: so the hull
    is what a budget buys. Left of the first point it is worth nothing, right of the last it stays level.

    Args:
        usd: Shape (n,), costs of a router's points.
        score: Shape (n,), their mean scores.
        low: The cost from which it is averaged, that of the cheapest model.
        high: The cost up to which it is averaged, that of the dearest model.

    Returns:
        In the units of the score; NaN where `high` is not above `low`.

    Source:
        Hu et al. (2024), RouterBench, section 3.3.
    """
    if not high > low:
        return float("nan")
    x, y = _hull(np.asarray(usd, dtype=float), np.asarray(score, dtype=float))
    ends = np.unique(np.clip([low, high, *x], max(low, min(x[0], high)), high))
    heights = np.interp(ends, x, y)
    return float(((heights[1:] + heights[:-1]) / 2 * np.diff(ends)).sum() / (high - low))


def score_at(usd: Floats, score: Floats, budget: float) -> float:
    """What a curve's non-decreasing convex hull reaches at a mean cost; NaN below its cheapest point."""
    x, y = _hull(np.asarray(usd, dtype=float), np.asarray(score, dtype=float))
    return float(np.interp(budget, x, y)) if budget >= x[0] - 1e-15 else float("nan")


def _hull(usd: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Corners of the non-decreasing upper hull, from its cheapest point to its best."""
    corners: list[tuple[float, float]] = []
    for i in np.lexsort((-score, usd)):
        x, y = float(usd[i]), float(score[i])
        if corners and y <= corners[-1][1]:
            continue
        # A corner below the line from its neighbour to the new point is none.
        while len(corners) > 1 and _rise(corners[-2], corners[-1]) <= _rise(corners[-2], (x, y)):
            corners.pop()
        corners.append((x, y))
    return np.array([x for x, _ in corners]), np.array([y for _, y in corners])


def _rise(a: tuple[float, float], b: tuple[float, float]) -> float:
    return (b[1] - a[1]) / (b[0] - a[0])


def expected_calibration_error(p: Floats, outcome: Floats, n_bins: int = 10) -> float:
    """Mean distance between what was said and what happened, over bins of equal width, weighted by their size.

    Source:
        Naeini, Cooper and Hauskrecht (2015).
    """
    return float(weighted_ece(p, outcome, _once(p), n_bins)[0])


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a reliability plot: how many were said to be about as likely, what was said, and what happened."""

    n: int
    said: float
    happened: float


def reliability(p: Floats, outcome: Floats, n_bins: int = 10) -> list[Bin]:
    """The bins of equal width that hold anything, from unlikely to likely.

    Args:
        p: Shape (n,), probabilities that were said.
        outcome: Shape (n,), from 0 to 1: what happened.
        n_bins: How many bins between 0 and 1.
    """
    p, outcome = np.asarray(p, dtype=float), np.asarray(outcome, dtype=float)
    which = np.minimum((p * n_bins).astype(int), n_bins - 1)
    found = [which == k for k in range(n_bins)]
    return [Bin(int(at.sum()), float(p[at].mean()), float(outcome[at].mean())) for at in found if at.any()]


def _once(rows: Floats) -> Floats:
    return np.ones((1, len(rows)))
