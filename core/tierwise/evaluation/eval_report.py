"""What comes of an evaluation: figures with their intervals, and nothing of what was asked."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

import numpy as np

from tierwise.evaluation.bootstrap import Interval, interval, resampled
from tierwise.evaluation.metrics import Bin, reliability
from tierwise.evaluation.pairs import LENGTH, OURS, Draws, Ordering, Pair, judge_pair, mean_draws, pair_curves
from tierwise.types import Floats

__all__ = ["LARGE", "OVERALL", "EvalLine", "EvalReport", "Judged", "StepLine", "report_on"]

OVERALL = "mean of all"
LARGE, _LARGE_STEPS = "mean of parts of 500 steps or more", 500
"""A mean in which each part counts alike has the noise of its smallest: so the larger ones stand together as well."""
_FEWEST_OF_A_TASK, _LEAST_GAP = 200, 0.05
"""A task is judged alone if it has so many steps, on pairs whose means lie so far apart: shares of no gap say nothing."""
_SEED = 20261124

Judged: TypeAlias = tuple[Pair, Mapping[str, Ordering], Sequence[str]]
"""A pair, the routers on it, and the task of each of its steps."""


@dataclass(frozen=True, slots=True)
class EvalLine:
    """One router on one part of the data, or on the mean of all parts.

    Attributes:
        data: The part, or `OVERALL`.
        task: One task or kind of it; "" for the whole part.
        router: Its name.
        n: Steps; over several pairs, the mean.
        figures: A figure's name (see `pairs.FIGURES`) to its value and interval. `beyond_length` is its APGR minus that of
            the question's length, on the same resamples; `aiq_beyond_length` the same of AIQ.
    """

    data: str
    task: str
    router: str
    n: float
    figures: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One way to pick a tier for labelled steps: how often the tier sufficed, and what was saved against always-top."""

    data: str
    router: str
    quality: float
    n: int
    sufficient: Interval
    saved: Interval


