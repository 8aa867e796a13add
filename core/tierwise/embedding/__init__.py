"""From texts to vectors, on the CPU and in this process; fastembed runs the models.

Two encoders behind one protocol (`tierwise.protocols.Embedder`). The packaged one ships in the wheel: static token
vectors distilled from a sentence encoder (see `encoder/CARD.md`), ready in a blink, well under a millisecond a text.
The larger ones are any fastembed model, by name or from a folder.

A text is cut to its first and last bytes before anything reads it, so a 600 KB tool result costs what a page costs.
fastembed is imported on first use: it takes half a second. onnxruntime below it, from 1.29 on, reports its use to its
maker over the network and keeps a device number in the home folder; this is turned off here, unless the environment
already says something about `ORT_DISABLE_TELEMETRY`, or somebody else imported onnxruntime before.
"""

from __future__ import annotations

from tierwise.embedding.fast import PACKAGED, FastEmbedder
from tierwise.embedding.load import load_embedder
from tierwise.embedding.packaged import PackagedEncoder, packaged_encoder
from tierwise.embedding.text import READ_BYTES, clip, plain

__all__ = [
    "PACKAGED",
    "READ_BYTES",
    "FastEmbedder",
    "PackagedEncoder",
    "clip",
    "load_embedder",
    "packaged_encoder",
    "plain",
]
