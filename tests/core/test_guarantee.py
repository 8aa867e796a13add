"""The guarantee: figures worked by hand, and its promise kept over many draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tierwise.policy.exact import Tally, exact_p_value, tally
from tierwise.policy.guarantee import PRICES_USD, Promise, bet_p_value, choices_at, first_safe, losses, needed
from tierwise.types import Floats


def world(n: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Costs, chances and outcomes of a small and a top tier; the chances are informative, and wrong by a little."""
    hard = rng.random(n)
    true = np.column_stack([0.95 - 0.8 * hard, 0.95 - 0.2 * hard])
    p = np.clip(true + rng.normal(0, 0.05, true.shape), 0.01, 0.99)
    return np.tile([0.001, 0.02], (n, 1)), p, (rng.random(true.shape) < true).astype(float)


def mean_loss(price: float, usd: Floats, p: Floats, adequate: Floats, quality: float) -> float:
    chosen = choices_at(price, usd, p)
    return float(losses(adequate[np.arange(len(chosen)), chosen], adequate[:, 1], quality).mean())


def test_losses_are_what_is_lost_beyond_what_may_be() -> None:
    """Top right and chosen wrong loses 0.9 of an answer; both right gains 0.1 of one; chosen right alone gains one."""
    chosen, top = np.array([0.0, 1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])

    assert losses(chosen, top, 0.9).tolist() == pytest.approx([0.9, -0.1, -1.0, 0.0])


def test_the_first_bets_are_those_worked_by_hand() -> None:
    """One loss of -0.1: the stake is the least of 0.9 / 0.9 and sqrt(2 ln 10 / (0.05 * 0.81)), so K = 1.1."""
    assert bet_p_value(np.array([-0.1]), 0.9, 0.1) == pytest.approx(1 / 1.1)
    assert bet_p_value(np.array([0.5]), 0.9, 0.1) == 1.0, "a loss alone proves nothing"
    assert bet_p_value(np.array([]), 0.9, 0.1) == 1.0


def test_two_hundred_sure_gains_are_as_good_as_their_product() -> None:
    """Losses of -0.05 at full stake 1 / most * 0.9: K grows to (1 + 0.05 * 0.9 / 0.95) ** n at most."""
    found = bet_p_value(np.full(200, -0.05), 0.95, 0.1)

    assert (1 + 0.05 * 0.9 / 0.95) ** -200 <= found < 0.01


def test_a_p_value_at_the_edge_is_below_delta_no_more_often_than_delta() -> None:
    """E[loss] = 0 in 400 samples, with rare losses, at three sizes: 0.1 is undercut in at most a tenth (+ 3 sd)."""
    rng = np.random.default_rng(0)
    for n, rate in ((50, 0.2), (400, 0.03), (1500, 0.01)):
        gain = 0.95 * rate / (1 - rate)
        below = 0
        for _ in range(400):
            lost = rng.random(n) < rate
            below += bet_p_value(np.where(lost, 0.95, -gain), 0.95, 0.1) <= 0.1
        assert below / 400 <= 0.1 + 3 * math.sqrt(0.09 / 400)


def test_a_clear_margin_is_certified() -> None:
    """Half of what may be lost is lost: 3,000 steps say so, and the order of steps hardly matters."""
    rng = np.random.default_rng(1)
    loss = np.where(rng.random(3000) < 0.02, 0.95, np.where(rng.random(3000) < 0.8, -0.05, 0.0))

    assert bet_p_value(loss, 0.95, 0.1) < 0.01
    assert bet_p_value(np.sort(loss), 0.95, 0.1) < 0.02


@pytest.mark.parametrize("quality", [0.9, 0.95, 0.98])
def test_the_promise_is_broken_in_at_most_a_tenth_of_samples(quality: float) -> None:
    """60 samples of 1,000 with replacement from 20,000 steps, judged on all of them."""
    rng = np.random.default_rng(2)
    usd, p, adequate = world(20_000, rng)
    broken = 0
    for _ in range(60):
        at = rng.integers(0, len(usd), 1_000)
        found = first_safe(usd[at], p[at], adequate[at], 1, quality, 0.1, [str(i) for i in range(1_000)])
        broken += found is not None and mean_loss(found[0], usd, p, adequate, quality) > 0
    assert broken <= 6


def test_half_of_the_point_estimates_saving_is_kept() -> None:
    """At quality 0.95 with 2,000 steps; what the estimate saves is what the whole pool allows."""
    rng = np.random.default_rng(3)
    usd, p, adequate = world(20_000, rng)
    best = min(price for price in PRICES_USD if mean_loss(price, usd, p, adequate, 0.95) <= 0)
    found = first_safe(usd[:2000], p[:2000], adequate[:2000], 1, 0.95, 0.1, [str(i) for i in range(2000)])

    assert found is not None
    saved = [
        1 - usd[np.arange(len(usd)), choices_at(price, usd, p)].sum() / usd[:, 1].sum() for price in (found[0], best)
    ]
    assert saved[0] >= 0.5 * saved[1] > 0


