"""What can be read off a text by its form alone: addresses, numbers that carry a check, dates, amounts, ids.

Each kind has one pattern, strict enough that a match is the thing itself: an IBAN and a card number must pass their
checksums (ISO 13616, modulo 97; ISO/IEC 7812, Luhn), a date must be a day of the calendar. What only looks like one is
not given.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["email", "url", "phone", "date", "amount", "iban", "card", "order", "id", "person"]


class Span(NamedTuple):
    """A find: where it stands, and what it says, word for word."""

    start: int
    stop: int
    text: str


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_DATES: Final = (
    r"\d{4}-\d{2}-\d{2}",
    r"\d{1,2}[/.]\d{1,2}[/.]\d{4}",
    rf"{_DAY}(?: of)? {_MONTH},? \d{{4}}",
    rf"{_MONTH} {_DAY},? \d{{4}}",
)
_CODE: Final = r"(?:USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|KRW|SGD|HKD)"
_NUMBER: Final = r"(?:\d{1,3}(?:[,.\u00a0\u202f']\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)"
_AMOUNTS: Final = (
    rf"(?:US|C|A)?[$€£¥] ?{_NUMBER}",
    rf"{_CODE} {_NUMBER}",
    rf"{_NUMBER} ?(?:[$€£¥]|{_CODE}\b|dollars?\b|euros?\b|pounds\b)",
)
_PHONES: Final = (
    r"\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,6}",  # as E.164 has it, in groups
    r"\(\d{3}\) ?\d{3}[ .-]\d{4}",
    r"\d{3}-\d{3}-\d{4}",
)
_BEFORE_ORDER: Final = (
    "order ",
    "orders ",
    "order no. ",
    "order number ",
    "order id ",
    "Order ",
    "Order no. ",
    "Order number ",
)
_BEFORE_NAME: Final = (
    *("Mr ", "Mr. ", "Mrs ", "Mrs. ", "Ms ", "Ms. ", "Dr ", "Dr. ", "Prof. "),
    *("my name is ", "My name is ", "Herr ", "Frau ", "Mme ", "Sr. ", "Sra. "),
)


def _after(words: tuple[str, ...]) -> str:
    return "(?:" + "|".join(rf"(?<=\b{re.escape(word)})" for word in words) + ")"


PATTERNS: Final[Mapping[Kind, re.Pattern[str]]] = {
    "email": re.compile(
        r"(?<![\w.+@-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w@-])(?!\.\w)"
    ),
    "url": re.compile(r"(?<![\w@./])(?:https?://|www\.)[^\s<>\"'`()\[\]{}]{3,500}"),
    "phone": re.compile(rf"(?<![\w+./:#-])(?:{'|'.join(_PHONES)})(?![\w/-]|[.,:]\d)"),
    "date": re.compile(rf"(?<![\w/.-])(?:{'|'.join(_DATES)})(?![\w/-]|[.:]\d)", re.IGNORECASE),
    "amount": re.compile(rf"(?<![\w.,$€£¥])(?:{'|'.join(_AMOUNTS)})(?!\w|[.,]\d)"),
    "iban": re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"),
    "card": re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)"),
    "order": re.compile(
        rf"{_after(_BEFORE_ORDER)}(?:#?([A-Z]{{1,4}}-?\d[\dA-Z-]{{2,18}}|\d{{5,18}})|#(\d{{3,18}}))(?![\w/-]|[.,:]\d)"
    ),
    "id": re.compile(r"(?<![\w-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])"),
    "person": re.compile(rf"{_after(_BEFORE_NAME)}[A-ZÀ-Þ][a-zà-ÿ]+(?:[ -][A-ZÀ-Þ][a-zà-ÿ]+){{1,2}}(?![\w'-])"),
}


def find(kind: Kind, text: str) -> list[Span]:
    """All finds of a kind in a text, in their order.

    Args:
        kind: What to look for.
        text: Where; patterns are linear in its length.
    """
    spans = []
    for match in PATTERNS[kind].finditer(text):
        group = next((i for i, found in enumerate(match.groups(), 1) if found is not None), 0)
        said = match[group]
        if kind == "url":
            said = said.rstrip(".,;:!?*_~»”’")
        check = _CHECKS.get(kind)
        if check is None or check(said):
            spans.append(Span(match.start(group), match.start(group) + len(said), said))
    return spans


def is_iban(text: str) -> bool:
    """Whether the checksum of an IBAN is right (ISO 13616: the remainder modulo 97 is 1)."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Whether the checksum of a card number is right (ISO/IEC 7812: Luhn's)."""
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2])
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def is_date(text: str) -> bool:
    """Whether it is a day of the calendar; where day and month cannot be told apart, either may be meant."""
    low = text.lower()
    numbers = [int(number) for number in re.findall(r"\d+", low)]
    month = next((i for i, name in enumerate(_MONTHS, 1) if name in low), None)
    if month is not None:
        return _is_day(numbers[1], month, numbers[0])
    if "-" in low:
        return _is_day(*numbers)
    first, second, year = numbers
    return _is_day(year, second, first) or _is_day(year, first, second)


def _is_day(year: int, month: int, day: int) -> bool:
    return 1000 <= year <= 2999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _is_phone(text: str) -> bool:
    return 8 <= sum(char.isdigit() for char in text) <= 15


_CHECKS: Final[Mapping[Kind, Callable[[str], bool]]] = {
    "iban": is_iban,
    "card": is_card,
    "date": is_date,
    "phone": _is_phone,
}
