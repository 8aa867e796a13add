"""Whether a tier is asked to think by a switch: said by hand, in a file, or read off by the host."""

from __future__ import annotations

from typing import Any

import pytest

from tierwise.config import load_config
from tierwise.handoff import apply_edits, edits_for
from tierwise.handoff.asked import asked_to_think
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier

CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
BY_GPT = {"provider": "openai", "model": "gpt-5"}
LOOP: list[dict[str, Any]] = [
    {"role": "user", "content": "Find it."},
    {"role": "assistant", "content": None, "tool_calls": [CALL], "made_by": BY_GPT},
    {"role": "tool", "tool_call_id": "c1", "content": "one"},
]


def claude(thinking: bool | None) -> Tier:
    return Tier("top", "claude-sonnet-4-5", provider="anthropic", prices=(3, 15), thinking=thinking)


@pytest.mark.parametrize(
    ("by_hand", "by_host", "closes"),
    [(None, None, False), (None, True, True), (True, None, True), (True, False, True), (False, True, False)],
)
def test_what_is_said_of_a_tier_holds_and_else_what_the_host_reads_off(
    by_hand: bool | None, by_host: bool | None, closes: bool
):
    """Anthropic's manual thinking carries on no loop of another model's: it is closed with a word, and only then."""
    handed = apply_edits(LOOP, edits_for(LOOP, claude(by_hand), thinking=by_host))

    assert (handed[-1]["role"] == "user") is closes
    assert len(handed) == len(LOOP) + 2 * closes


def test_a_file_says_it_of_a_tier(tmp_path):
    """`thinking` is a key of a tier in tierwise.yaml."""
    path = tmp_path / "tierwise.yaml"
    path.write_text("tiers:\n  - {name: top, model: claude-sonnet-4-5, thinking: true}\n")

    (tier,) = load_config(path).tiers

    assert Tier(**tier.arguments()).thinking is True
    assert Tier("plain", prices=(1, 2)).thinking is None


DEEPSEEK = Tier("open", "deepseek-v4-pro", provider="deepseek", prices=(1, 2))


def test_a_thinking_deepseek_gets_a_blank_in_the_place_of_thoughts_it_has_not_had():
    """Its own thoughts stay; another model's go; what is put in has a blank too; a second handoff changes nothing."""
    own = {"role": "assistant", "content": "b", "reasoning_content": "mine", "made_by": {"model": "deepseek-v4-pro"}}
    others = {"role": "assistant", "content": "c", "reasoning_content": "theirs", "made_by": {"model": "qwen3-32b"}}
    user = {"role": "user", "content": "?"}

    handed = apply_edits(
        [user, own, user, others, user, user], edits_for([user, own, user, others, user, user], DEEPSEEK)
    )

    assert [m["reasoning_content"] for m in handed if m["role"] == "assistant"] == ["mine", " ", " "]
    assert edits_for(handed, DEEPSEEK) == ()
    assert edits_for([user, own, user], DEEPSEEK) == ()


def test_a_deepseek_that_does_not_think_wants_no_thoughts():
    """By hand, or by its name: the chat model thinks only when asked to."""
    history = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "?"},
    ]

    for model, thinking, wants in (
        ("deepseek-v4-pro", False, False),
        ("deepseek-chat", None, False),
        ("deepseek-chat", True, True),
    ):
        tier = Tier("open", model, provider="deepseek", prices=(1, 2), thinking=thinking)
        assert bool(edits_for(history, tier)) is wants


@pytest.mark.parametrize(
    ("thinking", "effort", "said"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, None, True),
        ({"type": "disabled"}, "high", False),
        ({"type": "adaptive"}, None, False),
        (None, "low", True),
        (None, "none", False),
        (None, None, None),
        ("enabled", None, None),
    ],
)
def test_a_requests_parameters_say_whether_it_asks_for_thoughts(thinking: Any, effort: str | None, said: bool | None):
    """Anthropic's and DeepSeek's switch, litellm's effort; None where nothing is said."""
    assert asked_to_think(thinking, effort) is said


def test_a_step_says_which_tiers_it_asks_to_think():
    """The router hands the history over as that tier will then take it; another tier's is left alone."""
    tier = Tier("top", "claude-sonnet-4-5", provider="anthropic", prices=(3, 15))
    router = Router([tier], classifier=FakeClassifier({"top": 0.9}), embedder=None)

    assert router.start(LOOP, thinking={"top": True}).messages[-1]["role"] == "user"
    assert router.start(LOOP, thinking={"other": True}).messages[-1]["role"] == "tool"
