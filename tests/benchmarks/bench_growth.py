"""What a step costs as its conversation grows: step 1,000 beside step 10, in CPU time of one thread.

    python tests/benchmarks/bench_growth.py

Each step adds a call and its result. "reused" sends the same message objects again, as an agent loop does; "parsed" sends
histories parsed anew from JSON, as a server does. Ratios hold between machines; times do not.

A parser of 2,000 messages leaves the processor's caches full of them, and whatever runs next is slower for it, at step 10
too. So "parsed" is also held against step 10 of a conversation behind an equally long parse ("cold"): what is left is what
the longer history itself costs. The floor is what Python's own `==` takes to tell that it is the history of the step before,
and nothing cheaper can: every message may have been changed in place.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from tierwise import Router, Tier

STEPS = 1000
AROUND = 15


def conversation() -> list[dict[str, Any]]:
    """A system prompt, a request, and a thousand calls with their results."""
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You keep the books of a shop. " * 40},
        {"role": "user", "content": "Go through all orders, one by one, and tell me which were paid twice."},
    ]
    for i in range(STEPS):
        call = {
            "id": f"call_{i}",
            "type": "function",
            "function": {"name": "find_order", "arguments": f'{{"id": {i}}}'},
        }
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append(
            {
                "role": "tool",
                "tool_call_id": f"call_{i}",
                "content": f"order {i}: paid once, 31.{i % 90:02} EUR, shipped",
            }
        )
    return messages


def cpu_ms(router: Router, messages: list[dict[str, Any]], ends: range, parsed: bool, beside: str = "") -> list[float]:
    """CPU time of each step whose history ends at these lengths; `beside` is a text to be parsed just before each."""
    took = []
    for end in ends:
        sent = json.loads(json.dumps(messages[:end])) if parsed else messages[:end]
        parsed_too = json.loads(beside or "0")
        began = time.process_time()
        router.start(sent)
        took.append((time.process_time() - began) * 1000)
        del parsed_too
    return took


def floor_us(messages: list[dict[str, Any]]) -> float:
    """What it takes to compare a message with itself, parsed anew: Python's own `==` of the two lists, µs a message."""
    text = json.dumps(messages)
    known, took = json.loads(text), []
    for _ in range(2 * AROUND):
        fresh = json.loads(text)
        began = time.process_time()
        assert fresh == known
        took.append(time.process_time() - began)
    return float(np.median(took)) * 1e6 / len(messages)


def main() -> None:
    """Prints the table."""
    messages = conversation()
    everything, text = range(4, len(messages) + 1, 2), json.dumps(messages)
    around_10 = range(4, 2 * (10 + AROUND), 2)
    print(f"{'':10}{'step 10 ms':>12}{'step 1,000 ms':>15}{'ratio':>8}{'µs a message beyond':>21}{'beyond 1.5 x':>14}")
    for name, parsed, beside in (("reused", False, ""), ("parsed", True, ""), ("cold", True, text)):
        router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])
        took = cpu_ms(router, messages, everything, parsed)
        if beside:
            router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])
        first = cpu_ms(router, messages, around_10, parsed, beside) if beside else took
        early, late = np.median(first[10 - 5 : 10 + AROUND]), np.median(took[-2 * AROUND :])
        each, beyond = ((late - early * share) * 1000 / len(messages) for share in (1.0, 1.5))
        print(f"{name:10}{early:>12.3f}{late:>15.3f}{late / early:>8.2f}{each:>21.3f}{beyond:>14.3f}")
    print(f"the floor, `==` of two parsed histories: {floor_us(messages):.3f} µs a message")


if __name__ == "__main__":
    main()
