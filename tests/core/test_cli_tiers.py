"""`tierwise tiers`: what is known of models, and how surely."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tierwise import Outcome, Router, Tier
from tierwise.cli import main


@pytest.fixture(autouse=True)
def _narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["tiers", *arguments]) == 0
    return capsys.readouterr().out


def test_each_tier_has_a_level_an_interval_and_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    """Measured, guessed from a name, guessed from a price: the less is known, the wider."""
    options = ["--tier", "a=gpt-4.1-nano", "--tier", "b=claude-opus-4-6"]
    text = shown(capsys, *options)
    small, top = json.loads(shown(capsys, *options, "--json"))

    assert "gpt-4.1-nano" in text
    assert "claude-opus" in text
    assert (small["tier"], small["source"], top["tier"], top["source"]) == ("a", "name", "b", "measured")
    assert small["sd"] > top["sd"] > 0
    assert small["level"] < top["level"]
    assert 0 < small["chance"] < top["chance"] < 1


def test_a_level_set_by_hand_has_no_interval(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`ability:` in the configuration overrides what anybody else knows."""
    file = tmp_path / "tierwise.yaml"
    file.write_text("tiers: [{name: a, model: gpt-4.1-nano, ability: 1.25}, {name: b, model: gpt-5.1}]")
    (mine,) = (one for one in json.loads(shown(capsys, "--config", str(file), "--json")) if one["tier"] == "a")

    assert (mine["level"], mine["sd"], mine["source"]) == (1.25, 0.0, "by hand")
    assert "1.25" in shown(capsys, "--config", str(file))


def test_what_was_learned_moves_chances_not_levels(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Levels are what is known before any outcome."""
    router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])
    asked = [
        [{"role": "user", "content": f"Prove that {i} consecutive odd numbers sum to a square."}] for i in range(30)
    ]
    router.learn([Outcome("small", 0.0, messages) for messages in asked])
    router.save_learned(tmp_path / "learned.npz")
    before = {one["tier"]: one for one in json.loads(shown(capsys, "--json"))}
    after = {
        one["tier"]: one for one in json.loads(shown(capsys, "--json", "--learned", str(tmp_path / "learned.npz")))
    }

    assert after["small"]["chance"] < before["small"]["chance"]
    assert after["small"]["level"] == before["small"]["level"]
    assert "after 30 outcomes" in shown(capsys, "--learned", str(tmp_path / "learned.npz"))


def test_a_hundred_and_fifty_models_and_more_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with how surely, strongest first."""
    found = json.loads(shown(capsys, "--known", "--json"))

    assert len(found) >= 150
    assert all(one["source"] == "measured" and one["sd"] > 0 for one in found)
    assert [one["level"] for one in found] == sorted((one["level"] for one in found), reverse=True)
    assert "models; of any other" in shown(capsys, "--known")
