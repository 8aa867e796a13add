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


def new_router() -> Router:
    """A router that has seen nothing."""
    return Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])


def cpu_ms(router: Router, sent: list[dict[str, Any]]) -> float:
    """CPU time of one step."""
    began = time.process_time()
    router.start(sent)
    return (time.process_time() - began) * 1000


def grown(messages: list[dict[str, Any]], parsed: bool) -> list[float]:
    """CPU time of every step of one conversation."""
    router, ends = new_router(), range(4, len(messages) + 1, 2)
    return [cpu_ms(router, json.loads(json.dumps(messages[:end])) if parsed else messages[:end]) for end in ends]


def side_by_side(messages: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Step 1,000 parsed anew, step 10 behind an equally long parse, and the floor, taken in turns; medians in ms."""
    long, text = new_router(), json.dumps(messages)
    known = json.loads(text)
    took: list[tuple[float, float, float]] = []
    for end in range(len(messages) - 8 * AROUND, len(messages) + 1, 2):
        late = cpu_ms(long, json.loads(text)[:end])
        short = new_router()
        short.start(json.loads(json.dumps(messages[:20])))
        ten, behind = json.loads(json.dumps(messages[:22])), json.loads(text)
        early = cpu_ms(short, ten)
        fresh = json.loads(text)
        began = time.process_time()
        assert fresh == known
        took.append((late, early, (time.process_time() - began) * 1000))
        del behind
    late, early, floor = (float(np.median(some[2:])) for some in zip(*took, strict=True))
    return late, early, floor


def main() -> None:
    """Prints the table."""
    messages = conversation()
    print(f"{'':10}{'step 10 ms':>12}{'step 1,000 ms':>15}{'ratio':>8}{'µs a message beyond':>21}{'beyond 1.5 x':>14}")
    for name, parsed in (("reused", False), ("parsed", True)):
        took = grown(messages, parsed)
        show(name, float(np.median(took[5 : 10 + AROUND])), float(np.median(took[-2 * AROUND :])), len(messages))
    late, early, floor = side_by_side(messages)
    show("cold", early, late, len(messages))
    print(f"the floor, `==` of two parsed histories: {floor * 1000 / len(messages):.3f} µs a message")


def show(name: str, early: float, late: float, messages: int) -> None:
    """One line."""
    each, beyond = ((late - early * share) * 1000 / messages for share in (1.0, 1.5))
    print(f"{name:10}{early:>12.3f}{late:>15.3f}{late / early:>8.2f}{each:>21.3f}{beyond:>14.3f}", flush=True)


if __name__ == "__main__":
    main()
