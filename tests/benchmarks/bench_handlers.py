"""How long each handler takes, as a share of a decision without handlers in the same run, and what asking all of them adds.

    python tests/benchmarks/bench_handlers.py [--calls N]

Ratios hold between machines; times do not. Messages differ from call to call, so that no cache can answer.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from tierwise import Router, Tier
from tierwise.handlers.entities import Entities
from tierwise.handlers.faq import FAQ, Entry
from tierwise.handlers.rules import ReplyRule, Rules
from tierwise.handlers.sentiment import Sentiment
from tierwise.handlers.tool_args import ToolArgs
from tierwise.protocols import Handler
from tierwise.signals import read_step
from tierwise.types import Step

MODELS = (Tier("small", model="gpt-4.1-nano"), Tier("top", model="claude-opus-4-6"))
THINGS = "parcel lamp chair table clock radio kettle basket ladder mirror".split()  # noqa: SIM905
REVIEW = "Classify the sentiment of this review as positive or negative: The food was delicious, number {} was lovely."
LONG = "Extract all email addresses from this text: " + "We met on 2026-01-05 and paid 20 EUR. " * 40 + "{}@a.example"
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": f"{verb}_{thing}",
            "parameters": {"type": "object", "properties": {"item_id": {"type": "string"}}, "required": ["item_id"]},
        },
    }
    for verb in ("track", "find", "list")
    for thing in THINGS
]
PATTERNS = Rules(ReplyRule(f"r{i}", rf"/{thing}{i} (?P<id>[\w-]+)", reply="{id}") for i, thing in enumerate(THINGS * 5))


def faq_of(entries: int) -> FAQ:
    """A list of so many entries with three phrasings each."""
    return FAQ(
        Entry(
            f"e{i}",
            (
                f"Where is my {THINGS[i % 10]} of type {i}?",
                f"How do I return {THINGS[i % 10]} {i}?",
                f"What does a {i} cost?",
            ),
            "Here.",
        )
        for i in range(entries)
    )


def cases() -> dict[str, tuple[Handler, Callable[[int], Step]]]:
    """Name to a handler and the step of the i-th call: what it answers, or looks at most closely."""

    def said(form: str, **facts: Any) -> Callable[[int], Step]:
        return lambda i: Step([{"role": "user", "content": form.format(i)}], **facts)

    return {
        "rules, 50 patterns": (PATTERNS, said("/mirror49 item-{}")),
        "FAQ, 20 entries": (faq_of(20), said("Where is my lamp of type {}?")),
        "FAQ, 1,000 entries": (faq_of(1000), said("Where is my lamp of type {}?")),
        "sentiment": (Sentiment(), said(REVIEW)),
        "entities, 1,600 characters": (Entities(), said(LONG)),
        "tool call, 30 tools": (ToolArgs(), said("please track the mirror item-{}", tools=TOOLS)),
        "other traffic, all abstain": (_All(), said("Compare contract {} with the other one and say which is dearer.")),
    }


class _All:
    """Every handler, one after the other."""

    def __init__(self) -> None:
        self._handlers: list[Handler] = [PATTERNS, faq_of(100), Sentiment(), Entities(), ToolArgs()]

    def handle(self, step: Step, reading: Any) -> Any:
        return [handler.handle(step, reading) for handler in self._handlers]


def milliseconds(call: Callable[[int], object], calls: int) -> tuple[float, float]:
    """p50 and p99 of a call."""
    took = []
    for i in chain(repeat(-1, 20), range(calls)):
        began = time.perf_counter()
        call(i)
        took.append((time.perf_counter() - began) * 1000)
    return float(np.percentile(took[20:], 50)), float(np.percentile(took[20:], 99))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=1000)
    calls = parser.parse_args().calls
    bare = Router(MODELS)
    decision, _ = milliseconds(
        lambda i: bare.start([{"role": "user", "content": f"Compare contract {i} with the other one."}]), calls
    )
    print(f"{'':28} p50 ms  p99 ms  share of a decision ({decision:.3f} ms)")
    for name, (handler, step_of) in cases().items():
        steps = [step_of(i) for i in range(calls)]
        readings = [read_step(step) for step in steps]
        p50, p99 = milliseconds(lambda i: handler.handle(steps[i], readings[i]), calls)  # noqa: B023  called at once
        print(f"{name:28} {p50:6.3f}  {p99:6.3f}  {p50 / decision:.2f}")


if __name__ == "__main__":
    main()
