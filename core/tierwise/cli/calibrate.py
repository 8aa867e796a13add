"""`tierwise calibrate`: a price of quality from outcomes, and what can be promised of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tierwise.cli.learn import LearnedOption, OutOption, merged, show_skipped
from tierwise.cli.tiers import ConfigOption, TierOptions, router_from
from tierwise.learning.calibrate import Calibration
from tierwise.learning.outcomes_file import read_outcomes
from tierwise.policy.guarantee import Promise


def calibrate(
    outcomes: Annotated[
        Path,
        typer.Option("--outcomes", metavar="FILE", help="JSON lines: messages, and the score of every tier's model."),
    ],
    quality: Annotated[
        float, typer.Option("--quality", metavar="Q", help="Share of the top tier's adequate answers to keep.")
    ] = 0.95,
    delta: Annotated[float, typer.Option("--delta", metavar="D", help="Chance that the sample misleads.")] = 0.1,
    learned: LearnedOption = None,
    out: OutOption = None,
    tier: TierOptions = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Finds the price of quality, and a bound on what is lost that holds for any traffic."""
    read = read_outcomes(outcomes)
    router = router_from(tier, None, config)
    if learned is not None:
        router.teacher.load(learned)
    found: Calibration = router.calibrate(read.outcomes, quality, delta)
    skipped = merged(read.skipped, found.skipped)
    if out is not None and found.promise is not None:
        router.save_learned(out)
    if as_json:
        typer.echo(json.dumps({**asdict(found), "skipped": skipped}, indent=2))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"{found.n_steps} steps of {found.n_conversations} conversations have an outcome of every tier")
    show_skipped(console, skipped)
    if found.estimate is not None:
        console.print(f"estimated:  {_figures(found.estimate)}")
    if found.promise is None:
        console.print(_lack(found), soft_wrap=True)
        return
    console.print(f"guaranteed: {_figures(found.promise)}")
    console.print(f"{found.promise.words(router.top.name)}, on steps like these, priced without caches", soft_wrap=True)
    console.print("not kept: give --out FILE" if out is None else f"written to {out}")


def _figures(promise: Promise) -> str:
    saved = 1 - promise.usd / promise.top_usd if promise.top_usd else 0.0
    return f"keeps {100 * promise.kept:.1f} % of the top tier's on these steps, saves {100 * saved:.1f} %"


def _lack(found: Calibration) -> str:
    if not found.n_steps:
        return (
            "nothing can be promised, and nothing changes: give the scores of every tier's model on the same messages"
        )
    if found.missing is None:
        return "nothing can be promised, and nothing changes: on these steps no cheaper routing keeps this quality"
    return f"too few to promise anything, and nothing changes: about {found.missing:,} more conversations like these"
