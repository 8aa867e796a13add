"""The same stories and servers through LlamaIndex's OpenAI-like client, whole and streamed, with the adapter's translation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clients import HOUSES, TOOLS, House
from langchain_core.messages import HumanMessage, ToolMessage
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, MessageRole, TextBlock
from llama_index.llms.openai_like import OpenAILike
from servers.wire import PIXEL, MakerServer, Turn
from stories import Story, Streamed, result_of, said

from llama_index.llms.tierwise.handoff import apply_edits, in_form_of, with_ids
from llama_index.llms.tierwise.messages import read_calls, to_openai, to_openai_message
from tierwise.conversation.makers import Makers, maker_name, seals_of
from tierwise.handoff import edits_for
from tierwise.tiers import Tier

SPOKEN = ("chat", "deepseek", "compatible")
"""Makers whose API LlamaIndex's OpenAI-like package speaks."""
PAIRS = [(maker, target) for maker in SPOKEN for target in SPOKEN]


def llm_of(house: House, url: str, model: str) -> OpenAILike:
    """The client; like LangChain's, it sends no thoughts back, so DeepSeek's thinking is switched off."""
    off = {"extra_body": {"thinking": {"type": "disabled"}}} if house.name == "deepseek" else {}
    return OpenAILike(
        model=model,
        api_base=f"{url}/v1",
        api_key="unused",
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
        additional_kwargs=off,
    )


def ask(llm: OpenAILike, messages: Sequence[ChatMessage], streamed: Streamed | None = None) -> ChatMessage:
    """One call with tools at hand; of a stream the last chunk, which holds it all, or the one half-way."""
    if streamed is None:
        return llm.chat([*messages], tools=TOOLS).message
    chunks = [*llm.stream_chat([*messages], tools=TOOLS)]
    return chunks[len(chunks) // 2 if streamed == "cut" else -1].message


def handed(llm: OpenAILike, messages: Sequence[ChatMessage], tier: Tier, makers: Makers) -> list[ChatMessage]:
    """The history as the adapter sends it."""
    history = with_ids(messages)
    edits = edits_for(to_openai(history), tier, maker_of=makers.of)
    return in_form_of(llm, apply_edits(history, edits))


class Teller:
    """Makes histories of stories, with lenient servers."""

    def __init__(self) -> None:
        self._llms: dict[tuple[str, str], tuple[MakerServer, OpenAILike]] = {}
        self._answers: dict[str, ChatMessage] = {}

    def history(
        self, story: Story, maker: tuple[str, str], target: tuple[str, str]
    ) -> tuple[list[ChatMessage], Makers]:
        """The messages that an agent's memory holds after a story, and what the router remembers of their makers."""
        makers = Makers()
        role = "developer" if story.developer else "system"
        system = [ChatMessage(role=role, content="You are an agent.")] if story.system else []
        body = [_message(said(story.opening))]
        for number, one in enumerate(story.rounds):
            house, model = target if one.by_target else maker
            answer = self._answer(house, model, one.turn, number, story.streamed)
            tier = HOUSES[house].tier(model)
            makers.note(seals_of(to_openai_message(answer)), maker_name(tier.provider, tier.model))
            body.append(answer)
            for call, result in zip(read_calls(answer), one.results, strict=False):
                if result != "lost":
                    body.append(_message(result_of({"id": call.id, "name": call.name, "args": {}}, result)))
            if one.system:
                body.append(ChatMessage(role=role, content="Be brief."))
            body += [_message(said(saying)) for saying in one.then]
            if story.streamed == "cut" and body[-1] is answer:
                body.append(_message(said("text")))
        return [*system, *body[min(story.cut, len(body) - 1) :]], makers

    def close(self) -> None:
        """Stops the servers."""
        for server, _ in self._llms.values():
            server.__exit__()

    def _answer(self, house: str, model: str, turn: Turn, number: int, streamed: Streamed | None) -> ChatMessage:
        key = f"{house} {model} {number} {streamed} {turn}"
        if key not in self._answers:
            if (house, model) not in self._llms:
                server = HOUSES[house].server(strict=False, seed=len(self._llms)).__enter__()
                self._llms[house, model] = server, llm_of(HOUSES[house], server.url, model)
            server, llm = self._llms[house, model]
            server.say(turn)
            self._answers[key] = ask(llm, [ChatMessage(role="user", content="?")], streamed)
        return self._answers[key].model_copy(deep=True)


def _message(message: HumanMessage | ToolMessage) -> ChatMessage:
    content: Any = message.content
    blocks = [_block(part) for part in content] if isinstance(content, list) else [TextBlock(text=content)]
    if isinstance(message, ToolMessage):
        kwargs = {"tool_call_id": message.tool_call_id}
        return ChatMessage(role=MessageRole.TOOL, blocks=blocks, additional_kwargs=kwargs)
    return ChatMessage(role=MessageRole.USER, blocks=blocks)


def _block(part: dict[str, Any]) -> TextBlock | ImageBlock:
    if part["type"] == "text":
        return TextBlock(text=part["text"])
    return ImageBlock(image=PIXEL.encode(), image_mimetype="image/png")
