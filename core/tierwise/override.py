"""What is called in the place of what routing chose: the top tier in shadow mode, and what the switch names.

`TIERWISE_FORCE_TIER` is the switch that turns routing off without a change of code. It is read at every step, so that an
operator need not restart anything.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from dataclasses import replace

from tierwise.errors import ConfigError
from tierwise.types import Choice, Mode
from tierwise.verdict import Verdict

__all__ = ["FORCE_TIER", "forced_tier", "is_forced", "overridden"]

log = logging.getLogger(__name__)

FORCE_TIER = "TIERWISE_FORCE_TIER"
"""The environment variable: the name of a tier, or `top`."""


def is_forced() -> bool:
    """Whether the switch is set, to whatever."""
    return bool(os.environ.get(FORCE_TIER))


def forced_tier(names: Collection[str], top: str) -> str | None:
    """The tier that the switch names; None where it is not set.

    Args:
        names: Of the tiers with a model.
        top: The top tier's name.

    Raises:
        ConfigError: It names none of them.
    """
    forced = os.environ.get(FORCE_TIER)
    if not forced:
        return None
    if forced in names:
        return forced
    if forced == "top":
        return top
    raise ConfigError(f"{FORCE_TIER} is {forced!r}: set it to 'top' or one of {list(names)!r}")


def overridden(verdict: Verdict, mode: Mode, names: Collection[str], top: str) -> tuple[Verdict, str]:
    """What is called, and what routing would have chosen: the same but in shadow mode and under the switch."""
    chosen = verdict.choice.tier if verdict.asked.tier is None else verdict.asked.tier.name
    called, why = _instead(verdict, mode, names, top)
    if called is None:
        return verdict, chosen
    reason = f"{why}; routing would choose {chosen}"
    return replace(verdict, choice=Choice(called, (reason, *verdict.choice.reasons))), chosen


def _instead(verdict: Verdict, mode: Mode, names: Collection[str], top: str) -> tuple[str | None, str]:
    try:
        forced = forced_tier(names, top)
    except ConfigError as error:  # set to nonsense after construction
        log.warning("%s", error)
        forced = None
    if forced is not None:
        return forced, f"forced to {forced} by {FORCE_TIER}"
    if mode == "shadow":
        strongest = verdict.limits.allowed[-1]
        return strongest, f"shadow mode: calls {strongest}"
    return None, ""
