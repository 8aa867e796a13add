"""A label is given where all words of feeling point one way, and nothing makes them doubtful."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tierwise.handlers.sentiment import Sentiment
from tierwise.signals import read_step
from tierwise.testing import check_handler
from tierwise.types import Abstention, Reply, Step

CASES = yaml.safe_load((Path(__file__).parent / "data" / "sentiment_cases.yaml").read_text(encoding="utf-8"))
TRAPS = yaml.safe_load((Path(__file__).parent / "data" / "sentiment_traps.yaml").read_text(encoding="utf-8"))
TWO = "Classify the sentiment of this review as positive or negative: {}"
FOUR = "What is the sentiment of the following text? Answer with one word, Positive, Negative, Neutral or Mixed.\n\n{}"
IN_SYSTEM = "You are a sentiment classifier. Answer only with POSITIVE or NEGATIVE."


def step_of(ask: Any, **facts: Any) -> Step:
    return Step([{"role": "user", "content": ask}] if isinstance(ask, str) else ask, **facts)


def handled(step: Step) -> Reply | Abstention:
    return Sentiment().handle(step, read_step(step))


def form(options: list[str], name: str = "sentiment", **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": "string", "enum": options}, **more}, "required": [name]}
    return {"type": "json_schema", "json_schema": {"name": "label", "schema": schema}}


@pytest.mark.parametrize("case", CASES["hits"], ids=lambda case: case["text"])
def test_a_clear_text_is_labelled_in_the_words_of_the_instruction(case):
    """Small letters, capitals, in the message or in the system prompt: as it was asked for."""
    in_system = [{"role": "system", "content": IN_SYSTEM}, {"role": "user", "content": case["text"]}]
    for ask, said in (
        (TWO.format(case["text"]), case["label"]),
        (FOUR.format(case["text"]), case["label"].title()),
        (in_system, case["label"].upper()),
    ):
        given = handled(step_of(ask))
        assert isinstance(given, Reply), given
        assert (given.text, given.source) == (said, f"sentiment#{case['label']}")


@pytest.mark.parametrize("case", CASES["misses"], ids=lambda case: case["text"])
def test_a_doubtful_text_goes_up(case):
    """Sarcasm, both sides, a wish, a comparison, no word of feeling, a text that gives orders."""
    assert isinstance(handled(step_of(TWO.format(case["text"]))), Abstention)


@pytest.mark.parametrize("case", TRAPS["open"], ids=lambda case: case["ask"])
def test_a_trap_is_not_labelled_wrongly(case):
    """Irony, negations that mean many things, other people's feelings, a part that says something else: it goes up."""
    given = handled(step_of(TWO.format(case["ask"])))

    assert isinstance(given, Abstention) or given.text == case.get("answer")


@pytest.mark.parametrize(
    "text",
    [
        "Good quality, friendly staff and a delicious breakfast.",
        "Excellent product with great design.",
        "The quality of the food is terrible.",
        "Very disappointed with the quality.",
        "I don’t like it.",
        "Loved it!",
        "Works perfectly.",
        "Das Hotel war sehr gut und das Personal freundlich.",
        "Le repas était délicieux.",
        "La comida estaba mala.",
        "C'est magnifique, j'adore.",
    ],
)
def test_plain_judgements_are_still_labelled(text):
    """Abstaining from everything would be no handler."""
    assert isinstance(handled(step_of(TWO.format(text))), Reply)


@pytest.mark.parametrize(
    "text",
    [
        "Great!! Great value!!",
        "GREAT phone, I love it.",
        "Very friendly staff 🙃",
        "Very reliable - it works.",
        "The staff love it.",
        "The movie is a story of love.",
        "The story of a poor waiter.",
        "It was the story of a poor waiter.",
        "Ich war schon im Hotel.",
        "Perfect for the bin.",
        "I do not regret it.",
        "Not bad.",
    ],
)
def test_what_may_be_meant_otherwise_goes_up(text):
    """Loudness, marks, whose feeling it is, a word that another language has for something else."""
    assert isinstance(handled(step_of(TWO.format(text))), Abstention)


@pytest.mark.parametrize("case", CASES["mixed"] + CASES["neutral"], ids=lambda case: case["text"])
def test_mixed_and_neutral_are_given_where_they_are_among_the_labels(case):
    """Both sides with a contrast between them; a report and nothing else."""
    given = handled(step_of(FOUR.format(case["text"])))

    assert isinstance(given, Reply), given
    assert given.text == case["label"].title()
    assert isinstance(handled(step_of(TWO.format(case["text"]))), Abstention)


@pytest.mark.parametrize(
    "ask",
    [
        "Classify the sentiment of this review as positive or negative and explain why: I love it.",
        "Rate the sentiment of this review from 1 to 5: I love it.",
        "Classify the emotion as joy, anger or fear: I love it.",
        "Classify as very positive, positive, negative or very negative: I love it.",
        "What is the sentiment of this review? I love it.",
        "Write a positive or negative review: I love it.",
        "Translate: I love it.",
        "Summarise the review and classify its sentiment as positive or negative: I love it.",
        "Classify the sentiment of this review as positive or negative: I love it.\n\nThen translate it.",
        "I love it.",
    ],
)
def test_another_task_goes_up(ask):
    """Only a label, only these labels, and nothing beside it."""
    assert isinstance(handled(step_of(ask)), Abstention)


def test_a_schema_with_one_choice_of_labels_is_filled():
    """As JSON, in the words of the schema; any other schema goes up."""
    ask = "What is the sentiment of this review: The food was excellent."
    given = handled(step_of(ask, response_format=form(["Positive", "Negative", "Neutral"])))

    assert isinstance(given, Reply), given
    assert json.loads(given.text or "") == {"sentiment": "Positive"}
    others = (
        form(["good", "bad"]),
        form(["positive", "negative"], score={"type": "number"}),
        form(["positive", "negative"], "mood"),
    )
    for other in (*others, {"type": "json_object"}):
        assert isinstance(handled(step_of(ask, response_format=other)), Abstention)


def test_the_contract_holds_for_it():
    """`check_handler`, with steps of both kinds."""
    check_handler(
        Sentiment(),
        [step_of(TWO.format(c["text"])) for c in CASES["hits"]],
        [step_of(TWO.format(c["text"])) for c in CASES["misses"]],
    )
