"""Whether a text may hold more of a kind than was found: then a list of finds would not be whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tierwise.handlers.spans import Kind
from tierwise.signals.text import fold


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NUMBER_WORD: Final = (
    r"(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|hundred|thousand|million)"
)
_MONTHS: Final = (
    r"jan|january|feb|february|mar|march|apr|april|may|jun|june|jul|july|aug|august|sep|sept|september|oct|october|nov|"
    r"november|dec|december|januar|februar|marz|mai|juni|juli|oktober|dezember|enero|febrero|marzo|abril|mayo|junio|julio|"
    r"agosto|septiembre|octubre|noviembre|diciembre|janvier|fevrier|mars|avril|juin|juillet|aout|septembre|octobre|novembre|"
    r"decembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|janeiro|fevereiro|maio|junho|julho|"
    r"setembro|outubro|dezembro|januari|februari|maart|mei|augustus"
)
_WHEN: Final = (
    r"day|days|today|tomorrow|yesterday|tonight|next|last|ago|later|weekend|week|month|year|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|spring|summer|autumn|fall|winter|christmas|easter|heute|morgen|gestern|montag|dienstag|mittwoch|"
    r"donnerstag|freitag|samstag|sonntag|hoy|manana|ayer|lunes|martes|miercoles|jueves|viernes|sabado|domingo|demain|hier|"
    r"aujourd'hui|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
)
_DATE_WORDS: Final = re.compile(rf"\b(?:{_MONTHS}|{_WHEN})\b")
_TOP_LEVEL: Final = (
    r"(?:com|org|net|io|dev|ai|edu|gov|co|info|app|example|test|de|fr|es|it|nl|uk|eu|ch|at|be|jp|cn|ru|br|in)"
)
_COMMON: Final = _set(
    "i i'm i've i'd the a an this that these those it we you he she they my your our his her their dear hi hello hey "
    "thanks thank best kind regards sincerely yours please and but or if when what who how where why on in at to for from "
    "with as by of mr mrs ms dr prof herr frau mme sr sra monday tuesday wednesday thursday friday saturday sunday january "
    "february march april may june july august september october november december yes no ok cheers sir madam text"
)
"""Words that may begin with a capital and name nobody."""

_LEFT: Final[Mapping[Kind, re.Pattern[str]]] = {
    "email": re.compile(r"@|[(\[{<]\s*at\s*[)\]}>]|\bat\b.{0,60}\bdot\b|\(dot\)|\[dot\]", re.DOTALL),
    "url": re.compile(rf"://|\bwww\b|(?<![\w@.-])[\w-]+\.{_TOP_LEVEL}\b(?!\.\w)|\bdot (?:com|org|net)\b"),
    "phone": re.compile(rf"\d(?:[ ().+/-]{{0,3}}\d){{5,}}|{_NUMBER_WORD}(?:[ ,-]+{_NUMBER_WORD}){{2,}}"),
    "date": re.compile(r"\d{1,4}[/.-]\d{1,2}|\b(?:1[5-9]|20)\d\d\b|\b\d{1,2}(?:st|nd|rd|th)\b|[年月日]"),
    "amount": re.compile(
        r"[$€£¥₹₽₩]|\b(?:dollars?|euros?|pounds?|cents?|bucks?|quid|yen|rupees?|francs?|grand|usd|eur|gbp|chf|jpy|cny|inr|cad|aud)\b"
        r"|\b\d+(?:[.,]\d+)? ?(?:k|m|bn|million|billion|thousand)\b"
    ),
    "iban": re.compile(r"\b[a-z]{2} ?\d{2}[ \d]{4,}|\biban\b.{0,40}\d", re.DOTALL),
    "card": re.compile(r"\d(?:[ -]?\d){11,}"),
    "order": re.compile(r"\d{3,}"),
    "id": re.compile(r"[0-9a-f]{8,}"),
    "person": re.compile(r"$^"),
}


def residue(kind: Kind, rest: str) -> bool:
    """Whether something is left that may be of this kind.

    Args:
        kind: Which.
        rest: The text, with what was found (of any kind) blanked out by NULs.
    """
    folded = fold(rest)
    if kind == "person":
        return _may_name_somebody(rest)
    if kind == "date" and _DATE_WORDS.search(folded):
        return True
    return _LEFT[kind].search(folded) is not None


def _may_name_somebody(rest: str) -> bool:
    """A capital that is not one of a few common words may be a name; in a text without capitals any word may be one."""
    words = re.findall(r"[^\W\d_][\w'’]*", rest)
    capitals = [word for word in words if word[0].isupper()]
    return any(fold(word) not in _COMMON for word in capitals) or not (capitals or "\0" in rest)
