"""Learning through the front door: outcomes, opinions, files, stores, and what decisions say afterwards."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tierwise import Answer, Outcome, Router, Tier
from tierwise.errors import ConfigError, LearnedError
from tierwise.learning.feedback import SQLiteFeedback
from tierwise.testing import FakeClassifier, FakeEmbedder
from tierwise.types import Graded, Reading

TOPICS = ("rivers", "cats", "integrals", "sorting", "poems", "taxes", "proofs", "lists")
HARD = ("integrals", "proofs")
SMALL, TOP = "gpt-4.1-nano", "claude-opus-4-6"


def says(i: int) -> list[dict[str, str]]:
    word = TOPICS[i % len(TOPICS)]
    return [{"role": "user", "content": f"Tell me about {word}, number {i}, and what {word} have to do with {i * 7}."}]


def outcomes(n: int, first: int = 0) -> list[Outcome]:
    """The small model fails on two topics in eight; the top one never does."""
    found = []
    for i in range(first, first + n):
        found += [Outcome(SMALL, float(TOPICS[i % len(TOPICS)] not in HARD), says(i)), Outcome("top", 1.0, says(i))]
    return found


def router(**settings: Any) -> Router:
    return Router([Tier("small", model=SMALL), Tier("top", model=TOP)], **settings)


def chances(one: Router, tier: str = "small") -> dict[str, float]:
    """What the router thinks of the tier on new steps, by topic."""
    return {TOPICS[i]: one.estimate(says(9_000 + i)).p_adequate[tier] for i in range(len(TOPICS))}


@pytest.fixture(scope="module")
def taught() -> Router:
    one = router()
    one.learn(outcomes(200))
    return one


def test_two_hundred_outcomes_tell_the_topics_apart(taught: Router) -> None:
    """What the small model failed at goes up, whatever the prior thought; the rest goes down."""
    found = chances(taught)

    assert max(found[topic] for topic in HARD) < 0.35
    assert min(p for topic, p in found.items() if topic not in HARD) > 0.8
    assert taught.start(says(8_002)).decision.tier == "top"
    assert taught.start(says(8_003)).decision.tier == "small"
    assert "adjusted by 400 outcomes of this traffic" in taught.start(says(8_003)).decision.reasons


def test_the_result_is_the_same_in_any_order_and_in_any_portions(taught: Router) -> None:
    """Shuffled, one by one, or in two halves: chances agree to 1e-9."""
    shuffled = outcomes(200)
    random.Random(1).shuffle(shuffled)
    at_once, in_halves, one_by_one = router(), router(), router()
    at_once.learn(shuffled)
    in_halves.learn(shuffled[250:])
    in_halves.learn(shuffled[:250])
    for outcome in shuffled:
        one_by_one.learn([outcome])

    for other in (at_once, in_halves, one_by_one):
        assert chances(other) == pytest.approx(chances(taught), abs=1e-9)
        assert chances(other, "top") == pytest.approx(chances(taught, "top"), abs=1e-9)


def test_the_report_says_what_was_used_what_was_not_and_what_changed() -> None:
    """Before and after stand beside what was observed, for each model and kind of step."""
    one = router()
    bad = [
        Outcome("another-model", 1.0, says(0)),
        Outcome(SMALL, 1.5, says(0)),
        Outcome(SMALL, float("nan"), says(0)),
        Outcome(SMALL, 1.0, []),
    ]
    tool = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
    more = [Outcome(SMALL, 0.0, says(i), tool) for i in range(500, 540)]
    report = one.learn(outcomes(40) + bad + more)

    assert (report.used, report.n_outcomes) == (120, 120)
    assert report.skipped == {
        "no tier has the model 'another-model'": 1,
        "the score is not between 0 and 1": 2,
        "the messages are not a step": 1,
    }
    change = {(c.model, c.kind): c for c in report.changes}
    assert set(change) == {(SMALL, "all"), (SMALL, "answer"), (SMALL, "opening"), (TOP, "all")}
    small = change[SMALL, "all"]
    assert small.n == 80
    assert small.observed == pytest.approx(30 / 80)
    assert abs(small.after - small.observed) < abs(small.before - small.observed)
    assert small.before == small.prior
    again = {(c.model, c.kind): c for c in one.learn(outcomes(8, first=700)).changes}
    assert again[SMALL, "all"].before != again[SMALL, "all"].prior, "what was learned first is where it starts from"


def test_a_single_outcome_waits_for_the_next_decision() -> None:
    """Taking it in is cheap; what is asked after it knows it."""
    one = router()
    before = chances(one)
    for outcome in outcomes(50):
        report = one.learn([outcome])
    assert report.notes == ("refitted from the next decision on",)
    assert one.correction is None
    assert chances(one) != before
    assert one.correction is not None


def test_learning_nothing_changes_nothing() -> None:
    """No outcomes, or only useless ones: the very estimates of before."""
    one = router()
    before = chances(one)
    assert one.learn([]).changes == ()
    assert one.learn([Outcome("x", 1.0, says(0))]).used == 0
    assert chances(one) == before


def test_quality_is_priced_on_the_traffic_that_was_learned() -> None:
    """Where the dear model turns out weaker, it is no longer the top tier."""
    one = router()
    assert one.top.name == "top"
    one.learn([Outcome(name, score, says(i)) for i in range(150) for name, score in ((SMALL, 1.0), (TOP, 0.0))])

    assert one.top.name == "small"
    assert one.start(says(8_000)).decision.tier == "small"


def test_an_opinion_on_a_decision_moves_its_model() -> None:
    """Scores and thumbs on what was decided, by id; the answer's model is known."""
    one = router()
    before = chances(one)
    for i in range(30):
        decision = one.start(says(i), ceiling="small").decision
        assert one.feedback(decision.id, score=0.0) if i % 2 else one.feedback(decision.id, better=False)

    assert all(after < before[topic] for topic, after in chances(one).items())


