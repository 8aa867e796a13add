"""How well a model did, and what was learned from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tierwise.types.estimate import Floats
from tierwise.types.step import Kind, Message, Tool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How well a model did on a step: `score` in [0, 1], 1 is fully adequate."""

    model: str
    score: float
    messages: Sequence[Message] = field(repr=False)
    tools: Sequence[Tool] | None = field(default=None, repr=False)
    decision_id: str | None = None
    conversation_id: str | None = None
    """Outcomes of one conversation depend on each other; a guarantee counts them together."""
    traffic: str | None = None
    """The user's own name for traffic of this kind; steps name theirs as `metadata["traffic"]`."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One outcome as it is kept: computed figures of the step, never its text.

    Attributes:
        step: A digest of messages and tools; outcomes of different models on one step share it.
        model: Whose answer was graded.
        score: In [0, 1].
        weight: How much it says, in (0, 1]; 1 for a graded outcome, less for a thumb or a verdict.
        features: Shape (n_features,), float16; see `tierwise.classifier.learned.features_of`.
        p_adequate: Model to its chance before anything was learned, for all tiers of the router that read the step.
        kind: Kind of the step.
        input_tokens: Estimated tokens of the step.
        output_tokens: Expected tokens of the answer.
        origin: "outcome", "feedback", "preference" or "verdict".
        encoder: The encoder whose vectors stand in `features`; None for none.
        conversation_id: The conversation it belongs to, where known.
        traffic: The user's own name for traffic of this kind.
        text: Messages and tools, only where a store was asked to keep them.
    """

    step: str
    model: str
    score: float
    weight: float
    features: Floats = field(repr=False)
    p_adequate: Mapping[str, float] = field(repr=False)
    kind: Kind = "answer"
    input_tokens: int = 0
    output_tokens: int = 0
    origin: str = "outcome"
    encoder: str | None = None
    conversation_id: str | None = None
    traffic: str | None = None
    text: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LevelChange:
    """What outcomes have changed for one model on one kind of step.

    Attributes:
        model: The model.
        kind: The kind of step, the user's own name for the traffic, or "all".
        n: How many outcomes there are.
        prior: Mean chance before anything was learned, on the graded steps.
        observed: Mean score.
        before: Mean chance before this learning.
        after: Mean chance now.
        sd: Standard deviation of what is known of the model's level, in probability.
    """

    model: str
    kind: str
    n: int
    prior: float
    observed: float
    before: float
    after: float
    sd: float


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What `router.learn` did.

    Attributes:
        used: Outcomes that were taken in now.
        skipped: Reason to how many were not.
        n_outcomes: Outcomes known in all.
        trust: How far features of steps are believed, in [0, 1]; 0 leaves the ranking of steps as it was.
        changes: By model and kind of step; empty where refitting waits for the next decision.
        notes: What else a person should know.
    """

    used: int
    skipped: Mapping[str, int]
    n_outcomes: int
    trust: float = 0.0
    changes: tuple[LevelChange, ...] = ()
    notes: tuple[str, ...] = ()
