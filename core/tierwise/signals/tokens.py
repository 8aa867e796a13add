"""How many tokens a text is, without a tokeniser."""

from __future__ import annotations

from typing import Final

PER_MESSAGE: Final = 4
"""Tokens that the chat form adds around one message."""

_CHARS_PER_TOKEN: Final = 4.3
_EXACT_CHARS: Final = 20_000


def estimate_tokens(text: str) -> int:
    """Estimates the tokens of a text; an empty text has none, any other at least one.

    Latin prose is near 4.3 characters a token. Dense text (code, JSON, ids) has fewer spaces and more tokens.
    Other scripts are counted by their UTF-8 bytes.
    """
    if not text:
        return 0
    chars = len(text)
    if text.isascii():
        return int(_ascii_tokens(text, chars)) + 1
    wide = (len(text.encode("utf-8", "surrogatepass")) - chars) / 2  # about the number of letters outside Latin
    if wide < 0.05 * chars:
        return int(_ascii_tokens(text, chars) + wide) + 1
    return int((chars - min(chars, wide)) / _CHARS_PER_TOKEN + 0.8 * min(chars, wide)) + 1


def _ascii_tokens(text: str, chars: int) -> float:
    quotes = text.count('"') + text.count("{") + text.count(":")
    return chars / _CHARS_PER_TOKEN + 0.35 * quotes
