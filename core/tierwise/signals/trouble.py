"""Is the agent stuck? Read from the last steps, message by message: failures, repetition, standstill, empty promises.

A *round* is one assistant message with calls and the results that follow it. Each round adds points or takes one away:

* a result failed: +1, and +1 more where the same tools said the same error in the failed round before;
* a call was made again and said the same again, or the results say only what these tools said before: +1;
* calls alternate A, B, A, B: +1;
* a turn without calls is empty, or announces an action and does not take it: +1;
* a sound round that says something new: -1; a new request of the user: -1.

So the level rises while things go wrong and is let down again step by step, and it is a function of the messages alone:
no state is kept anywhere, and every host comes to the same level. A call that is repeated and says something new (polling)
counts for nothing either way, and neither does a service that is down for the moment: no model mends that. What a failure
is, `results.py` says: flags and structure first, in any language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from tierwise.signals.text import fold

Cause: TypeAlias = Literal["none", "failed", "repeated", "swinging", "stalled", "idle", "easing"]
"""What the newest step adds; `easing` where it was sound and some trouble is left."""

MOST: Final = 4
"""Points beyond this are not kept, so that at most four sound steps end any trouble."""

_ERROR_CHARS: Final = 200
_TELLING_CHARS: Final = 40
"""A short text that comes again ("sent", "OK") is what three e-mails in a row look like."""

_MOST_READ: Final = 64
"""Results of one turn that are compared with earlier ones."""

_DIGITS: Final = re.compile(r"\d+")
_NOTHING: Final = frozenset(("[]", "{}", "no results", "no results found", "not found"))
"""What a search says that found nothing; "None" and an empty text are what an action says that went well."""

_PASSING: Final = re.compile(
    r"\b(?:429|502|503|504)\b|service unavailable|too many requests|rate limit|bad gateway|overloaded", re.IGNORECASE
)
_PASSING_CHARS: Final = 160
_PROMISE_TAIL: Final = 240
_SENTENCE_END: Final = re.compile(r"[.!。！…\n]+")
_PROMISES: Final = (
    "i will now ", "i'll now ", "i will look ", "i'll look ", "i will check ", "i'll check ", "let me check", "let me look",
    "let me search", "let me try", "let me pull", "let me verify", "let me find", "let me get ", "i am going to ",
    "i'm going to ", "i will search", "i'll search", "i will proceed", "i'll proceed", "one moment", "please hold on",
    "voy a ", "dejame ", "permiteme ", "un momento", "ahora mismo busco", "ich werde ", "ich schaue", "ich suche",
    "ich prufe", "lass mich ", "einen moment", "je vais ", "laissez-moi ", "un instant", "vou verificar", "vou procurar",
    "vou buscar", "deixe-me ", "um momento", "vado a ", "cerco subito", "lasciami ", "ik ga ", "laat me ", "сейчас проверю",
    "сейчас посмотрю", "я проверю", "我来", "让我", "我将", "我现在", "確認します", "調べます", "お待ちください", "확인하겠",
)  # fmt: skip
"""How a turn's last sentence begins that announces an action, folded as in `text.fold`."""


