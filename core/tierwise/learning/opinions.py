"""What people and verdicts say of one answer, as scores and weights: a grade, a thumb, a comparison, a fault."""

from __future__ import annotations

from tierwise.errors import LearnedError

__all__ = ["Opinion", "opinions"]

THUMB_WEIGHT, PREFERENCE_WEIGHT = 0.5, 0.5
"""Judgements: a thumb is pressed for other reasons too; a preference says nothing of whether either answer would do."""
_PREFERRED, _OTHER = 0.75, 0.25

Opinion = tuple[str, float, float, str]
"""Model, score, weight, origin."""


def opinions(model: str, score: float | None, better: bool | None, than: str | None) -> list[Opinion]:
    """The outcomes that an opinion on `model`'s answer amounts to.

    Args:
        model: Who answered.
        score: From 0 to 1, or None.
        better: A thumb, or with `than` a comparison; None where a score is given.
        than: The other model.

    Raises:
        LearnedError: Neither or both of score and better were given, or the score is no share.
    """
    if (score is None) == (better is None) or (score is not None and than is not None):
        raise LearnedError("give score=… (from 0 to 1), or better=True|False, alone or with than=…")
    if score is not None:
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise LearnedError(f"score is {score!r}: give a number from 0 to 1")
        return [(model, float(score), 1.0, "feedback")]
    if than is None:
        return [(model, float(bool(better)), THUMB_WEIGHT, "feedback")]
    if than == model:
        raise LearnedError(f"than is {than!r}, the very model that answered: name another")
    mine, other = (_PREFERRED, _OTHER) if better else (_OTHER, _PREFERRED)
    return [(model, mine, PREFERENCE_WEIGHT, "preference"), (than, other, PREFERENCE_WEIGHT, "preference")]
