# %% [markdown]
# # From a log of grades to a guarantee, on the command line
#
# A file of JSON lines is all it takes: what was asked, and how well each model did. `tierwise eval` says whether routing
# pays on it and beside what; `learn` teaches from it; `calibrate` promises; `onboard` places a model that is new. All of
# them read the same file. Lines that are broken are counted and named.

# %%
import json
import os
import random
import tempfile
from pathlib import Path

from tierwise.cli import main

os.chdir(tempfile.mkdtemp())
os.environ.setdefault("COLUMNS", "80")
rng = random.Random(0)
ASKS = {
    "What are the opening hours of branch {}?": (0.97, 0.99),
    "Summarise the complaint of customer {} in one sentence.": (0.9, 0.95),
    "Prove that invoice {} cannot be split into three equal parts without rounding, step by step.": (0.3, 0.9),
}


def line(i: int) -> str:
    """A made-up grade of two models on one step; `conversation_id`, `traffic` and `usd` could stand here too."""
    ask = list(ASKS)[i % len(ASKS)]
    luck = rng.random()
    scores = {m: float(luck < p) for m, p in zip(("gpt-4.1-nano", "claude-opus-4-6"), ASKS[ask], strict=True)}
    return json.dumps({"messages": [{"role": "user", "content": ask.format(i)}], "scores": scores})


Path("grades.jsonl").write_text("\n".join(line(i) for i in range(300)), encoding="utf-8")
Path("later.jsonl").write_text("\n".join(line(i) for i in range(300, 900)), encoding="utf-8")

# %% Does routing pay? Beside length, litellm's heuristic, kNN, ridge, k-means, a coin and hindsight
main(["eval", "grades.jsonl", "--fast", "--html", "report.html"])
page = Path("report.html").stat().st_size
print(f"a page with charts, {page // 1000} kB, opens offline")

# %% [markdown]
# Teach from it, and keep what was learned in one small file without text. Learn from the file again when it has grown: an
# outcome counts once.

# %%
main(["learn", "grades.jsonl", "--out", "learned.npz"])

# %% Promise a quality on steps that were not learned from: too few, and it says how many are missing
few = Path("few.jsonl")
few.write_text("\n".join(Path("later.jsonl").read_text(encoding="utf-8").splitlines()[:15]), encoding="utf-8")
promise = ["--learned", "learned.npz", "--quality", "0.9"]
main(["calibrate", "--outcomes", "few.jsonl", *promise])
main(["calibrate", "--outcomes", "later.jsonl", *promise, "--delta", "0.1", "--out", "promised.npz"])

# %% A model that is new: its level before and after, and how many more outcomes would halve the interval
rows = [json.loads(row) for row in few.read_text(encoding="utf-8").splitlines()]
new = [{"messages": row["messages"], "score": float(rng.random() < 0.8)} for row in rows]
Path("new.jsonl").write_text("\n".join(map(json.dumps, new)), encoding="utf-8")
main(["onboard", "our-own-13b", "--outcomes", "new.jsonl"])

# %% What is known of each tier's model, and how surely; `--known` lists all that were measured
main(["tiers", "--learned", "learned.npz"])
