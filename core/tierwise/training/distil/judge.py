"""How far the student stands in for the teacher, and the model card that says so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tierwise.training.distil.fit import unit
from tierwise.types import Floats

NEIGHBOURS = 10
MAX_PAIRS = 100_000


@dataclass(frozen=True)
class Fidelity:
    """What a set of texts says of the student.

    Attributes:
        n_texts: How many.
        cosine: Mean cosine to the teacher's vector, in the student's space.
        spearman: Rank correlation of the two encoders' similarities, over at most 100,000 pairs.
        neighbours: Mean share of the teacher's 10 nearest texts that are among the student's 10 nearest.
    """

    n_texts: int
    cosine: float
    spearman: float
    neighbours: float

    @property
    def by_chance(self) -> float:
        """The share of neighbours that vectors drawn at random would keep."""
        return min(1.0, NEIGHBOURS / (self.n_texts - 1))


def fidelity(student: Floats, teacher: Floats, axes: Floats) -> Fidelity:
    """Compares the vectors of the same texts.

    Args:
        student: Shape (n_texts, dim), rows of length 1 or 0.
        teacher: Shape (n_texts, hidden), rows of length 1.
        axes: Shape (hidden, dim), the teacher's principal axes.
    """
    from scipy.stats import spearmanr

    ours, theirs = student @ student.T, teacher @ teacher.T
    above = np.triu_indices(len(ours), 1)
    chosen = np.random.default_rng(0).permutation(len(above[0]))[:MAX_PAIRS]
    pairs = above[0][chosen], above[1][chosen]
    rank = spearmanr(ours[pairs], theirs[pairs]).statistic
    k = min(NEIGHBOURS, len(ours) - 1)
    shared = [len(set(a) & set(b)) / k for a, b in zip(_nearest(ours, k), _nearest(theirs, k), strict=True)]
    cosine = np.sum(student * unit(teacher @ axes), axis=1).mean()
    return Fidelity(len(student), float(cosine), float(rank), float(np.mean(shared)))


def _nearest(similarities: Floats, k: int) -> list[list[int]]:
    others = similarities.copy()
    np.fill_diagonal(others, -np.inf)
    return [[int(i) for i in row[:k]] for row in np.argpartition(-others, k - 1, axis=1)]


@dataclass(frozen=True)
class Figures:
    """What the card says beside the fixed text."""

    n_fit: int
    kept: float
    sets: Mapping[str, Fidelity]


def write_card(folder: Path, figures: Figures) -> None:
    """Writes `CARD.md` from the figures of this run and the files beside it."""
    rows = [
        f"| {name} | {f.n_texts:,} | {f.cosine:.3f} | {f.spearman:.3f} | {f.neighbours:.3f} ({f.by_chance:.2f}) |"
        for name, f in figures.sets.items()
    ]
    sizes = [
        f"| `{path.name}` | {path.stat().st_size:,} | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |"
        for path in sorted(folder.iterdir())
        if path.suffix in (".onnx", ".json")
    ]
    card = _CARD.format(
        n_fit=f"{figures.n_fit:,}", kept=f"{figures.kept:.3f}", sets="\n".join(rows), files="\n".join(sizes)
    )
    (folder / "CARD.md").write_text(card, "utf-8")


_CARD = """\
# The packaged encoder, `tierwise-static-v1`

One vector of 256 numbers for a text: the sum of one int8 vector a token, brought to length 1. Made for telling kinds
of requests apart in well under a millisecond on one CPU thread, not for search.

Written by `make encoder` (`python -m tierwise.training.distil`), which says every figure on this page again.

## What it is made from

- Teacher: `sentence-transformers/all-MiniLM-L6-v2` (Apache-2.0), here as 8-bit ONNX. Its WordPiece vocabulary
  (Apache-2.0, from Google's BERT) is in `tokenizer.json`, with a faster front.
- Method: that of Minish Lab's model2vec (MIT; method only, no code): every token alone through the teacher, principal
  axes ({kept} of the squared length kept in 256 of 384), weights by frequency; then a linear map and all token vectors
  fitted to the teacher's vectors of {n_fit} texts, on their cosine.
- Texts: prompts and agent messages of the project's evaluation data, without labels or outcomes; none is shipped.
  Sources and licences are in the data's own READMEs: Apache-2.0, MIT, CC BY 4.0 (MBPP); two sources state none.
- Licence of these files: Apache-2.0.

## How near it is to the teacher

| texts | number | cosine | Spearman of similarities | neighbours kept of 10 (by chance) |
| --- | --- | --- | --- | --- |
{sets}

"Held out" are texts of the sources it was fitted on, put aside by a hash; templates recur, so it flatters. "Sources
never read" were kept from the fit altogether (AgentDojo, TwinRouterBench, EQ-Bench, RouterBench), and so were the
English short prompts. Of the other languages the fit read the other half of the same small set, also by hash.
Both encoders read what `tierwise.embedding.clip` leaves of a text (its first and last bytes, 800 in all; the teacher
at most 256 tokens of that).

## What it is bad at

- Order and negation: "dog bites man" and "man bites dog" have the same vector.
- Languages other than English: the vocabulary is English-centred. Latin scripts fall into pieces, Chinese into single
  characters, and what the vocabulary lacks is one and the same unknown token; accents are dropped. Texts of one
  language are near each other whatever they say: do not compare similarities across languages.
- Numbers and code: digits and brackets are tokens like any other, nothing is computed or parsed.
- The middle of a long text: it reads the beginning and the end.

## Files

| file | bytes | sha256 |
| --- | --- | --- |
{files}

Timings: `python tests/benchmarks/bench_embedding.py`.
"""
