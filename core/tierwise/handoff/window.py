"""A history cut to a window: the oldest steps give way to a summary; system, task and the latest steps stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from copy import copy
from typing import Any, NamedTuple, TypeAlias

from tierwise.signals.history import History
from tierwise.signals.tokens import estimate_tokens
from tierwise.types import Edit, Message

Summary: TypeAlias = str | Callable[[Sequence[Message], int], str]
"""A text, or a function of the messages that go and of the tokens that their summary may have."""

_SHARE = 0.2
"""Of the window, the most that a summary may take."""
_AFTER = 0.7
"""Of the window, what is taken after a jump. Lower ones jump seldom and know less; the summary is in it."""
_SIZES, _CUTTING = "\x00sizes", "\x00cutting "
_SHORT = 6
"""A user's message of fewer words leans on the one before it."""
_WHY = "too long for the window"
_SYSTEM = ("system", "developer")
_Range: TypeAlias = tuple[int, int]


def fit_window(
    messages: Sequence[Message], max_tokens: int, summary: Summary, walks: MutableMapping[str, Any] | None = None
) -> tuple[Edit, ...]:
    """Replaces the oldest steps by a summary, where a history is too long.

    What goes, goes in jumps: when the room is full, so much that `_AFTER` of it is taken, and then nothing until it is full
    again. So the beginning of what is sent stays the same from step to step, and the target's prompt cache warm. The jumps
    follow from the messages alone (from what stood there before each answer), so that every process finds the same.

    Args:
        messages: The OpenAI view of the history.
        max_tokens: What it may have, estimated as in `tierwise.signals`: the tier's window, less tools and output.
        summary: What stands in the place of the steps that go. An empty one leaves nothing in their place.
        walks: What was measured of the beginning of this very history before; what is measured now is put in.

    Returns:
        Nothing where the history fits. Else edits after which it fits, if that can be had without touching the system's
        messages, the task (the latest user message, and those before it that it leans on) and the latest step. A call
        and its results go together or stay together.
    """
    walks = {} if walks is None else walks
    sizes = walks[_SIZES] = _sizes(messages, walks.get(_SIZES, []))
    if sum(sizes) <= max_tokens:
        return ()
    wanted = estimate_tokens(summary) if isinstance(summary, str) else int(_SHARE * max_tokens)
    key = f"{_CUTTING}{max_tokens} {wanted}"
    cutting = walks[key] = walks.get(key, _Cutting(max_tokens, wanted)).onward(messages, sizes)
    going = cutting.ranges()
    return tuple(edit for n, span in enumerate(going) for edit in _gone(messages, span, summary, wanted, n, len(going)))


def tokens_less(edits: Sequence[Edit], walks: Mapping[str, Any]) -> int:
    """By how many estimated tokens the edits of `fit_window` shorten a history that it has measured in `walks`."""
    sizes = walks.get(_SIZES, [])
    less = 0
    for edit in edits:
        if edit.action == "summarise" and edit.stop is not None:
            less += sum(sizes[edit.message : edit.stop]) - estimate_tokens(edit.new or "")
        elif edit.action == "drop_message" and edit.reason == _WHY:
            less += sizes[edit.message]
    return less


def _sizes(messages: Sequence[Message], known: list[int]) -> list[int]:
    return known + [_size(message) for message in messages[len(known) :]]


class _Cutting:
    """What has gone of a history, found by going through its calls from the first one on.

    Args:
        max_tokens: What the history may have.
        wanted: What a summary takes of it.
    """

    def __init__(self, max_tokens: int, wanted: int) -> None:
        self._max_tokens, self._wanted = max_tokens, wanted
        self._seen, self._total = 0, 0
        self._gone = 0
        """Tokens that have gone, less those of the summary."""
        self._going: list[_Range] = []
        self._steps: list[_Step] = []
        self._tasks: list[int] = []
        """Where the task stands: the latest user message, and further back as long as it is a short one."""

    def onward(self, messages: Sequence[Message], sizes: Sequence[int]) -> _Cutting:
        """The same up to the end of these messages, whose beginning it has seen; itself it stays where it is."""
        later = copy(self)
        later._steps = self._steps.copy()
        for index in range(self._seen, len(messages)):
            role = str(messages[index].get("role"))
            if role == "assistant":  # a call was made here
                later._make_room()
            later._take(index, messages[index], role, sizes[index])
        later._seen = len(messages)
        return later

    def ranges(self) -> list[_Range]:
        """The stretches that have gone when the next call is made, oldest first."""
        due = copy(self)
        due._make_room()
        return due._going

    def _take(self, index: int, message: Message, role: str, size: int) -> None:
        self._total += size
        if role == "tool" and self._steps:
            step = self._steps[-1]
            self._steps[-1] = step._replace(stop=index + 1, size=step.size + size)
        else:
            self._steps.append(_Step(index, index + 1, size, role in _SYSTEM))
        if role == "user":
            leans = len(_words(message.get("content"))) < _SHORT
            self._tasks = [*self._tasks, index] if leans else [index]

    def _make_room(self) -> None:
        """Where it is full, lets go of the oldest steps: all but system, task and the latest one."""
        if self._total - self._gone <= self._max_tokens:
            return
        tasks, going = set(self._tasks), list[_Range]()
        left, room = self._total + self._wanted, int(_AFTER * self._max_tokens)
        for step in self._steps[:-1]:
            if left <= room:
                break
            if step.stays or step.start in tasks:
                continue
            left -= step.size
            if going and going[-1][1] == step.start:
                going[-1] = (going[-1][0], step.stop)
            else:
                going.append((step.start, step.stop))
        if going:
            self._going, self._gone = going, self._total - left


class _Step(NamedTuple):
    """Messages that stay together: one, with the tool results that follow it."""

    start: int
    stop: int
    size: int
    stays: bool


def _gone(
    messages: Sequence[Message], span: _Range, summary: Summary, tokens: int, number: int, ranges: int
) -> Iterator[Edit]:
    """The edits that take one stretch away. A ready text stands in the place of the first stretch only."""
    start, stop = span
    if callable(summary):
        text = summary(messages[start:stop], tokens // ranges)
    elif number == 0:
        text = summary
    else:
        text = ""
    if text:
        yield Edit("summarise", start, stop=stop, new=text, reason=_WHY)
        return
    for index in range(start, stop):
        yield Edit("drop_message", index, reason=_WHY)


def _words(content: Any) -> list[str]:
    if isinstance(content, str):
        return content.split()
    parts = content if isinstance(content, list) else []
    texts = (str(part.get("text") or "") for part in parts if isinstance(part, dict))
    return [word for text in texts for word in text.split()]


def _size(message: Message) -> int:
    history = History()
    history.extend([message])
    return history.tokens
