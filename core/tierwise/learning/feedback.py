"""Graded outcomes in a file: what was learned outlives the process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from tierwise.errors import ConfigError, LearnedError
from tierwise.learning.records import about, features_bytes, features_from, from_parts, identity
from tierwise.types import Graded

__all__ = ["SQLiteFeedback"]

_IN_MEMORY = ("", ":memory:")
_SCHEMA = "CREATE TABLE IF NOT EXISTS graded (id TEXT PRIMARY KEY, about TEXT NOT NULL, features BLOB NOT NULL)"


class SQLiteFeedback:
    """A `FeedbackStore` in an SQLite file (write-ahead log, one connection, thread-safe).

    Args:
        path: The file; made when missing.
        keep_text: Whether messages and tools are kept beside the figures. Without them nobody can read what was asked;
            with them outcomes can be read anew for another encoder.
        busy_ms: How long to wait for another process's write.

    Raises:
        ConfigError: The file cannot be opened as a database.
    """

    def __init__(self, path: str | Path, *, keep_text: bool = False, busy_ms: int = 1_000) -> None:
        path = path if str(path) in _IN_MEMORY else Path(path).absolute()
        self._again = partial(type(self), path, keep_text=keep_text, busy_ms=busy_ms)
        self.keep_text = keep_text
        self._name = str(path)
        self._lock = Lock()
        try:
            self._db = sqlite3.connect(path, timeout=busy_ms / 1000, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise ConfigError(f"cannot keep feedback in {str(path)!r}: {error}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return self._again, ()  # another process opens the file itself

    def add(self, graded: Sequence[Graded]) -> None:
        """Stores outcomes; one that is there already is replaced, as it may have been read anew.

        Raises:
            LearnedError: The database cannot be written; then it is as it was.
        """
        kept = [one if self.keep_text else replace(one, text=None) for one in graded]
        rows = [(identity(one), json.dumps(about(one), default=str), features_bytes(one)) for one in kept]
        with self._lock, self._told("kept"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("INSERT OR REPLACE INTO graded VALUES (?, ?, ?)", rows)
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def read(self) -> Iterator[Graded]:
        """Every outcome that is kept, in the order of their names.

        Raises:
            LearnedError: The database cannot be read, or a row of it is none of ours.
        """
        with self._lock, self._told("read"):
            rows = self._db.execute("SELECT rowid, about, features FROM graded ORDER BY id").fetchall()
        for number, values, features in rows:
            try:
                yield from_parts(json.loads(values), features_from(features))
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise LearnedError(
                    f"row {number} of {self._name!r} is no outcome ({error!r}): delete it, or name another file"
                ) from error

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """What the database complains of, as an error that says whose it is."""
        try:
            yield
        except sqlite3.Error as error:
            raise LearnedError(f"outcomes cannot be {what} in {self._name!r}: {error}") from error

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()
