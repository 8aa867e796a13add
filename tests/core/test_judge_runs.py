"""Whole runs of agents: which pairs are judged, on which tasks, and that their source is unknown to what is judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pandas", reason="judging the shared data needs tierwise[train]")

import pandas as pd

from tierwise.training.judge_runs import pairs_of_runs
from tierwise.training.sources import RUN_SOURCES, SharedData


def _scores(means: dict[str, list[float]]) -> pd.DataFrame:
    rows = [(f"t{i}", name, float(x)) for name, column in means.items() for i, x in enumerate(column) if x == x]
    return pd.DataFrame(rows, columns=["task_id", "model", "adequate"])


def test_the_best_of_those_with_most_tasks_is_judged_over_three_of_the_rest() -> None:
    """`star` has the best mean but a single task; of the other five, `e` is the best."""
    columns = {name: [1.0] * k + [0.0] * (10 - k) for name, k in zip("abcde", (1, 3, 5, 7, 9), strict=True)}
    scores = _scores({**columns, "star": [1.0]})

    pairs = list(pairs_of_runs(scores, "runs", [f"t{i}" for i in range(10)]))

    assert [(pair.weak, pair.strong) for pair in pairs] == [("a", "e"), ("b", "e"), ("c", "e")]
    assert pairs[0].scores[0].mean() == pytest.approx(0.1)


def test_only_tasks_that_both_were_given_are_compared() -> None:
    """Scores follow the order of the tasks asked for, and repeated runs count with their mean."""
    scores = pd.concat([_scores({"a": [0] * 10 + [np.nan], "b": [1] * 11}), _scores({"a": [1]})])

    (pair,) = pairs_of_runs(scores, "runs", [f"t{i}" for i in (10, *range(10))])

    assert pair.rows.tolist() == list(range(1, 11))
    assert pair.scores[0].tolist() == [0.5] + [0.0] * 9


@pytest.mark.parametrize("source", RUN_SOURCES)
def test_every_task_has_one_opening_that_no_answer_precedes(shared: Path, source: str) -> None:
    """What is judged is the first model call of a run: a scripted greeting may stand before it, an answer may not."""
    data = SharedData(shared / "data")

    openings = data.run_openings(source)

    assert openings["task_id"].is_unique
    tasks = set(openings["task_id"])
    assert len(tasks & set(data.run_scores(source)["task_id"])) >= 40
    for step in openings["step"]:
        assert all(m["role"] != "assistant" or m.get("scripted") for m in step.messages)
