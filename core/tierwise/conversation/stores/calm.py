"""A shared store that may be down or slow, with local state to fall back on: no step ever fails for it.

While the shared store answers, it is asked and told. When it fails (its own time-out is short), one warning is logged,
local state serves alone for a moment, and then the shared store is tried again: sharing resumes by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from tierwise.conversation.stores.memory import MemoryStore
from tierwise.protocols import StateStore
from tierwise.types import CallRecord, ConversationState

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class CalmStore:
    """Wraps a store that other processes share.

    Args:
        shared: Any `StateStore`; its `afind`, `aput`, `arecord` are used by async hosts where it has them.
        local: What serves while the shared one is down; it is kept up to date all the time.
        retry_after_s: How long a failed store is left alone, in seconds.
        clock: Seconds; for tests.
    """

    def __init__(
        self,
        shared: StateStore,
        local: StateStore | None = None,
        *,
        retry_after_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._again = partial(type(self), shared, local, retry_after_s=retry_after_s, clock=clock)
        self.shared = shared
        self._local = local or MemoryStore()
        self._retry_after_s = retry_after_s
        self._clock = clock
        self._down_until = 0.0
        self._down = False

    def __reduce__(self) -> tuple[Any, ...]:
        return self._again, ()  # another process finds out itself whether the store answers

    def find(self, prefixes: Sequence[str]) -> ConversationState | None:
        """The state stored under the last of `prefixes` that is known, in the shared store or else here."""
        return self._ask(lambda: self.shared.find(prefixes)) or self._local.find(prefixes)

    def put(self, state: ConversationState) -> None:
        """Stores a state in both."""
        self._local.put(state)
        self._ask(lambda: self.shared.put(state))

    def record(self, state: ConversationState, call: CallRecord) -> None:
        """Adds one answered call in both."""
        self._local.record(state, call)
        self._ask(lambda: self.shared.record(state, call))

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Removes a conversation from both.

        Raises:
            Exception: The shared store could not be told; a promise to forget must not fail silently.
        """
        self._local.forget(conversation_id, user)
        self.shared.forget(conversation_id, user)

    async def afind(self, prefixes: Sequence[str]) -> ConversationState | None:
        """`find`, for async hosts."""
        if not hasattr(self.shared, "afind"):
            return self.find(prefixes)
        found: ConversationState | None = await self._aask(lambda: self.shared.afind(prefixes))  # type: ignore[attr-defined]
        return found or self._local.find(prefixes)

    async def aput(self, state: ConversationState) -> None:
        """`put`, for async hosts."""
        if not hasattr(self.shared, "aput"):
            return self.put(state)
        self._local.put(state)
        await self._aask(lambda: self.shared.aput(state))  # type: ignore[attr-defined]
        return None

    async def arecord(self, state: ConversationState, call: CallRecord) -> None:
        """`record`, for async hosts."""
        if not hasattr(self.shared, "arecord"):
            return self.record(state, call)
        self._local.record(state, call)
        await self._aask(lambda: self.shared.arecord(state, call))  # type: ignore[attr-defined]
        return None

    def _ask(self, ask: Callable[[], _T]) -> _T | None:
        if self._clock() < self._down_until:
            return None
        try:
            answer = ask()
        except Exception as error:
            self._went_down(error)
            return None
        self._came_back()
        return answer

    async def _aask(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        if self._clock() < self._down_until:
            return None
        try:
            answer = await ask()
        except Exception as error:
            self._went_down(error)
            return None
        self._came_back()
        return answer

    def _went_down(self, error: Exception) -> None:
        self._down_until = self._clock() + self._retry_after_s
        if not self._down:
            log.warning("the shared state store failed (%s): local state serves until it is back", type(error).__name__)
        self._down = True

    def _came_back(self) -> None:
        if self._down:
            log.info("the shared state store is back")
        self._down = False
