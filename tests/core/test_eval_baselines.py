"""What stands beside our router: learners that are not judged by what they learned from."""

from __future__ import annotations

import numpy as np
import pytest

from tierwise.evaluation.baselines import LEARNERS, ClusterTable, Nearest, Ridge, cross_fitted, folds_of
from tierwise.evaluation.peers import litellm_heuristic


def on_two_sides(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors on two sides of a circle; one model does well on the left, the other on the right."""
    rng = np.random.default_rng(7)
    angle = rng.normal(scale=0.3, size=n) + np.pi * (np.arange(n) % 2)
    x = np.column_stack([np.cos(angle), np.sin(angle)])
    right = (np.arange(n) % 2 == 0).astype(float)
    return x, np.column_stack([right, 1 - right])


def test_the_nearest_row_decides():
    """With k = 1 each new vector gets the target of its own direction."""
    x, y = np.eye(2), np.array([[1.0], [0.0]])

    found = Nearest(k=1).predict(x, y, np.array([[0.9, 0.1], [0.1, 0.9]]))

    assert found[:, 0].tolist() == [1.0, 0.0]


def test_more_neighbours_than_rows_are_all_rows():
    """Two rows, forty neighbours asked for: their mean."""
    assert Nearest(k=40).predict(np.eye(2), np.array([[1.0], [0.0]]), np.eye(2))[:, 0].tolist() == [0.5, 0.5]


def test_a_heavy_penalty_leaves_the_mean():
    """A ridge that may not use the vectors says the mean of the targets."""
    x, y = on_two_sides()

    assert Ridge(strength=1e9).predict(x, y, x[:3]) == pytest.approx(np.full((3, 2), 0.5), abs=1e-3)


def test_a_light_penalty_finds_the_side():
    """A ridge that may use the vectors tells the two sides apart."""
    x, y = on_two_sides()

    found = Ridge(strength=1e-3).predict(x, y, x)

    assert (np.argmax(found, axis=1) == np.argmax(y, axis=1)).all()


def test_a_cluster_knows_its_models():
    """Two clusters on two sides: each vector's own cluster names the model that does well there."""
    x, y = on_two_sides()

    found = ClusterTable(k=2, top=1).predict(x, y, x)

    assert (np.argmax(found, axis=1) == np.argmax(y, axis=1)).all()


@pytest.mark.parametrize("name", LEARNERS)
def test_no_learner_profits_from_noise(name: str):
    """Targets that have nothing to do with the vectors cannot be foretold across folds."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 8))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = rng.integers(0, 2, (400, 1)) * 1.0

    found = cross_fitted(LEARNERS[name], x, y, folds_of(list(range(400)), 5, 1))

    assert np.corrcoef(found[:, 0], y[:, 0])[0, 1] < 0.15


def test_a_row_is_never_judged_by_its_kin():
    """Twins in one cluster, each pair with a target of its own: whoever peeked would be right, cross-fitted nobody is."""
    rng = np.random.default_rng(9)
    x = np.repeat(rng.normal(size=(60, 5)), 2, axis=0)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = np.repeat(rng.integers(0, 2, 60) * 1.0, 2)[:, None]
    pairs = np.repeat(np.arange(60), 2)

    apart = cross_fitted(Nearest(k=1), x, y, folds_of(list(pairs), 5, 1))
    peeking = cross_fitted(Nearest(k=1), x, y, np.arange(120) % 2)

    assert (peeking == y).all()
    assert (apart == y).mean() < 0.75


def test_unknown_targets_teach_nothing():
    """Rows without a target are predicted, and change no prediction."""
    x, y = on_two_sides(40)
    gaps = y.copy()
    gaps[::4] = np.nan
    folds = folds_of(list(range(40)), 4, 1)

    found = cross_fitted(Nearest(k=3), x, gaps, folds)

    assert not np.isnan(found).any()


def test_litellms_heuristic_finds_a_proof_harder_than_a_greeting():
    """Its score is read as it is, higher for more complex."""
    pytest.importorskip("litellm", reason="litellm is not installed")

    found = litellm_heuristic(
        ["hello", "Think step by step and prove that the algorithm's database schema is optimal."]
    )

    assert found is not None
    assert found[0] < found[1]
