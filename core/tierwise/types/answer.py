"""What a tier gives back: the answer of a model, or the reply of a handler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tierwise.types.step import Message


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `input` counts all input tokens; `cached` and `cache_write` are parts of it."""

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tier returned."""

    message: Message
    model: str | None = None
    usage: Usage | None = None
    finish_reason: str | None = None
    logprobs: Any = None
    raw: Any = field(default=None, repr=False)
    fault: str | None = None
    """What the host found wrong with it, in words: it did not parse as the class that was asked for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers without a model: a text, tool calls, or both."""

    source: str
    """Where the answer comes from, for a person to look it up: `"faq.yaml#returns"`."""
    confidence: float
    """How sure the handler is, in [0, 1], on a scale of its own."""
    text: str | None = field(default=None, repr=False)
    tool_calls: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), repr=False)
    """Name and arguments of each."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """A handler leaves the step to others."""

    reason: str
    """Why, in a few words and without the text of a message: `"nearest question .61 < .80"`."""


@dataclass(frozen=True, slots=True)
class HandlerStats:
    """How one handler has done since the router was built.

    Attributes:
        asked: Steps it was asked about.
        answered: Of these, how many it answered.
        failed: How often it raised, or gave what could not be used.
        mean_ms: Mean time that it took.
        max_ms: The longest.
        slow: How often it took longer than a handler should (10 ms).
        judged: Answers that somebody gave feedback on, a thumb counting half.
        mean_score: Their mean score, in [0, 1]; None where there are none.
        set_aside: Sources that are no longer answered from, as their answers were judged bad; `"*"` is all of them.
    """

    asked: int = 0
    answered: int = 0
    failed: int = 0
    mean_ms: float = 0.0
    max_ms: float = 0.0
    slow: int = 0
    judged: float = 0.0
    mean_score: float | None = None
    set_aside: tuple[str, ...] = ()
