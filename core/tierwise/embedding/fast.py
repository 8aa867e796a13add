"""Any model that fastembed runs, on the CPU and in this process."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tierwise.embedding.cache import VectorCache
from tierwise.embedding.text import clip
from tierwise.errors import ConfigError, EmbedderUnavailable
from tierwise.types import Floats

if TYPE_CHECKING:
    from fastembed import TextEmbedding

__all__ = ["PACKAGED", "FastEmbedder"]

log = logging.getLogger(__name__)

PACKAGED = "packaged"
"""What to write in a configuration for the encoder inside the wheel."""

_MINILM = "sentence-transformers/all-MiniLM-L6-v2"
_NEEDED_FILES = ("model.onnx", "tokenizer.json", "tokenizer_config.json")
_CACHED_TEXTS = 2_048
_BATCH = 32
_FEW = 4  # so many are quicker one by one: the tokenizer wakes other threads for a batch, 4 ms at p99


class FastEmbedder:
    """Any fastembed text model, loaded on first use; safe to share between threads.

    Args:
        model: A model name of fastembed, or a folder with `model.onnx`, `tokenizer.json` and `tokenizer_config.json`,
            whose last hidden state is averaged over tokens, as all-MiniLM-L6-v2 has it.
        threads: Of onnxruntime. One is fastest when other work goes on beside it.
        local_files_only: False lets fastembed download a model that is not in its cache.
        cache_dir: fastembed's cache; its own default when not given. Not used for a folder.
        read_bytes: How much of a text is read, see `clip`.

    Raises:
        EmbedderUnavailable: `model` is a folder without the three files. On first use, when a named model is not here.
        ConfigError: On first use, when fastembed has no model of this name.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        threads: int = 1,
        local_files_only: bool = True,
        cache_dir: str | Path | None = None,
        read_bytes: int = 1_200,
    ) -> None:
        self.folder = Path(model) if Path(model).is_dir() else None
        self.name = self.folder.name if self.folder else str(model)
        self._again = partial(
            type(self),
            model,
            threads=threads,
            local_files_only=local_files_only,
            cache_dir=cache_dir,
            read_bytes=read_bytes,
        )
        self._threads = threads
        self._local_files_only = local_files_only
        self._cache_dir = str(cache_dir) if cache_dir else None
        self.read_bytes = read_bytes
        self._lock = threading.Lock()
        self._model: TextEmbedding | None = None
        self._cache = VectorCache(_CACHED_TEXTS)
        if self.folder:
            _check_folder(self.folder)
        elif isinstance(model, Path):
            raise EmbedderUnavailable(f"no folder {str(model)!r}: pass one that holds {', '.join(_NEEDED_FILES)}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return self._again, ()  # another process opens the model itself

    def __deepcopy__(self, memo: dict[int, Any]) -> FastEmbedder:
        return self  # a copy of a router shares the model

    @cached_property
    def dim(self) -> int:
        """The length of a vector; loads the model to see it."""
        return len(self._encode(["a"])[0])

    @cached_property
    def fingerprint(self) -> str:
        """Says which vectors these are: weights fitted on others do not fit. A digest of the model file in a folder."""
        if self.folder is None:
            return self.name
        with (self.folder / "model.onnx").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    def load(self) -> None:
        """Loads the model now rather than with the first text.

        Raises:
            EmbedderUnavailable: It is not on this machine, or is damaged.
        """
        self._loaded()

    def embed(self, texts: Sequence[str]) -> Floats:
        """One vector a text; equal texts are encoded once, and the latest are remembered.

        Args:
            texts: Any strings; each is read through `clip`. An empty or blank one gives zeros.

        Returns:
            Shape (n_texts, dim), float32, rows of length 1.

        Raises:
            EmbedderUnavailable: The model is not on this machine, or is damaged.
        """
        clipped = [clip(text, self.read_bytes) for text in texts]
        keys = [_digest(text) if text and not text.isspace() else b"" for text in clipped]
        found = {key: self._cache.get(key) for key in keys if key}
        missing = {key: text for key, text in zip(keys, clipped, strict=True) if key and found[key] is None}
        if missing:
            fresh = dict(zip(missing, self._encode(list(missing.values())), strict=True))
            found.update(fresh)
            for key, vector in list(fresh.items())[-_CACHED_TEXTS:]:
                self._cache.put(key, vector)
        out = np.zeros((len(keys), self.dim), dtype=np.float32)
        for row, key in zip(out, keys, strict=True):
            if key:
                row[:] = found[key]
        return out

    def _encode(self, texts: list[str]) -> list[Floats]:
        model = self._loaded()
        batch = _BATCH if len(texts) > _FEW else 1
        return [np.asarray(vector, dtype=np.float32) for vector in model.embed(texts, batch_size=batch)]

    def _loaded(self) -> TextEmbedding:
        if self._model is None:
            with self._lock:
                if self._model is None:
                    self._model = self._open()
        return self._model

    def _open(self) -> TextEmbedding:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # has to stand before onnxruntime is imported
        from fastembed import TextEmbedding

        log.info("loading the embedding model %s", self.name)
        name = self._registered_name()
        try:
            model = TextEmbedding(
                name,
                cache_dir=str(self.folder) if self.folder else self._cache_dir,
                threads=self._threads,
                providers=["CPUExecutionProvider"],
                cuda=False,
                local_files_only=self._local_files_only,
                specific_model_path=str(self.folder) if self.folder else None,
            )
            next(iter(model.embed(["a"])))  # a model of another kind fails here rather than while an agent runs
        except Exception as error:  # fastembed raises ValueError, onnxruntime and tokenizers their own kinds
            raise EmbedderUnavailable(_what_to_do(self, error)) from error
        return model

    def _registered_name(self) -> str:
        """The name fastembed knows the model by; a folder goes under one with the pooling it needs."""
        from fastembed import TextEmbedding

        if self.folder:
            return _MINILM
        if not any(model["model"].lower() == self.name.lower() for model in TextEmbedding.list_supported_models()):
            raise ConfigError(
                f"{self.name!r} is neither a folder nor a model of fastembed: "
                "fastembed.TextEmbedding.list_supported_models() names those it has"
            )
        return self.name


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "ignore"), digest_size=16).digest()


def _check_folder(folder: Path) -> None:
    lacking = [name for name in _NEEDED_FILES if not (folder / name).is_file()]
    if lacking:
        raise EmbedderUnavailable(
            f"the embedding model in {str(folder)!r} lacks {', '.join(map(repr, lacking))}: "
            f"a folder needs {', '.join(_NEEDED_FILES)}"
        )


def _what_to_do(embedder: FastEmbedder, error: Exception) -> str:
    if embedder.folder:
        return (
            f"the embedding model in {str(embedder.folder)!r} cannot be run ({error}): fetch its files again, and see that "
            "model.onnx gives one vector a token"
        )
    return (
        f"the embedding model {embedder.name!r} is not on this machine ({error}): pass local_files_only=False to "
        f"FastEmbedder once to download it, or a folder that holds it, or use {PACKAGED!r}"
    )
