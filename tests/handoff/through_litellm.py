"""The same stories and servers through litellm: its own messages, handed over as its adapter does it, by plain dicts.

litellm's messages do not say who made them. The router remembers that by what was signed in them
(`tierwise.conversation.makers`), and so does this; what nobody remembers is told by its shape (`forgetful`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import litellm
from clients import HOUSES, TOOLS, House
from hypothesis import reject
from langchain_core.messages import HumanMessage, ToolMessage
from servers.wire import MakerServer, Turn
from stories import Story, Streamed, result_of, said

from litellm_tierwise.messages import to_openai
from tierwise.conversation.makers import Makers, maker_name, seals_of
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
PAIRS = [(maker, target) for maker in HOUSES for target in HOUSES]
"""Within one house, from one of its models to another."""


def unlike(maker: str, target: str) -> bool:
    """Whether two makers can be told apart by the shape of what they sign."""
    return maker != target and not any({maker, target} <= alike for alike in _ALIKE)


def tier_of(house: House, model: str) -> Tier:
    """The tier as a user of litellm names it."""
    return Tier(
        f"{house.name}/{model}", _ROUTES[house.name][0].format(model=model), provider=house.provider, prices=(1, 2)
    )


def ask(
    house: House, server: MakerServer, plain_model: str, messages: Sequence[Message], streamed: Streamed | None = None
) -> Message:
    """One call of `litellm.completion`, with tools at hand; a stream's chunks are put together as litellm does it."""
    model, path = (text.format(model=plain_model) for text in _ROUTES[house.name])
    there: dict[str, Any] = {"api_base": server.url + path, "api_key": "unused"}
    if house.name == "bedrock":
        there = {"aws_bedrock_runtime_endpoint": server.url, "aws_region_name": "us-east-1"}
        there |= {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    more = {"stream": True, "stream_options": {"include_usage": True}} if streamed else {}
    answer = litellm.completion(model, [*messages], tools=TOOLS, num_retries=0, max_retries=0, **more, **there)
    if streamed:
        chunks = [*answer]
        answer = litellm.stream_chunk_builder(
            chunks[: max(1, len(chunks) // 2)] if streamed == "cut" else chunks, messages=[*messages]
        )
    return dict(to_openai([answer.choices[0].message])[0])


def handed(messages: Sequence[Message], tier: Tier, makers: Makers) -> list[Message]:
    """The history as the router has the adapter send it."""
    view = to_openai(messages)
    return apply_edits(messages, edits_for(view, tier, maker_of=makers.of))


class Teller:
    """Makes histories of stories, with lenient servers that remember nothing."""

    def __init__(self) -> None:
        self._servers: dict[str, MakerServer] = {}
        self._answers: dict[str, Message] = {}

    def history(
        self, story: Story, maker: tuple[str, str], target: tuple[str, str], forgetful: bool = False
    ) -> tuple[list[Message], Makers]:
        """The messages that a user of litellm holds after a story, and what the router remembers of their makers.

        Args:
            story: What happens.
            maker: House and model that make the rounds.
            target: House and model of the rounds `by_target`.
            forgetful: The router remembers nothing.
        """
        makers = Makers()
        role = "developer" if story.developer else "system"
        system: list[Message] = [{"role": role, "content": "You are an agent."}] if story.system else []
        body: list[Message] = [_plain(said(story.opening))]
        for number, one in enumerate(story.rounds):
            house, model = target if one.by_target else maker
            answer = self._answer(house, model, one.turn, number, story.streamed)
            body.append(answer)
            if not forgetful:
                tier = tier_of(HOUSES[house], model)
                makers.note(seals_of(answer), maker_name(tier.provider, tier.model))
            for call, result in zip(answer.get("tool_calls") or (), one.results, strict=False):
                if result != "lost":
                    facts = {"id": call["id"], "name": call["function"]["name"], "args": {}}
                    body.append(_plain(result_of(facts, result)))
            if one.system:
                body.append({"role": role, "content": "Be brief."})
            body += [_plain(said(saying)) for saying in one.then]
            if story.streamed == "cut" and body[-1] is answer:
                body.append(_plain(said("text")))
        return [*system, *body[min(story.cut, len(body) - 1) :]], makers

    def close(self) -> None:
        """Stops the servers."""
        for server in self._servers.values():
            server.__exit__()

    def _answer(self, house: str, model: str, turn: Turn, number: int, streamed: Streamed | None) -> Message:
        key = f"{house} {model} {number} {streamed} {turn}"
        if key not in self._answers:
            if house not in self._servers:
                self._servers[house] = HOUSES[house].server(strict=False, seed=len(self._servers)).__enter__()
            self._servers[house].say(turn)
            try:
                self._answers[key] = ask(
                    HOUSES[house], self._servers[house], model, [{"role": "user", "content": "?"}], streamed
                )
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
