"""A bound on what a conversation may come to cost beyond its top tier alone, that tier's cache warm.

To begin with a small tier and to change to the top one soon after costs both: what the small one read, and the top one's
whole first reading. Where the small tier is a third as cheap, that made one recorded run in thirty dearer than the top tier
alone, up to 1.2 times. No forecast at the first step says which. But what has been spent is known, and so is what the top
tier alone would have been billed by now; so, as one who hires skis stops at the price of a pair, a step is not sent where
the conversation would have cost more than 1.02 times the top tier alone by its end:

    spent so far + this step < 1.02 · (top tier alone so far + this step there, cache warm)

Money saved by cheap steps is room for dear ones, and early changes wait for a step or two. What is worth three times its
extra cost does not wait: a hard question after a greeting goes up at once. Nor does the bound hold where a limit, trouble or
a quality of 1 demand the tier. (At twice, one of MINT's 400 runs still cost 1.1 times the top tier alone; at three times
none, for 0.1 to 0.2 points more on average.)

Measured: `python tests/benchmarks/bench_switching.py --data FOLDER --cross-fit`. Bounds by what the best alternative in
hindsight has spent so far are the usual ones for ski rental and metrical task systems (Borodin, Linial and Saks 1992).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from tierwise.policy.cost import costs_now, price_of
from tierwise.tiers import Tier
from tierwise.types import ConversationState, Cost, Held

__all__ = ["MOST_OVER_TOP", "bounded", "headroom", "top_alone"]

MOST_OVER_TOP: Final = 0.02
"""By default, the most that a conversation may cost beyond its top tier alone, as a share."""

_WORTH_IT: Final = 3.0
"""So many times its extra cost must a step's gain be worth to be bought over the bound."""


def top_alone(
    top: Tier, input_tokens: int, output_tokens: int, state: ConversationState, now: float, factors: Mapping[str, float]
) -> float:
    """What this step would cost at the top tier, had it taken all steps before, in USD.

    Args:
        top: The tier.
        input_tokens: Estimated input.
        output_tokens: Output.
        state: Whoever was called last, the top tier would have been called then, and hold as much.
        now: Seconds, on the clock of `state.held`.
        factors: Tier name to the tokens that it counts for an estimated one.
    """
    called = [(held.at, held.tokens / factors[name]) for name, held in state.held.items() if name in factors]
    held = {}
    if called:
        at, tokens = max(called)
        held = {top.name: Held(round(tokens * factors[top.name]), at, factors[top.name])}
    alone = replace(state, held=held)
    return costs_now((top,), input_tokens, output_tokens, alone, now, factors=factors)[top.name].usd


def headroom(state: ConversationState, top_now: float, most_over: float) -> float:
    """What a step may cost so that the conversation stays within the bound, in USD; `top_now` is from `top_alone`."""
    return (1 + most_over) * (state.top_usd + top_now) - state.spent_usd


def bounded(
    wanted: str,
    price: float,
    p: Mapping[str, float],
    costs: Mapping[str, Cost],
    allowed: Sequence[str],
    room: float,
) -> str:
    """The tier that was wanted, or where the bound and its worth speak against it, the best within the bound.

    Args:
        wanted: The best tier without a bound.
        price: What one more adequate answer may cost, in USD.
        p: Tier name to its chance, in [0, 1].
        costs: Tier name to its cost.
        allowed: At least one tier; where none is within the bound, the cheapest is.
        room: What the step may cost, in USD.
    """
    if costs[wanted].usd <= room:
        return wanted
    within = [name for name in allowed if costs[name].usd <= room]
    within = within or [min(allowed, key=lambda name: costs[name].usd)]
    best = min(within, key=lambda name: (price_of(costs[name]) - price * p[name], costs[name].usd))
    gain, extra = price * (p[wanted] - p[best]), price_of(costs[wanted]) - price_of(costs[best])
    return wanted if gain >= _WORTH_IT * extra else best
