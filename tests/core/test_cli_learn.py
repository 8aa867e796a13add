"""`tierwise learn`, `tierwise calibrate` and `tierwise onboard`."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tierwise import Router, Tier
from tierwise.cli import main
from tierwise.evaluation.outcomes import read_outcomes as evaluation_reads
from tierwise.learning.outcomes_file import read_outcomes as learning_reads

DATA = Path(__file__).parent / "data"
SMALL, TOP = "gpt-4.1-nano", "claude-opus-4-6"


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def asks(i: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"How do {('tides', 'primes', 'yeasts')[i % 3]} behave in case {i}?"}]


def written(file: Path, lines: list[dict[str, Any]]) -> str:
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return str(file)


@pytest.fixture
def graded(tmp_path: Path) -> str:
    """Outcomes of the small model, one a line."""
    rng = random.Random(0)
    rows = [{"model": SMALL, "score": float(rng.random() < 0.4), "messages": asks(i)} for i in range(60)]
    return written(tmp_path / "graded.jsonl", rows)


@pytest.fixture
def both(tmp_path: Path) -> str:
    """Outcomes of both models on the same steps, three steps a conversation."""
    rng = random.Random(1)
    rows = []
    for i in range(100, 700):
        scores = {SMALL: float(rng.random() < 0.95), TOP: float(rng.random() < 0.97)}
        rows.append({"scores": scores, "messages": asks(i), "conversation_id": f"c{i // 3}"})
    return written(tmp_path / "both.jsonl", rows)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return err


def test_outcomes_are_learned_shown_and_kept(capsys: pytest.CaptureFixture[str], graded: str, tmp_path: Path) -> None:
    """Before and after, and a file that a router starts from."""
    out = tmp_path / "learned.npz"
    said = shown(capsys, "learn", graded, "--out", str(out))
    assert "60 outcomes used, 0 skipped, 60 known in all" in said
    assert SMALL in said
    assert "before" in said
    assert "after" in said

    plain = Router([Tier("small", model=SMALL), Tier("top", model=TOP)])
    taught = Router([Tier("small", model=SMALL), Tier("top", model=TOP)], learned=out)
    step = asks(999)
    assert taught.estimate(step).p_adequate["small"] < plain.estimate(step).p_adequate["small"] - 0.1


def test_learning_goes_on_from_a_file(
    capsys: pytest.CaptureFixture[str], graded: str, both: str, tmp_path: Path
) -> None:
    """What was learned before counts too, and is told as JSON."""
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    shown(capsys, "learn", graded, "--out", first)
    report = json.loads(shown(capsys, "learn", both, "--learned", first, "--out", second, "--json"))

    assert (report["used"], report["n_outcomes"]) == (1200, 1260)
    assert {change["model"] for change in report["changes"]} == {SMALL, TOP}


def test_lines_of_no_use_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Of another model, without a score, no JSON: counted with the reason."""
    file = tmp_path / "mixed.jsonl"
    good = {"model": SMALL, "score": 1, "messages": asks(0)}
    lines = [good, {**good, "model": "other"}, {"model": SMALL, "messages": asks(1)}, {**good, "score": 3}]
    file.write_text("\n".join([*map(json.dumps, lines), "{", "[]"]), encoding="utf-8")
    said = shown(capsys, "learn", str(file))

    assert "1 outcomes used, 5 skipped" in said
    for reason in ("no tier has the model 'other'", "a line has no 'score'", "no JSON", "no 'messages'"):
        assert reason in said
    assert "not kept: give --out" in said


def test_evaluation_and_learning_read_the_same_file_alike(tmp_path: Path) -> None:
    """Both ways of writing a line, and both names of what may stand beside it."""
    rows = [
        {"messages": asks(0), "scores": {SMALL: 0, TOP: True}, "conversation": "c1", "kind": "tides"},
        {"messages": asks(1), "model": SMALL, "score": 0.5, "conversation_id": "c2", "traffic": "primes"},
    ]
    file = Path(written(tmp_path / "both.jsonl", rows))
    learned, judged = learning_reads(file).outcomes, evaluation_reads(file)

    assert [(o.model, o.score, o.conversation_id, o.traffic) for o in learned] == [
        (SMALL, 0.0, "c1", "tides"),
        (TOP, 1.0, "c1", "tides"),
        (SMALL, 0.5, "c2", "primes"),
    ]
    assert (judged.models, judged.clusters, judged.kinds) == ((SMALL, TOP), ["c1", "c2"], ["tides", "primes"])
    assert judged.scores[:, 0].tolist() == [0.0, 0.5]


def test_enough_outcomes_earn_a_promise(capsys: pytest.CaptureFixture[str], both: str, tmp_path: Path) -> None:
    """Estimate and guarantee, written into the file that routers read."""
    out = tmp_path / "learned.npz"
    said = shown(capsys, "calibrate", "--outcomes", both, "--quality", "0.9", "--delta", "0.1", "--out", str(out))
    assert "600 steps of 201 conversations have an outcome of every tier" in said
    assert "guaranteed: keeps" in said
    assert "quality ≥ 0.9 of top's with 90 % confidence (n=600)" in said

    router = Router([Tier("small", model=SMALL), Tier("top", model=TOP)], quality=0.9, learned=out)
    assert router.start(asks(5)).decision.reasons[-1] == "quality ≥ 0.9 of top's with 90 % confidence (n=600)"


