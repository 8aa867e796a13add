"""The evaluation's tables in the model card, and the rules that labelled steps are judged beside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pandas", reason="judging the shared data needs tierwise[train]")

from tierwise.errors import ConfigError
from tierwise.evaluation.bootstrap import Interval
from tierwise.evaluation.eval_report import OVERALL, EvalLine, EvalReport
from tierwise.evaluation.pairs import LENGTH, OURS, TOP
from tierwise.training.card import BEGIN, END, write_card
from tierwise.training.judge_steps import LabelledSteps, lines_of
from tierwise.types import Reading

APGR = Interval(0.52, 0.5, 0.54)
REPORT = EvalReport("t", tuple(EvalLine("part", "", router, 10, {"apgr": APGR}) for router in (OURS, LENGTH)))


def test_a_card_keeps_what_people_wrote(tmp_path: Path) -> None:
    """Only what stands between the markers is replaced, however often."""
    card = tmp_path / "CARD.md"
    card.write_text(f"# Card\n\nbefore\n\n{BEGIN}\nold\n{END}\n\nafter\n", encoding="utf-8")

    write_card(card, REPORT)
    write_card(card, REPORT)

    text = card.read_text(encoding="utf-8")
    assert text.startswith("# Card\n\nbefore\n")
    assert text.endswith("\n\nafter\n")
    assert "old" not in text
    assert text.count("| tierwise | 0.520 [0.500, 0.540]") == 1


def test_a_card_without_markers_gets_them(tmp_path: Path) -> None:
    """The tables come last, and the markers with them."""
    card = tmp_path / "CARD.md"
    card.write_text("# Card\n", encoding="utf-8")

    write_card(card, REPORT)

    assert card.read_text(encoding="utf-8").count(BEGIN) == card.read_text(encoding="utf-8").count(END) == 1


def test_half_a_pair_of_markers_is_refused(tmp_path: Path) -> None:
    """Else what follows would be lost."""
    card = tmp_path / "CARD.md"
    card.write_text(f"# Card\n{BEGIN}\nafter\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="only one of the markers"):
        write_card(card, REPORT)


def test_sufficient_and_saved_are_counted_as_the_readme_has_it() -> None:
    """Four steps of two instances; tiers 0, 1, 3, 0 for targets 0, 2, 3, 1: two suffice; 1 + 2 + 8 + 1 of 32 dollars."""
    steps = LabelledSteps(
        readings=[Reading("", "")] * 4,
        benchmark=np.array(["b"] * 4),
        instance=np.array(["i", "i", "j", "j"]),
        target=np.array([0, 2, 3, 1]),
        usd=np.tile([1.0, 2.0, 4.0, 8.0], (4, 1)),
        rules={},
    )

    found = {line.data: line for line in lines_of(steps, "mine", 0.95, np.array([0, 1, 3, 0]))}

    assert found["b"].sufficient.value == found["all"].sufficient.value == 0.5
    assert found["b"].saved.value == pytest.approx(1 - 12 / 32)


def test_whole_runs_have_a_table_of_their_own(tmp_path: Path) -> None:
    """By source and router, without the mean of sources: three are too few for one."""
    lines = tuple(
        EvalLine(data, "", router, 77, {"apgr": APGR}) for data in ("runs", OVERALL) for router in (OURS, TOP)
    )
    card = tmp_path / "CARD.md"
    card.write_text("# Card\n", encoding="utf-8")

    write_card(card, replace(REPORT, runs=lines))

    text = card.read_text(encoding="utf-8").partition("Whole runs of agents")[2]
    assert text.count("| runs | 77 | tierwise | 0.520 [0.500, 0.540] |") == 1
    assert TOP not in text
    assert OVERALL not in text
