"""`python -m tierwise.training.distil`: reads the teacher and the texts, writes the encoder and its card."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.embedding import clip, plain
from tierwise.errors import MissingExtra
from tierwise.training.distil.corpus import Corpus, read_corpus
from tierwise.training.distil.export import SPECIAL, rounded, student_tokenizer, write_model, write_tokenizer
from tierwise.training.distil.fit import principal_axes, share_matrix, start_vectors, tune, unit
from tierwise.training.distil.judge import Fidelity, Figures, fidelity, write_card
from tierwise.training.distil.teacher import Progress, Teacher
from tierwise.types import Floats

DIM = 256
STEPS = 300
RATE = 1.5e-3
SEED = 0


class Distillation:
    """One run: what is read, what is fitted, what is written.

    Args:
        teacher: The folder of the sentence encoder.
        data: The folder of texts.
        progress: Told what is being done, how much of it, and of how much.
    """

    def __init__(self, teacher: Path, data: Path, progress: Progress) -> None:
        from tokenizers import Tokenizer

        self.folder, self.progress = teacher, progress
        self.corpus: Corpus = read_corpus(data, SEED)
        self.teacher = Teacher(teacher)
        front = student_tokenizer((teacher / "tokenizer.json").read_text("utf-8"))
        self.tokenizer = Tokenizer.from_str(front)
        self.vocabulary = self.tokenizer.get_vocab_size()

    def run(self, out: Path) -> Figures:
        """Fits the encoder, writes it into `out`, and judges what was written."""
        tokens = self.teacher.embed([np.array([i]) for i in range(self.vocabulary)], "vocabulary", self.progress)
        sentences = self._teach(self.corpus.fit, "texts")
        axes = principal_axes(sentences, DIM)
        kept = float(np.mean(np.sum((sentences @ axes) ** 2, axis=1)))
        vectors = self._fitted(unit(sentences @ axes), tokens)
        out.mkdir(parents=True, exist_ok=True)
        write_model(out / "model.onnx", vectors)
        write_tokenizer(out, self.folder)
        figures = Figures(len(self.corpus.fit), kept, self._judged(rounded(vectors), axes))
        write_card(out, figures)
        return figures

    def _fitted(self, targets: Floats, tokens: Floats) -> Floats:
        shares = self._shares(self.corpus.fit)
        start = start_vectors(shares, targets, tokens)
        vectors = tune(shares, targets, start, steps=STEPS, rate=RATE, seed=SEED, progress=self.progress)
        for token in SPECIAL:
            vectors[self.tokenizer.token_to_id(token)] = 0
        return vectors

    def _judged(self, vectors: Floats, axes: Floats) -> dict[str, Fidelity]:
        corpus = self.corpus
        sets = {
            "held out": corpus.held_out,
            "sources never read": corpus.unseen,
            "short prompts, English": corpus.english,
            **{f"short prompts, {lang}": texts for lang, texts in corpus.languages.items()},
        }
        judged = {}
        for name, texts in sets.items():
            clipped = [clip(text) for text in texts]
            judged[name] = fidelity(unit(self._shares(clipped) @ vectors), self._teach(clipped, name), axes)
        return judged

    def _teach(self, texts: Sequence[str], what: str) -> Floats:
        return self.teacher.embed(self.teacher.token_ids(texts), what, self.progress)

    def _shares(self, texts: Sequence[str]) -> Any:
        encodings = self.tokenizer.encode_batch([plain(text) for text in texts], add_special_tokens=False)
        return share_matrix([np.array(e.ids, dtype=np.int64) for e in encodings], self.vocabulary)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tierwise.training.distil", description=__doc__)
    parser.add_argument("--teacher", type=Path, required=True, help="folder with model.onnx and tokenizer.json")
    parser.add_argument("--data", type=Path, required=True, help="folder with outcomes/, agents/ and tier_labels/")
    parser.add_argument("--out", type=Path, required=True, help="where the encoder goes")
    arguments = parser.parse_args(argv)
    for package in ("onnx", "onnxruntime", "pandas", "scipy", "threadpoolctl", "tokenizers"):
        if find_spec(package) is None:
            raise MissingExtra(package, "train")
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    started = time.monotonic()
    with threadpool_limits(1):  # sums in another order would give other bytes
        figures = Distillation(arguments.teacher, arguments.data, _progress()).run(arguments.out)
    for name, f in figures.sets.items():
        sys.stdout.write(f"{name:28} {f.n_texts:6,}  cosine {f.cosine:.3f}  spearman {f.spearman:.3f}  ")
        sys.stdout.write(f"neighbours {f.neighbours:.3f}\n")
    sys.stdout.write(f"written to {arguments.out} in {time.monotonic() - started:.0f} s\n")
    return 0


def _progress() -> Progress:
    """A counter rewritten in place on a terminal; a line when something ends elsewhere."""
    terminal = sys.stderr.isatty()

    def show(what: str, done: int, total: int) -> None:
        if terminal:
            sys.stderr.write(f"\r\033[K{what}: {done:,} of {total:,}" + ("\n" if done == total else ""))
        elif done == total:
            sys.stderr.write(f"{what}: {total:,}\n")

    return show


if __name__ == "__main__":
    sys.exit(main())
