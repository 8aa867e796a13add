"""What the agent is asked in the demo, and the moves by which its scripted stand-ins solve it.

A move reads the results of the tools so far and gives the next call, or the answer. Which tier makes a move is not written
here: the router decides that, step by step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Call:
    """A tool to call, with its arguments."""

    tool: str
    arguments: Mapping[str, Any]


Move: TypeAlias = Callable[[Sequence[str]], Call | str]


@dataclass(frozen=True)
class Turn:
    """What a person says, and how it is dealt with."""

    asked: str
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Task:
    """A conversation: one turn, or several."""

    title: str
    turns: tuple[Turn, ...]


def _sql(statement: str) -> Move:
    return lambda _: Call("query_shop", {"sql": statement})


def _faq(question: str) -> Move:
    return lambda _: Call("search_faq", {"question": question})


def _schema(_: Sequence[str]) -> Call:
    return Call("shop_schema", {})


def _say(words: str) -> Move:
    return lambda _: words


def _rows(result: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(result)
    return rows


_ORDER = Task(
    "Look up an order",
    (
        Turn(
            "Has order 1042 been shipped, and what did it cost in all?",
            (
                _sql("SELECT status, shipped_on FROM orders WHERE id = 1042"),
                _sql("SELECT quantity, unit_price FROM order_lines WHERE order_id = 1042"),
                lambda seen: Call(
                    "calculator",
                    {"expression": " + ".join(f"{row['quantity']} * {row['unit_price']}" for row in _rows(seen[1]))},
                ),
                lambda seen: f"Yes, on {_rows(seen[0])[0]['shipped_on']}. Order 1042 came to {float(seen[2]):.2f} EUR.",
            ),
        ),
        Turn("Thanks, that's all!", (_say("You're welcome!"),)),
    ),
)

_RETURN = Task(
    "Answer from the FAQ",
    (
        Turn(
            "Can I send a tent back after one night outside?",
            (
                _faq("Can I return something that I have used?"),
                lambda seen: f"Not for any reason, but: {seen[0].splitlines()[1].removeprefix('A: ')}",
            ),
        ),
        Turn(
            "And when are you open on Saturdays?",
            (_faq("When is the shop open?"), lambda seen: seen[0].splitlines()[1].removeprefix("A: ")),
        ),
    ),
)

_STOCK = Task(
    "Check the stock",
    (
        Turn(
            "List the products with fewer than 5 left in stock.",
            (
                _sql("SELECT name, stock FROM products WHERE stock < 5 ORDER BY stock"),
                lambda seen: "; ".join(f"{row['name']}: {row['stock']} left" for row in _rows(seen[0])),
            ),
        ),
        Turn(
            "How much would it cost us to have 10 of each of them again?",
            (
                _sql("SELECT stock, cost FROM products WHERE stock < 5"),
                lambda seen: Call(
                    "calculator",
                    {"expression": " + ".join(f"{10 - row['stock']} * {row['cost']}" for row in _rows(seen[0]))},
                ),
                lambda seen: f"{float(seen[1]):,.2f} EUR at cost price.",
            ),
        ),
    ),
)

_BEST_CUSTOMER = Task(
    "Recover from an error",
    (
        Turn(
            "Which customer spent the most in March 2026?",
            (
                _sql(
                    "SELECT customer, SUM(total) FROM orders WHERE month = '2026-03' GROUP BY customer"
                ),  # no such columns
                _schema,
                _sql(
                    "SELECT c.name, SUM(l.quantity * l.unit_price) AS spent FROM orders o"
                    " JOIN order_lines l ON l.order_id = o.id JOIN customers c ON c.id = o.customer_id"
                    " WHERE o.ordered_on LIKE '2026-03-%' GROUP BY c.id ORDER BY spent DESC LIMIT 1"
                ),
                lambda seen: "{name}, with {spent:,.2f} EUR.".format(**_rows(seen[2])[0]),
            ),
        ),
    ),
)

_SUPPLIERS = Task(
    "Weigh two suppliers",
    (
        Turn(
            "We must drop one supplier before winter: Nordlicht or Cumbre. Compare how late they deliver, how much comes "
            "back and what we earn with each, weigh these against one another step by step, argue which one to drop, and "
            "derive how far the figures could be off before your conclusion is wrong.",
            (
                _sql(
                    "SELECT s.name, s.promised_days, AVG(d.days) AS days, MAX(d.days) AS worst FROM deliveries d"
                    " JOIN suppliers s ON s.id = d.supplier_id WHERE s.name IN ('Nordlicht', 'Cumbre') GROUP BY s.id"
                ),
                _sql(
                    "SELECT s.name, SUM(l.quantity) AS sold, SUM(l.quantity * l.returned) AS returned,"
                    " SUM(l.quantity * (l.unit_price - p.cost)) AS earned FROM order_lines l"
                    " JOIN products p ON p.id = l.product_id JOIN suppliers s ON s.id = p.supplier_id"
                    " WHERE s.name IN ('Nordlicht', 'Cumbre') GROUP BY s.id"
                ),
                lambda seen: Call("calculator", {"expression": _share_kept(_rows(seen[1]), "Nordlicht")}),
                lambda seen: Call("calculator", {"expression": _share_kept(_rows(seen[1]), "Cumbre")}),
                lambda seen: _verdict(_rows(seen[0]), _rows(seen[1]), float(seen[2]), float(seen[3])),
            ),
        ),
    ),
)

_DOUBLE_REFUND = Task(
    "Diagnose a race condition",
    (
        Turn(
            "Two clerks refunded the same order at the same moment, and it was paid out twice. Our code:\n\n"
            "def refund(order_id):\n"
            "    order = db.get(order_id)\n"
            "    if order.status != 'refunded':\n"
            "        bank.pay_back(order.total)\n"
            "        order.status = 'refunded'\n"
            "        db.save(order)\n\n"
            "Diagnose the race condition, fix it for a database with several web workers, and prove that your fix can never "
            "pay twice, even if a worker crashes between any two lines. Check which status values we have.",
            (
                _sql("SELECT status, COUNT(*) AS orders FROM orders GROUP BY status"),
                lambda seen: (
                    f"Statuses today: {', '.join(row['status'] for row in _rows(seen[0]))}. Both clerks read the status "
                    "before either wrote it: check and act are two steps. Make them one: UPDATE orders SET status = "
                    "'refunding', refund_key = :key WHERE id = :id AND status = 'shipped'; only the worker that changed one "
                    "row pays, giving the bank :key as idempotency key, then sets 'refunded'. At most one UPDATE can match, "
                    "so at most one key exists; after a crash the payment is repeated with the same key, which the bank "
                    "pays once. Hence never twice."
                ),
            ),
        ),
    ),
)


def _share_kept(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    row = next(row for row in rows if row["name"] == name)
    return f"({row['sold']} - {row['returned']}) / {row['sold']}"


def _verdict(
    deliveries: Sequence[Mapping[str, Any]], sales: Sequence[Mapping[str, Any]], nordlicht: float, cumbre: float
) -> str:
    late = {row["name"]: row["days"] - row["promised_days"] for row in deliveries}
    earned = {row["name"]: row["earned"] for row in sales}
    return (
        f"Late by {late['Nordlicht']:.1f} days (Nordlicht) against {late['Cumbre']:.1f} (Cumbre); kept by customers "
        f"{nordlicht:.0%} against {cumbre:.0%}; earned {earned['Nordlicht']:,.0f} against {earned['Cumbre']:,.0f} EUR. "
        "Lateness can be planned for and returns cost postage, but lost earnings cannot be made up: drop Cumbre. That is "
        f"wrong only if returns cost us more than {(earned['Nordlicht'] - earned['Cumbre']):,.0f} EUR a season."
    )


TASKS: tuple[Task, ...] = (_ORDER, _RETURN, _STOCK, _BEST_CUSTOMER, _SUPPLIERS, _DOUBLE_REFUND)
