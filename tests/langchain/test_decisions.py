"""The router as LangChain's own decision model, where the installed langchain-core has such a thing."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from tierwise.errors import StepError, TierwiseError
from tierwise.router import Router
from tierwise.tiers import Tier

HARD = HumanMessage("Prove that there are infinitely many primes.")


@pytest.fixture
def router(settings: dict[str, Any]) -> Router:
    """Two tiers."""
    return Router([Tier("small", prices=(0.1, 0.4)), Tier("top", prices=(2, 8))], **settings)


def test_without_decision_models_in_langchain_core_the_error_says_which_version_is_needed():
    """Older versions of langchain-core have no decision models."""
    try:
        import langchain_core.decisions  # noqa: F401
    except ImportError:
        with pytest.raises(TierwiseError, match=r"1\.8 or newer"):
            import langchain_tierwise.decisions  # noqa: F401
    else:
        from langchain_tierwise.decisions import TierwiseDecisions

        assert TierwiseDecisions


async def test_it_chooses_a_tier_and_refuses_other_questions(router: Router):
    """Sync and async; labels that are no tiers, and questions that are no choice, are told."""
    decisions = pytest.importorskip("langchain_core.decisions", reason="needs langchain-core 1.8")
    from langchain_tierwise.decisions import TierwiseDecisions

    model = TierwiseDecisions(router=router)
    which = decisions.Choice(instructions="Which?", criteria={"small": "easy", "top": "hard"})
    hard = model.invoke({"state": HARD, "questions": {"route": which}}).choices["route"]
    easy = (await model.ainvoke({"state": "Hello.", "questions": {"route": which}})).choices["route"]

    assert (hard.choice, easy.choice) == ("top", "small")
    assert hard.confidence == 0.96
    with pytest.raises(StepError, match="'huge'"):
        model.invoke({"state": HARD, "questions": {"r": decisions.Choice(instructions="?", criteria={"huge": ""})}})
    with pytest.raises(StepError, match="of choice"):
        model.invoke({"state": HARD, "questions": {"r": decisions.Noul(instructions="?")}})


def test_langchains_own_router_middleware_takes_it(router: Router, echoes: dict[str, Any]):
    """`create_agent` with `ModelRouterMiddleware`, asked by us."""
    pytest.importorskip("langchain_core.decisions", reason="needs langchain-core 1.8")
    middleware = pytest.importorskip("langchain.agents.middleware")
    from langchain.agents import create_agent

    from langchain_tierwise.decisions import TierwiseDecisions

    choices = {name: middleware.ModelChoice(model, name) for name, model in echoes.items()}
    own = middleware.ModelRouterMiddleware(
        choices=choices, instructions="Which?", classifier=TierwiseDecisions(router=router)
    )
    agent = create_agent(echoes["small"], middleware=[own])

    assert agent.invoke({"messages": [HARD]})["messages"][-1].text.startswith("gpt-4.1 heard")
