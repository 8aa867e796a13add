"""What surrounds a question in an agent: a penalised logistic regression of outcomes, with the levels of models given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tierwise.classifier.difficulty import STEP_FACTS, TEXT_SIGNALS
from tierwise.errors import MissingExtra
from tierwise.types import Floats, Reading

__all__ = ["StepRows", "fit_steps"]

_RIDGE = 6.0
_RIDGE_HARNESS = 0.5

_BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "tool_errors": (0.0, None),
    "repeated_calls": (0.0, None),
    "last_result_failed": (0.0, None),
    "tools": (0.0, None),
    "tool_schema_depth": (0.0, None),
    "tool_parameters": (0.0, None),
    "depth": (0.0, None),
    "images": (0.0, None),
    "recovery": (0.0, None),
    "tool_choice_forced": (0.0, 0.0),
    "social": (0.0, 0.0),
    "assent": (0.0, 0.0),
    "summary": (None, 0.0),
    "digest": (None, 0.0),
}
"""Which way a fact may point; small talk and assent are handled elsewhere, and forced calls are not in the data."""


@dataclass
class StepRows:
    """Outcomes: reading, level of the model, adequate (0 to 1), weight, and the harness ("" where a step was graded)."""

    readings: list[Reading] = field(default_factory=list)
    reading: list[int] = field(default_factory=list)
    level: list[float] = field(default_factory=list)
    adequate: list[float] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    harness: list[str] = field(default_factory=list)

    def add_readings(self, readings: Sequence[Reading]) -> int:
        """Appends readings; returns the index of the first."""
        first = len(self.readings)
        self.readings.extend(readings)
        return first

    def add(self, reading: int, level: float, adequate: float, weight: float, harness: str) -> None:
        """Appends one outcome."""
        self.reading.append(reading)
        self.level.append(float(level))
        self.adequate.append(float(adequate))
        self.weight.append(weight)
        self.harness.append(harness)


def fit_steps(rows: StepRows, standard: Floats, text: Floats) -> tuple[Floats, float, float]:
    """Weights of step facts, shape (n_step_facts,), bias, and how much of the question's difficulty carries over.

    Whole-run rewards get an intercept per harness that is thrown away: from runs we learn which steps go wrong more
    often, from graded steps how often.
    """
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise MissingExtra("scipy", "train") from error
    at = np.array(rows.reading)
    facts = standard[at][:, len(TEXT_SIGNALS) :]
    harnesses, which = np.unique(np.array(rows.harness), return_inverse=True)
    k, h = facts.shape[1], len(harnesses)
    z_text, level, y, w = text[at], np.array(rows.level), np.array(rows.adequate), np.array(rows.weight)
    whole_run = (harnesses != "").astype(float)

    def loss(theta: Floats) -> tuple[float, Floats]:
        step, bias, carry, harness = theta[:k], theta[k], theta[k + 1], theta[k + 2 :] * whole_run
        margin = level - (facts @ step + bias + carry * z_text + harness[which])
        p = 0.5 * (1 + np.tanh(0.5 * margin))
        value = float(np.sum(w * (np.logaddexp(0, margin) - y * margin)))
        residual = w * (y - p)
        gradient = np.concatenate(
            [
                facts.T @ residual + _RIDGE * step,
                [residual.sum(), residual @ z_text + _RIDGE * (carry - 0.4) * 20],
                np.bincount(which, residual, h) * whole_run + _RIDGE_HARNESS * harness,
            ]
        )
        penalty = 0.5 * _RIDGE * (step @ step + 20 * (carry - 0.4) ** 2) + 0.5 * _RIDGE_HARNESS * (harness @ harness)
        return value + float(penalty), gradient

    bounds = [_BOUNDS.get(name, (None, None)) for name in STEP_FACTS]
    everything = [*bounds, (None, None), (0.2, 0.8), *[(None, None)] * h]
    start = np.zeros(k + 2 + h)
    start[k + 1] = 0.4
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=everything, options={"maxiter": 500}).x
    return found[:k], float(found[k]), float(found[k + 1])
