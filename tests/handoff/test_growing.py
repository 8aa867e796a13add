"""A history that grows is edited stretch by stretch, and comes out as if it had been looked at whole."""

from __future__ import annotations

from typing import Any

import pytest
from clients import HOUSES, House
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stories import Story, history_of, stories

from langchain_tierwise.messages import to_openai
from tierwise.handoff import apply_edits, edits_for
from tierwise.handoff.edits import Known, closer_look
from tierwise.handoff.target import Target
from tierwise.tiers import Tier

EXAMPLES = 30


@pytest.mark.parametrize("thinking", [False, True], ids=["", "thinking"])
@pytest.mark.parametrize("target", HOUSES.values(), ids=HOUSES)
def test_a_history_comes_out_as_if_it_had_been_looked_at_whole(target: House, thinking: bool):
    """Taken up step by step, or in stretches at first sight: the same messages are sent as by one look at everything."""
    maker = ("responses", HOUSES["responses"].models[0])
    for house in (HOUSES["responses"], target):
        pytest.importorskip(house.package)
    tier = Tier(target.name, target.models[1], provider=target.provider, prices=(1, 2), thinking=thinking)
    tiers = (HOUSES["responses"].tier(maker[1]), tier)

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(stories, min_size=1, max_size=3))
    def grow(parts: list[Story]) -> None:
        view: list[dict[str, Any]] = []
        for part in parts:
            view += to_openai(history_of(part, maker, (target.name, target.models[1])), tiers)
        whole = apply_edits(view, closer_look(view, Target.of(tier)))
        walks: dict[str, Known] = {}
        for stop in range(1, len(view) + 1):
            grown = edits_for(view[:stop], tier, walks=walks)
        assert apply_edits(view, grown) == whole
        assert apply_edits(view, edits_for(view, tier)) == whole

    grow()
