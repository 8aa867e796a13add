"""Whose step is this: a conversation is known by the host's id, else by the messages it begins with.

An agent loop re-sends its whole history with every step. So each message list is turned into a chain of hashes, one for
each prefix, and the longest prefix that was seen before names the conversation. A list that matches an older prefix than
the newest one has branched off (a retry with another wording, a parallel sub-agent) and becomes its own conversation.
The chain begins with the user's scope, so equal openings of two users never meet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any
from uuid import uuid4

from tierwise.types import ConversationState, Message, Step

_DIGEST_BYTES = 16
_NEAR = 16  # a step adds a few messages: where the conversation stood is among the newest prefixes
_HASHED_KEYS = ("role", "name", "tool_call_id")


def prefixes_of(step: Step, chain: Chain | None = None) -> list[str]:
    """What a step's conversation may be stored under, oldest first: its id if it has one, else its prefixes."""
    if step.conversation_id is None:
        return prefix_chain(step.messages, step.user) if chain is None else chain.prefixes
    return [_hash(f"{step.user or ''}\x00{step.conversation_id}".encode("utf-8", "surrogatepass")).hex()]


def place(step: Step, prefixes: Sequence[str], known: ConversationState | None) -> ConversationState:
    """The conversation that a step continues, moved on to where it now stands; or a new one.

    Args:
        step: The step.
        prefixes: As `prefixes_of` gave them.
        known: What the store found under the last known one of them.
    """
    tip = prefixes[-1]
    if known is not None and (known.tip in prefixes[-_NEAR:] or known.tip in prefixes):
        return replace(known, tip=tip)
    makers = {} if known is None else known.makers  # a branch begins with the very messages of the other one
    return ConversationState(step.conversation_id or uuid4().hex, step.user, tip, makers=makers)


def prefix_chain(messages: Sequence[Message], user: str | None = None) -> list[str]:
    """One hash for each prefix that holds more than system text, shortest first; the last one is the whole list."""
    chain = Chain(user)
    chain.extend(messages)
    return chain.prefixes


class Chain:
    """The hashes of all prefixes of a message list. It can be copied and extended by the messages that are new.

    Prefixes that end before the first message of a person are left out: every conversation of an application shares its
    system prompt, and that alone says nothing.
    """

    def __init__(self, user: str | None = None) -> None:
        self._running = _hash((user or "").encode("utf-8", "surrogatepass"))
        self._opened = False
        self._prefixes: list[str] = []

    @property
    def prefixes(self) -> list[str]:
        """Oldest first; never empty."""
        return self._prefixes or [self._running.hex()]

    def extend(self, messages: Iterable[Message]) -> None:
        """Adds one prefix for each further message."""
        for message in messages:
            self._running = _hash(self._running + _fingerprint(message))
            self._opened = self._opened or message.get("role") not in ("system", "developer")
            if self._opened:
                self._prefixes.append(self._running.hex())

    def copy(self) -> Chain:
        """The same chain, to be extended on its own."""
        twin = Chain()
        twin._running, twin._opened, twin._prefixes = self._running, self._opened, self._prefixes.copy()
        return twin


def _fingerprint(message: Message) -> bytes:
    """What makes a message this message, whatever host re-serialised it: role, text, calls and ids."""
    content = message.get("content")
    parts: list[Any] = [message.get(key) for key in _HASHED_KEYS]
    parts.append(content if isinstance(content, str) else _stable(content))
    calls = message.get("tool_calls")
    if calls:
        parts.append(_stable(calls))
    return "\x1f".join(str(part) for part in parts).encode("utf-8", "surrogatepass")


def _stable(value: Any) -> str:
    if value is None:
        return ""
    try:
        return json.dumps(value, sort_keys=True, default=_plain, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return repr(type(value))


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST_BYTES).digest()
