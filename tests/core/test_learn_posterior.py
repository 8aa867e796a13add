"""The learner's mathematics: exact, alike in any order, and shy until it knows better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tierwise.classifier.landmarks import Landmarks
from tierwise.classifier.learned import N_SIGNAL_FEATURES, Correction, LevelMap, Pull, features_of, move
from tierwise.learning.posterior import Evidence, Posterior, fit_posterior
from tierwise.learning.residuals import completed
from tierwise.learning.smoother import AMPLITUDES, Seen, Smoother, fit_smoother
from tierwise.types import KINDS, Estimate, Floats, Reference, Signals

DIM = 8
NOTHING = Pull(np.zeros(2), np.zeros((2, 2)), np.zeros((N_SIGNAL_FEATURES, 2)), None, np.zeros((0, 2)), np.zeros(2))


def evidence(n: int, seed: int = 0, pull: float = 0.0, shift: float = 0.0, models: int = 2) -> Evidence:
    """Made-up traffic: `pull` moves the weak model's chance along the first axis of the vectors, `shift` everywhere."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, DIM))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    features = np.concatenate([np.zeros((n, N_SIGNAL_FEATURES)), vectors, np.zeros((n, DIM))], axis=1)
    prior = np.column_stack([np.full(n, 0.5), *[np.full(n, 0.8)] * (models - 1)])
    prior += rng.uniform(-0.1, 0.1, prior.shape)
    true = prior + shift
    true[:, 0] += pull * np.sign(vectors[:, 0])
    score = (rng.random(prior.shape) < true).astype(float)
    return Evidence(features, prior, score, np.ones_like(prior))


def corrected(posterior: Posterior, given: Evidence) -> Floats:
    names = tuple(str(i) for i in range(given.prior.shape[1]))
    correction = posterior.correction(names, np.ones(len(KINDS)))
    return correction.probabilities(given.prior, given.features, ["answer"] * len(given.prior))


def ranks(values: Floats) -> Floats:
    return np.argsort(np.argsort(values))


def test_a_single_level_is_the_shrunk_mean_worked_by_hand() -> None:
    """One model, no features: posterior mean = sum of residuals / (n + 1 / s**2), s = 0.45 noise sds."""
    given = Evidence(
        np.zeros((3, N_SIGNAL_FEATURES)), np.full((3, 1), 0.5), np.array([[1.0], [1.0], [0.0]]), np.ones((3, 1))
    )

    assert fit_posterior(given).levels == pytest.approx([(0.5 + 0.5 - 0.5) / (3 + 1 / 0.45**2)])


def test_levels_leave_the_ranking_by_gain_as_the_prior_had_it() -> None:
    """Both levels move by a lot; no step overtakes another within the graded traffic."""
    given = evidence(400, shift=-0.3)
    posterior = fit_posterior(given)
    after = corrected(posterior, given)

    assert posterior.trust == 0.0
    assert after.mean(axis=0) == pytest.approx(given.score.mean(axis=0), abs=0.03)
    assert abs(after.mean(axis=0) - given.prior.mean(axis=0)).max() > 0.2
    before = given.prior[:, 1] - given.prior[:, 0]
    assert np.corrcoef(ranks(before), ranks(after[:, 1] - after[:, 0]))[0, 1] > 0.999


def test_features_are_believed_only_when_they_show_it_on_steps_left_out() -> None:
    """Noise earns next to no trust on average over draws; a real difference all of it, once there is enough of it."""
    for n in (10, 25, 50, 200):
        trusts = [fit_posterior(evidence(n, seed)).trust for seed in range(10)]
        assert np.mean(trusts) < 0.1
    assert fit_posterior(evidence(10, pull=0.4)).trust < 0.1
    assert fit_posterior(evidence(300, pull=0.4)).trust > 0.9


def test_what_is_learned_is_found_again_on_new_steps() -> None:
    """Steps along the axis on which the weak model fails go from 0.5 to what is true of them."""
    posterior = fit_posterior(evidence(600, 1, pull=0.4))
    new = evidence(400, 2, pull=0.4)
    after = corrected(posterior, new)
    fails = new.features[:, N_SIGNAL_FEATURES] < -0.3

    assert after[fails, 0].mean() < 0.25
    assert after[new.features[:, N_SIGNAL_FEATURES] > 0.3, 0].mean() > 0.75
    assert np.abs(after[:, 1] - new.prior[:, 1]).mean() < 0.1


