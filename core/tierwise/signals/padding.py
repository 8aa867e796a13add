"""Words that only dress a request up: a list of buzzwords after a complete sentence asks for nothing."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 600
_FEWEST_WORDS: Final = 3
_SHARE: Final = 0.85
_SENTENCE_END: Final = re.compile(r"[.!?。！？]+[\s)\"']*")
_WORD: Final = re.compile(r"[^\W\d_]+")
_DRESSING: Final = frozenset(
    """
    a advanced agentic algorithm algorithmic algorithms analyse analysis analytical analyze and architecture
    architectural benchmark big by careful carefully chain compare complex complexity comprehensive concurrency critical
    critically debug deep deeply derive design detailed distributed enterprise evaluate evaluation exhaustive expert
    explain formal hard in intelligent justify level logic logical logically mathematical maths methodical methodically
    microservices multi of offs optimisation optimise optimization optimize phd please proof prove reason reasoning
    refactor rigorous rigorously scalable sophisticated state step steps strategic strategy synthesize system systematic
    systems tests the theorem think thinking thorough thoroughly thought tradeoff tradeoffs trade ultra very
    """.split()  # noqa: SIM905  a list of words reads best as words
)


def strip_padding(text: str) -> str:
    """Takes off a tail of words that ask for nothing by themselves: "Say hi. step by step, evaluate, distributed".

    Only what follows a complete sentence is looked at, and only where nearly all of it is such words, without an object
    of its own; "Prove it. Then compare the two proofs." stays whole.
    """
    if len(text) > _LONGEST:
        return text
    for end in _SENTENCE_END.finditer(text):
        words = _WORD.findall(text[end.end() :].lower())
        if len(words) < _FEWEST_WORDS:
            return text
        if sum(word in _DRESSING for word in words) >= _SHARE * len(words):
            return text[: end.end()].strip()
    return text
