"""`tierwise demo`: an agent with real tools, routed step by step, offline."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

import pytest

pytest.importorskip("langchain")

from langchain_tierwise.chat_models import ChatTierwise
from langchain_tierwise.demo import STAND_INS, run, stand_ins
from langchain_tierwise.demo.calculator import calculate
from langchain_tierwise.demo.faq import Faq
from langchain_tierwise.demo.play import Played, always, play
from langchain_tierwise.demo.shop import Shop
from langchain_tierwise.demo.tasks import TASKS
from langchain_tierwise.demo.tools import tools_of
from tierwise.cli import main
from tierwise.errors import ConfigError
from tierwise.router import Router
from tierwise.testing import FakeClassifier
from tierwise.tiers import Tier
from tierwise.types import Reading


def _play(**settings: Any) -> tuple[ChatTierwise, list[Played]]:
    chat = ChatTierwise(stand_ins(STAND_INS), **settings)
    return chat, [event for event in play(chat, TASKS) if isinstance(event, Played)]


def _router(chances: Any) -> Router:
    tiers = [Tier(name, model=spec.partition(":")[2]) for name, spec in STAND_INS.items()]
    return Router(tiers, classifier=FakeClassifier(chances), embedder=None)


@pytest.fixture(scope="module")
def played() -> tuple[ChatTierwise, list[Played]]:
    """The demo as it ships, with the packaged router."""
    return _play(quality=0.95)


def test_both_tiers_are_used_and_cost_is_well_below_always_top(played: tuple[ChatTierwise, list[Played]]) -> None:
    """Routine steps go down, hard ones up, and the sum shows it."""
    chat, steps = played
    routed, on_top = sum(step.usd for step in steps), always(chat.router.top, steps)

    assert {step.tier for step in steps} == {"small", "top"}
    assert routed < 0.85 * on_top


def test_what_asks_for_a_proof_goes_up_and_thanks_go_down(played: tuple[ChatTierwise, list[Played]]) -> None:
    """The ends of the scale, as the packaged router sees them."""
    _, steps = played
    tiers = {step.does: step.tier for step in steps}

    assert next(tier for does, tier in tiers.items() if does.startswith("Statuses today")) == "top"
    assert tiers["You're welcome!"] == "small"


def test_the_agent_solves_its_tasks_with_real_tools(played: tuple[ChatTierwise, list[Played]]) -> None:
    """Answers rest on what the database, the FAQ and the calculator said; one call fails and is mended."""
    does = [step.does for step in played[1]]

    assert "Yes, on 2026-04-01. Order 1042 came to 856.90 EUR." in does
    assert "Down bag: 2 left; Summit rope: 3 left; Ridge tent: 4 left" in does
    assert "2,358.00 EUR at cost price." in does
    assert "Ines Moreno, with 4,013.10 EUR." in does
    assert "recovery" in [step.decision["kind"] for step in played[1]]


@pytest.mark.parametrize("tier", ["small", "top"])
def test_the_decision_is_the_routers(tier: str) -> None:
    """A router that trusts one tier alone sends every step there: nothing is scripted but the models' moves."""

    def chances(reading: Reading) -> Mapping[str, float]:
        return {"small": 1.0 if tier == "small" else 0.0, "top": 1.0}

    chat, steps = _play(router=_router(chances))

    assert {step.tier for step in steps} == {tier}
    taken = next(one for one in chat.router.tiers if one.name == tier)
    assert sum(step.usd for step in steps) == pytest.approx(always(taken, steps))


def test_two_runs_print_the_same_and_say_that_models_are_stand_ins(capsys: pytest.CaptureFixture[str]) -> None:
    """No clock, no chance, no key; 80 columns and no colour codes where stdout is no terminal."""
    printed = []
    for _ in range(2):
        assert main(["demo"]) == 0
        printed.append(capsys.readouterr().out)

    assert printed[0] == printed[1]
    assert "scripted stand-ins" in printed[0]
    assert "always top" in printed[0]
    assert "\x1b" not in printed[0]
    assert max(map(len, printed[0].splitlines())) <= 80


@pytest.mark.parametrize("arguments", [["--live", "small"], ["--live", "=x"], ["--quality", "3"], ["--quality", "0"]])
def test_a_wrong_argument_is_told(arguments: list[str]) -> None:
    """As an error of ours, which the command line prints in one line."""
    with pytest.raises(ConfigError):
        run(arguments)


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["--nonsense"], 2)])
def test_help_and_unknown_options_have_their_usual_codes(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 and 2."""
    assert run(arguments) == code
    assert "tierwise demo" in "".join(capsys.readouterr())


def test_a_missing_key_is_told_in_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with the traceback of a provider's package."""
    pytest.importorskip("langchain_openai")
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)

    assert main(["demo", "--live", "small=openai:gpt-4.1-nano", "top=openai:gpt-4.1"]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "OPENAI_API_KEY" in err


def test_live_models_are_called_through_their_own_package(
    openai_server: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here one on loopback: every step reaches it under the chosen tier's model name."""
    pytest.importorskip("langchain_openai")
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server.base_url)

    assert main(["demo", "--live", "small=openai:gpt-4.1-nano", "top=openai:gpt-4.1"]) == 0
    assert "scripted" not in capsys.readouterr().out
    models = {asked.body["model"] for asked in openai_server.asked()}
    assert models
    assert models <= {"gpt-4.1-nano", "gpt-4.1"}


def test_the_calculator_only_calculates() -> None:
    """Names, calls, powers and huge numbers are refused; they could hang or harm."""
    assert calculate("2 * 289.0 + 1 * 79.9 + (1 - -3) / 2") == 659.9
    for wrong in (
        "__import__('os')",
        "9 ** 9 ** 9",
        "1 / 0",
        "'a' * 3",
        "1e308 * 10",
        "True + 1",
        "(" * 400,
        "",
        "1 +",
    ):
        with pytest.raises(ValueError, match=r"\w"):
            calculate(wrong)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM orders",
        "DROP TABLE orders",
        "ATTACH 'x.db' AS x",
        "PRAGMA user_version = 3",
        "SELECT load_extension('x')",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
    ],
)
def test_the_shop_can_only_be_read(statement: str) -> None:
    """A model writes the statements, so nothing that changes, reaches out or runs on for ever gets through."""
    shop = Shop()

    with pytest.raises(sqlite3.Error):
        shop.query(statement)
    assert json.loads(shop.query("SELECT COUNT(*) AS n FROM orders")) == [{"n": 60}]


def test_a_failing_tool_tells_the_agent() -> None:
    """Its message is the result, so the agent can try again."""
    query = next(tool for tool in tools_of(Shop(), Faq()) if tool.name == "query_shop")

    assert query.invoke({"sql": "SELECT nonsense FROM orders"}) == "Error: no such column: nonsense"


def test_the_faq_is_found_by_meaning() -> None:
    """Other words, same question."""
    (nearest, *_) = Faq().search("postage fees")

    assert nearest[0] == "What does shipping cost?"
