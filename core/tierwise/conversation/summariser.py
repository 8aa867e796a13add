"""A summary by a model of the user's choice, with the extractive one to fall back on."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from operator import is_
from threading import Lock
from typing import Any, Final, TypeAlias

from tierwise.conversation.identity import prefix_chain
from tierwise.conversation.summary import RunningSummary, summarise
from tierwise.signals.tokens import estimate_tokens
from tierwise.types import Message

log = logging.getLogger(__name__)

Summarise: TypeAlias = Callable[[Sequence[Message]], str]
"""What a user may plug in: messages to their summary. It may call a model, and may fail."""

_REMEMBERED: Final = 64
_MOST_TEXTS: Final = 8
_RUNNING: Final = "\x00summary"


@dataclass(frozen=True, slots=True)
class _Running:
    """What is kept of a history that had to be cut once: what was read of it, and the latest texts in its place."""

    read: RunningSummary = field(default_factory=RunningSummary)
    texts: dict[tuple[int, int, int], str] = field(default_factory=dict)
    """By first message, end and length allowed."""

    def onward(self, messages: Sequence[Message]) -> _Running:
        """The same up to the end of these messages, whose beginning it has read; itself it stays where it is."""
        later = _Running(self.read.copy(), dict(self.texts))
        later.read.extend(messages[len(self.read) :])
        return later

    def keeping(self, place: tuple[int, int, int], text: str) -> _Running:
        """The same with one text more; of many, the oldest is let go."""
        latest = list(self.texts.items())[1 - _MOST_TEXTS :]
        return _Running(self.read, {**dict(latest), place: text})


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
        text = self._plugged_in(messages, max_tokens)
        return summarise(messages, max_tokens) if text is None else text

    def over(
        self, messages: Sequence[Message], walks: MutableMapping[str, Any]
    ) -> Callable[[Sequence[Message], int], str]:
        """This summariser for stretches of one history: what was read stays read, and a text once written stands.

        Args:
            messages: The history.
            walks: What is kept of the beginning of this very history; what is read now is put in, where anything is asked.
        """

        def summary(gone: Sequence[Message], max_tokens: int) -> str:
            start = _place(gone, messages)
            if start is None:
                return self(gone, max_tokens)
            running = walks.get(_RUNNING) or _Running()
            if len(running.read) < len(messages):
                running = running.onward(messages)
            place = (start, start + len(gone), max_tokens)
            text = running.texts.get(place)
            if text is None:
                text = self._plugged_in(gone, max_tokens)
                text = running.read.text(max_tokens, *place[:2]) if text is None else text
                running = running.keeping(place, text)
            walks[_RUNNING] = running
            return text

        return summary

    def forget(self) -> None:
        """Lets go of all texts."""
        with self._lock:
            self._texts.clear()

    def _plugged_in(self, messages: Sequence[Message], max_tokens: int) -> str | None:
        """What the callable has for these messages; None where there is none, or nothing of use comes of it."""
        text = None if self._write is None else self._written(messages)
        if text is not None and estimate_tokens(text) > max_tokens:
            self._warn("gave a text longer than there is room for")
            return None
        return text

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


def _place(gone: Sequence[Message], messages: Sequence[Message]) -> int | None:
    """Where a stretch of a history begins, by identity."""
    if not gone:
        return None
    for start in range(len(messages) - len(gone) + 1):
        if messages[start] is gone[0] and all(map(is_, messages[start : start + len(gone)], gone)):
            return start
    return None
