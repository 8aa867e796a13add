"""tierwise for LangChain: a chat model that sends every step to the cheapest tier that will do it well."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_tierwise.chat_models import ChatTierwise

if TYPE_CHECKING:
    from langchain_tierwise.middleware import TierwiseMiddleware

__all__ = ["ChatTierwise", "TierwiseMiddleware"]


def __getattr__(name: str) -> Any:
    if name == "TierwiseMiddleware":  # on first use: it needs langchain itself, the extra `agents`
        return import_module("langchain_tierwise.middleware").TierwiseMiddleware
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
