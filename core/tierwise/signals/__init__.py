"""What can be read off a step without a model, in any language."""

from __future__ import annotations

from tierwise.signals.read import read_step
from tierwise.signals.tokens import estimate_tokens

__all__ = ["estimate_tokens", "read_step"]
