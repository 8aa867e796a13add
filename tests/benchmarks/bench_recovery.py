"""Do the signals of trouble foretell that a run will fail, and what would stepping up there cost?

    python tests/benchmarks/bench_recovery.py --data ../shared/data [--runs N] [--json]

For recorded runs that go on after k model calls: the AUC of "this run will fail" from the level of trouble there (and from
the highest level so far), beside the number of errors so far, input tokens, and depth (the same for all at k: 0.5 by
construction). *Within* compares only runs of one model (and tau implementation), pairs weighted alike; *pooled* all runs.
A run fails where its reward is below 1. Intervals: 95 %, by resampling tasks. Cost: list prices of gpt-5-nano and
Claude Opus, caches off, estimated tokens; all steps at the small tier, beside the raised ones at the top. *Solvable*: how
often the three best models of a source solve the tasks of the failing runs that are raised, beside those of all failing runs:
whether there was anything to win.

Found with --runs 6000 (all runs of AgentDojo and tau). A level of 2 or more is rare, and mostly met in runs that fail: 4.7, 6.9
and 17.4 % of the failing runs of AgentDojo, tau and MINT have it somewhere, and 2.2, 1.5 and 1.6 % of the others (failing runs
are longer, too); the best models solve 87 % (of 31), 75 % (of 28) and 46 % (of 448) of the tasks of the former, beside 76, 56
and 56 % for all failing runs. As a forecast for all runs it is weak, no better than counting errors: within models, AUC 0.55,
0.48 and 0.56 after two steps, 0.53, 0.50 and 0.58 after four, 0.51 for tau after eight, and the interval of AgentDojo after four
and of tau holds 0.5; most runs that fail do so without a failed call. On tau, input tokens say more (0.71). Of always-top, the
runs that succeed cost 6.0, 1.3 and 2.7 % where they cost 1.2 % unraised, those that fail 47, 14 and 13 %: an upper bound, as
the recorded run goes on in its loop whichever tier is chosen. Two rules were changed after looking at these very runs ("None"
as a result, a 503), so nothing here is held out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pyarrow.parquet as pq

from tierwise.policy.recovery import FROM
from tierwise.signals.history import History
from tierwise.signals.tokens import estimate_tokens

SOURCES = ("agentdojo", "tau", "mint")
AFTER = (2, 4, 8)
SMALL, TOP = (0.05, 0.40), (5.0, 25.0)
"""USD per million tokens, in and out."""

SEED = 20261124
RESAMPLES = 200


@dataclass
class Run:
    """A recorded run: per model call, what stood before it."""

    task: str
    group: str
    failed: bool
    model: str = ""
    levels: list[int] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)


def runs_of(data: Path, source: str, limit: int) -> Iterator[Run]:
    """A seeded sample of the runs of a source; of AgentDojo, the user tasks."""
    columns = ["task_id", "model", "reward", "messages", "meta"]
    rows = pq.read_table(data / "agents" / source / "traces.parquet", columns=columns).to_pylist()
    if source == "agentdojo":
        rows = [row for row in rows if json.loads(row["meta"]).get("kind") == "user_task"]
    random.Random(SEED).shuffle(rows)
    yield from (read_run(row) for row in rows[:limit])


def read_run(row: dict[str, Any]) -> Run:
    """Reads a run once, as it grew."""
    agent = json.loads(row["meta"] or "{}").get("agent_implementation") or ""
    run = Run(row["task_id"], f"{row['model']} {agent}", row["reward"] < 1, row["model"])
    history = History()
    for message in json.loads(row["messages"]):
        if message.get("role") == "assistant" and not message.get("scripted"):
            run.levels.append(history.trouble.level)
            run.causes.append(history.trouble.cause)
            run.errors.append(history.errors)
            run.tokens.append(history.tokens)
            calls = json.dumps(message.get("tool_calls") or "")
            run.written.append(estimate_tokens(f"{message.get('content') or ''}{calls}"))
        history.extend([message])
    return run


SIGNALS: dict[str, Callable[[Run, int], float]] = {
    "trouble": lambda run, k: run.levels[k],
    "trouble, highest": lambda run, k: max(run.levels[: k + 1]),
    "errors so far": lambda run, k: run.errors[k],
    "input tokens": lambda run, k: run.tokens[k],
    "depth": lambda run, k: k,
}


def auc(scores: np.ndarray, failed: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Weighted pairs won (ties half), and all weighted pairs."""
    order = np.argsort(scores, kind="stable")
    _, starts = np.unique(scores[order], return_index=True)
    bad = np.add.reduceat((weights * failed)[order], starts)
    good = np.add.reduceat((weights * ~failed)[order], starts)
    won = float((bad * (np.cumsum(good) - good / 2)).sum())
    return won, float(bad.sum() * good.sum())


