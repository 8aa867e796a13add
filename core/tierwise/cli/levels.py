"""`tierwise tiers`: what is known of each tier's model, and how surely."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tierwise.classifier.model import DifficultyAbility
from tierwise.cli.learn import LearnedOption
from tierwise.cli.tiers import ConfigOption, TierOptions, router_from
from tierwise.errors import ConfigError
from tierwise.router import Router
from tierwise.types import ModelFacts

_Z80 = 1.2816


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model's level in logits, with the standard deviation of what is known, and its mean chance on usual traffic."""

    tier: str | None
    model: str
    usd_per_mtok_in: float
    usd_per_mtok_out: float
    level: float
    sd: float
    source: str
    chance: float | None

    @property
    def interval(self) -> str:
        """The 80 % interval, as text; empty for a level set by hand."""
        return f"{self.level - _Z80 * self.sd:.2f} to {self.level + _Z80 * self.sd:.2f}" if self.sd else ""


def tiers(
    tier: TierOptions = None,
    config: ConfigOption = None,
    learned: LearnedOption = None,
    known: Annotated[bool, typer.Option("--known", help="All models with a measured level, strongest first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Shows what is known of each tier's model, and how surely."""
    router = router_from(tier, None, config)
    if learned is not None:
        router.teacher.load(learned)
    found = _measured(_classifier(router)) if known else _tiers(router)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(_table(found, known))
    if known:
        console.print(f"{len(found)} models; of any other the level is guessed from name and price")
    else:
        taught = "" if router.correction is None else f", after {router.correction.n_outcomes:,} outcomes"
        console.print(f"chance: on the reference traffic of the wheel{taught}; level: before any outcome, in logits")


def _classifier(router: Router) -> DifficultyAbility:
    if not isinstance(router.classifier, DifficultyAbility):
        raise ConfigError("the classifier is one of your own: only the packaged one knows levels of models")
    return router.classifier


def _tiers(router: Router) -> list[KnownModel]:
    reference = router.classifier.reference(router.models)
    if router.correction is not None:
        reference = router.correction.reference(reference, router.models)
    chances = dict(zip(router.models, (reference.weights @ reference.p_adequate).tolist(), strict=True))
    classifier = _classifier(router)
    return [_known(classifier, tier.facts, tier.name, chances[tier.name]) for tier in router.tiers]


def _measured(classifier: DifficultyAbility) -> list[KnownModel]:
    found = [_known(classifier, ModelFacts(name), None, None) for name in classifier.abilities.table]
    return sorted(found, key=lambda one: (-one.level, one.model))


def _known(classifier: DifficultyAbility, facts: ModelFacts, tier: str | None, chance: float | None) -> KnownModel:
    level = classifier.level(facts)
    mean, prices = float(level.groups.mean()), (facts.usd_per_mtok_in, facts.usd_per_mtok_out)
    return KnownModel(tier, facts.model, *prices, mean, level.sd, level.source, chance)


def _table(found: Sequence[KnownModel], known: bool) -> Table:
    table = Table()
    for column in ("model",) if known else ("tier", "model", "known by"):
        table.add_column(column, overflow="fold")
    for column in ("level", "80 % interval") if known else ("$/Mtok", "level", "80 % interval", "chance"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in found:
        figures = (f"{one.level:.2f}", one.interval)
        if known:
            table.add_row(one.model, *figures)
        else:
            prices = f"{one.usd_per_mtok_in:g}, {one.usd_per_mtok_out:g}"
            table.add_row(one.tier, one.model, one.source, prices, *figures, f"{one.chance:.3f}")
    return table
