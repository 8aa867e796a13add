"""Routers side by side on made-up outcomes where the truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tierwise.evaluation.bootstrap import resampled
from tierwise.evaluation.eval_report import LARGE, OVERALL, report_on
from tierwise.evaluation.pairs import BEST, CHEAPEST, LENGTH, ORACLE, OURS, RANDOM, TOP, Ordering, Pair, judge_pair

N = 400


def made_up(data: str = "made up", seed: int = 1) -> tuple[Pair, dict[str, Ordering], list[str]]:
    """A weak model that fails hard questions, a strong one that does not; we see the truth, length sees noise."""
    rng = np.random.default_rng(seed)
    hard = rng.integers(0, 2, N)
    weak = (rng.random(N) < np.where(hard == 1, 0.3, 0.9)).astype(float)
    strong = (rng.random(N) < 0.9).astype(float)
    pair = Pair("s", data, "small", "large", (weak, strong), (np.full(N, 1.0), np.full(N, 3.0)), np.arange(N))
    p = (np.where(hard == 1, 0.3, 0.9), np.full(N, 0.9))
    ours = Ordering(p[1] - p[0], p, fails=hard.astype(float))
    return pair, {OURS: ours, LENGTH: Ordering(rng.random(N))}, ["hard" if h else "easy" for h in hard]


def test_a_router_that_knows_beats_a_coin():
    """Truth recovers clearly more than half of the gap on average, noise about half, hindsight the most."""
    pair, routers, _ = made_up()

    found = judge_pair(pair, routers, resampled(range(N), 0, 1))

    assert found[OURS]["apgr"][0] > 0.65
    assert found[LENGTH]["apgr"][0] == pytest.approx(0.5, abs=0.08)
    assert found[ORACLE]["apgr"][0] > found[OURS]["apgr"][0]


def test_those_that_need_no_router_say_what_is_known_of_them():
    """The ends have their models' means, the best single is the better, a coin stands in the middle."""
    pair, routers, _ = made_up()
    low, high = (scores.mean() for scores in pair.scores)

    found = judge_pair(pair, routers, resampled(range(N), 0, 1))

    assert found[CHEAPEST]["mean_score"][0] == pytest.approx(low)
    assert found[TOP]["mean_score"][0] == found[BEST]["mean_score"][0] == pytest.approx(high)
    assert found[RANDOM]["apgr"][0] == 0.5
    assert found[RANDOM]["score_at_half"][0] == pytest.approx((low + high) / 2)


def test_what_is_said_truly_is_calibrated():
    """Chances that were drawn from have a small calibration error; routers without chances have none."""
    pair, routers, _ = made_up()

    found = judge_pair(pair, routers, resampled(range(N), 0, 1))

    assert found[OURS]["ece_weak"][0] < 0.06
    assert "ece_weak" not in found[LENGTH]


def test_the_best_single_model_may_be_the_cheap_one():
    """Where the dear model is the worse, the cheap one is the best single."""
    pair, routers, _ = made_up()
    upside_down = Pair("s", "d", "small", "large", (pair.scores[1], pair.scores[0]), pair.usd, pair.rows)

    found = judge_pair(upside_down, routers, resampled(range(N), 0, 1))

    assert found[BEST]["mean_score"][0] == pytest.approx(pair.scores[1].mean())


def test_differences_are_taken_on_the_same_resamples():
    """A router that orders as length does differs from it by nothing, in every resample."""
    pair, routers, tasks = made_up()
    routers = {OURS: routers[LENGTH], LENGTH: routers[LENGTH]}

    line = report_on("t", [(pair, routers, tasks)], {"s": list(range(N))}, 50).line("made up", OURS)

    assert line is not None
    beyond = line.figures["beyond_length"]
    assert (beyond.value, beyond.low, beyond.high) == (0.0, 0.0, 0.0)


def test_the_mean_of_all_is_over_parts_not_rows():
    """Two parts of different sizes count alike."""
    large, small = made_up("large"), made_up("small", seed=2)
    part = small[0].only(np.arange(100), "small")
    few = {name: ordering.only(np.arange(100)) for name, ordering in small[1].items()}

    report = report_on("t", [large, (part, few, ["x"] * 100)], {"s": list(range(N))}, 20)

    means = [report.line(name, OURS).figures["apgr"].value for name in ("large", "small", OVERALL)]  # type: ignore[union-attr]
    assert means[2] == pytest.approx((means[0] + means[1]) / 2)


def test_large_parts_stand_together_as_well(monkeypatch):
    """Beside the mean of all there is one without the small parts, whose noise it would have."""
    monkeypatch.setattr("tierwise.evaluation.eval_report._LARGE_STEPS", 200)
    parts = [made_up("a"), made_up("b", seed=2)]
    pair, routers, _ = made_up("c", seed=3)
    few = {name: ordering.only(np.arange(100)) for name, ordering in routers.items()}

    report = report_on("t", [*parts, (pair.only(np.arange(100), "c"), few, ["x"] * 100)], {"s": list(range(N))}, 20)

    means = [report.line(name, OURS).figures["apgr"].value for name in ("a", "b", LARGE)]  # type: ignore[union-attr]
    assert means[2] == pytest.approx((means[0] + means[1]) / 2)
    assert report.parts()[-1] == OVERALL


def test_large_tasks_are_judged_alone():
    """Two tasks of some two hundred: inside one, nothing is left to tell, and the order is a coin's."""
    pair, routers, _ = made_up()
    tasks = ["first"] * 200 + ["second"] * 200

    report = report_on("t", [(pair, routers, tasks)], {"s": list(range(N))}, 20)

    assert {line.task for line in report.lines} == {"", "first", "second"}


def test_a_report_is_json():
    """All figures are plain values; what is not known is null."""
    report = report_on("t", [made_up()], {"s": list(range(N))}, 20)

    again = json.loads(json.dumps(report.to_dict(), allow_nan=False))

    assert {line["router"] for line in again["pairs"]} >= {OURS, LENGTH, ORACLE, RANDOM, CHEAPEST, TOP, BEST}
    assert again["reliability"]["weak model"]
