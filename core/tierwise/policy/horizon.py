"""What a prompt cache is worth later: the price of a switch, and of the likely way back.

A tier that takes a step leaves the whole conversation in its provider's cache. If the same tier is called again before the
cache expires, it reads that prefix at its cached price instead of the full one (or the price of a cache write). So calling
a tier now *keeps* something for later:

    kept = p_return · (read_price - cached_price) · (tokens held after this step - tokens held without it)

where `p_return` is the chance that the conversation goes on and that a tier which does *not* take this step is called again
all the same. A choice compares `usd - kept`; a switch from A to B thus costs `kept(A) - kept(B)` on top of what it costs
now. Nothing is forbidden: with `p_return = 0` this is greedy on the cost of the present step.

Why so small a model. Given what will be called later, only the *next* call of each tier gains from what is kept now, so the
product above is exact. What will be called later is the unknown, and it depends on this choice: a tier whose cache is
cold is called less. The chance for the tier that is left out is the lower end, and it is what is measured below. Larger
ones (that of the tier chosen; a plan for the rest of the conversation) made recorded runs dearer, not cheaper.

The numbers come from recorded runs: `python -m tierwise.learning.usage --data FOLDER`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tierwise.types import Kind

__all__ = ["GOES_ON", "RETURNS", "STEP_S", "p_return"]

STEP_S = 5.0
"""Seconds from one step to the next: 4 to 5 in recorded runs, in which users are simulated. People take longer."""

GOES_ON: Mapping[Kind, float] = {
    "opening": 0.96,
    "tool_call": 0.82,
    "digest": 0.74,
    "answer": 0.5,
    "recovery": 0.83,
    "follow_up": 0.98,
    "summary": 0.5,
}
"""Chance that another step follows one of this kind; mean over sources. Depth is left out: on sources that a table had not
seen, knowing the depth made it worse. `answer` and `summary` do not occur in the runs: a judgement."""

RETURNS: Mapping[Kind, float] = {
    "opening": 0.21,
    "tool_call": 0.19,
    "digest": 0.11,
    "answer": 0.20,
    "recovery": 0.13,
    "follow_up": 0.32,
    "summary": 0.10,
}
"""Given that the conversation goes on: chance that a tier which did not take the step is called again. Mean over sources,
two pairs of models, three ratios of price, at a quality of 0.95. `answer` and `summary`: a judgement."""


def p_return(kind: Kind) -> float:
    """Chance, in [0, 1], that a tier which does not take a step of this kind is called later in the conversation."""
    return GOES_ON[kind] * RETURNS[kind]
