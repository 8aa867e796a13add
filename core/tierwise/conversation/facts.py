"""What must be kept word for word: numbers, amounts, dates, ids, addresses, quotes and names, in any script.

Patterns of form, not lists of words: whatever holds a digit, an underscore, an @ or stands in quotes; file names and
links; words in capitals; capitalised words that do not begin a sentence; and the value of a line `label: value`. Scripts
without capitals show their names by title (王先生, 田中さん) or by label; the sentences of people are kept besides.
"""

from __future__ import annotations

import re
from typing import Final

_UNSPACED: Final = r"\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_LETTER: Final = rf"[^\W{_UNSPACED}]"
_CAPITAL: Final = r"[A-ZÀ-ÖØ-ÞΆ-ΏΑ-ΫЀ-ЯĀĂĄĆĈĊČĎĐĒĖĘĚĞĠĢĪĮİĶĻĽŁŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŲŹŻŽȘȚƏ]"
_NAME: Final = rf"{_CAPITAL}(?:[^\W\d_]|['’.-](?=[^\W\d_]))+(?!\w)"
_MONTH: Final = (
    r"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mär|Mai|Okt|Dez|ene|abr|ago|dic|janv|févr|avr|juil|août|déc)"
    r"[^\W\d_]{0,7}\.?|(?:январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр)[а-я]{0,2})"
)
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th|er|º|\.)?"
_UNIT: Final = (
    r"(?: ?(?:%|€|£|₽|₹|₩|元|円|원|块|[A-Z]{3}\b|(?:am|pm|AM|PM|[ap]\.m\.|kg|km|cm|mm|ft|in|lb|oz|ml|[KMGT]i?B|руб)\b"
    r"|(?:dollars|euros|inches|pieces|people|nights|days|hours|minutes|weeks|months|years|bags)\b))?"
)
_WORD_START: Final = rf"(?<!{_LETTER})"
_FACT: Final = re.compile(
    r"(?P<plain>(?<![\w@/.'’-])(?:[a-z]+[,;]? )+)"  # runs of plain words are stepped over at once: three times as fast
    rf"|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*"
    rf"|\b(?:https?|ftp|s3|file)://[^\s<>\"'`)\]}}]*[^\s<>\"'`)\]}}.,;:!?]"
    rf"|[“«「『《][^”»」』》\n]{{1,80}}[”»」』》]|\"[^\"\n]{{1,80}}\"|`[^`\n]{{1,80}}`|(?<!\w)'[^'\n]{{1,60}}'(?!\w)"
    rf"|(?<![\w<])(?:~|\.{{1,2}})?/[\w.@%+-]+(?:/[\w.@%+-]*)*|\b[A-Za-z]:\\[^\s\"'<>|]+"
    rf"|\b(?:{_DAY} (?:of |de )?{_MONTH}|{_MONTH} {_DAY}(?![\d:]))(?:,? (?:de )?\d{{4}})?(?!\w)"
    rf"|\d{{1,4}} ?年(?: ?\d{{1,2}} ?月)?(?: ?\d{{1,2}} ?日)?|\d{{1,2}} ?月 ?\d{{1,2}} ?[日号]|\d{{1,2}} ?월 ?\d{{1,2}} ?일"
    rf"|\+\d[\d ()-]{{6,16}}\d|\(\d{{3}}\) ?\d{{3}}-\d{{4}}"
    rf"|{_WORD_START}[#@$€£¥₹₩₽]?-?(?:{_LETTER}{{1,12}}-){{0,3}}{_LETTER}*\d(?:{_LETTER}|[-.,:/+](?=\w)(?![{_UNSPACED}]))*{_UNIT}"
    rf"|[#@]\w+|{_WORD_START}{_LETTER}[\w/-]*\.[A-Za-z]{{2,5}}\b|{_WORD_START}{_LETTER}+(?:_{_LETTER}+)+"
    rf"|[\u3400-\u9fff]{{1,3}}(?:先生|女士|小姐|さん|様)|[가-힣]{{2,4}}(?:님|씨)"
    rf"|(?<![\w'’]){_NAME}(?: (?:de |van |von |da |bin |al-)?{_NAME}){{0,3}}(?: \d+\w{{0,2}}\b)?"
)
_MARK: Final = re.compile(r"[\d@_/\"'`#“«「『《\\:：]|\w\.\w")
_LABELLED: Final = re.compile(
    r"\W{0,6}([^\W\d_][^:：\n\d]{0,24}?)\*{0,2}\s*[:：]\*{0,2}\s*(\S[^\n]{0,60}?)\W{0,3}", re.DOTALL
)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"'”’)*]*\s+|\n+|(?<=[。！？؟।])")
_LONGEST_SENTENCE: Final = 1000
_LONGEST_FACT: Final = 200
_STRIPPED: Final = " \t*-•\"'“”«»「」『』《》`.,;:"
_OPENINGS: Final = (
    "Hi Hello Hey Thanks Thank Sure Yes No Ok Okay Please Great Also And But The This That If It What How Can Could Would "
    "Let You Your We My Here There Is Are Do Does For To In On At Of As With From Once After Before Oh Now I They He She "
    "Its So Then When While"
)
_COMMON_OPENINGS: Final = frozenset(re.findall(r"\w+", _OPENINGS))


