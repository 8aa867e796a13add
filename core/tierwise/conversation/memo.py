"""Reads of a growing history only what is new: step 1,000 of a conversation costs about what step 10 did.

An agent re-sends its whole history with every step. What was read of it last time (the signals' pass, the chain of
prefix hashes) is kept together with a snapshot of the messages; when a step begins with exactly these messages, reading
goes on from there. The comparison is made by value and in C: messages that are the same objects cost some tens of
nanoseconds each, freshly parsed ones some hundred, and a message that was changed in place is noticed.

The result is what reading everything gives, always: this is a cache, and `tests/core/test_memo.py` holds it to that. It
lives in this process only, and is bounded in conversations and in characters.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from tierwise.conversation.identity import Chain
from tierwise.errors import ConfigError
from tierwise.signals.history import History
from tierwise.types import Message, Step

_SHORTEST_WORTH_KEEPING = 4
_BRANCHES = 4
_IMMUTABLE = frozenset((str, int, float, bool, type(None)))


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a step's messages."""

    history: History | None
    chain: Chain | None
    known: int = 0
    """How many of them, from the first, were read at an earlier step and have not changed."""
    walks: dict[str, Any] = field(default_factory=dict)
    """What others found in exactly these messages, to be taken up at the next step; kept, and never looked into here."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was found in the first `size` messages of a conversation.

    The copies of its messages are shared with those who read on from here, who only ever add to them: to copy a list of
    thousands at each step costs as much as to compare it.
    """

    copies: list[dict[str, Any]]
    size: int
    history: History
    chain: Chain
    chars: int
    walks: dict[str, Any]

    def begins(self, messages: Sequence[Message]) -> bool:
        """Whether a list begins with these messages, by value."""
        beginning = messages[: self.size]
        if not isinstance(beginning, list):
            beginning = list(beginning)
        copies = self.copies
        return beginning == (copies if len(copies) == self.size else copies[: self.size])

    def extended(self, new: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Copies of these messages and of new ones; a branch gets a list of its own. Not for two threads at once."""
        if len(self.copies) != self.size:
            return self.copies[: self.size] + new
        self.copies.extend(new)
        return self.copies


class HistoryMemo:
    """Keeps what was read of recent conversations.

    Args:
        max_conversations: How many, least recently used out first; 0 turns the memo off and keeps no message.
        max_chars: How many characters of message text all of them may refer to.

    Raises:
        ConfigError: A bound is negative.
    """

    def __init__(self, max_conversations: int = 256, max_chars: int = 50_000_000) -> None:
        if max_conversations < 0 or max_chars < 0:
            raise ConfigError("the memo's bounds are whole numbers of at least 0")
        self._max_conversations = max_conversations
        self._max_chars = max_chars
        self._readings: OrderedDict[tuple[Any, ...], list[_Kept]] = OrderedDict()
        self._chars = 0
        self._lock = Lock()

    def read(self, step: Step) -> Past:
        """The signals' pass over all messages of a step, and its chain of prefixes."""
        messages = step.messages
        key = _key(step)
        known = self._longest(key, messages)
        history = History() if known is None else known.history.copy()
        chain = Chain(step.user) if known is None else known.chain.copy()
        past = Past(history, chain) if known is None else Past(history, chain, known.size, dict(known.walks))
        fresh = messages[past.known :]
        history.extend(fresh)
        chain.extend(fresh)
        if self._max_conversations and len(messages) >= _SHORTEST_WORTH_KEEPING and fresh:
            # What is kept is only ever copied from here on. Walks are put in later.
            self._keep(key, known, fresh, history, chain, past.walks)
        return past

    def __len__(self) -> int:
        return len(self._readings)

    def forget(self) -> None:
        """Lets go of everything."""
        with self._lock:
            self._readings.clear()
            self._chars = 0

    def _longest(self, key: tuple[Any, ...], messages: Sequence[Message]) -> _Kept | None:
        with self._lock:
            readings = list(self._readings.get(key, ()))
            if readings:
                self._readings.move_to_end(key)
        readings.sort(key=lambda reading: -reading.size)
        return next(
            (reading for reading in readings if reading.size <= len(messages) and reading.begins(messages)), None
        )

    def _keep(
        self,
        key: tuple[Any, ...],
        known: _Kept | None,
        fresh: Sequence[Message],
        history: History,
        chain: Chain,
        walks: dict[str, Any],
    ) -> None:
        try:
            new = [_copy(message) for message in fresh]
        except Exception:  # an object that cannot be copied cannot be compared later either: read it anew each time
            return
        chars = sum(map(_chars, new)) + (0 if known is None else known.chars)
        with self._lock:
            copies = new if known is None else known.extended(new)
            kept = _Kept(copies, len(copies), history, chain, chars, walks)
            before = self._readings.pop(key, [])
            after = [kept, *(other for other in before if other is not known)][:_BRANCHES]
            self._readings[key] = after
            self._chars += sum(other.chars for other in after) - sum(other.chars for other in before)
            while self._readings and (len(self._readings) > self._max_conversations or self._chars > self._max_chars):
                _, evicted = self._readings.popitem(last=False)
                self._chars -= sum(old.chars for old in evicted)


def _key(step: Step) -> tuple[Any, ...]:
    """Which conversations a step may continue: the same user and id, or the same beginning."""
    if step.conversation_id is not None:
        return (step.user, step.conversation_id)
    openings = [message.get("content") for message in step.messages[:2]]
    return (step.user, *(text if isinstance(text, str) else repr(type(text)) for text in openings))


def _copy(message: Message) -> dict[str, Any]:
    """A copy that later changes to the message do not reach; strings are shared, not copied."""
    return {key: value if type(value) is str else _clone(value) for key, value in message.items()}


def _clone(value: Any) -> Any:
    """`deepcopy`, several times faster on what JSON can hold."""
    kind = type(value)
    if kind is dict:
        return {key: _clone(item) for key, item in value.items()}
    if kind is list:
        return [_clone(item) for item in value]
    return value if kind in _IMMUTABLE else deepcopy(value)


def _chars(message: Message) -> int:
    content = message.get("content")
    return len(content) if isinstance(content, str) else 1000 if content else 100
