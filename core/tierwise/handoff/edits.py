"""The edits that make a history acceptable to a tier."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from tierwise.handoff.contents import drop_hollow, fill_blanks, flatten_lists, move_images
from tierwise.handoff.draft import Draft
from tierwise.handoff.foreign import leave_out_foreign
from tierwise.handoff.order import name_systems, settle_order
from tierwise.handoff.pairs import fit_ids, mend_pairs
from tierwise.handoff.quick import Walk
from tierwise.handoff.settled import Settled, places_to_settle
from tierwise.handoff.target import MakerOf, Target
from tierwise.handoff.thoughts import give_thoughts
from tierwise.handoff.window import Summary, fit_window
from tierwise.tiers import Tier
from tierwise.types import Edit, Message


@dataclass(frozen=True, slots=True)
class Known:
    """What was found in the beginning of a history, for one target."""

    walk: Walk
    settled: Settled


def edits_for(
    messages: Sequence[Message],
    tier: Tier,
    *,
    thinking: bool | None = None,
    max_tokens: int | None = None,
    summary: Summary = "",
    walks: MutableMapping[str, Any] | None = None,
    maker_of: MakerOf | None = None,
) -> tuple[Edit, ...]:
    """The changes that make a history acceptable to a tier; empty when the tier made a whole history itself.

    Args:
        messages: The OpenAI view of the history. `made_by` on assistant messages names their makers.
        tier: Its provider's demands are met (`tierwise.handoff.demands`).
        thinking: Whether the call asks the tier to think by a switch, as far as the host can tell; the tier's own
            `thinking` overrides it. Anthropic's manual mode does not carry on a tool loop that another model began: such
            a loop is then closed with a word.
        max_tokens: What the history may have; see `fit_window`. None leaves its length as it is.
        summary: What stands in the place of the steps that do not fit.
        walks: By target, what was found in the beginning of this very history before; what is found now is put in. With
            it, a step costs by what is new.
        maker_of: Asked for assistant messages that do not name their makers, each of them once.

    Returns:
        Edits by the indices of `messages`. The same beginning of a history gets the same edits in every later step, so
        that prompt caches stay warm.
    """
    if not messages:
        return ()
    target = Target.of(tier, thinking, maker_of)
    cuts = () if max_tokens is None else fit_window(messages, max_tokens, summary, walks)
    if cuts:
        return closer_look(messages, target, cuts)
    known = walks if walks is not None else {}
    key = f"{tier.name}\x00{target.thinking}"
    before = known.get(key, Known(Walk(target), Settled()))
    walk = before.walk.onward(messages, target)
    settled = before.settled if walk.stays else _settle(messages, target, before.settled)
    known[key] = Known(walk, settled)
    return () if walk.stays else _edits_after(messages, target, settled)


def closer_look(messages: Sequence[Message], target: Target, cuts: Sequence[Edit] = ()) -> tuple[Edit, ...]:
    """`edits_for`, of a whole history at once, which may need some; `cuts` are those of `fit_window`."""
    draft = Draft.of(messages, target, cuts)
    _edit(draft)
    return draft.finished(len(messages))


def _settle(messages: Sequence[Message], target: Target, settled: Settled) -> Settled:
    """Settles as much of a history as can be."""
    for stop in places_to_settle(messages, settled.messages):
        draft = Draft.of_stretch(messages, target, settled, stop)
        _edit(draft)
        settled = draft.settled(stop)
    return settled


def _edits_after(messages: Sequence[Message], target: Target, settled: Settled) -> tuple[Edit, ...]:
    """All edits: those that are settled, and those of the rest, which the next step may change."""
    draft = Draft.of_stretch(messages, target, settled, None)
    _edit(draft)
    return (*settled.edits, *draft.finished(len(messages)))


def _edit(draft: Draft) -> None:
    name_systems(draft)
    leave_out_foreign(draft)
    drop_hollow(draft)
    mend_pairs(draft)
    fill_blanks(draft)
    fit_ids(draft)
    flatten_lists(draft)
    move_images(draft)
    settle_order(draft)
    give_thoughts(draft)  # last, as what was put in needs them too
