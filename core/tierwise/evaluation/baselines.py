"""What any router should beat: rules anybody can write in a line, and simple learners on text vectors.

A learner sees vectors and targets of training rows and says something of other rows; `cross_fitted` sees to it that no row
is judged by itself or by its kin. All of it is numpy, and the same input gives the same output.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tierwise.types import Floats

__all__ = ["LEARNERS", "ClusterTable", "Learner", "Nearest", "Ridge", "cross_fitted", "folds_of"]

_BLOCK = 1024


class Learner(Protocol):
    """Predicts targets of rows from those of others."""

    def predict(self, x: Floats, y: Floats, new: Floats) -> Floats:
        """Learns and predicts at once.

        Args:
            x: Training vectors, shape (n, dim), rows of length 1.
            y: Their targets, shape (n, n_targets).
            new: Shape (m, dim).

        Returns:
            Shape (m, n_targets).
        """


@dataclass(frozen=True, slots=True)
class Nearest:
    """The mean target of the `k` nearest rows by cosine; of all rows where there are fewer."""

    k: int = 40

    def predict(self, x: Floats, y: Floats, new: Floats) -> Floats:
        """See `Learner`."""
        k, found = min(self.k, len(x)), []
        for i in range(0, len(new), _BLOCK):
            near = np.argpartition(-(new[i : i + _BLOCK] @ x.T), k - 1, axis=1)[:, :k]
            found.append(y[near].mean(axis=1))
        return np.concatenate(found) if found else np.zeros((0, y.shape[1]))


@dataclass(frozen=True, slots=True)
class Ridge:
    """Linear regression on the vectors, with a penalty of `strength` on each weight and none on the mean."""

    strength: float = 10.0

    def predict(self, x: Floats, y: Floats, new: Floats) -> Floats:
        """See `Learner`."""
        x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
        centred = np.asarray(x - x_mean, dtype=float)
        gram = centred.T @ centred + self.strength * np.eye(x.shape[1])
        return np.asarray((new - x_mean) @ np.linalg.solve(gram, centred.T @ (y - y_mean)) + y_mean)


@dataclass(frozen=True, slots=True)
class ClusterTable:
    """The mean targets of the nearest few of `k` clusters, nearer ones counting more.

    Source:
        Zhang et al. (2025), "Beyond GPT-5: Making LLMs Cheaper and Better via Performance-Efficiency Optimized Routing"
        (Avengers-Pro): k-means on text vectors, a table of each model's scores per cluster, the top p clusters of a query.
    """

    k: int = 60
    top: int = 4
    rounds: int = 15
    seed: int = 20261124

    def predict(self, x: Floats, y: Floats, new: Floats) -> Floats:
        """See `Learner`."""
        centres = self._centres(x)
        which = _nearest_centre(x, centres)
        counts = np.bincount(which, minlength=len(centres)).astype(float)
        sums = np.stack([np.bincount(which, column, len(centres)) for column in y.T], axis=1)
        # One row's worth of the overall mean keeps tiny clusters from shouting.
        table = (sums + y.mean(axis=0)) / (counts[:, None] + 1)
        similar = new @ centres.T
        top = np.argsort(-similar, axis=1, kind="stable")[:, : self.top]
        near = np.exp(8 * np.take_along_axis(similar, top, axis=1))
        return np.asarray((near[:, :, None] * table[top]).sum(axis=1) / near.sum(axis=1, keepdims=True))

    def _centres(self, x: Floats) -> Floats:
        rng = np.random.default_rng(self.seed)
        centres = x[rng.choice(len(x), min(self.k, len(x)), replace=False)]
        for _ in range(self.rounds):
            which = _nearest_centre(x, centres)
            sums = np.zeros_like(centres)
            np.add.at(sums, which, x)
            length = np.linalg.norm(sums, axis=1, keepdims=True)
            centres = np.where(length > 0, sums / np.where(length > 0, length, 1.0), centres)
        return centres


def _nearest_centre(x: Floats, centres: Floats) -> Floats:
    return np.asarray(np.argmax(x @ centres.T, axis=1))


LEARNERS: Mapping[str, Learner] = {"kNN": Nearest(), "ridge": Ridge(), "k-means table": ClusterTable()}


def folds_of(clusters: Sequence[Hashable], n_folds: int, seed: int) -> Floats:
    """A fold for each row, whole clusters together; shape (n,), from 0 on."""
    names, index = np.unique([str(cluster) for cluster in clusters], return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    return np.asarray((order % n_folds)[index])


def cross_fitted(learner: Learner, x: Floats, y: Floats, folds: Floats) -> Floats:
    """Each fold's targets as learned from all other folds, shape (n, n_targets); rows with NaN targets teach nothing.

    Where nothing is left to learn from, NaN.
    """
    found = np.full(y.shape, np.nan)
    known = ~np.isnan(y).any(axis=1)
    for fold in np.unique(folds):
        out, rest = folds == fold, (folds != fold) & known
        if rest.any():
            found[out] = learner.predict(x[rest], y[rest], x[out])
    return found
