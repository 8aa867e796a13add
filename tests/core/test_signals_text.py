"""The text of a message, whatever shape its content has."""

from __future__ import annotations

import pytest

from tierwise.signals.script import count_scripts
from tierwise.signals.text import fold, read_content, window


def test_a_list_of_text_parts_reads_like_the_same_text_in_one_piece():
    """OpenAI's list form and plain text are the same message."""
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]

    assert read_content(parts).text == "one\ntwo"


@pytest.mark.parametrize("kind", ["image_url", "image", "input_image", "input_audio", "file"])
def test_media_are_counted_and_not_read(kind):
    """A picture, a sound or a file is one medium, and its data are no text."""
    content = read_content([{"type": "text", "text": "what is it?"}, {"type": kind, kind: {"url": "data:AAAA"}}])

    assert content.media == 1
    assert content.text == "what is it?"


def test_anthropic_tool_results_are_kept_apart_from_what_the_person_wrote():
    """A tool result inside a user message is no question."""
    result = {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "42"}], "is_error": True}

    content = read_content([result, {"type": "text", "text": "go on"}])

    assert content.text == "go on"
    assert content.results == (("42", True),)


def test_thinking_is_not_read():
    """A thinking block belongs to its maker."""
    assert read_content([{"type": "thinking", "thinking": "x", "text": "secret"}, "seen"]).text == "seen"


@pytest.mark.parametrize(
    "junk", [None, 7, 1.5, True, b"bytes", object(), [None, [None]], {}, [{"type": 3}], [{"text": {"a": 1}}]]
)
def test_junk_is_an_empty_text(junk):
    """What holds no text reads as none, and raises nothing."""
    assert read_content(junk).text == ""


def test_deep_nesting_ends():
    """Content that holds itself is read a few levels deep."""
    part: dict[str, object] = {"type": "other"}
    part["content"] = [part, {"text": "found"}]

    assert "found" in read_content([part]).text


def test_a_long_text_is_read_at_both_ends():
    """A question often stands after a long document."""
    seen = window("a" * 500_000 + "the question")

    assert len(seen) < 17_000
    assert seen.endswith("the question")


def test_folding_takes_off_accents_and_capitals():
    """Word lists hold one spelling of each word."""
    assert fold("ÉCRIS Straße año") == "ecris strasse ano"


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("plain words", 0.0),
        ("sí, adelante", 0.0),
        ("证明", 1.0),
        ("Докажи", 1.0),
        ("where α and β are angles", 0.0),
        ("", 0.0),
    ],
)
def test_the_share_of_other_scripts_is_measured_in_letters(text, share):
    """Greek letters in a formula do not make a text Greek."""
    assert count_scripts(text).non_latin == share
