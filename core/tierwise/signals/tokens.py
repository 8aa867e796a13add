"""How many tokens a text, a message list or a tool list is, without a tokeniser.

Fitted to input tokens that providers reported: chat histories of tau-bench (14 models) and BFCL (26 models). Providers
differ more among themselves than any estimate can hide: the same tools cost Claude twice the tokens that they cost GPT.
So this is a middle figure, good to compare steps and tiers with; a bill comes from the provider's own usage.
"""

from __future__ import annotations

from typing import Final

PER_MESSAGE: Final = 8
"""Tokens that the chat form adds around one message."""

PER_CALL: Final = 8
"""Tokens that the chat form adds around one tool call."""

PER_IMAGE: Final = 800

TOOLS_PREAMBLE: Final = 120
"""What providers add to a prompt that has tools at all: 33 (OpenAI) to 550 (Claude 3 Opus)."""

PER_SCHEMA_CHAR: Final = 0.24
"""Tokens for one character of a tool list as JSON: 0.14 (OpenAI) to 0.27 (Claude, Mistral)."""

_PER_CHAR: Final = 0.245
_PER_MARK: Final = 0.45
_PER_EXTRA_BYTE: Final = 0.22
_READ_CHARS: Final = 20_000


def estimate_tokens(text: str) -> int:
    """Estimates the tokens of a text: none for an empty one, else at least one.

    Prose has about four characters a token; quotes, braces, colons and underscores (JSON, code, ids) cost half a token
    more each. What a letter outside ASCII takes beyond one byte of UTF-8 adds to it: a Chinese character comes to 0.7
    tokens, a Russian letter to 0.45. Of a very long text the beginning is read and the rest taken to be like it.
    """
    chars = len(text)
    if chars > _READ_CHARS:
        return int(estimate_tokens(text[:_READ_CHARS]) * chars / _READ_CHARS)
    if not chars:
        return 0
    marks = text.count('"') + text.count("{") + text.count(":") + text.count("_")
    tokens = _PER_CHAR * chars + _PER_MARK * marks
    if not text.isascii():
        tokens += _PER_EXTRA_BYTE * (len(text.encode("utf-8", "surrogatepass")) - chars)
    return int(tokens) + 1
