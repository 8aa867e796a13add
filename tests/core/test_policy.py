"""Estimate and cost under limits: which tier takes the step."""

from __future__ import annotations

import numpy as np
import pytest

from tierwise.errors import ConfigError
from tierwise.policy.choose import CheapestLikely, TargetQuality
from tierwise.policy.cost import billed_usd, costs_now, expected_output
from tierwise.policy.limits import limits_for
from tierwise.policy.rules import Rule
from tierwise.testing import check_policy
from tierwise.tiers import Tier
from tierwise.types import ConversationState, Cost, Estimate, Held, Limits, Reference, Signals, Step, StepFacts, Usage

SMALL = Tier("small", prices=(0.1, 0.4), context_tokens=8_000, latency_ms=300)
LARGE = Tier(
    "large", prices={"input": 5, "output": 25, "cached_input": 0.5, "cache_write": 6.25}, latency_ms=3000, vision=True
)
LADDER = (SMALL, LARGE)
FACTS = StepFacts("answer", 1000, 100, 0.95)
COSTS = {"small": Cost(0.001, 1000, 0, 100), "large": Cost(0.0075, 1000, 0, 100)}
BOTH = Limits(("small", "large"))
STEP = Step([{"role": "user", "content": "hi"}])


def target(gains: list[float]) -> TargetQuality:
    """Reference traffic on which the large tier is adequate at 0.9, the small one less by these gains."""
    small = 0.9 - np.array(gains)
    p = np.column_stack([small, np.full(len(gains), 0.9)])
    n = len(gains)
    return TargetQuality.from_reference(LADDER, Reference(p, np.full(n, 1000.0), np.full(n, 100.0), np.full(n, 1 / n)))


def test_a_cheap_tier_is_enough_when_it_is_likely_to_succeed():
    """The cheapest tier above the bar wins, even when a dearer one is likelier."""
    choice = CheapestLikely(0.8).choose(FACTS, Estimate({"small": 0.85, "large": 0.99}), COSTS, BOTH)

    assert choice.tier == "small"


@pytest.mark.parametrize("policy", [CheapestLikely(), target([0.0, 0.1, 0.5])], ids=lambda p: type(p).__name__)
def test_policies_keep_the_contract(policy):
    """Every policy chooses an allowed tier, with reasons, alike when asked twice."""
    if isinstance(policy, TargetQuality):
        policy = TargetQuality(
            ("small", "middle", "large"), np.eye(3), np.tile([0.1, 0.2, 0.3], (3, 1)), np.full(3, 1 / 3)
        )
    check_policy(policy)


@pytest.mark.parametrize("quality", [0.6, 0.8, 0.9, 0.95, 0.99, 1.0])
def test_the_price_of_quality_keeps_what_was_promised_and_no_more_than_needed(quality):
    """On its reference the policy keeps at least the share asked for, and a lower price would not."""
    policy = target([0.0, 0.02, 0.1, 0.3, 0.5, 0.8])

    price = policy.price_of_quality(quality)

    assert policy.kept_share(price) >= quality - 1e-9
    assert quality < 0.7 or policy.kept_share(price * 0.99) < quality


def two_sorts() -> TargetQuality:
    """Half the steps gain nothing by the large tier, half gain much."""
    p = np.array([[0.9, 0.9]] * 50 + [[0.3 + 0.001 * i, 0.9] for i in range(50)])
    even, traffic = np.full(100, 0.01), ("",) * 50 + ("hard",) * 50
    return TargetQuality.from_reference(LADDER, Reference(p, np.full(100, 1000.0), np.full(100, 100.0), even, traffic))


def test_quality_is_kept_in_each_sort_of_traffic_by_itself():
    """What may be lost is not all lost on one sort; for the mixture alone a lower price would do."""
    policy = two_sorts()

    for sort in ("", "hard"):
        assert policy.kept_share(policy.price_of_quality(0.8, sort), sort) >= 0.8 - 1e-9
    mixed = TargetQuality(policy.names, policy.p_adequate, policy.usd, policy.weights)
    assert policy.kept_share(mixed.price_of_quality(0.8), "hard") < 0.7
    assert policy.price_of_quality(0.8, "") < policy.price_of_quality(0.8, "hard")


def test_unknown_traffic_is_priced_on_all_of_it():
    """A sort that the reference has never seen gets the price of the whole."""
    policy = two_sorts()

    mixed = TargetQuality(policy.names, policy.p_adequate, policy.usd, policy.weights)
    assert policy.price_of_quality(0.9, "never seen") == mixed.price_of_quality(0.9)


def test_the_step_with_the_larger_gain_goes_up():
    """Money goes where it buys probability, not where the step is hard: both tiers at 0.1 stays down."""
    policy = target([0.0, 0.1, 0.2, 0.4])

    hopeless = policy.choose(FACTS, Estimate({"small": 0.09, "large": 0.1}), COSTS, BOTH)
    worthwhile = policy.choose(FACTS, Estimate({"small": 0.4, "large": 0.9}), COSTS, BOTH)

    assert (hopeless.tier, worthwhile.tier) == ("small", "large")


