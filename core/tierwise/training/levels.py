"""Levels of models from published outcomes: one linear mixed model over (model, task) cells.

    logit of a cell's mean = level[model] + offset[model, group] - difficulty[task] + noise
    level[model]  ~ N(slopes . features(name, price), SD_MODEL^2)
    offset        ~ N(0, SD_GROUP^2)
                     (+ formal, for models that think, in mathematics and code)
    slopes        ~ N(EXPECTED_SLOPES, EXPECTED_SDS^2)

Sources share models and so share a scale; a task seen with a single model says nothing, because its difficulty absorbs
it. The noise has a floor, SD_CELL: harness and format move a cell's mean by more than sampling does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tierwise.classifier.ability import FEATURES, FORMAL_GROUPS, GROUPS, Abilities, features
from tierwise.classifier.families import normal_name, read_name
from tierwise.types import Floats

if TYPE_CHECKING:
    import pandas as pd

    from tierwise.training.sources import SharedData

__all__ = ["LevelFit", "cells", "fit_levels"]

SD_MODEL = 0.5
SD_GROUP = np.array([0.05, 0.05, 0.05, 0.05, 0.35])
"""How far a model's level in a group may lie from its level as a whole, in the order of `GROUPS`. On sources left out,
offsets between sorts of question did harm: they were those of the benchmarks at hand. Tool calls are another matter."""

SD_CELL = 0.45
_SD_TASK = 3.0
_THINKS = FEATURES.index("thinks")
_FORMAL = [GROUPS.index(name) for name in FORMAL_GROUPS]

EXPECTED_SLOPES = np.array([0.0, 0.55, 0.50, 0.0, 0.30, 0.20, 0.70])
"""In the order of `FEATURES`. A judgement, before any data: a decade of price is worth 0.55 logits, a year 0.50, a rung
0.30 beyond its price, thinking 0.20, a decade of size 0.70."""
EXPECTED_SDS = np.array([0.5, 0.10, 0.10, 0.10, 0.05, 0.10, 0.2])
EXPECTED_FORMAL, EXPECTED_FORMAL_SD = 0.0, 0.02
"""What thinking adds on top in mathematics and code: held near nothing, for on sources left out it did harm."""


@dataclass(frozen=True)
class LevelFit:
    """Abilities, and the difficulty of each task on the same scale (0 is the mean over sources)."""

    abilities: Abilities
    difficulty: dict[str, float]


def cells(data: SharedData) -> pd.DataFrame:
    """Means per (model, task): model, group, source, task, mean, n."""
    import pandas as pd

    about = data.queries[["source", "query_id", "task", "group"]]
    scores = data.scores.merge(about, on=["source", "query_id"])
    scores["task"] = scores["source"] + "/" + scores["task"].map(_coarse)
    runs = data.run_rewards.assign(group="tools")
    tools = data.tool_scores.assign(group="tools")
    columns = ["model", "group", "source", "task", "adequate"]
    rows = pd.concat([scores[columns], tools[columns], runs[columns]], ignore_index=True)
    rows["model"] = rows["model"].map(normal_name)
    found = rows.groupby(["model", "group", "source", "task"])["adequate"].agg(["mean", "size"]).reset_index()
    found = found.rename(columns={"size": "n"})
    return found[found["n"] >= 5].reset_index(drop=True)


def _coarse(task: str) -> str:
    """`algebra/simple_equations/hard` is `algebra/hard`: thirty questions are too few for a task of their own."""
    parts = task.split("/")
    return f"{parts[0]}/{parts[2]}" if len(parts) == 3 else task


def fit_levels(found: pd.DataFrame, prices: dict[str, tuple[float, float]]) -> LevelFit:
    """Solves the mixed model of the module's docstring in closed form.

    Args:
        found: What `cells` returns.
        prices: Normalised model name to USD per million tokens (in, out); absent where unknown.
    """
    models = sorted(found["model"].unique())
    tasks = sorted(found["task"].unique())
    x = np.stack([features(read_name(name), *prices.get(name, (0.0, 0.0))) for name in models])
    k, n_models, n_groups = len(FEATURES), len(models), len(GROUPS)
    rows = np.arange(len(found))
    model = found["model"].map({name: i for i, name in enumerate(models)}).to_numpy()
    task = found["task"].map({name: i for i, name in enumerate(tasks)}).to_numpy()
    group = found["group"].map({name: i for i, name in enumerate(GROUPS)}).to_numpy()

    first_model, first_offset = k + 1, k + 1 + n_models
    first_task = first_offset + n_models * n_groups
    design = np.zeros((len(found), first_task + len(tasks)))
    design[:, :k] = x[model]
    design[:, k] = x[model, _THINKS] * np.isin(group, _FORMAL)
    design[rows, first_model + model] = 1.0
    design[rows, first_offset + model * n_groups + group] = 1.0
    design[rows, first_task + task] = -1.0

    mean, n = found["mean"].to_numpy(), found["n"].to_numpy()
    p = (mean * n + 0.5) / (n + 1.0)
    y = np.log(p / (1 - p))
    weight = 1.0 / (1.0 / (n * p * (1 - p)) + SD_CELL**2)
    prior = np.concatenate(
        [
            1 / EXPECTED_SDS**2,
            [1 / EXPECTED_FORMAL_SD**2],
            np.full(n_models, 1 / SD_MODEL**2),
            np.tile(1 / SD_GROUP**2, n_models),
            np.full(len(tasks), 1 / _SD_TASK**2),
        ]
    )
    centre = np.zeros(design.shape[1])
    centre[: k + 1] = *EXPECTED_SLOPES, EXPECTED_FORMAL
    precision = (design * weight[:, None]).T @ design + np.diag(prior)
    solution = np.linalg.solve(precision, design.T @ (weight * y) + prior * centre)
    covariance = np.linalg.inv(precision)
    return _unpack(solution, covariance, models, tasks, x, found)


def _unpack(
    solution: Floats, covariance: Floats, models: list[str], tasks: list[str], x: Floats, found: pd.DataFrame
) -> LevelFit:
    k, n_models, n_groups = x.shape[1], len(models), len(GROUPS)
    slopes = solution[:k].copy()
    formal = float(solution[k])
    own = solution[k + 1 : k + 1 + n_models]
    offsets = solution[k + 1 + n_models : k + 1 + n_models * (1 + n_groups)].reshape(n_models, n_groups)
    offsets = offsets + formal * x[:, [_THINKS]] * np.isin(np.arange(n_groups), _FORMAL)
    difficulty = dict(zip(tasks, solution[-len(tasks) :], strict=True))
    # The scale's zero: the mean difficulty of the outcome sources, each source counting once.
    asked = found[found["group"] != "tools"].drop_duplicates("task")
    zero = float(asked.assign(d=asked["task"].map(difficulty)).groupby("source")["d"].mean().mean())
    slopes[0] -= zero
    levels = (x @ slopes + own)[:, None] + offsets
    picks = np.concatenate([x, np.zeros((n_models, 1)), np.eye(n_models)], axis=1)
    head = covariance[: k + 1 + n_models, : k + 1 + n_models]
    sds = np.sqrt(np.einsum("ij,jk,ik->i", picks, head, picks))
    abilities = Abilities(
        table={name: levels[i] for i, name in enumerate(models)},
        sds={name: float(sds[i]) for i, name in enumerate(models)},
        slopes=slopes,
        formal=formal,
        sd=SD_MODEL,
    )
    return LevelFit(abilities, {task: value - zero for task, value in difficulty.items()})
