"""All commands together: our own, and those that installed packages bring.

A package brings a command by an entry point in the group `tierwise.commands`: its name is the command's, and it leads to a
function that takes the arguments after the command's name as a list of strings and returns an exit code. So the core stays
free of hosts, and nothing of a host is imported unless its command is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

import typer

from tierwise import __version__
from tierwise.cli.calibrate import calibrate
from tierwise.cli.eval import eval_
from tierwise.cli.handoff import handoff
from tierwise.cli.learn import learn
from tierwise.cli.levels import tiers
from tierwise.cli.onboard import onboard_
from tierwise.cli.replay import replay
from tierwise.cli.route import route
from tierwise.errors import ConfigError

ENTRY_POINT_GROUP = "tierwise.commands"

_BROUGHT_BY = {"demo": "langchain-tierwise[demo]"}
"""Commands that people are told about, and the package that brings each."""

_OWN = {"route", "replay", "handoff", "eval", "learn", "calibrate", "onboard", "tiers"}

_HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def run(arguments: Sequence[str]) -> int:
    """Runs a command line without the program's name.

    Raises:
        TierwiseError: Something given was wrong.
    """
    try:
        return int(build_app()(args=list(arguments), prog_name="tierwise", standalone_mode=False) or 0)
    except typer.Abort:
        return 130
    except Exception as error:
        say = getattr(error, "format_message", None)  # typer's own complaints; their class has moved between releases
        if say is None:
            raise
        raise ConfigError(f"{say()} (see `tierwise --help`)") from error


def build_app() -> typer.Typer:
    """The application with every command that is installed now."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(_root)
    app.command("route")(route)
    app.command("replay")(replay)
    app.command("handoff")(handoff)
    app.command("eval")(eval_)
    app.command("learn")(learn)
    app.command("calibrate")(calibrate)
    app.command("onboard")(onboard_)
    app.command("tiers")(tiers)
    brought = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    for name in sorted({*brought, *_BROUGHT_BY} - _OWN):
        command = _brought(brought[name]) if name in brought else _absent(name)
        app.command(name, context_settings=_HANDED_ON, help=command.__doc__)(command)
    return app


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Sends every step of an agent to the cheapest model tier that will do it well."""
    if version:
        typer.echo(f"tierwise {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _brought(point: EntryPoint) -> Callable[[typer.Context], int]:
    package = point.dist.name if point.dist is not None else point.value

    def command(context: typer.Context) -> int:
        try:
            function = point.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"{point.name!r} comes from {package!r}, which cannot be loaded: {error}") from error
        return int(function(list(context.args)) or 0)

    command.__doc__ = f"Comes from {package}; `tierwise {point.name} --help` says more."
    return command


def _absent(name: str) -> Callable[[typer.Context], int]:
    def command(context: typer.Context) -> int:  # noqa: ARG001  typer hands it over
        raise ConfigError(f"{name!r} is not installed: pip install '{_BROUGHT_BY[name]}'")

    command.__doc__ = f"Not installed: pip install '{_BROUGHT_BY[name]}'."
    return command
