"""From options to a router: which tiers, at what quality."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tierwise.errors import ConfigError
from tierwise.router import Router
from tierwise.tiers import Tier

DEFAULT_TIERS = ("small=gpt-4.1-nano", "top=claude-opus-4-6")

TierOptions: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--tier", metavar="NAME=MODEL", help=f"Give one for each tier. [default: {' and '.join(DEFAULT_TIERS)}]"
    ),
]
QualityOption: TypeAlias = Annotated[
    float | None,
    typer.Option("--quality", metavar="Q", help="Share of the top tier's adequate answers to keep. [default: 0.95]"),
]
ConfigOption: TypeAlias = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Tiers, rules and the rest from a tierwise.yaml.")
]


def router_from(tiers: Sequence[str] | None, quality: float | None, config: Path | None) -> Router:
    """The router that the options ask for. With a file, a quality given beside it is for each step to override.

    Raises:
        ConfigError: An option is wrong, or both tiers and a file are given.
    """
    if config is not None:
        if tiers:
            raise ConfigError("give --tier or --config, not both: the file names its own tiers")
        check_quality(quality)
        return Router.from_yaml(config)
    return Router([_tier(text) for text in tiers or DEFAULT_TIERS], quality=0.95 if quality is None else quality)


def check_quality(quality: float | None) -> None:
    """Refuses a quality that is no share.

    Raises:
        ConfigError: It is not above 0 and at most 1.
    """
    if quality is not None and not 0 < quality <= 1:
        raise ConfigError(f"quality is {quality!r}: give a share above 0 and at most 1, such as 0.95")


def _tier(text: str) -> Tier:
    name, equals, model = (part.strip() for part in text.partition("="))
    if not (name and equals and model):
        raise ConfigError(f"--tier is {text!r}: give NAME=MODEL, such as {DEFAULT_TIERS[0]}")
    return Tier(name, model=model)
