"""How long reading a step takes: `python tests/benchmarks/bench_signals.py`.

Prints p50 and p99 in milliseconds on one thread, and the ratio to the shortest question, which holds between machines.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tierwise.signals import read_step
from tierwise.types import Step

SENTENCE = "Our warehouse ships parcels twice a day, and we would like to know which carrier loses the fewest of them. "
CHARS_A_TOKEN = 4.3
RUNS = 400


def question(tokens: int) -> Step:
    text = SENTENCE * (1 + int(tokens * CHARS_A_TOKEN) // len(SENTENCE))
    return Step([{"role": "user", "content": text[: int(tokens * CHARS_A_TOKEN)]}])


def history(messages: int, tools: int) -> Step:
    """A tool loop: requests, calls, results, in turn."""
    turns: list[dict[str, Any]] = [{"role": "system", "content": SENTENCE * 20}]
    for i in range(messages // 3):
        call = {"id": f"c{i}", "type": "function", "function": {"name": "track", "arguments": f'{{"parcel": {i}}}'}}
        turns.append(
            {"role": "user", "content": f"Where is parcel number {i}, and when will it be delivered to the shop?"}
        )
        turns.append({"role": "assistant", "content": None, "tool_calls": [call]})
        turns.append(
            {
                "role": "tool",
                "tool_call_id": f"c{i}",
                "content": f'{{"parcel": {i}, "status": "on its way", "stops": 3}}',
            }
        )
    return Step(turns, tools=[tool(i) for i in range(tools)])


def tool(i: int) -> dict[str, Any]:
    names = ("parcel", "carrier", "day")
    properties = {name: {"type": "string", "description": f"The {name} to look for."} for name in names}
    return {"type": "function", "function": {"name": f"track_{i}", "description": "Finds a parcel.", "parameters": {
        "type": "object", "properties": properties, "required": ["parcel"]}}}  # fmt: skip


def cases() -> Iterator[tuple[str, Step]]:
    for tokens in (20, 100, 400):
        yield f"{tokens} tokens", question(tokens)
    yield "40 messages", history(40, 0)
    yield "40 messages, 12 tools", history(40, 12)
    yield "600 KB", question(int(600_000 / CHARS_A_TOKEN))
    yield "600 KB of Chinese", Step([{"role": "user", "content": "请比较这两份合同，然后说明哪一份更贵。" * 11_000}])


def milliseconds(step: Step) -> list[float]:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        read_step(step)
        times.append(1e3 * (time.perf_counter() - start))
    return sorted(times)


def main() -> None:
    base = 0.0
    print(f"{'step':24}{'p50 ms':>10}{'p99 ms':>10}{'ratio':>8}")
    for name, step in cases():
        times = milliseconds(step)
        base = base or times[RUNS // 2]
        print(f"{name:24}{times[RUNS // 2]:10.3f}{times[int(RUNS * 0.99)]:10.3f}{times[RUNS // 2] / base:8.1f}")


if __name__ == "__main__":
    main()
