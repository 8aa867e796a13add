"""The same prompts in 27 tongues and registers: none may get a weaker tier than in English, nor cost much more.

The prompts were written for these tests (`twins.py`). What is promised holds nearly: what is missed is stated here, and in
the model card. Single prompts are near a threshold by chance, so shares are bounded, not sentences.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from twins import ENGLISH, REGISTERS, TIER_SETS, Twin, cost_ratio, read_prompts, twins

sys.path.remove(str(Path(__file__).parent))

MISSED = {0.9: 0.042, 0.95: 0.04, 0.98: 0.01}
"""Share of requests that a weaker tier takes than in English, at most, by quality; the promise is none."""
COST = {0.9: 1.45, 0.95: 1.2, 0.98: 1.1}
"""What all tongues cost over English, at most, by quality. The promise, 1.3, is missed at 0.9, where English sends little
up and most of what is hard lies near the threshold."""


def foreign(names: tuple[str, ...], quality: float) -> list[Twin]:
    """Every tongue's prompts but the English ones."""
    return [twin for twin in twins(names, quality) if twin.language != ENGLISH]


@pytest.fixture(scope="module")
def at_default() -> list[Twin]:
    """Two tiers far apart at the default quality, where the threshold lies amid the prompts."""
    return foreign(TIER_SETS["mixed"], 0.95)


def test_every_tongue_holds_every_prompt():
    """The same keys in the same order, nothing empty, and every translation its own."""
    tongues = read_prompts()

    assert len(tongues) == 28
    assert {tuple(prompts) for prompts in tongues.values()} == {tuple(tongues[ENGLISH])}
    assert all(text.strip() for prompts in tongues.values() for text in prompts.values())


@pytest.mark.parametrize("quality", [0.9, 0.95, 0.98])
def test_few_requests_get_a_weaker_tier_than_in_english(quality: float, at_default: list[Twin]):
    """And all tongues together cost little more, but at the lowest quality."""
    found = at_default if quality == 0.95 else foreign(TIER_SETS["mixed"], quality)

    assert sum(twin.weaker for twin in found) <= MISSED[quality] * len(found), [t for t in found if t.weaker]
    assert cost_ratio(found) <= COST[quality]


@pytest.mark.parametrize("tiers", ["openai", "claude"])
def test_tiers_near_each_other_treat_all_tongues_alike(tiers: str):
    """Where tiers differ little, English stays down, and so does everybody."""
    found = foreign(TIER_SETS[tiers], 0.95)

    assert not [twin for twin in found if twin.weaker]
    assert cost_ratio(found) <= 1.3


def test_no_language_costs_a_third_more_than_english(at_default: list[Twin]):
    """At the default quality each tongue alone keeps what is promised for all."""
    by_language = {
        twin.language: [other for other in at_default if other.language == twin.language] for twin in at_default
    }

    ratios = {language: cost_ratio(found) for language, found in by_language.items()}

    assert max(ratios.values()) <= 1.3, ratios


def test_some_languages_are_never_treated_worse(at_default: list[Twin]):
    """In most languages at most one prompt of 28 misses; registers of English are read as English is, and miss more."""
    missed: dict[str, int] = {}
    for twin in at_default:
        missed[twin.language] = missed.get(twin.language, 0) + twin.weaker

    assert max(count for language, count in missed.items() if language not in REGISTERS) <= 2, missed
    assert max(missed.values()) <= 3, missed


@pytest.mark.parametrize("quality", [0.9, 0.95])
def test_small_talk_goes_to_the_cheapest_tier_in_every_tongue(quality: float, at_default: list[Twin]):
    """Greetings, and thanks after a hard plan."""
    found = at_default if quality == 0.95 else foreign(TIER_SETS["mixed"], quality)

    assert not [twin for twin in found if twin.small_talk and twin.rank > 0]


def test_yes_after_a_hard_plan_is_hard_in_every_language(at_default: list[Twin]):
    """An assent is as hard as what it sets going; of English's registers not all words for yes are known."""
    found = [twin for twin in at_default if twin.key.startswith("yes") and twin.language not in REGISTERS]

    assert not [twin for twin in found if twin.weaker]
