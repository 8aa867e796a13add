"""A history stays as it was: for the tier that made it, and from one step to the next."""

from __future__ import annotations

import pytest
from clients import HOUSES, House
from handing import edits_of, handed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stories import Story, describe, history_of, simple_stories, stories

from langchain_tierwise.messages import to_openai
from tierwise.handoff.edits import closer_look
from tierwise.handoff.quick import can_stay
from tierwise.handoff.target import Target

EXAMPLES = 30


@pytest.mark.parametrize("house", HOUSES.values(), ids=HOUSES)
def test_a_whole_history_goes_back_to_its_maker_untouched(house: House):
    """No edit at all: what the tier made itself keeps its thoughts, its ids and its place in the cache."""
    pytest.importorskip(house.package)
    model = house.models[0]

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(simple_stories)
    def stay(story: Story) -> None:
        history = history_of(story, (house.name, model), (house.name, model))
        assert edits_of(history, house.tier(model), [house.tier(model)]) == ()

    stay()


@pytest.mark.parametrize("target", HOUSES.values(), ids=HOUSES)
def test_what_was_sent_before_is_sent_again(target: House):
    """Later steps begin with the very messages of earlier ones, so a switch costs its cache once, not with every step."""
    maker, goes_to = ("responses", HOUSES["responses"].models[0]), (target.name, target.models[1])
    for house in (HOUSES["responses"], target):
        pytest.importorskip(house.package)
    tiers = (HOUSES["responses"].tier(maker[1]), target.tier(goes_to[1]))

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(stories)
    def grow(story: Story) -> None:
        history = history_of(story, maker, goes_to)
        whole = handed(history, tiers[1], tiers)
        for stop, message in enumerate(history):
            if message.type == "ai" and any(earlier.type != "system" for earlier in history[:stop]):
                before = handed(history[:stop], tiers[1], tiers)
                assert [*map(repr, before)] == [*map(repr, whole[: len(before)])], describe(before)

    grow()


@pytest.mark.parametrize("target", HOUSES.values(), ids=HOUSES)
def test_the_quick_look_never_misses_an_edit(target: House):
    """Where it says that a history can stay, the closer look finds nothing to do; and it says so of most plain ones."""
    pytest.importorskip(target.package)
    maker = ("chat", HOUSES["chat"].models[0])
    tier = target.tier(target.models[1])
    tiers = (HOUSES["chat"].tier(maker[1]), tier)
    found = {True: 0, False: 0}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(stories | simple_stories, st.booleans())
    def look(story: Story, by_one: bool) -> None:
        made_by = (target.name, target.models[1]) if by_one else maker
        view = to_openai(history_of(story, made_by, (target.name, target.models[1])), tiers)
        stays = can_stay(view, Target.of(tier))
        found[stays] += 1
        assert not stays or closer_look(view, Target.of(tier)) == ()

    look()
    assert min(found.values()) > 0
