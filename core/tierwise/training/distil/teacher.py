"""The teacher's vectors: of texts, and of every token of its vocabulary alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Progress = Callable[[str, int, int], None]

MAX_TOKENS = 256


class Teacher:
    """A BERT-like sentence encoder with mean pooling, run straight on onnxruntime: the vocabulary is fed as token ids.

    Args:
        folder: Holds `model.onnx` (output: last hidden state) and `tokenizer.json`.
    """

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # see tierwise.embedding
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {node.name for node in self._session.get_inputs()}

    def token_ids(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """The ids of each text without the special tokens."""
        return [
            np.array(encoding.ids, dtype=np.int64)
            for encoding in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ]

    def embed(self, ids: Sequence[NDArray[np.int64]], what: str, progress: Progress) -> Floats:
        """Sentence vectors of token sequences, in batches of like length.

        Returns:
            Shape (n, hidden), rows of length 1.
        """
        cls, sep = (self.tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
        rows = [np.concatenate([[cls], row[: MAX_TOKENS - 2], [sep]]) for row in ids]
        order = np.argsort([len(row) for row in rows], kind="stable")
        out: list[Floats] = []
        start = 0
        while start < len(order):
            size = max(4, min(256, 4_096 // len(rows[order[start]])))
            out.append(self._mean([rows[i] for i in order[start : start + size]]))
            start += size
            progress(what, min(start, len(order)), len(order))
        vectors = np.concatenate(out)
        result = np.empty_like(vectors)
        result[order] = vectors
        return result

    def _mean(self, rows: list[NDArray[np.int64]]) -> Floats:
        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0]
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)
