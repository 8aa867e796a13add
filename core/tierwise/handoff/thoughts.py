"""Thoughts beside each answer, where a thinking model insists on them."""

from __future__ import annotations

from tierwise.handoff.draft import Draft
from tierwise.handoff.words import NO_THOUGHTS

THOUGHTS = "reasoning_content"


def give_thoughts(draft: Draft) -> None:
    """Puts a blank in the place of thoughts that are not there, or that another model had.

    https://api-docs.deepseek.com/guides/thinking_mode: thoughts that led to calls must come back, else 400. Answers of
    other models have none that DeepSeek could go on with; a blank is the least that it takes (BerriAI/litellm#28045).
    """
    if not draft.target.wants_thoughts:
        return
    for entry in draft.entries:
        thoughts = entry.message.get(THOUGHTS)
        if entry.role == "assistant" and (not thoughts or (entry.owner == "foreign" and thoughts != NO_THOUGHTS)):
            draft.fill_field(entry, THOUGHTS, NO_THOUGHTS, "while it thinks, this provider insists on thoughts")
