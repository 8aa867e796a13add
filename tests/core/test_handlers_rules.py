"""Rules answer what is a pattern as a whole, and nothing that merely contains one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tierwise.errors import ConfigError
from tierwise.handlers.rules import ReplyRule, Rules
from tierwise.signals import read_step
from tierwise.testing import check_handler
from tierwise.types import Abstention, Reply, Step

CASES = yaml.safe_load((Path(__file__).parent / "data" / "rules_cases.yaml").read_text(encoding="utf-8"))
RULES = Rules(
    [
        ReplyRule("greeting", r"(hi|hello|good morning)[.!]?", reply="Hello! How can I help?"),
        ReplyRule("thanks", r"(thanks|thank you)( so much)?[.!]?", reply="You are welcome."),
        ReplyRule("ping", "ping", reply="pong"),
        ReplyRule("help", "/help", reply="Try /order and a number."),
        ReplyRule("order", r"/order (?P<id>[\w-]+)", call=("track_order", {"order_id": "{id}"})),
        ReplyRule("weather", r"/weather (?P<city>[\w ]+)", reply="The weather in {city} is on the front page."),
        ReplyRule("double", r"/double (?P<n>\w+)", call=("double", {"number": "{n}"})),
        ReplyRule("version", r"version\??", reply="2.1"),
    ]
)


def tool(name: str, **properties: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {k: {"type": v} for k, v in properties.items()},
        "required": [*properties],
    }
    return {"type": "function", "function": {"name": name, "parameters": schema}}


TOOLS = [tool("track_order", order_id="string"), tool("double", number="integer")]


def step_of(ask: Any, **facts: Any) -> Step:
    return Step([{"role": "user", "content": ask}] if isinstance(ask, str) else ask, **{"tools": TOOLS, **facts})


@pytest.mark.parametrize("case", CASES["hits"], ids=lambda case: case["ask"])
def test_a_whole_message_that_matches_is_answered(case):
    """The rule's own reply, with its name as the source."""
    step = step_of(case["ask"])
    given = RULES.handle(step, read_step(step))

    assert isinstance(given, Reply), given
    assert given.source == f"rules#{case['rule']}"


@pytest.mark.parametrize("case", CASES["misses"], ids=lambda case: case["why"])
def test_a_message_that_says_more_goes_up(case):
    """A pattern inside a sentence, in an older message, or with a value that does not fit."""
    step = step_of(case["ask"])

    assert isinstance(RULES.handle(step, read_step(step)), Abstention)


def test_groups_fill_replies_and_arguments_in_the_type_that_the_tool_wants():
    """`{name}` stands for a group; a number becomes one where the schema asks for it."""
    weather, double, order = (step_of(text) for text in ("/weather New York", "/double 21", "/order 007"))
    given = [RULES.handle(step, read_step(step)) for step in (weather, double, order)]

    assert all(isinstance(one, Reply) for one in given)
    assert given[0].text == "The weather in New York is on the front page."  # type: ignore[union-attr]
    assert given[1].tool_calls == (("double", {"number": 21}),)  # type: ignore[union-attr]
    assert given[2].tool_calls == (("track_order", {"order_id": "007"}),)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "facts", [{"tools": []}, {"tool_choice": "none"}, {"tools": [tool("track_order", other="string")]}]
)
def test_a_tool_that_is_not_offered_is_not_called(facts):
    """No such tool, its use forbidden, or another one of the same name: the step goes up."""
    step = step_of("/order 81723", **facts)

    assert isinstance(RULES.handle(step, read_step(step)), Abstention)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pattern": "("}, "has no pattern"),
        ({"pattern": "(a+)+b"}, "repeats what repeats"),
        ({"pattern": "((x|y*)*z)"}, "repeats what repeats"),
        ({"pattern": "a" * 501}, "501 characters"),
        ({"pattern": "a", "reply": "{who}"}, "group 'who'"),
        ({"pattern": "a", "reply": "b", "call": ("c", {})}, "not both"),
        ({"pattern": "a", "reply": None}, "a reply or a call"),
    ],
)
def test_a_wrong_rule_is_told_when_it_is_made(given, said):
    """No pattern that cannot be read, that could take for ever, or that lacks what is asked of it."""
    with pytest.raises(ConfigError, match=said):
        ReplyRule("r", **{"reply": "x", **given})


def test_names_tell_rules_apart():
    """Two of one name could not be told apart in a source; none at all answers nothing."""
    rule = ReplyRule("a", "b", reply="c")
    for rules in ([], [rule, rule]):
        with pytest.raises(ConfigError, match="a name of its own"):
            Rules(rules)


def test_a_long_message_is_not_matched():
    """Patterns are tried on 200 characters at most, so that none has the text to run wild on."""
    rules = Rules([ReplyRule("r", "x+", reply="c")])
    long, short = step_of("x" * 201), step_of("x" * 200)

    assert isinstance(rules.handle(long, read_step(long)), Abstention)
    assert isinstance(rules.handle(short, read_step(short)), Reply)


def test_the_contract_holds_for_them():
    """`check_handler`, with steps of both kinds."""
    check_handler(RULES, [step_of(c["ask"]) for c in CASES["hits"]], [step_of(c["ask"]) for c in CASES["misses"]])
