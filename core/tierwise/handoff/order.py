"""Roles in an order that the provider takes, with as few added words as that needs."""

from __future__ import annotations

from itertools import pairwise

from tierwise.handoff.draft import Draft, Entry
from tierwise.handoff.words import CUT, GO_ON, NO_ANSWER, READ

_FIRST = ("system", "developer")


def settle_order(draft: Draft, *, thinking: bool) -> None:
    """Puts in a message where the provider insists on one.

    Args:
        draft: Its pairs are whole.
        thinking: See `edits_for`.
    """
    if not draft.demands.late_system:
        _give_late_system_words_to_the_user(draft)
    first = next((entry for entry in draft.entries if entry.role not in _FIRST), None)
    if draft.demands.starts_with_user and first is not None and first.role != "user":
        draft.insert(first, "user", CUT)
    if thinking:
        _close_foreign_loops(draft)
    for before, entry in pairwise([*draft.entries]):
        _part(draft, before, entry)
    if not draft.entries or (not draft.demands.ends_with_answer and _has_nothing_to_answer(draft)):
        draft.insert(None, "user", GO_ON)


def _has_nothing_to_answer(draft: Draft) -> bool:
    """Nothing is said, or an answer stands last; what the tier said itself it may be meant to carry on."""
    last = next((entry for entry in reversed(draft.entries) if entry.role not in _FIRST), None)
    return last is None or (last.role == "assistant" and not last.calls and last.owner != "own")


def _part(draft: Draft, before: Entry, entry: Entry) -> None:
    """Puts a message between two that may not follow each other."""
    if before.role == "tool" and entry.role == "user" and not draft.demands.user_after_tool:
        draft.insert(entry, "assistant", READ)
    elif before.role == entry.role and entry.role in draft.demands.alone:
        if entry.role == "user":
            draft.insert(entry, "assistant", NO_ANSWER)
        else:
            draft.insert(entry, "user", GO_ON)


def _give_late_system_words_to_the_user(draft: Draft) -> None:
    begun = False
    for entry in [*draft.entries]:
        content = entry.message.get("content")
        if begun and entry.role in _FIRST and isinstance(content, str):
            draft.insert(entry, "user", content)
            draft.drop(entry, "system messages stand at the beginning")
        begun = begun or entry.role not in _FIRST


def _close_foreign_loops(draft: Draft) -> None:
    """Ends a tool loop that another model began, where the tier would now carry it on without thoughts of its own.

    deepset-ai/haystack-core-integrations#2146: with thinking switched on by hand, Anthropic wants the loop's last answer
    to begin with thoughts. Nobody can write those; but a loop that has ended needs none.
    """
    for caller, _, after in [*draft.groups()]:
        if caller.owner != "own" and (after is None or (after.role == "assistant" and after.owner == "own")):
            draft.insert(after, "assistant", READ)
            draft.insert(after, "user", GO_ON)
