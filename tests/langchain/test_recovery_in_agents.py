"""Recovery inside LangChain's loop: trouble raises the tier for the next steps, sound steps lower it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.tools import tool
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from langgraph.types import Command
from loopback import OpenAIServer, Reply

from langchain_tierwise import ChatTierwise, TierwiseMiddleware
from tierwise.testing import FakeClassifier

SOURCE = "def read(path):\n    if not path:\n        raise ValueError('Error: no path')\n    return open(path)\n"
SOUND = ["0 errors, build OK", SOURCE, "All 12 tests passed, no failures", "errors: 0, warnings: 2"]
TROUBLE = {
    "in English": (["Error: no such file 'a'", "Error: no such file 'b'"], "success"),
    "in Spanish": (["Error: no existe el archivo 'a'", "No se pudo abrir el archivo 'b'"], "success"),
    "by the flag alone": (["a.txt", "b.txt"], "error"),
}
TASK = {"messages": [HumanMessage("Build it, please.")]}


@pytest.fixture
def settings() -> dict[str, Any]:
    """The small tier is always good enough, were it not for trouble."""
    return {"classifier": FakeClassifier({"small": 0.95, "top": 0.96}), "embedder": None, "quality": 0.8}


@pytest.fixture
def tiers(openai_tier: Callable[..., ChatOpenAI]) -> dict[str, ChatOpenAI]:
    """Two models on the loopback server."""
    return {"small": openai_tier("gpt-4.1-nano"), "top": openai_tier("gpt-4.1")}


def run(by: str, results: list[tuple[str, str]], tiers: Any, settings: Any, server: OpenAIServer) -> list[str]:
    """The tiers of an agent's steps, given what its tool will say, call by call."""
    said = iter(results)

    @tool
    def build(target: str) -> Any:
        """Builds a target."""
        raise NotImplementedError  # answered below, so that the status can be set as well

    def answer(request: Any, handler: Any) -> ToolMessage | Command[Any]:
        text, status = next(said)
        return ToolMessage(text, tool_call_id=request.tool_call["id"], name="build", status=status)

    from langchain.agents.middleware import wrap_tool_call

    server.script("*", *[Reply(calls=(("build", {"target": f"t{i}"}),)) for i in range(len(results))], Reply("Built."))
    middleware: list[Any] = [wrap_tool_call(answer)]
    if by == "middleware":
        middleware.append(TierwiseMiddleware(tiers, **settings))
    model = tiers["top"] if by == "middleware" else ChatTierwise(tiers, **settings)
    messages = create_agent(model, [build], middleware=middleware).invoke(TASK)["messages"]
    return [m.response_metadata["tierwise"]["tier"] for m in messages if isinstance(m, AIMessage)]


@pytest.mark.parametrize("by", ["model", "middleware"])
@pytest.mark.parametrize("kind", TROUBLE)
def test_errors_raise_the_tier_and_sound_steps_lower_it(
    by: str, kind: str, tiers: Any, settings: Any, openai_server: OpenAIServer
):
    """Two failures, then success after success: up, and down again, whatever language tells of it."""
    texts, status = TROUBLE[kind]
    results = [*((text, status) for text in texts), *((f"built part {i}", "success") for i in range(4))]
    chosen = run(by, results, tiers, settings, openai_server)

    assert chosen[:2] == ["small", "small"]
    assert chosen[2] == "top"
    assert chosen[-1] == "small"


@pytest.mark.parametrize("by", ["model", "middleware"])
def test_success_that_mentions_errors_raises_nothing(by: str, tiers: Any, settings: Any, openai_server: OpenAIServer):
    """A build with "0 errors", source code with `raise`, and their kin."""
    chosen = run(by, [(text, "success") for text in SOUND], tiers, settings, openai_server)

    assert set(chosen) == {"small"}


@pytest.mark.parametrize("by", ["model", "middleware"])
def test_the_same_call_again_and_again_raises_the_tier(by: str, tiers: Any, settings: Any, openai_server: OpenAIServer):
    """A loop that says the same, to which a tool says the same, is no progress."""

    def build(target: str) -> str:
        """Builds a target."""
        return "pending"

    openai_server.script("*", *[Reply(calls=(("build", {"target": "t"}),)) for _ in range(5)], Reply("Built."))
    ours = [TierwiseMiddleware(tiers, **settings)] if by == "middleware" else []
    model = tiers["top"] if ours else ChatTierwise(tiers, **settings)
    messages = create_agent(model, [build], middleware=ours).invoke(TASK)["messages"]
    chosen = [m.response_metadata["tierwise"]["tier"] for m in messages if isinstance(m, AIMessage)]

    assert chosen[0] == "small"
    assert chosen[-1] == "top"
