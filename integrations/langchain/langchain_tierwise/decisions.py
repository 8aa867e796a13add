"""`TierwiseDecisions`: our router as the decision model of LangChain's own `ModelRouterMiddleware`.

    from langchain.agents.middleware import ModelChoice, ModelRouterMiddleware
    from langchain_tierwise.decisions import TierwiseDecisions

    ModelRouterMiddleware(
        choices={"small": ModelChoice(small, "Easy."), "top": ModelChoice(top, "Hard.")},
        instructions="Which tier takes this?",
        classifier=TierwiseDecisions(router=router),
    )

That middleware asks once for a whole run, from the latest human message; `TierwiseMiddleware` decides at every step. Needs
langchain-core 1.8 or newer, whose interface for this is in beta.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import ConfigDict, Field

from langchain_tierwise.messages import to_openai
from tierwise.errors import StepError, TierwiseError
from tierwise.router import Router

try:
    _decisions: Any = import_module("langchain_core.decisions")
except ImportError as error:
    raise TierwiseError("decision models need langchain-core 1.8 or newer: pip install -U langchain-core") from error


class TierwiseDecisions(_decisions.BaseDecisionModel):  # type: ignore[misc]
    """Answers questions of choice among tiers, on this machine, without a call to anybody.

    Args:
        router: Its tiers' names, or some of them, are the labels to choose from.

    Raises:
        StepError: A question is not one of choice, or a label is no tier.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: str = "tierwise"
    router: Router = Field(exclude=True, repr=False)

    @property
    def _provider(self) -> str:
        return "tierwise"

    def _classify(self, state: Any, questions: Mapping[str, Any]) -> Any:
        messages = to_openai(_messages_of(state))
        answers = {name: self._choose(messages, name, question) for name, question in questions.items()}
        return _decisions.ClassifierResponse(model=self.model, answers=answers)

    def _choose(self, messages: list[dict[str, Any]], name: str, question: Any) -> Any:
        labels, tiers = list(getattr(question, "criteria", None) or ()), [tier.name for tier in self.router.tiers]
        if question.type != "choice" or not labels:
            raise StepError(f"question {name!r} is of type {question.type!r}: tierwise answers questions of choice")
        stray = [label for label in labels if label not in tiers]
        if stray:
            raise StepError(f"question {name!r} offers {stray[0]!r}, but the tiers are {tiers!r}")
        decision = self.router.start(messages, floor=tiers[0]).decision  # a handler's answer is no choice of a model
        p = decision.p_adequate
        chosen = decision.tier if decision.tier in labels else max(labels, key=lambda label: p.get(label, 0.0))
        # A choice is not drawn at random: the chosen label has all of the distribution, and our chance is the confidence.
        spread = {label: float(label == chosen) for label in labels}
        answer = {"type": "choice", "choice": chosen, "probabilities": spread, "confidence": p.get(chosen, 0.0)}
        return _decisions.ChoiceAnswer(**answer)


def _messages_of(state: Any) -> list[BaseMessage]:
    if isinstance(state, BaseMessage):
        return [state]
    if isinstance(state, list | tuple) and state and all(isinstance(item, BaseMessage) for item in state):
        return list(state)
    return [HumanMessage(state if isinstance(state, str) else json.dumps(state, ensure_ascii=False, default=str))]
