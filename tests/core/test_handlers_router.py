"""Tiers without a model, in the router: who is asked when, what a plan then holds, and that nobody is taken down."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from tierwise import Abstention, Plan, Reply, Router, Rule, Tier
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.errors import ConfigError, PlanError, StepError
from tierwise.testing import FakeClassifier
from tierwise.types import Reading, Step

SMALL = Tier("small", prices=(0.1, 0.4), provider="openai")
TOP = Tier("top", prices=(5, 25))
ASK = [{"role": "user", "content": "What are your opening hours?"}]
OTHER = [{"role": "user", "content": "Why is the sky blue?"}]
LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


class Hours:
    """Knows when the shop is open, and counts how often it was asked."""

    def __init__(self, answer: Any = None) -> None:
        self.asked = 0
        self._answer = answer or Reply("hours.txt#1", 0.93, "From nine to five.")

    def handle(self, step: Step, reading: Reading) -> Reply | Abstention:
        self.asked += 1
        if "hours" not in reading.task:
            return Abstention("nobody asks for the hours")
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def router(handler: Any = None, **settings: Any) -> Router:
    tiers = [Tier("hours", handler=handler or Hours()), TOP, SMALL]
    settings.setdefault("classifier", FakeClassifier({"small": 0.95, "top": 0.96}))
    return Router(tiers, embedder=None, **settings)


def test_a_handlers_answer_is_there_at_once_and_costs_nothing():
    """The plan is done, its answer an assistant message; reasons say source and confidence."""
    plan = router().start(ASK)

    assert plan.done
    assert plan.answer is not None
    assert plan.answer.message == {"role": "assistant", "content": "From nine to five."}
    assert (plan.tier.name, plan.decision.tier, plan.decision.would_choose) == ("hours", "hours", "hours")
    assert plan.decision.source == "hours.txt#1"
    assert plan.decision.reasons == ("hours answers from hours.txt#1, .93 sure",)
    assert (plan.usd, plan.decision.expected_usd, plan.decision.p_adequate) == (0.0, {"hours": 0.0}, {})
    assert "nine" not in str(plan.decision.to_dict())
    with pytest.raises(PlanError, match="done"):
        plan.after({"role": "assistant", "content": "x"})


def test_who_abstains_says_so_and_a_model_takes_the_step():
    """The decision is as without handlers, but for a reason more."""
    with_handler, without = router().start(OTHER), Router([TOP, SMALL], embedder=None, classifier=FakeClassifier({"small": 0.95, "top": 0.96})).start(OTHER)  # fmt: skip

    assert not with_handler.done
    assert "hours abstained: nobody asks for the hours" in with_handler.decision.reasons
    assert with_handler.decision.source is None
    same = {**with_handler.decision.canonical(), "reasons": None}
    assert same == {**without.decision.canonical(), "reasons": None}


def test_handlers_stand_apart_from_the_tiers_with_a_model():
    """They are not ranked, not estimated, and no answer is waited for from them."""
    built = router()

    assert [tier.name for tier in built.tiers] == ["small", "top"]
    assert [tier.name for tier in built.handlers] == ["hours"]
    assert set(built.estimate(ASK).p_adequate) == {"small", "top"}
    assert set(built.models) == {"small", "top"}


def test_the_first_that_answers_takes_the_step():
    """Handlers are asked in the order given, and none after one has answered."""
    first, second, third = Hours(Abstention("not me")), Hours(Reply("b", 1.0, "open")), Hours()
    tiers = [Tier(name, handler=handler) for name, handler in (("a", first), ("b", second), ("c", third))]
    plan = Router([*tiers, SMALL], embedder=None, classifier=FakeClassifier({"small": 0.9})).start(ASK)

    assert plan.decision.tier == "b"
    assert plan.decision.reasons == ("b answers from b, 1 sure", "a abstained: not me")
    assert (first.asked, second.asked, third.asked) == (1, 1, 0)


def test_a_call_of_a_tool_is_an_answer():
    """It has an id of its own, and its arguments are JSON text."""
    plan = router(Hours(Reply("rule", 1.0, tool_calls=(("look", {"for": "hours"}),)))).start(ASK, tools=[LOOK])

    assert plan.answer is not None
    (call,) = plan.answer.message["tool_calls"]
    assert call["function"] == {"name": "look", "arguments": '{"for": "hours"}'}
    assert call["id"].startswith("call_")
    assert plan.answer.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    "given",
    [
        RuntimeError("broken: my secret"),
        "just a text",
        Reply("x", 2.0, "too sure"),
        Reply("x", 1.0),
        Reply("x", 1.0, tool_calls=(("unknown_tool", {}),)),
        Reply("x", 1.0, tool_calls=(("look", {"a": object()}),)),
    ],
)
def test_a_handler_that_breaks_abstains_with_one_warning(given, caplog):
    """An exception, nonsense, or an answer nobody could use: the step goes on as if nobody had been asked."""
    with caplog.at_level(logging.WARNING):
        plan = router(Hours(given)).start(ASK, tools=[LOOK])

    assert not plan.done
    assert plan.decision.tier == "small"
    assert not plan.decision.fallback
    assert any(reason.startswith("hours abstained: ") for reason in plan.decision.reasons)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "my secret" not in caplog.text


def test_json_that_does_not_fit_the_schema_is_no_answer():
    """A schema that is asked for is checked, as deep as the handler's answer goes."""
    schema = {"type": "object", "properties": {"open": {"type": "string"}}, "required": ["open"]}
    form = {"type": "json_schema", "json_schema": {"name": "hours", "schema": schema}}
    good, bad = (router(Hours(Reply("x", 1.0, text))) for text in ('{"open": "nine"}', '{"open": 9}'))

    assert good.start(ASK, response_format=form).done
    assert not bad.start(ASK, response_format=form).done
    assert not router().start(ASK, response_format=form).done


