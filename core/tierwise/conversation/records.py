"""A tool's result as records: key paths and values, taken as they are written.

JSON is read as it is; so are lines `key: value` (YAML as tools print it). Numbers stay the text they were. Each object
becomes one record with its plain values, what is nested without choice folded in; objects alike become rows of a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierwise.conversation.facts import facts_in, is_telling

_LONGEST_PARSED: Final = 65_536
_MOST_RECORDS: Final = 400
_MOST_PAIRS: Final = 60
_DEEPEST: Final = 8
_SENTENCE: Final = 5
"""So many spaces make a value a sentence."""
_PAIR_LINE: Final = re.compile(r"(\s*)(- )?\s*([\w .()/-]{1,40}?): ?(.*)")
_ID_KEY: Final = re.compile(r"(?i)(?:^|.*[_.-])(?:id|number|no|code|key|uuid|sku|ref|reference)_?$|.*(?:Id|ID)$")


@dataclass(frozen=True, slots=True)
class Record:
    """The plain values of one object.

    Attributes:
        path: Where it stands in the result, as keys; empty at the top.
        pairs: Its keys and values.
        row: It is one of several alike.
    """

    path: str
    pairs: tuple[tuple[str, str], ...]
    row: bool = False

    @property
    def telling(self) -> tuple[str, ...]:
        """The values that can be told from others, and of sentences what must be kept word for word.

        With their keys where these are data too: `T-Shirt: 9523`.
        """
        found: list[str] = []
        for key, value in self.pairs:
            if value.count(" ") >= _SENTENCE:
                found.extend(facts_in(value))
            elif is_telling(value):
                found.append(f"{key}: {value}" if key[:1].isupper() or key[:1].isdigit() else value)
        return tuple(dict.fromkeys(found))

    @property
    def ids(self) -> tuple[tuple[str, str], ...]:
        """The pairs that say which thing this is."""
        return tuple((key, value) for key, value in self.pairs if _ID_KEY.match(key) and value)


def records_in(text: str) -> list[Record]:
    """The records of a result; none where it is prose, or too long to be parsed."""
    start = text[:1]
    if len(text) > _LONGEST_PARSED:
        return []
    if start in ("{", "["):
        try:
            value = json.loads(text, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            return []
    elif start == "-" or (start and ":" in text):
        value = _read_lines(text)
    else:
        return []
    if not isinstance(value, dict | list):
        return []
    found: list[Record] = []
    _walk(value, "", found, 0)
    return found


def pairs_of(value: Any) -> list[tuple[str, str]]:
    """The plain values of an argument object, keys before values, as text."""
    found: list[Record] = []
    _walk(value, "", found, 0)
    return [pair for record in found for pair in record.pairs]


def _walk(value: Any, path: str, found: list[Record], depth: int) -> None:
    if depth > _DEEPEST or len(found) >= _MOST_RECORDS:
        return
    if isinstance(value, Mapping):
        _walk_object(value, path, found, depth)
        return
    objects = [item for item in value if isinstance(item, Mapping | list)]
    plain = [text for item in value if not isinstance(item, Mapping | list) and (text := as_text(item))]
    if plain:
        found.append(Record(path, tuple(("", text) for text in plain[:_MOST_PAIRS])))
    for item in objects:
        if isinstance(item, Mapping):
            _walk_object(item, path, found, depth + 1, row=True)
        else:
            _walk(item, path, found, depth + 1)


def _walk_object(value: Mapping[Any, Any], path: str, found: list[Record], depth: int, row: bool = False) -> None:
    pairs: list[tuple[str, str]] = []
    later: list[tuple[str, Any]] = []
    _fold(value, pairs, later, 0)
    if pairs:
        found.append(Record(path, tuple(pairs[:_MOST_PAIRS]), row))
    for key, inner in later:
        below = f"{path}.{key}" if path else key
        if isinstance(inner, Mapping):
            for name, item in list(inner.items())[:_MOST_RECORDS]:
                named = item if str(name) in map(str, item.values()) else {"": str(name), **item}
                _walk_object(named, below, found, depth + 1, row=True)
        else:
            _walk(inner, below, found, depth + 1)


def _fold(value: Mapping[Any, Any], pairs: list[tuple[str, str]], later: list[tuple[str, Any]], depth: int) -> None:
    """Takes an object's plain values, and those of single objects in it; leaves lists and tables for later."""
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            if depth >= 3 or _is_table(inner):
                later.append((str(key), inner if _is_table(inner) else [inner]))
            else:
                _fold(inner, pairs, later, depth + 1)
        elif isinstance(inner, list):
            if any(isinstance(item, Mapping | list) for item in inner):
                later.append((str(key), inner))
            else:
                pairs.extend((str(key) if i == 0 else "", as_text(item)) for i, item in enumerate(inner[:_MOST_PAIRS]))
        elif text := as_text(inner):
            pairs.append((str(key), text))


def _is_table(value: Mapping[Any, Any]) -> bool:
    """Objects under names of their own: `{"card_1": {…}, "card_2": {…}}`."""
    return (
        bool(value)
        and all(isinstance(item, Mapping) for item in value.values())
        and (len(value) > 1 or any(map(str.isdigit, str(next(iter(value))))))
    )


def as_text(value: Any) -> str:
    """A plain value as it was written; nothing for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _read_lines(text: str) -> Any:
    """Lines `key: value`, a new record at each `- `; None where they are too few to be the form of the text."""
    records: list[dict[str, Any]] = [{}]
    lines = [line for line in text.split("\n") if line.strip()]
    if all(line.startswith("- ") and ": " not in line for line in lines):
        return [_unquoted(line[2:]) for line in lines]
    margin: int | None = None
    matched = 0
    last: str | None = None
    for line in lines:
        match = _PAIR_LINE.fullmatch(line)
        if match is None:
            if last is not None:
                _go_on(records[-1], last, line.strip())
            continue
        matched += 1
        indent = len(match[1])
        if match[2] and (margin is None or indent <= margin):
            margin = indent
            records.append({})
        last = match[3]
        records[-1][last] = _unquoted(match[4])
    if matched < 2 or matched < 0.2 * len(lines) or not _PAIR_LINE.fullmatch(lines[0]):
        return None
    filled = [record for record in records if record]
    return filled if len(filled) != 1 else filled[0]


def _go_on(record: dict[str, Any], key: str, line: str) -> None:
    """A line that carries on the value above: an item of a list, or more text."""
    value, line = record[key], line.strip("\\").strip()
    if (line.startswith("- ") and value in ("", "[]")) or isinstance(value, list):
        items = value if isinstance(value, list) else []
        record[key] = [*items, _unquoted(line.removeprefix("- "))]
    else:
        record[key] = f"{value}\n{line}" if value else line


def _unquoted(value: str) -> str:
    value = value.strip()
    if value in ("null", "[]", "{}", "''", '""', "~"):
        return ""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value.lstrip("\"'|>")
