"""Handlers that are slow, broken or wrong: nobody is taken down, everything is seen, and bad answers come to an end."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from tierwise import Abstention, Reply, Router, Tier
from tierwise.cascade import fault_of
from tierwise.errors import ConfigError, LearnedError
from tierwise.handlers.desk import ASIDE_S, Desk
from tierwise.signals import read_step
from tierwise.testing import FakeClassifier
from tierwise.types import HandlerStats, Reading, Step

SMALL, TOP = Tier("small", prices=(0.1, 0.4)), Tier("top", prices=(5, 25))
CHANCES = FakeClassifier({"small": 0.95, "top": 0.96})
STEP = Step([{"role": "user", "content": "When do you open?"}])
READING = read_step(STEP)


class Gives:
    """Answers with whatever it was made with, or calls it."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def handle(self, step: Step, reading: Reading) -> Any:
        return self.given(step) if callable(self.given) else self.given


def raises(error: Exception) -> Callable[[Step], Any]:
    """A handler's insides that raise."""

    def fail(step: Step) -> Any:
        raise error

    return fail


async def later(step: Step) -> Reply:
    """An answer that would have to be awaited."""
    return Reply("later", 1.0, "soon")


def router(given: Any, **settings: Any) -> Router:
    """A router with one handler, `faq`."""
    return Router([Tier("faq", handler=Gives(given)), TOP, SMALL], embedder=None, classifier=CHANCES, **settings)


class Watch:
    """A clock that a handler moves on as it works."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def taking(self, seconds: float) -> Callable[[Step], Any]:
        """A handler's insides that take so long and then abstain."""

        def work(step: Step) -> Any:
            self.seconds += seconds
            return Abstention("nothing found")

        return work


def desk(given: Any, watch: Watch) -> Desk:
    """A desk with one handler, on this clock."""
    return Desk([Tier("faq", handler=Gives(given))], clock=watch, timer=watch)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (raises(ValueError("with a customer's name")), "it failed with ValueError"),
        (raises(RecursionError()), "it failed with RecursionError"),
        ("From nine to five.", "it gave a str, not a Reply or an Abstention"),
        (later, "it gave a coroutine, not a Reply or an Abstention"),
        (Reply("faq#1", 2.0, "text"), "it failed with ValueError"),
        (Reply("faq#1", "sure", "text"), "it failed with TypeError"),
        (Reply(None, 0.9, "text"), "it failed with ValueError"),
        (Reply("faq#1", 0.9, 42), "it failed with ValueError"),
        (Reply("faq#1", 0.9, ""), "its answer cannot be used (the answer is empty)"),
        (Reply("faq#1", 0.9, None, (("look", {"at": {1, 2}}),)), "it failed with TypeError"),
        (Reply("faq#1", 0.9, None, (("look",),)), "it failed with ValueError"),
    ],
)
def test_whatever_a_broken_handler_does_a_model_takes_the_step(given: Any, why: str, caplog: pytest.LogCaptureFixture):
    """The reason says what happened, the log warns without any text, and the failure is counted."""
    asked = router(given)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan = asked.start(STEP.messages)

    assert (plan.tier.name, plan.decision.fallback) == ("small", False)
    assert f"faq abstained: {why}" in plan.decision.reasons
    assert "customer" not in caplog.text
    stats = asked.handler_stats()["faq"]
    assert (stats.asked, stats.answered, stats.failed) == (1, 0, 1)


@pytest.mark.parametrize("reason", [None, 7, "", ["a"], "long " * 100])
def test_an_abstention_may_give_any_reason(reason: Any):
    """Even none, and one that is no text."""
    plan = router(Abstention(reason)).start(STEP.messages)

    assert (plan.tier.name, plan.decision.fallback) == ("small", False)
    assert any(said.startswith("faq abstained") and len(said) <= 160 for said in plan.decision.reasons)


def test_an_async_handler_is_refused_when_the_tier_is_made():
    """It could never answer."""

    class Awaited:
        async def handle(self, step: Step, reading: Reading) -> Reply:
            return Reply("a", 1.0, "b")

    with pytest.raises(ConfigError, match=r"Awaited\.handle is async.*plain function"):
        Tier("faq", handler=Awaited())


def test_a_decision_shows_how_long_each_handler_took():
    """In its dictionary, and not in what decisions are compared by."""
    decision = router(Abstention("no")).start(STEP.messages).decision

    assert list(decision.handler_ms) == ["faq"]
    assert 0 <= decision.to_dict()["handler_ms"]["faq"] < decision.decision_ms
    assert "handler_ms" not in decision.canonical()


def test_a_slow_handler_is_told_of_once_and_asked_on(caplog: pytest.LogCaptureFixture):
    """Three times in a row over 10 ms: a warning. It may be worth its time."""
    watch = Watch()
    slow = desk(watch.taking(0.030), watch)
    for _ in range(10):
        assert slow.ask(STEP, READING, fault_of).reasons == ("faq abstained: nothing found",)

    assert [record.message for record in caplog.records] == [
        "handler 'faq' takes 30 ms, and every step waits for it (said once)"
    ]
    stats = slow.stats()["faq"]
    assert (stats.asked, stats.slow) == (10, 10)
    assert (stats.mean_ms, stats.max_ms) == (pytest.approx(30), pytest.approx(30))


