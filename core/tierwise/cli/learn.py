"""`tierwise learn`: what graded outcomes teach, kept in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from tierwise.cli.tiers import ConfigOption, QualityOption, TierOptions, router_from
from tierwise.learning.outcomes_file import read_outcomes
from tierwise.types import LearnReport

LearnedOption: TypeAlias = Annotated[
    Path | None, typer.Option("--learned", metavar="FILE", help="What was learned before, to start from.")
]
OutOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Where what is learned goes; Router(learned=FILE) reads it."),
]


def learn(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines: model, score, messages, tools.")],
    out: OutOption = None,
    learned: LearnedOption = None,
    tier: TierOptions = None,
    quality: QualityOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Learns from graded outcomes, and says what changed."""
    read = read_outcomes(file)
    router = router_from(tier, quality, config)
    if learned is not None:
        router.teacher.load(learned)
    report = router.learn(read.outcomes, settle=True)
    skipped = merged(read.skipped, report.skipped)
    if out is not None:
        router.save_learned(out)
    if as_json:
        typer.echo(json.dumps({**asdict(report), "skipped": skipped}, indent=2))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"{report.used} outcomes used, {sum(skipped.values())} skipped, {report.n_outcomes} known in all")
    show_skipped(console, skipped)
    if report.changes:
        console.print(_changes(report))
        console.print(_trust(report))
    console.print("not kept: give --out FILE" if out is None else f"written to {out}")


def merged(*found: Mapping[str, int]) -> dict[str, int]:
    """Reasons from several places, added up."""
    total: dict[str, int] = {}
    for some in found:
        for reason, count in some.items():
            total[reason] = total.get(reason, 0) + count
    return total


def show_skipped(console: Console, skipped: Mapping[str, int]) -> None:
    """One line for each reason."""
    for reason, count in skipped.items():
        console.print(f"  skipped {count}: {reason}", soft_wrap=True)


def _changes(report: LearnReport) -> Table:
    table = Table("model", "kind of step")
    for column in ("outcomes", "observed", "before", "after"):
        table.add_column(column, justify="right")
    for change in report.changes:
        chances = (f"{value:.3f}" for value in (change.observed, change.before, change.after))
        table.add_row(change.model, change.kind, f"{change.n:,}", *chances)
    return table


def _trust(report: LearnReport) -> str:
    if report.trust <= 0:
        return "levels moved; which steps go up first stays as it was: nothing better has shown itself yet"
    return f"levels moved, and what steps look like counts by {100 * report.trust:.0f} %"
