"""Vectors that are remembered, without the texts they are of."""

from __future__ import annotations

import threading
from collections import OrderedDict

from tierwise.types import Floats

__all__ = ["VectorCache"]


class VectorCache:
    """The vectors of the latest texts, found by a digest. Safe to share between threads.

    Args:
        max_texts: How many are kept.
    """

    def __init__(self, max_texts: int) -> None:
        self._max_texts = max_texts
        self._vectors: OrderedDict[bytes, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._vectors)

    def get(self, key: bytes) -> Floats | None:
        """The vector kept under a digest, which counts as a use; None where there is none."""
        with self._lock:
            vector = self._vectors.get(key)
            if vector is not None:
                self._vectors.move_to_end(key)
            return vector

    def put(self, key: bytes, vector: Floats) -> None:
        """Keeps a vector; the least recently used goes."""
        with self._lock:
            self._vectors[key] = vector
            while len(self._vectors) > self._max_texts:
                self._vectors.popitem(last=False)
