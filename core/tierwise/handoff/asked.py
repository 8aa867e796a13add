"""Whether a request asks its model to think, read off the parameters in which hosts and users say that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SWITCHED = {"enabled": True, "disabled": False, "adaptive": False}
"""By `thinking.type`. Anthropic's adaptive mode makes no demands of the history, as its manual one does."""
_NO_EFFORT = ("none", "disable", "")


def asked_to_think(thinking: Any, effort: Any = None) -> bool | None:
    """Whether thinking is switched on; None where nothing is said of it.

    Args:
        thinking: Anthropic's and DeepSeek's parameter of this name.
        effort: `reasoning_effort`, which litellm turns into the other where a provider has no such parameter.
    """
    kind = thinking.get("type") if isinstance(thinking, Mapping) else None
    if isinstance(kind, str) and kind in _SWITCHED:
        return _SWITCHED[kind]
    return effort not in _NO_EFFORT if isinstance(effort, str) else None
