"""What a step costs now: numbers worked by hand, and what must hold for any numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.policy.cost import billed_usd, costs_now, held_after, with_cache_parts
from tierwise.tiers import Tier
from tierwise.types import ConversationState, Cost, Held, Usage

# USD per million tokens. Anthropic bills for writing to its cache, OpenAI does not.
CLAUDE = Tier(
    "claude", prices={"input": 5, "output": 25, "cached_input": 0.5, "cache_write": 6.25}, cache_min_tokens=1000
)
GPT = Tier("gpt", prices={"input": 2, "output": 8, "cached_input": 0.5}, cache_min_tokens=1000)
PLAIN = Tier("plain", prices=(1, 2))

tokens = st.integers(0, 120_000)
tiers = st.sampled_from((CLAUDE, GPT, PLAIN))
held_tokens = st.one_of(st.none(), tokens)


def cost(tier: Tier, input_tokens: int, output_tokens: int = 100, held: Held | None = None, now: float = 0.0) -> Cost:
    """The cost of one step for one tier."""
    state = ConversationState("c", held={} if held is None else {tier.name: held})
    return costs_now((tier,), input_tokens, output_tokens, state, now)[tier.name]


def test_a_cold_prefix_is_written_to_the_cache_where_writes_are_billed() -> None:
    """By hand: 4,000 at 6.25 and 100 out at 25 for Claude; 4,000 at 2 and 100 out at 8 for GPT."""
    assert cost(CLAUDE, 4000).usd == pytest.approx((4000 * 6.25 + 100 * 25) / 1e6)
    assert cost(GPT, 4000).usd == pytest.approx((4000 * 2 + 100 * 8) / 1e6)


def test_only_what_is_new_is_read_in_full() -> None:
    """By hand: 3,500 of 4,000 tokens are held, so 500 are new."""
    warm = Held(3500, at=0.0)

    assert cost(CLAUDE, 4000, held=warm).usd == pytest.approx((500 * 6.25 + 3500 * 0.5 + 100 * 25) / 1e6)
    assert cost(GPT, 4000, held=warm).usd == pytest.approx((500 * 2 + 3500 * 0.5 + 100 * 8) / 1e6)


def test_a_short_step_is_not_cached_and_pays_no_write() -> None:
    """Below the shortest prefix that is held, the input price stands."""
    assert cost(CLAUDE, 900).usd == pytest.approx((900 * 5 + 100 * 25) / 1e6)


def test_a_host_that_does_not_ask_for_caching_is_priced_without() -> None:
    """A long Claude call that reports neither reads nor writes: nothing is held, and nothing will be written."""
    held = held_after(CLAUDE, 4000, Usage(input=4000, output=100), now=10.0)

    assert held.tokens == 0
    assert cost(CLAUDE, 5000, held=held, now=11.0).usd == pytest.approx((5000 * 5 + 100 * 25) / 1e6)


def test_what_the_provider_reports_is_what_it_holds() -> None:
    """Claude read 3,000 from its cache and wrote 900 of 4,000; GPT caches by itself all that it read or wrote."""
    usage = Usage(input=4000, cached=3000, cache_write=900, output=100)

    assert held_after(CLAUDE, 4000, usage, now=10.0) == Held(3900, 10.0)
    assert held_after(GPT, 4000, usage, now=10.0) == Held(4100, 10.0)


def test_a_model_that_counts_more_tokens_is_priced_by_its_own_count() -> None:
    """The last call was billed 4,800 tokens for 3,000 estimated; the next 4,000 estimated are hence 6,400, of which 4,800 held."""
    held = held_after(CLAUDE, 3000, Usage(input=4800, cache_write=4800, output=100), now=0.0)
    found = cost(CLAUDE, 4000, held=held)

    assert held.factor == pytest.approx(1.6)
    assert (found.input_tokens, found.cached_tokens) == (6400, 4800)


def test_a_tier_not_yet_called_is_taken_to_count_as_the_one_in_use() -> None:
    """What the text does not show is the same for all: 4,000 estimated are 6,000 for either tier."""
    state = ConversationState("c", last_tier="claude", held={"claude": Held(3000, 0.0, 1.5)})
    found = costs_now((CLAUDE, GPT), 4000, 100, state, 1.0)

    assert [found[name].input_tokens for name in ("claude", "gpt")] == [6000, 6000]


def test_a_call_without_usage_keeps_the_count_that_is_known() -> None:
    """A stream that reported nothing is taken to have held what its estimate says, on the known scale."""
    assert held_after(GPT, 1000, None, now=3.0, before=Held(500, 1.0, 1.5)) == Held(1500, 3.0, 1.5)
    assert held_after(GPT, 1000, Usage(), now=3.0) == Held(1000, 3.0, 0.0)


def test_a_slip_of_the_meter_is_bounded() -> None:
    """A usage of 1,000,000 tokens for 10 estimated does not make the next step cost a fortune."""
    assert held_after(GPT, 10, Usage(input=1_000_000), now=0.0).factor == 4.0


def test_recorded_tokens_are_split_as_this_provider_would_bill_them() -> None:
    """3,500 of 4,000 are held; the rest is written where that is billed. What another model reported does not count."""
    recorded = Usage(input=4000, cached=17, cache_write=4, output=100)

    assert with_cache_parts(CLAUDE, recorded, Held(3500, 0.0), now=1.0) == Usage(4000, 3500, 500, 100)
    assert with_cache_parts(GPT, recorded, Held(3500, 0.0), now=1.0) == Usage(4000, 3500, 0, 100)
    assert with_cache_parts(CLAUDE, recorded, Held(3500, 0.0), now=301.0) == Usage(4000, 0, 4000, 100)


@given(tiers, tokens, tokens, tokens, held_tokens)
def test_more_input_never_costs_less(tier: Tier, less: int, more: int, output: int, held: int | None) -> None:
    """Cost is monotone in input above the shortest cached prefix, and below it."""
    less, more = sorted((less, more))
    if less < tier.cache_min_tokens <= more:
        less = tier.cache_min_tokens
    if less > more:
        return
    state = None if held is None else Held(held, 0.0)

    assert cost(tier, less, output, state).usd <= cost(tier, more, output, state).usd + 1e-12


@given(tiers, tokens, tokens, tokens)
def test_a_warm_tier_is_never_dearer_than_a_cold_one(tier: Tier, input_tokens: int, output: int, held: int) -> None:
    """Whatever is held, it can only save."""
    warm, cold = cost(tier, input_tokens, output, Held(held, 0.0)), cost(tier, input_tokens, output)

    assert warm.usd <= cold.usd + 1e-12
    assert warm.cached_tokens <= input_tokens


@given(tiers, tokens, tokens, held_tokens, st.floats(0, 1000))
def test_the_expected_cost_is_what_is_billed(
    tier: Tier, input_tokens: int, output: int, held: int | None, now: float
) -> None:
    """With the expected tokens, and caching as assumed, the bill is the expected cost."""
    before = None if held is None else Held(max(held, 1), 0.0)
    billed = with_cache_parts(tier, Usage(input_tokens, output=output), before, now)

    assert billed_usd(tier, billed) == pytest.approx(cost(tier, input_tokens, output, before, now).usd, abs=1e-12)


@given(tiers, tokens, tokens, held_tokens, st.floats(0.25, 8.0))
def test_what_is_held_after_a_call_is_at_most_what_was_read_and_written(
    tier: Tier, estimated: int, output: int, held: int | None, scale: float
) -> None:
    """No provider holds more of a conversation than it has seen."""
    before = None if held is None else Held(held, 0.0)
    usage = with_cache_parts(tier, Usage(round(estimated * scale), output=output), before, now=1.0)
    after = held_after(tier, estimated, usage, now=1.0, before=before)

    assert after.tokens <= max(usage.input + usage.output, estimated)
    assert replace(after, at=0.0) == replace(held_after(tier, estimated, usage, now=9.0, before=before), at=0.0)
