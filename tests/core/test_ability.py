"""What a model can do, from its name, its price and published outcomes."""

from __future__ import annotations

import numpy as np
import pytest

from tierwise.classifier.ability import GROUPS, Abilities, features
from tierwise.classifier.families import normal_name, read_name
from tierwise.classifier.weights_file import load_weights
from tierwise.types import ModelFacts

ABILITIES = load_weights().abilities
PRICES = {
    "gpt-4.1-nano": (0.1, 0.4),
    "gpt-5-nano": (0.05, 0.4),
    "gpt-4o-mini": (0.15, 0.6),
    "claude-haiku-4-5": (1.0, 5.0),
    "gpt-4.1": (2.0, 8.0),
    "claude-sonnet-4-5": (3.0, 15.0),
    "claude-opus-4-6": (5.0, 25.0),
    "gpt-5": (1.25, 10.0),
}


def overall(model: str, abilities: Abilities = ABILITIES) -> float:
    """A model's mean level."""
    into, out = PRICES.get(model, (0.0, 0.0))
    return float(abilities.level(ModelFacts(model, usd_per_mtok_in=into, usd_per_mtok_out=out)).groups.mean())


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("openai/gpt-4o-2024-08-06", "gpt-4o"),
        ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4.5"),
        ("claude-3-5-sonnet-latest", "claude-3.5-sonnet"),
        ("meta-llama_Llama-3.3-70B-Instruct", "llama-3.3-70b"),
        ("mixtral-8x7b-instruct-v0.1", "mixtral-8x7b"),
        ("gpt-4-1106-preview", "gpt-4-turbo"),
        ("gpt-5-high", "gpt-5"),
        ("qwen2.5:7b", "qwen2.5-7b"),
        ("mistral-medium-2312", "mistral-medium"),
    ],
)
def test_spellings_of_a_model_are_one_name(spelling: str, name: str):
    """Hosts, makers, dates and serving words are taken off; what tells models apart stays."""
    assert normal_name(spelling) == name


def test_a_name_tells_year_rung_size_and_thinking():
    """What is written in a name is read; what is not is None."""
    assert read_name("gpt-4.1-nano").rung == -2
    assert read_name("gemini-1.5-pro").rung == 1  # "gemini" is no "mini"
    assert read_name("minimax-m2.7").rung == 0
    assert read_name("mixtral-8x7b").params_b == pytest.approx(33.6)
    assert read_name("o3-mini").thinks
    assert read_name("claude-opus-4-6").year == read_name("anthropic/claude-opus-4-6-20260205").year
    assert read_name("something-else").year is None


def test_known_families_stand_in_their_order():
    """Nano below mini below haiku below the large ones, as everybody expects."""
    ladder = [
        max(overall("gpt-4.1-nano"), overall("gpt-5-nano")),
        overall("gpt-4o-mini"),
        overall("claude-haiku-4-5"),
        overall("claude-sonnet-4-5"),
    ]

    assert ladder == sorted(ladder)
    assert overall("gpt-4o-mini") < overall("gpt-4.1") < overall("claude-sonnet-4-5") < overall("claude-opus-4-6")
    assert overall("gpt-5") > overall("gpt-4.1")


def test_a_model_of_unknown_name_is_judged_by_its_price():
    """Dearer is likelier to be better, but a hundredfold price is worth less than two logits; and it is said."""
    cheap = ABILITIES.level(ModelFacts("mystery-a", usd_per_mtok_in=0.1, usd_per_mtok_out=0.1))
    dear = ABILITIES.level(ModelFacts("mystery-b", usd_per_mtok_in=10.0, usd_per_mtok_out=10.0))

    assert 0.5 < dear.groups.mean() - cheap.groups.mean() < 2.0
    assert dear.source == cheap.source == "price"
    assert dear.sd > ABILITIES.level(ModelFacts("claude-opus-9")).sd


def test_an_unknown_price_is_no_price_of_nothing():
    """A model without a price is taken for a usual one, not for the cheapest."""
    unknown = ABILITIES.level(ModelFacts("mystery")).groups.mean()
    free = ABILITIES.level(ModelFacts("mystery", usd_per_mtok_in=0.02, usd_per_mtok_out=0.02)).groups.mean()

    assert unknown > free


def test_an_ability_set_by_hand_wins():
    """`ModelFacts.ability` overrides what is known."""
    level = ABILITIES.level(ModelFacts("claude-opus-4-6", ability=-1.5))

    assert level.groups == pytest.approx(np.full(len(GROUPS), -1.5))
    assert (level.sd, level.source) == (0.0, "by hand")


def test_many_models_are_known_with_their_uncertainty():
    """At least 150 models have levels of their own, all finite, none of them certain."""
    assert len(ABILITIES.table) >= 150
    assert all(np.isfinite(groups).all() and groups.shape == (len(GROUPS),) for groups in ABILITIES.table.values())
    assert all(0.1 < sd < 1.0 for sd in ABILITIES.sds.values())


def test_features_stay_within_bounds():
    """Absurd prices and sizes are cut, so that no guess runs away."""
    found = features(read_name("huge-900000b"), 1e9, 1e9)

    assert np.abs(found).max() < 3
