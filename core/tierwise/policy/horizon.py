"""What a prompt cache is worth later: the price of a switch, and of the likely way back.

A tier that holds a conversation in its cache, and takes the next step too, will hold it to the end of that step. If another
tier takes the step, what is new is missing from the cache, or the cache expires meanwhile; and whoever comes back reads that
at the full price (or that of a cache write) instead of the cached one. So calling a tier that is warm *keeps* something:

    kept = p_return · (read price - cached price) · (tokens held after this step - tokens held without it)

where `p_return` is the chance that the conversation goes on and that a warm tier which does *not* take this step is called
again all the same. Choices compare `usd - kept`: a switch from A to B costs `kept(A) - kept(B)` on top of what it costs now.
Nothing is forbidden; with `p_return = 0` this is greedy on the cost of the present step.

Why so small a model. What is kept now serves the *next* call of the same tier and no later one, so given what will be called
the product is exact. What will be called is the unknown, and it depends on this very choice: to count on the chance for the
tier that is chosen would be to take one's own decision for a forecast. On recorded runs that, a credit for warming up cold
tiers, and plans for the rest of the conversation all cost more than greed; this does not, and most of what caches are worth
is in the cost now (`tests/benchmarks/bench_switching.py`).

From recorded runs: `GOES_ON` by `python -m tierwise.training.usage --data FOLDER`, `RETURNS` by the line on the way back of
`python tests/benchmarks/bench_switching.py --data FOLDER --cross-fit`.
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
    "opening": 0.10,
    "tool_call": 0.10,
    "digest": 0.14,
    "answer": 0.10,
    "recovery": 0.01,
    "follow_up": 0.01,
    "summary": 0.10,
}
"""Given that it goes on: chance that a tier which holds the conversation, and did not take the step, is called again.

Mean over sources, two pairs of models and three ratios of price, at a quality of 0.95, by estimators that had not seen the
source. `opening`, `answer` and `summary` are a judgement.
"""


def p_return(kind: Kind) -> float:
    """Chance, in [0, 1], that a tier which does not take a step of this kind is called later in the conversation."""
    return GOES_ON[kind] * RETURNS[kind]
