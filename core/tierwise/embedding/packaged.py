"""The encoder inside the wheel; see `encoder/CARD.md`."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

from tierwise.embedding.fast import FastEmbedder
from tierwise.embedding.text import READ_BYTES, plain
from tierwise.types import Floats

__all__ = ["PackagedEncoder", "packaged_encoder"]

_FOLDER = Path(__file__).parent.parent / "encoder"


class PackagedEncoder(FastEmbedder):
    """The static encoder inside the wheel. Ask `packaged_encoder` for it: one serves the whole process."""

    dim = 256

    def __init__(self) -> None:
        super().__init__(_FOLDER, read_bytes=READ_BYTES)
        self.name = "tierwise-static-v1"

    def __reduce__(self) -> tuple[Any, ...]:
        return packaged_encoder, ()

    def _encode(self, texts: list[str]) -> list[Floats]:
        return super()._encode([plain(text) for text in texts])

    def _registered_name(self) -> str:
        from fastembed import TextEmbedding
        from fastembed.common.model_description import ModelSource, PoolingType

        with _registering:
            if not any(model["model"] == self.name for model in TextEmbedding.list_supported_models()):
                TextEmbedding.add_custom_model(
                    self.name,
                    pooling=PoolingType.DISABLED,  # done in the graph
                    normalization=True,
                    sources=ModelSource(url="file://packaged"),  # fastembed asks for one; the folder is used instead
                    dim=self.dim,
                    model_file="model.onnx",
                    license="apache-2.0",
                )
        return self.name


_registering = threading.Lock()
_making = threading.Lock()


def packaged_encoder() -> PackagedEncoder:
    """The encoder that ships in the wheel; the same object at every call, its model loaded on first use."""
    with _making:
        return _the_packaged_encoder()


@cache
def _the_packaged_encoder() -> PackagedEncoder:
    return PackagedEncoder()
