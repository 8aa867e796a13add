"""What a question asks for, in numbers: hard is hard in any language, and padding does not help."""

from __future__ import annotations

import pytest

from tierwise.signals import read_step
from tierwise.types import Signals, Step


def signals(text: str) -> Signals:
    return read_step(Step(messages=[{"role": "user", "content": text}])).signals


PROOFS = {
    "ar": "أثبت فرضية ريمان",
    "de": "Beweise die Riemannsche Vermutung",
    "en": "Prove the Riemann hypothesis",
    "es": "Demuestra la hipótesis de Riemann",
    "fr": "Démontre l'hypothèse de Riemann",
    "hi": "रीमान परिकल्पना सिद्ध करें",
    "it": "Dimostra l'ipotesi di Riemann",
    "ja": "リーマン予想を証明してください",
    "ko": "리만 가설을 증명하라",
    "nl": "Bewijs de Riemann-hypothese",
    "pt": "Demonstre a hipótese de Riemann",
    "ru": "Докажи гипотезу Римана",
    "zh": "证明黎曼猜想",
}


@pytest.mark.parametrize("language", PROOFS)
def test_a_short_proof_is_hard_in_every_language(language):
    """Four words can ask for more than a page, whatever the language."""
    assert signals(PROOFS[language]).reasoning_steps == pytest.approx(signals(PROOFS["en"]).reasoning_steps, abs=0.3)


@pytest.mark.parametrize(
    "text", ["Erkläre den Unterschied zwischen beiden", "Erklaere den Unterschied zwischen beiden"]
)
def test_umlauts_may_be_written_either_way(text):
    """A keyboard without them is no reason for another tier."""
    assert signals(text).reasoning_steps >= 2


def test_a_verb_before_its_clause_governs_it():
    """German sets a comma after the verb."""
    assert signals("Beweise, dass jeder Eulergraph gerade Grade hat").reasoning_steps >= 3


@pytest.mark.parametrize(
    "padding",
    [
        "step by step, chain of thought, evaluate, distributed",
        "prove, derive, design, debug, optimise, analyse, compare",
        "step by step. think carefully. evaluate. distributed. theorem.",
        "step by step " * 200,
        "Think step by step about distributed systems and evaluate the trade-offs, then prove it.",
    ],
)
def test_padding_a_trivial_request_leaves_it_trivial(padding):
    """Buzzwords that govern nothing weigh nothing."""
    padded, hard = signals(f"Say hi. {padding}"), signals(PROOFS["en"])

    assert padded.reasoning_steps < hard.reasoning_steps
    assert padded.mathematics < 0.5


def test_saying_it_over_and_over_does_not_make_a_question_long():
    """Length is a sign of difficulty only where something new is said; a table of numbers says something new."""
    talk, table = signals("Say hi. " + "step by step " * 400), signals("Count the ones: " + "0 1 1 0 1 " * 400)

    assert talk.question_words < 100
    assert table.question_words > 1_900


def test_repeating_a_cue_changes_nothing():
    """An idea counts once."""
    once, often = signals("Prove the lemma for n."), signals("Prove the lemma for n. " * 8)

    assert often.reasoning_steps - once.reasoning_steps < 1.0


def test_a_medical_vignette_needs_knowledge():
    """Few words, many of them specialist ones, and values with units."""
    vignette = ("A 58-year-old man has crushing chest pain, BP 90/60 mmHg and ST elevation in II, III and aVF. "
                "What is the next best step?")  # fmt: skip

    assert (
        signals(vignette).world_knowledge > 0.6 > signals("What colour shall I paint my garden shed?").world_knowledge
    )


def test_technical_endings_show_in_other_languages():
    """Greek and Latin endings travel."""
    assert signals("Traitement de la pancréatite avec hyperkaliémie chez l'adulte").world_knowledge > 0


@pytest.mark.parametrize(
    "question",
    ["What is Docker?", "¿Qué es un FPGA?", "Was ist ein Hash?", "O que é um RTOS?", "Что такое кубит?", "什么是 DNA？",
     "Qu'est-ce qu'un quark ?", "Where is my order?", "¿Cuál es el horario de apertura?", "何時に開店しますか"],
)  # fmt: skip
def test_a_short_fact_is_a_lookup(question):
    """One line asked, one line answered, in several languages."""
    read = signals(question)

    assert read.lookup > 0.4
    assert read.reasoning_steps < 1


def test_asking_what_a_hard_thing_is_is_not_hard():
    """The definition of a race condition is easier than the race condition."""
    assert (
        signals("What is a race condition?").reasoning_steps
        < signals("Find the race condition in this queue").reasoning_steps
    )


def test_code_shows_in_its_shape():
    """A signature, a stack trace, a fence: more than the word "code"."""
    source = "```python\ndef add(a, b):\n    return a + b\n```\nWhy does app/main.py raise Exception here?"

    assert signals(source).code > 0.6
    assert signals("Which dress code holds for the opera, and is a tie needed?").code < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "My zip code is 19122, and I would like to change the payment method of my order",
        "Please upgrade me to business class and use the promo code SPRING",
        "What is the airport code of Lisbon, and which fare class is the cheapest there?",
    ],
)
def test_codes_classes_and_methods_of_other_trades_are_no_programs(text):
    """Postal codes, business class and payment methods say nothing of code."""
    assert signals(text).code == 0


@pytest.mark.parametrize(
    "text", ["Why does this code hang?", "Add a method to the Python class", "Write code for a stack and explain it"]
)
def test_code_that_is_a_program_is_still_seen(text):
    """The same words beside a program's are cues as before."""
    assert signals(text).code >= 0.35


def test_formulas_show_as_mathematics():
    """LaTeX, symbols and equations count in any language."""
    assert signals(r"Evaluate $\int_0^1 x^2 dx$").mathematics > 0.3
    assert signals("∀x ∃y: x ≤ y").mathematics > 0.3
    assert signals("Where do penguins live?").mathematics == 0


@pytest.mark.parametrize("text", ["Write a haiku about rain", "Schreib ein Gedicht über Regen", "Escribe un poema sobre la lluvia",
                                  "Напиши стихотворение о дожде", "写一首关于雨的诗"])  # fmt: skip
def test_a_poem_asks_for_invention(text):
    """A form to invent in and a verb to write with."""
    assert signals(text).creativity == 1.0


def test_pairs_of_characters_count_as_words_where_there_are_no_spaces():
    """A Chinese question is not one word long."""
    assert signals("请证明每个大于二的偶数都可以写成两个素数之和").question_words == 11


def test_parts_and_numbers_are_counted():
    """List items are parts; equal numbers count once."""
    read = signals("Do this:\n1. add 5 and 7\n2. add 5 and 9\n3. print it")

    assert read.parts == 3
    assert read.numbers == 6


def test_german_is_not_taken_for_more_complex_than_english():
    """Long compounds and capital nouns are how the language is, not how hard the question is."""
    german, english = signals("Was ist der Unterschied zwischen einem Prozess und einem Thread?"), signals(
        "What is the difference between a process and a thread?")  # fmt: skip

    assert german.world_knowledge <= english.world_knowledge + 0.1
    assert abs(german.lexical_complexity - english.lexical_complexity) < 0.25