class Trouble:
    """The level of trouble after the messages read so far; extended message by message, and copied for a branch."""

    def __init__(self) -> None:
        self._level = 0
        """Of the rounds before the present one."""
        self._failed_rounds = self._stalled_steps = 0
        self._error: tuple[tuple[str, ...], str] | None = None
        """The tools and the error of the failed round before."""
        self._rounds: tuple[tuple[tuple[str, str], ...], ...] = ()
        self._told: set[tuple[tuple[str, ...], str]] = set()
        self._names: tuple[str, ...] = ()
        self._repeated = self._swings = self._idle = False
        self._texts: tuple[str, ...] = ()
        self._failure: str | None = None
        """The first result of the present round that failed."""

    def copy(self) -> Trouble:
        """The same findings, to be extended on their own."""
        twin = Trouble()
        twin.__dict__.update(self.__dict__)
        twin._told = self._told.copy()  # the rest is replaced, never changed in place
        return twin

    def add_turn(self, calls: Sequence[tuple[str, str]], repeated: bool, text: str) -> None:
        """Reads an assistant message: its calls as (name, arguments), and whether one of them was made before."""
        self._settle()
        self._repeated = repeated
        self._idle = not calls and (not text.strip() or promises(text))
        self._names = tuple(name for name, _ in calls)
        if calls:
            self._rounds = (*self._rounds[-3:], tuple(calls))
            last = self._rounds
            self._swings = len(last) == 4 and last[:2] == last[2:] and last[0] != last[1]

    def add_result(self, text: str, failed: bool) -> None:
        """Reads a tool's result."""
        if failed and _PASSING.search(text[:_PASSING_CHARS]) is not None:
            return
        if len(self._texts) < _MOST_READ:
            self._texts = (*self._texts, text)
        if failed and self._failure is None:
            self._failure = text

    def add_request(self) -> None:
        """Reads a user's message: what follows may well need the same calls again."""
        self._settle()
        self._level = max(0, self._level - 1)
        self._told, self._rounds = set(), ()

    @property
    def level(self) -> int:
        """From 0, all is well, to `MOST`."""
        return min(MOST, max(0, self._level + self._points()))

    @property
    def failed_in_a_row(self) -> int:
        """Rounds up to now of which some result failed."""
        if self._failure is not None:
            return self._failed_rounds + 1
        return 0 if self._texts else self._failed_rounds

    @property
    def stalled_in_a_row(self) -> int:
        """Steps up to now that repeated themselves, learned nothing, or announced an action and took none."""
        if self.cause in ("repeated", "swinging", "stalled", "idle"):
            return self._stalled_steps + 1
        return 0 if self._texts else self._stalled_steps

    @property
    def cause(self) -> Cause:
        """What the present round adds; `easing` where it adds nothing and some trouble is left, `none` where none is."""
        if self._failure is not None:
            return "failed"
        if self._swings and self._texts:
            return "swinging"
        if self._texts and self._says_nothing_new():
            return "repeated" if self._repeated else "stalled"
        if self._idle:
            return "idle"
        return "easing" if self.level else "none"

    def _points(self) -> int:
        if self._idle:
            return 1
        if not self._texts:
            return 0
        if self._failure is not None:
            return 1 + (self._error == self._present_error()) + self._swings
        if self._says_nothing_new():
            return 1 + self._swings
        return 1 if self._swings else 0 if self._repeated else -1

    def _present_error(self) -> tuple[tuple[str, ...], str]:
        """The error less its numbers: a line or an id that differs does not make it another."""
        return self._names, _DIGITS.sub("0", (self._failure or "")[:_ERROR_CHARS])

    def _says_nothing_new(self) -> bool:
        return all(
            (self._names, text) in self._told and (self._repeated or len(text) >= _TELLING_CHARS or is_nothing(text))
            for text in self._texts
        )

    def _settle(self) -> None:
        """Ends the present round."""
        self._failed_rounds, self._stalled_steps, self._level = self.failed_in_a_row, self.stalled_in_a_row, self.level
        if self._failure is not None:
            self._error = self._present_error()
        elif self._texts:
            self._error = None
        self._told.update((self._names, text) for text in self._texts)
        self._texts, self._failure = (), None
        self._repeated = self._swings = self._idle = False


def promises(text: str) -> bool:
    """True where the last sentence of a turn announces an action, and asks nothing."""
    tail = fold(text[-_PROMISE_TAIL:]).strip()
    if tail.endswith(("?", "？", "؟")):
        return False
    sentences = [part.strip(" *_-:") for part in _SENTENCE_END.split(tail)]
    last = next((part for part in reversed(sentences) if part), "")
    return last.startswith(_PROMISES)


def is_nothing(text: str) -> bool:
    """True for the result of a search that found nothing."""
    return text.strip().rstrip(".").lower() in _NOTHING
