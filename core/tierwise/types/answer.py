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
