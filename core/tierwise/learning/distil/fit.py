"""Token vectors whose sum says what the teacher says of the whole text.

Three steps. The teacher's sentence vectors are turned onto their principal axes and cut to `dim` of them, without
centring, so that cosines stay what they were. Each token starts from what the teacher makes of it alone, through one
linear map fitted on sentences, times a weight that falls with frequency. Then all token vectors are tuned on the
cosine between their sum and the teacher's vector.

Source:
    Minish Lab's model2vec (github.com/MinishLab/model2vec): tokens through the encoder, PCA, frequency weights, then
    tuning on sentence vectors. Weights: Arora, Liang and Ma (2017), "A simple but tough-to-beat baseline for sentence
    embeddings", a / (a + p). Ours differs in the linear map, and in tuning on the cosine directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tierwise.learning.distil.teacher import Progress
from tierwise.types import Floats

SIF = 1e-3
MAP_ROUNDS = 5
BATCH = 4_096


def unit(vectors: Floats) -> Floats:
    """The rows brought to length 1; a row of zeros stays one."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def principal_axes(vectors: Floats, dim: int) -> Floats:
    """The `dim` orthogonal directions that hold most of the vectors' length, shape (hidden, dim); not centred."""
    _, directions = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors / len(vectors))
    chosen = directions[:, ::-1][:, :dim]
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(dim)])  # an axis has no direction of its own
    return np.asarray(chosen * signs, dtype=np.float32)


def share_matrix(ids: Sequence[NDArray[np.int64]], vocabulary: int) -> Any:
    """Which share of a text each token is: scipy CSR, shape (n_texts, vocabulary), rows summing to 1."""
    from scipy.sparse import csr_matrix

    lengths = np.array([len(row) for row in ids])
    values = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    matrix = csr_matrix((values, np.concatenate(ids), starts), shape=(len(ids), vocabulary))
    matrix.sum_duplicates()
    return matrix


def start_vectors(shares: Any, targets: Floats, tokens: Floats) -> Floats:
    """Token vectors by one linear map from what the teacher knows of each token.

    A text's length is free (only its direction matters), so the map is fitted again against targets scaled to the
    lengths it gave, a few times.

    Args:
        shares: Shape (n_texts, vocabulary), see `share_matrix`.
        targets: Shape (n_texts, dim), rows of length 1.
        tokens: Shape (vocabulary, n_features).
    """
    frequency = np.asarray(shares.sum(axis=0)).ravel()
    frequency = frequency / frequency.sum()
    weighted = (tokens * (SIF / (SIF + frequency))[:, None]).astype(np.float32)
    texts = shares @ weighted
    gram = texts.T @ texts
    gram[np.diag_indices(len(gram))] += 1e-3 * np.trace(gram) / len(gram)
    lengths = np.ones((len(targets), 1), dtype=np.float32)
    for _ in range(MAP_ROUNDS):
        linear = np.linalg.solve(gram, texts.T @ (targets * lengths))
        lengths = np.maximum(np.sum((texts @ linear) * targets, axis=1, keepdims=True), 0.05)
        lengths /= lengths.mean()
    mapped = weighted @ linear
    return np.asarray(mapped * (0.3 / np.linalg.norm(shares @ mapped, axis=1).mean()), dtype=np.float32)


def tune(
    shares: Any, targets: Floats, start: Floats, *, steps: int, rate: float, seed: int, progress: Progress
) -> Floats:
    """Adam on 1 - cosine over batches of texts, the rate falling to zero.

    Args:
        shares: Shape (n_texts, vocabulary).
        targets: Shape (n_texts, dim), rows of length 1.
        start: Shape (vocabulary, dim).
        steps: Batches in all.
        rate: Of the first step.
        seed: Orders the texts.
        progress: Called after each step.
    """
    rng = np.random.default_rng(seed)
    vectors, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    order, at = rng.permutation(len(targets)), 0
    batch = min(BATCH, len(targets))
    for step in range(1, steps + 1):
        if at + batch > len(order):
            order, at = rng.permutation(len(targets)), 0
        rows, at = order[at : at + batch], at + batch
        gradient = _gradient(shares[rows], targets[rows], vectors)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        scaled = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
        vectors -= np.float32(rate * (1 - step / steps)) * scaled
        progress("tuning", step, steps)
    return vectors


def _gradient(shares: Any, targets: Floats, vectors: Floats) -> Floats:
    sums = shares @ vectors
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    directions = sums / lengths
    cosines = np.sum(directions * targets, axis=1, keepdims=True)
    return np.asarray(shares.T @ ((cosines * directions - targets) / lengths / len(targets)), dtype=np.float32)
