"""What a summary keeps of what later calls need: `python tests/benchmarks/bench_summary.py`.

Runs of tau-bench, AgentDojo and BFCL that succeeded are cut in the middle (`cut_traces.py`). Of the ids, amounts, dates
and names that later calls needed of the dropped part, the table shows the share that is still there, at 10, 25 and 40 %
of the dropped part's tokens (cl100k), beside:

- `dropped`: nothing in the place of the dropped part: none, by definition;
- `head`, `tail`: its first or last so many tokens;
- `langchain`: `SummarizationMiddleware` with a model that hands back what it is given: what its own trimming leaves.

All at equal length. Weights were set on half of the tasks (by hash); the other half is reported first, then both. The
interval is a bootstrap over runs. `--json` prints the same as JSON; `--data FOLDER` is the folder with the traces.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from cut_traces import SOURCES, Cut, plain, read_cuts, stands_in

from tierwise.conversation.summary import summarise

SHARES = (0.10, 0.25, 0.40)
RESAMPLES = 2000
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "agents"


def token_counter() -> tuple[Callable[[str], list[int]], Callable[[list[int]], str]]:
    """To tokens and back, with the vocabulary that litellm ships: no network."""
    litellm = find_spec("litellm")  # found, not imported: importing it calls out
    for folder in (litellm.submodule_search_locations or ()) if litellm is not None else ():
        os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(folder) / "litellm_core_utils" / "tokenizers")
    import tiktoken

    vocabulary = tiktoken.get_encoding("cl100k_base")
    return lambda text: vocabulary.encode(text, disallowed_special=()), vocabulary.decode


ENCODE, DECODE = token_counter()


@lru_cache(maxsize=100_000)
def count(text: str) -> int:
    return len(ENCODE(text))


def ours(cut: Cut, budget: int) -> str:
    """As long as the budget allows by the real tokeniser; ours estimates, so a few limits are tried."""
    best, limit = "", budget
    for _ in range(5):
        text = summarise(cut.dropped, limit)
        length = max(count(text), 1)
        if count(best) < length <= budget:
            best = text
        if 0.95 * budget <= length <= budget:
            break
        limit = int(limit * 0.98 * min(budget / length, 1.3)) if length > budget else limit + budget - length
    return best


def head(cut: Cut, budget: int) -> str:
    return DECODE(ENCODE(plain(cut.dropped))[:budget])


def tail(cut: Cut, budget: int) -> str:
    return DECODE(ENCODE(plain(cut.dropped))[-budget:])


def langchain(cut: Cut, budget: int) -> str:
    """What `SummarizationMiddleware` would show its model, with its own limit set to the budget."""
    from langchain.agents.middleware import SummarizationMiddleware
    from langchain_core.language_models.fake_chat_models import FakeListChatModel
    from langchain_core.messages import BaseMessage, convert_to_messages

    def said(message: BaseMessage) -> str:
        calls = [f"{call['name']} {json.dumps(call['args'])}" for call in getattr(message, "tool_calls", ())]
        return "\n".join([*([str(message.text)] if message.text else []), *calls])

    middleware = SummarizationMiddleware(
        FakeListChatModel(responses=[""]),
        trim_tokens_to_summarize=budget,
        token_counter=lambda messages: sum(count(said(message)) + 1 for message in messages),
    )
    history = convert_to_messages([dict(message, content=message.get("content") or "") for message in cut.dropped])
    return "\n".join(said(message) for message in middleware._trim_messages_for_summary(history))


METHODS: dict[str, Callable[[Cut, int], str]] = {"summary": ours, "head": head, "tail": tail, "langchain": langchain}


def measure(cuts: Sequence[Cut]) -> list[dict[str, Any]]:
    """One row for each cut, share and method: how many needed values are there, and the length."""
    rows = []
    for cut in cuts:
        size = count(plain(cut.dropped))
        for share in SHARES if cut.held_out else (0.25,):
            for name, method in METHODS.items():
                text = method(cut, int(share * size))
                kept = sum(any(stands_in(form, text) for form in value) for value in cut.needed)
                facts = {"source": cut.source, "run": cut.run, "held_out": cut.held_out, "share": share, "method": name}
                rows.append({**facts, "kept": kept, "needed": len(cut.needed), "length": count(text) / size})
    return rows


def interval(rows: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """95 % of a bootstrap over runs."""
    runs: dict[str, list[int]] = {}
    for row in rows:
        kept, needed = runs.setdefault(row["run"], [0, 0])
        runs[row["run"]] = [kept + row["kept"], needed + row["needed"]]
    table = np.array(list(runs.values()))
    drawn = np.random.default_rng(0).integers(len(table), size=(RESAMPLES, len(table)))
    sums = table[drawn].sum(axis=1)
    low, high = np.quantile(sums[:, 0] / sums[:, 1], (0.025, 0.975))
    return float(low), float(high)


def report(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line for each part of the tasks, source, share and method."""
    lines = []
    for part in ("held out", "tuned on"):
        for source in (*SOURCES, "all"):
            for share in SHARES:
                for method in METHODS:
                    chosen = [
                        row
                        for row in rows
                        if row["held_out"] == (part == "held out")
                        and source in (row["source"], "all")
                        and (row["share"], row["method"]) == (share, method)
                    ]
                    if chosen:
                        lines.append(
                            {"tasks": part, "source": source, "share": share, "method": method, **_sums(chosen)}
                        )
    return lines


def _sums(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    needed = sum(row["needed"] for row in rows)
    low, high = interval(rows)
    return {
        "kept": sum(row["kept"] for row in rows) / needed,
        "low": low,
        "high": high,
        "length": float(np.mean([row["length"] for row in rows])),
        "values": needed,
        "cuts": len(rows),
        "runs": len({row["run"] for row in rows}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--data", type=Path, default=DATA, help="folder that holds tau/, agentdojo/ and bfcl/")
    arguments = parser.parse_args()
    lines = report(measure(list(read_cuts(arguments.data, count))))
    if arguments.json:
        print(json.dumps(lines, indent=1))
        return
    print(
        f"{'tasks':9} {'source':10} {'share':>5} {'method':10} {'kept':>6} {'95 %':>13} {'length':>7} {'values':>7}  cuts  runs"
    )
    for line in lines:
        print(
            f"{line['tasks']:9} {line['source']:10} {line['share']:5.0%} {line['method']:10} {line['kept']:6.1%} "
            f"{line['low']:6.1%}–{line['high']:6.1%} {line['length']:7.1%} {line['values']:7} {line['cuts']:5} {line['runs']:5}"
        )


if __name__ == "__main__":
    main()
