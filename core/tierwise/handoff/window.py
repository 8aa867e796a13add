"""A history cut to a window: the oldest steps give way to a summary; system, task and the latest steps stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from tierwise.signals.history import History
from tierwise.signals.tokens import estimate_tokens
from tierwise.types import Edit, Message

Summary: TypeAlias = str | Callable[[Sequence[Message], int], str]
"""A text, or a function of the messages that go and of the tokens that their summary may have."""

_SHARE = 0.2
"""Of the window, the most that a summary may take."""
_SHORT = 6
"""A user's message of fewer words leans on the one before it."""
_SYSTEM = ("system", "developer")
_Range: TypeAlias = tuple[int, int]


def fit_window(messages: Sequence[Message], max_tokens: int, summary: Summary) -> tuple[Edit, ...]:
    """Replaces the oldest steps by a summary, where a history is too long.

    Args:
        messages: The OpenAI view of the history.
        max_tokens: What it may have, estimated as in `tierwise.signals`: the tier's window, less tools and output.
        summary: What stands in the place of the steps that go. An empty one leaves nothing in their place.

    Returns:
        Nothing where the history fits. Else edits after which it fits, if that can be had without touching the system's
        messages, the task (the latest user message, and those before it that it leans on) and the latest step. A call
        and its results go together or stay together.
    """
    sizes = [_size(message) for message in messages]
    total = sum(sizes)
    if total <= max_tokens:
        return ()
    wanted = estimate_tokens(summary) if isinstance(summary, str) else int(_SHARE * max_tokens)
    going: list[_Range] = []
    for start, stop in _steps_that_may_go(messages):
        if total + wanted <= max_tokens:
            break
        total -= sum(sizes[start:stop])
        if going and going[-1][1] == start:
            going[-1] = (going[-1][0], stop)
        else:
            going.append((start, stop))
    return tuple(edit for n, span in enumerate(going) for edit in _gone(messages, span, summary, wanted, n, len(going)))


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
    why = "too long for the window"
    if text:
        yield Edit("summarise", start, stop=stop, new=text, reason=why)
        return
    for index in range(start, stop):
        yield Edit("drop_message", index, reason=why)


def _steps_that_may_go(messages: Sequence[Message]) -> list[_Range]:
    """Oldest first: everything but the beginning's system messages, the task and the latest step."""
    steps = _steps(messages)
    tasks = _tasks(messages)
    return [
        (start, stop)
        for start, stop in steps[:-1]
        if not tasks & set(range(start, stop)) and str(messages[start].get("role")) not in _SYSTEM
    ]


def _steps(messages: Sequence[Message]) -> list[_Range]:
    """Stretches that stay together: a message, with the tool results that follow it."""
    starts = [i for i, message in enumerate(messages) if message.get("role") != "tool" or i == 0]
    return list(zip(starts, [*starts[1:], len(messages)], strict=True))


def _tasks(messages: Sequence[Message]) -> set[int]:
    """Where the task stands: the latest user message, and further back as long as it is a short one."""
    found: set[int] = set()
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].get("role") != "user":
            continue
        found.add(index)
        if len(_words(messages[index].get("content"))) >= _SHORT:
            break
    return found


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
