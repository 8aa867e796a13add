"""tierwise for LlamaIndex: an LLM that sends every step to the cheapest tier that will do it well."""

from __future__ import annotations

from llama_index.llms.tierwise.base import Tierwise
from llama_index.llms.tierwise.selector import TierwiseSelector

__all__ = ["Tierwise", "TierwiseSelector"]
