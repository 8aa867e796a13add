"""What steps of agents write and whether they go on, from recorded runs: `python -m tierwise.training.usage --data FOLDER`.

Prints the tables that stand in `tierwise.policy.cost` and `tierwise.policy.horizon`, and how well input tokens are foreseen;
`returns` needs an estimator, and is printed by `tests/benchmarks/bench_switching.py`. `FOLDER` is the shared data. Every
source has the same say, for one of them has most of the runs.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean, median

from tierwise.evaluation.replay import steps_of
from tierwise.evaluation.switching import RunStep, at_quality, greedy, play
from tierwise.evaluation.traces import Trace, read_traces
from tierwise.signals import read_step
from tierwise.tiers import Tier
from tierwise.types import KINDS, Kind, Step

__all__ = ["MeteredStep", "foreseen", "goes_on", "main", "metered_steps", "returns", "written"]

log = logging.getLogger(__name__)

_FILES = {
    "tau": "agents/tau/traces.parquet",
    "bfcl": "agents/bfcl/traces_multi_turn.parquet",
    "agentdojo": "agents/agentdojo/traces.parquet",
    "mint": "agents/mint/traces.parquet",
}
_MAX_RUNS = 1500
_FEWEST = 50
"""Of a kind in a source, fewer steps than this have no say."""
_SEED = 20261124

_QUALITY = 0.95


@dataclass(frozen=True, slots=True)
class MeteredStep:
    """One model call: tokens estimated and billed (None where not recorded), and whether it was the run's last."""

    source: str
    run: str
    kind: Kind
    estimated: int
    billed: int | None
    output: int | None
    last: bool


def metered_steps(source: str, traces: Sequence[Trace]) -> Iterator[MeteredStep]:
    """The model calls of recorded runs."""
    for trace in traces:
        at = list(steps_of(trace))
        for i in at:
            signals, usage = read_step(Step(trace.messages[:i], trace.tools)).signals, trace.usage.get(i)
            billed, output = (None, None) if usage is None else (usage.input, usage.output)
            yield MeteredStep(source, trace.where, signals.kind, signals.input_tokens, billed, output, i == at[-1])


def written(steps: Sequence[MeteredStep]) -> dict[Kind, tuple[float, float]]:
    """Kind to mean and median tokens of an answer, as billed; each source with the same say."""
    known = [step for step in steps if step.output is not None]
    mean = _by_kind(known, lambda group: fmean(float(step.output or 0) for step in group))
    middle = _by_kind(known, lambda group: median(float(step.output or 0) for step in group))
    return {kind: (mean[kind], middle[kind]) for kind in mean}


def goes_on(steps: Sequence[MeteredStep]) -> dict[Kind, float]:
    """Kind to the chance that another step follows; each source with the same say."""
    return _by_kind(steps, lambda group: fmean(not step.last for step in group))


def foreseen(steps: Sequence[MeteredStep]) -> tuple[float, float]:
    """Mean relative error of the input tokens of a run's later steps: as estimated, and scaled by the step before."""
    plain, scaled = [], []
    before: MeteredStep | None = None
    for step in steps:
        if before is not None and before.run == step.run and before.billed and step.billed and before.estimated:
            factor = before.billed / before.estimated
            plain.append(abs(step.billed / step.estimated - 1))
            scaled.append(abs(step.billed / (step.estimated * factor) - 1))
        before = step
    return fmean(plain), fmean(scaled)


def returns(runs: Sequence[Sequence[RunStep]], tiers: Sequence[Tier]) -> dict[Kind, float]:
    """Kind to the chance that a tier called before, which did not take a step, not the last one, is called later in the run.

    The steps go where the cost now, caches and all, sends them at a quality of 0.95, two tiers at hand.
    """
    found = at_quality(runs, tiers, lambda price: [play(run, tiers, greedy, price) for run in runs], _QUALITY)
    seen: defaultdict[Kind, list[bool]] = defaultdict(list)
    for run, names in zip(runs, found.chosen, strict=True):
        for i, step in enumerate(run[:-1]):
            if any(name != names[i] for name in names[:i]):
                seen[step.kind].append(any(name != names[i] for name in names[i + 1 :]))
    return {kind: fmean(group) for kind, group in seen.items() if len(group) >= _FEWEST}


def _by_kind(steps: Sequence[MeteredStep], figure: Callable[[Sequence[MeteredStep]], float]) -> dict[Kind, float]:
    groups: defaultdict[tuple[Kind, str], list[MeteredStep]] = defaultdict(list)
    for step in steps:
        groups[step.kind, step.source].append(step)
    enough = {key: figure(group) for key, group in groups.items() if len(group) >= _FEWEST}
    kinds = [kind for kind in KINDS if any(key[0] == kind for key in enough)]
    return {kind: fmean(value for key, value in enough.items() if key[0] == kind) for kind in kinds}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.training.usage", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the shared data")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    steps: list[MeteredStep] = []
    for source, file in _FILES.items():
        traces = [trace for trace in read_traces(options.data / file) if isinstance(trace, Trace)]
        steps += metered_steps(source, Random(_SEED).sample(traces, min(_MAX_RUNS, len(traces))))
    tokens, more = written(steps), goes_on(steps)
    log.info("%-10s %12s %14s %9s", "kind", "mean output", "median output", "goes on")
    for kind in more:
        mean, middle = tokens.get(kind, (float("nan"), float("nan")))
        log.info("%-10s %12.0f %14.0f %9.2f", kind, mean, middle, more[kind])
    plain, scaled = foreseen(steps)
    log.info(
        "input tokens: mean error %.1f %% as estimated, %.1f %% scaled by the step before", 100 * plain, 100 * scaled
    )


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
