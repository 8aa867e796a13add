"""The host's own machinery on top: an engine over files, agents of several steps, tags that reach every step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.instrumentation.dispatcher import instrument_tags
from llama_index.core.llms import ChatMessage, ChatResponse
from llama_index.core.memory import Memory
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from loopback import OpenAIServer
from loopback_answers import Reply

from llama_index.llms.tierwise import Tierwise
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.types import CallRecord, ConversationState

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the host's own look at its pydantic classes

ORDERS = {"A-1": ("lamp", 2), "A-2": ("chair", 1)}
PRICES = {"lamp": 40.0, "chair": 110.0}


def find_order(number: str) -> str:
    """Finds an order by its number."""
    if number not in ORDERS:
        raise ValueError(f"Error: no order {number!r}; numbers look like A-1")
    item, count = ORDERS[number]
    return f"{count} x {item}"


def look_up_price(item: str) -> float:
    """Looks up the price of one item, in euros."""
    return PRICES[item]


def multiply(a: float, b: float) -> float:
    """Multiplies two numbers."""
    return a * b


def add(a: float, b: float) -> float:
    """Adds two numbers."""
    return a + b


TOOLS = [FunctionTool.from_defaults(function) for function in (find_order, look_up_price, multiply, add)]
TASK = "What do orders 1 and A-2 cost together?"
SCRIPT = [
    Reply(calls=(("find_order", {"number": "1"}),)),  # wrong number: the tool fails, the next step is a recovery
    Reply(calls=(("find_order", {"number": "A-1"}), ("find_order", {"number": "A-2"}))),
    Reply(calls=(("look_up_price", {"item": "lamp"}),)),
    Reply(calls=(("multiply", {"a": 40.0, "b": 2}),)),
    Reply(calls=(("look_up_price", {"item": "chair"}),)),
    Reply(calls=(("add", {"a": 80.0, "b": 110.0}),)),
    Reply("Together they cost 190 euros."),
]


def next_reply(body: Mapping[str, Any]) -> Reply:
    """What the script says after as many assistant messages as the request holds."""
    return SCRIPT[sum(message["role"] == "assistant" for message in body["messages"])]


class WordVectors(BaseEmbedding):
    """A local double for an embedding model: texts are alike when they share words."""

    def _vector(self, text: str) -> list[float]:
        total = np.zeros(64)
        for word in re.findall(r"\w+", text.lower()):
            seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
            total += np.random.default_rng(seed).standard_normal(64)
        return list(map(float, total / (np.linalg.norm(total) or 1.0)))

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._vector(text)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._vector(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._vector(query)


class Books(MemoryStore):
    """Keeps every call that was booked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[ConversationState, CallRecord]] = []

    def record(self, state: ConversationState, call: CallRecord) -> None:
        self.calls.append((state, call))
        super().record(state, call)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder of two short texts."""
    (tmp_path / "hours.txt").write_text("The shop opens at nine and closes at five. It is closed on Sundays.")
    (tmp_path / "returns.txt").write_text("Goods can be returned within thirty days, with the receipt.")
    return tmp_path


@pytest.mark.parametrize("mode", ["compact", "refine", "tree_summarize"])
async def test_a_query_engine_over_files_is_routed(
    llm: Tierwise, openai_server: OpenAIServer, documents: Path, mode: str
):
    """Retrieval finds the passage, the router chooses who reads it, sync and async."""
    index = VectorStoreIndex.from_documents(
        SimpleDirectoryReader(str(documents)).load_data(), embed_model=WordVectors()
    )
    engine = RetrieverQueryEngine(
        index.as_retriever(similarity_top_k=1), get_response_synthesizer(llm=llm, response_mode=mode)
    )

    easy = engine.query("When does the shop open?")
    hard = await engine.aquery("Prove from the documents when the shop opens.")

    assert (str(easy), str(hard)) == ("Hello from small, at your service.", "Hello from top, at your service.")
    assert "opens at nine" in str(openai_server.asked("small")[0].body["messages"])
    assert "opens at nine" in str(openai_server.asked("top")[0].body["messages"])


def test_a_streaming_engine_streams_the_tier_that_was_chosen(llm: Tierwise, documents: Path):
    """Tokens come through as they are made."""
    index = VectorStoreIndex.from_documents(
        SimpleDirectoryReader(str(documents)).load_data(), embed_model=WordVectors()
    )

    answer = index.as_query_engine(llm=llm, streaming=True).query("When does the shop open?")

    tokens = [token for token in answer.response_gen if token]
    assert tokens == ["Hello ", "from ", "small, ", "at ", "your ", "service."]


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_agent_of_seven_steps_uses_two_tiers(
    routed: Callable[..., Tierwise], openai_server: OpenAIServer, streaming: bool
):
    """Most steps go down; the one after a failed tool goes up; the history stays valid through both switches."""
    books = Books()
    openai_server.always("*", next_reply)
    agent = FunctionAgent(tools=TOOLS, llm=routed(store=books), system_prompt="You serve a shop.", streaming=streaming)

    answer = await agent.run(TASK)

    assert str(answer) == "Together they cost 190 euros."
    tiers = ["small", "top", "small", "small", "small", "small", "small"]
    assert [request.model for request in openai_server.asked()] == tiers
    assert [call.tier for _, call in books.calls] == tiers
    assert len({state.conversation_id for state, _ in books.calls}) == 1


async def test_an_agent_remembers_across_runs_with_the_hosts_memory(llm: Tierwise, openai_server: OpenAIServer):
    """The memory rebuilds messages from its store; a later run still sends a history that a provider accepts."""
    openai_server.script("*", *SCRIPT, Reply("You asked for two orders."))
    memory = Memory.from_defaults(session_id="s-1", tokenizer_fn=str.split)
    agent = FunctionAgent(tools=TOOLS, llm=llm)

    await agent.run(TASK, memory=memory)
    answer = await agent.run("What did I ask for?", memory=memory)

    assert str(answer) == "You asked for two orders."
    assert len(openai_server.asked()[-1].body["messages"]) > len(SCRIPT)


async def test_tags_of_the_host_name_the_conversation_in_every_step(
    routed: Callable[..., Tierwise], openai_server: OpenAIServer
):
    """Agents pass no keywords on; instrumentation tags reach the LLM, and with them session and user."""
    books = Books()
    openai_server.always("*", next_reply)
    agent = FunctionAgent(tools=TOOLS, llm=routed(store=books))

    with instrument_tags({"session_id": "s-9", "user_id": "u-3"}):
        await agent.run(TASK)

    assert {(state.conversation_id, state.user) for state, _ in books.calls} == {("s-9", "u-3")}
    assert len(books.calls) == len(SCRIPT)


async def test_a_react_agent_reasons_in_text_over_two_tiers(llm: Tierwise, openai_server: OpenAIServer):
    """Tools are called in words there; a failed one is seen in the observation."""
    script = [
        "Thought: I look.\nAction: find_order\nAction Input: {'number': '1'}",
        "Thought: Another number.\nAction: find_order\nAction Input: {'number': 'A-1'}",
        "Thought: I can answer.\nAnswer: Two lamps.",
    ]
    openai_server.script("*", *map(Reply, script))

    answer = await ReActAgent(tools=TOOLS, llm=llm).run("What is in order 1?")

    assert str(answer) == "Two lamps."
    assert {request.model for request in openai_server.asked()} == {"small", "top"}
    assert all("tools" not in request.body for request in openai_server.asked())


async def test_the_host_picks_the_agent_that_the_tiers_allow(routed: Callable[..., Tierwise], openai_like):
    """A workflow from tools alone becomes a function agent, or a ReAct agent where a tier calls no functions."""
    plain = {"small": openai_like("small"), "top": openai_like("top", is_function_calling_model=False)}

    able = AgentWorkflow.from_tools_or_functions(TOOLS, llm=routed())
    unable = AgentWorkflow.from_tools_or_functions(TOOLS, llm=routed(plain))

    assert [type(agent) for agent in able.agents.values()] == [FunctionAgent]
    assert [type(agent) for agent in unable.agents.values()] == [ReActAgent]


async def test_tiers_of_two_packages_take_turns_in_one_agent(
    routed: Callable[..., Tierwise], openai_like: Callable[..., OpenAILike], openai_server: OpenAIServer
):
    """One package keeps calls in blocks and with ids, the other in neither way; the agent notices nothing."""
    openai_server.always("*", next_reply)

    class Nameless(OpenAILike):
        """Loses the ids of its calls, as some servers do, and pairs results by the tool's name."""

        async def achat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            response = await super().achat(messages, **kwargs)
            for block in response.message.blocks:
                if block.block_type == "tool_call":
                    block.tool_call_id = None
            response.message.additional_kwargs.pop("tool_calls", None)
            return response

        def get_tool_calls_from_response(self, response: ChatResponse, *args: Any, **kwargs: Any) -> Any:
            calls = super().get_tool_calls_from_response(response, *args, **kwargs)
            return [call.model_copy(update={"tool_id": call.tool_name}) for call in calls]

    nameless = Nameless(**openai_like("small").model_dump(exclude={"class_name"}))
    agent = FunctionAgent(tools=TOOLS, llm=routed({"small": nameless, "top": openai_like("top")}), streaming=False)

    assert str(await agent.run(TASK)) == "Together they cost 190 euros."


def test_messages_of_an_agent_carry_no_decision(llm: Tierwise, openai_server: OpenAIServer):
    """What is sent on with the next step is what the provider said, and nothing of ours."""
    response = llm.chat_with_tools(TOOLS, "Please look up the price of 'lamp'.")

    llm.chat([ChatMessage("x"), response.message, ChatMessage(role="tool", content="40", additional_kwargs={
        "tool_call_id": llm.get_tool_calls_from_response(response)[0].tool_id})])  # fmt: skip

    assert "tierwise" not in str(openai_server.asked()[-1].body)
