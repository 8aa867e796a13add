"""The `tierwise` command. Needs typer and rich: `pip install 'tierwise[cli]'`.

Exit codes: 0 done; 2 something given was wrong, said in one line on stderr; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tierwise.errors import MissingExtra, TierwiseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code.

    Args:
        arguments: Those after the program's name; by default this process's.
    """
    _never_fail_on_letters()
    try:
        from tierwise.cli.app import run
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("typer", "rich"):
            raise
        return _complain(MissingExtra(package, "cli"))
    try:
        return run(sys.argv[1:] if arguments is None else list(arguments))
    except TierwiseError as error:
        return _complain(error)


def _complain(error: Exception) -> int:
    print(f"tierwise: {error}", file=sys.stderr)
    return 2


def _never_fail_on_letters() -> None:
    """A terminal that cannot show a letter gets a question mark, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # tests and notebooks put other streams there
        if reconfigure is not None:
            reconfigure(errors="replace")