def auc_within(scores: np.ndarray, failed: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> float:
    """Over pairs of runs of one group."""
    parts = [auc(scores[groups == g], failed[groups == g], weights[groups == g]) for g in np.unique(groups)]
    pairs = sum(n for _, n in parts)
    return sum(won for won, _ in parts) / pairs if pairs else float("nan")


def with_interval(runs: Sequence[Run], k: int, read: Callable[[Run, int], float], within: bool) -> list[float]:
    """AUC, and its 95 % interval over tasks drawn anew."""
    scores = np.array([read(run, k) for run in runs], dtype=float)
    failed = np.array([run.failed for run in runs])
    groups = np.unique([run.group if within else "" for run in runs], return_inverse=True)[1]
    tasks = np.unique([run.task for run in runs], return_inverse=True)[1]
    rng = np.random.default_rng(SEED)
    point = auc_within(scores, failed, groups, np.ones(len(runs)))
    n = tasks.max() + 1
    draws = [
        auc_within(scores, failed, groups, np.bincount(rng.integers(n, size=n), minlength=n)[tasks].astype(float))
        for _ in range(RESAMPLES)
    ]
    return [point, *np.nanquantile(draws, (0.025, 0.975))]


def stepping_up(runs: Sequence[Run]) -> dict[str, float]:
    """What raising would have cost, a run."""
    steps = sum(len(run.levels) for run in runs)
    raised = sum(level >= FROM for run in runs for level in run.levels)
    touched = sum(any(level >= FROM for level in run.levels) for run in runs)
    usd: dict[str, float] = defaultdict(float)
    for run in runs:
        for level, read, written in zip(run.levels, run.tokens, run.written, strict=True):
            small, top = ((read * price[0] + written * price[1]) / 1e6 for price in (SMALL, TOP))
            usd["small"] += small
            usd["top"] += top
            usd["routed"] += top if level >= FROM else small
    n = max(len(runs), 1)
    return {
        "runs": len(runs), "steps": steps, "raised_steps": raised / max(steps, 1), "raised_runs": touched / n,
        "usd_small": usd["small"] / n, "usd_raised": usd["routed"] / n, "usd_top": usd["top"] / n,
    }  # fmt: skip


def solvable(runs: Sequence[Run]) -> dict[str, float]:
    """The best models' share of solved runs on the tasks of failing runs of other models, per such run."""
    by_model: dict[str, list[bool]] = defaultdict(list)
    for run in runs:
        by_model[run.model].append(not run.failed)
    tried = [model for model, solved in by_model.items() if len(solved) >= 30]
    best = set(sorted(tried, key=lambda model: -float(np.mean(by_model[model])))[:3])
    solved: dict[str, list[bool]] = defaultdict(list)
    for run in runs:
        if run.model in best:
            solved[run.task].append(not run.failed)
    failing = [run for run in runs if run.failed and run.model not in best and run.task in solved]
    raised = [run for run in failing if max(run.levels, default=0) >= FROM]
    shares = [[float(np.mean(solved[run.task])) for run in some] for some in (raised, failing)]
    return {
        "raised": float(np.mean(shares[0] or [np.nan])),
        "n_raised": len(raised),
        "failing": float(np.mean(shares[1])),
    }


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    for source in SOURCES:
        runs = list(runs_of(options.data, source, options.runs))
        table: dict[str, Any] = {}
        for k in AFTER:
            alive = [run for run in runs if len(run.levels) > k]
            if sum(run.failed for run in alive) < 20 or sum(not run.failed for run in alive) < 20:
                continue
            table[str(k)] = {"n": len(alive), "failed": float(np.mean([run.failed for run in alive]))}
            high = [run.failed for run in alive if run.levels[k] >= FROM]
            table[str(k)] |= {"raised": len(high), "failed_of_raised": float(np.mean(high)) if high else None}
            for name, read in SIGNALS.items():
                table[str(k)][name] = {
                    way: with_interval(alive, k, read, way == "within") for way in ("within", "pooled")
                }
        causes: dict[str, list[int]] = defaultdict(list)
        for run in runs:
            for cause in set(run.causes):
                causes[cause].append(run.failed)
        found[source] = {
            "auc": table,
            "cost": {str(bad): stepping_up([run for run in runs if run.failed is bad]) for bad in (True, False)},
            "solvable": solvable(runs),
            "causes": {cause: (len(bad), float(np.mean(bad))) for cause, bad in causes.items()},
        }
        if not options.json:
            show(source, found[source])
    if options.json:
        print(json.dumps(found, indent=2))


def show(source: str, rows: dict[str, Any]) -> None:
    """The tables of a source."""
    for k, row in rows["auc"].items():
        share = row["failed_of_raised"]
        raised = f"{row['raised']} raised" + ("" if share is None else f", {share:.2f} of them failed")
        print(f"\n{source} after {k} steps: n {row['n']}, {row['failed']:.2f} failed; {raised}")
        for name in SIGNALS:
            ways = (
                f"{way} {row[name][way][0]:.3f} [{row[name][way][1]:.3f}, {row[name][way][2]:.3f}]" for way in row[name]
            )
            print(f"  {name:18}{'   '.join(ways)}")
    for bad, cost in rows["cost"].items():
        print(
            f"{source} runs that {'fail' if bad == 'True' else 'succeed'}: n {cost['runs']}, steps raised"
            f" {cost['raised_steps']:.3f}, runs touched {cost['raised_runs']:.3f}, USD a run: small {cost['usd_small']:.5f},"
            f" raised {cost['usd_raised']:.5f}, top {cost['usd_top']:.5f}"
        )
    chance = rows["solvable"]
    print(
        f"{source} best models solve the tasks of raised failing runs (n {chance['n_raised']}) in {chance['raised']:.2f},"
        f" of all failing runs in {chance['failing']:.2f} of cases"
    )
    told = (f"{cause} {n} ({share:.2f})" for cause, (n, share) in sorted(rows["causes"].items()))
    print(f"{source} runs with a cause, and how many failed: {', '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
