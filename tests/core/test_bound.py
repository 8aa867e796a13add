"""No conversation may cost much more than its top tier alone, unless it is worth it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise import Answer, Router, Tier, Usage
from tierwise.errors import ConfigError
from tierwise.evaluation.switching import RunStep, always_top, play, routing
from tierwise.policy.bound import MOST_OVER_TOP, bounded, headroom, top_alone
from tierwise.policy.choose import TargetQuality
from tierwise.policy.cost import EXPECTED_OUTPUT_TOKENS
from tierwise.testing import FakeClassifier
from tierwise.types import ConversationState, Cost, Held

PRICES = {"input": 5.0, "output": 25.0, "cached_input": 0.5, "cache_write": 6.25}
TOP = Tier("top", prices=PRICES, cache_min_tokens=1000)
SMALL = Tier("small", prices={key: usd / 3 for key, usd in PRICES.items()}, cache_min_tokens=1000)
TIERS = (SMALL, TOP)
ALIKE = {"small": 1.0, "top": 1.0}


def cost(usd: float) -> Cost:
    return Cost(usd, 1000, 0, 100)


def test_the_top_tier_alone_would_hold_what_the_last_call_left() -> None:
    """By hand: small was called with 4,000; alone, top would read those at 0.50 and write 1,000 at 6.25, and say 100."""
    state = ConversationState("c", last_tier="small", held={"small": Held(4000, 0.0)})

    assert top_alone(TOP, 5000, 100, state, 5.0, ALIKE) == pytest.approx((4000 * 0.5 + 1000 * 6.25 + 100 * 25) / 1e6)
    assert top_alone(TOP, 5000, 100, state, 999.0, ALIKE) == pytest.approx((5000 * 6.25 + 100 * 25) / 1e6)
    assert top_alone(TOP, 5000, 100, ConversationState("c"), 0.0, ALIKE) == pytest.approx((5000 * 6.25 + 2500) / 1e6)


def test_what_was_saved_is_room() -> None:
    """By hand: 0.03 spent where top alone had 0.05; with 0.01 for this step, 1.02 · 0.06 - 0.03."""
    state = ConversationState("c", spent_usd=0.03, top_usd=0.05)

    assert headroom(state, 0.01, 0.02) == pytest.approx(0.0312)


def test_over_the_bound_the_best_within_it_is_taken_unless_the_gain_is_worth_it_three_times() -> None:
    """A gain of 0.1 is worth 0.03 at 0.3 an answer: enough for an extra 0.02 without a bound, not for three times that."""
    costs, p = {"small": cost(0.01), "top": cost(0.03)}, {"small": 0.8, "top": 0.9}

    assert bounded("top", 0.3, p, costs, ("small", "top"), room=0.03) == "top"
    assert bounded("top", 0.3, p, costs, ("small", "top"), room=0.02) == "small"
    assert bounded("top", 0.5, p, costs, ("small", "top"), room=0.02) == "small"
    assert bounded("top", 0.61, p, costs, ("small", "top"), room=0.02) == "top"
    assert bounded("top", 0.3, p, costs, ("top",), room=0.0) == "top"


steps = st.lists(
    st.tuples(st.sampled_from(sorted(EXPECTED_OUTPUT_TOKENS)), st.integers(1, 3000), st.floats(0.3, 0.6)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200)
@given(steps, st.floats(0.0, 0.2))
def test_a_run_costs_no_more_than_the_bound_and_a_third_of_what_it_bought(
    rows: list[tuple[str, int, float]], price: float
) -> None:
    """Whatever the run, at each step of it: within 1.02 times the top tier alone, but for gains worth three times their cost."""
    run, total = [], 1000
    for i, (kind, new, small) in enumerate(rows):
        total += new
        usage = Usage(input=total, output=EXPECTED_OUTPUT_TOKENS[kind])  # type: ignore[index]
        run.append(RunStep(kind, total, usage, {"small": small, "top": small + 0.05}, 5.0 * i))  # type: ignore[arg-type]

    for end in range(1, len(run) + 1):
        usd, chosen = play(run[:end], TIERS, routing(lambda _kind: 0.0), price)
        alone, _ = play(run[:end], TIERS, always_top, 0.0)
        bought = 0.05 * price * chosen.count("top")
        assert usd <= (1 + MOST_OVER_TOP) * alone + bought / 3 + 1e-12


def test_the_router_waits_with_a_change_that_would_cost_more_than_top_alone() -> None:
    """Begun small, the second step would go up by its own cost alone; with the bound it waits, and says so."""
    chances = {"small": 0.90, "top": 0.90}
    classifier = FakeClassifier(chances)
    one = np.ones((1, 2))
    policy = TargetQuality(("small", "top"), one, one, np.ones(1), promised={0.95: 1.0})
    plans = {}
    for most in (None, 0.02):
        chances.update(small=0.90, top=0.90)
        router = Router(TIERS, classifier=classifier, embedder=None, policy=policy, most_over_top=most)
        words = "the order was paid on time and shipped " * 500
        messages = [
            {"role": "system", "content": words},
            {"role": "user", "content": "Hello, it is me again, as announced."},
        ]
        plan = router.start(messages, conversation_id="t")
        assert plan.tier.name == "small"
        tokens = plan.decision.signals.input_tokens
        plan.after(
            Answer({"role": "assistant", "content": "Hello."}, usage=Usage(tokens, cache_write=tokens, output=100))
        )
        messages += [
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "Explain the second law to me."},
        ]
        costs = router.start(messages, conversation_id="t").decision.expected_usd
        chances.update(small=0.5, top=0.5 + 1.5 * (costs["top"] - costs["small"]))
        plans[most] = router.start(messages, conversation_id="t")

    assert plans[None].tier.name == "top"
    assert plans[0.02].tier.name == "small"
    assert any("would cost more than the top tier alone" in reason for reason in plans[0.02].decision.reasons)


def test_a_step_tried_twice_is_one_step_for_the_top_tier_alone() -> None:
    """The cascade's second call adds to what was spent, and not to what the top tier alone would have been billed."""
    router = Router(TIERS, classifier=FakeClassifier({"small": 0.9, "top": 0.9}), embedder=None)
    messages = [{"role": "user", "content": "Find the order. " * 400}]
    plan = router.start(messages, conversation_id="t")
    tokens = plan.decision.signals.input_tokens
    again = plan.after(Answer({"role": "assistant", "content": ""}, usage=Usage(tokens, cache_write=tokens, output=0)))
    assert (plan.tier.name, again.tier.name) == ("small", "top")
    again.after(Answer({"role": "assistant", "content": "Found."}, usage=Usage(tokens, cache_write=tokens, output=9)))

    state = router.start(messages, conversation_id="t").state

    assert state.steps == 2
    assert state.top_usd == pytest.approx(tokens * 6.25 / 1e6)
    assert state.spent_usd == pytest.approx(tokens * 6.25 / 3e6 + (tokens * 6.25 + 9 * 25) / 1e6)


def test_a_prompt_that_the_host_adds_counts_for_the_top_tier_alone_too() -> None:
    """Billed forty times what the text shows, it is no reason to stay small: the top tier would have read it as well."""
    router = Router(TIERS, classifier=FakeClassifier({"small": 0.9, "top": 0.9}), embedder=None)
    messages = [{"role": "user", "content": "Find the order."}]
    plan = router.start(messages, conversation_id="t")
    tokens = 40 * plan.decision.signals.input_tokens
    plan.after(Answer({"role": "assistant", "content": "Found."}, usage=Usage(tokens, output=10)))

    state = router.start(messages, conversation_id="t").state

    assert state.top_usd == pytest.approx((tokens * 5 + 10 * 25) / 1e6)


def test_a_negative_bound_is_refused() -> None:
    """A bound below zero is a slip."""
    with pytest.raises(ConfigError, match="most_over_top"):
        Router(TIERS, embedder=None, most_over_top=-0.1)
