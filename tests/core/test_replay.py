"""Recorded runs through the router: counts and costs worked by hand."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tierwise.errors import TracesError
from tierwise.evaluation.replay import replay, steps_of
from tierwise.evaluation.replay_page import page
from tierwise.evaluation.traces import MAX_LINE_BYTES, Skipped, Trace, count_traces, read_traces
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier
from tierwise.types import Reading, Usage

SMALL = Tier("small", model="s", prices={"input": 1.0, "cached_input": 0.1, "output": 2.0}, cache_min_tokens=1000)
TOP = Tier("top", model="t", prices={"input": 10.0, "cached_input": 1.0, "output": 20.0}, cache_min_tokens=1000)
SECRET = "xylophone"
QUESTION: dict[str, Any] = {"role": "user", "content": f"Where is the {SECRET}?"}
CALL: dict[str, Any] = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}],
}
FAILED: dict[str, Any] = {"role": "tool", "tool_call_id": "c1", "content": "Error: no such table", "is_error": True}
REPLY: dict[str, Any] = {"role": "assistant", "content": f"The {SECRET} is here."}
TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}
]
RUN: list[dict[str, Any]] = [QUESTION, CALL, FAILED, REPLY]  # two steps: an opening, and a recovery after an error


def _router() -> Router:
    """Sends what recovers from an error to the top tier, and all else to the small one."""

    def chances(reading: Reading) -> dict[str, float]:
        return {"small": 0.0 if reading.signals.kind == "recovery" else 0.99, "top": 0.99}

    return Router([SMALL, TOP], classifier=FakeClassifier(chances), embedder=None)


def _write(file: Path, *lines: Any) -> Path:
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return file


def test_every_assistant_message_is_one_step_decided_on_what_stood_before_it() -> None:
    """Two runs of two calls are four steps, each where `router.start` sends it."""
    report = replay([Trace(RUN, TOOLS), Trace(RUN, TOOLS)], _router())

    assert (report.traces, report.steps, report.skipped) == (2, 4, 0)
    assert report.by_tier == {"small": 2, "top": 2}
    assert report.by_kind == {"opening": 2, "recovery": 2}
    assert report.by_depth == ({"small": 2, "top": 0}, {"small": 0, "top": 2})


def test_decisions_are_those_of_start() -> None:
    """What a replay counts is what a router says when asked step by step."""
    router, decided = _router(), []
    for trace in (Trace(RUN, TOOLS), Trace([QUESTION, REPLY])):
        decided += [router.start(trace.messages[:i], trace.tools).decision.tier for i in steps_of(trace)]

    report = replay([Trace(RUN, TOOLS), Trace([QUESTION, REPLY])], _router())

    assert report.by_tier == {name: decided.count(name) for name in ("small", "top")}


def test_recorded_tokens_are_priced_with_each_ways_own_caches() -> None:
    """Worked by hand: 2,000 in and 100 out, then 2,200 in and 50 out; small takes the first step, top the second."""
    trace = Trace(RUN, TOOLS, {1: Usage(input=2000, output=100), 3: Usage(input=2200, output=50)})

    report = replay([trace], _router())

    small = (2000 * 1 + 100 * 2) / 1e6, (2100 * 0.1 + 100 * 1 + 50 * 2) / 1e6
    top = (2000 * 10 + 100 * 20) / 1e6, (2100 * 1 + 100 * 10 + 50 * 20) / 1e6
    top_cold = (2200 * 10 + 50 * 20) / 1e6  # nobody at the top has read this run before
    assert report.metered == 2
    assert report.usd["always_cheapest"] == pytest.approx(sum(small))
    assert report.usd["always_top"] == pytest.approx(sum(top))
    assert report.usd["routed"] == pytest.approx(small[0] + top_cold)
    assert report.usd_uncached["always_top"] == pytest.approx(top[0] + top_cold)


def test_what_was_no_model_call_is_no_step() -> None:
    """A scripted greeting, and an assistant message with nothing before it, are not decided on."""
    greeting = {"role": "assistant", "content": "Hello, how can I help?", "scripted": True}
    system = {"role": "system", "content": "Be kind."}

    assert list(steps_of(Trace([system, greeting, QUESTION, REPLY]))) == [3]
    assert list(steps_of(Trace([REPLY, QUESTION, REPLY]))) == [2]


def test_a_broken_line_is_told_by_its_number_and_counted(tmp_path: Path) -> None:
    """Whatever is wrong with a line, the others are replayed, and no text of it is repeated."""
    file = _write(
        tmp_path / "runs.jsonl",
        {"messages": RUN, "tools": TOOLS},
        f'{{"messages": [{SECRET}',
        "",
        [SECRET],
        {"tools": TOOLS},
        {"messages": []},
        {"messages": [{"content": SECRET}]},
        {"messages": [QUESTION], "tools": SECRET},
        "[" * 100_000,
        {"messages": [QUESTION, REPLY]},
    )
    items = list(read_traces(file))
    broken = [item for item in items if isinstance(item, Skipped)]

    assert [item.where for item in broken] == [f"runs.jsonl:{n}" for n in (2, 4, 5, 6, 7, 8, 9)]
    assert not any(SECRET in item.reason for item in broken)
    assert count_traces(file) == len(items)
    report = replay(items, _router())
    assert (report.traces, report.steps, report.skipped) == (2, 3, 7)


def test_broken_letters_and_endless_lines_are_skipped(tmp_path: Path) -> None:
    """A line that is not UTF-8, and one too long to be a run, cost their own line only."""
    good = json.dumps({"messages": [QUESTION, REPLY]}).encode()
    file = tmp_path / "runs.jsonl"
    file.write_bytes(b"\n".join([b'{"messages": "\xff"}', b"x" * (MAX_LINE_BYTES + 5), good]))

    first, second, third = read_traces(file)

    assert isinstance(first, Skipped)
    assert isinstance(second, Skipped)
    assert "longer than" in second.reason
    assert isinstance(third, Trace)
    assert third.where == "runs.jsonl:3"


def test_a_run_of_the_callers_that_is_none_is_skipped_whole() -> None:
    """A later message without a role does not leave half a run in the figures."""
    report = replay([Trace([QUESTION, REPLY, {"content": "?"}, REPLY])], _router())

    assert (report.traces, report.steps, report.skipped) == (0, 0, 1)


def test_usage_is_taken_only_where_it_is_whole(tmp_path: Path) -> None:
    """Null, negative or half-recorded token counts are as good as none."""
    usage = [
        {"i": 1, "input_tokens": 7, "output_tokens": 3},
        {"i": 3, "input_tokens": None, "output_tokens": 3},
        {"i": 5, "input_tokens": -1, "output_tokens": 3},
        {"input_tokens": 7, "output_tokens": 3},
        "nonsense",
    ]
    (trace,) = read_traces(_write(tmp_path / "runs.jsonl", {"messages": RUN, "usage": usage}))

    assert isinstance(trace, Trace)
    assert trace.usage == {1: Usage(input=7, output=3)}


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(TracesError, match="nowhere"):
        list(read_traces(tmp_path / "nowhere.jsonl"))


def test_a_parquet_table_joins_its_tools_by_reference(tmp_path: Path) -> None:
    """Tools are found beside the table; a run whose tools stand nowhere is read without, and counted."""
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    rows = {
        "messages": [json.dumps(RUN), json.dumps(RUN), "{no json", None],
        "tools_ref": ["shop", "lost", "shop", "shop"],
        "usage": [json.dumps([{"i": 1, "input_tokens": 7, "output_tokens": 3}]), None, None, None],
    }
    pq.write_table(pa.table(rows), tmp_path / "traces.parquet")
    pq.write_table(pa.table({"tools_ref": ["shop"], "tools": [json.dumps(TOOLS)]}), tmp_path / "tools.parquet")

    items = list(read_traces(tmp_path / "traces.parquet"))

    assert count_traces(tmp_path / "traces.parquet") == 4
    assert [item.where for item in items] == [f"traces.parquet:{n}" for n in (1, 2, 3, 4)]
    assert [type(item) for item in items] == [Trace, Trace, Skipped, Skipped]
    found, lost = (item for item in items if isinstance(item, Trace))
    assert found.tools == TOOLS
    assert found.usage == {1: Usage(input=7, output=3)}
    assert lost.tools_missing
    assert replay(items, _router()).tools_missing == 1


def test_a_damaged_parquet_table_is_a_clear_error(tmp_path: Path) -> None:
    """It begins as one, and is none."""
    pytest.importorskip("pyarrow")
    file = tmp_path / "traces.parquet"
    file.write_bytes(b"PAR1 and then nothing")

    with pytest.raises(TracesError, match="damaged"):
        list(read_traces(file))


def test_the_json_form_has_exactly_the_promised_keys() -> None:
    """Scripts rely on them; numbers are plain."""
    figures = json.loads(json.dumps(replay([Trace(RUN, TOOLS)], _router()).to_dict()))

    assert list(figures) == ["traces", "steps", "by_tier", "by_kind", "usd", "decision_ms", "skipped"]
    assert set(figures["usd"]) == {"routed", "always_top", "always_cheapest"}
    assert set(figures["decision_ms"]) == {"p50", "p99"}


def test_nothing_to_replay_gives_zeros() -> None:
    """An empty file is no reason to divide by nothing."""
    report = replay([], _router())

    assert (report.traces, report.steps, report.usd["routed"], report.decision_ms["p50"]) == (0, 0, 0.0, 0.0)


def test_shadow_mode_counts_what_routing_would_choose() -> None:
    """A router that only watches is replayed as if it acted."""

    def chances(reading: Reading) -> dict[str, float]:
        return {"small": 0.99, "top": 0.99}

    router = Router([SMALL, TOP], classifier=FakeClassifier(chances), embedder=None, mode="shadow")

    assert replay([Trace(RUN, TOOLS)], router).by_tier == {"small": 2, "top": 0}


def test_progress_is_told_after_every_run_and_every_skipped_line() -> None:
    """One call each, with what was done."""
    seen: list[Trace | Skipped] = []
    items: list[Trace | Skipped] = [Trace(RUN, TOOLS), Skipped("f:2", "no JSON"), Trace([QUESTION, REPLY])]

    replay(items, _router(), seen.append)

    assert seen == items


def test_the_page_opens_offline_and_repeats_no_message() -> None:
    """No address is loaded, no text shown, and many runs do not make it large."""
    pytest.importorskip("matplotlib")
    traces = [Trace(RUN, TOOLS, where=f"runs.jsonl:{n}") for n in range(1500)]

    html = page(replay(traces, _router()))

    assert SECRET not in html
    assert "<svg" in html
    assert "runs.jsonl:" in html
    assert not any(f"{loads}http" in html for loads in ('src="', "src='", 'href="http', "url(", "@import "))
    assert "<script" not in html
    assert len(html) < 1_000_000


def test_many_runs_are_kept_as_an_even_sample() -> None:
    """The costs of single runs do not grow without bound, and the sums still count all."""
    report = replay((Trace([QUESTION, REPLY], where=str(n)) for n in range(9_000)), _router())

    kept = [int(cost.where) for cost in report.trace_costs]
    assert report.traces == 9_000
    assert 2_000 <= len(kept) <= 4_000
    assert len({later - earlier for earlier, later in pairwise(kept)}) == 1


@pytest.mark.shared
def test_recorded_runs_of_the_developers_replay_without_a_fallback(shared: Path) -> None:
    """Real runs, with tools joined from beside the table."""
    pytest.importorskip("pyarrow")
    traces = [
        item for _, item in zip(range(60), read_traces(shared / "data/agents/agentdojo/traces.parquet"), strict=False)
    ]

    report = replay(traces, _router())

    assert (report.traces, report.skipped, report.fallbacks, report.tools_missing) == (60, 0, 0, 0)
    assert report.steps > 120
