"""A model that is new: from what is guessed of it to what its first outcomes say.

The level `a` of item response theory: outcomes say y ~ sigmoid(slope * a - difficulty), where the slope is how far the
classifier lets a step tell models apart (1, and more for coding agents); the prior is what it guesses from name and price,
with its standard deviation. The posterior's mode and curvature (Laplace) give level and interval.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tierwise.classifier.ability import Level
from tierwise.classifier.model import DifficultyAbility
from tierwise.errors import LearnedError, StepError
from tierwise.protocols import Embedder
from tierwise.signals import read_step
from tierwise.step import checked_step
from tierwise.types import Floats, ModelFacts, Outcome, Reading, Step

__all__ = ["MovedLevel", "Onboarding", "moved_level", "onboard"]

_BY_HAND_SD = 0.5
"""Of a level that a person set."""
_Z80 = 1.2816
_STEPS = 50
_TOO_MANY = 2**20


@dataclass(frozen=True, slots=True)
class Onboarding:
    """What outcomes say of a model.

    Attributes:
        model: The model.
        n: Outcomes used.
        skipped: Reason to how many were not.
        source: What the guess rested on: "measured", "name", "price" or "by hand".
        before, after: Levels in logits, on traffic of mean difficulty.
        sd_before, sd_after: Their standard deviations.
        chance_before, chance_after: Mean chance on these steps.
        observed: Mean score.
        to_halve: How many more outcomes like these would halve the interval; None for more than a million: where nearly all
            were right, or wrong, more of them say ever less.
    """

    model: str
    n: int
    skipped: Mapping[str, int]
    source: str
    before: float
    sd_before: float
    after: float
    sd_after: float
    chance_before: float
    chance_after: float
    observed: float
    to_halve: int | None

    def interval(self, after: bool = True) -> tuple[float, float]:
        """The 80 % interval of the level."""
        level, sd = (self.after, self.sd_after) if after else (self.before, self.sd_before)
        return level - _Z80 * sd, level + _Z80 * sd


def onboard(
    facts: ModelFacts, outcomes: Sequence[Outcome], classifier: DifficultyAbility, embedder: Embedder | None
) -> Onboarding:
    """Moves a model's level by its outcomes.

    Raises:
        LearnedError: No outcome is of use.
    """
    readings, score, skipped = _read(outcomes)
    if not readings:
        raise LearnedError(f"none of {len(outcomes)} outcomes is of use: {', '.join(skipped) or 'there are none'}")
    vectors = None
    if embedder is not None:
        texts = [text for reading in readings for text in (reading.task, reading.latest)]
        vectors = np.asarray(embedder.embed(texts)).reshape(len(readings), 2, -1)
    by_hand = {at: replace(facts, ability=at) for at in (0.0, 1.0)}
    estimates = classifier.estimate(readings, vectors, {"": facts, "at 0": by_hand[0.0], "at 1": by_hand[1.0]})
    chance, at_0, at_1 = np.array([list(e.p_adequate.values()) for e in estimates]).T
    difficulty, slope = -_logit(at_0), _logit(at_1) - _logit(at_0)
    guess = classifier.level(facts)
    moved = moved_level(guess, chance, difficulty, score, slope)
    precision = 1 / moved.sd_before**2 + moved.information
    return Onboarding(
        model=facts.model,
        n=len(score),
        skipped=skipped,
        source=guess.source,
        before=moved.before,
        sd_before=moved.sd_before,
        after=moved.after,
        sd_after=1 / math.sqrt(precision),
        chance_before=float(chance.mean()),
        chance_after=float(_sigmoid(slope * moved.after - difficulty).mean()),
        observed=float(score.mean()),
        to_halve=_to_halve(moved, difficulty, score, slope),
    )


@dataclass(frozen=True, slots=True)
class MovedLevel:
    """A level in logits before and after outcomes, its standard deviation before, and what the outcomes tell of it."""

    before: float
    sd_before: float
    after: float
    information: float


def moved_level(
    guess: Level, chance: Floats, difficulty: Floats, score: Floats, slope: Floats | None = None
) -> MovedLevel:
    """Moves a level by outcomes.

    Args:
        guess: What is known of the model.
        chance: Shape (n,): what the classifier says of each step; in (0, 1).
        difficulty: Same shape, in logits.
        score: Same shape, from 0 to 1.
        slope: Same shape: what a logit of level adds to a step's chance, in logits; by default 1.
    """
    slope = np.ones(len(score)) if slope is None else slope
    before = float((_logit(chance.clip(1e-4, 1 - 1e-4)) + difficulty).sum() / slope.sum())
    sd = guess.sd or _BY_HAND_SD
    return MovedLevel(before, sd, *_posterior(before, sd, difficulty, score, slope))


def _posterior(
    mean: float, sd: float, difficulty: Floats, score: Floats, slope: Floats, times: float = 1.0
) -> tuple[float, float]:
    """The mode, and the information that the outcomes add there, were each of them there so many times."""
    level, information = mean, 0.0
    for _ in range(_STEPS):
        p = _sigmoid(slope * level - difficulty)
        information = times * float((slope**2 * p * (1 - p)).sum())
        step = (times * float((slope * (score - p)).sum()) - (level - mean) / sd**2) / (information + 1 / sd**2)
        level += max(-1.0, min(1.0, step))
        if abs(step) < 1e-10:
            break
    return level, information


def _to_halve(moved: MovedLevel, difficulty: Floats, score: Floats, slope: Floats) -> int | None:
    """How many more outcomes like these have four times the precision; the level moves on with them."""
    prior = 1 / moved.sd_before**2
    wanted = 4 * (prior + moved.information)

    def enough(more: int) -> bool:
        times = 1 + more / len(score)
        return prior + _posterior(moved.before, moved.sd_before, difficulty, score, slope, times)[1] >= wanted

    high = 1
    while not enough(high):
        high *= 2
        if high > _TOO_MANY:
            return None
    return bisect_left(range(high), True, high // 2, key=enough)


def _read(outcomes: Sequence[Outcome]) -> tuple[list[Reading], Floats, dict[str, int]]:
    readings, scores = [], []
    skipped: Counter[str] = Counter()
    for outcome in outcomes:
        if not 0 <= outcome.score <= 1:
            skipped["the score is not between 0 and 1"] += 1
            continue
        try:
            readings.append(read_step(checked_step(Step(outcome.messages, outcome.tools or ()))))
            scores.append(float(outcome.score))
        except StepError:
            skipped["the messages are not a step"] += 1
    return readings, np.array(scores), dict(skipped)


def _logit(p: Floats) -> Floats:
    return np.asarray(np.log(p / (1 - p)))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))
