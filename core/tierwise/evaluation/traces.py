"""Recorded runs of agents, read one by one from a file.

Two forms are known. JSON lines, one run a line:

    {"messages": […], "tools": […], "usage": [{"i": 2, "input_tokens": 812, "output_tokens": 31}, …]}

where `tools` and `usage` may be missing; and Parquet tables whose columns `messages`, `tools` and `usage` hold the same as
JSON text. A table may name its tools by `tools_ref` instead: they are then looked up in `tools.parquet` beside it (columns
`tools_ref`, `tools`), and a `query:ID` in `queries.parquet` (columns `query_id`, `tools`).

Messages and tools are in OpenAI chat form. An assistant message marked `scripted` was no model call. `usage` holds the
tokens that were billed for the assistant message at index `i`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tierwise.errors import MissingExtra, StepError, TracesError
from tierwise.step import checked_step
from tierwise.types import Message, Step, Tool, Usage

MAX_LINE_BYTES = 64 * 2**20
"""A longer line is skipped unread; the longest recorded run we know of has 0.2 MB."""

_ROWS_AT_ONCE = 64
_READ_AT_ONCE = 2**20
_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class Trace:
    """One recorded run of an agent.

    Attributes:
        messages: The whole conversation, in OpenAI chat form.
        tools: What was offered at every step.
        usage: Index of an assistant message to the tokens billed for it; without an entry they are estimated.
        where: File and number of the line or row, from 1: `runs.jsonl:12`.
        tools_missing: The run names tools that stand in no file, so it is read as if it had none.
    """

    messages: Sequence[Message] = field(repr=False)
    tools: Sequence[Tool] = field(default=(), repr=False)
    usage: Mapping[int, Usage] = field(default_factory=dict, repr=False)
    where: str = ""
    tools_missing: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line or row that holds no run, and why; never with its text."""

    where: str
    reason: str


def read_traces(path: str | Path) -> Iterator[Trace | Skipped]:
    """The runs of a file, one at a time, so that a file may be larger than memory.

    Args:
        path: JSON lines, or a Parquet table (known by its first bytes). Blank lines do not count.

    Yields:
        A run, or what is wrong with a line or row that is none.

    Raises:
        TracesError: The file cannot be read, or is a damaged or foreign Parquet table.
        MissingExtra: It is a Parquet table, and pyarrow is not installed.
    """
    file = Path(path)
    yield from _read_parquet(file) if _is_parquet(file) else _read_lines(file)


def count_traces(path: str | Path) -> int:
    """How many lines or rows `read_traces` will yield, without parsing them.

    Raises:
        TracesError: The file cannot be read.
        MissingExtra: It is a Parquet table, and pyarrow is not installed.
    """
    file = Path(path)
    if _is_parquet(file):
        return int(_open_table(file).metadata.num_rows)
    return sum(1 for line in _lines(file) if line.strip())


