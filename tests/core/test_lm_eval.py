"""Samples of lm-evaluation-harness, read from true files of it (see `tests/core/data/README.md`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tierwise.errors import LearnedError
from tierwise.learning.lm_eval import read_samples

DATA = Path(__file__).parent / "data"
GENERATED, CHOSEN = DATA / "lm_eval_generate_until.jsonl", DATA / "lm_eval_multiple_choice.jsonl"


def test_a_chat_models_samples_become_outcomes() -> None:
    """What was sent is the messages, `exact_match` is the score."""
    read = read_samples(GENERATED, "tiny-local")

    assert [outcome.score for outcome in read.outcomes] == [1.0, 1.0, 0.0, 1.0, 1.0, 0.0]
    assert {outcome.model for outcome in read.outcomes} == {"tiny-local"}
    first = read.outcomes[0].messages
    assert [m["role"] for m in first] == ["user"]
    assert first[0]["content"].startswith("A baker has 2 rolls")
    assert read.skipped == {}


def test_a_multiple_choice_sample_is_one_outcome() -> None:
    """One prompt, however many choices were scored; `acc` before `acc_norm`."""
    read = read_samples(CHOSEN, "m")

    assert len(read.outcomes) == 4
    assert sum(outcome.score for outcome in read.outcomes) == 2.0
    assert read.outcomes[0].messages == [
        {"role": "user", "content": "Question: Which of these is a colour of a ripe lemon?\nAnswer:"}
    ]


def test_another_metric_can_be_named() -> None:
    """A metric that no line has is refused with what to do."""
    assert len(read_samples(CHOSEN, "m", "acc_norm").outcomes) == 4
    with pytest.raises(LearnedError, match="--metric"):
        read_samples(CHOSEN, "m", "bleu")


def test_the_best_filter_counts_for_a_document(tmp_path: Path) -> None:
    """A strict filter refused the form of an answer that a flexible one found right."""
    strict = json.loads(GENERATED.read_text().splitlines()[0])
    strict["exact_match"] = 0.0
    flexible = {**strict, "filter": "flexible-extract", "exact_match": 1.0}
    file = tmp_path / "samples.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in (strict, flexible)))

    assert [outcome.score for outcome in read_samples(file, "m").outcomes] == [1.0]


def test_older_files_with_lists_of_arguments_are_read(tmp_path: Path) -> None:
    """Before 0.4.3 `arguments` was a list of lists."""
    file = tmp_path / "samples.jsonl"
    line = {"doc": {}, "arguments": [["What is 2 + 2?", {"until": ["\n"]}]], "acc": 1.0}
    file.write_text(json.dumps(line))

    assert read_samples(file, "m").outcomes[0].messages == [{"role": "user", "content": "What is 2 + 2?"}]


def test_broken_lines_are_skipped_and_named(tmp_path: Path) -> None:
    """No JSON, no prompt, no score; with nothing left, the error says why."""
    good = GENERATED.read_text().splitlines()[0]
    file = tmp_path / "samples.jsonl"
    file.write_text("\n".join([good, "{", '{"acc": 1}', '{"arguments": [["q"]]}', "[1]", ""]))

    read = read_samples(file, "m")
    assert len(read.outcomes) == 1
    assert sum(read.skipped.values()) == 4
    file.write_text("{}")
    with pytest.raises(LearnedError, match="log_samples"):
        read_samples(file, "m")
    with pytest.raises(LearnedError, match="cannot read"):
        read_samples(tmp_path / "absent.jsonl", "m")


def test_a_line_ends_where_json_has_it_end(tmp_path: Path) -> None:
    """lm_eval writes U+2028 and U+0085 as they are; an editor may have put a byte order mark in front."""
    line = json.loads(GENERATED.read_text().splitlines()[0])
    text = "\n".join(json.dumps({**line, "doc_id": i, "target": "a\u2028b\x85c"}, ensure_ascii=False) for i in range(3))
    file = tmp_path / "samples.jsonl"
    file.write_text("\ufeff" + text, encoding="utf-8")

    read = read_samples(file, "m")

    assert (len(read.outcomes), read.skipped) == (3, {})


def test_two_documents_that_ask_the_same_both_count(tmp_path: Path) -> None:
    """Otherwise the one that went well would hide the other."""
    line = json.loads(GENERATED.read_text().splitlines()[0])
    file = tmp_path / "samples.jsonl"
    file.write_text("\n".join(json.dumps({**line, "doc_id": i, "exact_match": float(i)}) for i in range(2)))

    assert sorted(outcome.score for outcome in read_samples(file, "m").outcomes) == [0.0, 1.0]
