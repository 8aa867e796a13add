"""The same stories and servers through litellm: its own messages, handed over as its adapter does it, by plain dicts.

litellm's messages do not say who made them; the handoff goes by the shape of what is signed. Two makers with one shape
(Anthropic and Bedrock's Claude; two models of one maker) cannot be told apart that way, and are not paired here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import litellm
from clients import HOUSES, TOOLS, House
from hypothesis import reject
from langchain_core.messages import HumanMessage, ToolMessage
from servers.wire import MakerServer, Turn
from stories import Story, result_of, said

from litellm_tierwise.messages import to_openai
from tierwise.handoff import apply_edits, edits_for
from tierwise.tiers import Tier

litellm.suppress_debug_info = True

Message = dict[str, Any]
_ROUTES = {
    "chat": ("openai/{model}", "/v1"),
    "responses": ("openai/responses/{model}", "/v1"),
    "anthropic": ("anthropic/{model}", ""),
    "google": ("gemini/{model}", "/v1beta/models/{model}"),
    "mistral": ("mistral/{model}", "/v1"),
    "bedrock": ("bedrock/converse/{model}", ""),
    "deepseek": ("deepseek/{model}", ""),
    "compatible": ("hosted_vllm/{model}", "/v1"),
}
_ALIKE = ({"chat", "responses"}, {"anthropic", "bedrock"}, {"deepseek", "compatible", "mistral"})
PAIRS = [
    (maker, target)
    for maker in HOUSES
    for target in HOUSES
    if maker != target and not any({maker, target} <= alike for alike in _ALIKE)
]


def tier_of(house: House) -> Tier:
    """The tier as a user of litellm names it."""
    return Tier(
        house.name, _ROUTES[house.name][0].format(model=house.models[0]), provider=house.provider, prices=(1, 2)
    )


def ask(house: House, server: MakerServer, messages: Sequence[Message]) -> Message:
    """One call of `litellm.completion`, with tools at hand."""
    model, path = (text.format(model=house.models[0]) for text in _ROUTES[house.name])
    there: dict[str, Any] = {"api_base": server.url + path, "api_key": "unused"}
    if house.name == "bedrock":
        there = {"aws_bedrock_runtime_endpoint": server.url, "aws_region_name": "us-east-1"}
        there |= {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    answer = litellm.completion(model, [*messages], tools=TOOLS, num_retries=0, max_retries=0, **there)
    return dict(to_openai([answer.choices[0].message])[0])


def handed(messages: Sequence[Message], tier: Tier) -> list[Message]:
    """The history as the adapter sends it."""
    return apply_edits(messages, edits_for(to_openai(messages), tier))


class Teller:
    """Makes histories of stories, with lenient servers that remember nothing."""

    def __init__(self) -> None:
        self._servers: dict[str, MakerServer] = {}
        self._answers: dict[str, Message] = {}

    def history(self, story: Story, maker: str, target: str) -> list[Message]:
        """The messages that a user of litellm holds after a story."""
        system: list[Message] = [{"role": "system", "content": "You are an agent."}] if story.system else []
        body: list[Message] = [_plain(said(story.opening))]
        for number, one in enumerate(story.rounds):
            answer = self._answer(target if one.by_target else maker, one.turn, number)
            body.append(answer)
            for call, result in zip(answer.get("tool_calls") or (), one.results, strict=False):
                if result != "lost":
                    facts = {"id": call["id"], "name": call["function"]["name"], "args": {}}
                    body.append(_plain(result_of(facts, result)))
            if one.system:
                body.append({"role": "system", "content": "Be brief."})
            body += [_plain(said(saying)) for saying in one.then]
        return [*system, *body[min(story.cut, len(body) - 1) :]]

    def close(self) -> None:
        """Stops the servers."""
        for server in self._servers.values():
            server.__exit__()

    def _answer(self, house: str, turn: Turn, number: int) -> Message:
        key = f"{house} {number} {turn}"
        if key not in self._answers:
            if house not in self._servers:
                self._servers[house] = HOUSES[house].server(strict=False, seed=len(self._servers)).__enter__()
            self._servers[house].say(turn)
            try:
                self._answers[key] = ask(HOUSES[house], self._servers[house], [{"role": "user", "content": "?"}])
            except litellm.APIConnectionError:  # it cannot read a response of OpenAI's in which nothing is said
                reject()
        return {**self._answers[key]}


def _plain(message: HumanMessage | ToolMessage) -> Message:
    content = message.content
    if isinstance(content, list):
        content = [_image_url(part) if isinstance(part, dict) else part for part in content]
    if isinstance(message, ToolMessage):
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": content}
    return {"role": "user", "content": content}


def _image_url(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("type") != "image":
        return part
    return {"type": "image_url", "image_url": {"url": f"data:{part['mime_type']};base64,{part['base64']}"}}
