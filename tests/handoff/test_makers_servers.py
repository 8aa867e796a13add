"""The makers' servers take what their own clients send, and refuse what the makers are known to refuse."""

from __future__ import annotations

from typing import Any

import pytest
from clients import HOUSES, TOOLS, House
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage, ToolMessage
from servers.wire import Turn, seal

LOOP = (
    Turn("Looking.", "Two things.", (("look_up", {"q": "a"}), ("fetch-page", {"n": 2})), cites=True),
    Turn("", "One more.", (("look_up", {"q": "b"}),)),
    Turn("All found.", "Sum up.", redacted=True),
)
CALL = {"id": "abcdef123", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USER = {"role": "user", "content": "?"}
RESULT = {"role": "tool", "tool_call_id": "abcdef123", "content": "r"}
USE = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
CONVERSE = {"toolUse": {"toolUseId": "a", "name": "f", "input": {}}}
TOOL_CONFIG = {"tools": [{"toolSpec": {"name": "f"}}]}


@pytest.mark.parametrize("house", HOUSES.values(), ids=HOUSES)
def test_a_maker_takes_back_its_own_tool_loop(house: House):
    """Thinking, parallel calls and signatures return through the maker's own client, and nothing is refused."""
    pytest.importorskip(house.package)
    with house.server() as server:
        server.say(*LOOP)
        model = house.connect(server.url, house.models[0]).bind_tools(TOOLS)
        history: list[BaseMessage] = [SystemMessage("You are an agent."), HumanMessage("Find it.")]
        for _ in LOOP:
            answer: Any = model.invoke(history)
            history += [answer, *(ToolMessage("r", tool_call_id=call["id"]) for call in answer.tool_calls)]
        model.invoke([*history, HumanMessage("Thanks.")])

        assert not server.refused
        assert len(server.bodies) == 4


def gemini(*contents: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    return "google", "/v1beta/models/gemini-3:generateContent", {"contents": list(contents)}


def part(role: str, **data: Any) -> dict[str, Any]:
    return {"role": role, "parts": [data]}


def chat(house: str, *messages: dict[str, Any], **more: Any) -> tuple[str, str, dict[str, Any]]:
    return house, "/v1/chat/completions", {"model": "m", "messages": list(messages), **more}


def responses(*items: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    return "responses", "/v1/responses", {"model": "m", "input": list(items)}


def anthropic(*messages: dict[str, Any], **more: Any) -> tuple[str, str, dict[str, Any]]:
    return "anthropic", "/v1/messages", {"model": "m", "messages": list(messages), **more}


def bedrock(*messages: tuple[str, dict[str, Any]], **more: Any) -> tuple[str, str, dict[str, Any]]:
    body = {"messages": [{"role": role, "content": [block]} for role, block in messages]}
    return "bedrock", "/model/m/converse", {**body, **more}


def assistant(**more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, **more}


FOREIGN = seal("somebody", "else", "hm")
LONG = {**CALL, "id": "x" * 41}

REFUSED = [
    (chat("chat", USER, assistant(tool_calls=[CALL]), USER), "must be followed by tool messages"),
    (chat("chat", USER, {"role": "tool", "tool_call_id": "a", "content": "r"}), "preceding message with 'tool_calls'"),
    (chat("chat", USER, assistant(tool_calls=[LONG])), "string too long"),
    (chat("chat", USER, {"role": "assistant", "content": [{"type": "thinking"}]}), "Invalid value: 'thinking'"),
    (chat("chat", USER, {"role": "assistant", "content": "a", "reasoning_content": "b"}), "Additional properties"),
    (chat("chat", USER, assistant()), "got null"),
    (chat("mistral", USER, assistant(tool_calls=[{**CALL, "id": "call_1"}])), "with a length of 9"),
    (chat("mistral", assistant(tool_calls=[CALL]), {"role": "tool", "tool_call_id": "abcdef123", "content": "r"}, USER), "after role"),
    (chat("mistral", USER, {"role": "assistant", "content": "a"}), "Expected last role"),
    (chat("mistral", USER, {"role": "assistant", "content": ""}, USER), "but not none"),
    (chat("mistral", USER, {"role": "assistant", "content": "a", "reasoning_content": "b"}, USER), "Extra inputs"),
    (chat("deepseek", USER, USER), "successive user"),
    (chat("deepseek", USER, {"role": "assistant", "content": "a"}, USER, thinking={"type": "enabled"}), "must be passed back"),
    (chat("deepseek", USER, assistant(tool_calls=[CALL]), RESULT, model="deepseek-v4-pro"), "must be passed back"),
    (chat("deepseek", USER, assistant(tool_calls=[CALL], reasoning_content=""), RESULT, model="deepseek-reasoner"), "must be passed back"),
    (chat("deepseek", {"role": "user", "content": [{"type": "text", "text": "?"}]}), "expected a string"),
    (chat("deepseek", {"role": "developer", "content": "?"}), "unknown variant 'developer'"),
    (chat("compatible", {"role": "developer", "content": "?"}), "Unexpected message role"),
    (chat("compatible", USER, {"role": "system", "content": "?"}), "must be at the beginning"),
    (chat("compatible", {"role": "tool", "tool_call_id": "a", "content": "r"}), "preceding message"),
    (responses({"type": "reasoning", "id": "rs_1", "summary": []}), "not found"),
    (responses({"type": "reasoning", "signature": FOREIGN}), "Unknown parameter: 'input[0].signature'"),
    (responses({"type": "function_call", "id": "call_1", "call_id": "a"}), "begins with 'fc'"),
    (responses({"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}), "No tool output found"),
    (responses({"type": "function_call_output", "call_id": "a", "output": ""}), "No tool call found"),
    (anthropic(USER, {"role": "assistant", "content": [USE]}, USER), "without `tool_result`"),
    (anthropic(USER, {"role": "assistant", "content": [{**USE, "id": "a.b:0"}]}), "should match pattern"),
    (anthropic(USER, {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": FOREIGN}]}), "`signature`"),
    (anthropic({"role": "user", "content": [{"type": "text", "text": " "}]}), "non-empty"),
    (anthropic(USER, {"role": "assistant", "content": ""}, USER), "non-empty content"),
    (anthropic(USER, {"role": "assistant", "content": "So"}), "prefill"),
    (
        anthropic(
            USER,
            {"role": "assistant", "content": [USE]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "r"}]},
            thinking={"type": "enabled", "budget_tokens": 1024},
        ),
        "Expected `thinking`",
    ),
    (gemini(part("user", text="?"), part("model", text=""), part("user", text="?")), "required oneof field"),
    (gemini(part("model", functionCall={"name": "f"}, thoughtSignature="x"), part("user", text="?")), "Corrupted"),
    (gemini(part("user", text="?"), part("model", functionCall={"name": "f"}), part("user", text="?")), "number of function"),
    (gemini(part("user", text="?"), part("user", functionResponse={"name": "f"})), "response turn"),
    (
        gemini(part("user", text="?"), part("model", functionCall={"name": "f"}), part("user", functionResponse={"name": "f"})),
        "missing a thought_signature",
    ),
    (bedrock(("assistant", {"text": "a"})), "start with a user"),
    (bedrock(("user", {"text": "a"}), ("user", {"text": "b"})), "alternate"),
    (bedrock(("user", {"text": " "})), "blank"),
    (bedrock(("user", {"text": "?"}), ("assistant", CONVERSE), ("user", {"text": "?"}), toolConfig=TOOL_CONFIG), "Expected toolResult"),
    (bedrock(("user", {"text": "?"}), ("assistant", CONVERSE), ("user", {"toolResult": {"toolUseId": "a"}})), "toolConfig"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "words"), REFUSED, ids=[f"{r[0]}: {w}" for r, w in REFUSED])
def test_a_maker_refuses_what_it_is_known_to_refuse(request_: tuple[str, str, dict[str, Any]], words: str):
    """One request for each public report."""
    name, path, body = request_
    house = HOUSES[name]

    fault = house.maker().fault(path, body)

    assert words in str(fault)


def test_deepseek_takes_answers_without_thoughts_while_it_does_not_think():
    """Switched off, or a model that does not think unasked: nothing is demanded; with thoughts, thinking goes on."""
    loop = (USER, assistant(tool_calls=[CALL]), RESULT)
    thoughtful = (USER, assistant(tool_calls=[CALL], reasoning_content="So."), RESULT)
    off = {"model": "deepseek-v4-pro", "thinking": {"type": "disabled"}}

    requests = (
        chat("deepseek", *loop),
        chat("deepseek", *loop, **off),
        chat("deepseek", *thoughtful, model="deepseek-v4-pro"),
    )

    assert [HOUSES[name].maker().fault(path, body) for name, path, body in requests] == [None] * 3
