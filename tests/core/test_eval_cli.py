"""`tierwise eval`: graded outcomes on the command line."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest

from tierwise import Router, Tier
from tierwise.cli import main
from tierwise.cli.app import run
from tierwise.errors import ConfigError, TracesError
from tierwise.evaluation.judged import evaluate
from tierwise.evaluation.outcomes import read_outcomes

SECRET = "xylophone"
SAMPLES = Path(__file__).parent / "data" / "lm_eval_multiple_choice.jsonl"


@pytest.fixture(autouse=True)
def _narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def line(i: int, **more: object) -> str:
    """A graded question, hard for the small model when its number is odd."""
    rng = random.Random(i)
    hard = i % 2 == 1
    text = (
        f"Prove in detail that the {SECRET} number {i} is irrational, and derive a bound."
        if hard
        else f"What is {i} + 1?"
    )
    scores = {"gpt-4.1-nano": int(rng.random() < (0.2 if hard else 0.95)), "claude-opus-4-6": int(rng.random() < 0.9)}
    message = {"role": "user", "content": text}
    return json.dumps({"messages": [message], "scores": scores, "conversation": f"c{i // 2}", **more})


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    """120 questions of 60 conversations, and two broken lines."""
    file = tmp_path / "graded.jsonl"
    file.write_text("\n".join([*map(line, range(120)), f"{{{SECRET}", '{"messages": []}']), encoding="utf-8")
    return file


def test_routers_stand_side_by_side_in_80_columns(graded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours, what anybody can do, and hindsight, with intervals; no word of what was asked."""
    assert main(["eval", str(graded), "--fast"]) == 0
    out, err = capsys.readouterr()

    flat = " ".join(out.split())
    for said in (
        "tierwise",
        "length",
        "kNN",
        "ridge",
        "k-means",
        "oracle",
        "always cheapest",
        "random",
        "APGR",
        "2 lines",
    ):
        assert said in flat, out
    assert max(map(len, out.splitlines())) <= 80
    assert SECRET not in out + err


