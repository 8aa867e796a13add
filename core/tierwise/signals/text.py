"""The text of a message, whatever shape its content has, and the forms in which it is compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

HEAD_CHARS: Final = 12_000
TAIL_CHARS: Final = 4_000
"""What is read closely of a long text; the rest is only counted."""

_MEDIA: Final = ("image", "audio", "file", "video", "document", "media")
_MAX_PARTS: Final = 10_000
_MAX_NESTING: Final = 6


class Content(NamedTuple):
    """What a message's content holds.

    Attributes:
        text: What the sender wrote.
        results: Texts of tool results that are parts of the content (Anthropic's form), each with its failure flag.
        calls: Tool calls that are parts of the content, as (name, arguments).
        media: Images, sounds and files: counted, not read.
    """

    text: str
    results: tuple[tuple[str, bool], ...] = ()
    calls: tuple[tuple[str, Any], ...] = ()
    media: int = 0


def read_content(content: Any) -> Content:
    """Reads a content of any shape: text, None, a list of parts, or junk. Never raises."""
    if isinstance(content, str):
        return Content(content)
    if content is None:
        return Content("")
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, Sequence) or isinstance(content, (bytes, bytearray)):
        return Content("")
    texts: list[str] = []
    results: list[tuple[str, bool]] = []
    calls: list[tuple[str, Any]] = []
    media = 0
    for part in content[:_MAX_PARTS]:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping):
            kind = part.get("type")
            if kind in ("tool_result", "function_call_output"):
                inner = part.get("content", part.get("output"))
                results.append((_strings(inner), part.get("is_error") is True))
            elif kind in ("tool_use", "function_call"):
                calls.append((str(part.get("name")), part.get("input", part.get("arguments"))))
            elif (
                isinstance(kind, str) and any(word in kind for word in _MEDIA) and not isinstance(part.get("text"), str)
            ):
                media += 1
            elif kind not in ("thinking", "redacted_thinking", "reasoning"):
                texts.append(_strings(part))
    return Content("\n".join(filter(None, texts)), tuple(results), tuple(calls), media)


def _strings(value: Any, depth: int = 0) -> str:
    """The text in a part, in `text` or `content`, at any depth up to a few."""
    if isinstance(value, str):
        return value
    if depth >= _MAX_NESTING:
        return ""
    if isinstance(value, Mapping):
        return _strings(value.get("text"), depth + 1) or _strings(value.get("content"), depth + 1)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return "\n".join(filter(None, (_strings(item, depth + 1) for item in value[:_MAX_PARTS])))
    return ""


def window(text: str, head: int = HEAD_CHARS, tail: int = TAIL_CHARS) -> str:
    """The text, or its beginning and end where it is long."""
    return text if len(text) <= head + tail else f"{text[:head]}\n{text[-tail:]}"


def _fold_table() -> dict[int, str | None]:
    table: dict[int, str | None] = dict.fromkeys(range(0x300, 0x370))
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        plain = "".join(c for c in unicodedata.normalize("NFKD", chr(code)) if not unicodedata.combining(c))
        if plain != chr(code):
            table[code] = plain
    extra = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ё": "е", "’": "'", "‘": "'"}
    return {**table, **{ord(char): plain for char, plain in extra.items()}}


_FOLD: Final = _fold_table()


def fold(text: str) -> str:
    """Small letters without Latin accents, as the word lists are written."""
    text = text.lower()
    return text if text.isascii() else text.translate(_FOLD)
