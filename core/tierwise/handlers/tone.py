"""Whether a text plainly praises or plainly blames. Made to abstain: one wrong label costs more than ten that a model gives.

A text passes where nothing in it is doubtful and every part of it is a plain judgement. That is, in this order:

1. nothing but letters and plain marks; no capitals for loudness, no word twice for emphasis, no colon or dash before a
   point, no question, quotation, wish, condition, comparison, or word of irony (`DOUBTFUL`);
2. all words known, in one language: by others a text may mean anything;
3. every clause holds a word of feeling, and all of them point the same way. "Great product. It never worked." has a clause
   that says something else, and so has "we loved the hotel, not the staff";
4. praise has no negation anywhere but in fixed phrases, and blame is not negated: "not bad", "I never regretted it" and
   "nobody hates it" mean many things. Negated praise is blame where the negation stands right before it, and nothing
   makes it partial: "not good" is, "great quality it is not" and "not everything is good" are not looked into.

"Mixed" is two such texts with a contrast between them, one of each kind; "neutral" a text of nothing but words of reports.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Final, Literal, NamedTuple, TypeAlias

from tierwise.handlers.feelings import (
    AFTER_A_WHILE,
    BLAME,
    BLAME_SIGNS,
    BLAMING_PHRASES,
    CONTRAST,
    DOUBTFUL,
    NEUTRAL,
    PLAIN,
    PLAIN_SIGNS,
    PRAISE,
    PRAISE_SIGNS,
    PRAISING_PHRASES,
    TROUBLE,
    Words,
)
from tierwise.handlers.words import NEGATIONS, unspaced
from tierwise.signals.text import fold

__all__ = ["LABELS", "Label", "label_of"]

Label: TypeAlias = Literal["positive", "negative", "neutral", "mixed"]

LABELS: Final[tuple[Label, ...]] = ("positive", "negative", "neutral", "mixed")

_LONGEST: Final = 40
"""Words of the longest text that is judged: more of them have more to say than praise or blame."""
_NEAR: Final = 2
"""So many words before praise, a negation is of it."""
_PRAISED, _BLAMED = "praisingphrase", "blamingphrase"
"""Stand in the place of fixed phrases, which are judgements as they are."""
_CLAUSE: Final = re.compile(r"[.,;!。，；！\n]|\b(?:and|y|und|et|e|en|и)\b")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_ODD: Final = re.compile(r"[^\w\s.,;!'。，；！-]|\d|_|!{2,}|\.{2,}|\s-|-\s")
_LOUD: Final = re.compile(r"[^\W\d_]{3,}")
_PARTIAL: Final = Words(
    "all every everything everyone always todo todos toda todas siempre alles alle immer tout tous toute toujours tutto "
    "tutti sempre tudo altijd все всё всегда"
)
"""Beside a negation: not everything is good, and not all is bad."""
_BEHIND: Final = frozenset(("nicht", "pas", "niet"))
"""Negations that stand behind a verb: "empfehle ich nicht", "je ne recommande pas"."""
_NOT_SIGNS: Final = "不没沒無无"
_SILENT: Final = "ne"
"""Half of a French negation, which would count twice."""
_VERBS: Final = Words("like love loved loving enjoy enjoyed hate hated recommend regret")
_SPEAKS: Final = Words(
    "i we really absolutely truly totally completely so highly extremely quite not never do don't did didn't have had am "
    "was"
)
"""Before these verbs, where it is the writer who feels so: "a story of love" and "the staff love it" are not."""
_OF: Final = frozenset(("of", "in", "with"))
"""Behind these, a word of feeling is of something else: "the story of a poor waiter"."""
_IS: Final = Words("is was are were am been i'm it's we're")
_OPENS_NOUNS: Final = Words("the a an my our el la los las le les der die das il lo de het")
_MOST_NOUNS: Final = 3
_FEWEST: Final = 2


class _Side(NamedTuple):
    """What a text or a clause says: 1 praise, -1 blame, 0 nothing; None, and why, where that is not plain."""

    side: int | None
    why: str = ""


def label_of(text: str) -> tuple[Label | None, str]:
    """The label of a text; None, and why, where it is not sure.

    Args:
        text: A review, a comment; 40 words at most.
    """
    folded = fold(text.replace("’", "'"))
    plain = BLAMING_PHRASES.sub(f" {_BLAMED} ", PRAISING_PHRASES.sub(f" {_PRAISED} ", folded))
    words = _WORD.findall(folded)
    if not words or len(words) > _LONGEST:
        return None, "nothing to label" if not words else f"more than {_LONGEST} words"
    if DOUBTFUL.search(plain) or _ODD.search(plain) or _is_loud(text):
        return None, "it is doubtful how it is meant"
    if CONTRAST.search(plain) is not None:
        return _if_mixed(plain)
    if all(word in NEUTRAL for word in words):
        return "neutral", ""
    side, why = _side_of(plain)
    if side is None or side == 0:
        return None, why or "no word of feeling"
    if side > 0 and TROUBLE.search(plain):
        return None, "praise beside trouble"
    return ("positive" if side > 0 else "negative"), ""


def _is_loud(text: str) -> bool:
    """Whether a word is shouted."""
    return any(word.isupper() for word in _LOUD.findall(text))


def _if_mixed(plain: str) -> tuple[Label | None, str]:
    """Mixed, where both sides of one contrast are clear and differ."""
    sides = [_side_of(part).side for part in CONTRAST.split(plain) if _WORD.search(part)]
    return ("mixed", "") if sorted(sides, key=str) == [-1, 1] else (None, "a contrast with one side")


def _side_of(plain: str) -> _Side:
    """Which way a text points that nothing makes doubtful."""
    if any(unspaced(char) for char in plain):
        return _side_of_signs(plain)
    words = _WORD.findall(plain)
    language = next((language for language in PLAIN if _is_known(words, language)), None)
    if language is None:
        return _Side(None, "words that may mean anything")
    if _is_dwelt_on(words, language):
        return _Side(None, "the same words again")
    split = (_WORD.findall(clause.replace("n't", " not")) for clause in _CLAUSE.split(plain))
    clauses = [clause for clause in split if clause]
    sides = [_side_of_clause(clause, language) for clause in clauses]
    unclear = next((found for found in sides if found.side is None), None)
    return _joined(clauses, [found.side or 0 for found in sides]) if unclear is None else unclear


def _is_known(words: list[str], language: str) -> bool:
    """Whether all words are those of plain sentences in a language."""
    known = (PLAIN[language], PRAISE[language], BLAME[language])
    blames = any(word == _BLAMED or word in BLAME[language] for word in words)
    after = AFTER_A_WHILE if blames and language == "en" else ()
    return all(word in (_PRAISED, _BLAMED) or word in after or any(word in some for some in known) for word in words)


def _is_dwelt_on(words: list[str], language: str) -> bool:
    """Whether a feeling, or any word at once, is said again: by then it may be meant the other way round."""
    feelings = Counter(word[:4] for word in words if _feeling(word, language))
    return any(n > 1 for n in feelings.values()) or any(one == two for one, two in pairwise(words))


def _feeling(word: str, language: str) -> int:
    """1 for a word of praise, -1 for one of blame, else 0."""
    if word == _PRAISED or word in PRAISE[language] or (word == "like" and language == "en"):
        return 1
    return -1 if word == _BLAMED or word in BLAME[language] else 0


def _side_of_clause(words: list[str], language: str) -> _Side:
    """One clause's judgement, turned round where praise is negated."""
    felt = {i: _feeling(word, language) for i, word in enumerate(words) if _feeling(word, language)}
    if not felt:
        return _Side(0)
    if language == "en" and not all(_is_the_writers(words[: i + 1]) for i in felt):
        return _Side(None, "it may be somebody else's feeling")
    if len(set(felt.values())) > 1:
        return _Side(None, "praise and blame")
    negations = [i for i, word in enumerate(words) if word in NEGATIONS and word != _SILENT]
    if not negations:
        return _Side(next(iter(felt.values())))
    of_praise = -1 not in felt.values() and _PRAISED not in words
    if len(negations) > 1 or not of_praise or any(word in _PARTIAL for word in words):
        return _Side(None, "a negation that may mean anything")
    (at,), first = negations, min(felt)
    near = 0 < first - at <= _NEAR or (at == first + 1 and words[at] in _BEHIND)
    return _Side(-1) if near else _Side(None, "a negation that may mean anything")


