"""Makers whose messages can be told apart, paired through litellm's own transformations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clients import HOUSES
from hypothesis import HealthCheck, given, settings
from servers.wire import MakerServer
from stories import Story, stories

litellm_side = pytest.importorskip("through_litellm", reason="litellm is not installed")

EXAMPLES = 10
"""A pair; the LangChain clients take the full number."""


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, MakerServer]]:
    """All makers on loopback, strict."""
    started = {name: house.server(seed=2000 + i).__enter__() for i, (name, house) in enumerate(HOUSES.items())}
    yield started
    for server in started.values():
        server.__exit__()


@pytest.fixture(scope="module")
def teller() -> Iterator[object]:
    """Makes the histories."""
    made = litellm_side.Teller()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("maker", "target"), litellm_side.PAIRS, ids=["-to-".join(pair) for pair in litellm_side.PAIRS]
)
def test_what_litellm_read_from_one_maker_another_takes(
    maker: str, target: str, servers: dict[str, MakerServer], teller: object
):
    """No refusal, by litellm or by the target."""
    tier = litellm_side.tier_of(HOUSES[target])

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(stories)
    def hand_over(story: Story) -> None:
        history = teller.history(story, maker, target)
        litellm_side.ask(HOUSES[target], servers[target], litellm_side.handed(history, tier))

    hand_over()