def test_a_smoother_without_some_rows_is_one_that_never_saw_them() -> None:
    """At the same amplitudes, worked out from the remaining rows alone."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 5)), rng.standard_normal((30, 2))
    scale, free = np.array([0.4, 1.0, 1.0, 0.5, 0.5]), np.arange(5) > 0
    smoother = fit_smoother(x.T @ x, scale, free, [Seen(x.T @ x, x.T @ y, (y**2).sum(axis=0), 30.0, 1.0)])
    rest = np.arange(30) % 5 != 2
    quick = smoother.without(x[~rest].T @ x[~rest]).weights(x[rest].T @ y[rest])

    slow = np.zeros((5, 2))
    for amplitude, share in zip(AMPLITUDES, smoother.shares, strict=True):
        precision = (scale * np.where(free, max(amplitude, 1e-12) ** 0.5, 1.0)) ** -2.0
        slow += share * np.linalg.solve(x[rest].T @ x[rest] + np.diag(precision), x[rest].T @ y[rest])
    assert quick == pytest.approx(slow, abs=1e-6)


def test_nothing_to_learn_looks_like_nothing_and_not_like_harm() -> None:
    """Whatever is left out, the gate sees about 0 on average: no lean towards the prior, none against it."""
    seen = [fit_posterior(evidence(60, seed)).z for seed in range(30)]

    assert abs(np.mean(seen)) < 0.5


def test_what_models_did_not_answer_changes_nothing() -> None:
    """Completing residuals until they settle gives the least squares of the outcomes alone, solved outright."""
    rng = np.random.default_rng(1)
    x, missed, known = rng.standard_normal((40, 4)), rng.standard_normal((40, 2)), np.ones((40, 2))
    known[::2, 0] = 0.0
    known[1::3, 1] = 0.5
    missed = np.where(known > 0, missed, 0.0)
    precisions = np.diag([1.0, 2.0, 3.0, 4.0]), np.diag([5.0, 5.0, 1.0, 9.0])
    one = np.eye(len(AMPLITUDES))[0]
    shared, different = (Smoother(one, (np.arange(4),), (x.T @ x + p,), 4) for p in precisions)
    parts = completed(x, x, missed, known, (shared, different), 1e-6)

    rows = np.concatenate([np.concatenate([x, -x], axis=1), np.concatenate([x, x], axis=1)])
    weight = known.T.reshape(-1)
    penalty = 2 * np.block([[precisions[0], np.zeros((4, 4))], [np.zeros((4, 4)), precisions[1]]])
    slow = np.linalg.solve((rows * weight[:, None]).T @ rows + penalty, rows.T @ (weight * missed.T.reshape(-1)))
    assert shared.weights(x.T @ parts[0])[:, 0] == pytest.approx(slow[:4], abs=1e-4)
    assert different.weights(x.T @ parts[1]) == pytest.approx(np.stack([-slow[4:], slow[4:]], axis=1), abs=1e-4)


def test_a_model_without_outcomes_leans_on_the_others() -> None:
    """Traffic that is harder than thought for one model is judged harder for another, by less."""
    given = evidence(200, shift=-0.3)
    given.weight[:, 1] = 0
    given.score[:, 1] = np.nan
    levels = fit_posterior(given).levels

    assert levels[0] < levels[1] < -0.05


def test_answers_of_different_steps_teach_too() -> None:
    """No step was answered by both models: the features still earn trust."""
    given = evidence(1_000, pull=0.4)
    for m in range(2):
        given.weight[m::2, m] = 0
        given.score[m::2, m] = np.nan

    assert fit_posterior(given).trust > 0.9


def test_certainty_far_from_the_graded_range_stays() -> None:
    """Hard questions went badly; a greeting that the prior is sure of remains sure."""
    level = LevelMap(0.3, 0.7, 0.1, 0.5)
    chances = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 0.99, 1.0])
    moved, taper = move((level,), chances[:, None])

    assert moved[:, 0].tolist() == pytest.approx([0.0, 0.1 / 3, 0.1, 0.3, 0.5, 1 - 0.5 * 0.01 / 0.3, 1.0])
    for p, far in zip(chances, taper[:, 0], strict=True):
        assert level.one(p) == pytest.approx((float(level(p)), far))


def test_no_tier_is_put_right_further_than_another() -> None:
    """A top tier that the prior is nearly sure of holds both tiers: the gap between them stays what it was."""
    maps = (LevelMap(0.2, 0.8, 0.0, 0.6), LevelMap(0.3, 0.9, 0.1, 0.7))
    prior = np.array([[0.5, 0.95], [0.5, 0.7]])
    pull = replace(NOTHING, constant=np.full(2, -0.05))
    after = Correction(("a", "b"), maps, np.ones(len(KINDS)), pull, 0.0, 9).probabilities(
        prior, np.zeros((2, N_SIGNAL_FEATURES)), ["answer"] * 2
    )

    assert after[:, 1] - after[:, 0] == pytest.approx(prior[:, 1] - prior[:, 0])
    assert after[:, 0] == pytest.approx([0.5 - 0.125, 0.5 - 0.25])


def test_one_step_is_corrected_like_many() -> None:
    """The quick way for a single step gives what the arrays give."""
    rng = np.random.default_rng(3)
    maps = (LevelMap(0.2, 0.8, 0.1, 0.6), LevelMap(0.4, 0.9, 0.5, 0.95))
    draw = rng.standard_normal
    scales = rng.uniform(0.1, 0.5, N_SIGNAL_FEATURES)
    landmarks = Landmarks(draw((5, DIM)), draw((5, N_SIGNAL_FEATURES)), scales, draw((5, DIM)), 2.0)
    pull = Pull(
        draw(2) * 0.1, draw((2, 2)) * 0.1, draw((N_SIGNAL_FEATURES, 2)) * 0.1, landmarks, draw((5, 2)), draw(2) * 0.1
    )
    correction = Correction(("a", "b"), maps, np.linspace(0.5, 1.0, len(KINDS)), pull, 0.7, 9)
    signals = [
        Signals(kind="answer", question_chars=80, code=0.5),
        Signals(kind="digest", tool_results=2, depth=3, tools=4, mathematics=1.0),
    ]
    vectors = rng.standard_normal((2, 2, DIM)).astype(np.float32)
    given = [
        Estimate({"a": 0.5, "b": 0.97}, signals[0].kind, signals[0], 0.4),
        Estimate({"a": 0.1, "b": 0.3}, signals[1].kind, signals[1], -2.0),
    ]
    many = correction.apply(given, vectors)

    for i in range(2):
        (one,) = correction.apply(given[i : i + 1], vectors[i : i + 1])
        assert one.p_adequate == pytest.approx(many[i].p_adequate, abs=1e-6)
        assert one.p_adequate != given[i].p_adequate
        assert one.notes[-1] == "adjusted by 9 outcomes of this traffic"
    assert correction.apply([], vectors) == []


def test_what_depends_on_length_and_topic_together_is_learned() -> None:
    """The weak model fails at long questions of one topic and at short ones of the other: neither tells alone."""

    def traffic(n: int, seed: int) -> Evidence:
        given = evidence(n, seed)
        rng = np.random.default_rng(seed)
        given.features[:, 1] = rng.choice([-1.0, 1.0], n)
        fails = given.features[:, 1] * given.features[:, N_SIGNAL_FEATURES] > 0
        given.score[:, 0] = rng.random(n) < np.where(fails, 0.1, 0.9)
        return given

    new = traffic(300, 2)
    after = corrected(fit_posterior(traffic(800, 1)), new)
    topic = new.features[:, N_SIGNAL_FEATURES] * new.features[:, 1]

    assert after[topic > 0.2, 0].mean() < 0.35
    assert after[topic < -0.2, 0].mean() > 0.65


def test_the_latest_message_counts_only_where_something_stands_before_it() -> None:
    """A plain question's raw text, options and all, is not looked at twice."""
    vectors = np.ones((2, 2, DIM), np.float32)
    found = features_of([Signals(), Signals(depth=1)], [0.0, 9.0], vectors)

    assert found.shape == (2, N_SIGNAL_FEATURES + 2 * DIM)
    assert not found[0, -DIM:].any()
    assert found[1, -DIM:].all()
    assert found[1, 0] == 4.0, "difficulty is clipped"


