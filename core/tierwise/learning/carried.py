"""What a router has learned, as bytes, for another process to go on from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tierwise.learning.ledger import Ledger
from tierwise.router import Router

__all__ = ["learned_bytes", "take_up"]


def learned_bytes(router: Router) -> bytes:
    """What `save_learned` writes: outcomes as figures, and promises; no text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "learned.npz"
        router.save_learned(path)
        return path.read_bytes()


def take_up(router: Router, learned: bytes) -> None:
    """Makes a router that has just been built know what these bytes say, and nothing else.

    What its feedback store holds is let go first: the one the bytes are from had read that too, and counted twice it would
    weigh twice.

    Raises:
        LearnedError: The bytes are not what `learned_bytes` gave.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "learned.npz"
        path.write_bytes(learned)
        router.teacher.ledger = Ledger()
        router.teacher.load(path)