def _is_parquet(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
    except OSError as error:
        raise TracesError(f"cannot read {str(file)!r}: {error.strerror or error}") from error


def _read_lines(file: Path) -> Iterator[Trace | Skipped]:
    for number, line in enumerate(_lines(file), start=1):
        where = f"{file.name}:{number}"
        if len(line) > MAX_LINE_BYTES:
            yield Skipped(where, f"longer than {MAX_LINE_BYTES // 2**20} MB")
        elif line.strip():
            yield _trace_of_line(line, where)


def _lines(file: Path) -> Iterator[bytes]:
    """The lines; of one that is too long, only so much that this can be seen."""
    try:
        with file.open("rb") as stream:
            while line := stream.readline(MAX_LINE_BYTES + 1):
                rest = line
                while len(rest) > 0 and not rest.endswith(b"\n") and len(line) > MAX_LINE_BYTES:
                    rest = stream.readline(_READ_AT_ONCE)
                yield line
    except OSError as error:
        raise TracesError(f"cannot read {str(file)!r}: {error.strerror or error}") from error


def _trace_of_line(line: bytes, where: str) -> Trace | Skipped:
    try:
        run = json.loads(line)
    except json.JSONDecodeError as error:
        return Skipped(where, f"no JSON: {error.msg} at column {error.colno}")
    except (UnicodeDecodeError, RecursionError) as error:
        return Skipped(where, f"no JSON: {'not UTF-8' if isinstance(error, UnicodeDecodeError) else 'nested too deep'}")
    if not isinstance(run, dict):
        return Skipped(where, f"a JSON {type(run).__name__}, not an object with 'messages'")
    return _checked(run.get("messages"), run.get("tools"), run.get("usage"), where)


def _checked(messages: Any, tools: Any, usage: Any, where: str, tools_missing: bool = False) -> Trace | Skipped:
    if messages is None:
        return Skipped(where, "has no 'messages'")
    try:
        checked_step(Step(messages, tools or ()))
    except StepError as error:
        return Skipped(where, str(error))
    return Trace(messages, tools or (), _usage_of(usage), where, tools_missing)


def _usage_of(entries: Any) -> dict[int, Usage]:
    """Billed tokens by message; an entry without both counts is as good as none."""
    if not isinstance(entries, list):
        return {}
    known = {}
    for entry in entries:
        if isinstance(entry, dict):
            index, read, written = (_count(entry.get(key)) for key in ("i", "input_tokens", "output_tokens"))
            if index is not None and read is not None and written is not None:
                known[index] = Usage(input=read, output=written)
    return known


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _open_table(file: Path) -> Any:
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("pyarrow", "replay") from error
    try:
        return pq.ParquetFile(file)
    except (OSError, ValueError) as error:
        raise TracesError(f"{str(file)!r} is a damaged Parquet table: {error}") from error


def _rows(file: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of a table, a few at a time, with those of the columns that it has."""
    table = _open_table(file)
    held = table.schema_arrow.names
    if columns[0] not in held:
        raise TracesError(f"{str(file)!r} has no column {columns[0]!r}, only {held!r}")
    batches = table.iter_batches(batch_size=_ROWS_AT_ONCE, columns=[name for name in columns if name in held])
    while True:
        try:
            batch = next(batches, None)
        except (OSError, ValueError) as error:
            raise TracesError(f"{str(file)!r} is a damaged Parquet table: {error}") from error
        if batch is None:
            return
        yield from batch.to_pylist()


def _read_parquet(file: Path) -> Iterator[Trace | Skipped]:
    toolbox = _Toolbox(file.parent)
    for number, row in enumerate(_rows(file, ("messages", "tools", "tools_ref", "usage")), start=1):
        yield _trace_of_row(row, toolbox, f"{file.name}:{number}")


def _trace_of_row(row: Mapping[str, Any], toolbox: _Toolbox, where: str) -> Trace | Skipped:
    try:
        messages, tools, usage = (_parsed(row.get(name)) for name in ("messages", "tools", "usage"))
        if tools is None and row.get("tools_ref") is not None:
            tools = toolbox.find(str(row["tools_ref"]))
            return _checked(messages, tools, usage, where, tools_missing=tools is None)
    except (ValueError, RecursionError):
        return Skipped(where, "a column holds no JSON")
    return _checked(messages, tools, usage, where)


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str | bytes) else value


class _Toolbox:
    """The tools that stand beside a table, read when first asked for and parsed once each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._texts: dict[str, dict[str, Any]] = {}
        self._parsed: dict[str, Any] = {}

    def find(self, ref: str) -> Any:
        """The tools of a reference, or None where no file holds it."""
        if ref not in self._parsed:
            if ref.startswith("query:"):
                texts = self._column("queries.parquet", "query_id")
            else:
                texts = self._column("tools.parquet", "tools_ref")
            self._parsed[ref] = _parsed(texts.get(ref.removeprefix("query:")))
        return self._parsed[ref]

    def _column(self, name: str, key: str) -> dict[str, Any]:
        if name not in self._texts:
            file = self._folder / name
            rows = _rows(file, (key, "tools")) if file.is_file() else ()
            self._texts[name] = {row[key]: row.get("tools") for row in rows}
        return self._texts[name]
