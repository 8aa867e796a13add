"""What learning costs: a corrected decision, one more outcome, a refit. Run: `python tests/benchmarks/bench_learn.py`."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

from tierwise import Outcome, Router, Tier

TOPICS = ("rivers", "cats", "integrals", "sorting", "poems", "taxes", "proofs", "lists")
TIERS = ("gpt-4.1-nano", "claude-opus-4-6")


def says(i: int) -> list[dict[str, str]]:
    word = TOPICS[i % len(TOPICS)]
    return [{"role": "user", "content": f"Tell me about {word}, number {i}, and what {word} have to do with {i * 7}."}]


def outcomes(n: int, first: int = 0) -> list[Outcome]:
    return [Outcome(m, float(m == TIERS[1] or i % 8 != 2), says(i)) for i in range(first, first + n) for m in TIERS]


def milliseconds(run: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """Quickest and median."""
    found = []
    for i in range(rounds):
        began = time.perf_counter()
        run(i)
        found.append(1000 * (time.perf_counter() - began))
    return min(found), statistics.median(found)


def main() -> None:
    plain = Router([Tier("small", model=TIERS[0]), Tier("top", model=TIERS[1])])
    taught = Router([Tier("small", model=TIERS[0]), Tier("top", model=TIERS[1])])
    print(f"{'':34}{'quickest':>12}{'median':>12}")
    for n in (50, 200, 800):
        taught.learn(outcomes(n, first=10_000 * n))
        quickest, median = milliseconds(lambda _: taught.learn([]), 5)
        print(f"refit, {len(taught.teacher.ledger):5} outcomes{'':15}{quickest:9.1f} ms{median:9.1f} ms")
    correction = taught.correction
    assert correction is not None
    assert correction.trust > 0
    estimate = plain.estimate(says(1))
    vectors = plain.embedder.embed(["a", "a"]).reshape(1, 2, -1) if plain.embedder is not None else None
    quickest, median = milliseconds(lambda _: correction.apply([estimate], vectors), 3_000)
    print(f"{'correcting one estimate':34}{1000 * quickest:9.1f} µs{1000 * median:9.1f} µs")
    for name, router in (("a decision, nothing learned", plain), ("a decision, learned", taught)):
        quickest, median = milliseconds(lambda i, router=router: router.start(says(i)), 2_000)  # type: ignore[misc]
        print(f"{name:34}{1000 * quickest:9.1f} µs{1000 * median:9.1f} µs")
    quickest, median = milliseconds(lambda i: taught.learn([Outcome(TIERS[0], 1.0, says(50_000 + i))]), 500)
    print(f"{'one more outcome':34}{quickest:9.2f} ms{median:9.2f} ms")


if __name__ == "__main__":
    main()
