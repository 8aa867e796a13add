"""The plug points. Nobody has to inherit: pass an object that has these methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from tierwise.types import (
    Abstention,
    CallRecord,
    Choice,
    ConversationState,
    Cost,
    Estimate,
    Floats,
    Graded,
    Limits,
    ModelFacts,
    Reading,
    Reference,
    Reply,
    Step,
    StepFacts,
)

__all__ = ["Classifier", "Embedder", "FeedbackStore", "Handler", "Policy", "StateStore"]


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors, on the CPU, in this process."""

    @property
    def name(self) -> str:
        """What weights trained on these vectors call the encoder."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """Embeds texts.

        Returns:
            Shape (n_texts, dim), float32, rows of length 1 (a row of zeros for an empty text).
        """


@runtime_checkable
class Classifier(Protocol):
    """Estimates, for each step and each model, the chance that the model's answer is adequate."""

    def estimate(
        self, readings: Sequence[Reading], vectors: Floats | None, models: Mapping[str, ModelFacts]
    ) -> list[Estimate]:
        """Estimates a batch of steps.

        Args:
            readings: n steps.
            vectors: Shape (n, 2, dim): task and latest message; None where there is no encoder.
            models: Tier name to its model.

        Returns:
            n estimates, each with one probability per tier, a function of the step alone.
        """

    def reference(self, models: Mapping[str, ModelFacts]) -> Reference:
        """What these models would do on reference traffic, to set the price of quality from."""


class Policy(Protocol):
    """Chooses a tier, given how likely each is to be adequate and what each would cost now."""

    def choose(self, facts: StepFacts, estimate: Estimate, costs: Mapping[str, Cost], limits: Limits) -> Choice:
        """Returns one of `limits.allowed`, which is never empty."""


@runtime_checkable
class Handler(Protocol):
    """Answers steps without a model, and leaves to others what it is not sure of: `Tier("faq", handler=...)`.

    It is asked at every step, in the caller's thread, before anything else: below 10 ms, no I/O, as nothing can stop it
    from outside. What it raises is an abstention; see `tierwise.handlers.desk`.
    """

    def handle(self, step: Step, reading: Reading) -> Reply | Abstention:
        """Answers a step, or abstains.

        Args:
            step: Messages and tools, in OpenAI form; not to be changed.
            reading: What was read off it: the task, the latest message, the signals.
        """


class StateStore(Protocol):
    """Keeps what is remembered of conversations. Losing it changes costs, never estimates.

    A store that does I/O may also have `afind`, `aput` and `arecord`, which async hosts then use.
    """

    def find(self, prefixes: Sequence[str]) -> ConversationState | None:
        """The state stored under the last of `prefixes` that is known, or None."""

    def put(self, state: ConversationState) -> None:
        """Stores where a conversation stands, under its `tip`.

        Older prefixes of the conversation stay known, so that branches are seen.
        """

    def record(self, state: ConversationState, call: CallRecord) -> None:
        """Adds one answered call to what is kept of a conversation; calls of two processes both count."""

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Removes everything that is kept of a conversation; an unknown one is no error."""


class FeedbackStore(Protocol):
    """Keeps graded outcomes, so that what was learned outlives the process. It holds figures, not text, unless asked to."""

    def add(self, graded: Sequence[Graded]) -> None:
        """Stores outcomes; one that is there already is not stored twice."""

    def read(self) -> Iterable[Graded]:
        """Every outcome that is kept, in any order."""
