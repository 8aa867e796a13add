"""Finds what a model costs and can do, whatever it is called.

In this order: the exact key; the same model as this very provider sells it; the maker's own price; the median of what
others charge. Which of these it was, and which keys of the table it rests on, is part of the answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median, median_low
from typing import TypeAlias

from tierwise.catalogue.names import (
    LOCAL_PROVIDERS,
    PROVIDER_ALIASES,
    UNLISTED_PROVIDERS,
    PlainName,
    canonical_provider,
    loose_name,
    makers,
    plain_name,
)
from tierwise.catalogue.table import Listing, load

_Prices: TypeAlias = tuple[float, float, float, float]
_KEYS_NAMED = 4
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What the catalogue says of a model.

    Attributes:
        provider: Who sells it at this price; None where the name does not say and the maker is not among the sellers.
        usd_per_mtok_in: USD per million input tokens; so the others. Cached reads and cache writes cost what input
            costs where the table lists nothing for them.
        keys: The catalogue keys that the price rests on.
        reason: One sentence naming them, for people.
    """

    provider: str | None
    usd_per_mtok_in: float
    usd_per_mtok_cached: float
    usd_per_mtok_cache_write: float
    usd_per_mtok_out: float
    context_tokens: int | None
    max_output_tokens: int | None
    cache_min_tokens: int | None
    tools: bool
    vision: bool
    structured_output: bool
    keys: tuple[str, ...]
    reason: str


def split_provider(model: str) -> tuple[str | None, str]:
    """Takes `provider/model` and LangChain's `provider:model` apart; None where no known provider stands in front.

    Of a Hugging Face name (`meta-llama/Llama-3.3-70B-Instruct`) the front is no provider.
    """
    for separator in sorted((s for s in "/:" if s in model), key=model.index):
        front, _, rest = model.partition(separator)
        if rest and canonical_provider(front) in _providers():
            return canonical_provider(front), rest
    return None, model


@lru_cache(maxsize=1)
def _providers() -> frozenset[str]:
    return load().providers | UNLISTED_PROVIDERS | frozenset(PROVIDER_ALIASES.values())


def find(model: str, provider: str | None = None) -> Found | None:
    """What the catalogue says of `model`; None where it lists no price for it.

    An exact key is taken at its word. Otherwise free offers never win over priced ones: many zeros in the table are
    prices that nobody filled in, and a tier that looks free would take all the traffic.

    Args:
        model: A model's name in any common spelling, with or without its provider in front.
        provider: Who serves it, where that does not stand in the name.
    """
    stated, rest = split_provider(model)
    seller = canonical_provider(provider) if provider else stated
    name = plain_name(rest)
    same = _same_model(name)
    priced = [one for one in same if not one.is_free]
    exact = _exact(model, seller, rest)
    if exact and exact.has_price and not (priced and _is_blank(exact)):
        return _as_listed(exact, same, f"list price of catalogue key {exact.key!r}")
    return _choose(name, seller, priced or same, same) if same else None


def closest(model: str, count: int = 3) -> list[str]:
    """The catalogue keys whose names look most like `model`, the likeliest first; only such as have a price."""
    table = load()
    wanted = plain_name(split_provider(model[:_LONGEST_NAME])[1]).base
    keys = {}
    for base in table.by_base:
        if priced := [one.key for one in table.base(base) if one.has_price]:
            keys[base] = min(priced, key=lambda key: (len(key), key))
    return [keys[base] for base in difflib.get_close_matches(wanted, keys, n=count, cutoff=0.0)]


def _exact(model: str, seller: str | None, rest: str) -> Listing | None:
    for key in (f"{seller}/{rest}", model):
        if listing := load().key(key):
            return listing
    bare = load().key(rest)  # `openai:gpt-5-nano` is listed as plain `gpt-5-nano`, if openai is its provider
    return bare if bare and seller in (None, bare.provider) else None


def _is_blank(listing: Listing) -> bool:
    """A zero under a full path is an offer; under a bare name it is mostly a price that nobody filled in."""
    return listing.is_free and "/" not in listing.key and listing.provider not in LOCAL_PROVIDERS


