"""A replay as one HTML page that opens offline: figures, two charts as inline SVG, the costliest steps. No message text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from tierwise import __version__
from tierwise.errors import MissingExtra
from tierwise.evaluation.replay_report import ALWAYS_CHEAPEST, ALWAYS_TOP, ROUTED, CostlyStep, ReplayReport, usd_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MAX_POINTS = 600

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd }
th { text-align: left; font-weight: 600 } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
svg { width: 100%; height: auto } .why { color: #555; font-size: 13px } caption { text-align: left; font-weight: 600 }
"""


def page(report: ReplayReport) -> str:
    """The page, complete, below 1 MB whatever the number of runs.

    Raises:
        MissingExtra: matplotlib, which draws the charts, is not installed.
    """
    body = [
        "<h1>tierwise replay</h1>",
        f"<p>{report.traces:,} runs, {report.steps:,} steps, {report.skipped:,} skipped. A decision took"
        f" {report.decision_ms['p50']:.2f} ms (p50), {report.decision_ms['p99']:.2f} ms (p99).</p>",
        _costs(report),
        *(f"<p>{escape(note)}</p>" for note in report.cost_notes()),
        _kinds(report),
        charts(report) if report.steps else "",
        _costliest(report.costliest),
        f"<p class='why'>Made by tierwise {__version__}.</p>",
    ]
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>tierwise replay</title>"
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def charts(report: ReplayReport) -> str:
    """Cost of each run, and tiers over the steps of a run, as one SVG element.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "replay") from error
    svg = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "tierwise", "font.family": "sans-serif"}):
        figure = Figure(figsize=(11, 4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw_costs(left, report)
        _draw_depths(right, report)
        figure.savefig(svg, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = svg.getvalue()
    return text[text.index("<svg") :]


def _draw_costs(axes: Axes, report: ReplayReport) -> None:
    """Runs from cheap to dear; a logarithmic axis, as a top tier is often fifty times as dear as a small one."""
    runs = sorted(report.trace_costs, key=lambda cost: cost.always[report.top])
    runs = runs[:: len(runs) // _MAX_POINTS + 1]
    ranks = range(len(runs))
    axes.plot(ranks, [run.always[report.top] for run in runs], color="#b5483a", label=f"always {report.top}")
    axes.plot(ranks, [run.routed for run in runs], ".", markersize=3, color="#2a6f97", label="routed")
    axes.plot(ranks, [run.always[report.cheapest] for run in runs], color="#7a9e4f", label=f"always {report.cheapest}")
    if any(run.routed > 0 for run in runs):
        axes.set_yscale("log")
    axes.set_title("Cost of each run (USD, list price with caches)")
    axes.set_xlabel("runs, by what they would cost with the top tier")
    axes.legend()


def _draw_depths(axes: Axes, report: ReplayReport) -> None:
    depths = range(1, len(report.by_depth) + 1)
    below = [0] * len(report.by_depth)
    for tier in report.tiers:
        steps = [where[tier.name] for where in report.by_depth]
        axes.bar(depths, steps, bottom=below, label=tier.name, width=0.9)
        below = [low + high for low, high in zip(below, steps, strict=True)]
    axes.set_title("Tiers over the steps of a run")
    axes.set_xlabel("step of the run (the last bar holds all later ones)" if len(depths) >= 40 else "step of the run")
    axes.legend()


def _costs(report: ReplayReport) -> str:
    labels = {ROUTED: "routed", ALWAYS_TOP: f"always {report.top}", ALWAYS_CHEAPEST: f"always {report.cheapest}"}
    rows = [
        (label, *(usd_text(usd[way]) for usd in (report.usd, report.usd_uncached))) for way, label in labels.items()
    ]
    return _table("Cost at list price", ("", "with prompt caches", "without"), rows)


def _kinds(report: ReplayReport) -> str:
    names = tuple(report.by_tier)
    rows = [
        (kind, f"{steps:,}", *(f"{report.by_kind_and_tier[kind][name]:,}" for name in names))
        for kind, steps in report.by_kind.items()
    ]
    rows.append(("all", f"{report.steps:,}", *(f"{report.by_tier[name]:,}" for name in names)))
    return _table("Steps by kind and tier", ("kind", "steps", *names), rows)


def _costliest(steps: Sequence[CostlyStep]) -> str:
    rows = [
        (f"{step.where}, step {step.number}", usd_text(step.usd), step.tier, step.kind, f"{step.usage.input:,}")
        for step in steps
    ]
    reasons = ["; ".join(step.reasons) for step in steps]
    return _table("The costliest steps, as routed", ("where", "cost", "tier", "kind", "tokens in"), rows, reasons)


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], notes: Sequence[str] | None = None) -> str:
    """A table; with notes, each row is followed by its own across the whole width."""
    lines = [f"<table><caption>{escape(title)}</caption><tr>{_cells(head, 'th')}</tr>"]
    for i, row in enumerate(rows):
        lines.append(f"<tr>{_cells(row, 'td')}</tr>")
        if notes is not None:
            lines.append(f"<tr><td class='why' colspan='{len(head)}'>{escape(notes[i])}</td></tr>")
    return "".join([*lines, "</table>"])


def _cells(texts: Sequence[Any], tag: str) -> str:
    return "".join(f"<{tag}{' class=n' if i else ''}>{escape(str(text))}</{tag}>" for i, text in enumerate(texts))
