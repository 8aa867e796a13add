"""How often each ordered pair of makers ends in a refusal, with the handoff and without it: `make handoff-proof`.

    python tests/handoff/proof.py [--examples 2000] [--from anthropic] [--to mistral] [--workers 2] [--why]

Stories are drawn as in the tests (`stories.py`), the same for every pair. A refusal is an error of the target's server,
or of its client library before anything is sent: what a user sees is an exception either way. Columns: refusals by the
target, refusals when the first maker takes back what came of it, histories that a second handoff would change again;
then the share refused without a handoff, of all stories and of the plain ones, in which nothing goes wrong.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("LANGSMITH_TRACING", "false")
sys.path.insert(0, str(Path(__file__).parent))

from clients import HOUSES
from handing import ask, edits_of, handed
from hypothesis import HealthCheck, Phase, given, settings
from langchain_core.messages import BaseMessage, ToolMessage
from servers.wire import MakerServer, Turn
from stories import Story, history_of, stories

ANSWER = Turn("Looking further.", "So.", (("look_up", {"q": "more"}), ("fetch-page", {"n": 1})))


@dataclass
class Tally:
    """What came of one pair."""

    histories: int = 0
    refused: int = 0
    refused_without: int = 0
    plain: int = 0
    plain_refused_without: int = 0
    refused_back: int = 0
    changed_twice: int = 0
    why: Counter[str] = field(default_factory=Counter)
    why_without: Counter[str] = field(default_factory=Counter)
    why_plain: Counter[str] = field(default_factory=Counter)


def tally(maker: str, target: str, servers: dict[str, MakerServer], examples: int) -> Tally:
    """Hands so many histories of one maker over to another."""
    made_by, goes_to = (maker, HOUSES[maker].models[0]), (target, HOUSES[target].models[1])
    tiers = (HOUSES[maker].tier(made_by[1]), HOUSES[target].tier(goes_to[1]))
    found = Tally()

    def asked(house: str, model: str, history: Sequence[BaseMessage], why: Counter[str]) -> Any:
        try:
            return ask(HOUSES[house], servers[house], model, history)
        except Exception as error:  # whatever a client raises is what a user sees
            why[f"{type(error).__name__}: {str(error)[:300]}"] += 1
            return None

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
        history = history_of(story, made_by, goes_to)
        found.histories += 1
        refused = asked(*goes_to, history, found.why_plain if story.plain else found.why_without) is None
        found.refused_without += refused
        found.plain += story.plain
        found.plain_refused_without += story.plain and refused
        once = handed(history, tiers[1], tiers)
        found.changed_twice += edits_of(once, tiers[1], tiers) != ()
        servers[target].say(ANSWER)
        answer = asked(*goes_to, once, found.why)
        if answer is None:
            servers[target].forget()
            found.refused += 1
            return
        further = [*history, answer, *(ToolMessage("r", tool_call_id=call["id"]) for call in answer.tool_calls)]
        found.refused_back += asked(*made_by, handed(further, tiers[0], tiers), found.why) is None

    hand_over()
    return found


def tally_maker(maker: str, targets: Sequence[str], examples: int) -> list[tuple[str, str, Tally]]:
    """All pairs of one maker, in a process of its own."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    names = dict.fromkeys((maker, *targets))
    servers = {name: HOUSES[name].server(seed=1000 + i).__enter__() for i, name in enumerate(names)}
    return [(maker, target, tally(maker, target, servers, examples)) for target in targets]


def print_row(maker: str, target: str, row: Tally, why: bool) -> None:
    """One line for a pair; with `why`, its commonest refusals below."""
    without, plain = row.refused_without / row.histories, row.plain_refused_without / max(row.plain, 1)
    counts = f"{row.refused:>9}{row.refused_back:>6}{row.changed_twice:>7}"
    print(f"{maker:<11}{target:<11}{row.histories:>10}{counts}{without:>9.1%}{plain:>8.1%}", flush=True)
    whys = (("with", row.why), ("without, plain", row.why_plain), ("without, odd", row.why_without))
    for name, found in whys if why else ():
        for words, count in found.most_common(4):
            print(f"    {name}: {count} x {words}")


def print_sums(rows: Sequence[Tally], seconds: float) -> int:
    """The sums; returns how many were refused with the handoff."""
    total, refused = sum(row.histories for row in rows), sum(row.refused + row.refused_back for row in rows)
    twice, plain = sum(row.changed_twice for row in rows), sum(row.plain for row in rows)
    without = sum(row.refused_without for row in rows) / max(total, 1)
    plain_without = sum(row.plain_refused_without for row in rows) / max(plain, 1)
    print(f"\n{len(rows)} pairs, {total} histories ({plain} plain), each handed over and back, in {seconds:.0f} s.")
    print(f"With the handoff {refused} refused, {twice} changed by a second handoff.")
    print(f"Without it {without:.1%} refused; of the plain ones {plain_without:.1%}.")
    return refused + twice


def main() -> None:
    """Prints a line a pair, as its maker is done, and the sums."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--examples", type=int, default=2000)
    asked.add_argument("--from", dest="makers", nargs="*", default=list(HOUSES))
    asked.add_argument("--to", dest="targets", nargs="*", default=list(HOUSES))
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--why", action="store_true", help="print the commonest refusals")
    options = asked.parse_args()
    known = [name for name, house in HOUSES.items() if house.installed]
    makers = [name for name in options.makers if name in known]
    targets = [name for name in options.targets if name in known]
    started, rows = time.perf_counter(), []
    print(f"{'from':<11}{'to':<11}{'histories':>10}{'refused':>9}{'back':>6}{'twice':>7}{'without':>9}{'plain':>8}")
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        asked_for = [pool.submit(tally_maker, maker, targets, options.examples) for maker in makers]
        for done in as_completed(asked_for):
            for maker, target, row in done.result():
                print_row(maker, target, row, options.why)
                rows.append(row)
    refused = print_sums(rows, time.perf_counter() - started)
    if missing := [name for name in HOUSES if name not in known]:
        print(f"Left out, as their client libraries are not installed: {', '.join(missing)}.")
    sys.exit(1 if refused else 0)


if __name__ == "__main__":
    main()
