"""State in a file: it survives a restart, and the processes of one machine share it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from tierwise.conversation.stores.record import from_json, key_for, key_of, to_json, with_call
from tierwise.errors import ConfigError
from tierwise.types import CallRecord, ConversationState

_SCHEMA = """
CREATE TABLE IF NOT EXISTS states (key TEXT PRIMARY KEY, state TEXT NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS prefixes (prefix TEXT PRIMARY KEY, key TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS prefixes_by_key ON prefixes (key);
CREATE INDEX IF NOT EXISTS states_by_use ON states (used);
"""
_IN_MEMORY = ("", ":memory:")
_VARIABLES_AT_ONCE = 500
_WRITES_PER_SWEEP = 256


class SQLiteStore:
    """Keeps the state of conversations in an SQLite file (write-ahead log, one connection, thread-safe).

    Args:
        path: The file; made when missing.
        retention_s: Conversations unused for longer are removed, in seconds.
        busy_ms: How long to wait for another process's write; then the router goes on without this store.
        clock: Seconds; for tests.

    Raises:
        ConfigError: The file cannot be opened as a database.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        retention_s: float = 7 * 86_400.0,
        busy_ms: int = 50,
        clock: Callable[[], float] = time.time,
    ) -> None:
        path = path if str(path) in _IN_MEMORY else Path(path).absolute()
        self._again = partial(type(self), path, retention_s=retention_s, busy_ms=busy_ms, clock=clock)
        self._retention_s = retention_s
        self._clock = clock
        self._lock = Lock()
        self._writes = 0
        try:
            self._db = sqlite3.connect(path, timeout=busy_ms / 1000, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")  # a lost last write costs a cache estimate, nothing more
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise ConfigError(f"cannot keep conversation state in {str(path)!r}: {error}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return self._again, ()  # another process opens the file itself

    def find(self, prefixes: Sequence[str]) -> ConversationState | None:
        """The state stored under the last of `prefixes` that is known, or None."""
        with self._lock:
            for end in range(len(prefixes), 0, -_VARIABLES_AT_ONCE):
                key = self._newest_key(prefixes[max(0, end - _VARIABLES_AT_ONCE) : end])
                if key is not None:
                    return self._state(key)
        return None

    def put(self, state: ConversationState) -> None:
        """Stores where a conversation stands; what calls have added to it stays."""
        key = key_of(state)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("INSERT OR REPLACE INTO prefixes VALUES (?, ?)", (state.tip, key))
            known = self._state(key)
            self._save(key, state if known is None else replace(known, tip=state.tip))
            self._sweep()

    def record(self, state: ConversationState, call: CallRecord) -> None:
        """Adds one answered call to what is kept of a conversation, atomically between processes."""
        key = key_of(state)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            known = self._state(key)
            if known is not None:
                self._save(key, with_call(known, call))

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Removes everything that is kept of a conversation; an unknown one is no error."""
        key = key_for(conversation_id, user)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM prefixes WHERE key = ?", (key,))
            self._db.execute("DELETE FROM states WHERE key = ?", (key,))

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()

    def __len__(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM states").fetchone()[0])

    def _newest_key(self, prefixes: Sequence[str]) -> str | None:
        marks = ",".join("?" * len(prefixes))
        rows = dict(self._db.execute(f"SELECT prefix, key FROM prefixes WHERE prefix IN ({marks})", list(prefixes)))
        return next((rows[prefix] for prefix in reversed(prefixes) if prefix in rows), None)

    def _state(self, key: str) -> ConversationState | None:
        row = self._db.execute("SELECT state FROM states WHERE key = ?", (key,)).fetchone()
        return None if row is None else from_json(row[0])

    def _save(self, key: str, state: ConversationState) -> None:
        self._db.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", (key, to_json(state), self._clock()))

    def _sweep(self) -> None:
        """Now and then, removes what nobody has used for the whole retention."""
        self._writes += 1
        if self._writes % _WRITES_PER_SWEEP:
            return
        before = self._clock() - self._retention_s
        self._db.execute("DELETE FROM prefixes WHERE key IN (SELECT key FROM states WHERE used < ?)", (before,))
        self._db.execute("DELETE FROM states WHERE used < ?", (before,))
