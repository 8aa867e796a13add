"""What is remembered of a conversation: cost facts, and no text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Held:
    """What a provider may still hold of a conversation: the first `tokens` tokens of it, since `at` (seconds)."""

    tokens: int
    at: float
    factor: float = 1.0
    """Input tokens that the tier's last call was billed, for each one estimated from the text."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What one answered call adds to its conversation."""

    tier: str
    held: Held
    usd: float
    top_usd: float = 0.0
    """What the top tier alone would have been billed for this step, its cache warm."""
    maker: str = ""
    """Whose answer it is, for what is signed in it: provider and model, with a tab between."""
    seals: tuple[str, ...] = ()
    """Digests of what is signed in the answer; see `tierwise.conversation.makers`."""


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What is remembered of a conversation: cost facts only, never what an estimate needs, and no text."""

    conversation_id: str
    user: str | None = None
    tip: str = ""
    """The prefix under which the conversation was last seen; a step that matches an older one is a branch."""
    steps: int = 0
    last_tier: str | None = None
    held: Mapping[str, Held] = field(default_factory=dict)
    """Tier name to what its provider may still hold in its prompt cache."""
    spent_usd: float = 0.0
    top_usd: float = 0.0
    """What the top tier alone would have been billed for these steps, its cache warm."""
    makers: Mapping[str, str] = field(default_factory=dict)
    """Digest of what is signed in an answer to its maker, as in `CallRecord`; of the latest ones."""
