"""What a router can promise of its tiers: only what all of them can do, and the least of what they can hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from langchain_core.language_models import ModelProfile


def common_profile(models: Iterable[Any]) -> ModelProfile | None:
    """AND of abilities, MIN of limits; what some tier does not say is left out.

    Returns:
        None where nothing is common to all, as when one tier has no profile.
    """
    profiles = [dict(getattr(model, "profile", None) or {}) for model in models]
    if not profiles:
        return None
    shared = set(profiles[0]).intersection(*profiles[1:])
    common = {key: _least([profile[key] for profile in profiles]) for key in sorted(shared)}
    known = {key: value for key, value in common.items() if value is not None}
    return cast(ModelProfile, known) if known else None


def _least(values: list[Any]) -> Any:
    if all(isinstance(value, bool) for value in values):
        return all(values)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return min(values)
    if all(isinstance(value, list) for value in values):
        return [item for item in values[0] if all(item in other for other in values[1:])] or None
    return values[0] if all(value == values[0] for value in values[1:]) else None
