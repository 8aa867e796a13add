"""A LangChain history, handed to a house's client with the handoff and without it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from clients import HOUSES, TOOLS, House
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from servers.wire import MakerServer

from langchain_tierwise.messages import apply_edits, to_openai
from tierwise.handoff import edits_for
from tierwise.tiers import Tier
from tierwise.types import Edit


def ask(house: House, server: MakerServer, model: str, history: Sequence[BaseMessage], **options: Any) -> AIMessage:
    """One call, with tools at hand."""
    version = options.pop("output_version", None)
    answer = _bound(house.name, server.url, model, version).invoke([*history], **options)
    assert isinstance(answer, AIMessage)
    return answer


def ask_streaming(
    house: House,
    server: MakerServer,
    model: str,
    history: Sequence[BaseMessage],
    version: str | None,
    *,
    cut: bool = False,
) -> AIMessageChunk:
    """One call whose chunks are added up, as LangChain's users do it; `cut`: the user stops it half-way."""
    chunks = [*_bound(house.name, server.url, model, version).stream([*history])]
    chunks = chunks[: max(1, len(chunks) // 2)] if cut else chunks
    whole = sum(chunks[1:], start=chunks[0])
    assert isinstance(whole, AIMessageChunk)
    return whole


@cache
def _bound(house: str, url: str, model: str, version: str | None) -> Any:
    more = {} if version is None else {"output_version": version}
    return HOUSES[house].connect(url, model, **more).bind_tools(TOOLS)


def edits_of(history: Sequence[BaseMessage], tier: Tier, tiers: Sequence[Tier], **options: Any) -> tuple[Edit, ...]:
    """The handoff's edits, as the adapter asks for them."""
    return edits_for(to_openai(history, tiers), tier, **options)


def handed(history: Sequence[BaseMessage], tier: Tier, tiers: Sequence[Tier], **options: Any) -> list[BaseMessage]:
    """The history as the tier will be sent it."""
    return apply_edits(history, edits_of(history, tier, tiers, **options))
