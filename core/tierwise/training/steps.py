"""What surrounds a question in an agent: a penalised logistic regression of outcomes, with the levels of models given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tierwise.classifier.difficulty import discrimination
from tierwise.classifier.features import STEP_FACTS, TEXT_SIGNALS, raw_signals
from tierwise.errors import MissingExtra
from tierwise.types import Floats, Reading

__all__ = ["StepRows", "fit_steps"]

_RIDGE = 6.0
_RIDGE_EXPECTED = 400.0
_RIDGE_HARNESS = 10.0
_CARRY, _RIDGE_CARRY, _CARRY_BOUNDS = 0.5, 120.0, (0.4, 0.9)
"""How much of a question's difficulty is believed to carry over to a step around it: hardly varied in the data."""

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
    "coding_agent": (0.0, None),
    "tool_choice_forced": (0.0, 0.0),
    "social": (0.0, 0.0),
    "assent": (0.0, 0.0),
    "summary": (None, 0.0),
    "digest": (None, 0.0),
}
"""Which way a fact may point; small talk and assent are handled elsewhere, and forced calls are not in the data."""


@dataclass
class StepRows:
    """Outcomes: reading, level of the model, adequate (0 to 1), weight, harness and run ("" where a step was graded)."""

    readings: list[Reading] = field(default_factory=list)
    reading: list[int] = field(default_factory=list)
    level: list[float] = field(default_factory=list)
    adequate: list[float] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    harness: list[str] = field(default_factory=list)
    run: list[str] = field(default_factory=list)

    def add_readings(self, readings: Sequence[Reading]) -> int:
        """Appends readings; returns the index of the first."""
        first = len(self.readings)
        self.readings.extend(readings)
        return first

    def add(self, reading: int, level: float, adequate: float, weight: float, harness: str = "", run: str = "") -> None:
        """Appends one outcome."""
        self.reading.append(reading)
        self.level.append(float(level))
        self.adequate.append(float(adequate))
        self.weight.append(weight)
        self.harness.append(harness)
        self.run.append(run)


EXPECTED: dict[str, float] = {"recovery": 0.9, "routine_digest": -2.0, "tool_errors": 0.3, "coding_agent": 3.5}
"""Where weights are drawn to, per unit of the raw fact: a judgement. Whole runs cannot say which of their steps failed; to
read a sound result for a plain task is the easiest of them, and to recover from a failure is not. Work on a program is the
hardest that agents do."""


def fit_steps(rows: StepRows, standard: Floats, text: Floats, sd: Floats) -> tuple[Floats, float, float]:
    """Weights of step facts, shape (n_step_facts,), bias, and how much of the question's difficulty carries over.

    Args:
        rows: The outcomes.
        standard: Standardised signals of `rows.readings`, shape (n_readings, n_raw).
        text: Difficulty of their questions, shape (n_readings,).
        sd: What `standard` was divided by, shape (n_raw,).

    A graded step is one outcome. A run succeeds when all its steps do, so P(success) is the product over its steps; its
    harness has an intercept of its own, held near 0, that is thrown away.
    """
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise MissingExtra("scipy", "train") from error
    problem = _Problem.of(rows, standard, text, sd[len(TEXT_SIGNALS) :])
    k, h = problem.facts.shape[1], problem.n_harnesses
    bounds = [_BOUNDS.get(name, (None, None)) for name in STEP_FACTS]
    everything = [*bounds, (None, None), _CARRY_BOUNDS, *[(None, None)] * h]
    start = np.zeros(k + 2 + h)
    start[k : k + 2] = -2.0, _CARRY
    found = minimize(problem.loss, start, jac=True, method="L-BFGS-B", bounds=everything, options={"maxiter": 500}).x
    return found[:k], float(found[k]), float(found[k + 1])


@dataclass(frozen=True)
class _Problem:
    """The likelihood; rows of one run stand for one outcome, and a graded step is a run of one step."""

    facts: Floats
    text: Floats
    level: Floats
    run: npt.NDArray[np.intp]
    harness: npt.NDArray[np.intp]
    n_harnesses: int
    adequate: Floats
    """Per run, as is `weight`."""
    weight: Floats
    expected: Floats
    """Per fact, standardised."""

    @classmethod
    def of(cls, rows: StepRows, standard: Floats, text: Floats, sd: Floats) -> _Problem:
        at = np.array(rows.reading)
        names = [run or f"#{i}" for i, run in enumerate(rows.run)]
        _, first, run = np.unique(names, return_index=True, return_inverse=True)
        harnesses, harness = np.unique([*rows.harness, ""], return_inverse=True)
        return cls(
            facts=standard[at][:, len(TEXT_SIGNALS) :],
            text=text[at],
            level=np.array(rows.level) * discrimination(raw_signals(rows.readings))[at],
            run=run,
            harness=harness[:-1],
            n_harnesses=len(harnesses),
            adequate=np.array(rows.adequate)[first],
            weight=np.array(rows.weight)[first],
            expected=np.array([EXPECTED.get(name, 0.0) for name in STEP_FACTS]) * sd,
        )

    def _ridge(self) -> Floats:
        return np.where(self.expected != 0, _RIDGE_EXPECTED, _RIDGE)

    def loss(self, theta: Floats) -> tuple[float, Floats]:
        """Penalised negative log-likelihood, and its gradient."""
        k = self.facts.shape[1]
        step, bias, carry, harness = theta[:k], theta[k], theta[k + 1], theta[k + 2 :].copy()
        harness[0] = 0.0  # "" sorts first: graded steps have no harness of their own
        margin = self.level - (self.facts @ step + bias + carry * self.text + harness[self.harness])
        log_step = -np.logaddexp(0.0, -margin)
        log_run = np.minimum(np.bincount(self.run, log_step), -1e-9)
        log_failed = np.log(-np.expm1(log_run))
        value = -float(self.weight @ (self.adequate * log_run + (1 - self.adequate) * log_failed))
        slope_run = self.weight * (self.adequate - (1 - self.adequate) * np.exp(log_run - log_failed))
        slope = slope_run[self.run] * (1.0 - np.exp(log_step))  # d log-likelihood / d margin
        gradient = np.concatenate(
            [
                self.facts.T @ slope + self._ridge() * (step - self.expected),
                [slope.sum(), slope @ self.text + _RIDGE_CARRY * (carry - _CARRY)],
                np.bincount(self.harness, slope, self.n_harnesses) + _RIDGE_HARNESS * harness,
            ]
        )
        gradient[k + 2] = 0.0
        penalty = (
            self._ridge() @ (step - self.expected) ** 2
            + _RIDGE_CARRY * (carry - _CARRY) ** 2
            + _RIDGE_HARNESS * (harness @ harness)
        )
        return value + 0.5 * float(penalty), gradient