def test_a_comparison_moves_the_two_models_apart() -> None:
    """The answer that was better gains, the other one loses."""
    one = router()
    small, top = chances(one), chances(one, "top")
    for i in range(40):
        decision = one.start(says(i), ceiling="small").decision
        assert one.feedback(decision.id, better=True, than="top")
    gaps = [top[t] - small[t] for t in TOPICS]
    after = [b - a for a, b in zip(chances(one).values(), chances(one, "top").values(), strict=True)]

    assert sum(after) < sum(gaps)


def test_feedback_that_makes_no_sense_is_refused() -> None:
    """Neither, both, out of range, an unknown rival, the model itself; an unknown decision is no error."""
    one = router()
    known = one.start(says(0), ceiling="small").decision.id
    wrong: Sequence[Mapping[str, Any]] = (
        {},
        {"score": 0.5, "better": True},
        {"score": 2.0},
        {"score": True},
        {"score": 0.5, "than": "top"},
        {"better": True, "than": "nobody"},
        {"better": True, "than": "small"},
    )
    for arguments in wrong:
        with pytest.raises(LearnedError):
            one.feedback(known, **arguments)
    assert not one.feedback("unknown", score=1.0)
    assert one.correction is None


def test_only_so_many_decisions_are_remembered() -> None:
    """The oldest is let go; what is kept holds no text."""
    one = Router([Tier("only", prices=(1, 1))], classifier=FakeClassifier({"only": 0.9}), embedder=None)
    first = one.start(says(0)).decision.id
    assert one.feedback(first, score=1.0)
    assert "rivers" not in repr(one.seen(first))
    for i in range(4_096):
        one.start(says(i))
    assert not one.feedback(first, score=1.0)


def test_verdicts_count_only_where_that_was_asked_for() -> None:
    """An empty answer is an outcome of weight 0.2, or none at all by default."""
    for weight, moved in ((0.0, False), (0.2, True)):
        one = router(learn_from_verdicts=weight)
        before = chances(one)
        for i in range(20):
            one.start(says(i), ceiling="small").after(Answer({"role": "assistant", "content": ""}))
        after = chances(one)
        assert (sum(after.values()) < sum(before.values()) - 0.01) is moved


def test_what_was_learned_travels_in_one_file(taught: Router, tmp_path: Path) -> None:
    """A new router starts where the old one stood, and goes on learning alike; the file holds no text."""
    file = tmp_path / "learned"
    taught.save_learned(file)
    other = router(learned=file)

    assert chances(other) == pytest.approx(chances(taught), abs=1e-9)
    assert file.stat().st_size < 200_000
    assert b"rivers" not in file.read_bytes()
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(LearnedError, match="learned"):
        router(learned=file)
    with pytest.raises(LearnedError):
        router(learned=tmp_path / "absent")


