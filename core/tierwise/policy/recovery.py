"""Trouble raises the weakest tier allowed, and sound steps let it down again.

The level of trouble (`tierwise.signals.trouble`) is a function of the messages alone, and so is what follows from it here:
one bad step changes nothing, as it is in the estimate already (a step of kind `recovery` counts as harder) and most agents
mend it by themselves; a level of 2, such as two failed results in a row, asks for the middle of the ladder; 3 and more
for its top. Each sound step takes one point away, so a tier is kept for as long as the trouble was deep.

A tier that a ceiling, an ability or a window has ruled out stays out: then the strongest that is left counts as the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tierwise.tiers import Tier
from tierwise.types import Limits, Signals

FROM: Final = 2
"""The level from which the floor rises."""

_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def floor_rank(trouble: int, tiers: int) -> int:
    """The rank, from 0, of the weakest tier that should take a step.

    Args:
        trouble: 0 to 4.
        tiers: How many rungs the ladder has.

    Returns:
        0 below a level of 2; the middle, rounded up, at 2; the top from 3 on.
    """
    if trouble < FROM:
        return 0
    return tiers - 1 if trouble > FROM else tiers // 2


def raised(limits: Limits, signals: Signals, ladder: Sequence[Tier]) -> Limits:
    """The limits, less the tiers that are too weak for a step in trouble.

    Args:
        limits: What is allowed otherwise.
        signals: `trouble`, `failed_in_a_row` and `stalled_in_a_row` count.
        ladder: The tiers, weakest first.

    Returns:
        At least one allowed tier; `excluded` says why the others are out: "two failed results in a row: at least mid".
    """
    floor = floor_rank(signals.trouble, len(ladder))
    if floor == 0 or len(limits.allowed) < 2:
        return limits
    stronger = {tier.name for tier in ladder[floor:]}
    allowed = tuple(name for name in limits.allowed if name in stronger) or limits.allowed[-1:]
    words = f"{words_for(signals)}: at least {allowed[0]}"
    return Limits(allowed, {**limits.excluded, **{name: words for name in limits.allowed if name not in allowed}})


def words_for(signals: Signals) -> str:
    """The trouble in words."""
    failed = signals.failed_in_a_row
    if failed > 1:
        return f"{_NUMBERS[failed] if failed < len(_NUMBERS) else failed} failed results in a row"
    if failed:
        return "a failed result, after trouble"
    if signals.stalled_in_a_row:
        return "steps that repeat themselves or lead nowhere"
    return "trouble in the last steps"
