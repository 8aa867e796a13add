"""Token vectors whose sum says what the teacher says of the whole text.

Three steps. The teacher's sentence vectors are turned onto their principal axes and cut to `dim` of them, without
centring, so that cosines stay what they were. Each token starts from what the teacher makes of it alone, through one
linear map fitted on sentences, times a weight that falls with frequency. Then all token vectors are tuned on the
cosine between their sum and the teacher's vector, and on the similarities between texts.

Tried and left out (unseen sources, cosine): a residual layer on the sum (+0.002), the teacher's input embeddings as
more features of a token (-0.005), random windows of words as more texts (0.000, and similarities rank worse).

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

from tierwise.training.distil.teacher import Progress
from tierwise.types import Floats

SIF = 1e-3
MAP_ROUNDS = 5
BATCH = 4_096
BLOCK = 1_024
SIMILARITY = 4.0


def unit(vectors: Floats) -> Floats:
    """The rows brought to length 1; a row of zeros stays one."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), dtype=np.float32)


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
    """Adam over batches of texts, with one step size a token, the rate falling to zero.

    The loss is 1 - cosine, plus `SIMILARITY` times the mean squared error of the similarities within a block of texts.

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
    vectors, mean, square = start.copy(), np.zeros_like(start), np.zeros((len(start), 1), dtype=np.float32)
    order, at = rng.permutation(len(targets)), 0
    batch = min(BATCH, len(targets))
    for step in range(1, steps + 1):
        if at + batch > len(order):
            order, at = rng.permutation(len(targets)), 0
        rows, at = order[at : at + batch], at + batch
        gradient = _gradient(shares[rows], targets[rows], vectors)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * np.mean(gradient**2, axis=1, keepdims=True)
        scaled = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
        vectors -= np.asarray(rate * (1 - step / steps) * scaled, dtype=np.float32)
        progress("tuning", step, steps)
    return vectors


def _gradient(shares: Any, targets: Floats, vectors: Floats) -> Floats:
    """Of the loss by the token vectors."""
    sums = shares @ vectors
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    directions = sums / lengths
    slope = -targets
    for first in range(0, len(targets), BLOCK):
        ours, theirs = directions[first : first + BLOCK], targets[first : first + BLOCK]
        slope[first : first + BLOCK] += 4 * SIMILARITY / len(ours) * ((ours @ ours.T - theirs @ theirs.T) @ ours)
    slope -= np.sum(slope * directions, axis=1, keepdims=True) * directions
    return np.asarray(shares.T @ (slope / lengths / len(targets)), dtype=np.float32)