def test_a_feedback_store_makes_learning_durable(taught: Router, tmp_path: Path) -> None:
    """The next process knows what this one was told; figures are kept, text only where asked."""
    file = tmp_path / "feedback.sqlite"
    first = router(feedback_store=SQLiteFeedback(file))
    first.learn(outcomes(100))
    first.learn(outcomes(100, first=100))
    decision = first.start(says(5)).decision
    first.feedback(decision.id, score=1.0)
    second = router(feedback_store=SQLiteFeedback(file))

    assert len(second.teacher.ledger) == 401
    first.learn([])
    assert chances(second) == pytest.approx(chances(first), abs=1e-9)
    assert "rivers" not in " ".join(row[0] for row in sqlite3.connect(file).execute("SELECT about FROM graded"))
    store = SQLiteFeedback(tmp_path / "texts.sqlite", keep_text=True)
    router(feedback_store=store).learn(outcomes(1))
    assert all(one.text and one.text["messages"] == says(0) for one in store.read())


def test_any_object_with_two_methods_is_a_feedback_store() -> None:
    """A list will do."""

    class Listed:
        def __init__(self) -> None:
            self.kept: list[Graded] = []

        def add(self, graded: Sequence[Graded]) -> None:
            self.kept += graded

        def read(self) -> list[Graded]:
            return self.kept

    store = Listed()
    router(feedback_store=store).learn(outcomes(3))
    assert [one.model for one in store.kept] == [SMALL, TOP] * 3


def test_the_configuration_names_what_was_learned(taught: Router, tmp_path: Path) -> None:
    """`learned:` and `feedback:` in tierwise.yaml; a file that is missing is told at construction."""
    taught.save_learned(tmp_path / "learned.npz")
    text = f"""
tiers: [{{name: small, model: {SMALL}}}, {{name: top, model: {TOP}}}]
learned: {tmp_path / "learned.npz"}
feedback: {{path: {tmp_path / "feedback.sqlite"}}}
"""
    (tmp_path / "tierwise.yaml").write_text(text)
    assert chances(Router.from_yaml(tmp_path)) == pytest.approx(chances(taught), abs=1e-9)
    (tmp_path / "learned.npz").unlink()
    with pytest.raises(LearnedError):
        Router.from_yaml(tmp_path)
    (tmp_path / "tierwise.yaml").write_text(text.replace("feedback.sqlite", "absent/feedback.sqlite"))
    with pytest.raises(ConfigError):
        Router.from_yaml(tmp_path)


def test_other_tiers_learn_from_what_a_file_says_of_shared_models(taught: Router, tmp_path: Path) -> None:
    """A third tier comes in; outcomes of the two others still count."""
    taught.save_learned(tmp_path / "learned")
    tiers = [Tier("small", model=SMALL), Tier("middle", model="gpt-4.1-mini"), Tier("top", model=TOP)]
    other = Router(tiers, learned=tmp_path / "learned")

    assert max(chances(other)[topic] for topic in HARD) < 0.4
    assert 0 < chances(other, "middle")["cats"] < 1


def test_outcomes_read_by_another_encoder_still_move_levels(taught: Router, tmp_path: Path) -> None:
    """Vectors of one encoder say nothing to another, levels do."""
    taught.save_learned(tmp_path / "learned")
    other = router(embedder=None, learned=tmp_path / "learned")
    fresh = router(embedder=None)

    assert other.correction is not None
    assert other.correction.trust == 0.0
    assert chances(other) != chances(fresh)


def by_word(reading: Reading) -> Mapping[str, float]:
    return {"small": 0.5, "top": 0.9}


def test_a_classifier_of_the_users_own_can_be_corrected_too() -> None:
    """The learner knows a classifier by its protocol only."""
    one = router(classifier=FakeClassifier(by_word), embedder=FakeEmbedder())
    one.learn(outcomes(300))

    assert max(chances(one)[topic] for topic in HARD) < min(chances(one)[t] for t in TOPICS if t not in HARD)


