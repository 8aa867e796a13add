"""The summariser: a plugged-in one is asked sparingly, and replaced where it fails."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from shop_talk import parcels, user

from tierwise.conversation.summariser import Summariser
from tierwise.conversation.summary import summarise
from tierwise.handoff import apply_edits, fit_window


def test_a_plugged_in_summariser_is_asked_once_for_the_same_messages():
    """And its text is used as it is."""
    asked: list[int] = []
    summariser = Summariser(lambda messages: asked.append(len(messages)) or "In short: all is well.")

    assert summariser(parcels(), 100) == summariser(parcels(), 100) == "In short: all is well."
    assert asked == [8]


@pytest.mark.parametrize("text", [RuntimeError("no model"), None, "", "word " * 500])
def test_a_summariser_that_fails_is_replaced_with_one_warning(text: Any, caplog: pytest.LogCaptureFixture):
    """Raised, silent, empty or too long: the extractive summary stands in, and the log says so once, without text."""

    def write(messages: Any) -> Any:
        if isinstance(text, Exception):
            raise text
        return text

    summariser = Summariser(write)
    with caplog.at_level(logging.WARNING):
        first, second = summariser(parcels(), 120), summariser(parcels()[:5], 120)

    assert (first, second) == (summarise(parcels(), 120), summarise(parcels()[:5], 120))
    assert len(caplog.records) == 1
    assert "Lena" not in caplog.text
    assert "no model" not in caplog.text


def test_a_summariser_told_not_to_remember_keeps_no_text():
    """`remember_messages=False` goes through to here."""
    asked: list[int] = []
    summariser = Summariser(lambda messages: asked.append(1) or "Fine.", remember=False)

    assert summariser(parcels(), 100) == summariser(parcels(), 100) == "Fine."
    assert len(asked) == 2
    assert not summariser._texts


def test_fit_window_puts_it_in_the_place_of_what_goes():
    """A handoff's history fits and still knows the ticket; the running summary says what a fresh one says."""
    messages = [*parcels(30), user("Now tell me where the parcel for ticket is, and explain the delay to me.")]

    edits = fit_window(messages, 600, Summariser())

    sent = apply_edits(messages, edits)
    assert any("TK-9931" in str(message["content"]) for message in sent)
    assert edits == fit_window(messages, 600, Summariser().over(messages, {}))
