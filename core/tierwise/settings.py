"""What a router does alike at every step, as the one who built it wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tierwise.assembly import check_choice
from tierwise.errors import ConfigError
from tierwise.policy.bound import MOST_OVER_TOP
from tierwise.policy.rules import Rule
from tierwise.types import Mode

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The router's arguments of these names; see `Router`.

    Raises:
        ConfigError: A word is none of the choices, or a number is out of range.
    """

    mode: Mode = "route"
    rules: tuple[Rule, ...] = ()
    default_tier: str | None = None
    max_latency_ms: float | None = None
    most_over_top: float | None = MOST_OVER_TOP
    cascade: bool = True
    recovery: bool = True
    on_tier_error: Literal["raise", "step_up"] = "raise"

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, ("route", "shadow"))
        check_choice("on_tier_error", self.on_tier_error, ("raise", "step_up"))
        if self.max_latency_ms is not None and not self.max_latency_ms > 0:
            raise ConfigError(f"max_latency_ms is {self.max_latency_ms!r}: give milliseconds above 0, or None")
        if self.most_over_top is not None and not self.most_over_top >= 0:
            raise ConfigError(
                f"most_over_top is {self.most_over_top!r}: give a share of at least 0, such as 0.02, or None"
            )
