"""The distillation of the packaged encoder, piece by piece, on made-up vectors and texts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the extra tierwise[train] is not installed")
pytest.importorskip("scipy", reason="the extra tierwise[train] is not installed")
pd = pytest.importorskip("pandas", reason="the extra tierwise[train] is not installed")

from tierwise.training.distil.corpus import read_corpus  # noqa: E402
from tierwise.training.distil.export import quantise, rounded, write_model  # noqa: E402
from tierwise.training.distil.fit import principal_axes, share_matrix, start_vectors, tune, unit  # noqa: E402
from tierwise.training.distil.judge import fidelity  # noqa: E402

VOCABULARY, DIM = 60, 8


def silent(what: str, done: int, total: int) -> None:
    """A progress bar that nobody sees."""


def planted(seed: int = 0) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Texts of random tokens whose teacher is the sum of hidden token vectors: ids, targets, the hidden vectors."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(VOCABULARY, DIM)).astype(np.float32)
    ids = [rng.integers(0, VOCABULARY, rng.integers(1, 12)) for _ in range(600)]
    return ids, unit(np.vstack([hidden[row].sum(axis=0) for row in ids])), hidden


def test_principal_axes_keep_cosines_where_all_are_kept():
    """Turning onto all axes is a rotation: similarities stay what they were."""
    vectors = unit(np.random.default_rng(0).normal(size=(50, DIM)))

    turned = vectors @ principal_axes(vectors, DIM)

    assert turned @ turned.T == pytest.approx(vectors @ vectors.T, abs=1e-5)


def test_shares_of_a_text_sum_to_one_and_count_repeats():
    """A token that stands twice among four has half the text; a text without tokens has no shares."""
    shares = share_matrix([np.array([3, 1, 3, 0]), np.array([], dtype=np.int64)], 5).toarray()

    assert shares.tolist() == [[0.25, 0.25, 0, 0.5, 0], [0, 0, 0, 0, 0]]


def test_tuning_finds_token_vectors_that_explain_unseen_texts():
    """Vectors tuned on some texts are nearer to the teacher on others than those they started from."""
    ids, targets, hidden = planted()
    noisy = hidden + np.random.default_rng(1).normal(size=hidden.shape)
    shares = share_matrix(ids, VOCABULARY)

    start = start_vectors(shares[:400], targets[:400], noisy)
    tuned = tune(shares[:400], targets[:400], start, steps=150, rate=0.03, seed=0, progress=silent)

    def cosine(vectors: np.ndarray) -> float:
        return float(np.sum(unit(shares[400:] @ vectors) * targets[400:], axis=1).mean())

    assert cosine(tuned) > 0.97 > cosine(start)


def test_the_same_seed_gives_the_same_vectors():
    """Nothing but the seed decides the order of the texts."""
    ids, targets, hidden = planted()
    shares = share_matrix(ids, VOCABULARY)

    first, second = (tune(shares, targets, hidden, steps=5, rate=0.01, seed=3, progress=silent) for _ in range(2))

    assert np.array_equal(first, second)


def test_int8_is_off_by_half_a_step_at_most():
    """Rounding moves no number by more than half of its row's scale; a row of zeros stays one."""
    vectors = np.random.default_rng(0).normal(size=(20, DIM)).astype(np.float32)
    vectors[4] = 0
    rows, scales = quantise(vectors)

    assert rows.dtype == np.int8
    assert (np.abs(rounded(vectors) - vectors) <= scales[:, None] / 2 + 1e-6).all()
    assert not rounded(vectors)[4].any()


def test_the_graph_sums_its_rows_and_ignores_padding(tmp_path: Path):
    """What onnxruntime computes is the sum of the int8 vectors; a token whose vector is zero adds nothing."""
    onnxruntime = pytest.importorskip("onnxruntime")
    vectors = np.random.default_rng(0).normal(size=(VOCABULARY, DIM)).astype(np.float32)
    vectors[0] = 0
    write_model(tmp_path / "model.onnx", vectors)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])

    (sums,) = session.run(None, {"input_ids": np.array([[5, 9, 5], [7, 0, 0]])})

    kept = rounded(vectors)
    assert sums == pytest.approx(np.vstack([2 * kept[5] + kept[9], kept[7]]), abs=1e-5)


def test_a_student_that_is_the_teacher_is_judged_perfect():
    """All three figures are 1 for the teacher's own vectors, and lower for others."""
    vectors = unit(np.random.default_rng(0).normal(size=(40, DIM)))
    axes = principal_axes(vectors, DIM)
    others = unit(np.random.default_rng(1).normal(size=(40, DIM)))

    same, other = fidelity(vectors @ axes, vectors, axes), fidelity(others, vectors, axes)

    assert (same.cosine, same.spearman, same.neighbours) == pytest.approx((1, 1, 1), abs=1e-3)
    assert max(other.cosine, other.spearman, other.neighbours) < 0.5


def test_no_text_is_both_fitted_and_judged(tmp_path: Path):
    """Held-out texts, sources never read and English prompts are not among the texts that are fitted."""
    for folder, name, column in (
        ("outcomes/quiz", "queries", "prompt"),
        ("outcomes/eq_bench", "queries", "prompt"),
        ("agents/shop", "traces", "messages"),
        ("tier_labels", "prompts", "prompt"),
    ):
        (tmp_path / folder).mkdir(parents=True)
        texts = [f"{folder} asks question number {i} of many" for i in range(80)] + ["Shall we go on?"]
        if column == "messages":
            texts = [
                json.dumps([{"role": "user", "content": text}, {"role": "tool", "content": None}]) for text in texts
            ]
        pd.DataFrame({column: texts, "lang": [*["en", "de"] * 40, "en"]}).to_parquet(
            tmp_path / folder / f"{name}.parquet"
        )

    corpus = read_corpus(tmp_path)

    judged = [*corpus.held_out, *corpus.unseen, *corpus.english, *corpus.languages["de"]]
    assert not set(judged) & set(corpus.fit)
    assert all("eq_bench" not in text for text in corpus.fit)
    assert all("eq_bench" in text for text in corpus.unseen)
    assert min(map(len, (corpus.fit, corpus.held_out, corpus.unseen, corpus.english, corpus.languages["de"]))) > 0


def test_an_empty_data_folder_is_named(tmp_path: Path):
    """A wrong path says what is expected there."""
    with pytest.raises(FileNotFoundError, match="no parquet table"):
        read_corpus(tmp_path)
