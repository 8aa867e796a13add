"""Writes the encoder's folder: an ONNX graph that fastembed runs, and the tokenizer beside it.

The graph: ids → rows of an int8 table → float → a sum weighted by each row's scale. The scale carries the token's
weight, and is zero for padding and for the special tokens, so no attention mask is needed and a text's vector does
not depend on the texts beside it. fastembed divides by the length of the sum.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.types import Floats

SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[MASK]")
MAX_TOKENS = 1_024
OPSET, IR_VERSION = 17, 8


def quantise(vectors: Floats) -> tuple[Any, Floats]:
    """Int8 rows and the float scale of each: `vectors ≈ rows * scales[:, None]`."""
    scales = np.abs(vectors).max(axis=1) / 127
    rows = np.rint(vectors / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
    return rows, scales.astype(np.float32)


def rounded(vectors: Floats) -> Floats:
    """What is left of `vectors` in int8."""
    rows, scales = quantise(vectors)
    return np.asarray(rows * scales[:, None], dtype=np.float32)


def write_model(path: Path, vectors: Floats) -> None:
    """Writes the graph for token vectors of shape (vocabulary, dim)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rows, scales = quantise(vectors)
    node = helper.make_node
    graph = helper.make_graph(
        [
            node("Gather", ["rows", "input_ids"], ["int8_vectors"]),
            node("Cast", ["int8_vectors"], ["vectors"], to=TensorProto.FLOAT),
            node("Gather", ["scales", "input_ids"], ["token_scales"]),
            node("Unsqueeze", ["token_scales", "one"], ["weights"]),
            node("MatMul", ["weights", "vectors"], ["sums"]),
            node("Squeeze", ["sums", "one"], ["sentence_embedding"]),
        ],
        "tierwise-static",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["texts", vectors.shape[1]])],
        [
            numpy_helper.from_array(rows, "rows"),
            numpy_helper.from_array(scales, "scales"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "one"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    # As it was called when the packaged file was written: its fingerprint, to which the weights are bound, covers the name.
    model.producer_name = "tierwise.learning.distil"
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def student_tokenizer(teacher_json: str) -> str:
    """The teacher's WordPiece vocabulary behind a faster front; what that leaves out, `tierwise.embedding.plain` does.

    Lower case, accents, underscores and ideographs are seen to in Python, which costs nothing for ASCII; a run of
    punctuation stays one word, whose pieces the vocabulary has. This halves the time of a decision.
    """
    tokenizer: dict[str, Any] = json.loads(teacher_json)
    tokenizer |= {"normalizer": None, "pre_tokenizer": {"type": "Whitespace"}, "truncation": None, "padding": None}
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))


def write_tokenizer(folder: Path, teacher: Path) -> None:
    """Writes what fastembed reads beside the model; the last two files are for its versions before 0.9."""
    texts = {
        "tokenizer.json": student_tokenizer((teacher / "tokenizer.json").read_text("utf-8")),
        "tokenizer_config.json": json.dumps({"model_max_length": MAX_TOKENS, "pad_token": "[PAD]"}) + "\n",
        "config.json": json.dumps({"pad_token_id": 0}) + "\n",
        "special_tokens_map.json": json.dumps({"pad_token": "[PAD]", "unk_token": "[UNK]"}) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
