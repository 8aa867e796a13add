"""A made-up shop's conversation, and the messages that such are made of."""

from __future__ import annotations

import json
from typing import Any


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def calls(*made: tuple[str, dict[str, Any]], start: int = 0) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": f"c{start + i}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for i, (name, arguments) in enumerate(made)
        ],
    }


def result(content: Any, number: int = 0, **more: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return {"role": "tool", "tool_call_id": f"c{number}", "content": text, **more}


def parcels(count: int = 12) -> list[dict[str, Any]]:
    """A shop's conversation, made up: a profile, an order, a catalogue, and a change."""
    order = {
        "order_id": "Z-40718",
        "customer": {"id": "lena_oduya_318", "mail": "lena.oduya@mail.example"},
        "lines": [
            {"sku": f"88120{i:02}", "title": f"Lamp {i}", "price": 19.5 + i, "in_stock": i % 2 == 0}
            for i in range(count)
        ],
        "status": "open",
        "placed": "2031-03-09",
    }
    return [
        user("I am Lena Oduya. Please swap the lamps of order Z-40718, and keep it below 75 EUR in all."),
        calls(("find_order", {"order": "Z-40718"})),
        result(order),
        assistant("The order holds twelve lamps. Shall I swap Lamp 3 for Lamp 5?"),
        user("Yes, do that, and send it to 14 Quince Road."),
        calls(("swap", {"order": "Z-40718", "out": "8812003", "into": "8812005"}), start=1),
        result({"ok": True, "ticket": "TK-9931"}, 1),
        assistant("I have swapped the lamps; the ticket is TK-9931."),
    ]