def test_a_guarantee_is_given_kept_in_the_file_and_ended_by_learning(tmp_path: Path) -> None:
    """Decisions say what is promised while it holds."""
    one = router(quality=0.9)
    one.learn(outcomes(100))
    few = one.calibrate(outcomes(10, first=1_000))
    assert few.promise is None
    assert few.missing is not None
    assert few.missing > 0
    assert one.start(says(1)).decision.reasons[-1] == "quality estimated, not guaranteed"
    found = one.calibrate(outcomes(400, first=1_000) + outcomes(3))
    assert found.skipped == {"the step was learned from": 6}
    assert found.promise is not None
    assert found.promise.kept >= 0.9
    words = "quality ≥ 0.9 of top's with 90 % confidence (n=400)"
    assert one.start(says(1)).decision.reasons[-1] == words
    assert one.start(says(1), quality=0.8).decision.reasons[-1] == "quality estimated, not guaranteed"
    one.save_learned(tmp_path / "learned")
    assert router(quality=0.9, learned=tmp_path / "learned").start(says(1)).decision.reasons[-1] == words
    dearer = Router(
        [Tier("small", model=SMALL, prices=(1, 1)), Tier("top", model=TOP)], quality=0.9, learned=tmp_path / "learned"
    )
    assert dearer.start(says(1)).decision.reasons[-1] == "quality estimated, not guaranteed"
    one.learn(outcomes(10, first=2_000))
    assert one.start(says(1)).decision.reasons[-1] == "quality estimated, not guaranteed"


@pytest.mark.parametrize("arguments", [{"quality": 1.0}, {"quality": 0.0}, {"delta": 0.0}, {"delta": 1.5}])
def test_a_guarantee_of_nothing_or_of_everything_is_refused(arguments: dict[str, float]) -> None:
    """Quality and delta lie strictly between 0 and 1."""
    with pytest.raises(LearnedError):
        router().calibrate(outcomes(5), **arguments)


def quickest(run: Callable[[], object], rounds: int = 200) -> float:
    def once() -> float:
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    return min(once() for _ in range(rounds))


def test_a_decision_costs_hardly_more_after_learning(taught: Router) -> None:
    """The correction takes a small share of a decision, both measured in one run."""
    plain = router()
    step = says(77)
    plain.start(step)
    reading_and_all = quickest(lambda: plain.start(step))
    estimate = plain.estimate(step)
    assert taught.correction is not None
    correction, vectors = taught.correction, FakeEmbedder(256).embed(["a", "a"]).reshape(1, 2, -1)

    assert quickest(lambda: correction.apply([estimate], vectors)) < 0.25 * reading_and_all


def test_one_more_outcome_costs_no_more_than_deciding(taught: Router) -> None:
    """Taking an outcome in is reading its step; nothing is refitted. Both measured in one run."""
    one = router()
    one.learn(outcomes(50))
    new, steps = iter(range(3_000, 4_000)), iter(range(4_000, 5_000))
    learning = quickest(lambda: one.learn([Outcome(SMALL, 1.0, says(next(new)))]), 100)

    assert learning < 2 * quickest(lambda: taught.start(says(next(steps))), 100)


def test_traffic_that_the_user_names_has_levels_of_its_own() -> None:
    """The same questions from two departments: one is served well by the small model, the other is not."""
    one = router(embedder=None)
    graded = []
    for i in range(300):
        name = "claims" if i % 2 else "sales"
        graded.append(Outcome(SMALL, float(name == "sales"), says(0 if i < 2 else i), traffic=name))
        graded.append(Outcome(TOP, 1.0, says(0 if i < 2 else i), traffic=name))
    report = one.learn(graded)

    assert {"claims", "sales", "all"} == {change.kind for change in report.changes} - {"answer"}
    p = {
        name: one.start(says(8_000), metadata=None if name is None else {"traffic": name}).decision.p_adequate["small"]
        for name in ("claims", None, "sales")
    }
    assert p["claims"] < p[None] - 0.15
    assert p["sales"] > p[None] + 0.15
    decision = one.start(says(8_000), metadata={"traffic": "claims"}).decision
    one.feedback(decision.id, score=0.0)
    assert [g.traffic for g in one.teacher.ledger if g.origin == "feedback"] == ["claims"]
