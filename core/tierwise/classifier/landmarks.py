"""Unnamed kinds of traffic: steps that stand for many, and how near a step is to each.

    k_j(x) = 1/2 near(x, z_j) + 1/2 near(x, z_j)^wider alike(x, z_j)

    near  = exp(-|v - v_j|^2 / (2 width^2)),  halved and summed over task and latest message where both are looked at
    alike = exp(-|scales (s - s_j)|^2 / 2),   s the signals

A kernel by its landmarks: soft clusters of the user's own traffic, which a learner gives levels to. The first half knows
topics; the second knows steps that look alike within a wider topic, such as long questions with many numbers.

Source:
    Williams and Seeger (2001), "Using the Nyström method to speed up kernel machines"; Zhang, Tsang and Kwok (2008),
    "Improved Nyström low-rank approximation" (cluster centres as landmarks); Duvenaud (2014), "Automatic model
    construction with Gaussian processes", section 2.3 (sums and products of kernels).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tierwise.types import Floats

__all__ = ["Landmarks", "find_landmarks"]

_WIDER = 0.42
"""Topics of steps that look alike reach 1.5 times as far."""
_MOST = 512
"""As many as a decision has time for: 20 microseconds."""
_ROUNDS = 4
_REACH, _REACHES = 0.39, (0.05, 10.0)
_ALIKE, _LEAST_SD = 2.0, 0.3
"""Steps are alike up to twice the spread of a signal; a signal that hardly varies in some traffic is not blown up."""


@dataclass(frozen=True)
class Landmarks:
    """Centres of kinds of traffic.

    Attributes:
        task: Shape (n_landmarks, dim): where the task lies.
        signals: Shape (n_landmarks, n_signals): what its steps look like.
        scales: Shape (n_signals,): how much a difference in each signal counts.
        latest: Shape of `task`: where the latest message lies, zeros where nothing precedes it; None where no step learned
            from had anything before it, and then only the task is looked at.
        width: How far a kind of traffic reaches.
    """

    task: Floats
    signals: Floats
    scales: Floats
    latest: Floats | None = None
    width: float = 0.5

    def __len__(self) -> int:
        return len(self.task)

    def nearness(self, signals: Floats, vectors: Floats) -> Floats:
        """How near steps are to each landmark.

        Args:
            signals: Shape (n, n_signals).
            vectors: Shape (n, 2 dim): of task and latest message, the latter zeros where nothing precedes it.

        Returns:
            Shape (n, n_landmarks), from 0 to 1.
        """
        dim = self.task.shape[1]
        near, wide = _near(vectors[:, :dim] / self.width, *self._task)
        if self._latest is not None:
            of_latest = _near(vectors[:, dim:] / self.width, *self._latest)
            near, wide = (near + of_latest[0]) / 2, (wide + of_latest[1]) / 2
        return np.asarray((near + wide * np.exp(_exponent(signals * self.scales, *self._signals))) / 2, dtype=float)

    def nearness_of_one(self, signals: Floats, task: Floats, latest: Floats | None) -> Floats:
        """The same of a single step; shape (n_landmarks,). `latest` is None where nothing precedes it."""
        points, squares = self._task
        near, wide = _near_one(task / np.float32(self.width), points, squares)
        if self._latest is not None:
            points, squares = self._latest
            at = np.zeros_like(task) if latest is None else latest / np.float32(self.width)
            of_latest = _near_one(at, points, squares)
            near, wide = (near + of_latest[0]) / 2, (wide + of_latest[1]) / 2
        points, squares = self._signals
        x = (signals * self.scales).astype(np.float32)
        return np.asarray((near + wide * np.exp(points @ x + squares - x @ x / 2)) / 2)

    @cached_property
    def _task(self) -> tuple[Floats, Floats]:
        return _laid_out(self.task / self.width)

    @cached_property
    def _latest(self) -> tuple[Floats, Floats] | None:
        return None if self.latest is None else _laid_out(self.latest / self.width)

    @cached_property
    def _signals(self) -> tuple[Floats, Floats]:
        return _laid_out(self.signals * self.scales)


def _laid_out(points: Floats) -> tuple[Floats, Floats]:
    """Points, and minus half their squared lengths."""
    squares = -(points.astype(float) ** 2).sum(axis=1) / 2
    return np.ascontiguousarray(points, dtype=np.float32), np.asarray(squares, dtype=np.float32)


def _exponent(x: Floats, points: Floats, squares: Floats) -> Floats:
    """Minus half the squared distances; shape (n, n_points)."""
    x = x.astype(np.float32)
    return np.asarray(x @ points.T + squares - ((x**2).sum(axis=1) / 2)[:, None])


def _near(x: Floats, points: Floats, squares: Floats) -> tuple[Floats, Floats]:
    found = _exponent(x, points, squares)
    return np.exp(found), np.exp(np.float32(_WIDER) * found)


def _near_one(x: Floats, points: Floats, squares: Floats) -> tuple[Floats, Floats]:
    found = points @ x + squares - x @ x / 2
    return np.exp(found), np.exp(np.float32(_WIDER) * found)


def find_landmarks(signals: Floats, vectors: Floats) -> Landmarks | None:
    """Centres of kinds of traffic; None where there are no steps or no vectors.

    Args:
        signals: Shape (n, n_signals).
        vectors: Shape (n, 2 dim): of task and latest message.
    """
    if not vectors.size:
        return None
    dim, width, scales = vectors.shape[1] // 2, _reach(vectors[:, : vectors.shape[1] // 2]), _scales(signals)
    x = np.concatenate([signals * scales, vectors / width], axis=1).astype(np.float32)
    centres = x[:_MOST].copy()
    if len(x) > _MOST:
        for _ in range(_ROUNDS):
            nearest = (x @ centres.T - 0.5 * (centres**2).sum(axis=1)).argmax(axis=1)
            centres = _means(x, nearest, centres)
    looks, task, latest = np.split(centres, (len(scales), len(scales) + dim), axis=1)
    return Landmarks(task * width, looks / scales, scales, latest * width if latest.any() else None, width)


def _reach(x: Floats) -> float:
    """How far a kind of traffic reaches: a share of how far steps lie apart, so that any encoder's vectors will do."""
    apart = 2 * float(x.astype(float).var(axis=0).sum())
    return float(np.clip(_REACH * np.sqrt(apart), *_REACHES))


def _scales(signals: Floats) -> Floats:
    """How much a difference in each signal counts: as a share of how far the steps spread in it, or nearly."""
    return np.asarray(1.0 / (_ALIKE * np.maximum(signals.astype(float).std(axis=0), _LEAST_SD)))


def _means(x: Floats, nearest: npt.NDArray[np.intp], centres: Floats) -> Floats:
    """New centres; one that is nearest to nothing stays where it is."""
    order = np.argsort(nearest, kind="stable")
    names, starts = np.unique(nearest[order], return_index=True)
    found = centres.copy()
    found[names] = np.add.reduceat(x[order], starts, axis=0) / np.bincount(nearest)[names][:, None]
    return found
