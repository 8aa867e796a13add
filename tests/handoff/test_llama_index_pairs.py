"""Every ordered pair of makers that LlamaIndex's OpenAI-like package speaks with, whole answers and streamed ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from clients import HOUSES
from hypothesis import HealthCheck, given, settings
from servers.wire import MakerServer
from stories import Story, stories

side = pytest.importorskip("through_llama_index", reason="LlamaIndex's OpenAI-like package is not installed")

EXAMPLES = 30


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, MakerServer]]:
    """The makers on loopback, strict."""
    started = {name: HOUSES[name].server(seed=3000 + i).__enter__() for i, name in enumerate(side.SPOKEN)}
    yield started
    for server in started.values():
        server.__exit__()


@pytest.fixture(scope="module")
def teller() -> Iterator[Any]:
    """Makes the histories."""
    made = side.Teller()
    yield made
    made.close()


@pytest.mark.parametrize(("maker", "target"), side.PAIRS, ids=["-to-".join(pair) for pair in side.PAIRS])
def test_what_llama_index_read_from_one_maker_another_takes(
    maker: str, target: str, servers: dict[str, MakerServer], teller: Any
):
    """No refusal, by the package or by the target."""
    made_by, goes_to = (maker, HOUSES[maker].models[0]), (target, HOUSES[target].models[1])
    tier = HOUSES[target].tier(goes_to[1])
    llm = side.llm_of(HOUSES[target], servers[target].url, goes_to[1])

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(stories)
    def hand_over(story: Story) -> None:
        history, makers = teller.history(story, made_by, goes_to)
        side.ask(llm, side.handed(llm, history, tier, makers))

    hand_over()
