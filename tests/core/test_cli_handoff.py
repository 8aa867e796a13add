"""`tierwise handoff`: what a provider would be sent, and what was changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tierwise.cli import main

HISTORY: list[dict[str, Any]] = [
    {"role": "user", "content": "Find it."},
    {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "hm", "signature": "SIG"}, {"type": "text", "text": "Looking."}],
        "tool_calls": [{"id": "toolu_01AbC", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        "made_by": {"provider": "anthropic", "model": "claude-opus-4-6"},
    },
    {"role": "tool", "tool_call_id": "toolu_01AbC", "content": "found"},
]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file with a history that Claude began, in a narrow terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    path = tmp_path / "history.json"
    path.write_text(json.dumps(HISTORY), encoding="utf-8")
    return str(path)


def test_what_is_changed_and_what_is_sent_is_shown(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The thought goes, the id gets Mistral's form in call and result, and every change has its reason."""
    assert main(["handoff", file, "--to", "mistral"]) == 0
    out = capsys.readouterr().out

    assert "mistral is sent 3 messages for 3, after 3 changes:" in out
    assert "message 1, part 0 is left out: made by claude-opus-4-6, for itself alone" in " ".join(out.split())
    assert out.count("id 'toolu_01AbC' becomes") == 2
    assert "[1] assistant: Looking.; calls look as" in out
    assert "thinking" not in out
    assert "\x1b" not in out


def test_the_maker_is_sent_everything_as_it_stands(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A provider alone stands for the model that made the history."""
    assert main(["handoff", file, "--to", "anthropic"]) == 0

    assert "anthropic is sent all 3 messages as they stand" in capsys.readouterr().out


def test_json_holds_edits_and_messages(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Ready for another program; another model of the same provider gets no foreign signature."""
    assert main(["handoff", file, "--to", "anthropic/claude-sonnet-4-5", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)

    assert [edit["action"] for edit in printed["edits"]] == ["drop_part"]
    assert printed["messages"][1]["content"] == [{"type": "text", "text": "Looking."}]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--to", "nobody"], "no rules are known for 'nobody'"),
        (["--to", "openai", "--max-tokens", "0"], "--max-tokens is 0"),
    ],
)
def test_a_wrong_option_is_said_in_one_line(
    file: str, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, with exit code 2."""
    assert main(["handoff", file, *options]) == 2
    out, err = capsys.readouterr()

    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1


def test_a_file_without_messages_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As for `tierwise route`."""
    path = tmp_path / "odd.json"
    path.write_text('["a text"]', encoding="utf-8")

    assert main(["handoff", str(path), "--to", "openai"]) == 2
    assert "a list of objects" in capsys.readouterr().err


def test_thoughts_are_filled_in_for_a_deepseek_that_thinks(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """V4 thinks unasked; `--no-thinking` says that the request switches it off."""
    assert main(["handoff", file, "--to", "deepseek/deepseek-v4-pro", "--json"]) == 0
    thinking = json.loads(capsys.readouterr().out)
    assert main(["handoff", file, "--to", "deepseek/deepseek-v4-pro", "--json", "--no-thinking"]) == 0
    silent = json.loads(capsys.readouterr().out)

    assert thinking["messages"][1]["reasoning_content"] == " "
    assert "reasoning_content" not in silent["messages"][1]
