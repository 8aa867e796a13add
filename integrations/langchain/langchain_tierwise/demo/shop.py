"""A small outdoor shop as a SQLite database in memory: the same one every time."""

from __future__ import annotations

import json
import random
import sqlite3
from datetime import date, timedelta
from threading import Lock

_MAX_ROWS = 20
_MAX_INSTRUCTIONS = 5_000_000
_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)

_SCHEMA = """
CREATE TABLE suppliers (id INTEGER PRIMARY KEY, name TEXT, promised_days INTEGER);
CREATE TABLE products (
    id INTEGER PRIMARY KEY, name TEXT, supplier_id INTEGER REFERENCES suppliers, price REAL, cost REAL, stock INTEGER
);
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, ordered_on TEXT, shipped_on TEXT, status TEXT
);
CREATE TABLE order_lines (
    order_id INTEGER REFERENCES orders, product_id INTEGER REFERENCES products,
    quantity INTEGER, unit_price REAL, returned INTEGER
);
CREATE TABLE deliveries (supplier_id INTEGER REFERENCES suppliers, arrived_on TEXT, days INTEGER);
"""

_SUPPLIERS = [(1, "Nordlicht", 7), (2, "Cumbre", 10), (3, "Fjella", 5)]
_PRODUCTS = [
    (1, "Ridge tent", 1, 289.0, 171.0, 4),
    (2, "Ember lamp", 2, 34.5, 14.2, 61),
    (3, "Down bag", 1, 199.0, 121.0, 2),
    (4, "Trail stove", 2, 79.9, 31.0, 18),
    (5, "Rain shell", 3, 149.0, 83.0, 9),
    (6, "Dry sack", 3, 19.9, 7.1, 140),
    (7, "Summit rope", 2, 119.0, 52.0, 3),
]
_CUSTOMERS = [
    (1, "Ada Brandt", "Graz"),
    (2, "Ines Moreno", "Bilbao"),
    (3, "Olu Adeyemi", "Leeds"),
    (4, "Mei Tanaka", "Kobe"),
]
_FIRST_DAY = date(2026, 1, 5)


class Shop:
    """The database; it can be asked, and not changed."""

    def __init__(self) -> None:
        # The agent runs its tools in threads of its own.
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._lock = Lock()
        self._connection.executescript(_SCHEMA)
        _fill(self._connection, random.Random(7))
        self._connection.commit()
        self._connection.set_authorizer(_only_reading)  # a model writes the statements: nothing else is allowed
        self._connection.set_progress_handler(lambda: 1, _MAX_INSTRUCTIONS)

    def query(self, sql: str) -> str:
        """The first rows of an answer, as JSON.

        Raises:
            sqlite3.Error: The statement is wrong, takes too long, or does more than read.
        """
        with self._lock:
            rows = self._connection.execute(sql).fetchmany(_MAX_ROWS)
        return json.dumps([dict(row) for row in rows])

    def schema(self) -> str:
        """The statements that made the tables."""
        return _SCHEMA.strip()


def _only_reading(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _fill(connection: sqlite3.Connection, dice: random.Random) -> None:
    connection.executemany("INSERT INTO suppliers VALUES (?, ?, ?)", _SUPPLIERS)
    connection.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?, ?)", _PRODUCTS)
    connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", _CUSTOMERS)
    for order in range(1001, 1061):
        ordered = _FIRST_DAY + timedelta(days=2 * (order - 1001))
        shipped = None if order > 1055 else str(ordered + timedelta(days=dice.randint(1, 4)))
        customer = dice.choice(_CUSTOMERS)[0]
        status = "open" if shipped is None else "shipped"
        connection.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?)", (order, customer, str(ordered), shipped, status)
        )
        for product in dice.sample(_PRODUCTS, dice.randint(1, 3)):
            returned = int(dice.random() < (0.22 if product[2] == 1 else 0.07))
            line = (order, product[0], dice.randint(1, 3), product[3], returned)
            connection.execute("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?)", line)
    for supplier, _, promised in _SUPPLIERS:
        for week in range(12):
            late = dice.choice((0, 0, 1, 2) if supplier == 1 else (0, 2, 4, 6))
            connection.execute(
                "INSERT INTO deliveries VALUES (?, ?, ?)",
                (supplier, str(_FIRST_DAY + timedelta(weeks=week)), promised + late),
            )
