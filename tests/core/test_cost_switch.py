"""The price of a switch: what a cache is worth later, and when it changes a choice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.policy.choose import CheapestLikely, TargetQuality, cheapest_at
from tierwise.policy.cost import costs_now, price_of
from tierwise.policy.horizon import GOES_ON, RETURNS, STEP_S, p_return
from tierwise.tiers import Tier
from tierwise.types import KINDS, ConversationState, Cost, Estimate, Held, Limits, StepFacts

TOP = Tier("top", prices={"input": 5, "output": 25, "cached_input": 0.5, "cache_write": 6.25}, cache_min_tokens=1000)
SMALL = Tier("small", prices={"input": 1, "output": 5, "cached_input": 0.1}, cache_min_tokens=1000)
BOTH = Limits(("small", "top"))

tokens = st.integers(0, 100_000)
chance = st.floats(0.0, 1.0)


def costs(held: dict[str, Held], input_tokens: int, p: float, now: float = 10.0) -> dict[str, Cost]:
    """Both tiers' costs of a step with 100 expected tokens of output."""
    return costs_now((SMALL, TOP), input_tokens, 100, ConversationState("c", held=held), now, p)


def test_calling_a_tier_keeps_what_it_would_else_read_anew() -> None:
    """By hand: without this call top holds 6,000 of 8,000 tokens: 0.2 · 5.75 USD/M · 2,000. To small there is no way back."""
    found = costs({"top": Held(6000, 0.0)}, 8000, p=0.2)

    assert found["top"].kept_usd == pytest.approx(0.2 * (6.25 - 0.5) * 2000 / 1e6)
    assert found["small"].kept_usd == 0


def test_a_cache_about_to_expire_is_worth_keeping_whole() -> None:
    """By hand: at 296 s of 300 the next step, 5 s on, would find nothing; so all of 8,000 tokens are at stake, not 2,000."""
    found = costs({"top": Held(6000, 0.0)}, 8000, p=0.2, now=296.0)

    assert found["top"].cached_tokens == 6000
    assert found["top"].kept_usd == pytest.approx(0.2 * 5.75 * 8000 / 1e6)


def test_a_cache_that_does_not_live_until_the_next_step_is_worth_nothing() -> None:
    """A time to live below the length of a step keeps nothing."""
    brief = Tier("brief", prices={"input": 5, "output": 25, "cached_input": 0.5}, cache_ttl_s=STEP_S - 1)

    state = ConversationState("c", held={"brief": Held(6000, 0.0)})

    found = costs_now((brief,), 8000, 100, state, 1.0, 0.5)["brief"]

    assert (found.cached_tokens, found.kept_usd) == (6000, 0)


def test_the_likely_way_back_keeps_a_step_up_that_greed_would_send_down() -> None:
    """By hand: small saves 0.0043 now; top's cache, about to expire, is worth 0.046 · p later, small's 0.0009 · p: stay from 0.095 on."""
    held, at = {"top": Held(8000, 0.0), "small": Held(7000, 5.0)}, 297.0
    p = {"small": 0.9, "top": 0.9}
    greedy, seldom, often = (costs(held, 8000, chance, at) for chance in (0.0, 0.09, 0.1))

    assert greedy["top"].usd - greedy["small"].usd == pytest.approx(0.0065 - 0.0022)
    assert often["top"].kept_usd - often["small"].kept_usd == pytest.approx(0.1 * (0.046 - 0.0009))
    assert [cheapest_at(0.0, p, c, BOTH.allowed) for c in (greedy, seldom, often)] == ["small", "small", "top"]


def test_the_reason_says_what_a_switch_saves_and_costs() -> None:
    """A person reads in the decision what the cache had to do with it."""
    facts = StepFacts("digest", 8000, 100, 0.95, current_tier="top")
    found = {"small": Cost(0.0012, 8000, 0, 100, 0.0), "top": Cost(0.0016, 8000, 8000, 100, 0.012)}

    stay = _policy().choose(facts, Estimate({"small": 0.9, "top": 0.9}), found, BOTH)

    assert stay.tier == "top"
    assert stay.reasons[-1] == "stay: switching to small saves $0.000400 now, costs $0.0120 in cache"


