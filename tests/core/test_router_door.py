"""At the router's door: construction is strict, odd steps are answered, and what is no step is refused in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tierwise import Answer, Router, Rule, Tier, Usage
from tierwise.errors import ConfigError, StepError
from tierwise.testing import FakeClassifier, FakeEmbedder

SMALL = Tier("small", prices=(0.1, 0.4), provider="openai")
TOP = Tier("top", prices={"input": 5, "output": 25, "cached_input": 0.5})
HELLO = [{"role": "user", "content": "hello there"}]
CALM = {"small": 0.95, "top": 0.96}


def by_word(reading: Any) -> Mapping[str, float]:
    """A hard word in the task: the small tier fails."""
    return {"small": 0.2, "top": 0.9} if "prove" in reading.task.lower() else CALM


def router(**settings: Any) -> Router:
    settings.setdefault("classifier", FakeClassifier(by_word))
    return Router([TOP, SMALL], embedder=settings.pop("embedder", None), **settings)


def says(text: str, **usage: int) -> Answer:
    return Answer({"role": "assistant", "content": text}, usage=Usage(**usage) if usage else None)


def test_overrides_of_one_step_hold_for_that_step():
    """Floor, ceiling and quality of a step win over the router's."""
    routing = router()

    assert routing.start(HELLO, floor="top").tier.name == "top"
    assert routing.start([{"role": "user", "content": "prove it"}], ceiling="small").tier.name == "small"
    assert routing.start(HELLO, quality=1.0).tier.name == "top"


def test_rules_bound_the_tier():
    """A rule's floor holds where it applies."""
    routing = router(rules=[Rule(at_least="top", metadata={"plan": "gold"})])

    assert routing.start(HELLO, metadata={"plan": "gold"}).tier.name == "top"
    assert routing.start(HELLO).tier.name == "small"


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "no messages"),
        ("hello", "str"),
        ({"role": "user", "content": "x"}, "dict"),
        ([{"content": "x"}], "no role"),
        (["hello"], "message 0 is a str"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_step_is_refused_in_words(messages, words):
    """The caller's slip is told to the caller."""
    with pytest.raises(StepError, match=words):
        router().start(messages)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"quality": 95}, "quality is 95"),
        ({"quality": 0}, "quality is 0"),
        ({"quality": float("nan")}, "quality is nan"),
        ({"mode": "shade"}, "'shade'"),
        ({"default_tier": "huge"}, "'huge'"),
        ({"rules": [Rule(at_least="huge")]}, "'huge'"),
        ({"max_latency_ms": 0}, "max_latency_ms is 0"),
        ({"on_tier_error": "ignore"}, "'ignore'"),
    ],
)
def test_construction_is_strict(settings, words):
    """What is wrong is said when the router is built."""
    with pytest.raises(ConfigError, match=words):
        router(**settings)


@pytest.mark.parametrize("tiers", [[], SMALL, ["small"], [SMALL, SMALL]])
def test_tiers_are_one_or_more_with_names_that_differ(tiers):
    """No tiers, no list, no Tier objects, two of one name: all refused."""
    with pytest.raises(ConfigError):
        Router(tiers, classifier=FakeClassifier(CALM), embedder=None)


def test_one_tier_is_enough():
    """With a single tier there is nothing to choose, and the reasons say so."""
    plan = Router([SMALL], classifier=FakeClassifier({"small": 0.5}), embedder=None).start(HELLO)

    assert "only tier" in plan.decision.reasons[0]
    assert plan.after(says("")).done


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": None}],
        [{"role": "wizard", "content": "x"}],
        [
            {
                "role": "user",
                "content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "u"}}],
            }
        ],
        [{"role": "user", "content": "\ud800 broken"}],
        [{"role": "user", "content": "x" * 600_000}],
        [{"role": "user", "content": 7}],
        [{"role": "assistant", "content": None, "tool_calls": None}],
        [{"role": "tool", "content": "no id"}],
    ],
)
def test_odd_steps_get_a_decision(messages):
    """Odd roles, contents and sizes lead to a decision that is no fallback."""
    decision = router(embedder=FakeEmbedder()).start(messages).decision

    assert not decision.fallback
    assert decision.tier in ("small", "top")


def test_cyclic_and_huge_tool_schemas_get_a_decision():
    """A schema that refers to itself, or has ten thousand fields, is read within bounds."""
    cyclic: dict[str, Any] = {"type": "object", "properties": {}}
    cyclic["properties"]["child"] = cyclic
    huge = {"type": "object", "properties": {f"field_{i}": {"type": "string"} for i in range(10_000)}}
    tools = [{"type": "function", "function": {"name": n, "parameters": s}} for n, s in (("c", cyclic), ("h", huge))]

    assert not router().start(HELLO, tools=tools).decision.fallback
