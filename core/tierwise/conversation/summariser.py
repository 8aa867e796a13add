"""A summary by a model of the user's choice, with the extractive one to fall back on."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final, TypeAlias

from tierwise.conversation.identity import prefix_chain
from tierwise.conversation.summary import summarise
from tierwise.signals.tokens import estimate_tokens
from tierwise.types import Message

log = logging.getLogger(__name__)

Summarise: TypeAlias = Callable[[Sequence[Message]], str]
"""What a user may plug in: messages to their summary. It may call a model, and may fail."""

_REMEMBERED: Final = 64


class Summariser:
    """Writes the text that stands in the place of messages which no longer fit; fits `fit_window`'s `summary`.

    A plugged-in callable is asked only when a history has to give way, never on the way to a decision, and once for the
    same messages. Where it raises, gives no text or a longer one than there is room for, the extractive summary stands
    in, and the first time a warning says so.

    Args:
        write: The callable; the extractive summary where it is None.
        remember: Keep the latest texts, so that the same messages are not summarised twice. False keeps no text.
    """

    def __init__(self, write: Summarise | None = None, *, remember: bool = True) -> None:
        self._write = write
        self._remember = remember
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._warned = False
        self._lock = Lock()

    def __call__(self, messages: Sequence[Message], max_tokens: int) -> str:
        """The summary of some messages, at most `max_tokens` long by `estimate_tokens`."""
        if self._write is None:
            return summarise(messages, max_tokens)
        text = self._written(messages)
        if text is not None and estimate_tokens(text) <= max_tokens:
            return text
        if text is not None:
            self._warn("gave a text longer than there is room for")
        return summarise(messages, max_tokens)

    def forget(self) -> None:
        """Lets go of all texts."""
        with self._lock:
            self._texts.clear()

    def _written(self, messages: Sequence[Message]) -> str | None:
        """What the callable gives, or gave for the same messages; None where it failed."""
        key = prefix_chain(messages)[-1] if self._remember else ""
        with self._lock:
            known = self._texts.get(key)
        if known is not None:
            return known
        try:
            text = self._write(messages) if self._write is not None else None
        except Exception as error:  # whatever a user's model raises, the agent goes on
            self._warn(f"raised {type(error).__name__}")
            return None
        if not isinstance(text, str) or not text.strip():
            self._warn("gave no text")
            return None
        if self._remember:
            self._keep(key, text)
        return text

    def _keep(self, key: str, text: str) -> None:
        with self._lock:
            self._texts[key] = text
            while len(self._texts) > _REMEMBERED:
                self._texts.popitem(last=False)

    def _warn(self, what: str) -> None:
        with self._lock:
            first, self._warned = not self._warned, True
        if first:
            log.warning("the summariser %s; summaries are extractive where it does (said once)", what)