def test_the_reference_traffic_is_seen_through_the_levels() -> None:
    """Quality is priced on the wheel's traffic corrected, and on the learned steps beside it."""
    maps = (LevelMap(0.01, 0.99, 0.01, 0.49), LevelMap(0.01, 0.99, 0.01, 0.99))
    correction = Correction(("a", "b"), maps, np.ones(len(KINDS)), NOTHING, 0.0, 5)
    wheel = Reference(np.array([[0.8, 0.6]]), np.array([100.0]), np.array([10.0]), np.ones(1))
    own = Reference(np.array([[0.3, 0.9]]), np.array([50.0]), np.array([5.0]), np.ones(1))

    alone = correction.reference(wheel, {"b": None, "a": None})
    both = correction.with_traffic(own, 0.25).reference(wheel, {"a": None, "b": None})

    assert alone.p_adequate[0].tolist() == pytest.approx([0.8, 0.01 + 0.59 * 0.48 / 0.98])
    assert both.p_adequate[1].tolist() == [0.3, 0.9]
    assert both.weights.tolist() == [0.75, 0.25]
    assert both.p_adequate[0, 0] < 0.5
    assert both.p_adequate[0, 1] == pytest.approx(0.6)


def test_the_gain_of_steps_with_one_answer_is_right_on_average() -> None:
    """Worked by hand: the guess, plus what the graded answer differs from it over its share of the single answers."""
    from tierwise.learning.posterior import _gain

    score = np.array([[1.0, np.nan], [np.nan, 1.0], [0.0, 1.0]])
    moved = np.full((3, 2), [0.5, 0.75])
    graded = np.isfinite(score)

    assert _gain(score, moved, graded).tolist() == pytest.approx([0.25 - 0.5 / 0.5, 0.25 + 0.25 / 0.5, 1.0])
