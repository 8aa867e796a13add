"""What the offered tools ask of a model, and how many tokens everything takes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tierwise.signals import estimate_tokens, read_step
from tierwise.signals.tools import digest_tools, is_forbidden, is_forced, wants_structure
from tierwise.types import Step


def tool(name: str = "book", **properties: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": properties}}}


NESTED = {
    "type": "object",
    "properties": {"street": {"type": "string"}, "geo": {"type": "object", "properties": {"lat": {}}}},
}


def test_parameters_are_counted_at_all_depths():
    """A nested address is more to fill in than a name."""
    digest = digest_tools([tool(name_={"type": "string"}, address=NESTED), tool("cancel")])

    assert (digest.tools, digest.parameters, digest.depth) == (2, 5, 3)


def test_a_schema_that_holds_itself_is_measured_once():
    """Recursive schemas end."""
    node: dict[str, Any] = {"type": "object", "properties": {}}
    node["properties"]["child"] = node

    digest = digest_tools([tool(root=node)])

    assert digest.depth >= 2
    assert digest.parameters < 10


def test_deep_and_wide_schemas_are_bounded():
    """Depth stops at twelve, and the walk after two thousand nodes."""
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(5_000):
        deep = {"type": "object", "properties": {"a": deep}}
    wide = {f"p{i}": {"type": "string"} for i in range(50_000)}

    assert digest_tools([tool(root=deep)]).depth <= 12
    assert digest_tools([tool(**wide)]).parameters <= 2_001


def test_a_changed_tool_is_measured_anew():
    """What is remembered is found by content, so a list changed in place is not taken for the old one."""
    tools = [tool(a={"type": "string"})]
    before = digest_tools(tools)
    tools[0]["function"]["parameters"]["properties"]["b"] = {"type": "string"}

    assert digest_tools(tools).parameters == before.parameters + 1
    assert digest_tools(copy.deepcopy(tools)) == digest_tools(tools)


@pytest.mark.parametrize(
    "tools", [None, (), "tools", 3, [None, 4, "x"], [{"function": 3}], [{"function": {"parameters": 3}}], [{1: 2}]]
)
def test_junk_tools_are_measured_without_raising(tools):
    """The router says what is wrong with them; reading does not fall over."""
    assert digest_tools(tools).parameters == 0


def test_what_may_be_called_is_read_from_tool_choice():
    """Every form that providers accept."""
    named = {"type": "function", "function": {"name": "book"}}

    assert [is_forced(choice) for choice in ("required", "any", named, {"type": "any"})] == [True] * 4
    assert [is_forced(choice) for choice in (None, "auto", "none", {"type": "auto"}, {"type": "none"}, {}, 3)] == [
        False
    ] * 7
    assert is_forbidden("none")
    assert is_forbidden({"type": "none"})
    assert not is_forbidden(None)


def test_structured_output_is_seen():
    """JSON demanded by schema, or just JSON."""
    assert wants_structure({"type": "json_schema", "json_schema": {}})
    assert wants_structure({"type": "json_object"})
    assert not wants_structure({"type": "text"})
    assert not wants_structure(None)


def test_tokens_grow_with_the_text_and_an_empty_text_has_none():
    """Within a factor that no tokeniser would call absurd."""
    prose = "The harbour was quiet and the boats lay still in the early light of the morning. " * 20

    assert estimate_tokens("") == 0
    assert estimate_tokens("a") == 1
    assert 0.8 < estimate_tokens(prose) / (len(prose) / 4.3) < 1.3
    assert 0.5 < estimate_tokens("证明每个偶数都是两个素数之和" * 20) / (14 * 20) < 1.1
    assert estimate_tokens('{"a": 1, "b": {"c": 2}}' * 9) > 1.2 * estimate_tokens("a" * (23 * 9))


def test_a_very_long_text_is_estimated_from_its_beginning():
    """The cost of an estimate does not grow with the prompt."""
    short = estimate_tokens("word and word " * 1_000)

    assert estimate_tokens("word and word " * 40_000) == pytest.approx(40 * short, rel=0.02)


def test_context_is_what_the_question_is_not():
    """History and tools count, the question does not."""
    messages = [
        {"role": "system", "content": "Be kind. " * 500},
        {"role": "user", "content": "Hello, who won the cup in 1998?"},
    ]

    signals = read_step(Step(messages, tools=[tool()])).signals

    assert signals.input_tokens > signals.context_only_tokens > 900


def test_estimates_stay_near_what_providers_reported(shared: Path):
    """Recorded runs of tau2 on several models: the median within a factor of two for each, wherever tools are known."""
    pandas = pytest.importorskip("pandas")
    folder = shared / "data" / "agents" / "tau"
    tools = {
        row[0]: json.loads(row[1]) for row in pandas.read_parquet(folder / "tools.parquet").itertuples(index=False)
    }
    runs = pandas.read_parquet(folder / "traces.parquet")
    ratios: dict[str, list[float]] = {}
    for run in runs[runs.usage.notna()].sample(120, random_state=0).itertuples():
        messages = json.loads(run.messages)
        if messages[0]["role"] != "system" or run.tools_ref not in tools:
            continue
        for usage in [u for u in json.loads(run.usage) if u.get("input_tokens")][:6:2]:
            signals = read_step(Step(messages[: usage["i"]], tools=tools[run.tools_ref])).signals
            ratios.setdefault(run.model, []).append(signals.input_tokens / usage["input_tokens"])
    medians = [sorted(values)[len(values) // 2] for values in ratios.values() if len(values) >= 6]

    assert len(medians) >= 4
    assert all(0.5 < median < 2 for median in medians)
