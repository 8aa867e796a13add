"""The texts the static encoder is fitted to and judged on, read from the shared data folder; none of them is shipped.

A text is put on one side by a hash of itself, whole sources are kept from the fit altogether, and so are the English
prompts of `tier_labels`: what the model card says of unseen text is said of text the fit has not seen.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.embedding import clip

FIT_BYTES = 320
"""A text is fitted on its first and last bytes only: the teacher's time grows with length, what is learnt does not."""

UNSEEN = ("agents/agentdojo", "agents/twinrouterbench", "outcomes/eq_bench", "outcomes/routerbench")
MAX_READ, MAX_FIT = 6_000, 2_500  # a group's texts that are cut into fragments, and that are fitted as they stand
N_FRAGMENTS = 40_000
N_JUDGED = 1_000


@dataclass(frozen=True)
class Corpus:
    """Texts by what they are for.

    `fit` is what the vectors are tuned on; `held_out` comes from the same sources, `unseen` from sources the fit never
    read, `english` and `languages` are short prompts people might type (`tier_labels`).
    """

    fit: list[str]
    held_out: list[str]
    unseen: list[str]
    english: list[str]
    languages: dict[str, list[str]]


def read_corpus(data: Path, seed: int = 0) -> Corpus:
    """Reads, cleans, splits and samples the texts below `data`.

    Args:
        data: The folder with `outcomes/`, `agents/` and `tier_labels/`.
        seed: Decides the sample; the split is by hash and does not depend on it.

    Raises:
        FileNotFoundError: No table was found there.
    """
    rng = np.random.default_rng(seed)
    groups: dict[str, dict[str, None]] = {}
    for group, text in _texts(data):
        groups.setdefault(group, {})[text] = None
    if not groups:
        raise FileNotFoundError(f"no parquet table with texts under {str(data)!r}: pass the shared data folder")
    whole: list[str] = []
    pool: list[str] = []
    held_out: list[str] = []
    unseen: list[str] = []
    for group in sorted(groups):
        texts = _sample(list(groups[group]), MAX_READ, rng)
        if group.startswith(UNSEEN):
            unseen += texts
            continue
        held_out += filter(_held_out, texts)
        kept = [text for text in texts if not _held_out(text)]
        pool += kept
        whole += _sample(kept, MAX_FIT, rng)
    english, languages = _labelled(data)
    in_fit = [text for texts in languages.values() for text in texts if not _held_out(text, one_in=2)]
    fragments = _sample(_fragments(pool), N_FRAGMENTS, rng)
    fit = list(dict.fromkeys(in_fit + fragments + [clip(text, FIT_BYTES) for text in whole]))
    fitted = set(fit)  # a short message may stand as a sentence in another
    held_out, unseen, english = (
        [text for text in _sample(texts, N_JUDGED, rng) if text not in fitted] for texts in (held_out, unseen, english)
    )
    for_judging = {k: [t for t in texts if _held_out(t, one_in=2)] for k, texts in languages.items()}
    return Corpus(fit, held_out, unseen, english, for_judging)


def _texts(data: Path) -> Iterator[tuple[str, str]]:
    """Every prompt and message with the group it is sampled in: `folder/source:role`."""
    import pandas as pd

    for path in sorted(data.glob("*/*/*.parquet")):
        if "scores" in path.name or path.name == "tools.parquet" or "injected" in path.name:
            continue
        source = f"{path.parent.parent.name}/{path.parent.name}"
        table = pd.read_parquet(path)
        if "prompt" in table:
            yield from ((source, text) for text in table["prompt"] if text and text.strip())
        if "messages" in table:
            for messages in table["messages"]:
                yield from ((f"{source}:{role}", text) for role, text in _flat(json.loads(messages)))


def _flat(messages: list[Any]) -> Iterator[tuple[str, str]]:
    """Role and text of each message; the turns of a multi-turn query stand in lists of lists."""
    for message in messages:
        if isinstance(message, list):
            yield from _flat(message)
        elif isinstance(message.get("content"), str) and message["content"].strip():
            yield message["role"], message["content"]


def _labelled(data: Path) -> tuple[list[str], dict[str, list[str]]]:
    import pandas as pd

    table = pd.read_parquet(data / "tier_labels" / "prompts.parquet").drop_duplicates("prompt")
    english = table.loc[table["lang"] == "en", "prompt"].tolist()
    others = sorted(set(table["lang"]) - {"en", "mixed", "cs"})
    return english, {lang: table.loc[table["lang"] == lang, "prompt"].tolist() for lang in others}


def _fragments(texts: list[str]) -> list[str]:
    """Sentences and lines of 12 to 200 characters: what people type is shorter than what benchmarks ask."""
    parts = (part.strip() for text in texts for part in re.split(r"(?<=[.!?])\s+|\n+", text[:4_000]))
    return list(dict.fromkeys(part for part in parts if 12 <= len(part) <= 200 and " " in part))


def _sample(texts: list[str], n: int, rng: np.random.Generator) -> list[str]:
    if len(texts) <= n:
        return texts
    return [texts[i] for i in np.sort(rng.choice(len(texts), n, replace=False))]


def _held_out(text: str, one_in: int = 12) -> bool:
    digest = hashlib.blake2b(text.encode("utf-8", "ignore"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % one_in == 0
