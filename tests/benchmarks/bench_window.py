"""How often a history that does not fit its window is sent with an unchanged beginning, so that a prompt cache serves it.

    python tests/benchmarks/bench_window.py [--data FOLDER] [--runs N]

Recorded runs (tau, BFCL multi-turn) are sent step by step to a tier whose window holds half of the run; and, as recorded runs
are short, runs laid end to end as one conversation of some 60,000 tokens, to windows of 8,000 to 32,000. Counted are the
steps at which something has gone: the share whose message list begins with all that was sent at the step before, and the
share of their tokens that stood there before. `each step` lets go of just what has to go, at every step, as was done before
jumps; `jumps` is what `fit_window` does.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from tierwise.conversation.summariser import Summariser
from tierwise.evaluation.replay import steps_of
from tierwise.evaluation.traces import Trace, read_traces
from tierwise.handoff import apply_edits, fit_window, window
from tierwise.signals.history import History

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "agents"
SOURCES = {"tau": "tau/traces.parquet", "bfcl": "bfcl/traces_multi_turn.parquet"}
WAYS = {"each step": 1.0, "jumps": window._AFTER}
WINDOWS = (8_000, 16_000, 32_000)
WHOLE = 60_000
LONG = 12
SEED = 20261124


def tokens(messages: Sequence[Any]) -> int:
    """Estimated tokens of some messages."""
    history = History()
    history.extend(messages)
    return history.tokens


def long_runs(file: Path, n: int) -> list[Trace]:
    """A seeded sample of the runs with enough steps."""
    runs = [run for run in read_traces(file) if isinstance(run, Trace) and len(list(steps_of(run))) >= LONG]
    return random.Random(SEED).sample(runs, min(n, len(runs)))


def laid_end_to_end(runs: Sequence[Trace]) -> list[Trace]:
    """Conversations of `WHOLE` tokens: further runs come without their system text."""
    made, messages = [], list[Any]()
    for run in runs:
        messages += run.messages if not messages else [m for m in run.messages if m["role"] != "system"]
        if tokens(messages) >= WHOLE:
            made.append(Trace(messages))
            messages = []
    return made


def sent(run: Trace, room: int) -> Iterator[tuple[bool, list[dict[str, Any]]]]:
    """What is sent step by step, and whether something had gone."""
    summariser, walks = Summariser(), dict[str, Any]()
    for end in steps_of(run):
        messages = run.messages[:end]
        edits = fit_window(messages, room, summariser.over(messages, walks), walks)
        yield bool(edits), apply_edits(messages, edits)


def begun_alike(before: Sequence[Any], after: Sequence[Any]) -> int:
    """How many messages two lists begin with alike."""
    pairs = zip(before, after, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(before), len(after)))


def measure(runs: Sequence[Trace], room: int | None) -> tuple[float, float, int]:
    """Share of steps with an unchanged beginning, share of tokens that stood there before, and steps; None: half the run."""
    kept = steps = held = total = 0
    for run in runs:
        before: list[dict[str, Any]] = []
        for cut, now in sent(run, room or tokens(run.messages) // 2):
            if cut and before:
                same = begun_alike(before, now)
                steps, kept = steps + 1, kept + (same == len(before))
                held, total = held + tokens(now[:same]), total + tokens(now)
            before = now
    return kept / max(1, steps), held / max(1, total), steps


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder that holds tau/ and bfcl/")
    parser.add_argument("--runs", type=int, default=60, help="runs of each source")
    options = parser.parse_args()
    print(f"{'source':8}{'window':>8}  {'':12}{'unchanged':>10}{'of tokens':>11}{'steps':>7}")
    for source, name in SOURCES.items():
        runs = long_runs(options.data / name, 8 * options.runs)
        whole = laid_end_to_end(runs)[: options.runs // 8]
        rows = [(runs[: options.runs], None), *((whole, room) for room in WINDOWS)]
        for chosen, room in rows:
            for way, after in WAYS.items():
                window._AFTER = after
                unchanged, of_tokens, steps = measure(chosen, room)
                print(
                    f"{source:8}{room or 'half':>8}  {way:12}{unchanged:>10.1%}{of_tokens:>11.1%}{steps:>7}", flush=True
                )


if __name__ == "__main__":
    main()