def test_steps_of_one_conversation_count_as_one() -> None:
    """Thirty copies of 20 steps prove what 20 steps prove, not what 600 do."""
    rng = np.random.default_rng(4)
    usd, p, adequate = world(20, rng)
    adequate[:] = 1.0
    usd, p, adequate = (np.tile(part, (30, 1)) for part in (usd, p, adequate))
    apart = first_safe(usd, p, adequate, 1, 0.9, 0.1, [str(i) for i in range(600)])
    together = first_safe(usd, p, adequate, 1, 0.9, 0.1, [str(i % 20) for i in range(600)])

    assert apart is not None
    assert apart[0] < 1e-3
    assert together is None


def test_testing_stops_at_the_first_price_that_is_not_certified() -> None:
    """A cheaper price that would pass again behind a bad one is not taken."""
    usd = np.tile([0.001, 0.02], (4000, 1))
    p = np.column_stack([np.repeat([0.9, 0.5], 2000), np.full(4000, 0.95)])
    adequate = np.column_stack([np.repeat([0.0, 1.0], 2000), np.ones(4000)])
    found = first_safe(usd, p, adequate, 1, 0.6, 0.1, [str(i) for i in range(4000)])

    assert found is None or (choices_at(found[0], usd, p) == 1).all()


def test_what_is_missing_is_said_in_conversations() -> None:
    """A larger margin needs fewer; no number makes a loss a gain."""
    small, large = np.array([-0.02] * 98 + [0.9] * 1), np.array([-0.1] * 98 + [0.9] * 1)

    for longest in (1, 2):
        assert needed(large, 0.9, longest, 0.1) is not None
        assert needed(small, 0.9, longest, 0.1) > needed(large, 0.9, longest, 0.1)  # type: ignore[operator]
        assert needed(np.array([0.1, -0.05]), 0.9, longest, 0.1) is None


def test_right_and_wrong_answers_of_single_steps_are_tested_exactly() -> None:
    """Two hundred steps kept are 0.95 ** 200 and what is set aside; a mean loss of 0 is never safe; wins help."""
    never_lost = exact_p_value(Tally(0, 200, 0), 0.95, 0.1)
    assert 0.95**200 <= never_lost < 0.95**200 + 0.1 * 0.1
    assert exact_p_value(Tally(10, 190, 0), 0.95, 0.1) == 1.0
    assert exact_p_value(Tally(4, 190, 6), 0.95, 0.1) < exact_p_value(Tally(4, 190, 0), 0.95, 0.1)
    assert tally(np.array([0.9, -0.1, -1.0, 0.0, -1.0]), 0.9) == Tally(1, 1, 2)
    assert tally(np.array([0.9, 0.4]), 0.9) is None


@pytest.mark.parametrize(("quality", "wins"), [(0.9, 0.0), (0.9, 0.2), (0.98, 0.05)])
def test_the_exact_test_errs_as_rarely_as_it_says_and_finds_more_than_betting(quality: float, wins: float) -> None:
    """At a mean loss of 0 a tenth (+ 3 sd) of samples at most; where two thirds of what may be lost is, more than bets."""
    rng = np.random.default_rng(5)
    gained = (1 - quality) + quality * wins

    def samples(margin: float, draws: int) -> list[Tally]:
        lost = rng.binomial(600, margin * gained / (quality + gained), draws)
        won = rng.binomial(600 - lost, wins)
        return [Tally(int(a), int(600 - a - c), int(c)) for a, c in zip(lost, won, strict=True)]

    def bet(t: Tally) -> float:
        rows = [np.full(n, value) for value, n in ((quality, t.lost), (quality - 1, t.kept), (-1.0, t.won))]
        return bet_p_value(rng.permutation(np.concatenate(rows)), quality, 0.1)

    edge = np.mean([exact_p_value(t, quality, 0.1) <= 0.1 for t in samples(1.0, 400)])
    within = samples(0.7, 100)
    assert edge <= 0.1 + 3 * math.sqrt(0.09 / 400)
    assert np.mean([exact_p_value(t, quality, 0.1) <= 0.1 for t in within]) > np.mean([bet(t) <= 0.1 for t in within])


def test_the_promise_says_what_it_promises() -> None:
    """Quality, confidence and number, in words."""
    promise = Promise(0.95, 0.1, 0.01, 1200, 300, 0.03, ("small", "top"), 0.97, 1.0, 2.0)

    assert promise.words("top") == "quality ≥ 0.95 of top's with 90 % confidence (n=1200)"
