"""What a question asks of whoever answers it, in numbers.

Cue words count only where they govern something: in a clause of a few words, not in a list of buzzwords. Each idea
counts once, so padding a trivial request with "step by step, evaluate, distributed" leaves it trivial.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tierwise.signals.lexicon import (
    COMMON_ENDING_WORDS,
    PHRASES,
    PIECES,
    REASONING_WEIGHTS,
    SPECIALIST_ENDINGS,
    STEMS,
    WORDS,
)
from tierwise.signals.script import Scripts, count_scripts
from tierwise.signals.text import fold, window

_CLAUSE_MARKS: Final = ".,;:!?()[]\r\n。，、；：！？（）।؟،؛…"
_GAPS: Final = '"`*_#{}<>=+|/\\~^&%$@“”«»„「」'
_SPLIT: Final = str.maketrans({**dict.fromkeys(_CLAUSE_MARKS, "\n"), **dict.fromkeys(_GAPS, " ")})
_GOVERNING_WORDS: Final = 3
"""A clause of fewer words governs nothing, unless it opens with its verb."""

_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)|[。！？।؟]|\n")
_LIST_ITEM: Final = re.compile(r"^[ \t]*(?:[-*•]|\(?\d{1,2}[.)]|\(?[a-hA-H][.)])[ \t]+\S", re.MULTILINE)
_CODE_SHAPE: Final = re.compile(
    r"\bdef \w+\(|\bclass \w+[:({]|\bfunction\s*\w*\(|=>|\bimport \w+|\breturn \w|#include|\bpublic (?:static|class|void)|"
    r"\bSELECT\b[^\n]{1,200}\bFROM\b|\bTraceback \(most|\n\s+at [\w.$]+\(|\bconst \w+ =|\blet \w+ =|;\s*\n|\w+\(\w*\)|"
    r"\b[\w-]+\.(?:py|js|ts|tsx|java|go|rs|rb|cpp|c|h|cs|php|sql|sh|ya?ml|json|toml|html|css|ipynb|kt|swift)\b|"
    r"\b[A-Z]\w+(?:Error|Exception)\b|\w+_\w+\(|\b[a-z]+[A-Z]\w+\("
)
_MATHS_SHAPE: Final = re.compile(
    r"\\(?:frac|sum|int|sqrt|lim|begin|mathbb|alpha|beta|theta|pi|cdot|le|ge|ne|infty|left|\[|\()|\$[^$\n]{1,200}\$|"
    r"[∀∃∫∑∏√≤≥≠≈∞∈∉⊂⊆∪∩→⇒⇔ℝℤℕℚℂ∂∇±×÷²³]|[a-zA-Z0-9)]\s?\^\s?[\w({-]|\b\d+(?:\.\d+)?\s*[-+*/=<>]\s*\(?\d|\b[a-z]\s?[=<>]\s?-?\d|\b[a-z]\([a-z]\)"
)
_UNITS: Final = re.compile(
    r"\d\s?(?:mg|mmol|mmhg|µg|mcg|ml|kg|kpa|mpa|gpa|khz|mhz|ghz|kv|kw|mw|ev|kj|kcal|mol|nm|µm|°c|°f|bpm|psi|rpm|hz|w/m|m/s|cal|atm|btu)\b|"
    r"\d{1,3}[- ]year[- ]old|\bbp\s?\d|\d{2,3}/\d{2,3}\b|\bph\s?\d",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}|\b[A-Z]{2,6}\b|\b1[0-9]{3}\b|\b20[0-9]{2}\b")
_SHORT_LOOKUP_WORDS: Final = 14
_MAX_HITS: Final = 200


class QuestionSignals(NamedTuple):
    """The part of `Signals` that is read off the question; names, units and ranges are those of `Signals`."""

    question_chars: int = 0
    question_words: int = 0
    sentences: int = 0
    lexical_complexity: float = 0.0
    reasoning_steps: float = 0.0
    world_knowledge: float = 0.0
    creativity: float = 0.0
    parts: int = 0
    numbers: int = 0
    code: float = 0.0
    mathematics: float = 0.0
    lookup: float = 0.0
    non_latin: float = 0.0


def read_question(text: str) -> QuestionSignals:
    """Reads a question that stands alone: no harness text, no answer options, no examples."""
    if not text:
        return QuestionSignals()
    near = window(text)
    scripts = count_scripts(near)
    clauses = fold(near).translate(_SPLIT).split("\n")
    lists = [words for clause in clauses if (words := clause.split())]
    words = [word for clause in lists for word in clause]
    ideas = _ideas(near, lists, words, scripts)
    n_words = _count_words(words, scripts) if len(near) == len(text) else _count_words(words, scripts) * len(text) // len(near)
    sentences = max(1, sum(1 for _ in zip(_SENTENCE_END.finditer(near), range(_MAX_HITS), strict=False)))
    items = _hits(_LIST_ITEM, near) if "\n" in near else 0
    asked = min(20, near.count("?") + near.count("？") + near.count("؟"))
    parts = max(items, asked, 1)
    code, maths = _code(near, ideas), _maths(near, ideas)
    return QuestionSignals(
        question_chars=len(text),
        question_words=n_words,
        sentences=sentences,
        lexical_complexity=_lexical_complexity(words, scripts),
        reasoning_steps=_reasoning_steps(ideas, parts, n_words),
        world_knowledge=_world_knowledge(near, words, ideas),
        creativity=min(1.0, 0.75 * ("creative" in ideas) + 0.25 * ("writing" in ideas)),
        parts=parts,
        numbers=len(set(_NUMBER.findall(near))) if any(map(near.__contains__, "0123456789")) else 0,
        code=code,
        mathematics=maths,
        lookup=_lookup(ideas, n_words, len(lists), parts, code, maths),
        non_latin=scripts.non_latin,
    )


def _ideas(text: str, clauses: list[list[str]], words: list[str], scripts: Scripts) -> set[str]:
    """The ideas whose cue words govern something."""
    governed: set[str] = set()
    for clause in clauses:
        if len(clause) >= _GOVERNING_WORDS:
            governed.update(clause)
        elif len(clause) == 2:
            governed.add(clause[0])
    ideas: set[str] = set()
    flat = ""
    for word in governed:
        if (idea := WORDS.get(word)) is not None:
            ideas.add(idea)
        elif (stems := STEMS.get(word[:4])) is not None:
            ideas.update(idea for stem, idea in stems if word.startswith(stem))
        if (phrases := PHRASES.get(word)) is not None:
            flat = flat or f" {' '.join(words)} "
            ideas.update(idea for phrase, idea in phrases if phrase in flat)
    if scripts.non_latin:
        for script in ("arabic", "cjk", "devanagari", "hangul"):
            if getattr(scripts, script) >= 3:
                ideas.update(idea for piece, idea in PIECES[script] if piece in text)
    return ideas


def _hits(pattern: re.Pattern[str], text: str) -> int:
    """Matches, up to a bound."""
    return sum(1 for _ in zip(pattern.finditer(text), range(_MAX_HITS), strict=False))


def _count_words(words: list[str], scripts: Scripts) -> int:
    """Words between spaces; without spaces, a pair of letters counts as a word (four in Thai and its like)."""
    pairs = scripts.cjk // 2 + scripts.unspaced // 4
    return max(1, len(words) + pairs - (min(len(words), pairs) if scripts.cjk > scripts.latin else 0))


def _lexical_complexity(words: list[str], scripts: Scripts) -> float:
    """Long words, and varied ones. Scripts without spaces show no word lengths and get a middling figure."""
    if scripts.cjk + scripts.unspaced > scripts.latin:
        return 0.3
    plain = [len(word) for word in words if word.isalpha()]
    if not plain:
        return 0.0
    mean = sum(plain) / len(plain)
    long_share = sum(1 for n in plain if n >= 9) / len(plain)
    variety = len(set(words)) / len(words) if len(words) >= 20 else 0.7
    weight = min(1.0, len(plain) / 4)
    value = 0.5 * _clip((mean - 3.6) / 4.0) + 0.35 * _clip(long_share / 0.35) + 0.15 * _clip((variety - 0.4) / 0.5)
    return weight * value


def _reasoning_steps(ideas: set[str], parts: int, n_words: int) -> float:
    cues = sum(weight for idea, weight in REASONING_WEIGHTS.items() if idea in ideas)
    return min(10.0, cues + 0.5 * min(parts - 1, 6) + min(2.0, n_words / 120))


def _world_knowledge(text: str, words: list[str], ideas: set[str]) -> float:
    distinct = {word for word in words if len(word) >= 7}
    technical = sum(1 for word in distinct if word.endswith(SPECIALIST_ENDINGS) and word not in COMMON_ENDING_WORDS)
    units = _hits(_UNITS, text) if any(map(text.__contains__, "0123456789")) else 0
    names = min(6, _hits(_NAME, text))
    return min(1.0, 0.35 * ("specialist" in ideas) + 0.15 * min(technical, 3) + 0.15 * min(units, 3) + 0.05 * names)


def _code(text: str, ideas: set[str]) -> float:
    fence = "```" in text
    shapes = min(6, _hits(_CODE_SHAPE, text))
    return min(1.0, 0.5 * fence + 0.15 * shapes + 0.35 * ("code" in ideas))


def _maths(text: str, ideas: set[str]) -> float:
    return min(1.0, 0.15 * min(6, _hits(_MATHS_SHAPE, text)) + 0.5 * ("maths" in ideas))


def _lookup(ideas: set[str], n_words: int, n_clauses: int, parts: int, code: float, maths: float) -> float:
    if "lookup" not in ideas or parts > 2:
        return 0.0
    heavy = sum(weight for idea, weight in REASONING_WEIGHTS.items() if idea in ideas and weight >= 1.0)
    short = _clip((2.5 * _SHORT_LOOKUP_WORDS - n_words) / (1.5 * _SHORT_LOOKUP_WORDS))
    return max(0.0, short * (1.0 - 0.4 * heavy) * (1.0 - 0.5 * max(code, maths)))


def _clip(value: float) -> float:
    return 0.0 if value < 0.0 else 1.0 if value > 1.0 else value
