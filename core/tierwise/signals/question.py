"""What a question asks of whoever answers it, in numbers.

Cue words count only where they govern something: in a clause of a few words, not in a list of buzzwords. Each idea
counts once, so padding a trivial request with "step by step, evaluate, distributed" leaves it trivial.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tierwise.signals.foreign import Cues, cues_of
from tierwise.signals.lexicon import CODES_OF_OTHER_TRADES, REASONING_WEIGHTS, SHARED_WITH_OTHER_TRADES, WORDS
from tierwise.signals.pieces import PIECES
from tierwise.signals.script import Scripts, count_scripts
from tierwise.signals.text import fold, window
from tierwise.signals.tongue import tongue_of
from tierwise.signals.word_forms import COMMON_ENDING_WORDS, GERMANIC, SPECIALIST_ENDINGS, SPECIALIST_TAILS, THAT

_CLAUSE_MARKS: Final = ".,;:!?¿¡()[]\r\n。，、；：！？（）।؟،؛…"
_GAPS: Final = '"`*_#{}<>=+|/\\~^&%$@“”«»„「」'
_SPLIT: Final = str.maketrans({**dict.fromkeys(_CLAUSE_MARKS, "\n"), **dict.fromkeys(_GAPS, " ")})
_GOVERNING_WORDS: Final = 3
"""A clause of fewer words governs nothing, unless it opens with its verb."""

_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_LIST_ITEM: Final = re.compile(r"\n[ \t]*(?:[-*•]|\(?\d{1,2}[.)]|\(?[a-hA-H][.)])[ \t]+\S")
_FILE_NAME: Final = re.compile(
    r"\.(?:py|js|ts|tsx|jsx|java|go|rs|rb|cpp|cc|c|h|cs|php|sql|sh|ya?ml|json|toml|html|css|ipynb|kt|swift|log)\b"
)
_MATHS_SYMBOL: Final = re.compile(r"[∀∃∫∑∏√≤≥≠≈∞∈∉⊂⊆∪∩→⇒⇔ℝℤℕℚℂ∂∇±×÷²³]")
_LATEX: Final = re.compile(r"\\(?:[a-zA-Z]{2,}|[\[(])")
_ARITHMETIC: Final = re.compile(r"\d\s?[-+*/^=<>]\s?[\d(a-z]")
_UNIT: Final = re.compile(
    r"\d(?:\s?(?:mg|mmol|mmhg|µg|mcg|ml|kg|kpa|mpa|gpa|khz|mhz|ghz|kv|kw|mw|ev|kj|kcal|mol|nm|µm|°c|°f|bpm|psi|rpm|hz|"
    r"w/m|m/s|cal|atm|btu)\b|[- ]year[- ]old| ?мм рт|\d/\d\d\b)"
)
_NAME: Final = re.compile(r" [A-Z][a-z]{2,}")
_ACRONYM: Final = re.compile(r"[A-Z]{2,6}\b")
_CODE_MARKS: Final = (
    "```", "();", ") {", "){", "};", ";\n", "==", "!=", "+=", "&&", "::", " => ", "#include", "import java",
    "self.", "console.", "std:", "</", "/>", "${", "elif ", "public static", "SELECT ", "[i]", "Traceback (most", "[PYTHON]",
    "Error: ", "Exception", "()", "return ", "):", '"""', ">>>", "const ", "\n    ",
)  # fmt: skip
_WORDY_MARKS: Final = (("def ", "("), ("class ", ":\n"), ("import ", "\n"), ("function ", "{"), ("let ", " = "))
_OTHER_SCRIPTS: Final = 0.35
"""Lexical complexity of scripts without word lengths to compare: about the mean of Latin questions."""

_DIGITS: Final = "0123456789"
_SHORT_LOOKUP_WORDS: Final = 14
_DEFINITION_WORDS: Final = 7
_MANY_WORDS: Final = 60
_REPEATS: Final = 8
"""How often a text may use its words on average before it counts as said over and over."""
_MAX_HITS: Final = 200
_STOPS: Final = ("", ".", "?", "!", ":", "\n", "。")


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


