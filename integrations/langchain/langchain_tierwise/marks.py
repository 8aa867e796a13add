"""The decision, written on what a tier gave: in `response_metadata`, and nowhere that a provider would be sent.

Only copies are written on: a tier's message may be shared with a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration

from langchain_tierwise.messages import METADATA_KEY
from tierwise.plan import Plan

M = TypeVar("M", bound=BaseMessage)


def note_of(plan: Plan) -> dict[str, Any]:
    """What is written on a message: the decision, who was called, and, once known, what was billed.

    Plain JSON values without message text; `made_by` tells later steps whose signatures the message holds.
    """
    note = {**plan.decision.to_dict(), "made_by": {"provider": plan.tier.provider, "model": plan.tier.model}}
    if plan.attempts:
        note["usd"] = plan.usd
        note["attempts"] = [{"tier": a.tier, "usd": a.usd, "fault": a.fault} for a in plan.attempts]
    return note


def marked(message: M, note: Mapping[str, Any]) -> M:
    """A copy of a message with the note on it."""
    return message.model_copy(update={"response_metadata": {**message.response_metadata, METADATA_KEY: dict(note)}})


def marked_chunk(chunk: Any, note: Mapping[str, Any]) -> Any:
    """A stream's first item with the note on it, where it is or holds a message."""
    if isinstance(chunk, BaseMessage):
        return marked(chunk, note)
    if isinstance(chunk, Mapping) and isinstance(chunk.get("raw"), BaseMessage):
        return {**chunk, "raw": marked(chunk["raw"], note)}
    return chunk


def marked_generation(generation: Any, note: Mapping[str, Any]) -> Any:
    """A copy of a generation with the note on its message."""
    if isinstance(generation, ChatGeneration):
        return generation.model_copy(update={"message": marked(generation.message, note)})
    return generation


def trace_metadata(plan: Plan) -> dict[str, str]:
    """What tracers see of the decision, on the tier's own run."""
    decision = plan.decision
    return {"tierwise_tier": decision.tier, "tierwise_kind": decision.kind, "tierwise_decision": decision.id}
