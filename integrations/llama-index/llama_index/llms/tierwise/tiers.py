"""From LlamaIndex LLMs to the core's tiers: what each is called, what it costs, what it can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.constants import DEFAULT_CONTEXT_WINDOW
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import LLM

from tierwise.errors import ConfigError
from tierwise.handoff.asked import asked_to_think
from tierwise.prices import Price, Prices
from tierwise.router import Router
from tierwise.tiers import Tier


def checked_tiers(tiers: Any) -> dict[str, LLM]:
    """Names and LLMs, checked by hand: pydantic's own errors would print the LLMs, and with them their keys.

    Raises:
        ConfigError: There are none, or one is no LLM.
    """
    if not isinstance(tiers, Mapping) or not tiers:
        found = "missing or empty" if not tiers else f"a {type(tiers).__name__}"
        raise ConfigError(
            f"tiers is {found}: give names and LLMs, such as tiers={{'small': OpenAI(model='gpt-4.1-nano')}}"
        )
    for name, llm in tiers.items():
        if not isinstance(llm, LLM):
            raise ConfigError(f"tier {name!r} is a {type(llm).__name__}: give a LlamaIndex LLM")
    return dict(tiers)


def priced_tiers(named: Mapping[str, LLM], prices: Mapping[str, Prices], facts: Sequence[Tier]) -> list[Tier]:
    """The core's tiers for these LLMs: as given by hand, or as their models' names tell.

    Raises:
        ConfigError: A price or a `Tier` is for none of them, or out of range.
        UnknownModel: No price is known for a model.
    """
    by_hand = {tier.name: tier for tier in facts}
    unknown = [name for name in (*prices, *by_hand) if name not in named]
    if unknown:
        raise ConfigError(f"prices or facts name tier {unknown[0]!r}, but the tiers are {list(named)!r}")
    return [by_hand.get(name) or _tier_of(name, llm, prices.get(name)) for name, llm in named.items()]


def _tier_of(name: str, llm: LLM, prices: Prices | None) -> Tier:
    """What the core should know of an LLM; what the LLM does not say is found by its model's name."""
    model = llm.metadata.model_name
    window = getattr(llm, "context_window", None) if "context_window" in llm.model_fields_set else None
    told = isinstance(window, int) and window > 0 and window != DEFAULT_CONTEXT_WINDOW
    return Tier(
        name,
        model=None if model in ("", "unknown") else model,
        prices=prices,
        context_tokens=window if told else None,
        tools=calls_functions(llm),
    )


def thinking_of(tiers: Mapping[str, LLM], options: Mapping[str, Any]) -> dict[str, bool]:
    """Which tiers a call asks to think, and which not to, as far as their LLMs or the call's keywords say so.

    LlamaIndex's Anthropic has it as `thinking_dict`; others send along what stands in their `additional_kwargs`.
    """
    asked = {name: _asked_to_think(llm, options) for name, llm in tiers.items()}
    return {name: thinks for name, thinks in asked.items() if thinks is not None}


def _asked_to_think(llm: LLM, options: Mapping[str, Any]) -> bool | None:
    sent = getattr(llm, "additional_kwargs", None)
    sent = sent if isinstance(sent, Mapping) else {}
    beside = sent.get("extra_body") if isinstance(sent.get("extra_body"), Mapping) else {}
    places = (options, {"thinking": getattr(llm, "thinking_dict", None)}, sent, beside or {})
    found = next((place["thinking"] for place in places if place.get("thinking")), None)
    return asked_to_think(found, options.get("reasoning_effort") or getattr(llm, "reasoning_effort", None))


def calls_functions(llm: LLM) -> bool:
    """Whether an LLM can be given tools, and says so."""
    return isinstance(llm, FunctionCallingLLM) and llm.metadata.is_function_calling_model


def check_router(named: Mapping[str, LLM], router: Router, own: Mapping[str, Any]) -> None:
    """A router by hand must know the same tiers, and brings its own settings.

    Raises:
        ConfigError: Names differ, or settings are given twice.
    """
    if own:
        raise ConfigError(f"{next(iter(own))!r} is the router's own: set it there, or leave out router=")
    names = [tier.name for tier in router.tiers]
    if set(names) != set(named):
        raise ConfigError(f"the router's tiers are {names!r}, the LLMs given are {list(named)!r}: the names must agree")


def given(**settings: Any) -> dict[str, Any]:
    """What was set at all."""
    return {key: value for key, value in settings.items() if value is not None}


def plain_prices(prices: Mapping[str, Prices] | None) -> dict[str, Any] | None:
    """As a dump may hold them, and `from_dict` reads them."""
    if prices is None:
        return None
    return {name: _dollars(Price.of(price)) for name, price in prices.items()}


def _dollars(price: Price) -> dict[str, float]:
    return {
        "input": price.usd_per_mtok_in,
        "output": price.usd_per_mtok_out,
        "cached_input": price.usd_per_mtok_cached,
        "cache_write": price.usd_per_mtok_cache_write,
    }
