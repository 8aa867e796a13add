"""Tiers: a model, what it costs, how much it can read and what it can do.

What is not given by hand is looked up in the bundled catalogue (`tierwise.catalogue`), which is read on the first
look-up and never at import. Its prices are those of the first price step: many models cost more for inputs above
200,000 tokens, and that is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from tierwise.errors import ConfigError, UnknownModel
from tierwise.prices import BY_HAND, Price, Prices, at_least_zero, finite_number
from tierwise.types import ModelFacts

if TYPE_CHECKING:
    from tierwise.catalogue.lookup import Found
    from tierwise.protocols import Handler

DEFAULT_CONTEXT_TOKENS = 128_000
"""Assumed of a model whose window nobody tells us, as most models on offer read that much."""
DEFAULT_CACHE_TTL_S = 300.0
DEFAULT_CACHE_MIN_TOKENS = 1024


@dataclass(frozen=True, slots=True, init=False)
class Tier:
    """A model and its price: one of the places a step can go to.

    Attributes:
        name: What the tier is called in decisions, rules and configuration.
        model: The model's name as the host will be asked for it; None where the host knows by the tier's name.
        provider: Who serves it, as named in the catalogue; None where nobody says.
        context_tokens: Largest input, in tokens; `DEFAULT_CONTEXT_TOKENS` where nobody says.
        max_output_tokens: Longest output, in tokens; None where nobody says.
        latency_ms: Typical time to a whole answer; only by hand.
        tools: Whether it calls tools. Abilities of which neither caller nor catalogue knows the model: tools and
            structured output yes, vision no.
        cache_ttl_s: How long the provider holds a prefix after its last use.
        cache_min_tokens: Shortest prefix that the provider holds.
        ability: How able the model is, in logits; None leaves it to the classifier.
        thinking: Whether requests ask it to think by a switch (Anthropic's `thinking={"type": "enabled"}`, DeepSeek's
            thinking mode): a history must then meet rules of its own. None leaves it to what the host can read off its
            model object, else to what the provider does unasked.
        price_source: One sentence: by hand, or which catalogue keys the price rests on.
        handler: What answers in the place of a model, at no cost; None for a tier with a model.
    """

    name: str
    model: str | None
    provider: str | None
    prices: Price
    context_tokens: int
    max_output_tokens: int | None
    latency_ms: float | None
    tools: bool
    vision: bool
    structured_output: bool
    cache_ttl_s: float
    cache_min_tokens: int
    ability: float | None
    thinking: bool | None
    price_source: str = field(init=False, compare=False)
    handler: Handler | None = field(default=None, hash=False, repr=False)

    def __init__(
        self,
        name: str,
        model: str | None = None,
        *,
        provider: str | None = None,
        prices: Prices | None = None,
        context_tokens: int | None = None,
        max_output_tokens: int | None = None,
        latency_ms: float | None = None,
        tools: bool | None = None,
        vision: bool | None = None,
        structured_output: bool | None = None,
        cache_ttl_s: float | None = None,
        cache_min_tokens: int | None = None,
        ability: float | None = None,
        thinking: bool | None = None,
        handler: Handler | None = None,
    ) -> None:
        """Checks what is given by hand and finds the rest in the catalogue, by `model`.

        `model` may be a plain name, `provider/model`, or LangChain's `provider:model`; the lookup is described in
        `tierwise.catalogue.lookup`. With `prices` by hand no catalogue entry is needed, and no model either; with a
        `handler` neither may be given.

        Raises:
            UnknownModel: No price is given and the catalogue lists none; the message names the closest models.
            ConfigError: A value is out of range, the name is empty, or there is neither model nor price nor handler.
        """
        _check_text(name, model, provider)
        object.__setattr__(self, "handler", handler)
        if handler is not None:
            _check_handler(name, handler, model, provider, prices)
            prices = Price(0, 0)
        try:
            given = {
                "context_tokens": _count("context_tokens", context_tokens, 1),
                "max_output_tokens": _count("max_output_tokens", max_output_tokens, 1),
                "latency_ms": None if latency_ms is None else at_least_zero("latency_ms", latency_ms, "milliseconds"),
                "tools": _flag("tools", tools),
                "vision": _flag("vision", vision),
                "structured_output": _flag("structured_output", structured_output),
                "cache_ttl_s": None if cache_ttl_s is None else at_least_zero("cache_ttl_s", cache_ttl_s, "seconds"),
                "cache_min_tokens": _count("cache_min_tokens", cache_min_tokens, 0),
                "ability": None if ability is None else finite_number("ability", ability, "logits, such as 1.5"),
                "thinking": _flag("thinking", thinking),
                "prices": None if prices is None else Price.of(prices),
            }
        except ConfigError as error:
            raise ConfigError(f"tier {name!r}: {error}") from error
        self._fill(name, model, provider, given)

    def _fill(self, name: str, model: str | None, provider: str | None, given: dict[str, Any]) -> None:
        stated, found = _look_up(model, provider)
        if given["prices"] is None and found is None:
            raise _no_price(name, model)
        known = _DEFAULTS | (_facts(found) if found else {}) | {k: v for k, v in given.items() if v is not None}
        known["provider"] = provider or stated or (found.provider if found else None)
        known["price_source"] = f"{model}: {found.reason}" if found and given["prices"] is None else "by hand"
        if self.handler is not None:
            known["price_source"] = "no model is called"
        for key, value in (known | {"name": name, "model": model}).items():
            object.__setattr__(self, key, value)

    @property
    def facts(self) -> ModelFacts:
        """What the classifier may know of the model. A tier without a model goes by its name."""
        return ModelFacts(
            model=self.model or self.name,
            provider=self.provider,
            usd_per_mtok_in=self.prices.usd_per_mtok_in,
            usd_per_mtok_out=self.prices.usd_per_mtok_out,
            context_tokens=self.context_tokens,
            ability=self.ability,
        )


_DEFAULTS: dict[str, Any] = {
    "context_tokens": DEFAULT_CONTEXT_TOKENS,
    "max_output_tokens": None,
    "latency_ms": None,
    "tools": True,
    "vision": False,
    "structured_output": True,
    "cache_ttl_s": DEFAULT_CACHE_TTL_S,
    "cache_min_tokens": DEFAULT_CACHE_MIN_TOKENS,
    "ability": None,
    "thinking": None,
}


def _look_up(model: str | None, provider: str | None) -> tuple[str | None, Found | None]:
    if model is None:
        return None, None
    from tierwise.catalogue.lookup import find, split_provider  # here, so that importing tierwise stays cheap

    return split_provider(model)[0], find(model, provider)


def _facts(found: Found) -> dict[str, Any]:
    """What the catalogue knows, in a tier's terms."""
    facts = {
        "context_tokens": found.context_tokens,
        "max_output_tokens": found.max_output_tokens,
        "cache_min_tokens": found.cache_min_tokens,
        "tools": found.tools,
        "vision": found.vision,
        "structured_output": found.structured_output,
        "prices": Price(
            found.usd_per_mtok_in,
            found.usd_per_mtok_out,
            usd_per_mtok_cached=found.usd_per_mtok_cached,
            usd_per_mtok_cache_write=found.usd_per_mtok_cache_write,
        ),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _no_price(name: str, model: str | None) -> ConfigError:
    if model is None:
        return ConfigError(f"tier {name!r} has neither a model nor prices: give model='gpt-4.1-nano', or {BY_HAND}")
    from tierwise.catalogue.lookup import closest

    names = ", ".join(map(repr, closest(model)))
    return UnknownModel(
        f"tier {name!r}: no price is known for model {model!r}; the closest in the catalogue are {names}. "
        f"Use one of these names, or give the prices by hand: {BY_HAND}"
    )


def _check_text(name: object, model: object, provider: object) -> None:
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"a tier's name is {name!r}: give a non-empty text, such as 'small'")
    for what, value in (("model", model), ("provider", provider)):
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise ConfigError(f"tier {name!r}: {what} is {value!r}: give a non-empty text, or leave it out")


def _check_handler(name: str, handler: Any, *of_a_model: object) -> None:
    if not callable(getattr(handler, "handle", None)):
        raise ConfigError(
            f"tier {name!r}: handler is a {type(handler).__name__}: give an object with handle(step, reading)"
        )
    if iscoroutinefunction(handler.handle):
        raise ConfigError(
            f"tier {name!r}: {type(handler).__name__}.handle is async, and a handler answers at once, in the caller's "
            "thread: make it a plain function, and give what waits for others a tier with a model"
        )
    if any(given is not None for given in of_a_model):
        raise ConfigError(
            f"tier {name!r} has a handler and a model: leave out model, provider and prices, or the handler"
        )


def _count(what: str, value: Any, least: int) -> int | None:
    if value is None:
        return None
    wanted = f"a whole number, at least {least}"
    number = finite_number(what, value, wanted)
    if number < least or number != int(number):
        raise ConfigError(f"{what} is {value!r}: give {wanted}")
    return int(number)


def _flag(what: str, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise ConfigError(f"{what} is {value!r}: give True or False, or leave it out")
