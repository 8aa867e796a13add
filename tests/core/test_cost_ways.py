"""Ways to choose tiers over whole runs: costs worked by hand, and the oracle as a bound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.evaluation.switching import WAYS, Oracle, RunStep, always_top, compare, play, read_runs, routing, sticky
from tierwise.evaluation.traces import Trace
from tierwise.signals import read_step
from tierwise.tiers import Tier
from tierwise.types import Estimate, Usage

TOP = Tier("top", prices={"input": 10, "output": 20, "cached_input": 1, "cache_write": 12}, cache_min_tokens=1000)
SMALL = Tier("small", prices={"input": 1, "output": 2, "cached_input": 0.1, "cache_write": 1}, cache_min_tokens=1000)
TIERS = (SMALL, TOP)


def step(tokens: int, at: float, small: float = 0.8, top: float = 0.9, output: int = 100) -> RunStep:
    """A tool result to be read, whose tokens are as estimated."""
    return RunStep("digest", tokens, Usage(tokens, output=output), {"small": small, "top": top}, at)


RUN = [step(2000, 0.0), step(2500, 5.0), step(3000, 10.0)]

chances = st.floats(0.05, 0.95)
runs = st.lists(
    st.lists(st.tuples(st.integers(100, 20_000), chances, chances, st.integers(0, 500)), min_size=1, max_size=5).map(
        lambda rows: [step(t, 60.0 * i, min(a, b), max(a, b), out) for i, (t, a, b, out) in enumerate(rows)]
    ),
    min_size=1,
    max_size=4,
)


def test_a_run_at_the_top_writes_its_prefix_once() -> None:
    """By hand: 2,000 written; then 2,000 of 2,500 and 2,500 of 3,000 read at a tenth of the price, the rest written."""
    usd, chosen = play(RUN, TIERS, always_top, 0.0)

    written, cached, output = 2000 + 500 + 500, 2000 + 2500, 300
    assert usd == pytest.approx((written * 12 + cached * 1 + output * 20) / 1e6)
    assert chosen == ["top", "top", "top"]


def test_a_way_pays_for_coming_back_what_it_has_missed() -> None:
    """By hand: top, small, top. Small reads 2,500 tokens anew; top still holds 2,000 of 3,000."""
    plan = iter(["top", "small", "top"])
    usd, _ = play(RUN, TIERS, lambda *_: next(plan), 0.0)

    top = 2000 * 12 + 2000 * 1 + 1000 * 12 + 200 * 20
    assert usd == pytest.approx((top + 2500 * 1 + 100 * 2) / 1e6)


def test_what_was_held_too_long_ago_is_gone() -> None:
    """By hand: 301 s later everything is written again."""
    late = [step(2000, 0.0), step(2500, 301.0)]

    assert play(late, TIERS, always_top, 0.0)[0] == pytest.approx((4500 * 12 + 200 * 20) / 1e6)


def test_sticky_stays_where_it_began() -> None:
    """However likely small becomes, a run that began at the top ends there."""
    run = [step(2000, 0.0, small=0.1), step(2500, 5.0, small=0.9)]

    assert play(run, TIERS, sticky, 1.0)[1] == ["top", "top"]


def test_a_switch_that_does_not_pay_is_avoided() -> None:
    """Naive goes down for the second step, as it is cheaper at list price; routed knows that top is warm and stays."""
    near = Tier("small", prices={"input": 4, "output": 8, "cached_input": 0.4}, cache_min_tokens=1000)
    run = [step(8000, 0.0, small=0.1), step(8100, 5.0, small=0.89), step(8200, 10.0, small=0.1)]

    assert play(run, (near, TOP), WAYS["naive"], 1.0)[1] == ["top", "small", "top"]
    assert play(run, (near, TOP), routing(), 1.0)[1] == ["top", "top", "top"]


def test_the_oracle_finds_the_cheapest_sequence() -> None:
    """Against all 2 ** 3 sequences of a short run, each priced by playing it."""
    for price in (0.0, 0.01, 0.05, 0.2, 1.0):
        usd, chosen = Oracle.of(RUN, TIERS).play(price)
        worth = usd - price * sum(s.p[name] for s, name in zip(RUN, chosen, strict=True))
        every = [[(i >> k) & 1 for k in range(3)] for i in range(8)]
        others = []
        for sequence in every:
            plan = iter([TIERS[i].name for i in sequence])
            paid, names = play(RUN, TIERS, lambda *_, plan=plan: next(plan), price)
            others.append(paid - price * sum(s.p[name] for s, name in zip(RUN, names, strict=True)))

        assert worth == pytest.approx(min(others))
        plan = iter(chosen)
        assert play(RUN, TIERS, lambda *_, plan=plan: next(plan), price)[0] == pytest.approx(usd)


@settings(max_examples=20, deadline=None)
@given(runs, st.sampled_from((0.8, 0.95)))
def test_no_way_beats_the_oracle_in_worth_and_all_keep_the_quality(found: list[list[RunStep]], quality: float) -> None:
    """At one price the oracle's cost less worth is the least; every way but sticky, which may be unable to, keeps the share."""
    costs = compare(found, TIERS, quality)

    assert all(cost.kept >= quality - 1e-9 for name, cost in costs.items() if name != "sticky")
    for run in found:
        usd, chosen = Oracle.of(run, TIERS).play(0.05)
        least = usd - 0.05 * sum(s.p[name] for s, name in zip(run, chosen, strict=True))
        for choose in WAYS.values():
            paid, names = play(run, TIERS, choose, 0.05)
            assert least <= paid - 0.05 * sum(s.p[name] for s, name in zip(run, names, strict=True)) + 1e-12


def test_recorded_runs_become_steps_with_their_billed_tokens() -> None:
    """One step per model call; what was billed counts, and what was not is estimated."""
    messages = [
        {"role": "user", "content": "Where is my order?"},
        {"role": "assistant", "content": "Which one?"},
        {"role": "user", "content": "A-17"},
        {"role": "assistant", "content": "On its way."},
    ]
    trace = Trace(messages, usage={1: Usage(input=40, output=7)})
    (run,) = read_runs([trace], read_step, lambda readings: [Estimate({"small": 0.5, "top": 0.6})] * len(readings))

    assert [s.at for s in run] == [0.0, 5.0]
    assert run[0].usage == Usage(input=40, output=7)
    assert run[1].usage.input == run[1].estimated_tokens
    assert 1 <= run[1].usage.output <= 10
