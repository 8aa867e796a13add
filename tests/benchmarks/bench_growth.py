"""What a step costs as its conversation grows: step 1,000 beside step 10, in CPU time of one thread.

    python tests/benchmarks/bench_growth.py

Each step adds a call and its result. "reused" sends the same message objects again, as an agent loop does; "parsed" sends
histories parsed anew from JSON, as a server does. Ratios hold between machines; times do not.
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


def cpu_ms(router: Router, messages: list[dict[str, Any]], ends: range, parsed: bool) -> list[float]:
    """CPU time of each step whose history ends at these lengths; the steps between are taken too."""
    took = []
    for end in ends:
        sent = json.loads(json.dumps(messages[:end])) if parsed else messages[:end]
        began = time.process_time()
        router.start(sent)
        took.append((time.process_time() - began) * 1000)
    return took


def main() -> None:
    """Prints the table."""
    messages = conversation()
    print(f"{'':10}{'step 10 ms':>12}{'step 1,000 ms':>15}{'ratio':>8}{'µs a message':>14}")
    for parsed in (False, True):
        router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])
        took = cpu_ms(router, messages, range(4, len(messages) + 1, 2), parsed)
        early, late = np.median(took[10 - 5 : 10 + AROUND]), np.median(took[-2 * AROUND :])
        each = (late - early) * 1000 / len(messages)
        print(f"{'parsed' if parsed else 'reused':10}{early:>12.3f}{late:>15.3f}{late / early:>8.2f}{each:>14.3f}")


if __name__ == "__main__":
    main()
