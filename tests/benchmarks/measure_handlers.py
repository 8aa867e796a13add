"""How often handlers answer, and how often they are wrong when they do: on cases held out, and on real traffic.

    python tests/benchmarks/measure_handlers.py --data ../shared/data

The held-out cases (`tests/core/data/handlers_held_out*.yaml`) were written after every threshold and word list was set. The
first file has taught something since, and so have the second and, of sentiment, the third, each written after that.
`sentiment_traps.yaml` are texts written to be labelled wrongly, one half seen while the handler was changed for them.
Real traffic is what people say to recorded agents, who know nothing of our shop: whatever its list answers there is a false
answer. Tool calls are shown, to be judged by eye.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tierwise.handlers.entities import Entities
from tierwise.handlers.faq import FAQ, Entry
from tierwise.handlers.sentiment import Sentiment
from tierwise.handlers.tool_args import ToolArgs
from tierwise.protocols import Handler
from tierwise.signals import read_step
from tierwise.types import Reply, Step

DATA = Path(__file__).parents[1] / "core" / "data"
HELD_OUT = ("handlers_held_out.yaml", "handlers_held_out_2.yaml", "handlers_held_out_3.yaml")
LABEL = "Classify the sentiment of this review as positive or negative: "
TEXT = {"type": "string"}


def tool(name: str, *arguments: str, told: str = "") -> dict[str, Any]:
    """A tool whose arguments are texts."""
    schema = {"type": "object", "properties": dict.fromkeys(arguments, TEXT), "required": list(arguments)}
    return {"type": "function", "function": {"name": name, "description": told, "parameters": schema}}


TOOLS = [
    tool("search_flights", "origin", "destination"),
    tool("check_ticket", "ticket_id"),
    tool("lookup_invoice", "invoice_number"),
    tool("list_users"),
    tool("get_exchange_rate", "currency"),
]


def held_out(file: str) -> Iterator[tuple[str, Handler, Step, Any]]:
    """Name, handler, step, and what must be answered (None: nothing)."""
    first, cases = (yaml.safe_load((DATA / name).read_text(encoding="utf-8")) for name in (HELD_OUT[0], file))
    entries = [Entry(**{**entry, "questions": tuple(entry["questions"])}) for entry in first["faq_entries"]]
    handlers: dict[str, Handler] = {
        "faq": FAQ(entries),
        "sentiment": Sentiment(),
        "entities": Entities(),
        "tool_args": ToolArgs(),
    }
    for name, handler in handlers.items():
        for case in cases[name]:
            text = LABEL + case["ask"] if name == "sentiment" else case["ask"]
            step = Step([{"role": "user", "content": text}], TOOLS if name == "tool_args" else ())
            yield name, handler, step, case.get("answer")


def is_right(name: str, reply: Reply, answer: Any) -> bool:
    """Whether a reply is the one expected."""
    if answer is None:
        return False
    if name == "faq":
        return reply.source == f"faq#{answer}"
    return reply.tool_calls == ((answer[0], answer[1]),) if name == "tool_args" else reply.text == answer


def measure_held_out(file: str) -> None:
    """Prints answered and wrong, by handler."""
    print(file)
    counts: dict[str, Counter[str]] = {}
    wrong = []
    for name, handler, step, answer in held_out(file):
        count = counts.setdefault(name, Counter())
        given = handler.handle(step, read_step(step))
        count["cases"] += 1
        count["to answer"] += answer is not None
        if isinstance(given, Reply):
            count["answered"] += 1
            if not is_right(name, given, answer):
                count["wrong"] += 1
                wrong.append((name, step.messages[0]["content"], given.source))
    for name, count in counts.items():
        print(f"{name:10} {dict(count)}")
    for each in wrong:
        print("  wrong:", *each)


def measure_traps() -> None:
    """Prints how many of the texts written to be labelled wrongly were, by half."""
    handler = Sentiment()
    for half, cases in yaml.safe_load((DATA / "sentiment_traps.yaml").read_text(encoding="utf-8")).items():
        steps = [(Step([{"role": "user", "content": LABEL + case["ask"]}]), case) for case in cases]
        given = [(handler.handle(step, read_step(step)), case) for step, case in steps]
        answers = [(reply.text, case) for reply, case in given if isinstance(reply, Reply)]
        wrong = [case["ask"] for label, case in answers if label != case.get("answer")]
        print(
            f"sentiment, traps, {half}: {len(wrong)} wrong of {len(answers)} answered of {len(cases)}",
            *wrong,
            sep="\n  ",
        )


def user_turns(data: Path) -> Iterator[tuple[str, Step, str]]:
    """Source, step and an id: everything that a person says in recorded runs with tools, once; elsewhere first messages."""
    import pandas as pd

    agents = data / "agents"
    for source in ("agentdojo", "tau"):
        tools = dict(pd.read_parquet(agents / source / "tools.parquet")[["tools_ref", "tools"]].itertuples(index=False))
        seen = set()
        runs = pd.read_parquet(agents / source / "traces.parquet", columns=["messages", "tools_ref", "task_id"])
        for row in runs.itertuples():
            messages = json.loads(row.messages)
            for i, message in enumerate(messages):
                if message["role"] == "user" and str(message["content"]) not in seen:
                    seen.add(str(message["content"]))
                    yield source, Step(messages[: i + 1], json.loads(tools[row.tools_ref])), row.task_id
    for row in pd.read_parquet(agents / "bfcl" / "queries.parquet").itertuples():
        messages = json.loads(row.messages)
        if messages and messages[-1]["role"] == "user":
            yield "bfcl", Step(messages, json.loads(row.tools)), row.Index
    mint = pd.read_parquet(agents / "mint" / "traces.parquet", columns=["messages", "task_id"])
    for row in mint.drop_duplicates("task_id").itertuples():
        messages = json.loads(row.messages)
        last = next((i for i, message in enumerate(messages) if message["role"] == "user"), None)
        if last is not None:
            yield "mint", Step(messages[: last + 1]), row.task_id


def measure_traffic(data: Path) -> None:
    """Prints how many messages were answered by whom, and shows who answered for judging."""
    handlers: dict[str, Handler] = {
        "faq": FAQ.from_file(DATA / "shop_faq.yaml"),
        "sentiment": Sentiment(),
        "entities": Entities(),
        "tool_args": ToolArgs(),
    }
    steps: Counter[str] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    for source, step, name in user_turns(data):
        steps[source] += 1
        reading = read_step(Step(step.messages[-1:], step.tools))  # handlers ask it for images alone
        for handler_name, handler in handlers.items():
            given = handler.handle(step, reading)
            if isinstance(given, Reply):
                answered[source, handler_name] += 1
                print(
                    "  answered:",
                    source,
                    name,
                    handler_name,
                    given.source,
                    json.dumps(given.tool_calls),
                    file=sys.stderr,
                )
    for source, n in steps.items():
        told = ", ".join(f"{name} {answered[source, name]}" for name in handlers)
        print(f"{source:10} {n} messages; answered by {told}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--data", type=Path, help="the folder with recorded agents; without it, only the held-out cases"
    )
    given = parser.parse_args()
    for held in HELD_OUT:
        measure_held_out(held)
    measure_traps()
    if given.data is not None:
        measure_traffic(given.data)