def test_one_slow_answer_is_no_slow_handler(caplog: pytest.LogCaptureFixture):
    """The first one may load something."""
    watch = Watch()
    handler = Gives(watch.taking(0.5))
    once = Desk([Tier("faq", handler=handler)], clock=watch, timer=watch)
    once.ask(STEP, READING, fault_of)
    handler.given = watch.taking(0.001)
    for _ in range(5):
        once.ask(STEP, READING, fault_of)

    assert not caplog.records
    assert once.stats()["faq"].slow == 1


def test_a_stuck_handler_is_left_alone_for_a_minute_and_then_asked_again(caplog: pytest.LogCaptureFixture):
    """Over a second, three times in a row. Steps go to models meanwhile, and say why."""
    watch = Watch()
    stuck = desk(watch.taking(1.5), watch)
    said = [stuck.ask(STEP, READING, fault_of) for _ in range(5)]

    assert [asked.reasons[0] for asked in said[2:]] == [
        "faq abstained: nothing found",
        "faq not asked: it took over 1 s 3 times in a row",
        "faq not asked: it took over 1 s 3 times in a row",
    ]
    assert said[4].ms == {}
    assert "left alone" in caplog.text
    watch.seconds += ASIDE_S
    assert stuck.ask(STEP, READING, fault_of).ms == {"faq": pytest.approx(1500)}


def test_feedback_on_a_handlers_answer_counts_for_the_handler():
    """Grades whole, thumbs half; what makes no sense is refused as for a model."""
    asked = router(Reply("faq#hours", 0.9, "From nine to five."))
    first, second = (asked.start(STEP.messages).decision.id for _ in range(2))

    assert asked.feedback(first, score=1.0)
    assert asked.feedback(second, better=False)
    assert asked.handler_stats()["faq"] == HandlerStats(
        asked=2,
        answered=2,
        mean_ms=asked.handler_stats()["faq"].mean_ms,
        max_ms=asked.handler_stats()["faq"].max_ms,
        judged=1.5,
        mean_score=pytest.approx(1 / 1.5),
    )
    with pytest.raises(LearnedError, match="score"):
        asked.feedback(first, score=7)
    with pytest.raises(LearnedError, match="than"):
        asked.feedback(first, better=True, than="nobody")
    assert asked.feedback(first, better=True, than="top")
    assert not asked.feedback("unknown", score=1.0)
    assert len(asked.teacher.ledger) == 0  # nothing is learned of models


def by_topic(step: Step) -> Reply:
    """A source for each topic."""
    topic = step.messages[-1]["content"]
    return Reply(f"faq#{topic}", 0.9, f"About {topic}.")


def judged(asked: Router, topic: str, *scores: float) -> None:
    """Asks about a topic and grades what comes, as often as there are grades."""
    for score in scores:
        plan = asked.start([{"role": "user", "content": topic}])
        asked.feedback(plan.decision.id, score=score)


def test_a_source_that_is_judged_bad_again_and_again_is_set_aside(caplog: pytest.LogCaptureFixture):
    """One bad grade does nothing, the second ends it; other sources go on."""
    asked = router(by_topic)
    judged(asked, "returns", 0.0)
    assert asked.start([{"role": "user", "content": "returns"}]).tier.name == "faq"
    judged(asked, "returns", 0.0)

    plan = asked.start([{"role": "user", "content": "returns"}])
    assert plan.tier.name == "small"
    assert "faq abstained: 2 judgements of its answers average 0.00 (faq#returns)" in plan.decision.reasons
    assert asked.start([{"role": "user", "content": "hours"}]).tier.name == "faq"
    assert asked.handler_stats()["faq"].set_aside == ("faq#returns",)
    assert "are set aside" in caplog.text


def test_good_answers_make_room_for_a_few_bad_ones():
    """A source that was right ten times is not set aside for three grades of 0."""
    asked = router(by_topic)
    judged(asked, "returns", *[1.0] * 10, *[0.0] * 3)

    assert asked.start([{"role": "user", "content": "returns"}]).tier.name == "faq"
    assert asked.handler_stats()["faq"].mean_score == pytest.approx(10 / 13)


def test_a_handler_whose_sources_all_differ_is_set_aside_as_a_whole():
    """Four grades of 0, each on another source; in a pickled router it stays so."""
    asked = router(by_topic)
    for topic in ("a", "b", "c", "d"):
        judged(asked, topic, 0.0)

    for one in (asked, pickle.loads(pickle.dumps(asked))):
        plan = one.start([{"role": "user", "content": "e"}])
        assert plan.tier.name == "small"
        assert "faq not asked: 4 judgements of its answers average 0.00" in plan.decision.reasons
        assert "*" in one.handler_stats()["faq"].set_aside
