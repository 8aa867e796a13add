"""tierwise for LangChain: a chat model that sends every step to the cheapest tier that will do it well."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_tierwise.chat_models import ChatTierwise

if TYPE_CHECKING:
    from langchain_tierwise.decisions import TierwiseDecisions
    from langchain_tierwise.middleware import TierwiseMiddleware

__all__ = ["ChatTierwise", "TierwiseDecisions", "TierwiseMiddleware"]

# On first use: the one needs langchain itself (the extra `agents`), the other langchain-core 1.8.
_HOME = {"TierwiseDecisions": "langchain_tierwise.decisions", "TierwiseMiddleware": "langchain_tierwise.middleware"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