def facts_in(text: str) -> list[str]:
    """The pieces of one sentence or line that must be kept word for word, in order, each once."""
    if text[1:].islower() and _MARK.search(text) is None:
        return []
    labelled = _LABELLED.fullmatch(text) if len(text) < 120 and (":" in text or "：" in text) else None
    if labelled is not None:
        value = labelled[2].strip(_STRIPPED)
        if value and len(value) <= 40 and value.count(" ") < 4:
            return [value]
    found = []
    for match in _FACT.finditer(text):
        fact = match[0]
        if match.lastgroup is not None:
            continue
        if fact[0].isupper() and match.start() <= _opening(text):
            fact = _without_opening(fact)
        if fact[-1:] in "\"'”»」』》`" and len(fact) > 2:
            fact = fact[1:-1]
        fact = fact.strip(" .,;:")
        if fact[:2] in ("I'", "I’"):
            continue
        if 1 < len(fact) <= _LONGEST_FACT or fact.isdigit():
            found.append(fact)
    return list(dict.fromkeys(found))


def sentences(text: str) -> list[str]:
    """A text in sentences and lines, without blank ones; very long ones in pieces."""
    found: list[str] = []
    for piece in map(str.strip, _SENTENCE_END.split(text)):
        while len(piece) > _LONGEST_SENTENCE:
            end = max(piece.rfind(" ", 0, _LONGEST_SENTENCE), _LONGEST_SENTENCE // 2)
            found.append(piece[:end])
            piece = piece[end:].strip()
        if piece:
            found.append(piece)
    return found


def is_telling(value: str) -> bool:
    """Whether a value can be told from others: an id, a figure, a name; not `true`, `yes` or `one_way`."""
    return value not in _EMPTY and (not value.islower() or not value.replace("_", "").isalpha())


_EMPTY: Final = frozenset(("", "null", "true", "false", "None", "True", "False", "[]", "{}", "No", "Yes", "N/A"))


def _opening(text: str) -> int:
    """Where the first word of a sentence begins: its capital says nothing."""
    return len(text) - len(text.lstrip(" \t*-•#>\"'“«("))


def _without_opening(fact: str) -> str:
    """A capitalised run at the start of a sentence: alone it is a common word; before a name it is left out."""
    first, _, rest = fact.partition(" ")
    if (first.isupper() and len(first) > 1) or any(map(str.isdigit, first)) or "_" in first or "@" in first:
        return fact
    common = first.replace("’", "'").partition("'")[0]
    return fact if rest and common not in _COMMON_OPENINGS else rest
