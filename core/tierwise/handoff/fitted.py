"""The edits for a step's chosen tier: what its provider demands, and what its window holds."""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final, TypeAlias

from tierwise.handoff.edits import edits_for
from tierwise.handoff.target import MakerOf
from tierwise.handoff.window import tokens_less
from tierwise.policy.cost import LONGEST_EXPECTED
from tierwise.policy.counting import room_for_text
from tierwise.signals.tools import digest_tools
from tierwise.tiers import Tier
from tierwise.types import Edit, Message, Step

__all__ = ["SummaryOver", "fitted_edits"]

SummaryOver: TypeAlias = Callable[
    [Sequence[Message], MutableMapping[str, Any]], Callable[[Sequence[Message], int], str]
]
"""A history, and what is kept of its beginning, to a writer of summaries for stretches of it."""

_ROOM: Final = "\x00room "
_GRID: Final = 16
_LEAST_KEPT: Final = 0.85


def fitted_edits(
    step: Step,
    tier: Tier,
    input_tokens: int,
    factor: float,
    summary_over: SummaryOver,
    walks: MutableMapping[str, Any],
    maker_of: MakerOf | None = None,
) -> tuple[tuple[Edit, ...], int]:
    """The edits for a tier, and the estimated tokens that are sent with them.

    Args:
        step: The step.
        tier: Who takes it.
        input_tokens: As estimated, messages and tools.
        factor: What the tier counts for an estimated token, with something to spare.
        summary_over: Asked only where the history does not fit.
        walks: What is kept of the beginning of this very history; what is found now is put in.
        maker_of: Asked who made messages that do not say.
    """
    thinking = (step.thinking or {}).get(tier.name)
    left = tier.context_tokens - (step.max_output_tokens or LONGEST_EXPECTED)
    if input_tokens * factor <= left:
        return edits_for(step.messages, tier, thinking=thinking, walks=walks, maker_of=maker_of), input_tokens
    tools = digest_tools(step.tools).tokens
    room = room_for_text(tier, factor, input_tokens - tools, tools, left)
    room = walks[_ROOM + tier.name] = _steady(room, walks.get(_ROOM + tier.name))
    summary = summary_over(step.messages, walks)
    edits = edits_for(
        step.messages, tier, thinking=thinking, max_tokens=room, summary=summary, walks=walks, maker_of=maker_of
    )
    return edits, input_tokens - tokens_less(edits, walks)


def _steady(room: int, before: int | None) -> int:
    """A room that does not move with every little change of what is known, so that the same goes step after step.

    The room of the step before, as long as it is not too large and not far too small; else the next lower of a grid, so that
    processes which know nothing of each other mostly agree.
    """
    if before is not None and _LEAST_KEPT * room <= before <= room:
        return before
    return int(2 ** (math.floor(math.log2(room) * _GRID) / _GRID)) if room > 0 else 0