def test_a_floor_a_rule_or_trouble_asks_for_a_model():
    """Any tier with a model as floor, the weakest included, means that handlers are not asked."""
    handler = Hours()
    by_floor = router(handler).start(ASK, floor="small")
    by_rule = router(handler, rules=[Rule(at_least="top", kinds=["answer"], name="careful")]).start(ASK)

    assert (by_floor.decision.tier, by_rule.decision.tier, handler.asked) == ("small", "top", 0)
    assert "handlers not asked: the floor is small" in by_floor.decision.reasons
    assert "handlers not asked: careful wants at least top" in by_rule.decision.reasons
    assert router(handler, rules=[Rule(at_most="small")]).start(ASK).done


def test_shadow_mode_calls_the_top_tier_and_says_what_would_have_been():
    """The handler is asked, and its answer is not used."""
    plan = router(mode="shadow").start(ASK)

    assert not plan.done
    assert (plan.decision.tier, plan.decision.would_choose) == ("top", "hours")
    assert plan.decision.reasons[0] == "shadow mode: calls top; routing would choose hours"
    assert "hours answers from hours.txt#1, .93 sure" in plan.decision.reasons


def test_the_switch_turns_handlers_off(monkeypatch):
    """Under TIERWISE_FORCE_TIER nobody is asked; the switch itself cannot name a handler."""
    handler = Hours()
    monkeypatch.setenv("TIERWISE_FORCE_TIER", "top")
    plan = router(handler).start(ASK)

    assert (plan.done, plan.decision.tier, handler.asked) == (False, "top", 0)
    monkeypatch.setenv("TIERWISE_FORCE_TIER", "hours")
    with pytest.raises(ConfigError, match="'hours'"):
        router(handler)


def test_a_handler_is_no_bound():
    """Somebody must take what it abstains from: as floor, ceiling, default or in a rule it is refused."""
    for bound in ("floor", "ceiling"):
        with pytest.raises(StepError, match=f"{bound} names 'hours', which has no model"):
            router().start(ASK, **{bound: "hours"})
    with pytest.raises(ConfigError, match="default_tier names tier 'hours', which has no model"):
        router(default_tier="hours")
    with pytest.raises(ConfigError, match="no model"):
        router(rules=[Rule(at_most="hours")])


def test_handlers_alone_are_no_router():
    """What they abstain from would have nowhere to go."""
    with pytest.raises(ConfigError, match="have no model"):
        Router([Tier("hours", handler=Hours())])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"handler": "faq"}, "give an object with handle"),
        ({"handler": Hours(), "model": "gpt-4.1-nano"}, "a handler and a model"),
        ({"handler": Hours(), "prices": (1, 1)}, "a handler and a model"),
    ],
)
def test_a_tier_has_a_model_or_a_handler(given, said):
    """What belongs to a model is refused beside a handler."""
    with pytest.raises(ConfigError, match=said):
        Tier("faq", **given)


def test_an_answered_step_is_recorded_in_its_conversation():
    """It counts as a step of the conversation, billed nothing; what models hold is as it was. Sync and async alike."""
    built = router(store=MemoryStore())
    first: Plan = built.start(OTHER, conversation_id="c")
    first.after({"role": "assistant", "content": "Because of scattering."})
    built.start(ASK, conversation_id="c")
    after = built.start(OTHER, conversation_id="c").state
    asyncio.run(built.astart(ASK, conversation_id="c"))
    last = built.start(OTHER, conversation_id="c").state

    assert (after.steps, after.last_tier, last.steps) == (2, "hours", 3)
    assert after.spent_usd == first.decision.expected_usd["small"]
    assert after.held["small"].tokens > 0


def test_sync_and_async_decide_alike():
    """One engine, one decision."""
    plan = asyncio.run(router().astart(ASK))

    assert plan.decision.canonical() == router().start(ASK).decision.canonical()
