"""Tiers: prices by hand or from the catalogue, limits and abilities, and errors that say what to do."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from tierwise.errors import ConfigError, UnknownModel
from tierwise.prices import Price
from tierwise.tiers import DEFAULT_CONTEXT_TOKENS, Tier
from tierwise.types import ModelFacts

BY_HAND = {"input": 1.0, "output": 2.0}

# ── prices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_unknown_cache_prices_are_the_input_price():
    """Where nobody says otherwise, reading from and writing to a cache costs what input costs."""
    price = Price(3.0, 15.0)

    assert (price.usd_per_mtok_in, price.usd_per_mtok_out) == (3.0, 15.0)
    assert price.usd_per_mtok_cached == price.usd_per_mtok_cache_write == 3.0


@pytest.mark.parametrize(
    "prices",
    [
        Price(3.0, 15.0, usd_per_mtok_cached=0.3, usd_per_mtok_cache_write=3.75),
        {"input": 3.0, "output": 15.0, "cached_input": 0.3, "cache_write": 3.75},
    ],
)
def test_prices_may_be_a_price_or_a_mapping(prices: Any):
    """Both forms give the same tier."""
    price = Tier("t", prices=prices).prices

    assert price == Price(
        usd_per_mtok_in=3.0, usd_per_mtok_cached=0.3, usd_per_mtok_cache_write=3.75, usd_per_mtok_out=15.0
    )


@pytest.mark.parametrize("prices", [(1, 2), [1.0, 2.0], BY_HAND, BY_HAND | {"cached_input": None}, Price(1, 2)])
def test_prices_may_be_a_pair_or_leave_the_cache_out(prices: Any):
    """(input, output) is enough; a None in a mapping means "not given"; whole numbers will do."""
    assert Tier("t", prices=prices).prices == Price(1.0, 2.0)


def test_free_is_a_price():
    """One's own machine costs nothing."""
    assert Tier("local", prices=(0, 0)).prices == Price(0.0, 0.0)


@pytest.mark.parametrize("bad", [-1, -0.0001, float("nan"), float("inf"), True, "1", None, 10**400, 1j, np.nan])
def test_a_price_that_is_no_price_is_refused(bad: Any):
    """Negative, not finite, not a number, a bool: the message names the tier and what is wanted."""
    with pytest.raises(ConfigError, match=r"(?s)tier 'small': .*USD per million tokens"):
        Tier("small", prices={"input": 1.0, "output": bad})
    with pytest.raises(ConfigError, match="USD per million tokens"):
        Price(bad, 1.0)


def test_numbers_of_numpy_are_numbers():
    """Prices often come out of a table."""
    assert Tier("t", prices=(np.float32(0.5), np.float64(2.0))).prices == Price(0.5, 2.0)


def test_an_unknown_price_key_is_answered_with_the_allowed_ones():
    """A slip such as `ouput` must not become a price of zero."""
    with pytest.raises(ConfigError, match=r"'ouput'.*'input', 'output', 'cached_input', 'cache_write'"):
        Tier("t", prices={"input": 1.0, "ouput": 2.0})


@pytest.mark.parametrize("prices", [{}, {"input": 1.0}, {"output": 1.0, "cached_input": 0.1}])
def test_a_missing_price_is_named(prices: dict[str, float]):
    """Input and output are both needed."""
    with pytest.raises(ConfigError, match=r"prices lacks '(input|output)'"):
        Tier("t", prices=prices)


@pytest.mark.parametrize("prices", [3, "1,2", (1,), (1, 2, 3), {1, 2}, object()])
def test_an_unknown_form_of_prices_is_refused(prices: Any):
    """Anything else gets a message that shows the form."""
    with pytest.raises(ConfigError, match=r"prices=\{'input': 0\.1, 'output': 0\.4\}"):
        Tier("t", prices=prices)


# ── from the catalogue ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_name_is_enough():
    """Prices, window, abilities and provider come from the catalogue, and the tier says from where."""
    tier = Tier("top", model="claude-opus-4-6")

    assert tier.prices == Price(5.0, 25.0, usd_per_mtok_cached=0.5, usd_per_mtok_cache_write=6.25)
    assert tier.context_tokens >= 200_000
    assert (tier.tools, tier.vision, tier.structured_output) == (True, True, True)
    assert tier.provider == "anthropic"
    assert tier.price_source == "claude-opus-4-6: list price of catalogue key 'claude-opus-4-6'"


def test_the_model_name_stays_as_the_host_needs_it():
    """The provider is read off the name, and the name is passed on untouched."""
    tier = Tier("small", model="openai:gpt-4.1-nano")

    assert tier.model == "openai:gpt-4.1-nano"
    assert tier.provider == "openai"
    assert tier.prices == Tier("small", model="gpt-4.1-nano").prices


def test_a_stated_provider_is_kept():
    """Neither the catalogue nor a prefix overrides it."""
    assert Tier("t", model="claude-opus-4-6", provider="my-gateway").provider == "my-gateway"
    assert Tier("t", model="openrouter/anthropic/claude-opus-4.6").provider == "openrouter"


def test_what_is_given_by_hand_wins_over_the_catalogue():
    """Each value for itself: the rest still comes from the catalogue."""
    tier = Tier("t", model="gpt-4.1-nano", prices=(9, 9), context_tokens=1000, tools=False, cache_min_tokens=0)

    assert tier.prices == Price(9.0, 9.0)
    assert tier.price_source == "by hand"
    assert (tier.context_tokens, tier.tools, tier.cache_min_tokens) == (1000, False, 0)
    assert tier.vision
    assert tier.max_output_tokens == 32_768


