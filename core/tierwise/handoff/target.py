"""Whom a history is handed to: the tier, its provider's demands, whether it is asked to think, and who made what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tierwise.handoff.demands import Demands, demands_of
from tierwise.handoff.makers import Family, Owner, family_of, owner_of
from tierwise.tiers import Tier
from tierwise.types import Message

MakerOf: TypeAlias = Callable[[Message], Mapping[str, Any] | None]
"""Who made a message that does not say (`provider`, `model`); None where nobody knows."""

# https://api-docs.deepseek.com/guides/thinking_mode: without a switch, the reasoner and all models from V4 on think.
_THINK_UNASKED = re.compile(r"deepseek.*(?:reasoner|-v[4-9])")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a history is handed to."""

    tier: Tier
    family: Family | None
    demands: Demands
    thinking: bool = False
    maker_of: MakerOf | None = None

    @classmethod
    def of(cls, tier: Tier, thinking: bool | None = None, maker_of: MakerOf | None = None) -> Target:
        """The target that a tier is.

        Args:
            tier: The tier; its own `thinking` overrides what else is known.
            thinking: Whether the call asks it to think, as far as the host can tell.
            maker_of: Asked for messages that do not name their maker.
        """
        family = family_of(tier)
        asked = thinking if tier.thinking is None else tier.thinking
        if asked is None:
            asked = family == "deepseek" and _THINK_UNASKED.search(f"deepseek {tier.model or tier.name}") is not None
        return cls(tier, family, demands_of(family), asked, maker_of)

    @property
    def wants_thoughts(self) -> bool:
        """Every answer in the history must come with thoughts."""
        return self.thinking and self.demands.answers_have_thoughts

    def owner_of(self, message: Message) -> Owner:
        """Whether the target made an assistant message."""
        maker = message.get("made_by")
        if maker is None and self.maker_of is not None:
            maker = self.maker_of(message)
        return owner_of(message, self.tier, self.family, maker)