def read_question(text: str, chars: int = 0) -> QuestionSignals:
    """Reads a question that stands alone: no harness text, no answer options, no examples.

    Args:
        text: The question; of a long one, its beginning and end are read.
        chars: The question's length where `text` is already cut.
    """
    if not text:
        return QuestionSignals()
    near = window(text)
    scripts = count_scripts(near)
    clauses = fold(near).translate(_SPLIT).split("\n")
    lists = [words for clause in clauses if (words := clause.split())]
    words = [word for clause in lists for word in clause]
    ideas = _ideas(near, lists, words, scripts, cues_of(tongue_of(near, scripts)))
    chars = int(max(chars, len(text)) * _fresh(words))
    n_words = max(1, _count_words(words, scripts) * chars // len(near))
    numbers = set(_NUMBER.findall(near)) if any(map(near.__contains__, _DIGITS)) else set()
    items = _hits(_LIST_ITEM, f"\n{near}") if "\n" in near else 0
    asked = min(20, near.count("?") + near.count("？") + near.count("؟"))
    parts = max(items, asked, 1)
    sentences = _sentences(near)
    if "code" in ideas and not _speaks_of_programs(words):
        ideas.discard("code")
    code, maths = _code(near, ideas), _maths(near, ideas, bool(numbers))
    return QuestionSignals(
        question_chars=chars,
        question_words=n_words,
        sentences=sentences,
        lexical_complexity=_lexical_complexity(words, scripts),
        reasoning_steps=_reasoning_steps(ideas, parts, n_words, sentences),
        world_knowledge=_world_knowledge(near, words, ideas, numbers),
        creativity=_creativity(ideas),
        parts=parts,
        numbers=len(numbers),
        code=code,
        mathematics=maths,
        lookup=_lookup(ideas, n_words, parts, sentences + len(numbers), max(code, maths)),
        non_latin=scripts.non_latin,
    )


def _ideas(text: str, clauses: list[list[str]], words: list[str], scripts: Scripts, cues: Cues) -> set[str]:
    """The ideas whose cue words govern something."""
    governed: set[str] = set()
    lead: list[str] = []
    for clause in clauses:
        if len(clause) >= _GOVERNING_WORDS:
            governed.update(clause)
            if clause[0] in THAT:  # "Beweise, dass …": the verb stands before the comma
                governed.update(lead)
        elif len(clause) == 2:
            governed.add(clause[0])
        lead = clause if len(clause) < _GOVERNING_WORDS else []
    ideas: set[str] = set()
    flat = ""
    for word in governed:
        if (idea := cues.words.get(word)) is not None:
            ideas.add(idea)
        elif (stems := cues.stems.get(word[:4])) is not None:
            ideas.update(idea for stem, idea in stems if word.startswith(stem))
        if (phrases := cues.phrases.get(word)) is not None:
            flat = flat or f" {' '.join(words)} "
            ideas.update(idea for phrase, idea in phrases if phrase in flat)
    if scripts.non_latin:
        for script in ("arabic", "cjk", "devanagari", "hangul"):
            if getattr(scripts, script) >= 3:
                ideas.update(idea for piece, idea in PIECES[script] if piece in text)
        ideas.update(idea for piece, idea in cues.pieces if piece in text)
    return ideas


def _hits(pattern: re.Pattern[str], text: str) -> int:
    """Matches, up to a bound."""
    return sum(1 for _ in zip(pattern.finditer(text), range(_MAX_HITS), strict=False))


def _sentences(text: str) -> int:
    ends = text.count(". ") + text.count("? ") + text.count("! ") + text.count("\n") if " " in text else 0
    wide = 0 if text.isascii() else text.count("。") + text.count("？") + text.count("！") + text.count("।")
    return max(1, ends + wide + (not text.endswith(("\n", "。", "？", "！", "।"))))


def _count_words(words: list[str], scripts: Scripts) -> int:
    """Words between spaces; without spaces, a pair of letters counts as a word (four in Thai and its like)."""
    pairs = scripts.cjk // 2 + scripts.unspaced // 4
    return max(1, len(words) + pairs - (min(len(words), pairs) if scripts.cjk > scripts.latin else 0))


def _lexical_complexity(words: list[str], scripts: Scripts) -> float:
    """Long words, and varied ones. Where word lengths mean something else, a middling figure (see `_OTHER_SCRIPTS`)."""
    if scripts.non_latin > 0.5 and not scripts.cyrillic + scripts.greek > scripts.cjk + scripts.other:
        return _OTHER_SCRIPTS
    plain = list(map(len, filter(str.isalpha, words)))
    if not plain:
        return 0.0
    longer = 1.2 if scripts.cyrillic > scripts.latin or is_germanic(words) else 0.0
    mean = sum(plain) / len(plain) - longer
    long_share = sum(map((9 + longer).__le__, plain)) / len(plain)
    variety = len(set(words)) / len(words) if len(words) >= 20 else 0.7
    weight = min(1.0, len(plain) / 4)
    value = 0.5 * _clip((mean - 3.6) / 4.0) + 0.35 * _clip(long_share / 0.35) + 0.15 * _clip((variety - 0.4) / 0.5)
    return weight * value


def _fresh(words: list[str]) -> float:
    """The share of a text that is not one phrase said over and over; tables of numbers are not talk, and stay whole."""
    if len(words) < _MANY_WORDS:
        return 1.0
    share = _REPEATS * len(set(words)) / len(words)
    if share >= 1.0 or sum(map(str.isalpha, words)) < 0.8 * len(words):
        return 1.0
    return share


def _reasoning_steps(ideas: set[str], parts: int, n_words: int, sentences: int) -> float:
    cues = sum(weight for idea, weight in REASONING_WEIGHTS.items() if idea in ideas)
    if "define" in ideas and n_words <= _DEFINITION_WORDS and sentences == 1:
        cues *= 0.3  # "What is a race condition?" asks for a definition, not for one to be found
    return min(10.0, cues + 0.5 * min(parts - 1, 6) + min(2.0, n_words / 120))


def is_germanic(words: list[str]) -> bool:
    """True where the function words are German's or Dutch's: long compounds, and in German capitals on every noun."""
    return not GERMANIC.isdisjoint(words) and len(GERMANIC.intersection(words)) * 12 >= min(len(words), 60)


def _creativity(ideas: set[str]) -> float:
    """A form to invent in, and a verb to write with; either alone says less."""
    if "creative" not in ideas:
        return 0.2 * ("writing" in ideas)
    return 1.0 if "writing" in ideas else 0.5


def _world_knowledge(text: str, words: list[str], ideas: set[str], numbers: set[str]) -> float:
    technical = sum(1 for word in set(words) if word[-3:] in SPECIALIST_TAILS and _is_technical(word))
    units = _hits(_UNIT, text.lower()) if numbers else 0
    years = sum(1 for number in numbers if len(number) == 4 and "1000" <= number <= "2100")
    names = 0 if is_germanic(words) else min(6, _names(text, len(words)) + years)
    return min(1.0, 0.35 * ("specialist" in ideas) + 0.15 * min(technical, 3) + 0.15 * min(units, 3) + 0.05 * names)


def _is_technical(word: str) -> bool:
    return len(word) >= 7 and word.endswith(SPECIALIST_ENDINGS) and word not in COMMON_ENDING_WORDS


def _names(text: str, n_words: int) -> int:
    """Capitals inside sentences; where every noun has one (German), they name nothing."""
    names = {found[0] for found in _NAME.finditer(text) if text[found.start() - 1 : found.start()] not in _STOPS}
    names = set() if len(names) > max(4, 0.2 * n_words) else names
    return len(names) + len(set(_ACRONYM.findall(text)))


def _speaks_of_programs(words: list[str]) -> bool:
    """False where the only cues are words of other trades too: a postal code, the business class, a payment method."""
    if any(WORDS.get(word) == "code" and word not in SHARED_WITH_OTHER_TRADES for word in words):
        return True
    if not SHARED_WITH_OTHER_TRADES.intersection(words):
        return True  # a phrase, a stem, or a script without spaces
    before = zip(("", *words), words, strict=False)
    return any(word == "code" and last not in CODES_OF_OTHER_TRADES for last, word in before)


def _code(text: str, ideas: set[str]) -> float:
    marks = sum(map(text.__contains__, _CODE_MARKS)) + (len(set(_FILE_NAME.findall(text))) if "." in text else 0)
    marks += sum(1 for first, second in _WORDY_MARKS if first in text and second in text)
    return min(1.0, 0.3 * ("```" in text) + 0.12 * max(0, marks - 1) + 0.08 * min(1, marks) + 0.35 * ("code" in ideas))


def _maths(text: str, ideas: set[str], has_numbers: bool) -> float:
    marks = 0 if text.isascii() else len(set(_MATHS_SYMBOL.findall(text)))
    marks += len(set(_LATEX.findall(text))) if "\\" in text else 0
    marks += (text.count("$") >= 2) + ("^" in text) + (min(3, _hits(_ARITHMETIC, text)) if has_numbers else 0)
    return min(1.0, 0.15 * marks + 0.5 * ("maths" in ideas))


def _lookup(ideas: set[str], n_words: int, parts: int, facts: int, formal: float) -> float:
    if ideas.isdisjoint(("lookup", "define")) or parts > 2:
        return 0.0
    heavy = sum(weight for idea, weight in REASONING_WEIGHTS.items() if idea in ideas and weight >= 1.0)
    short = _clip((2.5 * _SHORT_LOOKUP_WORDS - n_words) / (1.5 * _SHORT_LOOKUP_WORDS))
    return max(0.0, short * (1.0 - 0.4 * heavy) * (1.0 - 0.5 * formal) * (1.0 if facts <= 2 else 0.4))


def _clip(value: float) -> float:
    return 0.0 if value < 0.0 else 1.0 if value > 1.0 else value
