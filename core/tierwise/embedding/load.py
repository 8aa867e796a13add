"""The embedder that a configuration asks for."""

from __future__ import annotations

from pathlib import Path

from tierwise.embedding.fast import PACKAGED, FastEmbedder
from tierwise.embedding.packaged import packaged_encoder
from tierwise.errors import ConfigError
from tierwise.protocols import Embedder

__all__ = ["load_embedder"]


def load_embedder(spec: str | Path | Embedder | None) -> Embedder | None:
    """The embedder that a configuration asks for.

    Args:
        spec: None for none; "packaged"; a folder; the name of a fastembed model; or any object with `name`, `dim` and
            `embed`, which is given back as it is.

    Raises:
        ConfigError: It is none of these, a name that fastembed does not know included.
        EmbedderUnavailable: A folder lacks a file, or a named model is not on this machine.
    """
    if spec is None:
        return None
    if isinstance(spec, str | Path):
        if str(spec) == PACKAGED:
            return packaged_encoder()
        embedder = FastEmbedder(spec)
        embedder.load()
        return embedder
    if all(hasattr(spec, name) for name in ("name", "dim", "embed")):
        return spec
    raise ConfigError(
        f"embedder is {spec!r} ({type(spec).__name__}): give {PACKAGED!r}, a fastembed model name, a folder, None, "
        "or an object with name, dim and embed(texts)"
    )
