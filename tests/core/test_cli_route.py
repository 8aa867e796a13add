"""`tierwise route`, `tierwise --version`, and what is said when something is wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tierwise import __version__
from tierwise.cli import main

QUESTION = "What are your opening hours?"


@pytest.fixture(autouse=True)
def _narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def _complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr that a wrong command line earns."""
    code = main(arguments)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1, err
    assert err.startswith("tierwise: ")
    return err


def test_a_decision_is_shown_with_chances_costs_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything fits 80 columns, without colour codes, as stdout is no terminal."""
    assert main(["route", QUESTION]) == 0
    out = capsys.readouterr().out

    for said in (
        "small",
        "top",
        "gpt-4.1-nano",
        "claude-opus-4-6",
        "p adequate",
        "expected cost",
        " ms",
        "why:",
        "$0.0",
    ):
        assert said in out
    assert "no --tier given" in out
    assert "catalogue key 'claude-opus-4-6'" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_json_is_the_decision_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """A script can read it; no text of the step is in it."""
    assert main(["route", QUESTION, "--tier", "a=gpt-4.1-nano", "--tier", "b=gpt-4.1", "--json"]) == 0
    out = capsys.readouterr().out
    decision = json.loads(out)

    assert set(decision["p_adequate"]) == set(decision["expected_usd"]) == {"a", "b"}
    assert decision["tier"] in ("a", "b")
    assert {"kind", "reasons", "decision_ms"} <= set(decision)
    assert "opening hours" not in out


def test_one_tier_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to choose, and that is said."""
    assert main(["route", QUESTION, "--tier", "only=gpt-4.1"]) == 0
    assert "only takes this step" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_without_a_text_stdin_is_read(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a prompt can be piped in."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(QUESTION))

    assert main(["route", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["signals"]["messages"] == 1


@pytest.mark.parametrize("as_object", [True, False])
def test_a_file_of_messages_is_a_step(as_object: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bare list, or an object that also holds tools."""
    messages = [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "9 to 5."},
        {"role": "user", "content": "Thanks"},
    ]
    tools = [{"type": "function", "function": {"name": "find", "parameters": {}}}]
    file = tmp_path / "step.json"
    file.write_text(json.dumps({"messages": messages, "tools": tools} if as_object else messages))

    assert main(["route", "--messages", str(file), "--json"]) == 0
    signals = json.loads(capsys.readouterr().out)["signals"]
    assert (signals["messages"], signals["tools"]) == (3, 1 if as_object else 0)


def test_a_configuration_file_brings_tiers_and_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its rule holds."""
    file = tmp_path / "tierwise.yaml"
    tiers = "tiers:\n- {name: s, model: gpt-4.1-nano}\n- {name: t, model: gpt-4.1}\n"
    file.write_text(tiers + "rules:\n- {name: careful, at_least: t}\n")

    assert main(["route", QUESTION, "--config", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tier"] == "t"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["route", "hi", "--tier", "small"], "NAME=MODEL"),
        (["route", "hi", "--tier", "a=gpt-4.1-nano", "--tier", "a=gpt-4.1"], "more than once"),
        (["route", "hi", "--tier", "a=no-such-model-anywhere"], "no price is known"),
        (["route", "hi", "--quality", "1.5"], "quality is 1.5"),
        (["route", "hi", "--quality", "nan"], "quality is nan"),
        (["route", "hi", "--quality", "high"], "quality"),
        (["route", "   "], "no text"),
        (["route", "hi", "--config", "/nowhere/tierwise.yaml"], "cannot read"),
        (["route", "hi", "--config", "a.yaml", "--tier", "a=gpt-4.1"], "not both"),
        (["route", "--messages", "/nowhere/step.json"], "cannot read"),
        (["route", "hi", "--messages", "step.json"], "not both"),
        (["route", "hi", "--nonsense"], "--nonsense"),
        (["nonsense"], "nonsense"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, nothing on stdout, no traceback."""
    assert said in _complaint(capsys, *arguments)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("{", "no JSON"),
        ("3", "give a list"),
        ("[]", "no messages"),
        ('[{"content": "hi"}]', "no role"),
        ('{"messages": [{"role": "user"}], "mesages": 1}', "unknown key 'mesages'"),
        ('{"tools": []}', "no 'messages'"),
        ("[" * 100_000, "no JSON"),
        ('{"messages": [{"role": "user", "content": "hi"}], "tools": 3}', "tools is"),
    ],
)
def test_a_file_that_is_no_step_is_told(
    held: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what is wrong and where."""
    file = tmp_path / "step.json"
    file.write_text(held)

    assert said in _complaint(capsys, "route", "--messages", str(file))


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """And the exit code is 0."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tierwise {__version__}\n"


def test_without_a_command_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """All three commands are named."""
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in ("route", "replay", "demo"))


@pytest.mark.parametrize("absent", ["typer", "rich"])
def test_without_the_extra_its_name_is_told(absent: str) -> None:
    """Not a traceback, but what to install."""
    code = f"import sys; sys.modules[{absent!r}] = None; from tierwise.cli import main; sys.exit(main(['route', 'hi']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tierwise: {absent!r} is not installed: pip install 'tierwise[cli]'\n"


def test_a_command_whose_package_is_absent_names_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo comes with langchain-tierwise; without that, the command says so."""

    def no_entry_points(**_: Any) -> tuple[()]:
        return ()

    monkeypatch.setattr("tierwise.cli.app.entry_points", no_entry_points)

    assert "pip install 'langchain-tierwise[demo]'" in _complaint(capsys, "demo")


def test_an_installed_command_gets_the_arguments_after_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, options too, and its exit code is the program's."""
    seen: list[list[str]] = []

    def shout(arguments: list[str]) -> int:
        seen.append(arguments)
        return 7

    module = ModuleType("an_extension")
    vars(module)["run"] = shout
    monkeypatch.setitem(sys.modules, "an_extension", module)
    point = EntryPoint("shout", "an_extension:run", "tierwise.commands")
    monkeypatch.setattr("tierwise.cli.app.entry_points", lambda **_: (point,))

    assert main(["shout", "--loud", "a=b", "--help"]) == 7
    assert seen == [["--loud", "a=b", "--help"]]


def test_nothing_heavy_is_imported_with_the_command() -> None:
    """Importing the module of the script loads neither typer nor rich nor numpy."""
    code = "import sys, tierwise.cli; print(*{'typer', 'rich', 'numpy', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def test_a_handlers_answer_is_shown_with_its_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer itself, where it comes from, and that no model is called; as JSON the decision, without the text."""
    (tmp_path / "faq.yaml").write_text(
        f"entries:\n  - {{id: hours, questions: ['{QUESTION}'], answer: From nine to five.}}"
    )
    file = tmp_path / "tierwise.yaml"
    file.write_text(
        "embedder: null\ntiers:\n  - {name: faq, handler: {kind: faq, path: faq.yaml}}\n"
        "  - {name: small, model: gpt-4.1-nano}\n  - {name: top, model: claude-opus-4-6}\n"
    )

    assert main(["route", QUESTION, "--config", str(file)]) == 0
    out = capsys.readouterr().out
    for said in (
        "faq answers this step",
        "  From nine to five.",
        "no model is called",
        "faq answers from faq.yaml#hours",
    ):
        assert said in out
    assert main(["route", "Why is the sky blue?", "--config", str(file)]) == 0
    assert "faq abstained: nearest question" in " ".join(capsys.readouterr().out.split())
    assert main(["route", QUESTION, "--config", str(file), "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["source"] == "faq.yaml#hours"
    assert "nine" not in out
