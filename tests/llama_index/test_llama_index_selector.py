"""A selector that sends each question to the cheapest engine that will answer it well, and asks no model for that."""

from __future__ import annotations

import pytest
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.query_engine import RouterQueryEngine
from llama_index.core.schema import QueryBundle
from llama_index.core.tools import QueryEngineTool
from loopback import OpenAIServer

from llama_index.llms.tierwise import Tierwise, TierwiseSelector
from tierwise.errors import ConfigError

EASY, HARD = "When does the shop open?", "Prove from all documents that it never opens on Sundays."


class Says(BaseQueryEngine):
    """Answers every question with its name."""

    def __init__(self, name: str) -> None:
        super().__init__(callback_manager=CallbackManager([]))
        self._name = name

    def _query(self, query_bundle: QueryBundle) -> Response:
        return Response(self._name)

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return Response(self._name)

    def _get_prompt_modules(self) -> dict:
        return {}


def tools(*names: str) -> list[QueryEngineTool]:
    """Engines of these names."""
    return [QueryEngineTool.from_defaults(Says(name), name=name, description=name) for name in names]


async def test_questions_go_to_the_engine_that_they_need(llm: Tierwise, openai_server: OpenAIServer):
    """Sync and async; the reason is the decision's, and no model was asked."""
    engine = RouterQueryEngine(TierwiseSelector(llm.router), tools("top", "small"), llm=llm)

    answers = [engine.query(EASY), engine.query(HARD), await engine.aquery(EASY), await engine.aquery(HARD)]

    assert [str(answer) for answer in answers] == ["small", "top", "small", "top"]
    assert "likely enough" in answers[0].metadata["selector_result"].reason
    assert openai_server.asked() == []


def test_engines_may_have_names_of_their_own(llm: Tierwise):
    """`tier_of` says which engine stands for which tier."""
    selector = TierwiseSelector(llm.router, tier_of={"two passages": "small", "all files": "top"})
    choices = [tool.metadata for tool in tools("all files", "two passages")]

    assert [selector.select(choices, question).ind for question in (EASY, HARD)] == [1, 0]


def test_where_a_tier_has_no_engine_the_next_stronger_one_answers(llm: Tierwise):
    """And the strongest there is, where none is strong enough."""
    selector = TierwiseSelector(llm.router)

    assert selector.select([tools("top")[0].metadata], EASY).ind == 0
    assert selector.select([tools("small")[0].metadata], HARD).ind == 0


def test_an_engine_that_stands_for_no_tier_is_an_error(llm: Tierwise):
    """No engine is picked silently."""
    with pytest.raises(ConfigError, match="'medium'"):
        TierwiseSelector(llm.router).select([tools("medium")[0].metadata], EASY)
    with pytest.raises(ConfigError, match="'medium'"):
        TierwiseSelector(llm.router, tier_of={"a": "medium"})
