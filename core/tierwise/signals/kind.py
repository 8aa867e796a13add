"""What a step is about to do, read from what stands before it."""

from __future__ import annotations

from tierwise.signals.turn import Turn
from tierwise.types import Kind


def read_kind(
    *,
    after_result: bool,
    failed: bool,
    repeated: bool,
    turn: Turn,
    summary: bool,
    forced: bool,
    callable_tools: bool,
    first_request: bool,
    in_conversation: bool,
) -> Kind:
    """Names the kind of a step; the first rule that holds decides.

    Args:
        after_result: The newest message is a tool result.
        failed: That result is a failure.
        repeated: The call before it had been made before, with the same arguments.
        turn: What the newest user message does.
        summary: The newest user message asks to condense.
        forced: `tool_choice` demands a call.
        callable_tools: Tools are offered and may be used.
        first_request: The newest user message is the first, and nothing has been called yet.
        in_conversation: The assistant has spoken, so that there is something to lean on.
    """
    if after_result:
        return "recovery" if failed or repeated else "digest"
    if forced and callable_tools:
        return "tool_call"
    if summary:
        return "summary"
    if turn != "request" and in_conversation:
        return "follow_up"
    if not callable_tools:
        return "answer"
    return "opening" if first_request else "tool_call"
