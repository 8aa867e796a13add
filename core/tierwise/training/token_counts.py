"""What providers count where we estimate a token: `python -m tierwise.training.token_counts --data FOLDER`.

Prints the table of `tierwise.policy.counting`, and how often a call would have been longer than foreseen. `FOLDER` is the
shared data. Billed input tokens are fitted by least squares on the estimates for text and for tool schemas: from runs of
tau-bench without a constant (each of its few tool lists is a constant itself), of families that are not in them from BFCL's
single calls with one. Of a family's models each has the same say.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.policy.counting import COUNTS, SPARE_KNOWN, SPARE_UNKNOWN, Count, family_of_counts
from tierwise.signals.history import History
from tierwise.signals.tools import digest_tools
from tierwise.types import Floats

__all__ = ["Counted", "fit_counts", "main", "overrun", "surprising"]

log = logging.getLogger(__name__)

Counted = dict[str, list[tuple[int, int, int]]]
"""Model to its calls: text and tool tokens as estimated, input tokens as billed."""

_FEWEST = 50
_MOST = 3000


def fit_counts(calls: Counted, constant: bool) -> dict[str, Count]:
    """Family to what its models count for an estimated token of text and of tool schemas; the mean over its models."""
    found: defaultdict[str, list[Floats]] = defaultdict(list)
    for model, rows in calls.items():
        family = family_of_counts(model)
        if len(rows) >= _FEWEST and family not in (None, "other"):
            table = np.asarray(rows, dtype=float)
            known = table[:, :2] if not constant else np.column_stack([table[:, :2], np.ones(len(table))])
            found[str(family)].append(np.linalg.lstsq(known, table[:, 2], rcond=None)[0])
    means = {family: np.mean(fits, axis=0) for family, fits in found.items()}
    return {family: Count(round(float(mean[0]), 2), round(float(mean[1]), 2)) for family, mean in means.items()}


def overrun(calls: Counted, counts: Mapping[str, Count], spare: float) -> tuple[float, float]:
    """Share of calls billed more than `spare` times what is foreseen: of all, and of each model's longest tenth."""
    over: list[Floats] = []
    late: list[Floats] = []
    for model, rows in calls.items():
        count = counts.get(family_of_counts(model) or "")
        if len(rows) >= _FEWEST and count is not None:
            table = np.asarray(rows, dtype=float)
            beyond = table[:, 2] > spare * (count.text * table[:, 0] + count.tools * table[:, 1])
            over.append(beyond)
            late.append(beyond[table[:, 2] >= np.quantile(table[:, 2], 0.9)])
    return float(np.mean(np.concatenate(over))), float(np.mean(np.concatenate(late)))


def surprising(calls: Counted, spare: float) -> float:
    """Share of a run's later calls that were billed more than `spare` times what the bill of the call before says."""
    over = []
    for rows in calls.values():
        for (text, tools, billed), (more, same, now) in pairwise(rows):
            if more > text and tools == same:  # a shorter one begins the next run
                over.append(now > spare * billed / (text + tools) * (more + same))
    return float(np.mean(over))


def _tau(folder: Path) -> Counted:
    """Every metered call of a recorded run, with what stood before it."""
    tools = {row["tools_ref"]: digest_tools(json.loads(row["tools"])).tokens for row in _rows(folder, "tools.parquet")}
    calls: Counted = defaultdict(list)
    for row in _rows(folder, "traces.parquet"):
        usage = [entry for entry in json.loads(row["usage"] or "[]") if entry.get("input_tokens")]
        if not usage or "not recorded" in str(row["meta"]):  # the prompt that was billed is not in the file
            continue
        messages, history, at = json.loads(row["messages"]), History(), 0
        for entry in usage:
            history.extend(messages[at : entry["i"]])
            at = entry["i"]
            calls[row["model"]].append((history.tokens, tools.get(row["tools_ref"], 0), entry["input_tokens"]))
    return calls


def _bfcl(folder: Path) -> Counted:
    """Single calls with native tools, of models whose name says so or whose API has no other."""
    sizes = {}
    for row in _rows(folder, "queries.parquet"):
        messages = json.loads(row["messages"] or "[]")
        if messages and "multi_turn" not in row["category"]:
            history = History()
            history.extend(messages)
            sizes[row["query_id"]] = history.tokens, digest_tools(json.loads(row["tools"])).tokens
    calls: Counted = defaultdict(list)
    for row in _rows(folder, "scores.parquet"):
        native = "-FC" in row["model"] or "gemini" in row["model"]
        if native and row["input_tokens"] and row["query_id"] in sizes and len(calls[row["model"]]) < _MOST:
            calls[row["model"]].append((*sizes[row["query_id"]], row["input_tokens"]))
    return calls


def _rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    yield from pq.read_table(folder / name).to_pylist()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.training.token_counts", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the shared data")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    tau, bfcl = _tau(options.data / "agents" / "tau"), _bfcl(options.data / "agents" / "bfcl")
    fitted = {**fit_counts(bfcl, constant=True), **fit_counts(tau, constant=False)}
    log.info("%-10s %6s %6s %14s %6s", "family", "text", "tools", "shipped: text", "tools")
    for family, count in sorted(fitted.items()):
        shipped = COUNTS[family]
        log.info("%-10s %6.2f %6.2f %14.2f %6.2f", family, count.text, count.tools, shipped.text, shipped.tools)
    over, late = overrun(tau, COUNTS, SPARE_UNKNOWN)
    log.info(
        "billed more than %.2f times the table: %.2f %% of calls, %.2f %% of the longest",
        SPARE_UNKNOWN,
        *_percent(over, late),
    )
    log.info(
        "and more than %.2f times what the call before says: %.2f %%",
        SPARE_KNOWN,
        *_percent(surprising(tau, SPARE_KNOWN)),
    )


def _percent(*shares: float) -> tuple[float, ...]:
    return tuple(100 * share for share in shares)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
