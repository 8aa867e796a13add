"""A tool is called without a model where every word of a request is accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tierwise.handlers.tool_args import ToolArgs
from tierwise.signals import read_step
from tierwise.testing import check_handler
from tierwise.types import Abstention, Reply, Step

CASES = yaml.safe_load((Path(__file__).parent / "data" / "tool_args_cases.yaml").read_text(encoding="utf-8"))


def tool(
    name: str, properties: dict[str, Any], required: tuple[str, ...] | None = None, told: str = ""
) -> dict[str, Any]:
    wanted = list(properties) if required is None else list(required)
    schema = {"type": "object", "properties": properties, "required": wanted}
    return {"type": "function", "function": {"name": name, "description": told, "parameters": schema}}


TEXT = {"type": "string"}
TOOLS = [
    tool("track_order", {"order_id": TEXT}, told="Where an order is."),
    tool("get_weather", {"city": TEXT, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, ("city",)),
    tool("find_user", {"email": TEXT}),
    tool("convert_currency", {"amount": {"type": "number"}, "from_currency": TEXT, "to_currency": TEXT}),
    tool("list_invoices", {}),
    tool("show_flight", {"flight_number": TEXT, "date": TEXT}),
    tool("cancel_order", {"order_id": TEXT}),
]


def step_of(ask: Any, tools: Any = TOOLS, **facts: Any) -> Step:
    return Step([{"role": "user", "content": ask}] if isinstance(ask, str) else ask, tools, **facts)


def handled(step: Step, *named: str) -> Reply | Abstention:
    return ToolArgs(named).handle(step, read_step(step))


@pytest.mark.parametrize("case", CASES["hits"], ids=lambda case: case["ask"])
def test_a_plain_request_becomes_a_call(case):
    """The tool it names, with the arguments that stand in it."""
    given = handled(step_of(case["ask"]))

    assert isinstance(given, Reply), given
    assert given.tool_calls == ((case["call"], case["arguments"]),)
    assert given.source == f"tool_args#{case['call']}"


@pytest.mark.parametrize("case", CASES["misses"], ids=lambda case: case["why"])
def test_a_request_with_a_word_left_over_goes_up(case):
    """A question, a negation, a second value, a condition, a tool that changes something."""
    assert isinstance(handled(step_of(case["ask"])), Abstention)


@pytest.mark.parametrize(
    ("ask", "facts"),
    [
        ("track order 81723", {"tools": []}),
        ("track order 81723", {"tool_choice": "none"}),
        ("track order 81723", {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}}),
        ("track order 81723", {"response_format": {"type": "json_object"}}),
        ("track order 81723", {"tools": [tool("track_order", {"order_id": TEXT}, told="Authenticate the user first.")]}),
        ("track order 81723", {"tools": [tool("track_order", {"order_id": TEXT, "reason": TEXT})]}),
        ("track order 81723", {"tools": [tool("track_order", {"order_id": {"type": "string", "description": "Such as '#W0000000'."}})]}),
        ("track order 81723", {"tools": [tool("track_order", {"order_id": {"type": "string", "pattern": "^W"}})]}),
        ("track order 81723", {"tools": [tool("track_order", {"order_id": TEXT}), tool("trackOrder", {"order": TEXT})]}),
        ("track order 81723", {"tools": [tool("track_order", {"order": {"type": "object"}})]}),
    ],
)  # fmt: skip
def test_what_the_tools_do_not_allow_is_not_called(ask, facts):
    """None offered, forbidden, another one demanded, a condition, an argument without a value, a form that does not fit."""
    assert isinstance(handled(step_of(ask, **facts)), Abstention)


def test_numbers_and_choices_come_in_the_type_that_the_schema_asks_for():
    """A whole number, a number, one of the values allowed."""
    tools = [
        tool("get_page", {"page": {"type": "integer"}}),
        tool("get_rate", {"rate": {"type": "number"}, "kind": {"type": "string", "enum": ["daily", "hourly"]}}),
    ]

    assert handled(step_of("get page 12", tools)) == Reply(
        "tool_args#get_page", 0.95, None, (("get_page", {"page": 12}),)
    )
    assert isinstance(handled(step_of("get page 1.5", tools)), Abstention)
    given = handled(step_of("get rate 2.5 daily", tools))
    assert isinstance(given, Reply)
    assert given.tool_calls == (("get_rate", {"rate": 2.5, "kind": "daily"}),)


def test_an_argument_that_is_named_without_a_value_sends_the_request_up():
    """What would have followed "of type" is not known."""
    tools = [tool("list_servers", {"type": TEXT}, ())]

    assert isinstance(handled(step_of("list servers", tools)), Reply)
    assert isinstance(handled(step_of("list servers of type", tools)), Abstention)


def test_a_tool_that_changes_something_is_called_where_its_owner_says_so():
    """By default it is not; named, it is, and the others are not."""
    cancel, track = (step_of(f"{verb} order 81723") for verb in ("cancel", "track"))

    assert isinstance(handled(cancel), Abstention)
    assert isinstance(handled(cancel, "cancel_order"), Reply)
    assert isinstance(handled(track, "cancel_order"), Abstention)


def test_the_contract_holds_for_it():
    """`check_handler`, with steps of both kinds."""
    check_handler(ToolArgs(), [step_of(c["ask"]) for c in CASES["hits"]], [step_of(c["ask"]) for c in CASES["misses"]])
