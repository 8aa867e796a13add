"""How the LLM is pickled: another process gets tiers and a router of its own, which has learned as much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llama_index.llms.tierwise.base import Tierwise

_KEPT_FIELDS = frozenset(
    {
        "system_prompt",
        "messages_to_prompt",
        "completion_to_prompt",
        "output_parser",
        "pydantic_program_mode",
        "query_wrapper_prompt",
    }
)
_PRIVATE = ("_settings", "_handlers")


def reduced(llm: Tierwise) -> tuple[Any, ...]:
    """What `__reduce__` gives.

    What the host's own pickling cannot keep it drops with a warning; an LLM of other settings than before would then come
    out. Here whatever cannot be pickled says so.
    """
    set_by_hand = {key: getattr(llm, key) for key in llm.model_fields_set & _KEPT_FIELDS}
    settings = {"tiers": llm.tiers, "router": llm.router, **set_by_hand}
    return _revived, (type(llm), settings, {"prices": llm.prices, **{name: getattr(llm, name) for name in _PRIVATE}})


def _revived(cls: type[Tierwise], settings: dict[str, Any], kept: dict[str, Any]) -> Tierwise:
    llm = cls(**settings)
    for name, value in kept.items():
        setattr(llm, name, value)
    return llm
