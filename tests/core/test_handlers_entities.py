"""Finds are given word for word, all of them or none."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tierwise.errors import MissingExtra
from tierwise.handlers.entities import Entities
from tierwise.handlers.spans import find, is_card, is_iban
from tierwise.signals import read_step
from tierwise.testing import check_handler
from tierwise.types import Abstention, Reply, Step

CASES = yaml.safe_load((Path(__file__).parent / "data" / "entities_cases.yaml").read_text(encoding="utf-8"))
TEXT = "Ada wrote from ada@example.org; see https://example.org."


def step_of(ask: Any, **facts: Any) -> Step:
    return Step([{"role": "user", "content": ask}] if isinstance(ask, str) else ask, **facts)


def handled(step: Step) -> Reply | Abstention:
    return Entities().handle(step, read_step(step))


def form(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "found", "schema": schema}}


ONE, MANY = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
MAYBE = {"anyOf": [{"type": "string"}, {"type": "null"}]}


@pytest.mark.parametrize("case", CASES["hits"], ids=lambda case: case["ask"][:60])
def test_what_was_asked_for_is_found(case):
    """Every value, in the order of the text, each once."""
    given = handled(step_of(case["ask"]))

    assert isinstance(given, Reply), given
    values = [value for values in case["found"].values() for value in values]
    lines = (given.text or "").split("\n")
    assert [line.partition(": ")[2] if len(case["found"]) > 1 else line for line in lines] == values
    assert given.source == f"entities#{','.join(case['found'])}"


@pytest.mark.parametrize("case", CASES["misses"], ids=lambda case: case["ask"][:60])
def test_a_list_that_may_not_be_whole_is_not_given(case):
    """Something written in words, a condition, a wrong checksum, another task."""
    assert isinstance(handled(step_of(case["ask"])), Abstention)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("as a JSON array", '["a@b.example", "c@d.example"]'),
        ("as a comma-separated list", "a@b.example, c@d.example"),
        ("one per line", "a@b.example\nc@d.example"),
    ],
)
def test_the_form_that_was_asked_for_is_kept(how, said):
    """JSON, commas, lines."""
    given = handled(step_of(f"Extract all email addresses from this text {how}: a@b.example and c@d.example"))

    assert isinstance(given, Reply)
    assert given.text == said


def test_the_instruction_may_stand_in_the_system_prompt():
    """Then the whole message is the text."""
    told = [
        {"role": "system", "content": "Extract all URLs from the user's message."},
        {"role": "user", "content": TEXT},
    ]
    given = handled(step_of(told))

    assert isinstance(given, Reply)
    assert given.text == "https://example.org"


@pytest.mark.parametrize(
    ("properties", "required", "found"),
    [
        ({"email": ONE}, ("email",), {"email": "ada@example.org"}),
        ({"emails": MANY, "urls": MANY}, ("emails",), {"emails": ["ada@example.org"], "urls": ["https://example.org"]}),
        ({"email_address": ONE, "phone_number": MAYBE}, (), {"email_address": "ada@example.org", "phone_number": None}),
        ({"email": ONE, "ibans": MANY}, (), {"email": "ada@example.org", "ibans": []}),
        ({"email": {"type": "string", "description": "The email address"}}, (), {"email": "ada@example.org"}),
    ],
)
def test_a_flat_schema_of_such_kinds_is_filled(properties, required, found):
    """One or many, required or not: by the names of the properties."""
    given = handled(
        step_of(f"Extract the contact details from this text: {TEXT}", response_format=form(properties, required))
    )

    assert isinstance(given, Reply), given
    assert json.loads(given.text or "") == found


@pytest.mark.parametrize(
    "properties",
    [
        {"email": ONE, "mood": ONE},
        {"email": {"type": "string", "description": "Where to send the refund"}},
        {"email": {"type": "object", "properties": {}}},
        {"phone": ONE},
        {"name": ONE},
        {"email": {"type": "string", "pattern": "^bob"}},
        {},
    ],
)
def test_a_schema_that_asks_for_more_goes_up(properties):
    """Other things, a description that narrows it down, something that is not there."""
    step = step_of(f"Extract the contact details from this text: {TEXT}", response_format=form(properties))

    assert isinstance(handled(step), Abstention)


def test_a_schema_without_an_instruction_is_not_enough():
    """To write an email, with a property `email`, is to write a letter."""
    for ask in ("Write a friendly email: to ada@example.org", TEXT, "Summarise: ada@example.org wrote"):
        assert isinstance(handled(step_of(ask, response_format=form({"email": ONE}))), Abstention)
    assert isinstance(
        handled(step_of(f"Extract the emails: {TEXT}", response_format={"type": "json_object"})), Abstention
    )


def test_checksums_are_checked():
    """Modulo 97 and Luhn, on numbers worked out by hand or published as examples."""
    assert is_iban("GB29 NWBK 6016 1331 9268 19")
    assert not is_iban("GB29 NWBK 6016 1331 9268 18")
    assert is_card("4242 4242 4242 4242")
    assert not is_card("4242 4242 4242 4241")
    assert not is_card("0000 0000 0000 0000")


def test_days_that_are_not_in_the_calendar_are_no_dates():
    """30 February is none, and a month has no 13th name."""
    assert [span.text for span in find("date", "2026-02-30, 2024-02-29, 13/13/2026, 31 April 2026, 1.12.2026")] == [
        "2024-02-29",
        "1.12.2026",
    ]


def test_national_numbers_need_a_region_and_its_package():
    """With `phonenumbers` they are read; without it the error names the extra."""
    if importlib.util.find_spec("phonenumbers") is None:
        with pytest.raises(MissingExtra, match=r"tierwise\[handlers\]"):
            Entities(region="DE")
        return
    step = step_of("Extract the phone numbers: 030 12345678 oder 0151 23456789")
    given = Entities(region="DE").handle(step, read_step(step))

    assert isinstance(given, Reply), given
    assert given.text == "030 12345678\n0151 23456789"
    assert isinstance(handled(step), Abstention)


def test_the_contract_holds_for_it():
    """`check_handler`, with steps of both kinds."""
    check_handler(Entities(), [step_of(c["ask"]) for c in CASES["hits"]], [step_of(c["ask"]) for c in CASES["misses"]])
