"""Unnamed kinds of traffic: texts that stand for many, and how near a step is to each.

    k_j(x) = exp(-|x - z_j|^2 / (2 width^2)),   halved and summed over task and latest message where both are looked at

A kernel by its landmarks: soft clusters of the user's own traffic, which a learner gives levels to.

Source:
    Williams and Seeger (2001), "Using the Nyström method to speed up kernel machines"; Zhang, Tsang and Kwok (2008),
    "Improved Nyström low-rank approximation" (cluster centres as landmarks).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tierwise.types import Floats

__all__ = ["Landmarks"]


@dataclass(frozen=True)
class Landmarks:
    """Centres of kinds of traffic.

    Attributes:
        task: Shape (n_landmarks, dim): where the task lies.
        latest: Same shape: where the latest message lies, zeros where nothing precedes it; None where no step learned
            from had anything before it, and then only the task is looked at.
        width: How far a kind of traffic reaches.
    """

    task: Floats
    latest: Floats | None = None
    width: float = 0.5

    def __len__(self) -> int:
        return len(self.task)

    def nearness(self, vectors: Floats) -> Floats:
        """How near steps are to each landmark.

        Args:
            vectors: Shape (n, 2 dim): of task and latest message, the latter zeros where nothing precedes it.

        Returns:
            Shape (n, n_landmarks), from 0 to 1.
        """
        dim = self.task.shape[1]
        near = self._near(vectors[:, :dim], *self._task)
        if self._latest is not None:
            near = (near + self._near(vectors[:, dim:], *self._latest)) / 2
        return near

    def nearness_of_one(self, task: Floats, latest: Floats | None) -> Floats:
        """The same of a single step; shape (n_landmarks,). `latest` is None where nothing precedes it."""
        near = self._near_one(task, *self._task)
        if self._latest is None:
            return near
        points, squares = self._latest
        if latest is not None:
            return (near + self._near_one(latest, points, squares)) / 2
        return (near + np.exp(squares)) / 2

    @cached_property
    def _task(self) -> tuple[Floats, Floats]:
        return self._laid_out(self.task)

    @cached_property
    def _latest(self) -> tuple[Floats, Floats] | None:
        return None if self.latest is None else self._laid_out(self.latest)

    def _laid_out(self, points: Floats) -> tuple[Floats, Floats]:
        """Points over the squared width, and minus half their squared lengths over it."""
        scaled = np.ascontiguousarray(points / self.width**2, dtype=np.float32)
        squares = -(points.astype(float) ** 2).sum(axis=1) / (2 * self.width**2)
        return scaled, np.asarray(squares, dtype=np.float32)

    def _near(self, x: Floats, points: Floats, squares: Floats) -> Floats:
        own = -(np.asarray(x, dtype=float) ** 2).sum(axis=1) / (2 * self.width**2)
        return np.asarray(np.exp(x.astype(np.float32) @ points.T + squares + own[:, None]), dtype=float)

    def _near_one(self, x: Floats, points: Floats, squares: Floats) -> Floats:
        return np.asarray(np.exp(points @ x + squares - np.float32(float(x @ x) / (2 * self.width**2))))