def test_the_reason_says_what_would_be_read_anew() -> None:
    """Where the rival is cold, its tokens are named."""
    facts = StepFacts("digest", 8000, 100, 0.95, current_tier="top")
    found = {"small": Cost(0.0085, 8000, 0, 100), "top": Cost(0.0065, 8000, 8000, 100)}

    stay = _policy().choose(facts, Estimate({"small": 0.9, "top": 0.9}), found, BOTH)

    assert stay.reasons[-1] == "stay: small would read 8000 tokens anew, for $0.0020 more"


def test_the_reason_says_what_a_switch_gives_up() -> None:
    """Going down is said too, with both sides."""
    facts = StepFacts("digest", 8000, 100, 0.95, current_tier="top")
    found = {"small": Cost(0.0010, 8000, 0, 100, 0.001), "top": Cost(0.0065, 8000, 8000, 100, 0.003)}

    down = _policy().choose(facts, Estimate({"small": 0.9, "top": 0.9}), found, BOTH)

    assert down.tier == "small"
    assert down.reasons[-1] == "switch from top: saves $0.0055 now, gives up $0.0020 of cache"


def test_a_bar_also_looks_at_what_is_kept() -> None:
    """Every policy compares the cost now less what is kept for later."""
    found = {"small": Cost(0.0012, 8000, 0, 100, 0.0), "top": Cost(0.0016, 8000, 8000, 100, 0.012)}
    facts = StepFacts("digest", 8000, 100, 0.95)

    assert CheapestLikely(0.5).choose(facts, Estimate({"small": 0.9, "top": 0.9}), found, BOTH).tier == "top"


def test_every_kind_has_a_chance_of_return() -> None:
    """The tables of recorded runs know all kinds, and hold chances."""
    assert set(GOES_ON) == set(RETURNS) == set(KINDS)
    assert all(0 < p_return(kind) < 1 for kind in KINDS)


@given(tokens, tokens, st.floats(0, 600), chance)
def test_what_is_kept_is_never_below_zero_and_grows_with_the_chance_of_return(
    held: int, input_tokens: int, now: float, p: float
) -> None:
    """To call a tier never loses it anything of its cache: staying adds no cache loss."""
    some, all_of_it = (costs({"top": Held(held, 0.0)}, input_tokens, q, now) for q in (p, 1.0))

    for name in ("small", "top"):
        assert 0 <= some[name].kept_usd <= all_of_it[name].kept_usd + 1e-12
        assert some[name].usd == all_of_it[name].usd


@given(tokens, tokens, st.floats(0, 600), chance, chance, st.floats(0, 1))
def test_without_a_way_back_the_choice_is_greedy(
    held: int, input_tokens: int, now: float, p_small: float, p_top: float, price: float
) -> None:
    """At a chance of 0 only the present step counts."""
    found = costs({"top": Held(held, 0.0)}, input_tokens, 0.0, now)
    p = {"small": p_small, "top": p_top}
    greedy = min(found, key=lambda name: (found[name].usd - price * p[name], found[name].usd))

    assert all(price_of(c) == c.usd for c in found.values())
    assert cheapest_at(price, p, found, BOTH.allowed) == greedy


@given(st.integers(1000, 100_000), st.integers(0, 3000), st.floats(0, 200), chance)
def test_with_fresh_caches_alike_nothing_speaks_for_a_switch(held: int, new: int, age: float, p: float) -> None:
    """Two tiers of one price that hold the same keep the same: the cache then has no say."""
    twin = Tier("twin", prices=TOP.prices, cache_min_tokens=1000)
    state = ConversationState("c", held={"top": Held(held, 0.0), "twin": Held(held, 0.0)})
    found = costs_now((TOP, twin), held + new, 100, state, age, p)

    assert price_of(found["top"]) == price_of(found["twin"])


def _policy() -> TargetQuality:
    """At this quality money buys nothing here: both tiers are equally likely."""
    import numpy as np

    return TargetQuality(("small", "top"), np.full((1, 2), 0.9), np.array([[0.1, 1.0]]), np.ones(1))
