"""`tierwise replay --cache`: caching, switches taken and avoided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tierwise.cli.app import build_app
from tierwise.evaluation.replay import replay
from tierwise.evaluation.traces import Trace
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier
from tierwise.types import Reading, Usage

SMALL = Tier("small", model="s", prices={"input": 4.0, "cached_input": 0.4, "output": 8.0}, cache_min_tokens=1000)
TOP = Tier(
    "top",
    model="t",
    prices={"input": 10.0, "cached_input": 1.0, "cache_write": 12.0, "output": 20.0},
    cache_min_tokens=1000,
)
LONG = "the delivery of the parcel was late and the customer wants to know why " * 300
RUN: list[dict[str, Any]] = [
    {"role": "user", "content": LONG + "hard"},
    {"role": "assistant", "content": "Which parcel?"},
    {"role": "user", "content": "The middling one of last week."},
    {"role": "assistant", "content": "It was lost."},
    {"role": "user", "content": "Then what is hard about it?"},
    {"role": "assistant", "content": "Nothing."},
]


def _router() -> Router:
    """Top alone can do what says "hard"; of the middling, small does as much."""

    def chances(reading: Reading) -> dict[str, float]:
        return {"small": 0.0 if "hard" in reading.latest else 0.99, "top": 0.99}

    return Router([SMALL, TOP], quality=0.99, classifier=FakeClassifier(chances), embedder=None)


def test_a_switch_that_only_a_cache_prevents_counts_as_avoided() -> None:
    """The middling step would go to small at list price; but top is warm, so it stays: none taken, one avoided."""
    report = replay([Trace(RUN)], _router(), cache=True)

    assert report.by_tier == {"small": 0, "top": 3}
    assert report.cache is not None
    assert (report.cache.switches_taken, report.cache.switches_avoided) == (0, 1)
    assert report.cache.cached_share["routed"] == report.cache.cached_share["always_top"] > 0.6


def test_a_switch_that_pays_counts_as_taken() -> None:
    """Short runs are cached by nobody: down for the middling step, and up again."""
    short = [{**RUN[0], "content": "hard"}, *RUN[1:]]
    report = replay([Trace(short)], _router(), cache=True)

    assert report.cache is not None
    assert (report.cache.switches_taken, report.cache.switches_avoided) == (2, 0)
    assert report.cache.cached_share == {"routed": 0.0, "always_top": 0.0}


def test_cache_writes_are_billed_where_the_provider_bills_them() -> None:
    """By hand, always top: 2,000 written; then 2,000 of 2,400 are read at a tenth of the price, 400 written."""
    usage = {1: Usage(input=2000, output=100), 3: Usage(input=2400, output=50)}
    report = replay([Trace(RUN[:4], usage=usage)], _router())

    written, cached, output = 2000 + 400, 2000, 150
    assert report.usd["always_top"] == pytest.approx((written * 12 + cached * 1 + output * 20) / 1e6)
    assert report.cache is None


def test_the_command_prints_caches_when_asked(tmp_path: Path) -> None:
    """The table and the JSON have them with `--cache`, and not without."""
    file = tmp_path / "runs.jsonl"
    file.write_text(json.dumps({"messages": RUN}) + "\n", encoding="utf-8")
    arguments = ["replay", str(file), "--tier", "small=gpt-4.1-nano", "--tier", "top=claude-opus-4-6"]

    table, plain = (CliRunner().invoke(build_app(), [*arguments, *more]).stdout for more in (["--cache"], []))
    figures = json.loads(CliRunner().invoke(build_app(), [*arguments, "--cache", "--json"]).stdout)

    assert "switches avoided" in table
    assert "switches" not in plain
    assert set(figures["cache"]) == {"switches_taken", "switches_avoided", "cached_share"}
