"""Trouble raises the weakest tier allowed, says why, and lets it down again; no host is asked for state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tierwise import Router, Rule, Tier
from tierwise.errors import ConfigError
from tierwise.policy.recovery import floor_rank, raised, words_for
from tierwise.testing import FakeClassifier
from tierwise.types import Limits, Signals

LADDER = [
    Tier(name, model=f"{name}-model", prices=(usd, 4 * usd)) for name, usd in (("low", 0.1), ("mid", 1), ("top", 5))
]
TOOLS = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]
CHANCES = {"low": 0.9, "mid": 0.91, "top": 0.92}


def new_router(**facts: Any) -> Router:
    """The weakest tier is always likely enough: only recovery goes up."""
    return Router(LADDER, classifier=FakeClassifier(CHANCES), embedder=None, quality=0.5, **facts)


def run_of(*results: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Mend the parser."}]
    for n, text in enumerate(results):
        function = {"name": "find", "arguments": json.dumps({"n": n})}
        messages += [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": str(n), "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": str(n), "content": text},
        ]
    return messages


FAILURES = ("Error: no such file", "Error: permission denied", "Error: disk full")
SOUND = tuple(f"line {n} reads a token" for n in range(6))


def tiers_along(router: Router, *results: str) -> list[str]:
    return [router.start(run_of(*results[:n]), TOOLS).decision.tier for n in range(len(results) + 1)]


def test_tier_rises_with_trouble_and_comes_down_after():
    """One failure changes nothing, two ask for the middle, three for the top; sound steps lead back."""
    along = tiers_along(new_router(), *FAILURES, *SOUND[:3])
    assert along == ["low", "low", "mid", "top", "mid", "low", "low"]


def test_reason_is_in_words():
    """Why the weaker tiers are out."""
    reasons = new_router().start(run_of(*FAILURES[:2]), TOOLS).decision.reasons
    assert "not low: two failed results in a row: at least mid" in reasons


def test_spanish_failures_raise_and_mentions_do_not():
    """As in English."""
    spanish = run_of("Error: no existe el archivo", "No se pudo abrir el archivo")
    mentions = run_of("0 errors, build OK", "def f():\n    raise ValueError('Error')\n", "0 errors, build OK.")
    assert new_router().start(spanish, TOOLS).decision.tier == "mid"
    assert new_router().start(mentions, TOOLS).decision.tier == "low"


def test_decision_needs_no_state():
    """A router that has seen the run grow decides as one that sees it first."""
    router = new_router()
    for n in range(4):
        grown = router.start(run_of(*FAILURES[:n]), TOOLS).decision
        fresh = new_router(remember_messages=False).start(run_of(*FAILURES[:n]), TOOLS).decision
        assert grown.tier == fresh.tier
        assert grown.signals == fresh.signals


def test_recovery_can_be_switched_off(tmp_path):
    """In Python and in the file."""
    assert set(tiers_along(new_router(recovery=False), *FAILURES)) == {"low"}
    file = tmp_path / "tierwise.yaml"
    file.write_text("recovery: perhaps\ntiers: [{name: low, model: m, prices: {input: 1, output: 2}}]\n")
    with pytest.raises(ConfigError, match="line 1: recovery"):
        Router.from_yaml(file)
    text = "embedder: null\nrecovery: false\ntiers:\n"
    text += "".join(
        f"  - {{name: {n}, model: {n}-m, prices: {{input: {p}, output: {p}}}}}\n" for n, p in (("a", 1), ("b", 9))
    )
    for words, out in ((text, False), (text.replace("recovery: false\n", ""), True)):
        file.write_text(words)
        reasons = Router.from_yaml(file).start(run_of(*FAILURES), TOOLS).decision.reasons
        assert any("failed results in a row" in reason for reason in reasons) is out


def test_ceiling_holds():
    """A person's bound goes before ours: the strongest that is left is taken."""
    router = new_router()
    assert router.start(run_of(*FAILURES), TOOLS, ceiling="mid").decision.tier == "mid"
    assert router.start(run_of(*FAILURES), TOOLS, ceiling="low").decision.tier == "low"
    ruled = new_router(rules=[Rule(at_most="mid", kinds=["recovery"])])
    assert ruled.start(run_of(*FAILURES), TOOLS).decision.tier == "mid"


@pytest.mark.parametrize(
    ("tiers", "ranks"), [(1, [0, 0, 0, 0, 0]), (2, [0, 0, 1, 1, 1]), (3, [0, 0, 1, 2, 2]), (5, [0, 0, 2, 4, 4])]
)
def test_floor_is_the_middle_and_then_the_top(tiers, ranks):
    """On ladders of any length, and never lower for more trouble."""
    assert [floor_rank(trouble, tiers) for trouble in range(5)] == ranks


def test_something_is_always_allowed():
    """Whatever is ruled out otherwise; reasons given before are kept."""
    for allowed in (("low",), ("low", "mid"), ("mid", "top"), ("top",)):
        for trouble in range(5):
            found = raised(Limits(allowed, {"x": "why"}), Signals(trouble=trouble), LADDER)
            assert found.allowed
            assert set(found.allowed) <= set(allowed)
            assert found.excluded["x"] == "why"


@pytest.mark.parametrize(
    ("signals", "words"),
    [
        (Signals(trouble=3, failed_in_a_row=12), "12 failed results in a row"),
        (Signals(trouble=2, failed_in_a_row=1), "a failed result, after trouble"),
        (Signals(trouble=2, stalled_in_a_row=2), "steps that repeat themselves or lead nowhere"),
        (Signals(trouble=2), "trouble in the last steps"),
    ],
)
def test_words_fit_the_trouble(signals, words):
    """Each cause in its own words."""
    assert words_for(signals) == words
