"""The edits that make a history acceptable to a tier."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

from tierwise.handoff.contents import drop_hollow, fill_blanks, flatten_lists, move_images
from tierwise.handoff.demands import demands_of
from tierwise.handoff.draft import Draft
from tierwise.handoff.foreign import leave_out_foreign
from tierwise.handoff.makers import family_of
from tierwise.handoff.order import settle_order
from tierwise.handoff.pairs import fit_ids, mend_pairs
from tierwise.handoff.quick import Walk
from tierwise.handoff.window import Summary, fit_window
from tierwise.tiers import Tier
from tierwise.types import Edit, Message


def edits_for(
    messages: Sequence[Message],
    tier: Tier,
    *,
    thinking: bool | None = None,
    max_tokens: int | None = None,
    summary: Summary = "",
    walks: MutableMapping[str, Walk] | None = None,
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
        walks: By tier name, how far the beginning of this very history was looked at before; where it ends now is put in.

    Returns:
        Edits by the indices of `messages`. The same beginning of a history gets the same edits in every later step, so
        that prompt caches stay warm.
    """
    if not messages:
        return ()
    thinking = bool(thinking if tier.thinking is None else tier.thinking)
    cuts = () if max_tokens is None else fit_window(messages, max_tokens, summary)
    if not cuts and not thinking and _walk(messages, tier, {} if walks is None else walks).stays:
        return ()
    return closer_look(messages, tier, cuts, thinking=thinking)


def _walk(messages: Sequence[Message], tier: Tier, walks: MutableMapping[str, Walk]) -> Walk:
    known = walks.get(tier.name)
    if known is None:
        family = family_of(tier)
        known = Walk(tier, family, demands_of(family))
    walks[tier.name] = known.onward(messages)
    return walks[tier.name]


def closer_look(
    messages: Sequence[Message], tier: Tier, cuts: Sequence[Edit] = (), *, thinking: bool = False
) -> tuple[Edit, ...]:
    """`edits_for`, for histories that may need some; `cuts` are those of `fit_window`."""
    draft = Draft.of(messages, tier, cuts)
    leave_out_foreign(draft)
    drop_hollow(draft)
    mend_pairs(draft)
    fill_blanks(draft)
    fit_ids(draft)
    flatten_lists(draft)
    move_images(draft)
    settle_order(draft, thinking=thinking)
    return draft.finished(len(messages))
