"""Which scripts a text is written in."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

_STARTS: Final[tuple[tuple[int, str], ...]] = (
    (0x00, "none"), (0x41, "latin"), (0x5B, "none"), (0x61, "latin"), (0x7B, "none"), (0xC0, "latin"), (0x250, "other"),
    (0x2B0, "none"), (0x370, "greek"), (0x400, "cyrillic"), (0x530, "other"), (0x600, "arabic"), (0x700, "other"),
    (0x750, "arabic"), (0x780, "other"), (0x900, "devanagari"), (0x980, "other"), (0xE00, "unspaced"), (0xF00, "other"),
    (0x1000, "unspaced"), (0x10A0, "other"), (0x1100, "hangul"), (0x1200, "other"), (0x1780, "unspaced"), (0x1800, "other"),
    (0x1E00, "latin"), (0x1F00, "greek"), (0x2000, "none"), (0x2C00, "other"), (0x2E00, "none"), (0x3040, "cjk"),
    (0x3130, "hangul"), (0x3190, "none"), (0x3400, "cjk"), (0xA000, "other"), (0xAC00, "hangul"), (0xD7B0, "none"),
    (0xF900, "cjk"), (0xFB00, "latin"), (0xFB50, "arabic"), (0xFE00, "none"), (0xFE70, "arabic"), (0xFF00, "none"),
    (0xFF66, "cjk"), (0xFFA0, "none"), (0x1D400, "none"), (0x20000, "cjk"), (0x32000, "none"),
)  # fmt: skip
_EDGES: Final = np.array([start for start, _ in _STARTS], dtype=np.uint32)
_NAMES: Final = ("none", "latin", "greek", "cyrillic", "other", "arabic", "devanagari", "unspaced", "hangul", "cjk")
_CLASSES: Final = np.array([_NAMES.index(name) for _, name in _STARTS], dtype=np.intp)


class Scripts(NamedTuple):
    """Letters of a text, counted by script; `unspaced` are Thai, Burmese and Khmer."""

    none: int = 0
    latin: int = 0
    greek: int = 0
    cyrillic: int = 0
    other: int = 0
    arabic: int = 0
    devanagari: int = 0
    unspaced: int = 0
    hangul: int = 0
    cjk: int = 0

    @property
    def non_latin(self) -> float:
        """Share of letters outside the Latin script, in [0, 1]; a few Greek letters are mathematics, not Greek."""
        greek = self.greek if self.greek > 0.3 * (self.latin + self.greek) else 0
        foreign = (
            self.cyrillic + self.other + self.arabic + self.devanagari + self.unspaced + self.hangul + self.cjk + greek
        )
        return foreign / (foreign + self.latin) if foreign else 0.0


def count_scripts(text: str) -> Scripts:
    """Counts letters by script; pass ASCII text only where the exact number of Latin letters is not needed."""
    if text.isascii():
        return Scripts(latin=len(text))
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    classes = _CLASSES[np.searchsorted(_EDGES, codes, side="right") - 1]
    return Scripts(*np.bincount(classes, minlength=len(_NAMES)).tolist())