def test_json_has_every_figure_with_its_interval(graded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours beats a coin where hard and easy questions look different, and the interval says so."""
    assert main(["eval", str(graded), "--fast", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    ours = next(row for row in found["pairs"] if row["router"] == "tierwise" and not row["task"])
    assert ours["n"] == 120
    for name in (
        "auc",
        "apgr",
        "cpt50",
        "cpt80",
        "cpt95",
        "aiq",
        "score_at_half",
        "ece_weak",
        "ece_strong",
        "beyond_length",
    ):
        assert set(ours["figures"][name]) == {"value", "low", "high"}
    assert ours["figures"]["apgr"]["low"] > 0.5


def test_the_page_opens_offline_and_is_small(graded: Path, tmp_path: Path) -> None:
    """Charts inside, nothing fetched, below a megabyte, no word of what was asked."""
    pytest.importorskip("matplotlib", reason="charts need tierwise[replay]")
    file = tmp_path / "page.html"

    assert main(["eval", str(graded), "--fast", "--html", str(file)]) == 0

    text = file.read_text(encoding="utf-8")
    assert "<svg" in text
    assert not re.search(r"<script|<link|<img|src=|@import", text)
    assert len(text) < 1_000_000
    assert SECRET not in text


def test_without_litellm_its_heuristic_is_missed_by_name(
    graded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An optional peer: the others are judged, and a line says who is not there."""
    monkeypatch.setattr("tierwise.evaluation.judged.litellm_heuristic", lambda texts: None)
    assert main(["eval", str(graded), "--fast"]) == 0

    assert "litellm is not installed: its heuristic does not stand beside" in " ".join(capsys.readouterr().out.split())


def test_the_pair_may_be_chosen(graded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that nobody graded is refused by name."""
    assert main(["eval", str(graded), "--weak", "gpt-5", "--fast"]) == 2
    assert "'gpt-5' is not among the graded models" in capsys.readouterr().err


def test_one_outcome_a_line_is_joined_by_what_was_asked(tmp_path: Path) -> None:
    """Two lines of two models on one question are one row, in the order in which models appear."""
    message = [{"role": "user", "content": "hello"}]
    lines = [{"messages": message, "model": "a", "score": 1}, {"messages": message, "model": "b", "score": 0.5}]
    file = tmp_path / "one.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    found = read_outcomes(file)

    assert found.models == ("a", "b")
    assert found.scores.tolist() == [[1.0, 0.5]]


def test_costs_and_kinds_are_read_where_they_are_given(tmp_path: Path) -> None:
    """What a model charged, what belongs together, what sort of traffic it is."""
    file = tmp_path / "costs.jsonl"
    file.write_text(line(1, usd={"gpt-4.1-nano": 0.001}, kind="proofs"), encoding="utf-8")

    found = read_outcomes(file)

    assert found.usd[0, 0] == 0.001
    assert found.usd[0, 1] != found.usd[0, 1]
    assert (found.clusters, found.kinds) == (["c0"], ["proofs"])


def test_ten_steps_are_needed(tmp_path: Path) -> None:
    """Fewer are refused with what was found."""
    file = tmp_path / "few.jsonl"
    file.write_text("\n".join(map(line, range(4))), encoding="utf-8")

    with pytest.raises(ConfigError, match="only 4 steps"):
        evaluate(read_outcomes(file))


@pytest.mark.parametrize("text", ["", "{}", '{"messages": [{"role": "user", "content": "x"}], "scores": {"a": 7}}'])
def test_a_file_without_outcomes_is_refused(tmp_path: Path, text: str) -> None:
    """Empty, without messages, or with scores beyond 1."""
    file = tmp_path / "none.jsonl"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(TracesError, match="no outcomes"):
        read_outcomes(file)


def test_samples_of_the_harness_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A true file of lm_eval under two models, one of which is wrong on every second question."""
    lines = SAMPLES.read_text(encoding="utf-8").splitlines()
    samples = [json.loads(text) for text in lines]
    for model, wrong in (("openai__gpt-4.1-nano", 2), ("claude-opus-4-6", 1000)):
        folder = tmp_path / model
        folder.mkdir()
        rows = []
        for copy in range(-(-12 // len(samples))):
            for i, sample in enumerate(samples):
                prompt = f"{copy} {sample['arguments']['gen_args_0']['arg_0']}"
                row = {**sample, "arguments": {"gen_args_0": {"arg_0": prompt}}, "prompt_hash": f"{copy}/{i}"}
                rows.append(json.dumps({**row, "acc": float((i + copy) % wrong != 0)}))
        (folder / "samples_made_up_2026-11-24T07-00-00.000001.jsonl").write_text("\n".join(rows), encoding="utf-8")

    assert main(["eval", str(tmp_path), "--fast", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert "openai/gpt-4.1-nano (weak) and claude-opus-4-6 (strong)" in found["notes"][0]
    assert found["pairs"][0]["n"] >= 12


def test_a_task_whose_metrics_are_unknown_spoils_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its file is named among what was skipped; where nothing else is there, that is the error."""
    rows = [json.loads(row) for row in SAMPLES.read_text().splitlines()]
    for name in ("gpt-4.1-nano", "claude-opus-4-6"):
        folder = tmp_path / f"openai__{name}"
        folder.mkdir()
        rng = random.Random(name)
        more = [
            {**rng.choice(rows), "doc_id": i, "prompt_hash": f"h{i}", "acc": float(rng.random() < 0.6)}
            for i in range(30)
        ]
        for i, row in enumerate(more):
            row["arguments"] = [[f"Question {i}?", " yes"]]
        (folder / "samples_ours_2026-01-01T00-00-00.1.jsonl").write_text("\n".join(map(json.dumps, more)))
        strange = {"doc_id": 0, "arguments": [["q"]], "bleurt": 3.0}
        (folder / "samples_strange_2026-01-01T00-00-00.1.jsonl").write_text(json.dumps(strange))

    assert main(["eval", str(tmp_path), "--fast"]) == 0
    assert "samples_strange" in " ".join(capsys.readouterr().out.split())
    for file in tmp_path.rglob("samples_ours*"):
        file.unlink()
    with pytest.raises(TracesError, match="samples_strange"):
        run(["eval", str(tmp_path), "--fast"])


def test_what_editors_and_other_systems_write_is_read(tmp_path: Path) -> None:
    """A byte order mark, Windows' line ends, U+2028 inside a text, true and false for scores, absurd costs."""
    file = tmp_path / "graded.jsonl"
    rows = [json.loads(line(i)) for i in range(12)]
    rows[1]["messages"][0]["content"] += "\u2028\x85"
    rows[2]["scores"] = {"gpt-4.1-nano": True, "claude-opus-4-6": False}
    rows[3]["usd"] = {"gpt-4.1-nano": 10**400, "claude-opus-4-6": float("inf")}
    text = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())

    found = read_outcomes(file)

    assert (len(found.steps), found.skipped) == (12, ())
    assert found.scores[2].tolist() == [1.0, 0.0]
    assert np.isnan(found.usd).all()


def test_a_step_graded_twice_has_its_mean(tmp_path: Path) -> None:
    """Whichever line comes last: two samples of an answer are both worth something."""
    file = tmp_path / "graded.jsonl"
    rows = [json.loads(line(0)) for _ in range(4)]
    for row, score in zip(rows, (1, 0, 1, 1), strict=True):
        row["scores"] = {"gpt-4.1-nano": score}
        row["usd"] = {"gpt-4.1-nano": score}
    file.write_text("\n".join(json.dumps(row) for row in rows))

    found = read_outcomes(file)

    assert found.scores.tolist() == [[0.75]]
    assert found.usd.tolist() == [[0.75]]


def test_the_pair_is_chosen_among_models_graded_on_the_same_steps(tmp_path: Path) -> None:
    """A third model with a few lucky answers elsewhere is not the strong one; one model alone is no pair."""
    file = tmp_path / "graded.jsonl"
    lucky = {"messages": [{"role": "user", "content": "Hi"}], "scores": {"gpt-5.1": 1}}
    file.write_text("\n".join([*map(line, range(40)), json.dumps(lucky)]))

    report = evaluate(read_outcomes(file), draws=20)

    assert "gpt-4.1-nano (weak) and claude-opus-4-6 (strong)" in report.notes[0]
    with pytest.raises(ConfigError, match="name two models"):
        evaluate(read_outcomes(file), weak="gpt-5.1", strong="gpt-5.1")


def test_tiers_and_outcomes_may_spell_a_model_differently(tmp_path: Path) -> None:
    """The log of a gateway has its prefix, the tier has not."""
    file = tmp_path / "graded.jsonl"
    text = "\n".join(map(line, range(40)))
    file.write_text(text.replace("gpt-4.1-nano", "openai/gpt-4.1-nano").replace("opus-4-6", "opus-4.6"))
    router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])

    assert "openai/gpt-4.1-nano (weak)" in evaluate(read_outcomes(file), router, draws=20).notes[0]
