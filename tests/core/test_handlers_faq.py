"""The FAQ answers its own questions, word for word, and leaves near misses to others."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tierwise.errors import ConfigError
from tierwise.handlers.faq import FAQ, Entry
from tierwise.signals import read_step
from tierwise.testing import FakeEmbedder, check_handler
from tierwise.types import Abstention, Reply, Step

DATA = Path(__file__).parent / "data"
CASES = yaml.safe_load((DATA / "faq_cases.yaml").read_text(encoding="utf-8"))
TODAY = date(2026, 1, 1)


def step_of(ask: Any, **facts: Any) -> Step:
    return Step([{"role": "user", "content": ask}] if isinstance(ask, str) else ask, **facts)


def name_of(case: Any) -> str:
    return case["ask"] if isinstance(case["ask"], str) else case.get("why", case.get("entry"))


@pytest.fixture(scope="module")
def faq() -> FAQ:
    entries = yaml.safe_load((DATA / "shop_faq.yaml").read_text(encoding="utf-8"))["entries"]
    return FAQ([Entry(**{**e, "questions": tuple(e["questions"])}) for e in entries], today=lambda: TODAY)


@pytest.mark.parametrize("case", CASES["hits"], ids=name_of)
def test_a_question_of_the_list_is_answered(faq, case):
    """Other words, another language, a greeting around it: the entry's answer, word for word, with its source."""
    step = step_of(case["ask"])
    given = faq.handle(step, read_step(step))

    assert isinstance(given, Reply), given
    assert given.source == f"faq#{case['entry']}"
    assert given.text == next(entry.answer for entry in faq.entries if entry.id == case["entry"])


@pytest.mark.parametrize("case", CASES["misses"], ids=name_of)
def test_a_near_miss_goes_up(faq, case):
    """A qualifier, a name, a negation, another task: none of them is answered."""
    step = step_of(case["ask"])

    assert isinstance(faq.handle(step, read_step(step)), Abstention)


def test_the_reasons_say_how_near_it_was_and_repeat_no_word(faq):
    """Short, with figures, without the text."""

    def reason(ask: str) -> str:
        step = step_of(ask)
        given = faq.handle(step, read_step(step))
        assert isinstance(given, Abstention)
        return given.reason

    assert reason("Please explain quantum mechanics").startswith("nearest question 0.")
    assert "words are not covered" in reason("What are your opening hours on Sunday?")
    assert "valid until 2024-07-15" in reason("When is the summer sale?")
    assert "sunday" not in reason("What are your opening hours on Sunday?").lower()


@pytest.mark.parametrize(
    "facts",
    [
        {"response_format": {"type": "json_object"}},
        {"tool_choice": "required", "tools": [{"type": "function", "function": {"name": "look"}}]},
    ],
)
def test_a_form_or_a_call_that_is_asked_for_is_no_place_for_a_text(faq, facts):
    """Neither JSON nor a tool call can be read off a list."""
    step = step_of("What is your return policy?", **facts)

    assert isinstance(faq.handle(step, read_step(step)), Abstention)


def test_what_an_owner_declares_as_covered_does_not_send_a_question_up():
    """`covers` holds words that ask for nothing else; the answer's own words count too."""
    entry = Entry("returns", ("What is your return policy?",), "30 days, opened or not.", covers=("shoes",))
    answered = [
        isinstance(FAQ([entry]).handle(step, read_step(step)), Reply)
        for step in map(step_of, ("What is your return policy for shoes?", "What is your return policy for hats?"))
    ]

    assert answered == [True, False]


def test_an_answer_expires_the_day_after(faq):
    """On its last day an answer is given, and not on the next."""
    entry = Entry("sale", ("When is the sale?",), "Now.", valid_until=date(2026, 5, 1))
    step = step_of("When is the sale?")
    on, after = (FAQ([entry], today=lambda day=day: date(2026, 5, day)) for day in (1, 2))

    assert isinstance(on.handle(step, read_step(step)), Reply)
    assert isinstance(after.handle(step, read_step(step)), Abstention)


def test_words_in_capitals_are_not_small_words(faq):
    """The US is not us; in a text that is all capitals nothing is told by them."""
    for ask, expected in (("Do you ship to the US?", Abstention), ("DO YOU SHIP TO OTHER COUNTRIES?", Reply)):
        step = step_of(ask)
        assert isinstance(faq.handle(step, read_step(step)), expected), ask


def test_two_entries_that_are_as_near_are_not_told_apart():
    """Without a clear lead nobody is chosen."""
    close = [Entry("a", ("Where is the blue shop?",), "1"), Entry("b", ("Where is the shop?",), "2")]
    step = step_of("Where is the shop?")
    given = FAQ(close, margin=0.9).handle(step, read_step(step))

    assert isinstance(given, Abstention)
    assert "too near" in given.reason


def test_any_embedder_will_do():
    """The vectors come from whatever has `name`, `dim` and `embed`."""
    faq = FAQ([Entry("a", ("Where is the shop?",), "There.")], embedder=FakeEmbedder(64))
    step = step_of("where is the shop?")

    assert isinstance(faq.handle(step, read_step(step)), Reply)
    assert np.asarray(faq._vectors).shape == (1, 64)


def test_the_contract_holds_for_it(faq):
    """`check_handler`, with steps of both kinds."""
    check_handler(faq, [step_of(c["ask"]) for c in CASES["hits"]], [step_of(c["ask"]) for c in CASES["misses"]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("entries: []", r"line 1: entries"),
        ("entries:\n  - {id: a, questions: [x], anwser: y}", r"line 2: entries\.0\.answer"),
        (
            "entries:\n  - id: a\n    questions: [x]\n    answer: y\n    until: 2026-01-01",
            r"line 5: entries\.0\.until: unknown",
        ),
        ("entries:\n  - {id: a, questions: [x], answer: y}\n  - {id: a, questions: [z], answer: y}", "more than once"),
        ("entries:\n  - {id: a, questions: [x], answer: y}\n  - {id: b, questions: [X], answer: y}", "in common"),
        ("entries:\n  - {id: a, questions: ['?'], answer: y}", "none of them empty"),
    ],
)
def test_a_wrong_file_is_told_with_line_and_key(tmp_path, text, said):
    """What is wrong, and where."""
    (tmp_path / "faq.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        FAQ.from_file(tmp_path / "faq.yaml")


def test_a_file_that_is_missing_or_a_number_out_of_range_is_told(tmp_path):
    """Construction is strict."""
    with pytest.raises(ConfigError, match="cannot read"):
        FAQ.from_file(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="threshold"):
        FAQ([Entry("a", ("b",), "c")], threshold=0)
    with pytest.raises(ConfigError, match="answers nothing"):
        FAQ([])


def test_importing_it_loads_no_model():
    """The encoder comes with the first list, not with the module."""
    probe = "import sys, tierwise.handlers.faq; print([m for m in ('fastembed', 'pydantic', 'onnxruntime') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
