"""What a router holds after a hundred thousand conversations: resident memory and entries, beside after a thousand.

    python tests/benchmarks/bench_memory.py [--conversations N]

Every conversation is a step of four messages with a prompt of its own, answered with usage; no encoder, so that what is seen is what
is kept. `tests/core/test_bounded_memory.py` asserts the bounds by counting.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from tierwise import Answer, Router, Tier, Usage

PAGE = os.sysconf("SC_PAGE_SIZE")


def resident_mb() -> float:
    """Memory of this process that is in RAM, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


def step(router: Router, number: int) -> None:
    """One step of a conversation of its own, with about 2,000 characters, answered."""
    messages = [
        {"role": "system", "content": f"You keep the books of shop {number}. " * 50},
        {"role": "user", "content": f"What did customer {number} pay, and when?"},
        {"role": "assistant", "content": "I am looking it up."},
        {"role": "user", "content": "Go on, and tell me the amount too."},
    ]
    answer = Answer({"role": "assistant", "content": "31.50 EUR."}, usage=Usage(input=600, output=8))
    router.start(messages).after(answer)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=100_000)
    options = parser.parse_args()
    tiers = [Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")]
    router = Router(tiers, embedder=None)
    marks = sorted({1, *(options.conversations * share // 100 for share in (1, 10, 25, 50, 75, 100))})
    print(f"{'conversations':>14}{'resident MB':>13}{'states':>9}{'histories':>11}{'decisions':>11}")
    for number in range(1, options.conversations + 1):
        step(router, number)
        if number in marks:
            store = router._conversations.store
            kept = (len(store), len(router._memo), len(router._seen))  # type: ignore[arg-type]
            print(f"{number:>14,}{resident_mb():>13.1f}{kept[0]:>9,}{kept[1]:>11,}{kept[2]:>11,}", flush=True)


if __name__ == "__main__":
    main()
