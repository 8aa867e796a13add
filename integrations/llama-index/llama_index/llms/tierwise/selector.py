"""A selector for `RouterQueryEngine` that asks no LLM: which of several engines is the cheapest that will answer well?

Engines often differ as models do: one reads two passages with a small model, another sends an agent through all files.
Each engine stands for a tier, and a question goes to the engine of the tier that the router chooses for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.base_selector import BaseSelector, SelectorResult, SingleSelection
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.schema import QueryBundle
from llama_index.core.tools.types import ToolMetadata

from llama_index.llms.tierwise.request import step_facts
from tierwise.errors import ConfigError
from tierwise.plan import Plan
from tierwise.router import Router


class TierwiseSelector(BaseSelector):
    """Selects the engine of the tier that a question needs, without a model call.

    Args:
        router: Decides; `llm.router` of a `Tierwise` will do.
        tier_of: Engine name (its tool's) to tier name; by default engines bear their tiers' names.

    Raises:
        ConfigError: `tier_of` names a tier that the router does not know.

    Examples:
        ```python
        tools = [QueryEngineTool.from_defaults(quick, name="small"), QueryEngineTool.from_defaults(thorough, name="top")]
        engine = RouterQueryEngine(selector=TierwiseSelector(llm.router), query_engine_tools=tools, llm=llm)
        ```
    """

    def __init__(self, router: Router, tier_of: Mapping[str, str] | None = None) -> None:
        self._router = router
        self._tier_of = dict(tier_of or {})
        self._rank = {tier.name: rank for rank, tier in enumerate(router.tiers)}
        for name in self._tier_of.values():
            if name not in self._rank:
                raise ConfigError(f"tier_of names tier {name!r}, but the tiers are {list(self._rank)!r}")

    def _select(self, choices: Sequence[ToolMetadata], query: QueryBundle) -> SelectorResult:
        ranks = self._ranks(choices)
        return _selected(self._router.start(_asked(query), **self._facts()), ranks, self._rank)

    async def _aselect(self, choices: Sequence[ToolMetadata], query: QueryBundle) -> SelectorResult:
        ranks = self._ranks(choices)
        return _selected(await self._router.astart(_asked(query), **self._facts()), ranks, self._rank)

    def _facts(self) -> dict[str, Any]:
        """Whose step it is; the weakest tier as the floor leaves out the handlers: an answer is no choice of an engine."""
        return {"floor": self._router.tiers[0].name, **step_facts({})}

    def _ranks(self, choices: Sequence[ToolMetadata]) -> list[int]:
        """How strong each engine's tier is.

        Raises:
            ConfigError: An engine stands for no tier.
        """
        tiers = [self._tier_of.get(choice.name or "", choice.name or "") for choice in choices]
        for tier in tiers:
            if tier not in self._rank:
                raise ConfigError(
                    f"engine {tier!r} stands for no tier: name its tool after one of {list(self._rank)!r}, or set tier_of"
                )
        return [self._rank[tier] for tier in tiers]

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts_dict: PromptDictType) -> None:
        """There are no prompts: nothing is asked of a model."""


def _asked(query: QueryBundle) -> list[dict[str, str]]:
    return [{"role": "user", "content": query.query_str}]


def _selected(plan: Plan, ranks: Sequence[int], rank_of: Mapping[str, int]) -> SelectorResult:
    """The weakest engine that is as strong as the tier chosen; the strongest where none is."""
    wanted = rank_of[plan.decision.tier]
    enough = [rank for rank in ranks if rank >= wanted]
    index = ranks.index(min(enough) if enough else max(ranks))
    return SelectorResult(selections=[SingleSelection(index=index, reason="; ".join(plan.decision.reasons))])
