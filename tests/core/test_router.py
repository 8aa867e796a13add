"""The front door: decisions, plans, failure, modes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from tierwise import Answer, Router, Tier, Usage
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.errors import ConfigError, PlanError
from tierwise.testing import FakeClassifier, FakeEmbedder

SMALL = Tier("small", prices=(0.1, 0.4), provider="openai")
TOP = Tier("top", prices={"input": 5, "output": 25, "cached_input": 0.5})
HELLO = [{"role": "user", "content": "hello there"}]
CALM = {"small": 0.95, "top": 0.96}
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]


def by_word(reading: Any) -> Mapping[str, float]:
    """A hard word in the task: the small tier fails."""
    return {"small": 0.2, "top": 0.9} if "prove" in reading.task.lower() else CALM


def router(**settings: Any) -> Router:
    settings.setdefault("classifier", FakeClassifier(by_word))
    return Router([TOP, SMALL], embedder=settings.pop("embedder", None), **settings)


def says(text: str, **usage: int) -> Answer:
    return Answer({"role": "assistant", "content": text}, usage=Usage(**usage) if usage else None)


def test_an_easy_step_goes_down_and_a_hard_one_up():
    """The decision follows the estimate, and says why."""
    easy = router().start(HELLO).decision
    hard = router().start([{"role": "user", "content": "Prove the Riemann hypothesis."}]).decision

    assert (easy.tier, hard.tier) == ("small", "top")
    assert any("small is likely enough" in reason for reason in easy.reasons)
    assert set(easy.expected_usd) == set(easy.p_adequate) == {"small", "top"}
    assert easy.expected_usd["small"] < easy.expected_usd["top"]


def test_tiers_are_ranked_by_strength_whatever_their_order():
    """The order of the list is no statement about strength."""
    assert [tier.name for tier in router(classifier=FakeClassifier(CALM)).tiers] == ["small", "top"]
    assert router(classifier=FakeClassifier({"small": 0.99, "top": 0.5})).top.name == "small"


def test_a_plan_is_carried_out_in_the_documented_loop():
    """start, call, after: done, with the answer and what it cost."""
    plan = router().start(HELLO)
    while not plan.done:
        plan = plan.after(says("hi", input=10, output=5))

    assert plan.answer is not None
    assert plan.answer.message["content"] == "hi"
    assert plan.usd == pytest.approx((10 * 0.1 + 5 * 0.4) / 1e6)


def test_an_unusable_answer_is_tried_again_one_tier_up_and_both_calls_are_counted():
    """An empty answer from the small tier goes to the top tier, once; the thrown-away call is billed."""
    plan = router().start(HELLO).after(says("", input=1000, output=0))

    assert not plan.done
    assert plan.tier.name == plan.decision.tier == "top"
    assert "empty" in plan.decision.reasons[0]
    done = plan.after(says("", input=1000, output=0))
    assert done.done  # once more, not for ever
    assert done.usd == pytest.approx(1000 * (0.1 + 5) / 1e6)


def test_what_was_shown_is_never_taken_back():
    """A stream that ended badly is recorded, not repeated."""
    assert router().start(HELLO).after(says(""), shown=True).done


def test_the_cascade_can_be_turned_off():
    """With cascade=False the host gets whatever the tier said."""
    assert router(cascade=False).start(HELLO).after(says("")).done


def test_a_failing_tier_hands_the_hosts_error_back():
    """By default the plan is done and holds the very exception."""
    error = TimeoutError("slow")

    plan = router().start(HELLO).failed(error)

    assert plan.done
    assert plan.error is error


def test_a_failing_tier_steps_up_where_that_was_asked_for():
    """on_tier_error='step_up' tries the next tier, once."""
    plan = router(on_tier_error="step_up").start(HELLO).failed(TimeoutError())

    assert (plan.done, plan.tier.name) == (False, "top")
    assert plan.failed(TimeoutError()).done


def test_a_done_plan_cannot_be_answered_again():
    """Using a plan out of order is the host's slip, and said so."""
    done = router().start(HELLO).after(says("hi"))

    with pytest.raises(PlanError, match="done"):
        done.after(says("hi"))
    with pytest.raises(PlanError, match="str"):
        router().start(HELLO).after("hi")  # type: ignore[arg-type]


def test_async_twins_decide_alike():
    """astart, aafter and afailed give what their sync twins give."""

    async def run() -> Any:
        plan = await router().astart(HELLO, tools=None)
        failed = await plan.afailed(ValueError())
        return (await plan.aafter(says("hi"))).decision.canonical(), failed.done

    assert asyncio.run(run()) == (router().start(HELLO).decision.canonical(), True)


def test_a_broken_part_falls_back_visibly_and_logs_no_text(caplog):
    """A classifier that raises costs money, not the agent: the default tier, the reason, one warning."""

    def broken(reading: Any) -> Mapping[str, float]:
        raise RuntimeError(reading.task)

    with caplog.at_level(logging.WARNING):
        decision = router(classifier=FakeClassifier(broken)).start([{"role": "user", "content": "my secret"}]).decision

    assert (decision.tier, decision.fallback) == ("top", True)
    assert "RuntimeError" in decision.reasons[0]
    assert len(caplog.records) == 1
    assert "my secret" not in caplog.text + json.dumps(decision.to_dict())


