"""Every ordered pair of makers, through litellm's own transformations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from clients import HOUSES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers.wire import MakerServer
from stories import Story, stories

litellm_side = pytest.importorskip("through_litellm", reason="litellm is not installed")

EXAMPLES = 30
"""A pair; `make handoff-proof` runs 2,000."""


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
    maker: str, target: str, servers: dict[str, MakerServer], teller: Any
):
    """No refusal, by litellm or by the target; where shapes tell enough, also when the makers were forgotten."""
    made_by, goes_to = (maker, HOUSES[maker].models[0]), (target, HOUSES[target].models[1])
    tier = litellm_side.tier_of(HOUSES[target], goes_to[1])

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(stories, st.booleans())
    def hand_over(story: Story, forgetful: bool) -> None:
        forgetful = forgetful and litellm_side.unlike(maker, target)
        history, makers = teller.history(story, made_by, goes_to, forgetful)
        litellm_side.ask(HOUSES[target], servers[target], goes_to[1], litellm_side.handed(history, tier, makers))

    hand_over()
