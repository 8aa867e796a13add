"""An evaluation as one HTML page that opens offline: tables, curves, a reliability plot as inline SVG. No message text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import ceil
from typing import TYPE_CHECKING

from tierwise import __version__
from tierwise.errors import MissingExtra
from tierwise.evaluation.bootstrap import Interval
from tierwise.evaluation.eval_report import EvalLine, EvalReport
from tierwise.evaluation.metrics import Bin
from tierwise.evaluation.pairs import LENGTH, ORACLE, OURS
from tierwise.types import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLUMNS", "cell", "page"]

COLUMNS: tuple[tuple[str, str], ...] = (
    ("APGR", "apgr"),
    ("beyond length", "beyond_length"),
    ("AUC", "auc"),
    ("CPT 50", "cpt50"),
    ("CPT 80", "cpt80"),
    ("CPT 95", "cpt95"),
    ("AIQ", "aiq"),
    ("AIQ beyond length", "aiq_beyond_length"),
    ("score at half", "score_at_half"),
    ("mean score", "mean_score"),
    ("ECE weak", "ece_weak"),
    ("ECE strong", "ece_strong"),
)
_ACROSS = 3
_EMPHASIS = {OURS: ("#2a6f97", 2.2), LENGTH: ("#b5483a", 1.6), ORACLE: ("#999999", 1.0)}
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 86rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
div.wide { overflow-x: auto } table { border-collapse: collapse; margin: 1rem 0; font-size: 13px }
th, td { padding: .2rem .45rem; border-bottom: 1px solid #ddd; white-space: nowrap } th { text-align: left }
th.n { white-space: normal; vertical-align: bottom } tr.ours { background: #eef5fa }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums } small { color: #666; display: block; line-height: 1.1 }
svg { width: 100%; height: auto } caption { text-align: left; font-weight: 600 } p.why { color: #555; font-size: 13px }
"""


def page(report: EvalReport) -> str:
    """The page, complete, far below 1 MB.

    Raises:
        MissingExtra: matplotlib, which draws the charts, is not installed.
    """
    body = [f"<h1>tierwise eval: {escape(report.title)}</h1>", *(f"<p>{escape(note)}</p>" for note in report.notes)]
    if report.lines:
        first, *others = _parts(report)
        body += [first, _charts(report), *others, _tasks(report)]
    if report.steps:
        body.append(_steps(report))
    body.append(f"<p class='why'>Made by tierwise {__version__}.</p>")
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>tierwise eval</title><style>{_STYLE}</style>"
        "</head><body>\n" + "\n".join(part for part in body if part) + "\n</body></html>\n"
    )


def cell(found: Interval | None) -> str:
    """A figure as text, its interval behind it; empty where it is not known."""
    if found is None or found.value != found.value:
        return ""
    if found.low != found.low or found.low == found.high:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _parts(report: EvalReport) -> list[str]:
    """A table for each part, the mean of all first."""
    tables = []
    for data in reversed(report.parts()):
        lines = [line for line in report.lines if line.data == data and not line.task]
        tables.append(_table(f"{data}, {lines[0].n:,.0f} steps", [(line.router, line) for line in lines]))
    return tables


def _tasks(report: EvalReport) -> str:
    lines = [line for line in report.lines if line.task and line.router in (OURS, LENGTH)]
    named = [(f"{line.data}, {line.task} ({line.n:,.0f}): {line.router}", line) for line in lines]
    return _table("Inside one task", named) if named else ""


def _table(title: str, rows: Sequence[tuple[str, EvalLine]]) -> str:
    columns = [(head, key) for head, key in COLUMNS if any(key in line.figures for _, line in rows)]
    heads = "".join(f"<th class='n'>{head}</th>" for head, _ in columns)
    lines = []
    for name, line in rows:
        cells = "".join(f"<td class='n'>{_small(cell(line.figures.get(key)))}</td>" for _, key in columns)
        lines.append(f"<tr{' class=ours' if line.router == OURS else ''}><td>{escape(name)}</td>{cells}</tr>")
    head = f"<caption>{escape(title)}</caption><tr><th></th>{heads}</tr>"
    return f"<div class='wide'><table>{head}{''.join(lines)}</table></div>"


def _small(text: str) -> str:
    value, bracket, rest = text.partition(" [")
    return f"{value} <small>[{rest}</small>" if bracket else value


def _steps(report: EvalReport) -> str:
    heads = "".join(f"<th>{head}</th>" for head in ("left out", "router", "quality", "steps", "sufficient", "saved"))
    rows = "".join(
        f"<tr{' class=ours' if line.router == OURS else ''}><td>{escape(line.data)}</td><td>{escape(line.router)}</td>"
        f"<td class='n'>{line.quality:g}</td><td class='n'>{line.n}</td>"
        f"<td class='n'>{_small(cell(line.sufficient))}</td><td class='n'>{_small(cell(line.saved))}</td></tr>"
        for line in report.steps
    )
    return f"<table><caption>Labelled steps of agents</caption><tr>{heads}</tr>{rows}</table>"


def _charts(report: EvalReport) -> str:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "replay") from error
    svg = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "tierwise", "font.family": "sans-serif"}):
        rows = ceil((len(report.curves) + bool(report.bins)) / _ACROSS)
        figure = Figure(figsize=(4.2 * _ACROSS, 3.6 * rows + 1.2), layout="constrained")
        _draw(figure, rows, report)
        figure.savefig(svg, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = svg.getvalue()
    return text[text.index("<svg") :]


def _draw(figure: Figure, rows: int, report: EvalReport) -> None:
    axes = list(figure.subplots(rows, _ACROSS, squeeze=False).flat)
    if report.bins:
        _draw_reliability(axes.pop(0), report.bins)
    for (data, curves), place in zip(report.curves.items(), axes, strict=False):
        _draw_curves(place, data, curves)
    for unused in axes[len(report.curves) :]:
        unused.axis("off")
    if report.curves:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=8)


def _draw_curves(axes: Axes, data: str, curves: Mapping[str, tuple[Floats, Floats]]) -> None:
    """Mean score over the share of the extra cost; the dotted line is what a coin would do at the same cost."""
    for name, (share, score) in curves.items():
        color, width = _EMPHASIS.get(name, (None, 0.9))
        axes.plot(share, score, color=color, linewidth=width, label=name, zorder=3 if name == OURS else 2)
    first = next(iter(curves.values()))[1]
    axes.plot([0, 1], [first[0], first[-1]], ":", color="#555555", linewidth=1, label="random")
    axes.set_title(data, fontsize=10)
    axes.set_xlabel("share of the extra cost spent", fontsize=8)
    axes.set_ylabel("mean score", fontsize=8)


def _draw_reliability(axes: Axes, bins: Mapping[str, Iterable[Bin]]) -> None:
    axes.plot([0, 1], [0, 1], ":", color="#555555", linewidth=1)
    for (name, bars), color in zip(bins.items(), ("#b5483a", "#2a6f97"), strict=False):
        held = list(bars)
        axes.plot([bar.said for bar in held], [bar.happened for bar in held], color=color, label=name, linewidth=1)
        largest = max(bar.n for bar in held)
        sizes = [10 + 60 * bar.n / largest for bar in held]
        axes.scatter([bar.said for bar in held], [bar.happened for bar in held], s=sizes, color=color)
    axes.set_title("what we said, and what happened", fontsize=10)
    axes.set_xlabel("chance of success, as said", fontsize=8)
    axes.set_ylabel("share that succeeded", fontsize=8)
    axes.legend(fontsize=8)
