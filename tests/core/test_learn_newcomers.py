"""The script that measures how well new models are routed, on made-up questions."""

from __future__ import annotations

import numpy as np
import pytest

from tierwise.classifier import load_classifier
from tierwise.embedding import packaged_encoder
from tierwise.signals import read_step
from tierwise.training.newcomers import ARMS, Newcomer, Source, folds_of_models, judge_pair, table
from tierwise.types import ModelFacts, Step

pd = pytest.importorskip("pandas", reason="pandas is not installed")

WEAK, STRONG = "some-new-8b", "gpt-4o"


def made_up(n: int) -> Source:
    """Questions on two topics; the weak model fails on one of them."""
    texts = [f"What do {('tides', 'integrals')[i % 2]} have to do with case {i}?" for i in range(n)]
    readings = [read_step(Step([{"role": "user", "content": text}])) for text in texts]
    vectors = packaged_encoder().embed([text for text in texts for _ in range(2)]).reshape(n, 2, -1)
    rng = np.random.default_rng(0)
    scores = pd.DataFrame({WEAK: (np.arange(n) % 2 == 0) * 1.0, STRONG: (rng.random(n) < 0.9) * 1.0})
    return Source("made up", readings, vectors, scores)


def test_every_model_is_left_out_once_whatever_the_order_of_names() -> None:
    """Three parts of ten names that do not overlap."""
    names = [f"model-{i}b" for i in range(10)]
    folds = folds_of_models(names)

    assert folds == folds_of_models(names[::-1])
    assert sorted(name for fold in folds for name in fold) == sorted(names)


def test_fifty_outcomes_of_a_new_model_help_where_there_is_something_to_learn() -> None:
    """What is learned beats what is guessed; where nothing is hidden, known and guessed are the same."""
    encoder = packaged_encoder()
    model = load_classifier(encoder.name, encoder.fingerprint)
    facts = {name: ModelFacts(name, usd_per_mtok_in=0.1, usd_per_mtok_out=0.4) for name in (WEAK, STRONG)}
    found = judge_pair(made_up(240), (WEAK, STRONG), frozenset({WEAK}), model, model, facts)
    arms = dict(zip(ARMS, found.apgr, strict=True))

    assert arms["known"] == arms["guessed"]
    assert arms["learned"] > arms["guessed"] + 0.05


def test_the_table_says_how_far_each_way_is_from_knowing() -> None:
    """Means over pairs, then over sources."""
    rows = [
        Newcomer("a", "x", "y", (0.6, 0.5, 0.6, 0.5, 0.5)),
        Newcomer("a", "x", "z", (0.6, 0.5, 0.6, 0.5, 0.5)),
        Newcomer("b", "x", "y", (0.5, 0.5, 0.5, 0.5, 0.5)),
    ]
    said = table(rows)

    assert "| a | 2 | 0.600 | 0.500 |" in said
    assert "| beside known | | +0.000 | -0.050 | +0.000 |" in said
