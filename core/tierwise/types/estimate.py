"""What is expected of each tier's model: the classifier's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy.typing as npt

from tierwise.types.signals import Signals
from tierwise.types.step import Kind

Floats: TypeAlias = npt.NDArray[Any]

EVERY_TRAFFIC = "*"
"""Stands in `Reference.traffic` where a step counts in every sort of traffic."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the classifier may know of a tier's model, to guess an ability from."""

    model: str
    provider: str | None = None
    usd_per_mtok_in: float = 0.0
    usd_per_mtok_out: float = 0.0
    context_tokens: int | None = None
    ability: float | None = None
    """Set by hand, in logits; None leaves it to the classifier."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How likely each tier is to do the step well.

    `p_adequate[tier]` is P(this tier's answer is correct, or accepted), in [0, 1]: absolute, so for a very hard step the
    top tier's may be 0.3.
    """

    p_adequate: Mapping[str, float]
    kind: Kind = "answer"
    signals: Signals = field(default_factory=Signals)
    difficulty: float = 0.0
    """In logits; 0 is the mean of the traffic the classifier was trained on, higher is harder."""
    notes: tuple[str, ...] = ()
    """What a person should know of this estimate: no encoder, an unfamiliar language, a length beyond the training data."""
    traffic: str = ""
    """The sort of traffic within which quality is to be kept, one of `Reference.traffic`; "" for the rest."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What traffic looks like, as computed figures: used to turn a quality target into a price of quality.

    Attributes:
        p_adequate: Shape (n_steps, n_models), in the order of the models asked for.
        input_tokens: Shape (n_steps,).
        output_tokens: Shape (n_steps,).
        weights: Shape (n_steps,), sums to 1.
        traffic: Of each step, the sort of traffic within which quality is to be kept; "" for the rest, `EVERY_TRAFFIC` where
            a step counts in each. Empty: all is one.
    """

    p_adequate: Floats
    input_tokens: Floats
    output_tokens: Floats
    weights: Floats
    traffic: tuple[str, ...] = ()