@dataclass(frozen=True)
class EvalReport:
    """Figures of an evaluation.

    Attributes:
        title: What was judged.
        lines: Parts in their order, then their mean; tasks last.
        steps: Of labelled steps, where the data have any.
        runs: Of whole runs of agents, judged from their first step, by source.
        curves: Part to router to (share of the extra cost spent, mean score).
        bins: What we said of the models and what happened, by model.
        notes: What a reader should know, in sentences.
    """

    title: str
    lines: tuple[EvalLine, ...]
    steps: tuple[StepLine, ...] = ()
    runs: tuple[EvalLine, ...] = ()
    curves: Mapping[str, Mapping[str, tuple[Floats, Floats]]] = field(default_factory=dict, repr=False)
    bins: Mapping[str, Sequence[Bin]] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    def parts(self) -> list[str]:
        """The names of the parts, in their order, the mean last."""
        return list(dict.fromkeys(line.data for line in self.lines if not line.task))

    def line(self, data: str, router: str) -> EvalLine | None:
        """The line of a router on a whole part."""
        found = (line for line in self.lines if (line.data, line.task, line.router) == (data, "", router))
        return next(found, None)

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values; NaN becomes null."""
        found: dict[str, Any] = _plain(
            {
                "title": self.title,
                "pairs": [asdict(line) for line in self.lines],
                "steps": [asdict(line) for line in self.steps],
                "runs": [asdict(line) for line in self.runs],
                "reliability": {name: [asdict(bar) for bar in bars] for name, bars in self.bins.items()},
                "notes": list(self.notes),
            }
        )
        return found


def report_on(
    title: str,
    judged: Iterable[Judged],
    clusters: Mapping[str, Sequence[Hashable]],
    draws: int = 400,
    notes: Sequence[str] = (),
) -> EvalReport:
    """Judges pairs, part by part.

    Args:
        title: What is judged.
        judged: Pairs with their routers.
        clusters: Source to the cluster of each of its rows.
        draws: Bootstrap samples.
        notes: What a reader should know.
    """
    weights = {name: resampled(of, draws, _SEED + i) for i, (name, of) in enumerate(clusters.items())}
    whole: dict[str, list[tuple[int, dict[str, Draws]]]] = {}
    tasks: dict[tuple[str, str], list[tuple[int, dict[str, Draws]]]] = {}
    curves: dict[str, list[dict[str, tuple[Floats, Floats]]]] = {}
    said: dict[str, list[tuple[Floats, Floats]]] = {"weak model": [], "strong model": []}
    for pair, routers, task in judged:
        whole.setdefault(pair.data, []).append((len(pair.rows), judge_pair(pair, routers, weights[pair.source])))
        curves.setdefault(pair.data, []).append(pair_curves(pair, routers))
        for name, at in _tasks_of(task).items():
            part = pair.only(at, pair.data)
            if abs(float(np.mean(part.scores[1] - part.scores[0]))) < _LEAST_GAP:
                continue
            few = {router: ordering.only(at) for router, ordering in routers.items()}
            tasks.setdefault((pair.data, name), []).append((len(at), judge_pair(part, few, weights[pair.source])))
        ours = routers.get(OURS)
        if ours is not None and ours.p is not None:
            for who, p, score in zip(said, ours.p, pair.scores, strict=True):
                said[who].append((p, score))
    bins = {who: _bins(parts) for who, parts in said.items() if parts}
    lines = _lines(whole, tasks)
    return EvalReport(title, lines, curves=_mean_curves(curves), bins=bins, notes=tuple(notes))


def _bins(said: Sequence[tuple[Floats, Floats]]) -> list[Bin]:
    return reliability(np.concatenate([p for p, _ in said]), np.concatenate([outcome for _, outcome in said]))


def _tasks_of(task: Sequence[str]) -> dict[str, Floats]:
    """The places of each task that is large enough to be judged alone, unless it is all there is."""
    names, index, counts = np.unique(np.array(task, dtype=str), return_inverse=True, return_counts=True)
    if len(names) < 2:
        return {}
    return {str(n): np.flatnonzero(index == k) for k, n in enumerate(names) if counts[k] >= _FEWEST_OF_A_TASK}


def _lines(
    whole: Mapping[str, Sequence[tuple[int, dict[str, Draws]]]],
    tasks: Mapping[tuple[str, str], Sequence[tuple[int, dict[str, Draws]]]],
) -> tuple[EvalLine, ...]:
    means = {data: _mean_of_pairs(found) for data, found in whole.items()}
    lines = [line for data, (n, of) in means.items() for line in _lines_of(data, "", n, of)]
    large = [(n, of) for n, of in means.values() if n >= _LARGE_STEPS]
    for name, some in ((LARGE, large if len(large) < len(means) else []), (OVERALL, list(means.values()))):
        if len(some) > 1:
            routers = dict.fromkeys(router for _, of in some for router in of)
            mean = {router: mean_draws([of[router] for _, of in some if router in of]) for router in routers}
            lines += _lines_of(name, "", sum(n for n, _ in some), mean)
    for (data, task), found in tasks.items():
        lines += _lines_of(data, task, *_mean_of_pairs(found))
    return tuple(lines)


def _mean_of_pairs(found: Sequence[tuple[int, dict[str, Draws]]]) -> tuple[float, dict[str, Draws]]:
    n = float(np.mean([n for n, _ in found]))
    return n, {router: mean_draws([of[router] for _, of in found if router in of]) for router in found[0][1]}


def _lines_of(data: str, task: str, n: float, of: Mapping[str, Draws]) -> list[EvalLine]:
    length = of.get(LENGTH)
    lines = []
    for router, draws in of.items():
        figures = {name: interval(values) for name, values in draws.items()}
        if length is not None and router != LENGTH:
            beyond = {"apgr": "beyond_length", "aiq": "aiq_beyond_length"}
            found = {name: draws[figure] - length[figure] for figure, name in beyond.items() if figure in draws}
            figures.update({name: interval(values) for name, values in found.items()})
        lines.append(EvalLine(data, task, router, n, figures))
    return lines


def _mean_curves(
    curves: Mapping[str, Sequence[Mapping[str, tuple[Floats, Floats]]]],
) -> dict[str, dict[str, tuple[Floats, Floats]]]:
    """Over the pairs of a part, at equal shares of strong calls."""
    return {
        data: {
            router: (
                np.mean([pair[router][0] for pair in pairs], axis=0),
                np.mean([pair[router][1] for pair in pairs], axis=0),
            )
            for router in pairs[0]
        }
        for data, pairs in curves.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else round(float(value), 6)
    return value
