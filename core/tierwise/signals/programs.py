"""Whether an agent is at work on a program: source files stand in its calls or their results.

The words of a task often do not say so ("the login page crashes when the password is empty"). Names count that hardly occur
in prose; endings that do ("Node.js", "section 4.c") need a folder before them, and no address of the web.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["names_source_file"]

_READ_CHARS: Final = 1500
_SOURCE_FILE: Final = re.compile(
    r"\w\.(?:py|pyi|ipynb|java|kt|rs|rb|cpp|hpp|tsx|jsx|php|swift|scala)\b(?![./]\w)"
    r"|(?<![\w:/.-])[\w.-]+(?:/[\w.-]+)*/[\w.-]+\.(?:m?js|ts|go|c|h|cc|cs|sh)\b(?![./]\w)"
)


def names_source_file(text: str) -> bool:
    """True where the beginning of a text names a file of source code."""
    head = text[:_READ_CHARS]
    return "." in head and _SOURCE_FILE.search(head) is not None
