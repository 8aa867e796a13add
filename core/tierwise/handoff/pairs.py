"""Calls with their results and results with their calls, parallel ones together; and ids in the form that is demanded."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import count

from tierwise.conversation.makers import SIGNED_ID
from tierwise.handoff.contents import is_blank_part, is_thought
from tierwise.handoff.demands import ANY_ID
from tierwise.handoff.draft import Draft
from tierwise.handoff.entry import Entry
from tierwise.handoff.words import NO_RESULT

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def mend_pairs(draft: Draft) -> None:
    """Drops results whose call is gone and calls that no one answered; gives half-answered calls a placeholder.

    Calls at the very end that wait for all of their results are left alone: the host is about to answer them.
    """
    caller: Entry | None = None
    open_ids: list[str] = []
    for entry in [*draft.entries]:
        if entry.role == "tool":
            call_id = str(entry.message.get("tool_call_id"))
            if call_id in open_ids:
                open_ids.remove(call_id)
            else:
                draft.drop(entry, "a tool result without its call")
            continue
        if caller is not None:
            _settle(draft, caller, open_ids, entry)
        caller, open_ids = (entry, entry.call_ids) if entry.role == "assistant" and entry.calls else (None, [])
    if caller is not None and (draft.following is not None or set(open_ids) < set(caller.call_ids)):
        _settle(draft, caller, open_ids, None)


def fit_ids(draft: Draft) -> None:
    """Rewrites ids that the provider would refuse, and repeated ones, alike in calls and results.

    The new id is made from the old one, so it is the same in every later step. What the tier itself gave twice it takes
    back twice; an id of another's that it gave again is another matter.
    """
    ids, foreign_ids = set(draft.before.ids), set(draft.before.foreign_ids)
    takes_all = draft.demands.call_id.pattern == ANY_ID.pattern
    for caller, results, _ in draft.groups():
        stays = caller.owner == "own" or (takes_all and caller.owner == "unknown")
        taken = foreign_ids if stays else ids
        renamed: dict[str, str] = {}
        for old in caller.call_ids:
            fits = stays or (SIGNED_ID not in old and draft.demands.call_id.fullmatch(old) is not None)
            renamed[old] = old if fits and old not in taken else _new_id(old, draft.demands.call_id_length, ids)
            ids.add(renamed[old])
            if not stays:
                foreign_ids.add(renamed[old])
        for entry in (caller, *results):
            own_ids = entry.call_ids if entry is caller else [str(entry.message.get("tool_call_id"))]
            for old in dict.fromkeys(own_ids):
                if renamed.get(old, old) != old:
                    draft.rewrite_id(entry, old, renamed[old], "ids are unique, and of this provider's form")
    draft.ids, draft.foreign_ids = frozenset(ids), frozenset(foreign_ids)


def _settle(draft: Draft, caller: Entry, unanswered: Sequence[str], before: Entry | None) -> None:
    if not unanswered:
        return
    if set(unanswered) == set(caller.call_ids):
        _drop_calls(draft, caller)
        return
    for call_id in unanswered:
        draft.insert(before, "tool", NO_RESULT, call_id=call_id)


def _drop_calls(draft: Draft, caller: Entry) -> None:
    """The words of a message stay without its calls; thoughts that led to the calls go with them."""
    why = "tool calls that were never answered"
    if not caller.message.get("content"):
        draft.drop(caller, why)
        return
    draft.drop_field(caller, "tool_calls", why)
    if caller.message.get("response_id"):  # the server's own memory of this answer has the calls in it
        draft.drop_field(caller, "response_id", why)
    for index, part in reversed([*(caller.parts or {}).items()]):
        if not is_thought(part) and not is_blank_part(part):
            break
        draft.drop_part(caller, index, why)
    if caller.parts == {}:
        draft.drop(caller, why)


def _new_id(old: str, length: int, taken: set[str]) -> str:
    for n in count():
        number = int.from_bytes(blake2b(f"{old}\x00{n}".encode("utf-8", "surrogatepass"), digest_size=24).digest())
        letters = "".join(_ALPHABET[number // 62**i % 62] for i in range(24))
        new = letters[:length] if length < 24 else f"call_{letters}"
        if new not in taken:
            return new
    raise AssertionError("unreachable")
