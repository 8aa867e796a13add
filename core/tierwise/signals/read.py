"""Reads a step, once through: the task, the newest message, and the signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tierwise.signals.history import History
from tierwise.signals.kind import read_kind
from tierwise.signals.padding import strip_padding
from tierwise.signals.question import QuestionSignals, read_question
from tierwise.signals.task import split_question, strip_harness
from tierwise.signals.text import HEAD_CHARS, TAIL_CHARS, window
from tierwise.signals.tokens import estimate_tokens
from tierwise.signals.tools import digest_tools, is_forbidden, is_forced, wants_structure
from tierwise.signals.turn import Turn, asks_for_summary, opens_with_yes, read_turn
from tierwise.types import Reading, Signals, Step

_OPENING: Final = 200
_MAX_LOOK_BACK: Final = 40
_LONG_TEXT: Final = 600
"""Characters from which a request brings the text along that it wants condensed, rather than sending for it."""

_ON_PROGRAM: Final = 0.35
"""How far a task is about code, at least, where an agent has source files in hand: as far as by one word for it."""


class _Task(NamedTuple):
    """The task, what the newest user message does, and the text whose signals also count (a plan agreed to)."""

    text: str
    options: int
    turn: Turn
    plan: str
    newest: str
    chars: int = 0
    """The request's length where it is too long to be read in full."""


def read_step(step: Step, history: History | None = None) -> Reading:
    """Reads a step, without a model and in any language.

    Args:
        step: The step.
        history: What one pass over exactly these messages found, where the caller has it already.

    Returns:
        Task, newest message, and signals: a function of the step alone. Malformed messages are read as far as they
        can be; nothing raises.
    """
    if history is None:
        history = History()
        history.extend(step.messages if isinstance(step.messages, Sequence) else ())
    digest = digest_tools(step.tools)
    task = _find_task(history)
    question = read_question(task.text, task.chars)
    if task.plan:
        question = _with_plan(question, read_question(task.plan))
    if history.on_program and question.code < _ON_PROGRAM:
        question = question._replace(code=_ON_PROGRAM)
    forced = is_forced(step.tool_choice)
    callable_tools = digest.tools > 0 and not is_forbidden(step.tool_choice)
    input_tokens = history.tokens + digest.tokens
    acts = digest.tools > 0 or history.results > 0  # without tools, "let me explain" is no promise broken
    signals = Signals(
        kind=read_kind(
            after_result=history.after_result,
            failed=history.last_failed,
            repeated=history.last_call_repeated,
            turn=task.turn,
            summary=(not callable_tools or history.depth > 0 or question.question_chars > _LONG_TEXT)
            and asks_for_summary(task.text if task.turn == "request" else task.newest),
            forced=forced,
            callable_tools=callable_tools,
            first_request=len(history.users) <= 1 and history.results == 0,
            in_conversation=history.depth > 0,
        ),
        **question._asdict(),
        options=task.options,
        social=float(task.turn == "social"),
        assent=float(task.turn == "assent"),
        messages=history.messages,
        depth=history.depth,
        tool_results=history.results,
        tool_errors=history.errors,
        repeated_calls=history.repeats,
        last_result_failed=history.after_result and history.last_failed,
        last_result_chars=history.last_result_chars if history.after_result else 0,
        trouble=history.trouble.level if acts else 0,
        failed_in_a_row=history.trouble.failed_in_a_row,
        stalled_in_a_row=history.trouble.stalled_in_a_row if acts else 0,
        tools=digest.tools,
        tool_schema_depth=digest.depth,
        tool_parameters=digest.parameters,
        tool_choice_forced=forced,
        structured_output=wants_structure(step.response_format),
        images=history.images,
        input_tokens=input_tokens,
        context_only_tokens=max(0, input_tokens - estimate_tokens(task.text)),
    )
    return Reading(task=task.text, latest=window(history.latest), signals=signals)


def _find_task(history: History) -> _Task:
    """Goes back from the newest user message to the last one that stands on its own."""
    turn: Turn | None = None
    newest = leaning = plan = ""
    users = history.users
    for i in range(len(users) - 1, max(-1, len(users) - 1 - _MAX_LOOK_BACK), -1):
        words = strip_padding(strip_harness(users[i], users[i - 1] if i else ""))
        if not words:
            continue
        reply = history.replies[i]
        this = read_turn(words, after_question="?" in reply[-300:] or "？" in reply[-300:])
        if turn is None:
            turn, newest = this, words
            if this == "social":
                return _Task(words, 0, this, "", words)
        if this == "request":
            text, options = split_question(words)
            chars = len(users[i]) if len(users[i]) > HEAD_CHARS + TAIL_CHARS else 0
            return _Task(f"{text}\n{leaning}" if leaning else text, options, turn, plan, newest, chars)
        if this == "assent":
            plan = plan or window(reply)
        elif this == "leaning":
            leaning = leaning or words
            plan = plan or (window(reply) if opens_with_yes(words) else "")
    if plan:
        return _Task(plan, 0, turn or "request", "", newest)
    text = newest or (window(users[-1]).strip() if users else "")
    return _Task(text, 0, turn or "request", "", newest)


def _with_plan(request: QuestionSignals, plan: QuestionSignals) -> QuestionSignals:
    """A request whose plan was agreed to asks at least what the plan does."""
    return request._replace(
        reasoning_steps=max(request.reasoning_steps, plan.reasoning_steps),
        world_knowledge=max(request.world_knowledge, plan.world_knowledge),
        code=max(request.code, plan.code),
        mathematics=max(request.mathematics, plan.mathematics),
        parts=max(request.parts, plan.parts),
    )
