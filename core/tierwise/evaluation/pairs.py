"""Routers side by side on a weak and a strong model: who goes up first, and what that buys.

A router is here what orders steps: its *priority* says which step goes to the strong model first. Every router is judged on
the same resampled rows, so differences between two of them have intervals of their own.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from tierwise.evaluation.metrics import aiq, score_at
from tierwise.evaluation.weighted import weighted_apgr, weighted_auc, weighted_cpt, weighted_curve, weighted_ece
from tierwise.types import Floats

__all__ = ["FIGURES", "FIXED", "LENGTH", "OURS", "Draws", "Ordering", "Pair", "judge_pair", "mean_draws", "pair_curves"]

OURS, LENGTH = "tierwise", "length of the question"
CHEAPEST, TOP, BEST, RANDOM, ORACLE = "always cheapest", "always top", "best single", "random", "oracle"
FIXED = (CHEAPEST, TOP, BEST, RANDOM, ORACLE)
"""Need no router: the two ends, the better of them, the line between them, and what hindsight would do."""

FIGURES = ("auc", "apgr", "cpt50", "cpt80", "cpt95", "aiq", "score_at_half", "ece_weak", "ece_strong")
"""`score_at_half`: the mean score when half of the cost between the two models is spent."""

Draws: TypeAlias = dict[str, Floats]
"""A figure's name to its values, the data itself first and then each resample; see `bootstrap.resampled`."""

_CURVE_POINTS, _COSTLY_DRAWS = 41, 100
_RECOVERED = (0.5, 0.8, 0.95)


@dataclass(frozen=True)
class Pair:
    """Outcomes of two models on the same n steps.

    Attributes:
        source: What is resampled as one: pairs of a source share its steps, and so their draws.
        data: The part of it they stand for; figures are averaged over the pairs of one `data`, then over all.
        weak: Name of the cheaper model.
        strong: Name of the dearer one.
        scores: Of the weak and the strong model, shape (n,) each, 0 to 1.
        usd: What they charged, shape (n,) each.
        rows: Which rows of the source's weightings these steps are, shape (n,).
    """

    source: str
    data: str
    weak: str
    strong: str
    scores: tuple[Floats, Floats] = field(repr=False)
    usd: tuple[Floats, Floats] = field(repr=False)
    rows: Floats = field(repr=False)

    def only(self, at: Floats, data: str) -> Pair:
        """Some of the steps, under another name; `at` are their places."""
        scores, usd = ((both[0][at], both[1][at]) for both in (self.scores, self.usd))
        return Pair(self.source, data, self.weak, self.strong, scores, usd, self.rows[at])


@dataclass(frozen=True)
class Ordering:
    """How a router orders a pair's n steps, and what it says of them.

    Attributes:
        priority: Shape (n,), higher goes to the strong model earlier.
        p: Chances of the weak and the strong model, shape (n,) each; None where the router names none.
        fails: How likely the weak model fails, shape (n,), in any order-preserving unit; by default the priority.
    """

    priority: Floats
    p: tuple[Floats, Floats] | None = None
    fails: Floats | None = None

    def only(self, at: Floats) -> Ordering:
        """Some of the steps; `at` are their places."""
        return Ordering(
            self.priority[at],
            None if self.p is None else (self.p[0][at], self.p[1][at]),
            None if self.fails is None else self.fails[at],
        )


def judge_pair(pair: Pair, routers: Mapping[str, Ordering], weights: Floats) -> dict[str, Draws]:
    """Figures of every router on a pair, and of those that need none.

    Args:
        pair: The outcomes.
        routers: Name to ordering.
        weights: Shape (n_draws, n_rows of the pair's source).
    """
    mine = weights[:, pair.rows]
    found = {name: _figures(pair, ordering, mine) for name, ordering in routers.items()}
    gain = pair.scores[1] - pair.scores[0]
    oracle = Ordering(np.where(gain > 0, 2.0 + gain, np.where(gain < 0, gain, 1.0)), fails=1 - pair.scores[0])
    return {**found, ORACLE: _figures(pair, oracle, mine), **_without_router(pair, mine)}


def _figures(pair: Pair, ordering: Ordering, weights: Floats) -> Draws:
    weak, strong = pair.scores
    fails = ordering.priority if ordering.fails is None else ordering.fails
    found: Draws = {"auc": weighted_auc(fails, 1 - weak, weights)}
    found["apgr"] = weighted_apgr(ordering.priority, weak, strong, weights)
    shares = weighted_cpt(ordering.priority, weak, strong, weights, _RECOVERED)
    found.update({f"cpt{100 * share:.0f}": shares[:, k] for k, share in enumerate(_RECOVERED)})
    low, high = zip(pair.usd, pair.scores, strict=True)
    few = weights[: _COSTLY_DRAWS + 1]
    usd, score = weighted_curve(ordering.priority, low, high, few, _CURVE_POINTS)
    found["aiq"] = np.array([aiq(x, y, x[0], x[-1]) for x, y in zip(usd, score, strict=True)])
    found["score_at_half"] = np.array([score_at(x, y, (x[0] + x[-1]) / 2) for x, y in zip(usd, score, strict=True)])
    if ordering.p is not None:
        found["ece_weak"] = weighted_ece(ordering.p[0], weak, weights)
        found["ece_strong"] = weighted_ece(ordering.p[1], strong, weights)
    return found


def _without_router(pair: Pair, weights: Floats) -> dict[str, Draws]:
    low, high = (weights @ scores / weights.sum(axis=1) for scores in pair.scores)
    half = {name: draws[: _COSTLY_DRAWS + 1] for name, draws in (("low", low), ("high", high))}
    even = np.full(len(weights), 0.5)
    middle = (half["low"] + np.maximum(half["low"], half["high"])) / 2
    random: Draws = {"auc": even, "apgr": even, "aiq": middle, "score_at_half": middle}
    random.update({f"cpt{100 * share:.0f}": np.full(len(weights), share) for share in _RECOVERED})
    return {
        CHEAPEST: {"mean_score": low, "aiq": half["low"], "score_at_half": half["low"]},
        TOP: {"mean_score": high},
        BEST: {"mean_score": low if low[0] >= high[0] else high},
        RANDOM: random,
    }


def pair_curves(pair: Pair, routers: Mapping[str, Ordering]) -> dict[str, tuple[Floats, Floats]]:
    """Each router's curve: share of the cost between the two models that is spent, and mean score; (points,) each."""
    low, high = zip(pair.usd, pair.scores, strict=True)
    once, found = np.ones((1, len(pair.rows))), {}
    for name, ordering in routers.items():
        usd, score = weighted_curve(ordering.priority, low, high, once, _CURVE_POINTS)
        spread = usd[0, -1] - usd[0, 0]
        found[name] = ((usd[0] - usd[0, 0]) / spread if spread > 0 else np.linspace(0, 1, _CURVE_POINTS), score[0])
    return found


def mean_draws(parts: Sequence[Mapping[str, Floats]]) -> Draws:
    """The mean of each figure over parts that have it; resamples are averaged draw by draw."""
    names = dict.fromkeys(name for part in parts for name in part)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a figure that no part has stays NaN
        return {name: np.nanmean([part[name] for part in parts if name in part], axis=0) for name in names}
