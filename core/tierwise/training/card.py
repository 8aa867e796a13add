"""The tables of the model card: an evaluation as Markdown, put between two markers of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tierwise.errors import ConfigError
from tierwise.evaluation.eval_page import cell
from tierwise.evaluation.eval_report import LARGE, OVERALL, EvalLine, EvalReport, StepLine
from tierwise.evaluation.pairs import FIXED, LENGTH, OURS

__all__ = ["BEGIN", "END", "markdown", "write_card"]

BEGIN, END = "<!-- tables of `make evaluate` -->", "<!-- end of tables -->"

_OVERALL = (
    ("APGR", "apgr"),
    ("APGR − length", "beyond_length"),
    ("AUC", "auc"),
    ("CPT 50", "cpt50"),
    ("CPT 80", "cpt80"),
    ("CPT 95", "cpt95"),
    ("AIQ", "aiq"),
    ("AIQ − length", "aiq_beyond_length"),
    ("score", "score_at_half"),
    ("ECE weak", "ece_weak"),
    ("ECE strong", "ece_strong"),
)
_OF_RUNS = ("apgr", "beyond_length", "auc")
_INTERVALS = ("apgr", "beyond_length", "auc", "aiq_beyond_length")


def markdown(report: EvalReport) -> str:
    """All tables: the mean of all parts, APGR by part, tasks, labelled steps, whole runs."""
    parts = [
        _overall(report),
        _by_part(report),
        _tasks(report),
        _steps(report.steps),
        _runs(report.runs),
        *report.notes,
    ]
    return "\n\n".join(part for part in parts if part)


def write_card(file: Path, report: EvalReport) -> None:
    """Puts the tables between the card's markers, at its end where it has none; all other text stays.

    Raises:
        ConfigError: One marker is there without the other.
    """
    text = file.read_text(encoding="utf-8")
    if (BEGIN in text) != (END in text):
        raise ConfigError(f"{str(file)!r} has only one of the markers {BEGIN!r} and {END!r}: write both, or neither")
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n## Beside other routers\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    file.write_text(f"{before}{BEGIN}\n\n{markdown(report)}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def _overall(report: EvalReport) -> str:
    data = report.parts()[-1]
    lines = [line for line in report.lines if line.data == data and not line.task]
    rows = [[line.router, *(_cell(line, key) for _, key in _OVERALL)] for line in lines]
    what = "Mean of the parts below" if data == OVERALL else data
    about = "Score: the mean where half of the extra cost is spent; of a constant choice, its own."
    whole = f"{what}, {lines[0].n:,.0f} steps. {about}\n\n{_table(['router', *(head for head, _ in _OVERALL)], rows)}"
    large = report.line(LARGE, OURS)
    if large is None:
        return whole
    figures = f"APGR {cell(large.figures['apgr'])}, beyond length {cell(large.figures['beyond_length'])}"
    return f"{whole}\n\nThe {LARGE}, {large.n:,.0f} steps: {OURS} {figures}."


def _by_part(report: EvalReport) -> str:
    parts = [part for part in report.parts() if part not in (OVERALL, LARGE)]
    if len(parts) < 2:
        return ""
    routers = [
        line.router for line in report.lines if line.data == parts[0] and not line.task and line.router not in FIXED
    ]
    rows = []
    for part in parts:
        found = [report.line(part, router) for router in routers]
        ours = report.line(part, OURS)
        beyond = "" if ours is None else cell(ours.figures.get("beyond_length"))
        n = "" if ours is None else f"{ours.n:,.0f}"
        rows.append([part, n, *("" if line is None else f"{line.figures['apgr'].value:.3f}" for line in found), beyond])
    return f"APGR by part.\n\n{_table(['left out', 'steps', *routers, f'{OURS} − length'], rows)}"


def _tasks(report: EvalReport) -> str:
    named = dict.fromkeys((line.data, line.task) for line in report.lines if line.task)
    rows = []
    for data, task in named:
        found = {line.router: line for line in report.lines if (line.data, line.task) == (data, task)}
        if OURS in found and LENGTH in found:
            ours = found[OURS]
            figures = [f"{found[name].figures['apgr'].value:.3f}" for name in (OURS, LENGTH)]
            rows.append([f"{data}, {task}", f"{ours.n:,.0f}", *figures, cell(ours.figures.get("beyond_length"))])
    if not rows:
        return ""
    what = "APGR inside tasks of 200 steps or more, over pairs whose means differ by 0.05 or more."
    return f"{what}\n\n{_table(['task', 'steps', OURS, 'length', 'difference'], rows)}"


def _steps(lines: Sequence[StepLine]) -> str:
    rows = [
        [line.data, line.router, f"{line.quality:g}", str(line.n), cell(line.sufficient), cell(line.saved)]
        for line in lines
        if line.quality in (0.95, 1.0) or line.router == OURS
    ]
    head = ["left out", "router", "quality", "steps", "sufficient", "saved"]
    return f"Labelled steps, resampled by instance.\n\n{_table(head, rows)}" if rows else ""


def _runs(lines: Sequence[EvalLine]) -> str:
    kept = [line for line in lines if line.data not in (OVERALL, LARGE) and line.router not in FIXED]
    rows = [[line.data, f"{line.n:,.0f}", line.router, *(_cell(line, key) for key in _OF_RUNS)] for line in kept]
    head = ["left out", "tasks", "router", "APGR", "APGR − length", "AUC"]
    what = "Whole runs of agents: which tasks to give the stronger model, by their first step. Means of three pairs."
    return f"{what}\n\n{_table(head, rows)}" if rows else ""


def _cell(line: EvalLine, key: str) -> str:
    """A constant choice has one score, whatever is spent."""
    constant = line.figures.get("mean_score") if key == "score_at_half" else None
    text = cell(constant or line.figures.get(key))
    return text if key in _INTERVALS else text.partition(" ")[0]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
