"""What each tier would charge for this step, now, and what its cache would be worth later.

Input is 80-97 % of an agent's cost and grows with every step (`AGENT_STEPS.md`), and most of it is what the provider has
just read. So a step's price for a tier is

    uncached input · (input price, or cache-write price) + cached input · cached price + expected output · output price

where the cached input is what this tier's provider still holds of this very conversation: called within `cache_ttl_s`, and
no shorter than `cache_min_tokens`. Providers that bill for cache writes (Anthropic: 1.25 times the input price) bill them
for all that is read in full, as long as the host asks for caching; that it does not is seen in the usage it reports.

Tokens are estimated from the text, and models count differently: in recorded runs Claude bills 1.6 to 1.7 times the
estimate. So the ratio of billed to estimated tokens of a tier's last call in the conversation is kept with what it holds,
and scales the next estimate (`tierwise.policy.counting`). Mean error on recorded runs: 52 % without, 3 % with it
(`python -m tierwise.training.usage --data FOLDER`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tierwise.policy.counting import count_of, factors_of
from tierwise.policy.horizon import STEP_S
from tierwise.tiers import Tier
from tierwise.types import ConversationState, Cost, Held, Kind, Signals, Usage

__all__ = [
    "EXPECTED_OUTPUT_TOKENS",
    "LONGEST_EXPECTED",
    "billed_usd",
    "costs_now",
    "expected_output",
    "held_after",
    "price_of",
    "with_cache_parts",
]

EXPECTED_OUTPUT_TOKENS: Mapping[Kind, int] = {
    "opening": 165,
    "tool_call": 125,
    "digest": 120,
    "answer": 300,
    "recovery": 130,
    "follow_up": 100,
    "summary": 400,
}
"""Mean tokens that models write at a step of this kind, reasoning included (medians are half of it; costs add up by means).
From recorded runs: `python -m tierwise.training.usage --data FOLDER`; `answer` and `summary` are not in them: judgements."""

LONGEST_EXPECTED = max(EXPECTED_OUTPUT_TOKENS.values())
"""Left free in a window for an answer whose length nobody bounds; for all kinds alike, so that the same fits each time."""

_FACTOR_BOUNDS = (0.5, 4.0)
"""Billed tokens for each estimated one lie between 0.7 and 2.8 in recorded runs; what is beyond is a slip of the meter."""


def expected_output(signals: Signals, max_output_tokens: int | None) -> int:
    """How many tokens an answer to this step is likely to have."""
    expected = EXPECTED_OUTPUT_TOKENS[signals.kind]
    return expected if max_output_tokens is None else min(expected, max_output_tokens)


def costs_now(
    tiers: Iterable[Tier],
    input_tokens: int,
    output_tokens: int,
    state: ConversationState,
    now: float,
    p_return: float = 0.0,
    factors: Mapping[str, float] | None = None,
) -> dict[str, Cost]:
    """The cost of the step for each tier, by tier name.

    Args:
        tiers: The tiers to price.
        input_tokens: Estimated input.
        output_tokens: Expected output.
        state: What the tiers' providers may still hold.
        now: Seconds, on the clock of `state.held`.
        p_return: Chance that a warm tier which does not take this step is called later; see `tierwise.policy.horizon`. With
            0 nothing is kept for later, and choices are greedy.
        factors: Tier name to the tokens that it counts for an estimated one, as `factors_of` says; by default it is asked,
            and the input taken to be text.
    """
    tiers = tuple(tiers)
    known = factors_of(tiers, state, input_tokens, 0) if factors is None else factors
    held = state.held
    return {
        t.name: _cost(t, round(input_tokens * known[t.name]), output_tokens, held.get(t.name), now, p_return)
        for t in tiers
    }


def price_of(cost: Cost) -> float:
    """What policies compare, in USD: the cost now, less what the cache it leaves behind will save."""
    return cost.usd - cost.kept_usd


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


def with_cache_parts(tier: Tier, usage: Usage, held: Held | None, now: float) -> Usage:
    """Recorded tokens, as this tier's provider would bill them with caching on: split into cached, written and the rest.

    Args:
        tier: Whose prices and cache rules apply.
        usage: Input and output; its own split is not believed, since it may be another model's.
        held: What the tier's provider held before the call.
        now: Seconds, on the clock of `held`.
    """
    cached = _still_held(tier, held, usage.input, now)
    written = usage.input - cached if _bills_writes(tier) and usage.input >= tier.cache_min_tokens else 0
    return replace(usage, cached=cached, cache_write=written)


def held_after(tier: Tier, estimated_tokens: int, usage: Usage | None, now: float, before: Held | None = None) -> Held:
    """What the tier's provider holds of a conversation after a call.

    Args:
        tier: Who was called.
        estimated_tokens: Input as estimated from the text.
        usage: As the provider reported it; None where it reported nothing.
        now: Seconds.
        before: What it held until then.

    Returns:
        Where writes are billed, what was read from or written to the cache; nothing where a long input reports neither, as
        the host does not ask for caching then. Elsewhere caching is automatic, and all that was read or written is held.
    """
    factor = 0.0 if before is None else before.factor
    if usage is None or usage.input <= 0:
        return Held(round(estimated_tokens * (factor or count_of(tier).text)), now, factor)
    if estimated_tokens > 0:
        factor = min(max(usage.input / estimated_tokens, _FACTOR_BOUNDS[0]), _FACTOR_BOUNDS[1])
    tokens = usage.input + usage.output
    if _bills_writes(tier) and usage.input >= tier.cache_min_tokens:
        tokens = usage.cached + usage.cache_write
    return Held(tokens, now, factor)


def _cost(tier: Tier, tokens: int, output_tokens: int, held: Held | None, now: float, p_return: float) -> Cost:
    tokens = min(tokens, tier.context_tokens)  # what does not fit is not sent
    cached = _still_held(tier, held, tokens, now)
    caches = tokens >= tier.cache_min_tokens and (held is None or held.tokens > 0)
    prices = tier.prices
    read = prices.usd_per_mtok_in
    if caches and prices.usd_per_mtok_cache_write > read:
        read = prices.usd_per_mtok_cache_write
    usd = (tokens - cached) * read + cached * prices.usd_per_mtok_cached + output_tokens * prices.usd_per_mtok_out
    kept = 0.0
    if cached and p_return > 0.0 and tier.cache_ttl_s >= STEP_S:
        without = _still_held(tier, held, tokens, now + STEP_S)
        kept = p_return * max(0.0, read - prices.usd_per_mtok_cached) * (tokens - without)
    return Cost(usd / 1e6, tokens, cached, output_tokens, kept / 1e6)


def _still_held(tier: Tier, held: Held | None, input_tokens: int, now: float) -> int:
    """How many leading tokens of this step the tier's provider still has in its cache."""
    if held is None or now - held.at > tier.cache_ttl_s or held.tokens < tier.cache_min_tokens:
        return 0
    return min(held.tokens, input_tokens)


def _bills_writes(tier: Tier) -> bool:
    return tier.prices.usd_per_mtok_cache_write > tier.prices.usd_per_mtok_in
