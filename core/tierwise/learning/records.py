"""Graded outcomes as rows of figures: how they are written to a file or a database, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tierwise.types import Floats, Graded

__all__ = ["about", "features_bytes", "features_from", "from_parts", "identity", "statement"]


def about(one: Graded) -> dict[str, Any]:
    """Everything but the features, as JSON values."""
    found: dict[str, Any] = {
        "step": one.step,
        "model": one.model,
        "score": one.score,
        "weight": one.weight,
        "p": dict(one.p_adequate),
        "kind": one.kind,
        "tokens": [one.input_tokens, one.output_tokens],
        "origin": one.origin,
        "encoder": one.encoder,
        "conversation": one.conversation_id,
        "traffic": one.traffic,
    }
    if one.text is not None:
        found["text"] = one.text
    return found


def from_parts(values: Mapping[str, Any], features: Floats) -> Graded:
    """What `about` and the features make together.

    Raises:
        KeyError: A value is missing.
    """
    return Graded(
        step=values["step"],
        model=values["model"],
        score=float(values["score"]),
        weight=float(values["weight"]),
        features=features,
        p_adequate={str(k): float(v) for k, v in values["p"].items()},
        kind=values["kind"],
        input_tokens=int(values["tokens"][0]),
        output_tokens=int(values["tokens"][1]),
        origin=values["origin"],
        encoder=values["encoder"],
        conversation_id=values["conversation"],
        traffic=values["traffic"],
        text=values.get("text"),
    )


def features_bytes(one: Graded) -> bytes:
    """The features as float16, little-endian."""
    return np.asarray(one.features, dtype="<f2").tobytes()


def features_from(data: bytes) -> Floats:
    """What `features_bytes` wrote."""
    return np.frombuffer(data, dtype="<f2")


def statement(one: Graded) -> tuple[str | float | None, ...]:
    """What an outcome says. One that says the same is the same outcome, however often it is handed over.

    So a file may be learned from again after it has grown. Two answers of one model to the same messages that were graded
    alike are two outcomes where they belong to different conversations.
    """
    return (one.step, one.model, one.score, one.weight, one.origin, one.traffic, one.conversation_id)


def identity(one: Graded) -> str:
    """The same as text: an outcome's name in a store."""
    return json.dumps(statement(one))
