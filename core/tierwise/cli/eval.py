"""`tierwise eval`: a router, and what any router should beat, on graded outcomes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tierwise.cli.tiers import ConfigOption
from tierwise.embedding import FastEmbedder
from tierwise.errors import LearnedError, TracesError
from tierwise.evaluation.bootstrap import Interval
from tierwise.evaluation.eval_page import COLUMNS, cell
from tierwise.evaluation.eval_report import EvalLine, EvalReport
from tierwise.evaluation.judged import evaluate
from tierwise.evaluation.outcomes import Outcomes, read_outcomes, tabled
from tierwise.router import Router
from tierwise.types import Outcome

_NARROW = (("APGR", "apgr"), ("over length", "beyond_length"), ("AUC", "auc"), ("score", "score_at_half"))
_WITH_INTERVAL = ("apgr", "beyond_length")
_WIDE_FROM = 150
"""Columns of a terminal that shows all figures."""
_DRAWS, _FEW_DRAWS = 1000, 200
_TIME = re.compile(r"_\d{4}-\d\d-\d\dT[\d.-]+$")


def eval_(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Graded outcomes: JSON lines with messages and scores; a folder of lm-evaluation-harness samples; or the "
            "folder of the shared data, judged leaving one source out.",
        ),
    ],
    weak: Annotated[str | None, typer.Option("--weak", metavar="MODEL", help="The cheaper model of the pair.")] = None,
    strong: Annotated[str | None, typer.Option("--strong", metavar="MODEL", help="The dearer model.")] = None,
    config: ConfigOption = None,
    encoder: Annotated[
        Path | None,
        typer.Option("--encoder", metavar="FOLDER", help="The encoder that learners beside ours are given."),
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Fewer resamples; of the shared data a sample.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with charts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Judges routing on graded outcomes, beside length, learners and hindsight."""
    report = _report(data, weak, strong, config, encoder, fast)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        show(Console(highlight=False, markup=False, emoji=False), report)
    if html is not None:
        write_page(html, report)


def _report(
    data: Path, weak: str | None, strong: str | None, config: Path | None, encoder: Path | None, fast: bool
) -> EvalReport:
    if (data / "pairs.csv").is_file():
        from tierwise.training.judge import judge_shared

        return judge_shared(data, encoder, fast)
    outcomes = _samples(data) if data.is_dir() else read_outcomes(data)
    router = None if config is None else Router.from_yaml(config)
    return evaluate(outcomes, router, weak, strong, _encoder(encoder), _FEW_DRAWS if fast else _DRAWS)


def _samples(folder: Path) -> Outcomes:
    """Samples of lm-evaluation-harness below a folder: `MODEL/samples_TASK_TIME.jsonl`, one folder for each model."""
    from tierwise.learning.lm_eval import read_samples

    files = sorted(folder.rglob("samples_*.jsonl"))
    if not files:
        raise TracesError(f"{str(folder)!r} holds neither pairs.csv nor samples_*.jsonl: give outcomes to judge by")
    found: list[tuple[str, Outcome]] = []
    skipped: list[str] = []
    for file in files:
        try:
            read = read_samples(file, file.parent.name.replace("__", "/"))
        except LearnedError as error:  # a task whose metrics we do not know spoils no other
            skipped.append(f"{file.name}: {error}")
            continue
        task = _TIME.sub("", file.stem.removeprefix("samples_"))
        found += [(task, outcome) for outcome in read.outcomes]
        skipped += [f"{file.name}: {reason}" for reason, n in read.skipped.items() for _ in range(n)]
    if not found:
        raise TracesError(f"no outcomes in {str(folder)!r}: {skipped[0]}")
    return tabled(folder.name, found, skipped)


def _encoder(folder: Path | None) -> FastEmbedder | None:
    if folder is None:
        return None
    encoder = FastEmbedder(folder)
    encoder.load()
    return encoder


def write_page(file: Path, report: EvalReport) -> None:
    """Writes the page.

    Raises:
        TracesError: The file cannot be written.
        MissingExtra: matplotlib is not installed.
    """
    from tierwise.evaluation.eval_page import page

    try:
        file.write_text(page(report), encoding="utf-8")
    except OSError as error:
        raise TracesError(f"cannot write {str(file)!r}: {error.strerror or error}") from error


def show(console: Console, report: EvalReport) -> None:
    """Prints the tables: each part, then their mean."""
    for data in report.parts():
        lines = [line for line in report.lines if line.data == data and not line.task]
        console.print(f"{data}: {lines[0].n:,.0f} steps")
        console.print(_table(lines, console.width))
    if report.steps:
        console.print(_steps(report))
    for note in report.notes:
        console.print(note)
    console.print("Score: the mean where half of the extra cost is spent; of a constant choice, its own.")


def _table(lines: list[EvalLine], width: int) -> Table:
    table = Table("router")
    columns = COLUMNS if width >= _WIDE_FROM else _NARROW
    for head, key in columns:
        table.add_column(head, justify="right", no_wrap=key in _WITH_INTERVAL)
    for line in lines:
        table.add_row(line.router, *(_cell(key, _figure(line, key)) for _, key in columns))
    return table


def _figure(line: EvalLine, key: str) -> Interval | None:
    """A constant choice has one score, whatever is spent."""
    return line.figures.get("mean_score", line.figures.get(key)) if key == "score_at_half" else line.figures.get(key)


def _cell(key: str, found: Interval | None) -> str:
    """A figure as `.763 .690–.835`."""
    text = cell(found).replace("0.", ".").replace(" [", " ").replace(", ", "–").rstrip("]")
    return text if key in _WITH_INTERVAL else text.partition(" ")[0]


def _steps(report: EvalReport) -> Table:
    table = Table("labelled steps", "router")
    for head in ("quality", "steps", "sufficient", "saved"):
        table.add_column(head, justify="right")
    for line in report.steps:
        table.add_row(line.data, line.router, f"{line.quality:g}", str(line.n), cell(line.sufficient), cell(line.saved))
    return table
