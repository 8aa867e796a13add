"""The shop's answers to common questions, found by meaning with tierwise's own packaged encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tierwise.embedding import packaged_encoder
from tierwise.types import Floats

ENTRIES: tuple[tuple[str, str], ...] = (
    ("How long can I return an item?", "Within 30 days of delivery, unused and in its packing. We pay the postage."),
    (
        "Can I return something that I have used?",
        "Used items come back only if faulty; we repair, replace or refund them.",
    ),
    ("How long does shipping take?", "Two to four working days within Europe, eight to ten elsewhere."),
    ("What does shipping cost?", "4.90 EUR; free from 80 EUR on."),
    ("How can I pay?", "By card, PayPal, or invoice within 14 days."),
    ("Is there a warranty?", "Two years on everything, five on tents."),
    ("How do I wash a down sleeping bag?", "At 30 degrees with down soap; tumble-dry it with two tennis balls."),
    ("When is the shop open?", "Monday to Friday from 9 to 18, on Saturdays from 10 to 14."),
)


@dataclass(frozen=True)
class Faq:
    """Questions with their answers."""

    entries: Sequence[tuple[str, str]] = ENTRIES

    def search(self, question: str, count: int = 2) -> list[tuple[str, str]]:
        """The entries whose questions mean most nearly the same, nearest first."""
        (vector,) = packaged_encoder().embed([question])
        nearest = np.argsort(-(self._vectors @ vector), kind="stable")[:count]
        return [self.entries[int(i)] for i in nearest]

    @cached_property
    def _vectors(self) -> Floats:
        return packaged_encoder().embed([asked for asked, _ in self.entries])