@pytest.mark.parametrize("p", [float("nan"), 1.5, -0.1])
def test_chances_that_are_none_fall_back(p):
    """NaN or 1.5 from a user's classifier is not reckoned with."""
    decision = router(classifier=FakeClassifier(lambda _: {"small": p, "top": 0.9}), default_tier="small").start(HELLO)

    assert decision.decision.fallback
    assert decision.tier.name == "small"


def test_a_store_that_is_down_costs_nothing_but_the_cache():
    """Identity failing leaves the decision as it was."""

    class Down:
        def find(self, prefixes: Any) -> Any:
            raise ConnectionError

        def put(self, state: Any) -> None:
            raise ConnectionError

    plan = router(store=Down()).start(HELLO)

    assert plan.decision.canonical() == router().start(HELLO).decision.canonical()
    assert plan.after(says("hi")).done


def test_an_empty_store_is_used_as_it_is():
    """A store that counts what it holds is false while it is empty; it is the user's all the same."""
    store = MemoryStore()

    router(store=store).start(HELLO)

    assert len(store) == 1


def test_the_switch_forces_a_tier(monkeypatch):
    """TIERWISE_FORCE_TIER turns routing off, for a tier by name or for the top, and says what would have been."""
    monkeypatch.setenv("TIERWISE_FORCE_TIER", "top")
    forced = router().start(HELLO).decision
    monkeypatch.setenv("TIERWISE_FORCE_TIER", "small")
    down = router().start([{"role": "user", "content": "prove it"}]).decision

    assert (forced.tier, forced.would_choose) == ("top", "small")
    assert (down.tier, down.would_choose) == ("small", "top")
    assert "TIERWISE_FORCE_TIER" in forced.reasons[0]


def test_a_wrong_switch_is_told_at_construction_and_ignored_later(monkeypatch):
    """A slip in the environment never takes a running agent down."""
    built = router()
    monkeypatch.setenv("TIERWISE_FORCE_TIER", "huge")

    with pytest.raises(ConfigError, match="huge"):
        router()
    assert built.start(HELLO).tier.name == "small"


def test_shadow_mode_always_calls_the_top_tier_and_records_what_would_have_been():
    """People adopt in steps."""
    plan = router(mode="shadow").start(HELLO)

    assert (plan.tier.name, plan.decision.would_choose, plan.decision.mode) == ("top", "small", "shadow")
    assert plan.after(says("")).done  # and never calls twice


def test_canonical_decisions_are_equal_for_equal_input():
    """Id, conversation and milliseconds differ; nothing else does."""
    first, second = router().start(HELLO).decision, router().start(HELLO).decision

    assert first.id != second.id
    assert first.canonical() == second.canonical()
    assert json.loads(json.dumps(first.to_dict())) == first.to_dict()


def test_a_warm_tier_is_priced_as_warm():
    """After an answer, the tier that gave it holds the prefix for a while, on the clock given."""
    now = [0.0]
    warm = Router([TOP], classifier=FakeClassifier({"top": 0.9}), embedder=None, clock=lambda: now[0])
    long = [{"role": "user", "content": "word " * 8000}]
    first = warm.start(long)
    first.after(says("ok", input=8000, output=10))
    grown = [*long, {"role": "assistant", "content": "ok"}, {"role": "user", "content": "and?"}]

    soon = warm.start(grown).decision
    now[0] = 10_000.0
    late = warm.start([*grown, {"role": "assistant", "content": "ok"}]).decision

    assert soon.expected_usd["top"] < 0.5 * late.expected_usd["top"]
    assert soon.conversation_id == first.decision.conversation_id


def test_many_estimates_equal_single_ones():
    """A batch of message lists, and of pairs with tools, gives what one by one gives."""
    routing = router(embedder=FakeEmbedder())
    prove = [{"role": "user", "content": "prove it"}]

    together = routing.estimate_many([HELLO, (prove, TOOLS)])

    assert together == [routing.estimate(HELLO), routing.estimate(prove, TOOLS)]


def test_a_history_that_fits_no_window_is_summed_up_for_the_tier_that_takes_it():
    """Oldest first; the system, the task and the latest steps stay, calls and results go together, and ids survive."""
    narrow = [Tier(name, prices=(1, 1), context_tokens=2000) for name in ("small", "top")]
    routing = Router(narrow, classifier=FakeClassifier(CALM), embedder=None)
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": "Check all orders."},
    ]
    for i in range(40):
        call = {"id": f"c{i}", "type": "function", "function": {"name": "look", "arguments": f'{{"order": "A-{i}"}}'}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append(
            {"role": "tool", "tool_call_id": f"c{i}", "content": f"order A-{i} was paid with 31.{i:02} EUR. " * 6}
        )

    plan = routing.start(messages, tools=TOOLS)

    assert any(edit.action == "summarise" for edit in plan.edits)
    assert plan.messages[0] == messages[0]
    assert plan.messages[-1]["content"] == messages[-1]["content"]
    assert len(plan.messages) < len(messages)
    open_calls = [c["id"] for m in plan.messages for c in m.get("tool_calls") or ()]
    assert open_calls == [m["tool_call_id"] for m in plan.messages if m["role"] == "tool"]
    assert "A-30" in str(plan.messages)
    mine = Router(
        narrow, classifier=FakeClassifier(CALM), embedder=None, summarise=lambda gone: f"{len(gone)} messages"
    )
    assert "messages" in str(
        [edit.new for edit in mine.start(messages, tools=TOOLS).edits if edit.action == "summarise"]
    )
