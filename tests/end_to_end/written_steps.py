"""Agent steps written for the tests, in OpenAI form: every kind, several languages, parts, errors, parallel calls."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

Step = dict[str, Any]


def tool(name: str, required: str, **optional: str) -> dict[str, Any]:
    properties = {key: {"type": kind} for key, kind in {required: "string", **optional}.items()}
    schema = {"type": "object", "properties": properties, "required": [required]}
    return {
        "type": "function",
        "function": {"name": name, "description": f"Lets you {name.replace('_', ' ')}.", "parameters": schema},
    }


TOOLS = [
    tool("find_order", "order_id"),
    tool("refund_order", "order_id", amount="number", reason="string"),
    tool("search_help", "query", limit="integer"),
    tool("run_query", "sql"),
]
REQUESTS = [
    "Where is my order A-17?",
    "Refund order A-17 and B-4, but only if both were delivered late, and tell me the total.",
    "hi",
    "Find every customer who paid twice in March, explain how it could happen, and propose a fix.",
    "¿Dónde está mi pedido A-17?",
    "Prove that the retry loop terminates for every input.",
    "Bitte storniere die Bestellung B-4 und erkläre, warum sie zu spät kam.",
    "订单 A-17 为什么还没有发货？请查明原因并写一封道歉信。",
    "Write a haiku about late parcels.",
    "Summarise the conversation so far.",
]
RESULTS = [
    ("order A-17: delivered 2024-05-03, paid 31.90", False),
    ('{"error": "no such order", "code": 404}', False),
    ("", True),
    ("0 errors, build OK", False),
    ("Traceback (most recent call last):\n  File 'a.py', line 3\nKeyError: 'B-4'", False),
    ("def retry(n):\n    if n < 0:\n        raise ValueError(n)", False),
    ("Error: no se encontró el pedido", False),
]
REPLIES = ["yes, do it", "thanks!", "and the second one?", "No, refund only B-4.", "好的，继续"]


def call(name: str, call_id: str, **arguments: Any) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def written_steps() -> Iterator[Step]:
    """At least 300 steps, in a fixed order."""
    for request, tools in itertools.product(REQUESTS, ([], TOOLS[:1], TOOLS)):
        opening = [{"role": "system", "content": "You help customers of a shop."}, {"role": "user", "content": request}]
        yield {"messages": opening, "tools": tools}
        yield {"messages": [{"role": "user", "content": [{"type": "text", "text": request}]}], "tools": tools}
    for request, (result, failed) in itertools.product(REQUESTS, RESULTS):
        first = {"role": "assistant", "content": None, "tool_calls": [call("find_order", "c1", order_id="A-17")]}
        answered = {"role": "tool", "tool_call_id": "c1", "name": "find_order", "content": result}
        if failed:
            answered["is_error"] = True
        digest = [{"role": "user", "content": request}, first, answered]
        yield {"messages": digest, "tools": TOOLS}
        again = {
            **first,
            "tool_calls": [call("find_order", "c2", order_id="A-17"), call("search_help", "c3", query="late")],
        }
        two = [
            {"role": "tool", "tool_call_id": "c2", "content": result},
            {"role": "tool", "tool_call_id": "c3", "content": "See §4."},
        ]
        yield {"messages": [*digest, again, *two], "tools": TOOLS}
    for request, reply in itertools.product(REQUESTS, REPLIES):
        plan = {
            "role": "assistant",
            "content": f"I would first look at the order, then decide. About: {request} Shall I go on?",
        }
        talk = [{"role": "user", "content": request}, plan, {"role": "user", "content": reply}]
        yield {"messages": talk, "tools": TOOLS}
        yield {"messages": talk, "tools": []}