def test_full_quality_goes_down_only_where_nothing_is_lost():
    """At quality 1 the likeliest tier takes the step, and among equals the cheapest."""
    policy = target([0.0, 0.5])
    strict = StepFacts("answer", 1000, 100, 1.0)

    assert policy.choose(strict, Estimate({"small": 0.90, "large": 0.91}), COSTS, BOTH).tier == "large"
    assert policy.choose(strict, Estimate({"small": 0.91, "large": 0.91}), COSTS, BOTH).tier == "small"


def test_a_bar_outside_0_to_1_is_refused():
    """A probability of 80 is a slip for 0.8."""
    with pytest.raises(ConfigError, match="between 0 and 1"):
        CheapestLikely(80)


def test_a_call_is_billed_by_kind_of_token():
    """Worked by hand: 600 uncached at 5, 300 cached at 0.5, 100 written at 6.25, 40 out at 25, per million."""
    usd = billed_usd(LARGE, Usage(input=1000, cached=300, cache_write=100, output=40))

    assert usd == pytest.approx((600 * 5 + 300 * 0.5 + 100 * 6.25 + 40 * 25) / 1e6)


def test_a_warm_prefix_makes_a_tier_cheaper_until_it_expires():
    """What the provider has just read is billed at the cached price, within its time to live."""
    state = ConversationState("c", held={"large": Held(tokens=4000, at=100.0)})

    warm = costs_now(LADDER, 5000, 50, state, now=200.0)["large"]
    cold = costs_now(LADDER, 5000, 50, state, now=100.0 + LARGE.cache_ttl_s + 1)["large"]

    assert (warm.cached_tokens, cold.cached_tokens) == (4000, 0)
    assert warm.usd == pytest.approx((1000 * 6.25 + 4000 * 0.5 + 50 * 25) / 1e6)
    assert cold.usd == pytest.approx((5000 * 6.25 + 50 * 25) / 1e6)


def test_a_prefix_too_short_to_be_cached_saves_nothing():
    """Providers keep no prefix below a minimum length."""
    state = ConversationState("c", held={"large": Held(tokens=500, at=0.0)})

    assert costs_now(LADDER, 600, 50, state, now=1.0)["large"].cached_tokens == 0


def test_no_more_output_is_expected_than_was_allowed():
    """`max_output_tokens` bounds the expectation."""
    assert expected_output(Signals(kind="summary"), 30) == 30


def test_limits_leave_out_what_cannot_do_the_step_and_say_why():
    """Window, images, latency: each names the tier it excludes."""
    long = limits_for(STEP, Signals(input_tokens=9000), 100, LADDER)
    seeing = limits_for(STEP, Signals(images=1), 100, LADDER)
    quick = limits_for(STEP, Signals(), 100, LADDER, max_latency_ms=1000)

    assert long.allowed == ("large",)
    assert "8000" in long.excluded["small"]
    assert seeing.allowed == ("large",)
    assert quick.allowed == ("small",)
    assert "3000" in quick.excluded["large"]


def test_wishes_are_given_up_before_abilities():
    """Where only a slow tier can see the image, the latency wish yields."""
    limits = limits_for(STEP, Signals(images=1), 100, LADDER, max_latency_ms=1000)

    assert limits.allowed == ("large",)


def test_something_is_always_allowed():
    """A step too long for every window still gets a tier: the provider will say so itself."""
    assert limits_for(STEP, Signals(input_tokens=10**9), 100, LADDER).allowed == ("small", "large")


def test_floor_ceiling_and_rules_bound_the_ladder():
    """A rule applies only where all its conditions are met."""
    rule = Rule(at_least="large", kinds=["recovery"], metadata={"plan": "gold"})
    gold = Step(STEP.messages, metadata={"plan": "gold"})

    assert limits_for(gold, Signals(kind="recovery"), 1, LADDER, [rule]).allowed == ("large",)
    assert limits_for(gold, Signals(kind="digest"), 1, LADDER, [rule]).allowed == ("small", "large")
    assert limits_for(STEP, Signals(kind="recovery"), 1, LADDER, [rule]).allowed == ("small", "large")
    assert limits_for(Step(STEP.messages, ceiling="small"), Signals(), 1, LADDER).allowed == ("small",)


def test_a_rule_that_says_nothing_or_names_an_unknown_kind_is_refused():
    """A rule without a bound, or for a kind that does not exist, is a slip."""
    with pytest.raises(ConfigError, match="says nothing"):
        Rule(kinds=["recovery"])
    with pytest.raises(ConfigError, match="unknown kinds"):
        Rule(at_least="large", kinds=["recovry"])  # type: ignore[list-item]
