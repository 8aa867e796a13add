"""`tierwise replay`: recorded runs of agents through the router."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tierwise.cli.tiers import ConfigOption, QualityOption, TierOptions, router_from
from tierwise.errors import TracesError
from tierwise.evaluation.replay import replay as replay_traces
from tierwise.evaluation.replay_report import ALWAYS_CHEAPEST, ALWAYS_TOP, ROUTED, CacheFigures, ReplayReport, usd_text
from tierwise.evaluation.traces import Skipped, Trace, count_traces, read_traces
from tierwise.router import Router

_MAX_COMPLAINTS = 20
_BAR = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Recorded runs: JSON lines, or Parquet.")],
    tier: TierOptions = None,
    quality: QualityOption = None,
    config: ConfigOption = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with charts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    cache: Annotated[bool, typer.Option("--cache", help="Add caching, switches taken and avoided.")] = False,
) -> int:
    """Routes recorded runs: which tiers, at what cost."""
    total = sum(count_traces(file) for file in files)
    router = router_from(tier, quality, config)
    report = _replay(files, total, router, quality, cache)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        _show(Console(highlight=False, markup=False, emoji=False), report, not tier and config is None)
    if html is not None:
        _write_page(html, report)
    if not report.traces:
        raise TracesError(f"no runs could be read from {', '.join(repr(str(file)) for file in files)}")
    return 0


def _replay(files: Sequence[Path], total: int, router: Router, quality: float | None, cache: bool) -> ReplayReport:
    """Replays with a bar on stderr, where that is a terminal, and a line for each of the first broken runs."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    bar = Progress(*_BAR, console=console, transient=True)
    task = bar.add_task("", total=total)
    complaints = 0

    def on_progress(item: Trace | Skipped) -> None:
        nonlocal complaints
        bar.advance(task)
        if isinstance(item, Skipped):
            complaints += 1
            if complaints <= _MAX_COMPLAINTS:
                console.print(f"skipped {item.where}: {item.reason}", soft_wrap=True)

    with bar if console.is_terminal else nullcontext():
        report = replay_traces(_all(files), router, on_progress, quality=quality, cache=cache)
    if complaints > _MAX_COMPLAINTS:
        console.print(f"skipped {complaints - _MAX_COMPLAINTS} more")
    return report


def _all(files: Iterable[Path]) -> Iterator[Trace | Skipped]:
    for file in files:
        yield from read_traces(file)


def _write_page(file: Path, report: ReplayReport) -> None:
    from tierwise.evaluation.replay_page import page

    try:
        file.write_text(page(report), encoding="utf-8")
    except OSError as error:
        raise TracesError(f"cannot write {str(file)!r}: {error.strerror or error}") from error


def _show(console: Console, report: ReplayReport, by_default: bool) -> None:
    console.print(f"{_many(report.traces, 'run')}, {_many(report.steps, 'step')}, {report.skipped} skipped")
    console.print(f"a decision took {report.decision_ms['p50']:.2f} ms (p50), {report.decision_ms['p99']:.2f} ms (p99)")
    console.print(_tiers_and_kinds(report))
    console.print(_costs(report))
    if report.cache is not None:
        console.print(_caches(report.cache))
    for line in report.cost_notes():
        console.print(line)
    tiers = ", ".join(f"{tier.name}={tier.model or '?'}" for tier in report.tiers)
    console.print(f"Tiers: {tiers}{' (no --tier given)' if by_default else ''}.")


def _tiers_and_kinds(report: ReplayReport) -> Table:
    table = Table("kind of step")
    for column in ("steps", "share", *report.by_tier):
        table.add_column(column, justify="right")
    for kind, steps in report.by_kind.items():
        where = report.by_kind_and_tier[kind]
        table.add_row(
            kind, f"{steps:,}", _share(steps, report.steps), *(_share(where[t], steps) for t in report.by_tier)
        )
    table.add_section()
    table.add_row("all", f"{report.steps:,}", "", *(_share(n, report.steps) for n in report.by_tier.values()))
    return table


def _costs(report: ReplayReport) -> Table:
    rows = ((ROUTED, "routed"), (ALWAYS_TOP, f"always {report.top}"), (ALWAYS_CHEAPEST, f"always {report.cheapest}"))
    table = Table("list price")
    for column in ("with caches", "of top", "without caches", "of top"):
        table.add_column(column, justify="right")
    for way, label in rows:
        cells = [(usd[way], usd[ALWAYS_TOP]) for usd in (report.usd, report.usd_uncached)]
        table.add_row(label, *(text for usd, top in cells for text in (usd_text(usd), _share(usd, top))))
    return table


def _caches(figures: CacheFigures) -> Table:
    table = Table("prompt caches")
    for column in ("routed", "always top"):
        table.add_column(column, justify="right")
    table.add_row(
        "input read from a cache", *(f"{100 * figures.cached_share[way]:.1f} %" for way in (ROUTED, ALWAYS_TOP))
    )
    table.add_row("switches taken", f"{figures.switches_taken:,}", "0")
    table.add_row("switches avoided", f"{figures.switches_avoided:,}", "0")
    return table


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
