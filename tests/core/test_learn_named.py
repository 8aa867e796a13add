"""Traffic that the user names has levels of its own, and needs no proof that they rank better."""

from __future__ import annotations

import random

from tierwise import Outcome, Router, Tier

TEXTS = {
    "invoice": "Which line of invoice {} is at odds with the purchase order?",
    "contract": "Which clause of contract {} is at odds with the purchase terms?",
}
TRUTH = {"invoice": {"small": 0.95, "top": 0.96}, "contract": {"small": 0.35, "top": 0.9}}


def ask(kind: str, i: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": TEXTS[kind].format(i)}]


def graded(n: int, seed: int = 0, alike: bool = False) -> list[Outcome]:
    """Outcomes of both tiers; `alike`: only the name tells the two kinds apart."""
    rng = random.Random(seed)
    return [
        Outcome(
            tier,
            float(rng.random() < p),
            ask("invoice", 2 * i + (kind == "contract")) if alike else ask(kind, i),
            traffic=kind,
        )
        for i in range(n)
        for kind, truth in TRUTH.items()
        for tier, p in truth.items()
    ]


def new_router() -> Router:
    return Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")], quality=0.95)


def chances(router: Router, kind: str, named: bool = True) -> dict[str, float]:
    metadata = {"traffic": kind} if named else None
    return dict(router.start(ask(kind, 9_999), metadata=metadata).decision.p_adequate)


def test_levels_of_named_traffic_move_although_the_prior_ranked_it_well():
    """The prior knew that contracts gain more, and not that invoices need no top tier."""
    router = new_router()
    router.learn(graded(150))

    assert abs(chances(router, "invoice")["small"] - 0.95) < 0.08
    assert abs(chances(router, "contract")["small"] - 0.35) < 0.12
    assert router.start(ask("invoice", 9_999), metadata={"traffic": "invoice"}).tier.name == "small"
    assert router.start(ask("contract", 9_999), metadata={"traffic": "contract"}).tier.name == "top"


def test_a_step_without_a_name_or_with_a_strange_one_gets_the_common_level():
    """A name that no outcome had adds nothing."""
    router = new_router()
    router.learn(graded(100))
    strange = router.start(ask("invoice", 9_999), metadata={"traffic": "memo"}).decision

    assert dict(strange.p_adequate) == chances(router, "invoice", named=False)


def test_a_few_outcomes_of_a_name_move_it_a_little():
    """Shrunk towards the rest: one outcome is no proof, a hundred and fifty are."""

    def own(n: int) -> float:
        router = new_router()
        router.learn(graded(n, alike=True))
        question = ask("invoice", 9_999)
        named, plain = (router.start(question, metadata=m).decision for m in ({"traffic": "contract"}, None))
        return abs(named.p_adequate["small"] - plain.p_adequate["small"])

    assert own(1) < 0.1 < 0.2 < own(150)


def test_named_levels_do_not_depend_on_the_order_of_outcomes(tmp_path):
    """Whatever comes first; and they outlive the process."""
    forwards, backwards = new_router(), new_router()
    outcomes = graded(60)
    forwards.learn(outcomes)
    backwards.learn(outcomes[::-1])
    forwards.save_learned(tmp_path / "learned.npz")
    again = Router(list(forwards.tiers), quality=0.95, learned=tmp_path / "learned.npz")

    assert chances(forwards, "invoice") == chances(backwards, "invoice") == chances(again, "invoice")
