"""Rules a person sets: for steps of some sort, at least, at most, or exactly this tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tierwise.errors import ConfigError
from tierwise.types import KINDS, Kind, Signals


@dataclass(frozen=True, slots=True)
class Rule:
    """For every step that meets all the conditions given, a bound on the tier.

    Args:
        at_least: The weakest tier allowed.
        at_most: The strongest tier allowed.
        kinds: Only for steps of these kinds; empty means any.
        has_tools: Only where tools are offered (True) or are not (False).
        min_input_tokens: Only from this many input tokens on.
        metadata: Only where the step's metadata holds all these values.
        name: What reasons call the rule.

    Raises:
        ConfigError: No bound is given, or a kind is unknown.
    """

    at_least: str | None = None
    at_most: str | None = None
    kinds: Sequence[Kind] = ()
    has_tools: bool | None = None
    min_input_tokens: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    name: str = "rule"

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ConfigError(f"{self.name!r} says nothing: give at_least, at_most, or both")
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown:
            raise ConfigError(f"{self.name!r} names unknown kinds {unknown!r}: choose from {list(KINDS)!r}")

    def applies(self, signals: Signals, metadata: Mapping[str, Any] | None) -> bool:
        """Whether a step meets all the conditions."""
        return (
            (not self.kinds or signals.kind in self.kinds)
            and (self.has_tools is None or self.has_tools == (signals.tools > 0))
            and signals.input_tokens >= self.min_input_tokens
            and all((metadata or {}).get(key) == value for key, value in self.metadata.items())
        )
