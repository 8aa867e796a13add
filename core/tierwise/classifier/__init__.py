"""From signals and vectors to an estimate: difficulty of the step against the ability of each model."""

from __future__ import annotations

from tierwise.classifier.model import DifficultyAbility, load_classifier

__all__ = ["DifficultyAbility", "load_classifier"]
