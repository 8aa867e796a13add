"""`tierwise onboard`: what first outcomes say of a model."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tierwise.classifier import load_classifier
from tierwise.classifier.families import spelt_alike
from tierwise.cli.learn import merged, show_skipped
from tierwise.embedding import packaged_encoder
from tierwise.errors import ConfigError, LearnedError
from tierwise.learning.lm_eval import read_samples
from tierwise.learning.onboard import Onboarding, onboard
from tierwise.learning.outcomes_file import ReadOutcomes, read_outcomes
from tierwise.prices import Price
from tierwise.tiers import Tier

_SOURCES = {
    "measured": "measured elsewhere",
    "name": "guessed from its name",
    "price": "guessed from its price",
    "by hand": "set by hand",
}
_UNKNOWN_PRICE = 0.0
"""Says nothing to the classifier."""


def onboard_(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name, as a tier would have it.")],
    outcomes: Annotated[
        Path | None, typer.Option("--outcomes", metavar="FILE", help="JSON lines: messages, score.")
    ] = None,
    lm_eval: Annotated[
        Path | None,
        typer.Option("--lm-eval", metavar="FILE", help="Samples that lm_eval --log_samples wrote for this model."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", metavar="NAME", help="Of the samples: which figure is the score.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Moves what is guessed of a model by its first outcomes."""
    read = _read(model, outcomes, lm_eval, metric)
    encoder = packaged_encoder()
    classifier = load_classifier(encoder.name, encoder.fingerprint)
    found = onboard(_tier(model).facts, read.outcomes, classifier, encoder)
    skipped = merged(read.skipped, found.skipped)
    if as_json:
        typer.echo(json.dumps({**asdict(found), "skipped": skipped}, indent=2))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(
        f"{model}, on traffic like these {found.n} outcomes (mean score {found.observed:.3f}):", soft_wrap=True
    )
    show_skipped(console, skipped)
    console.print(_table(found))
    console.print(_more(found), soft_wrap=True)
    console.print(f"in tierwise.yaml: {{name: …, model: {model}, ability: {found.after:.2f}}}", soft_wrap=True)


def _more(found: Onboarding) -> str:
    if found.to_halve is None:
        return (
            "no number of outcomes like these would halve the interval: give steps on which the model is neither always "
            "right nor always wrong"
        )
    return f"{found.to_halve:,} more outcomes like these would halve the interval"


def _read(model: str, outcomes: Path | None, lm_eval: Path | None, metric: str | None) -> ReadOutcomes:
    if (outcomes is None) == (lm_eval is None):
        raise ConfigError("give --outcomes FILE or --lm-eval FILE, one of them")
    if lm_eval is not None:
        return read_samples(lm_eval, model, metric)
    assert outcomes is not None
    read = read_outcomes(outcomes, model)
    mine = tuple(outcome for outcome in read.outcomes if spelt_alike(outcome.model, model))
    others = len(read.outcomes) - len(mine)
    if not mine:
        raise LearnedError(f"no outcomes of {model!r} in {str(outcomes)!r}: it has those of {_names(read)}")
    return ReadOutcomes(mine, merged(read.skipped, {"of another model": others} if others else {}))


def _names(read: ReadOutcomes) -> str:
    return ", ".join(sorted({repr(outcome.model) for outcome in read.outcomes}))


def _tier(model: str) -> Tier:
    """The model with its price, where the catalogue knows one."""
    try:
        return Tier("new", model=model)
    except ConfigError:
        return Tier("new", model=model, prices=Price(_UNKNOWN_PRICE, _UNKNOWN_PRICE))


def _source(found: Onboarding) -> str:
    if found.source == "price" and not _tier(found.model).facts.usd_per_mtok_out:
        return "what models have on average: its name says nothing, and no price is known"
    return _SOURCES[found.source]


def _table(found: Onboarding) -> Table:
    table = Table("")
    for column in ("level", "80 % interval", "mean chance"):
        table.add_column(column, justify="right")
    rows = (
        (f"before ({_source(found)})", found.before, False, found.chance_before),
        ("after", found.after, True, found.chance_after),
    )
    for name, level, after, chance in rows:
        low, high = found.interval(after)
        table.add_row(name, f"{level:.2f}", f"{low:.2f} to {high:.2f}", f"{chance:.3f}")
    return table
