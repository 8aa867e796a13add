"""Recorded runs cut in the middle: what was dropped, and what later calls needed of it.

At a cut the system text, the first request and the latest two steps are kept; all between them is dropped. Needed is
every id, amount, date and name among the argument values of the run's later calls that stands in the dropped part and
not in the kept one. Only runs that succeeded count, so the later calls were right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tierwise.signals.results import has_failed

SOURCES = {
    "tau": ("tau/traces.parquet",),
    "agentdojo": ("agentdojo/traces.parquet", "agentdojo/traces_with_injected_text.parquet"),
    "bfcl": ("bfcl/traces_multi_turn.parquet",),
}
CUTS_AT = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
KEPT_STEPS = 2
SHORTEST_DROPPED = 200
"""Tokens: a shorter part would not be worth a summary."""

_FREE_TEXT = 60
_NAME = re.compile(r"\W?[^\W\d_a-z]\S*(?: [^\W\d_a-z&]\S*){0,4}")
_TOKEN = re.compile(r"[\w.+-]+@[\w.-]+\w|https?://\S+|[\w#$€£@./:-]*\d[\w./:-]*(?<![./:-])|[\w-]+\.[a-z]{2,4}\b")
_WORD = r"[^\W_]"


@dataclass(frozen=True)
class Cut:
    """One run, cut once: indices are of `messages`."""

    source: str
    run: str
    task: str
    messages: Sequence[dict[str, Any]]
    start: int
    stop: int
    at: int
    needed: tuple[tuple[str, ...], ...]
    """Each value in all forms of it that stand in the dropped part."""

    @property
    def dropped(self) -> Sequence[dict[str, Any]]:
        return self.messages[self.start : self.stop]

    @property
    def held_out(self) -> bool:
        """Whether the figures to be reported may use it: half of the tasks, by hash; the other half was tuned on."""
        return blake2b(self.task.encode(), digest_size=1).digest()[0] % 2 == 1


def read_cuts(folder: Path, count: Any) -> Iterator[Cut]:
    """All cuts of all successful runs; `count` counts tokens."""
    import pyarrow.parquet as pq

    for source, names in SOURCES.items():
        for name in names:
            columns = ["trace_id", "task_id", "reward", "messages", "meta"]
            for row in pq.read_table(folder / name, columns=columns).to_pylist():
                misled = json.loads(row["meta"] or "{}").get("attack_succeeded")
                if row["reward"] >= 0.99 and not misled:
                    yield from _cuts_of(source, row, json.loads(row["messages"]), count)


def _cuts_of(source: str, row: dict[str, Any], messages: list[dict[str, Any]], count: Any) -> Iterator[Cut]:
    answers = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    first = next((i for i, message in enumerate(messages) if message["role"] == "user"), None)
    if first is None or len(answers) <= KEPT_STEPS:
        return
    for place in sorted({int(share * len(answers)) for share in CUTS_AT}):
        at = answers[place]
        stop = answers[place - KEPT_STEPS] if place >= KEPT_STEPS else 0
        dropped = messages[first + 1 : stop]
        if stop <= first + 1 or count(plain(dropped)) < SHORTEST_DROPPED:
            continue
        gone, kept = plain(dropped), plain([*messages[: first + 1], *messages[stop:at]])
        needed = tuple(_needed(messages[at:], gone, kept))
        if needed:
            yield Cut(source, row["trace_id"], row["task_id"], messages, first + 1, stop, at, needed)


def plain(messages: Sequence[dict[str, Any]]) -> str:
    """What the messages say, and the calls in them with their arguments."""
    parts = []
    for message in messages:
        content = message.get("content")
        if content:
            parts.append(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
        calls = [call["function"] for call in message.get("tool_calls") or ()]
        parts.extend(f"{call['name']} {call['arguments']}" for call in calls)
    return "\n".join(parts)


def _needed(later: Sequence[dict[str, Any]], gone: str, kept: str) -> Iterator[tuple[str, ...]]:
    seen = set()
    refused = {message.get("tool_call_id") for message in later if message["role"] == "tool" and _failed(message)}
    for message in later:
        for call in message.get("tool_calls") or ():
            if call["id"] in refused:
                continue
            try:
                arguments = json.loads(call["function"]["arguments"])
            except ValueError:
                continue
            for value in _values(arguments):
                forms = _forms(value)
                if forms[0] in seen:
                    continue
                seen.add(forms[0])
                found = tuple(form for form in forms if stands_in(form, gone))
                if found and not any(stands_in(form, kept) for form in forms):
                    yield found


def _failed(message: dict[str, Any]) -> bool:
    content = message.get("content")
    return has_failed(message, content if isinstance(content, str) else "")


def _values(arguments: Any) -> Iterator[str]:
    """The ids, amounts, dates and names among the values, those within longer texts too."""
    if isinstance(arguments, dict):
        for value in arguments.values():
            yield from _values(value)
    elif isinstance(arguments, list):
        for value in arguments:
            yield from _values(value)
    elif isinstance(arguments, int | float) and not isinstance(arguments, bool):
        yield f"{arguments}"
    elif isinstance(arguments, str):
        if len(arguments) > _FREE_TEXT:
            yield from _TOKEN.findall(arguments)
        elif re.search(r"\d|@|\w\.\w|://", arguments) or _NAME.fullmatch(arguments):
            yield arguments


def _forms(value: str) -> list[str]:
    """The ways in which a value may be written: 174.0 is 174, 2000 is 2,000."""
    forms = [value] if len(value) > 1 else []
    if re.fullmatch(r"-?\d+(?:\.\d+)?", value) and len(value) > 1 and len(value) < 16:
        number = float(value)
        forms += [f"{number:g}", f"{number:,.2f}", f"{number:.2f}", f"{number:,.0f}" if number.is_integer() else value]
    return list(dict.fromkeys(form for form in forms if len(form) > 1)) or ["\0"]


def stands_in(value: str, text: str) -> bool:
    """Whether a text holds a value as such, not as a piece of a longer number or word."""
    before, after = "", ""
    if value[0].isalnum():
        before = rf"(?<!{_WORD})" + (r"(?<!\d[.,:/-])" if value[0].isdigit() else "")
    if value[-1].isalnum():
        after = rf"(?!{_WORD})" + (r"(?![.,:/-]\d)" if value[-1].isdigit() else "")
    return value in text and re.search(before + re.escape(value) + after, text) is not None
