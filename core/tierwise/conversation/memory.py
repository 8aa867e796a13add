"""What a router remembers of conversations, and its calm when the store fails: costs then ignore caches, nothing more."""

from __future__ import annotations

import logging
from uuid import uuid4

from tierwise.conversation.identity import Chain, place, prefixes_of
from tierwise.protocols import StateStore
from tierwise.types import CallRecord, ConversationState, Step

log = logging.getLogger(__name__)


class Conversations:
    """Finds the conversation of a step, and records what was called for it."""

    def __init__(self, store: StateStore) -> None:
        self.store = store
        self._has_async = hasattr(store, "afind")

    def locate(self, step: Step, chain: Chain | None = None) -> ConversationState:
        """The conversation that a step continues or opens; where it now stands is stored.

        Args:
            step: The step.
            chain: Of its messages, where the caller has it already.
        """
        try:
            prefixes = prefixes_of(step, chain)
            state = place(step, prefixes, self.store.find(prefixes))
            self.store.put(state)
        except Exception as error:
            return _unknown(step, error)
        return state

    async def alocate(self, step: Step, chain: Chain | None = None) -> ConversationState:
        """`locate`, for async hosts; a store that is in this process is asked directly."""
        if not self._has_async:
            return self.locate(step, chain)
        try:
            prefixes = prefixes_of(step, chain)
            state = place(step, prefixes, await self.store.afind(prefixes))  # type: ignore[attr-defined]
            await self.store.aput(state)  # type: ignore[attr-defined]
        except Exception as error:
            return _unknown(step, error)
        return state

    def record(self, state: ConversationState, call: CallRecord) -> None:
        """Adds one answered call."""
        try:
            self.store.record(state, call)
        except Exception as error:
            _warn_not_stored(error)

    async def arecord(self, state: ConversationState, call: CallRecord) -> None:
        """`record`, for async hosts."""
        if not self._has_async:
            self.record(state, call)
            return
        try:
            await self.store.arecord(state, call)  # type: ignore[attr-defined]
        except Exception as error:
            _warn_not_stored(error)


def _unknown(step: Step, error: Exception) -> ConversationState:
    log.warning("conversation state is unavailable (%s): costs ignore caches", type(error).__name__)
    return ConversationState(step.conversation_id or uuid4().hex, step.user)


def _warn_not_stored(error: Exception) -> None:
    log.warning("conversation state could not be stored (%s)", type(error).__name__)
