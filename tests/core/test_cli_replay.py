"""`tierwise replay`: recorded runs on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tierwise.cli import main

SECRET = "xylophone"


@pytest.fixture(autouse=True)
def _narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs of together three steps, and a broken line between them."""
    question = {"role": "user", "content": f"Where is the {SECRET}?"}
    reply = {"role": "assistant", "content": f"The {SECRET} is here."}
    lines = [
        json.dumps({"messages": [question, reply]}),
        f"{{{SECRET}",
        json.dumps({"messages": [question, reply] * 2}),
    ]
    file = tmp_path / "runs.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_shares_and_costs_are_shown_in_80_columns(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without colour codes, and with how the costs were counted."""
    assert main(["replay", str(runs)]) == 0
    out, err = capsys.readouterr()

    assert "2 runs, 3 steps, 1 skipped" in out
    for said in (
        "kind of step",
        "routed",
        "always top",
        "with caches",
        "top=claude-opus-4-6 (no --tier given)",
        "for 0 of 3",
    ):
        assert said in " ".join(out.split()), out
    assert err == "skipped runs.jsonl:2: no JSON: Expecting property name enclosed in double quotes at column 2\n"
    assert "\x1b" not in out + err
    assert SECRET not in out + err
    assert max(map(len, out.splitlines())) <= 80


def test_json_has_the_promised_form(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several files are one replay; tiers are those asked for."""
    tiers = ["--tier", "low=gpt-4.1-nano", "--tier", "high=gpt-4.1"]
    assert main(["replay", str(runs), str(runs), *tiers, "--quality", "0.9", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)

    assert list(figures) == ["traces", "steps", "by_tier", "by_kind", "usd", "decision_ms", "skipped"]
    assert (figures["traces"], figures["steps"], figures["skipped"]) == (4, 6, 2)
    assert list(figures["by_tier"]) == ["low", "high"]
    assert sum(figures["by_tier"].values()) == sum(figures["by_kind"].values()) == 6
    assert 0 < figures["usd"]["always_cheapest"] <= figures["usd"]["routed"] <= figures["usd"]["always_top"]
    assert 0 < figures["decision_ms"]["p50"] <= figures["decision_ms"]["p99"]


def test_a_page_is_written_where_asked(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the figures on stdout."""
    pytest.importorskip("matplotlib")
    file = tmp_path / "page.html"

    assert main(["replay", str(runs), "--json", "--html", str(file)]) == 0
    json.loads(capsys.readouterr().out)
    html = file.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert SECRET not in html


def test_many_broken_lines_are_told_once_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of another form does not flood the screen; it is wrong input."""
    file = tmp_path / "other.jsonl"
    file.write_text("broken\n" * 100)

    assert main(["replay", str(file)]) == 2
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 22
    assert err[-2] == "skipped 80 more"
    assert err[-1].startswith("tierwise: no runs could be read")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/nowhere/runs.jsonl"], "cannot read '/nowhere/runs.jsonl'"),
        (["/"], "cannot read '/'"),
        ([], "FILE"),
        (["runs.jsonl", "--quality", "0"], "quality is 0.0"),
        (["runs.jsonl", "--tier", "=x"], "NAME=MODEL"),
        (["runs.jsonl", "--html", "/nowhere/page.html"], "cannot write '/nowhere/page.html'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], said: str, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and no traceback."""
    if "/nowhere/page.html" in arguments:
        pytest.importorskip("matplotlib")
    assert main(["replay", *(str(runs) if argument == "runs.jsonl" else argument for argument in arguments)]) == 2
    err = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("skipped ")]
    assert len(err) == 1
    assert said in err[0]
