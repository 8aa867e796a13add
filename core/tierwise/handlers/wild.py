"""Patterns that could take for ever on some texts: Python's `re` tries every way to divide a text among nested repeats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

_ENDLESS: Final = 64


def may_run_wild(pattern: str) -> bool:
    """Whether something that repeats without end stands inside something else that does.

    Args:
        pattern: One that `re` can read.
    """
    parser: Any = getattr(re, "_parser")  # noqa: B009  re.compile has no other way to show what it read
    return _nested(parser.parse(pattern), inside=False)


def _nested(items: Any, inside: bool) -> bool:
    for operator, given in items:
        endless = str(operator) in ("MAX_REPEAT", "MIN_REPEAT") and int(given[1]) > _ENDLESS
        if endless and inside:
            return True
        parts = given if isinstance(given, tuple | list) else ()
        if any(_nested(part, inside or endless) for part in _sequences(parts)):
            return True
    return False


def _sequences(parts: Iterable[Any]) -> Iterable[Any]:
    """The sub-patterns among an operator's arguments, branches included."""
    for part in parts:
        if type(part).__name__ == "SubPattern":
            yield part
        elif isinstance(part, list | tuple) and any(type(item).__name__ == "SubPattern" for item in part):
            yield from _sequences(part)