def test_the_shortest_cached_prefix_comes_from_the_catalogue():
    """Claude Opus 4.6 caches nothing under 4,096 tokens; of others 1,024 is assumed."""
    assert Tier("top", model="claude-opus-4-6").cache_min_tokens == 4096
    assert Tier("small", model="gpt-4.1-nano").cache_min_tokens == 1024


def test_an_unknown_model_without_a_price_names_the_closest_and_the_way_out():
    """Three names, and how to give prices by hand."""
    with pytest.raises(UnknownModel) as caught:
        Tier("small", model="gpt-5-nanoo")

    message = str(caught.value)
    assert "tier 'small'" in message
    assert "'gpt-5-nanoo'" in message
    assert "'gpt-5-nano'" in message
    assert message.count("'") >= 2 * 5
    assert "prices={'input'" in message


def test_an_unknown_model_with_a_price_by_hand_is_fine():
    """Then a large window, tools and structured output are assumed, and vision is not."""
    tier = Tier("mine", model="Firma/Größtes Modell 7", prices=(1, 2))

    assert tier.context_tokens == DEFAULT_CONTEXT_TOKENS
    assert (tier.tools, tier.vision, tier.structured_output) == (True, False, True)
    assert (tier.max_output_tokens, tier.provider, tier.latency_ms, tier.ability) == (None, None, None, None)
    assert (tier.cache_ttl_s, tier.cache_min_tokens) == (300.0, 1024)


def test_a_tier_without_a_model_needs_a_price():
    """The host may know the tier by its name alone; its price must then be given."""
    assert Tier("host's own", prices=(1, 2)).model is None
    with pytest.raises(ConfigError, match="neither a model nor prices"):
        Tier("small")


# ── limits and abilities ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["", "   ", None, 3, b"small"])
def test_a_tier_needs_a_name(name: Any):
    """A name is a non-empty text."""
    with pytest.raises(ConfigError, match="name"):
        Tier(name, prices=(1, 2))


@pytest.mark.parametrize("name", ["klein", "小", "a b", "Top-1"])
def test_a_name_may_be_any_text(name: str):
    """Names are for people, in any script."""
    assert Tier(name, prices=(1, 2)).name == name


@pytest.mark.parametrize(
    "bad",
    [
        {"context_tokens": 0},
        {"context_tokens": -5},
        {"context_tokens": 1.5},
        {"context_tokens": True},
        {"context_tokens": "128k"},
        {"max_output_tokens": 0},
        {"cache_min_tokens": -1},
        {"cache_ttl_s": -1},
        {"cache_ttl_s": float("nan")},
        {"latency_ms": -1},
        {"latency_ms": float("inf")},
        {"ability": float("nan")},
        {"ability": True},
        {"ability": "high"},
        {"thinking": "enabled"},
        {"tools": "yes"},
        {"vision": 1},
        {"structured_output": "false"},
        {"model": ""},
        {"model": 3},
        {"provider": " "},
    ],
)
def test_a_value_out_of_range_is_named(bad: dict[str, Any]):
    """The message names the tier, the setting and the value found."""
    ((setting, value),) = bad.items()
    with pytest.raises(ConfigError) as caught:
        Tier("small", **({"prices": (1, 2)} | bad))

    assert str(caught.value).startswith(f"tier 'small': {setting} is {value!r}: give ")


def test_whole_numbers_may_come_as_floats():
    """`128e3` is a window too."""
    tier = Tier("t", prices=(1, 2), context_tokens=128e3)  # type: ignore[arg-type]

    assert tier.context_tokens == 128_000
    assert isinstance(tier.context_tokens, int)


def test_ability_and_latency_are_kept_by_hand():
    """Neither is in the catalogue; an ability may be negative."""
    tier = Tier("t", prices=(1, 2), ability=-1.5, latency_ms=800)

    assert (tier.ability, tier.latency_ms) == (-1.5, 800.0)


# ── a tier as a value ───────────────────────────────────────────────────────────────────────────────────────────────


def test_facts_are_what_the_classifier_may_know():
    """A tier without a model goes by its own name."""
    tier = Tier("t", model="gpt-4.1-nano", ability=0.5)

    assert tier.facts == ModelFacts("gpt-4.1-nano", "openai", 0.1, 0.4, tier.context_tokens, 0.5)
    assert Tier("house", prices=(1, 2)).facts.model == "house"


def test_a_tier_cannot_be_changed():
    """What a decision was made with stays as it was."""
    tier = Tier("t", prices=(1, 2))

    with pytest.raises(FrozenInstanceError):
        tier.name = "other"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        tier.prices.usd_per_mtok_in = 0.0  # type: ignore[misc]


def test_equal_tiers_are_equal_and_travel():
    """Tiers compare by value, serve as keys, and survive pickling and copying."""
    tier = Tier("t", model="gpt-4.1-nano")

    assert tier == Tier("t", model="gpt-4.1-nano")
    assert len({tier, Tier("t", model="gpt-4.1-nano"), Tier("u", model="gpt-4.1-nano")}) == 2
    assert pickle.loads(pickle.dumps(tier)) == copy.deepcopy(tier) == tier
    assert pickle.loads(pickle.dumps(tier)).price_source == tier.price_source


def test_a_tier_with_one_value_replaced_is_checked_again():
    """`dataclasses.replace` runs the same checks and keeps the rest."""
    tier = Tier("t", model="gpt-4.1-nano")

    assert replace(tier, latency_ms=5).prices == tier.prices
    with pytest.raises(ConfigError, match="context_tokens"):
        replace(tier, context_tokens=-1)
