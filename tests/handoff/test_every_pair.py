"""Every ordered pair of makers: what one made, the other takes, and the first takes back what came of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clients import HOUSES, House
from handing import ask, edits_of, handed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import BaseMessage, ToolMessage
from servers.wire import MakerServer, Turn
from stories import Story, describe, history_of, simple_stories, stories

from langchain_tierwise.messages import to_openai
from tierwise.handoff.demands import demands_of
from tierwise.handoff.edits import closer_look
from tierwise.handoff.makers import family_of
from tierwise.handoff.quick import can_stay

EXAMPLES = 30
"""A pair; `make handoff-proof` runs 2,000."""

PAIRS = [(maker, target) for maker in HOUSES for target in HOUSES]
ANSWER = Turn("Looking further.", "So.", (("look_up", {"q": "more"}), ("fetch-page", {"n": 1})))


def models_of(maker: str, target: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """House and model of both; within one house the history passes from one model to another."""
    return (maker, HOUSES[maker].models[0]), (target, HOUSES[target].models[1])


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, MakerServer]]:
    """All makers on loopback, strict."""
    started = {name: house.server(seed=1000 + i).__enter__() for i, (name, house) in enumerate(HOUSES.items())}
    yield started
    for server in started.values():
        server.__exit__()


@pytest.mark.parametrize(("maker", "target"), PAIRS, ids=["-to-".join(pair) for pair in PAIRS])
def test_what_one_maker_made_another_takes(maker: str, target: str, servers: dict[str, MakerServer]):
    """No refusal on the way there, none on the way back, and handing over twice changes nothing more."""
    made_by, goes_to = models_of(maker, target)
    for house in (HOUSES[maker], HOUSES[target]):
        pytest.importorskip(house.package)
    tiers = (HOUSES[maker].tier(made_by[1]), HOUSES[target].tier(goes_to[1]))

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(stories)
    def hand_over(story: Story) -> None:
        history = history_of(story, made_by, goes_to)
        once = handed(history, tiers[1], tiers)
        assert edits_of(once, tiers[1], tiers) == (), describe(once)
        servers[target].say(ANSWER)
        answer = ask(HOUSES[target], servers[target], goes_to[1], once)
        further = [*history, answer, *(ToolMessage("r", tool_call_id=call["id"]) for call in answer.tool_calls)]
        back: list[BaseMessage] = handed(further, tiers[0], tiers)
        ask(HOUSES[maker], servers[maker], made_by[1], back)

    hand_over()


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
            if message.type == "ai" and stop:
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
    family, found = family_of(tier), {True: 0, False: 0}

    @settings(
        max_examples=3 * EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(stories | simple_stories, st.booleans())
    def look(story: Story, by_one: bool) -> None:
        made_by = (target.name, target.models[1]) if by_one else maker
        view = to_openai(history_of(story, made_by, (target.name, target.models[1])), tiers)
        stays = can_stay(view, tier, family, demands_of(family))
        found[stays] += 1
        assert not stays or closer_look(view, tier) == ()

    look()
    assert min(found.values()) > 0
