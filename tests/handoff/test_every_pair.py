"""Every ordered pair of makers: what one made, the other takes, and the first takes back what came of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clients import HOUSES
from handing import ask, edits_of, handed
from hypothesis import HealthCheck, given, settings
from langchain_core.messages import BaseMessage, ToolMessage
from servers.wire import MakerServer, Turn
from stories import Story, describe, history_of, stories

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
