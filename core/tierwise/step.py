"""At the door: is this a step at all? What is wrong with it is said here, once, in the caller's words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tierwise.errors import StepError
from tierwise.types import Message, Step, Tool

_FORM = "give a list like [{'role': 'user', 'content': '…'}]"


def as_step(step: Sequence[Message] | tuple[Sequence[Message], Sequence[Tool] | None]) -> Step:
    """A step from a message list, or from a pair of messages and tools.

    Raises:
        StepError: It is neither.
    """
    if isinstance(step, tuple) and len(step) == 2 and not isinstance(step[0], Mapping):
        messages, tools = step
        return checked_step(Step(messages, tools or ()))
    return checked_step(Step(step))


def checked_step(step: Step, tier_names: Collection[str] = ()) -> Step:
    """The step itself, when it is one.

    Raises:
        StepError: As `checked_frame` and `check_messages` say.
    """
    checked_frame(step, tier_names)
    check_messages(step.messages)
    return step


def checked_frame(step: Step, tier_names: Collection[str] = (), handlers: Collection[str] = ()) -> Step:
    """The step itself, when all but its messages, one by one, is right.

    Raises:
        StepError: There are no messages, messages or tools are not lists, or a number or a name is out of range.
    """
    _check_list(step.messages)
    if isinstance(step.tools, str | bytes | Mapping) or not isinstance(step.tools, Sequence):
        raise StepError(f"tools is a {type(step.tools).__name__}: give a list of OpenAI tools")
    for i, tool in enumerate(step.tools):
        if not isinstance(tool, Mapping):
            raise StepError(f"tool {i} is a {type(tool).__name__}, not an OpenAI tool (a dict)")
    quality = step.quality
    if quality is not None and (
        isinstance(quality, bool) or not isinstance(quality, int | float) or not 0 < quality <= 1
    ):
        raise StepError(f"quality is {quality!r}: give a share above 0 and at most 1")
    limit = step.max_output_tokens
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise StepError(f"max_output_tokens is {limit!r}: give a whole number of at least 1")
    for what, name in (("floor", step.floor), ("ceiling", step.ceiling)):
        if name in handlers:
            raise StepError(
                f"{what} names {name!r}, which has no model and may abstain: name one of {list(tier_names)!r}"
            )
        if name is not None and name not in tier_names:
            raise StepError(f"{what} names tier {name!r}, but the tiers are {list(tier_names)!r}")
    return step


def check_messages(messages: Sequence[Message], known: int = 0) -> None:
    """Checks that messages are mappings with roles; the first `known` of them were checked before.

    Raises:
        StepError: A message is not.
    """
    for i, message in enumerate(messages[known:], known):
        if not isinstance(message, (dict, Mapping)):
            raise StepError(f"message {i} is a {type(message).__name__}: {_FORM}")
        if not isinstance(message.get("role"), str):
            raise StepError(f"message {i} has no role, only the keys {sorted(map(str, message))!r}: {_FORM}")


def _check_list(messages: Sequence[Message]) -> None:
    if isinstance(messages, str | bytes | Mapping) or not isinstance(messages, Sequence):
        raise StepError(f"messages is a {type(messages).__name__}: {_FORM}")
    if not messages:
        raise StepError(f"there are no messages: {_FORM}")