def _is_the_writers(words: list[str]) -> bool:
    """Whether the feeling that ends these words is the writer's, of the thing that is spoken of."""
    *before, feeling = words
    if feeling in _VERBS:
        return all(word in _SPEAKS for word in before)
    of = max((i for i, word in enumerate(before) if word in _OF), default=None)
    if of is None or any(_feeling(word, "en") for word in before[:of]):
        return True
    return any(word in _IS for word in before[of:])


def _joined(clauses: list[list[str]], sides: list[int]) -> _Side:
    """What clauses say together: all the same, and none of them something else."""
    told = {side for side in sides if side}
    if len(told) != 1:
        return _Side(None, "praise and blame") if told else _Side(0)
    (side,) = told
    silent = [clause for clause, of in zip(clauses, sides, strict=True) if not of]
    negated = any(word in NEGATIONS for clause in silent for word in clause)
    if negated or (side > 0 and not all(map(_is_noun, silent))):
        return _Side(None, "a part that says something else")
    if side > 0 and sum(map(len, clauses)) < _FEWEST and clauses != [[_PRAISED]]:
        return _Side(None, "a single word")
    return _Side(side)


def _is_noun(words: list[str]) -> bool:
    """Whether a clause is the one half of "the food and the staff were great"."""
    return len(words) <= _MOST_NOUNS and words[0] in _OPENS_NOUNS


def _side_of_signs(plain: str) -> _Side:
    """The same for scripts that put no spaces between words: every clause has its sign, and nothing is negated."""
    sides: list[int] = []
    for clause in filter(str.strip, _CLAUSE.split(plain)):
        left, found = clause, []
        for signs, side in ((BLAME_SIGNS, -1), (PRAISE_SIGNS, 1)):
            found += [side for sign in signs if sign in left]
            for sign in signs:
                left = left.replace(sign, "")
        if not found or any(char not in PLAIN_SIGNS or char in _NOT_SIGNS for char in left):
            return _Side(None, "words that may mean anything")
        sides += found
    return _Side(sides[0]) if len(set(sides)) == 1 else _Side(None, "praise and blame")
