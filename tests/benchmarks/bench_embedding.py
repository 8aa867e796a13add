"""How long the packaged encoder takes for a text, beside MiniLM run by fastembed: `python tests/benchmarks/bench_embedding.py`.

One thread each, in turns, so that whatever else the machine does falls on both. Every text is new: nothing comes from
the cache but in the row that says so.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np

from tierwise.embedding import FastEmbedder, packaged_encoder
from tierwise.protocols import Embedder

MINILM = Path(__file__).resolve().parents[3] / "shared" / "models" / "all-MiniLM-L6-v2-onnx"
PROSE = (
    "The planner should read the repository configuration, then call the search tool with the right arguments and sum "
    "up what it finds for the customer before asking for confirmation of the refund amount. "
)
CHARACTERS = {20: 108, 100: 545, 400: 2_250}
numbers = count()


def fresh(tokens: int) -> str:
    """Prose of about so many tokens that no call has seen: its first and last words are new."""
    text = (PROSE * 20)[: CHARACTERS[tokens] - 8]
    return f"{next(numbers)} {text} {next(numbers)}"


def time_ms(call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e3


def measure(embedder: Embedder, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each call, by what was asked."""
    seen = fresh(100)
    embedder.embed([seen])
    asked: dict[str, list[float]] = {}
    for _ in range(rounds):
        for tokens in CHARACTERS:
            one, task, latest = fresh(tokens), fresh(tokens), fresh(tokens)
            asked.setdefault(f"one text, {tokens}", []).append(time_ms(lambda one=one: embedder.embed([one])))
            pair = [task, latest]
            asked.setdefault(f"two texts, {tokens}", []).append(time_ms(lambda pair=pair: embedder.embed(pair)))
            half = [seen, fresh(tokens)]
            asked.setdefault(f"known task, {tokens}", []).append(time_ms(lambda half=half: embedder.embed(half)))
    return asked


def main() -> int:
    """Prints the table; MiniLM's columns are left out where its folder is absent."""
    import fastembed  # noqa: F401  (half a second that is not the encoder's)

    packaged = packaged_encoder()
    print(f"load after fastembed is imported: {time_ms(packaged.load):.0f} ms")
    minilm = FastEmbedder(MINILM) if MINILM.is_dir() else None
    ours: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    measure(packaged, 20)
    for _ in range(10):
        for name, values in measure(packaged, 50).items():
            ours.setdefault(name, []).extend(values)
        for name, values in (measure(minilm, 3) if minilm else {}).items():
            theirs.setdefault(name, []).extend(values)
    print(f"{'tokens':18} {'packaged p50':>13} {'p99':>7} {'MiniLM p50':>11} {'p99':>7} {'ratio of p50':>13}")
    for name, values in ours.items():
        p50, p99 = np.percentile(values, [50, 99])
        line = f"{name:18} {p50:10.3f} ms {p99:7.3f}"
        if name in theirs:
            other50, other99 = np.percentile(theirs[name], [50, 99])
            line += f" {other50:11.2f} {other99:7.2f} {other50 / p50:12.0f}x"
        print(line)
    many = [fresh(100) for _ in range(2_000)]
    print(
        f"2,000 new texts of 100 tokens in one call: {2_000_000 / time_ms(lambda: packaged.embed(many)):,.0f} a second"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
