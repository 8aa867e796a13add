"""How long a decision takes, beside its peers in the same run; throughput of batches; resident memory.

    python tests/benchmarks/bench_decision.py [--model FOLDER] [--calls N]

Peers: litellm's complexity router (its local heuristic, `classify`), and fastembed's MiniLM embedding the question alone
(with `--model`, a folder that holds it). Times are milliseconds on one thread. Ratios hold between machines; times do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import numpy as np

from tierwise import Router, Tier

SENTENCE = (
    "Please compare the two delivery contracts and tell me which clause would cost us more when a shipment is late. "
)
WORDS_PER_TOKEN = 0.8
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": f"{verb}_order",
            "description": f"Lets the agent {verb} an order of the shop.",
            "parameters": {
                "type": "object",
                "properties": {
                    "order_id": {"type": "string"},
                    "reason": {"type": "string"},
                    "amount": {"type": "number"},
                },
                "required": ["order_id"],
            },
        },
    }
    for verb in ("find", "cancel", "refund", "change", "ship", "return", "split", "merge")
]
MEMORY_PROBE = """
import numpy
def resident_kb():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
before = resident_kb()
from tierwise import Router, Tier
router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])
for i in range(50):
    router.start([{"role": "user", "content": f"question {i}: which clause costs more when a shipment is late?"}])
print((resident_kb() - before) / 1024)
"""


def question(tokens: int, salt: int) -> str:
    """About that many tokens, different for each salt so that no cache can answer."""
    words = (f"Case {salt}: " + SENTENCE * (1 + tokens // 20)).split()
    return " ".join(words[: max(4, int(tokens * WORDS_PER_TOKEN))])


def history(messages: int, salt: int) -> list[dict[str, Any]]:
    """An agent's conversation of that many messages that ends with a tool result."""
    turns: list[dict[str, Any]] = [
        {"role": "system", "content": SENTENCE * 10},
        {"role": "user", "content": question(60, salt)},
    ]
    while len(turns) < messages:
        call_id = f"call_{len(turns)}"
        call = {
            "id": call_id,
            "type": "function",
            "function": {"name": "find_order", "arguments": f'{{"order_id": "A-{salt}"}}'},
        }
        turns.append({"role": "assistant", "content": None, "tool_calls": [call]})
        turns.append(
            {"role": "tool", "tool_call_id": call_id, "content": f"order A-{salt}, step {len(turns)}: " + SENTENCE * 2}
        )
    return turns


def percentiles(call: Callable[[int], object], calls: int) -> tuple[float, float]:
    """p50 and p99 of one call, in milliseconds, after a warm-up."""
    for i in range(20):
        call(-1 - i)
    took = []
    for i in range(calls):
        began = time.perf_counter()
        call(i)
        took.append((time.perf_counter() - began) * 1000)
    return float(np.percentile(took, 50)), float(np.percentile(took, 99))


def cases(router: Router) -> dict[str, Callable[[int], object]]:
    """What is timed of tierwise; inputs are made beforehand."""
    steps = {f"{n} tokens": [[{"role": "user", "content": question(n, i)}] for i in range(500)] for n in (20, 100, 400)}
    made: dict[str, Callable[[int], object]] = {
        name: (lambda i, inputs=inputs: router.start(inputs[i % 500])) for name, inputs in steps.items()
    }
    conversation = history(40 + 2 * 500, 7)
    made["40 messages, 8 tools"] = lambda i: router.start(history_of[i % 500], tools=TOOLS)
    history_of = [history(40, i) for i in range(500)]
    made["agent loop, 40 to 1,040 messages"] = lambda i: router.start(conversation[: 40 + 2 * (i % 500)], tools=TOOLS)
    return made


def peers(model: str | None) -> dict[str, Callable[[int], object]]:
    """What is timed beside it, on the question of the same size."""
    found: dict[str, Callable[[int], object]] = {}
    texts = {n: [question(n, i) for i in range(500)] for n in (20, 100, 400)}
    try:
        from litellm import Router as LitellmRouter
        from litellm.router_strategy.complexity_router.complexity_router import ComplexityRouter

        host = LitellmRouter(model_list=[])
        heuristic = ComplexityRouter(
            "auto", host, {"tiers": {"SIMPLE": "a", "MEDIUM": "a", "COMPLEX": "b", "REASONING": "b"}}
        )
        for n, inputs in texts.items():
            found[f"litellm heuristic, {n} tokens"] = lambda i, inputs=inputs: heuristic.classify(inputs[i % 500])
    except ImportError:
        print("litellm is not installed: its heuristic is left out")
    if model and Path(model).is_dir():
        from tierwise.embedding import FastEmbedder

        encoder = FastEmbedder(model)
        for n, inputs in texts.items():
            found[f"MiniLM alone, {n} tokens"] = lambda i, inputs=inputs: encoder.embed([inputs[i % 500]])
    return found


def _estimate(inputs: list[list[dict[str, Any]]]) -> int:
    router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])
    return len(router.estimate_many(inputs))


def throughput(count: int = 4000) -> tuple[float, float]:
    """Estimates a second at a 60-word median: in this process, and in two."""
    inputs = [[{"role": "user", "content": question(30 + (i * 37) % 90, i)}] for i in range(count)]
    router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])
    router.estimate_many(inputs[:50])
    began = time.perf_counter()
    router.estimate_many(inputs)
    one = count / (time.perf_counter() - began)
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_estimate, [inputs[:50]] * 2))
        began = time.perf_counter()
        list(pool.map(_estimate, [inputs[::2], inputs[1::2]]))
        two = count / (time.perf_counter() - began)
    return one, two


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="folder with all-MiniLM-L6-v2 as ONNX")
    parser.add_argument("--calls", type=int, default=1000)
    options = parser.parse_args()
    router = Router([Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6")])
    print(f"{'':34}{'p50 ms':>10}{'p99 ms':>10}")
    baseline = None
    for name, call in cases(router).items():
        p50, p99 = percentiles(call, options.calls)
        baseline = baseline or p50
        print(f"{'tierwise, ' + name:34}{p50:>10.3f}{p99:>10.3f}")
    for name, call in peers(options.model).items():
        p50, p99 = percentiles(call, min(options.calls, 300))
        print(f"{name:34}{p50:>10.3f}{p99:>10.3f}")
    one, two = throughput()
    print(f"\nestimate_many, 60-word median: {one:,.0f} a second in one process, {two:,.0f} in two")
    probe = subprocess.run([sys.executable, "-c", MEMORY_PROBE], capture_output=True, text=True, check=True)
    print(f"resident memory over Python with numpy, after 50 decisions: {float(probe.stdout):.0f} MB")


if __name__ == "__main__":
    main()
