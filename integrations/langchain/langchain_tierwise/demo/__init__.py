"""`tierwise demo`: an agent with real tools, routed step by step.

Its tiers are scripted stand-ins, which need no key and no network; `--live` puts real models there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from tierwise.errors import ConfigError, TierwiseError

STAND_INS = {"small": "openai:gpt-4.1-nano", "top": "anthropic:claude-opus-4-6"}


def run(arguments: Sequence[str]) -> int:
    """Runs the demo and returns the exit code of the process.

    Args:
        arguments: Those after `tierwise demo`.

    Raises:
        TierwiseError: An argument is wrong, or a package is missing.
    """
    try:
        wishes = _parser().parse_args(list(arguments))
    except SystemExit as stop:  # argparse has said what is wrong, or shown its help
        return stop.code if isinstance(stop.code, int) else 2
    from rich.console import Console

    from langchain_tierwise.chat_models import ChatTierwise
    from langchain_tierwise.demo.play import play
    from langchain_tierwise.demo.screen import show, show_sums
    from langchain_tierwise.demo.tasks import TASKS

    console = Console(highlight=False, markup=False, emoji=False)
    tiers = _named(wishes.live) if wishes.live else STAND_INS
    with _told_plainly() if wishes.live else nullcontext():
        chat = ChatTierwise(tiers if wishes.live else stand_ins(tiers), quality=wishes.quality)
        console.print(_preface(tiers, wishes.quality, live=bool(wishes.live)))
        steps = show(console, play(chat, TASKS))
    show_sums(console, chat.router, steps)
    return 0


def stand_ins(tiers: Mapping[str, str]) -> dict[str, Any]:
    """Scripted models under the names of real ones, given as `provider:model`."""
    from langchain_tierwise.demo.stand_in import StandIn

    split = {name: spec.partition(":") for name, spec in tiers.items()}
    return {name: StandIn(provider=provider, model_name=model) for name, (provider, _, model) in split.items()}


def _preface(tiers: Mapping[str, str], quality: float, *, live: bool) -> str:
    who = (
        "Live models are called, and billed to your keys."
        if live
        else "The models are scripted stand-ins, and no key is used: both make the same fixed moves, under these models' "
        "names and prices. Routing, tools and token counts are real. For real models: --live small=… top=…"
    )
    named = ", ".join(f"{name} = {model}" for name, model in tiers.items())
    return f"Tiers: {named}. Quality: {quality:g}. {who}\nCost of a step: expected → billed, at list price."


@contextmanager
def _told_plainly() -> Iterator[None]:
    """What a live model fails with (a missing key, no network, a refused call) in one line instead of a traceback."""
    try:
        yield
    except TierwiseError:
        raise
    except Exception as error:
        said = (str(error).strip() or "no message").splitlines()[0]
        raise ConfigError(f"a live model failed with {type(error).__name__}: {said}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tierwise demo", description="An agent with real tools (SQLite, FAQ, calculator), routed step by step."
    )
    parser.add_argument(
        "--live",
        nargs="+",
        metavar="NAME=PROVIDER:MODEL",
        help="real models instead of scripted stand-ins, such as small=openai:gpt-4.1-nano top=anthropic:claude-opus-4-6; "
        "the providers' packages (langchain-openai, …) and keys (OPENAI_API_KEY, …) must be there",
    )
    parser.add_argument(
        "--quality", type=float, default=0.95, metavar="Q", help="share of the top tier's quality to keep"
    )
    return parser


def _named(texts: Sequence[str]) -> dict[str, str]:
    named = {}
    for text in texts:
        name, equals, model = (part.strip() for part in text.partition("="))
        if not (name and equals and model):
            raise ConfigError(f"--live has {text!r}: give NAME=PROVIDER:MODEL, such as small=openai:gpt-4.1-nano")
        named[name] = model
    return named
