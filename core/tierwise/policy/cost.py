"""What each tier would charge for this step, now.

Input is 80-97 % of an agent's cost and grows with every step (`AGENT_STEPS.md`), and most of it is what the provider has
just read: so a tier that still holds the conversation in its prompt cache is priced with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tierwise.tiers import Tier
from tierwise.types import ConversationState, Cost, Kind, Signals, Usage

EXPECTED_OUTPUT_TOKENS: Mapping[Kind, int] = {
    "opening": 60,
    "tool_call": 60,
    "digest": 90,
    "answer": 300,
    "recovery": 90,
    "follow_up": 90,
    "summary": 400,
}
"""Order of magnitude of what a model writes at a step of this kind: calls 35-56 tokens, answers after a tool about 110."""


def expected_output(signals: Signals, max_output_tokens: int | None) -> int:
    """How many tokens an answer to this step is likely to have."""
    expected = EXPECTED_OUTPUT_TOKENS[signals.kind]
    return expected if max_output_tokens is None else min(expected, max_output_tokens)


def costs_now(
    tiers: Iterable[Tier], input_tokens: int, output_tokens: int, state: ConversationState, now: float
) -> dict[str, Cost]:
    """The cost of the step for each tier, by tier name."""
    return {tier.name: _cost(tier, input_tokens, output_tokens, state, now) for tier in tiers}


def billed_usd(tier: Tier, usage: Usage) -> float:
    """What a call cost, from the tokens that the provider reported."""
    prices = tier.prices
    uncached = max(0, usage.input - usage.cached - usage.cache_write)
    return (
        uncached * prices.usd_per_mtok_in
        + usage.cached * prices.usd_per_mtok_cached
        + usage.cache_write * prices.usd_per_mtok_cache_write
        + usage.output * prices.usd_per_mtok_out
    ) / 1e6


def _cost(tier: Tier, input_tokens: int, output_tokens: int, state: ConversationState, now: float) -> Cost:
    cached = _still_held(tier, input_tokens, state, now)
    usage = Usage(input=input_tokens, cached=cached, output=output_tokens)
    return Cost(billed_usd(tier, usage), input_tokens, cached, output_tokens)


def _still_held(tier: Tier, input_tokens: int, state: ConversationState, now: float) -> int:
    """How many leading tokens of this step the tier's provider still has in its cache."""
    held = state.held.get(tier.name)
    if held is None or now - held.at > tier.cache_ttl_s or held.tokens < tier.cache_min_tokens:
        return 0
    return min(held.tokens, input_tokens)
