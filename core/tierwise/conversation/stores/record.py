"""What all stores share: a conversation's key, its state as JSON and back, and what one answered call adds to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tierwise.types import CallRecord, ConversationState, Held

MOST_MAKERS: Final = 128
"""How many makers of signed answers a conversation's state holds."""


def key_of(state: ConversationState) -> str:
    """One string for a conversation; equal ids of two users give two keys."""
    return key_for(state.conversation_id, state.user)


def key_for(conversation_id: str, user: str | None) -> str:
    """The key of a conversation by the host's id."""
    return json.dumps([user, conversation_id])


def with_call(state: ConversationState, call: CallRecord) -> ConversationState:
    """The state after one more answered call."""
    return replace(
        state,
        steps=state.steps + 1,
        last_tier=call.tier,
        held={**state.held, call.tier: call.held},
        spent_usd=state.spent_usd + call.usd,
        top_usd=state.top_usd + call.top_usd,
        makers=_latest({**state.makers, **dict.fromkeys(call.seals, call.maker)}) if call.seals else state.makers,
    )


def to_json(state: ConversationState) -> str:
    """The state in one line."""
    held = {tier: [h.tokens, h.at, h.factor] for tier, h in state.held.items()}
    spent = [state.spent_usd, state.top_usd]
    return json.dumps(
        [state.conversation_id, state.user, state.tip, state.steps, state.last_tier, held, *spent, dict(state.makers)]
    )


def from_json(text: str | bytes) -> ConversationState:
    """The state back.

    Raises:
        ValueError: The text is not what `to_json` wrote.
    """
    conversation_id, user, tip, steps, last_tier, held, *rest = json.loads(text)
    since_then: list[Any] = [0.0, {}][len(rest) - 1 :]  # where it was written before these were kept
    spent_usd, top_usd, makers = rest + since_then
    spent = float(spent_usd), float(top_usd)
    return ConversationState(conversation_id, user, tip, steps, last_tier, _held(held), *spent, dict(makers))


def _latest(makers: dict[str, str]) -> dict[str, str]:
    """The latest of what was signed; of earlier answers the process that heard them may know, or their shape tells."""
    return dict(list(makers.items())[-MOST_MAKERS:])


def _held(raw: Mapping[str, Any]) -> dict[str, Held]:
    return {tier: Held(int(tokens), float(at), *map(float, rest)) for tier, (tokens, at, *rest) in raw.items()}
