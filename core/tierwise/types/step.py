"""A step as it comes in: one model call of an agent, with everything it would send.

Messages and tools are in OpenAI chat form, as plain mappings, and are never copied: an agent's history is long, and
routing only reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Message: TypeAlias = Mapping[str, Any]
"""An OpenAI chat message. `made_by` may name its maker: `{"provider": "anthropic", "model": "claude-opus-4-6"}`."""

Tool: TypeAlias = Mapping[str, Any]
"""An OpenAI tool: `{"type": "function", "function": {"name": …, "parameters": {…}}}`."""

Kind: TypeAlias = Literal["opening", "tool_call", "digest", "answer", "recovery", "follow_up", "summary"]
"""What a step is about to do, read from what stands before it.

- `answer`: a plain question; no tools are offered, or their use is forbidden.
- `opening`: the first request of a conversation, with tools at hand.
- `tool_call`: a call is due: a later request with tools at hand, or a call that `tool_choice` demands.
- `digest`: a tool result has come back and must be read.
- `recovery`: the last tool result is an error, or the same call has been repeated.
- `follow_up`: a short reply that leans on what was said ("yes, do it", "thanks", "and the second one?").
- `summary`: the conversation or a long text is to be condensed.
"""

KINDS: tuple[Kind, ...] = ("opening", "tool_call", "digest", "answer", "recovery", "follow_up", "summary")


@dataclass(frozen=True, slots=True)
class Step:
    """One model call that is about to be made."""

    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    tool_choice: str | Mapping[str, Any] | None = None
    response_format: Mapping[str, Any] | None = None
    max_output_tokens: int | None = None
    conversation_id: str | None = None
    user: str | None = None
    quality: float | None = None
    floor: str | None = None
    ceiling: str | None = None
    metadata: Mapping[str, Any] | None = None
    thinking: Mapping[str, bool] | None = None
    """Tier name to whether this call asks that tier to think by a switch, where the host knows; see `Tier.thinking`."""
