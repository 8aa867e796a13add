"""State in this process: a bounded dictionary that forgets the least recently used first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from tierwise.conversation.stores.record import key_for, key_of, with_call
from tierwise.errors import ConfigError
from tierwise.types import CallRecord, ConversationState


class MemoryStore:
    """Keeps the state of conversations in this process.

    Args:
        max_prefixes: How many prefixes are remembered; one conversation uses one per step. At about 0.5 kB each, the
            default holds some 25 MB.

    Raises:
        ConfigError: `max_prefixes` is not a whole number of at least 1.
    """

    def __init__(self, max_prefixes: int = 50_000) -> None:
        if not isinstance(max_prefixes, int) or max_prefixes < 1:
            raise ConfigError(f"max_prefixes is {max_prefixes!r}: give a whole number of at least 1")
        self._max_prefixes = max_prefixes
        self._key_of: OrderedDict[str, str] = OrderedDict()
        self._states: dict[str, ConversationState] = {}
        self._prefixes: dict[str, int] = {}
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._max_prefixes,)  # another process has conversations of its own

    def find(self, prefixes: Sequence[str]) -> ConversationState | None:
        """The state stored under the last of `prefixes` that is known, or None."""
        with self._lock:
            for prefix in reversed(prefixes):
                key = self._key_of.get(prefix)
                if key is not None:
                    self._key_of.move_to_end(prefix)
                    return self._states[key]
        return None

    def put(self, state: ConversationState) -> None:
        """Stores where a conversation stands; what calls have added to it stays."""
        key = key_of(state)
        with self._lock:
            owner = self._key_of.get(state.tip)
            if owner != key:
                if owner is not None:
                    self._release(owner)
                self._prefixes[key] = self._prefixes.get(key, 0) + 1
            self._key_of[state.tip] = key
            self._key_of.move_to_end(state.tip)
            known = self._states.get(key)
            self._states[key] = state if known is None else replace(known, tip=state.tip)
            while len(self._key_of) > self._max_prefixes:
                _, evicted = self._key_of.popitem(last=False)
                self._release(evicted)

    def record(self, state: ConversationState, call: CallRecord) -> None:
        """Adds one answered call to what is kept of a conversation."""
        key = key_of(state)
        with self._lock:
            known = self._states.get(key)
            if known is not None:
                self._states[key] = with_call(known, call)

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Removes everything that is kept of a conversation; an unknown one is no error."""
        gone = key_for(conversation_id, user)
        with self._lock:
            for prefix in [prefix for prefix, key in self._key_of.items() if key == gone]:
                del self._key_of[prefix]
            self._states.pop(gone, None)
            self._prefixes.pop(gone, None)

    def __len__(self) -> int:
        return len(self._states)

    def _release(self, key: str) -> None:
        """One prefix fewer points at a conversation; the last one takes its state along."""
        left = self._prefixes[key] - 1
        if left:
            self._prefixes[key] = left
        else:
            del self._prefixes[key]
            del self._states[key]
