"""What the handoff of a growing history costs, where every answer in it needs edits: step 1,000 beside step 10.

    python tests/benchmarks/bench_handoff.py

A tool loop of Claude's with thoughts is handed to OpenAI at every step, as message objects that are used again. "edits" is
the handoff alone, going on from the step before; "whole" looks at everything anew, as it would with nothing known;
"router" is a whole decision with it; "sent" writes out the edited history, which takes a copy for each answer. Medians of
CPU time of one thread; ratios hold between machines, times do not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from tierwise import Router, Tier
from tierwise.handoff import apply_edits, edits_for

STEPS = 1000
AROUND = 15
BY_CLAUDE = {"provider": "anthropic", "model": "claude-opus-4-6"}
GPT = Tier("small", model="gpt-4.1-nano")

Messages = list[dict[str, Any]]


def conversation() -> Messages:
    """A request, and a thousand thoughtful calls with their results."""
    messages: Messages = [{"role": "user", "content": "Go through all orders and tell me which were paid twice."}]
    for i in range(STEPS):
        thought = {"type": "thinking", "thinking": f"Order {i} is next.", "signature": f"c2lnbmF0dXJl{i}"}
        call = {"id": f"toolu_{i}", "type": "function", "function": {"name": "find", "arguments": f'{{"id": {i}}}'}}
        said = [thought, {"type": "text", "text": "Looking."}]
        messages.append({"role": "assistant", "content": said, "tool_calls": [call], "made_by": BY_CLAUDE})
        messages.append({"role": "tool", "tool_call_id": f"toolu_{i}", "content": f"order {i}: paid once, shipped"})
    return messages


def grown(messages: Messages, step: Callable[[Messages], object]) -> tuple[float, float]:
    """Milliseconds of the steps around the tenth, and of the last ones; all between them are taken too."""
    took = []
    for end in range(3, len(messages) + 1, 2):
        history = messages[:end]
        began = time.process_time()
        step(history)
        took.append((time.process_time() - began) * 1000)
    return float(np.median(took[5 : 10 + AROUND])), float(np.median(took[-2 * AROUND :]))


def alone(messages: Messages, step: Callable[[Messages], object]) -> tuple[float, float]:
    """The same, for what does not go on from an earlier step: only these steps are taken."""
    early, late = grown(messages[:50], step)[1], []
    for end in range(len(messages) - 2 * AROUND, len(messages), 2):
        began = time.process_time()
        step(messages[:end])
        late.append((time.process_time() - began) * 1000)
    return early, float(np.median(late))


def main() -> None:
    """Prints the table."""
    messages = conversation()
    walks: dict[str, Any] = {}
    all_edits = edits_for(messages, GPT)
    assert len(all_edits) == STEPS
    router, sending = Router([GPT]), Router([GPT])
    rows = {
        "edits": grown(messages, lambda history: edits_for(history, GPT, walks=walks)),
        "whole": alone(messages, lambda history: edits_for(history, GPT)),
        "router": grown(messages, router.start),
        "sent": grown(messages, lambda history: sending.start(history).messages),
        "applied": alone(messages, lambda history: apply_edits(history, all_edits[: len(history) // 2])),
    }
    print(f"{'':10}{'step 10 ms':>12}{'step 1,000 ms':>15}{'ratio':>8}")
    for name, (early, late) in rows.items():
        print(f"{name:10}{early:>12.3f}{late:>15.3f}{late / early:>8.2f}")


if __name__ == "__main__":
    main()
