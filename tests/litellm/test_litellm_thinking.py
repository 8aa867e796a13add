"""Whether a call through litellm asks a tier to think: said in the call, or for the tier."""

from __future__ import annotations

from typing import Any

import pytest

from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier

pytest.importorskip("litellm")
from litellm_tierwise.calls import Call, Route

TIERS = [Tier("small", "claude-haiku-4-5", prices=(1, 5)), Tier("top", "claude-opus-4-6", prices=(5, 25))]
ON, OFF = {"type": "enabled", "budget_tokens": 1024}, {"type": "disabled"}


@pytest.mark.parametrize(
    ("in_call", "of_top", "asked"),
    [
        ({}, {}, {}),
        ({"thinking": ON}, {}, {"small": True, "top": True}),
        ({"thinking": ON}, {"thinking": OFF}, {"small": True, "top": False}),
        ({"reasoning_effort": "none"}, {"reasoning_effort": "high"}, {"small": False, "top": True}),
        ({"extra_body": {"thinking": OFF}}, {}, {"small": False, "top": False}),
    ],
)
def test_what_a_call_and_a_tier_say_of_thinking_reaches_the_router(
    in_call: dict[str, Any], of_top: dict[str, Any], asked: dict[str, bool]
):
    """Where both speak, the tier's own parameters hold, as they do in the call."""
    router = Router(TIERS, classifier=FakeClassifier({"small": 0.5, "top": 0.9}), embedder=None)
    call = Call(Route(router, {"top": of_top}), [{"role": "user", "content": "?"}], {"optional_params": in_call})

    assert call.start().step.thinking == asked
