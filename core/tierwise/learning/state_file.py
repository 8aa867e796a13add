"""What was learned, in one file: an `.npz` without pickles that holds the graded outcomes as figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from tierwise.errors import LearnedError
from tierwise.learning.records import about, from_parts
from tierwise.types import Floats, Graded

__all__ = ["VERSION", "load_learned", "save_learned"]

VERSION = 1


def save_learned(path: Path, graded: Sequence[Graded], promises: Sequence[Mapping[str, Any]] = ()) -> None:
    """Writes outcomes, one row of features a step, and the promises made with them; no text.

    What stood in the file before stands there until all of the new is written.

    Raises:
        LearnedError: The file cannot be written.
    """
    first: dict[tuple[str, str | None], int] = {}
    rows: list[Floats] = []
    entries: list[dict[str, Any]] = []
    for one in graded:
        at = first.setdefault((one.step, one.encoder), len(rows))
        if at == len(rows):
            rows.append(np.asarray(one.features, dtype="<f2"))
        entries.append({**{k: v for k, v in about(one).items() if k != "text"}, "row": at})
    width = max((len(row) for row in rows), default=0)
    features = np.zeros((len(rows), width), dtype="<f2")
    for row, values in zip(features, rows, strict=True):
        row[: len(values)] = values
    text = {"version": VERSION, "outcomes": entries, "promises": list(promises), "lengths": [len(row) for row in rows]}
    new = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with new.open("wb") as file:  # a name without .npz stays as it is
            np.savez_compressed(file, features=features, about=np.frombuffer(json.dumps(text).encode(), dtype=np.uint8))
        new.replace(path)
    except OSError as error:
        raise LearnedError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    finally:
        new.unlink(missing_ok=True)


def load_learned(path: Path) -> tuple[list[Graded], list[Mapping[str, Any]]]:
    """Reads outcomes and promises.

    Raises:
        LearnedError: The file is missing, damaged, or of another version.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            features, text = arrays["features"], json.loads(arrays["about"].tobytes())
        if text["version"] != VERSION:
            raise LearnedError(f"{str(path)!r} is of version {text['version']!r}, this release reads {VERSION}")
        lengths = text["lengths"]
        graded = [from_parts(e, features[e["row"], : lengths[e["row"]]]) for e in text["outcomes"]]
        return graded, text["promises"]
    except LearnedError:
        raise
    except OSError as error:
        raise LearnedError(f"cannot read what was learned from {str(path)!r}: {error.strerror or error}") from error
    except Exception as error:  # damaged archives raise a dozen kinds: zlib.error, EOFError, NotImplementedError
        raise LearnedError(
            f"{str(path)!r} holds nothing learned that can be read ({type(error).__name__}): it is damaged, or no file that "
            "save_learned wrote"
        ) from error
