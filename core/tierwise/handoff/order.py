"""Roles in an order that the provider takes, with as few added words as that needs."""

from __future__ import annotations

from itertools import pairwise

from tierwise.handoff.draft import Draft
from tierwise.handoff.entry import Entry
from tierwise.handoff.shapes import FIRST_ROLES
from tierwise.handoff.words import CUT, GO_ON, NO_ANSWER, READ


def settle_order(draft: Draft) -> None:
    """Puts in a message where the provider insists on one. The draft's pairs are whole."""
    begun = draft.before.spoke is not None
    if not draft.demands.late_system:
        _give_late_system_words_to_the_user(draft, begun)
    first = next((entry for entry in draft.entries if entry.role not in FIRST_ROLES), None)
    if draft.demands.starts_with_user and not begun and first is not None and first.role != "user":
        draft.insert(first, "user", CUT)
    if draft.target.thinking and draft.demands.loops_begin_with_thoughts:
        _close_foreign_loops(draft)
    last = draft.before.last
    for before, entry in pairwise([*([last] if last is not None else []), *draft.entries]):
        _part(draft, before, entry)
    if draft.following is None:
        _end(draft)


def name_systems(draft: Draft) -> None:
    """Has developers' words be the system's, where the provider does not know that role."""
    if draft.demands.developers:
        return
    for entry in [*draft.entries]:
        content = entry.message.get("content")
        if entry.role == "developer" and isinstance(content, str):
            draft.insert(entry, "system", content)
            draft.drop(entry, "this provider knows no developers, only the system")


def _end(draft: Draft) -> None:
    """Has somebody say something, where nobody has, or where an answer stands last that may not."""
    entries = [*([draft.before.spoke] if draft.before.spoke is not None else []), *draft.entries]
    last = next((entry for entry in reversed(entries) if entry.role not in FIRST_ROLES), None)
    is_empty = not draft.entries and draft.before.last is None
    if is_empty or (not draft.demands.ends_with_answer and (last is None or _answers(last))):
        draft.insert(None, "user", GO_ON)


def _answers(last: Entry) -> bool:
    """Whether it is an answer; what the tier said itself it may be meant to carry on."""
    return last.role == "assistant" and not last.calls and last.owner != "own"


def _part(draft: Draft, before: Entry, entry: Entry) -> None:
    """Puts a message between two that may not follow each other."""
    if before.role == "tool" and entry.role == "user" and not draft.demands.user_after_tool:
        draft.insert(entry, "assistant", READ)
    elif before.role == entry.role and entry.role in draft.demands.alone:
        if entry.role == "user":
            draft.insert(entry, "assistant", NO_ANSWER)
        else:
            draft.insert(entry, "user", GO_ON)


def _give_late_system_words_to_the_user(draft: Draft, begun: bool) -> None:
    has_one = draft.before.last is not None and not draft.demands.several_systems
    for entry in [*draft.entries]:
        content = entry.message.get("content")
        if (begun or has_one) and entry.role in FIRST_ROLES and isinstance(content, str):
            draft.insert(entry, "user", content)
            draft.drop(entry, "system messages stand at the beginning")
        begun = begun or entry.role not in FIRST_ROLES
        has_one = has_one or not draft.demands.several_systems


def _close_foreign_loops(draft: Draft) -> None:
    """Ends a tool loop that another model began, where the tier would now carry it on without thoughts of its own.

    deepset-ai/haystack-core-integrations#2146: with thinking switched on by hand, Anthropic wants the loop's last answer
    to begin with thoughts. Nobody can write those; but a loop that has ended needs none.
    """
    for caller, _, after in [*draft.groups()]:
        following = draft.following if after is None else after
        if caller.owner != "own" and (
            following is None or (following.role == "assistant" and following.owner == "own")
        ):
            draft.insert(after, "assistant", READ)
            draft.insert(after, "user", GO_ON)
