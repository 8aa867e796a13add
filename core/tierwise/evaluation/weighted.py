"""Figures of evaluation under many weightings of the rows at once: what a bootstrap needs, without a loop.

`weights` has shape (n_draws, n) throughout: how often each row counts in each draw. Every function gives one number a draw,
and NaN where a draw leaves nothing to measure. `tierwise.evaluation.metrics` has the same figures for plain data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tierwise.types import Floats

__all__ = ["weighted_apgr", "weighted_auc", "weighted_cpt", "weighted_curve", "weighted_ece"]

_NO_GAP = 1e-12


def weighted_auc(scores: Floats, positive: Floats, weights: Floats) -> Floats:
    """`metrics.auc` of each draw, shape (n_draws,)."""
    order, starts = _falling(scores)
    y = np.asarray(positive, dtype=float)[order]
    ups, downs = _sums(weights[:, order] * y, starts), _sums(weights[:, order] * (1 - y), starts)
    below = downs.sum(axis=1, keepdims=True) - np.cumsum(downs, axis=1)
    total = ups.sum(axis=1) * downs.sum(axis=1)
    return _divide((ups * (below + downs / 2)).sum(axis=1), total)


def weighted_apgr(priority: Floats, weak: Floats, strong: Floats, weights: Floats) -> Floats:
    """`metrics.apgr` of each draw, shape (n_draws,)."""
    order, starts = _falling(priority)
    w = weights[:, order]
    calls, gains = _sums(w, starts), _sums(w * (np.asarray(strong) - weak)[order], starts)
    area = ((np.cumsum(gains, axis=1) - gains / 2) * calls).sum(axis=1)
    return _divide(area, gains.sum(axis=1) * calls.sum(axis=1))


def weighted_cpt(priority: Floats, weak: Floats, strong: Floats, weights: Floats, recovered: Sequence[float]) -> Floats:
    """`metrics.cpt` of each draw, shape (n_draws, len(recovered)); NaN where the strong model is not the better one."""
    order, starts = _falling(priority)
    w = weights[:, order]
    calls, gains = _sums(w, starts), _sums(w * (np.asarray(strong) - weak)[order], starts)
    total, reached = gains.sum(axis=1, keepdims=True), np.cumsum(gains, axis=1)
    found = np.full((len(weights), len(recovered)), np.nan)
    rows = np.arange(len(weights))
    for k, share in enumerate(recovered):
        at = np.argmax(reached >= share * total - 1e-9, axis=1)
        inside = _divide(share * total[:, 0] - (reached - gains)[rows, at], gains[rows, at])
        used = np.cumsum(calls, axis=1)[rows, at] - (1 - np.clip(inside, 0, 1)) * calls[rows, at]
        found[:, k] = np.where(total[:, 0] > _NO_GAP, used / calls.sum(axis=1), np.nan)
    return found


def weighted_curve(
    priority: Floats, weak: tuple[Floats, Floats], strong: tuple[Floats, Floats], weights: Floats, points: int
) -> tuple[Floats, Floats]:
    """Mean cost and mean score while more and more steps go to the strong model.

    Args:
        priority: Shape (n,), higher goes up earlier; ties go up together, each in part.
        weak: Costs and scores of the weak model, shape (n,) each.
        strong: Those of the strong one.
        weights: Shape (n_draws, n).
        points: How many shares of strong calls, evenly from 0 to 1.

    Returns:
        Costs and scores, shape (n_draws, points) each.
    """
    order, starts = _falling(priority)
    w = weights[:, order]
    share = _from_zero(_sums(w, starts))
    share /= share[:, -1:]
    grid, found = np.linspace(0, 1, points), []
    for low, high in zip(weak, strong, strict=True):
        more = _from_zero(_sums(w * (high - low)[order], starts)) / w.sum(axis=1, keepdims=True)
        base = (w @ low[order]) / w.sum(axis=1)
        found.append(np.stack([b + np.interp(grid, s, m) for b, s, m in zip(base, share, more, strict=True)]))
    return found[0], found[1]


def weighted_ece(p: Floats, outcome: Floats, weights: Floats, n_bins: int = 10) -> Floats:
    """`metrics.expected_calibration_error` of each draw, shape (n_draws,)."""
    which = np.minimum((np.asarray(p, dtype=float) * n_bins).astype(int), n_bins - 1)
    gaps = np.zeros((len(which), n_bins))
    gaps[np.arange(len(which)), which] = np.asarray(p, dtype=float) - outcome
    return _divide(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))


def _falling(scores: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Order of falling scores, and where each group of equals begins in it."""
    order = np.argsort(-np.asarray(scores, dtype=float), kind="stable")
    ordered = np.asarray(scores)[order]
    return order, np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])


def _sums(rows: Floats, starts: npt.NDArray[np.intp]) -> Floats:
    return rows if len(starts) == rows.shape[1] else np.add.reduceat(rows, starts, axis=1)


def _from_zero(rows: Floats) -> Floats:
    return np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1)


def _divide(above: Floats, below: Floats) -> Floats:
    usable = np.abs(below) > _NO_GAP
    return np.where(usable, above / np.where(usable, below, 1.0), np.nan)
