"""`proof.py` for litellm: the same stories through its transformations.

python tests/handoff/proof_litellm.py [--examples 2000]
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
sys.path.insert(0, str(Path(__file__).parent))

from clients import HOUSES
from hypothesis import HealthCheck, Phase, given, settings
from servers.wire import MakerServer
from stories import Story, stories
from through_litellm import PAIRS, Message, Teller, ask, handed, tier_of


def tally(
    maker: str, target: str, servers: dict[str, MakerServer], teller: Teller, examples: int
) -> tuple[Counter[str], Counter[str]]:
    """How many histories there were and were refused, with and without a handoff; and why, with it."""
    made_by, goes_to = (maker, HOUSES[maker].models[0]), (target, HOUSES[target].models[1])
    tier = tier_of(HOUSES[target], goes_to[1])
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()

    def refused(messages: Sequence[Message], reasons: Counter[str]) -> bool:
        try:
            ask(HOUSES[target], servers[target], goes_to[1], messages)
        except Exception as error:  # whatever litellm raises is what a user sees
            reasons[f"{type(error).__name__}: {str(error)[:300]}"] += 1
            return True
        return False

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(stories)
    def hand_over(story: Story) -> None:
        history, makers = teller.history(story, made_by, goes_to)
        without = refused(history, Counter())
        counts.update(histories=1, plain=story.plain, without=without, plain_without=without and story.plain)
        counts["refused"] += refused(handed(history, tier, makers), why)

    hand_over()
    return counts, why


def main() -> None:
    """Prints a line a pair, and the sums."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--examples", type=int, default=2000)
    options = asked.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    servers = {name: house.server(seed=2000 + i).__enter__() for i, (name, house) in enumerate(HOUSES.items())}
    teller, sums = Teller(), Counter[str]()
    print(f"{'from':<11}{'to':<11}{'histories':>10}{'refused':>9}{'without':>9}")
    for maker, target in PAIRS:
        counts, why = tally(maker, target, servers, teller, options.examples)
        share = counts["without"] / counts["histories"]
        print(f"{maker:<11}{target:<11}{counts['histories']:>10}{counts['refused']:>9}{share:>9.1%}", flush=True)
        for words, count in why.most_common(3):
            print(f"    {count} x {words}")
        sums += counts
    without, plain = sums["without"] / sums["histories"], sums["plain_without"] / max(sums["plain"], 1)
    print(f"\nThrough litellm: {len(PAIRS)} pairs, {sums['histories']} histories, {sums['refused']} refused.")
    print(f"Without the handoff {without:.1%} refused; of the {sums['plain']} plain ones {plain:.1%}.")
    sys.exit(1 if sums["refused"] else 0)


if __name__ == "__main__":
    main()
