"""What tokens cost, given by hand in any of a few forms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias

from tierwise.errors import ConfigError

__all__ = ["BY_HAND", "Price", "Prices", "at_least_zero", "finite_number"]

BY_HAND = "prices={'input': 0.1, 'output': 0.4}, in USD per million tokens"
"""How prices are written, for messages that ask for them."""

_PRICE_KEYS = ("input", "output", "cached_input", "cache_write")


@dataclass(frozen=True, slots=True, init=False)
class Price:
    """What tokens cost, in USD per million (Mtok); each finite and at least 0.

    Attributes:
        usd_per_mtok_in: Input, read in full.
        usd_per_mtok_cached: Input that the provider still holds from an earlier call; the input price where unknown.
        usd_per_mtok_cache_write: Input that is read in full and kept for the next call. It stands in the place of
            `usd_per_mtok_in`, not on top of it (Anthropic: 1.25 times as dear); the input price where unknown.
        usd_per_mtok_out: Output, reasoning tokens included.
    """

    usd_per_mtok_in: float
    usd_per_mtok_cached: float
    usd_per_mtok_cache_write: float
    usd_per_mtok_out: float

    def __init__(
        self,
        usd_per_mtok_in: float,
        usd_per_mtok_out: float,
        *,
        usd_per_mtok_cached: float | None = None,
        usd_per_mtok_cache_write: float | None = None,
    ) -> None:
        """Checks the prices.

        Raises:
            ConfigError: A price is not a number, not finite, or below 0.
        """
        prices = {
            "usd_per_mtok_in": usd_per_mtok_in,
            "usd_per_mtok_cached": usd_per_mtok_in if usd_per_mtok_cached is None else usd_per_mtok_cached,
            "usd_per_mtok_cache_write": usd_per_mtok_in
            if usd_per_mtok_cache_write is None
            else usd_per_mtok_cache_write,
            "usd_per_mtok_out": usd_per_mtok_out,
        }
        for what, usd in prices.items():
            object.__setattr__(self, what, at_least_zero(what, usd, "USD per million tokens"))

    @classmethod
    def of(cls, prices: Prices) -> Price:
        """Reads any of the forms in which prices may be given.

        Raises:
            ConfigError: The form is unknown, a key is unknown or missing, or a price is out of range.
        """
        if isinstance(prices, Price):
            return prices
        if isinstance(prices, Mapping):
            return cls._of_mapping(prices)
        if isinstance(prices, tuple | list) and len(prices) == 2:
            return cls._of_mapping({"input": prices[0], "output": prices[1]})
        raise ConfigError(f"prices is {prices!r}: give {BY_HAND}; or a pair (input, output), or a Price")

    @classmethod
    def _of_mapping(cls, prices: Mapping[str, float | None]) -> Price:
        unknown = [key for key in prices if key not in _PRICE_KEYS]
        given = {key: value for key, value in prices.items() if key in _PRICE_KEYS and value is not None}
        missing = [key for key in _PRICE_KEYS[:2] if key not in given]
        if unknown or missing:
            found = f"has the unknown key {unknown[0]!r}" if unknown else f"lacks {missing[0]!r}"
            raise ConfigError(f"prices {found}: allowed keys are {', '.join(map(repr, _PRICE_KEYS))}; give {BY_HAND}")
        for key, value in given.items():
            at_least_zero(key, value, "USD per million tokens")
        return cls(
            given["input"],
            given["output"],
            usd_per_mtok_cached=given.get("cached_input"),
            usd_per_mtok_cache_write=given.get("cache_write"),
        )


Prices: TypeAlias = Price | Mapping[str, float | None] | tuple[float, float] | list[float]
"""A `Price`; a mapping with `input`, `output` and perhaps `cached_input`, `cache_write`; or a pair (input, output)."""


def at_least_zero(what: str, value: Any, unit: str) -> float:
    """A value given by hand, as a number.

    Raises:
        ConfigError: It is none, not finite, or below 0.
    """
    wanted = f"{unit}, a finite number, at least 0"
    number = finite_number(what, value, wanted)
    if number < 0:
        raise ConfigError(f"{what} is {value!r}: give {wanted}")
    return number


def finite_number(what: str, value: Any, wanted: str) -> float:
    """A value given by hand, as a number.

    Raises:
        ConfigError: It is none, or not finite.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)  # True is a number to Python, and not a price
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:  # a whole number too large for a float
        number = math.inf
    if not math.isfinite(number):
        raise ConfigError(f"{what} is {value!r}: give {wanted}")
    return number
