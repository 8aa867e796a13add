"""Whether an agent is at work on a program: source files stand in its calls or their results.

The words of a task often do not say so ("the login page crashes when the password is empty"). Names count that hardly occur
in prose; endings that do ("Node.js", "section 4.c") need a folder before them, and no address of the web.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["names_source_file"]

_READ_CHARS: Final = 1500
_ENDING: Final = re.compile(r"\.(?:py|pyi|ipynb|java|kt|rs|rb|cpp|hpp|tsx|jsx|php|swift|scala)\b(?![./]\w)")
_IN_A_FOLDER: Final = re.compile(r"(?<![\w:/.-])[\w.-]+(?:/[\w.-]+)*/[\w.-]+\.(?:m?js|ts|go|c|h|cc|cs|sh)\b(?![./]\w)")


def names_source_file(text: str) -> bool:
    """True where the beginning of a text names a file of source code."""
    head = text[:_READ_CHARS]
    if "." not in head:
        return False
    if any(_ends_a_word(head, found.start()) for found in _ENDING.finditer(head)):
        return True
    return "/" in head and _IN_A_FOLDER.search(head) is not None


def _ends_a_word(text: str, at: int) -> bool:
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_")
