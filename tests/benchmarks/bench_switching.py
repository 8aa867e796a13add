"""What switching tiers inside conversations costs on recorded runs, with prompt caches on, at equal estimated quality.

    python tests/benchmarks/bench_switching.py --data ../shared/data [--runs N] [--quality Q] [--cross-fit] [--json]

The ways to choose are those of `tierwise.evaluation.switching`. Prices are made up, so that only their ratio counts: the top
tier has Claude Opus' (5 in, 25 out, 0.50 cached, 6.25 written; USD per million tokens), the small one these divided by the
ratio. Caches live 300 s and hold
prefixes from 1,024 tokens on; steps are 5 s apart, as recorded runs seldom have clock times. Tokens are those that were billed,
where recorded (tau), else estimated; they are another model's and taken for both tiers. `--cross-fit` trains, for each source,
an estimator that has seen neither its runs nor its rewards; without it the packaged estimator is used, which has. `left out`
is `routed` with a table of the way back that was averaged over the other two sources only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from tierwise.classifier import load_classifier
from tierwise.classifier.weights_file import save_weights
from tierwise.embedding import packaged_encoder
from tierwise.evaluation.switching import WAYS, RunStep, WayCost, compare, read_runs, routing
from tierwise.evaluation.traces import Trace, read_traces
from tierwise.policy.horizon import GOES_ON, RETURNS
from tierwise.protocols import Classifier, Embedder
from tierwise.signals import read_step
from tierwise.tiers import Tier
from tierwise.training.usage import returns
from tierwise.types import Estimate, Kind, Reading

SOURCES = ("tau", "agentdojo", "mint")
RATIOS = (50, 10, 3)
TOP_PRICES = {"input": 5.0, "output": 25.0, "cached_input": 0.5, "cache_write": 6.25}
SEED = 20261124


def tiers_at(ratio: float) -> tuple[Tier, Tier]:
    """The two tiers, the small one `ratio` times as cheap in everything. No models: tokens count alike for both."""
    cheap = {key: usd / ratio for key, usd in TOP_PRICES.items()}
    return (
        Tier("small", prices=cheap, cache_ttl_s=300, cache_min_tokens=1024),
        Tier("top", prices=TOP_PRICES, cache_ttl_s=300, cache_min_tokens=1024),
    )


def traces_of(data: Path, source: str, n: int) -> list[Trace]:
    """A seeded sample of a source's runs."""
    found = [t for t in read_traces(data / "agents" / source / "traces.parquet") if isinstance(t, Trace)]
    return random.Random(SEED).sample(found, min(n, len(found)))


def estimator(
    classifier: Classifier, encoder: Embedder, small: str, top: str
) -> Callable[[Sequence[Reading]], Sequence[Estimate]]:
    """Chances of the two tiers for many readings; ability goes by the models' real prices, not the made-up ones."""
    facts = {"small": Tier("small", model=small).facts, "top": Tier("top", model=top).facts}

    def estimate(readings: Sequence[Reading]) -> list[Estimate]:
        texts = [text for reading in readings for text in (reading.task, reading.latest)]
        return classifier.estimate(readings, encoder.embed(texts).reshape(len(readings), 2, -1), facts)

    return estimate


def classifiers(data: Path, encoder: Embedder, cross_fit: bool) -> Iterator[tuple[str, Classifier]]:
    """For each source, an estimator: the packaged one, or one that has seen neither the source's runs nor its rewards."""
    if not cross_fit:
        packaged = load_classifier(encoder.name, getattr(encoder, "fingerprint", None))
        yield from ((source, packaged) for source in SOURCES)
        return
    from tierwise.training.corpus import read_corpus, without_levels_of
    from tierwise.training.fit import fit
    from tierwise.training.sources import SharedData

    corpus = read_corpus(SharedData(data))
    for source in SOURCES:
        others = [i for i, trace in enumerate(corpus.traces) if not trace.source.startswith(source)]
        blind = replace(
            without_levels_of(corpus, source),
            traces=[corpus.traces[i] for i in others],
            trace_readings=[corpus.trace_readings[i] for i in others],
        )
        with TemporaryDirectory() as folder:
            save_weights(fit(blind, [encoder]), Path(folder))
            yield source, load_classifier(encoder.name, getattr(encoder, "fingerprint", None), Path(folder))