def test_too_few_outcomes_change_nothing_and_say_how_many_are_missing(
    capsys: pytest.CaptureFixture[str], both: str, tmp_path: Path
) -> None:
    """No file is written, and a number is named."""
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(Path(both).read_text(encoding="utf-8").splitlines()[:30]), encoding="utf-8")
    out = tmp_path / "absent.npz"
    said = shown(capsys, "calibrate", "--outcomes", str(few), "--quality", "0.95", "--out", str(out))

    assert "too few to promise anything, and nothing changes: about" in said
    assert "more conversations like these" in said
    assert not out.exists()


def test_outcomes_of_one_tier_alone_promise_nothing(capsys: pytest.CaptureFixture[str], graded: str) -> None:
    """What a tier loses cannot be seen without the other's answers."""
    found = json.loads(shown(capsys, "calibrate", "--outcomes", graded, "--json"))

    assert (found["n_steps"], found["promise"], found["estimate"]) == (0, None, None)
    assert found["skipped"] == {"steps without an outcome of every tier": 60}
    assert "give the scores of every tier's model" in shown(capsys, "calibrate", "--outcomes", graded)


def test_a_model_is_onboarded_from_outcomes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Before, after, and how many more would halve the interval; what to write into the configuration."""
    rows = [{"messages": asks(i), "score": float(i % 4 > 0)} for i in range(80)]
    file = written(tmp_path / "new.jsonl", rows)
    said = shown(capsys, "onboard", "some-new-13b", "--outcomes", file)
    for words in ("these 80 outcomes", "mean score 0.750", "before (guessed from its name)", "after", "would halve"):
        assert words in said
    found = json.loads(shown(capsys, "onboard", "some-new-13b", "--outcomes", file, "--json"))

    assert abs(found["chance_after"] - 0.75) < abs(found["chance_before"] - 0.75)
    assert found["sd_after"] < found["sd_before"]
    again = json.loads(
        shown(capsys, "onboard", "some-new-13b", "--json", "--outcomes", _longer(tmp_path, found["to_halve"]))
    )
    assert again["sd_after"] == pytest.approx(found["sd_after"] / 2, rel=0.1)
    assert f"ability: {found['after']:.2f}" in said


def _longer(folder: Path, more: int) -> str:
    rows = [{"messages": asks(i % 80), "score": float(i % 4 > 0)} for i in range(80 + more)]
    return written(folder / "longer.jsonl", rows)


def test_the_level_that_is_printed_gives_the_chance_that_is_printed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """On coding agents' steps too, where a logit of level counts double: what the configuration is told does what is shown."""
    tools = [{"type": "function", "function": {"name": "run", "parameters": {"type": "object", "properties": {}}}}]
    call = {"id": "c", "type": "function", "function": {"name": "run", "arguments": "{}"}}
    steps = [
        [
            {"role": "user", "content": f"Fix the failing test number {i} in parser.py of this repository."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "def parse(text):\n    return text[0]  # parser.py\n"},
        ]
        for i in range(40)
    ]
    rows = [{"messages": m, "score": float(i % 3 > 0), "tools": tools} for i, m in enumerate(steps)]
    file = written(tmp_path / "agents.jsonl", rows)
    found = json.loads(shown(capsys, "onboard", "some-new-13b", "--outcomes", file, "--json"))
    router = Router([Tier("new", model="some-new-13b", prices=(0, 0), ability=found["after"])])
    chances = [e.p_adequate["new"] for e in router.estimate_many([(m, tools) for m in steps])]

    assert found["chance_after"] == pytest.approx(sum(chances) / len(chances), abs=1e-6)
    assert abs(found["chance_after"] - 2 / 3) < 0.1


def test_a_model_that_is_always_right_needs_harder_steps(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """More of the same would hardly narrow the interval, and no number is made up."""
    right = [{"messages": asks(i % 80), "model": "openai/some-new-13b", "score": 1.0} for i in range(400)]
    file = written(tmp_path / "right.jsonl", right)

    assert "no number of outcomes like these" in shown(capsys, "onboard", "some-new-13b", "--outcomes", file)


def test_a_model_is_onboarded_from_lm_eval_samples(capsys: pytest.CaptureFixture[str]) -> None:
    """A true file of the harness; a known model keeps its measured level as where it starts from."""
    samples = str(DATA / "lm_eval_generate_until.jsonl")

    assert "these 6 outcomes (mean score 0.667)" in shown(capsys, "onboard", "tiny-local", "--lm-eval", samples)
    assert "before (measured elsewhere)" in shown(capsys, "onboard", TOP, "--lm-eval", samples)


def test_wrong_command_lines_are_told_in_one_line(
    capsys: pytest.CaptureFixture[str], graded: str, tmp_path: Path
) -> None:
    """Missing files, missing options, quality that is no share, damaged files."""
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(b"no zip")
    empty = written(tmp_path / "empty.jsonl", [])
    assert "cannot read" in complaint(capsys, "learn", str(tmp_path / "absent.jsonl"))
    assert "it is empty" in complaint(capsys, "learn", empty)
    assert "damaged.npz" in complaint(capsys, "learn", graded, "--learned", str(damaged))
    assert "quality is 1.5" in complaint(capsys, "calibrate", "--outcomes", graded, "--quality", "1.5")
    assert "--outcomes FILE or --lm-eval FILE" in complaint(capsys, "onboard", "x")
    assert "no outcomes of 'x'" in complaint(capsys, "onboard", "x", "--outcomes", graded)