def _same_model(name: PlainName) -> list[Listing]:
    """The priced listings of this model: of this very date, else undated, else of any; names with a size also loosely.

    Free ones come along, and count only where nothing else is left.
    """
    loose = loose_name(name.base)
    for bases in ([name.base], _loose_index().get(loose, []) if loose else []):
        listings = [one for base in bases for one in load().base(base) if one.has_price]
        narrowed = [[one for one in listings if one.name.date == date] for date in (name.date, "")]
        for some in (*narrowed, listings):
            if any(not one.is_free for one in some):
                return some
        if listings:
            return listings
    return []


@lru_cache(maxsize=1)
def _loose_index() -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for base in load().by_base:
        if loose := loose_name(base):
            index.setdefault(loose, []).append(base)
    return index


def _choose(name: PlainName, seller: str | None, candidates: Sequence[Listing], same: Sequence[Listing]) -> Found:
    if seller and (own := _best(candidates, (seller,))):
        return _as_listed(own, same, f"list price at {own.provider!r}, catalogue key {own.key!r}")
    if made := _best(candidates, makers(name.base)):
        return _as_listed(made, same, f"the maker's list price, catalogue key {made.key!r}")
    return _as_median(candidates, same)


def _best(listings: Sequence[Listing], providers: Sequence[str]) -> Listing | None:
    """The listing of the first of these providers that has one; of several the newest, then the shortest key."""
    for provider in providers:
        if own := [one for one in listings if one.provider == provider]:
            newest = max(one.name.date for one in own)
            return min((one for one in own if one.name.date == newest), key=lambda one: (len(one.key), one.key))
    return None


def _as_listed(lead: Listing, same: Sequence[Listing], reason: str) -> Found:
    return _found(_prices(lead), [lead], same, (lead.key,), lead.provider, reason)


def _as_median(candidates: Sequence[Listing], same: Sequence[Listing]) -> Found:
    """Each provider has one vote, its shortest key: the others are regions at a surcharge, and aliases."""
    sellers = dict.fromkeys(one.provider for one in candidates)
    votes = [vote for seller in sellers if (vote := _best(candidates, (seller,)))]
    keys = tuple(one.key for one in votes)
    one_or_median = "the one list price," if len(votes) == 1 else f"median of {len(votes)} providers' list prices,"
    reason = f"{one_or_median} {_named(keys)}"
    return _found(_medians([_prices(one) for one in votes]), [], same, keys, None, reason)


def _named(keys: Sequence[str]) -> str:
    named = ", ".join(repr(key) for key in keys[:_KEYS_NAMED])
    more = len(keys) - _KEYS_NAMED
    return f"catalogue key{'s' * (len(keys) > 1)} {named}{f' and {more} more' if more > 0 else ''}"


def _prices(listing: Listing) -> _Prices:
    usd_in = listing.usd_per_mtok_in or 0.0
    cached, write = listing.usd_per_mtok_cached, listing.usd_per_mtok_cache_write
    return (
        usd_in,
        usd_in if cached is None else cached,
        usd_in if write is None else write,
        listing.usd_per_mtok_out or 0.0,
    )


def _medians(rows: Sequence[_Prices]) -> _Prices:
    usd_in, cached, write, out = (float(f"{median(column):.6g}") for column in zip(*rows, strict=True))
    return usd_in, cached, write, out


def _found(
    prices: _Prices,
    lead: Sequence[Listing],
    same: Sequence[Listing],
    keys: tuple[str, ...],
    provider: str | None,
    reason: str,
) -> Found:
    """What the leading listing says; where it is silent, what its siblings say."""

    def tokens(name: str) -> int | None:
        own, others = _said(lead, name), _said(same, name)
        return int((own or [median_low(others)])[0]) if own or others else None

    def can(name: str) -> bool:
        votes = _said(lead, name) or _said(same, name)
        return 2 * sum(votes) > len(votes)

    return Found(
        provider,
        *prices,
        context_tokens=tokens("context_tokens"),
        max_output_tokens=tokens("max_output_tokens"),
        cache_min_tokens=tokens("cache_min_tokens"),
        tools=can("tools"),
        vision=can("vision"),
        structured_output=can("structured_output"),
        keys=keys,
        reason=reason,
    )


def _said(listings: Sequence[Listing], name: str) -> list[int]:
    return [value for one in listings if (value := getattr(one, name)) is not None]