def mean_of(tables: Sequence[Mapping[Kind, float]]) -> dict[Kind, float]:
    """Kind to the mean of the tables that know it."""
    kinds = sorted({kind for table in tables for kind in table})
    return {kind: fmean(table[kind] for table in tables if kind in table) for kind in kinds}


def _chance(returns_by_kind: Mapping[Kind, float], kind: Kind) -> float:
    return GOES_ON[kind] * returns_by_kind.get(kind, RETURNS[kind])


def figures(costs: dict[str, WayCost]) -> dict[str, dict[str, Any]]:
    """Per way: cost as a share of always-top, of its worst run too; switches a run, share of steps at the top tier."""
    top = costs["always top"].usd
    return {
        name: {
            "of_always_top": float(cost.usd.sum() / top.sum()),
            "worst_run": float((cost.usd / top).max()),
            "switches_per_run": cost.switches / len(top),
            "steps_at_top": cost.steps["top"] / sum(cost.steps.values()),
            "quality": cost.kept,
            "usd": float(cost.usd.sum()),
        }
        for name, cost in costs.items()
    }


def show(row: dict[str, Any]) -> None:
    """One line of the table per way."""
    for name, way in row["ways"].items():
        print(
            f"{row['small']:18}{row['source']:10}{row['ratio']:>5}:1  {name:11}{way['of_always_top']:>8.3f}{way['worst_run']:>9.3f}"
            f"{way['switches_per_run']:>10.2f}{way['steps_at_top']:>9.2f}{way['quality']:>9.3f}",
            flush=True,
        )


def main() -> None:
    """Prints the table, or the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the shared data")
    parser.add_argument("--runs", type=int, default=400, help="runs of each source")
    parser.add_argument("--quality", type=float, default=0.95)
    parser.add_argument("--small", nargs="+", default=["claude-haiku-4-5", "gpt-4o-mini"], help="each under --top")
    parser.add_argument("--top", default="claude-opus-4-6")
    parser.add_argument("--cross-fit", action="store_true")
    parser.add_argument("--no-oracle", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    encoder = packaged_encoder()
    rows: list[dict[str, Any]] = []
    say = partial(print, file=sys.stderr if options.json else sys.stdout)
    say(
        f"{'small':18}{'source':10}{'ratio':>7}  {'way':11}{'of top':>8}{'worst':>9}{'switches':>10}{'at top':>9}{'quality':>9}"
    )
    played: dict[tuple[str, str], list[list[RunStep]]] = {}
    back: dict[tuple[str, str, float], dict[Kind, float]] = {}
    for source, classifier in classifiers(options.data, encoder, options.cross_fit):
        traces = traces_of(options.data, source, options.runs)
        for small in options.small:
            runs = read_runs(traces, read_step, estimator(classifier, encoder, small, options.top))
            played[small, source] = runs
            back |= {(small, source, ratio): returns(runs, tiers_at(ratio)) for ratio in RATIOS}
    for (small, source), runs in played.items():
        others = mean_of([table for (_, other, _), table in back.items() if other != source])
        ways = {**WAYS, "left out": routing(partial(_chance, others))}
        for ratio in RATIOS:
            costs = compare(runs, tiers_at(ratio), options.quality, ways, with_oracle=not options.no_oracle)
            rows.append({"small": small, "source": source, "ratio": ratio, "runs": len(runs), "ways": figures(costs)})
            if not options.json:
                show(rows[-1])
    for small in options.small:
        for ratio in RATIOS:
            mine = [row for row in rows if (row["small"], row["ratio"]) == (small, ratio)]
            saved = 1 - sum(row["ways"]["routed"]["of_always_top"] for row in mine) / len(mine)
            say(f"saved by routing, {small} at {ratio}:1, mean over sources: {saved:.0%}")
    say("way back to a warm tier: " + ", ".join(f"{kind} {p:.2f}" for kind, p in mean_of(list(back.values())).items()))
    if options.json:
        print(json.dumps({"top": options.top, "quality": options.quality, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
