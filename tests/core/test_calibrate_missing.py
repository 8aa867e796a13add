"""How many outcomes are missing to a promise: the number that is said is the number that does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tierwise import Outcome, Router, Tier
from tierwise.learning.calibrate import Calibration
from tierwise.testing import FakeClassifier
from tierwise.types import Reading

LEVELS = {"small": 1.5, "middle": 2.5, "top": 3.5}
TIERS = [Tier(name, model=name, prices=(usd, usd)) for name, usd in zip(LEVELS, (0.1, 1.0, 10.0), strict=True)]


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def _hard(text: str) -> float:
    """How hard a step is, by its number."""
    return float(np.random.default_rng(int(text.split()[1])).normal(0, 1.4))


def _chances(reading: Reading) -> dict[str, float]:
    """Nearly right: the same slip for every tier."""
    slip = float(np.random.default_rng(int(reading.task.split()[1]) + 10**6).normal(0, 0.5))
    return {name: _sigmoid(level - _hard(reading.task) + slip) for name, level in LEVELS.items()}


def _outcomes(first: int, n: int) -> list[Outcome]:
    """Grades between 0 and 1 of every tier on n steps."""
    found = []
    for i in range(first, first + n):
        text, rng = f"Step {i} of the plan", np.random.default_rng(i + 2 * 10**6)
        for name, level in LEVELS.items():
            score = float(np.clip(_sigmoid(level - _hard(text)) + rng.normal(0, 0.2), 0, 1))
            found.append(Outcome(name, score, [{"role": "user", "content": text}]))
    return found


def _router() -> Router:
    return Router(TIERS, classifier=FakeClassifier(_chances), embedder=None)


def _calibrated(outcomes: list[Outcome], **arguments: Any) -> Calibration:
    found: Calibration = _router().calibrate(outcomes, **arguments)
    return found


def test_as_many_more_as_are_said_to_be_missing_earn_a_promise() -> None:
    """Sixty steps promise nothing at quality 0.98; with those that are missing, nine samples in ten do."""
    kept = []
    for sample in range(20):
        first = 1_000 * sample
        few = _calibrated(_outcomes(first, 60), quality=0.98)
        assert few.promise is None
        assert few.missing is not None
        kept.append(_calibrated(_outcomes(first, 60 + few.missing), quality=0.98).promise is not None)

    assert sum(kept) >= 18


def test_where_the_first_saving_loses_no_number_would_do() -> None:
    """The middle tier is said to be as good as the top one and never is: nothing is promised, whatever comes."""
    wrong = [Outcome(o.model, {"small": 0.0, "middle": 0.0, "top": 1.0}[o.model], o.messages) for o in _outcomes(0, 40)]
    found = _calibrated(wrong, quality=0.98)

    assert (found.promise, found.missing) == (None, None)


@pytest.mark.parametrize("tools", [5, "abc", [1]])
def test_what_is_no_step_is_skipped_and_named(tools: Any) -> None:
    """Tools that are none: as when learning, not a TypeError."""
    found = _calibrated([Outcome("top", 1.0, [{"role": "user", "content": "Step 1"}], tools)], quality=0.9)

    assert found.skipped == {"the messages are not a step": 1}
