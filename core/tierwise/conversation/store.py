"""Where conversation state is kept. This one is a bounded dictionary; it forgets the least recently used first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from tierwise.errors import ConfigError
from tierwise.types import ConversationState

_Key = tuple[str | None, str]  # user, conversation id: equal ids of two users never meet


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
        self._conversation_of: OrderedDict[str, _Key] = OrderedDict()
        self._states: dict[_Key, ConversationState] = {}
        self._prefixes_of: dict[_Key, int] = {}
        self._lock = Lock()

    def find(self, prefixes: Sequence[str]) -> ConversationState | None:
        """The state stored under the last of `prefixes` that is known, or None."""
        with self._lock:
            for prefix in reversed(prefixes):
                key = self._conversation_of.get(prefix)
                if key is not None:
                    self._conversation_of.move_to_end(prefix)
                    return self._states[key]
        return None

    def put(self, state: ConversationState) -> None:
        """Stores a state under its `tip`."""
        key = (state.user, state.conversation_id)
        with self._lock:
            owner = self._conversation_of.get(state.tip)
            if owner is None:
                self._prefixes_of[key] = self._prefixes_of.get(key, 0) + 1
            elif owner != key:
                self._release(owner)
                self._prefixes_of[key] = self._prefixes_of.get(key, 0) + 1
            self._conversation_of[state.tip] = key
            self._conversation_of.move_to_end(state.tip)
            self._states[key] = state
            while len(self._conversation_of) > self._max_prefixes:
                _, evicted = self._conversation_of.popitem(last=False)
                self._release(evicted)

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Removes everything that is kept of a conversation; an unknown one is no error."""
        gone = (user, conversation_id)
        with self._lock:
            for prefix in [p for p, key in self._conversation_of.items() if key == gone]:
                del self._conversation_of[prefix]
            self._states.pop(gone, None)
            self._prefixes_of.pop(gone, None)

    def __len__(self) -> int:
        return len(self._states)

    def _release(self, key: _Key) -> None:
        """One prefix fewer points at a conversation; the last one takes its state along."""
        left = self._prefixes_of[key] - 1
        if left:
            self._prefixes_of[key] = left
        else:
            del self._prefixes_of[key]
            del self._states[key]
