"""Weights on disk: one `.npz` without pickles, and a JSON file beside it that says what they are."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.classifier.ability import FEATURES, GROUPS, Abilities
from tierwise.classifier.difficulty import CLASSES, Difficulty, Head
from tierwise.classifier.features import STEP_FACTS, STEP_SIGNALS, TEXT_SIGNALS
from tierwise.errors import WeightsError
from tierwise.types import SIGNAL_NAMES, Floats

__all__ = ["PROBE", "VERSION", "HeadInfo", "Weights", "load_weights", "save_weights"]

VERSION = 1
_FOLDER = Path(__file__).parent / "weights"
PROBE = "Compare these two suppliers, and say which one to drop."
"""A sentence by whose vector an encoder is known again."""

NO_ENCODER = "signals"
"""Key of the head that needs no vectors."""


@dataclass(frozen=True)
class HeadInfo:
    """Which encoder a head was trained on."""

    encoder: str | None
    fingerprint: str | None
    dim: int
    head: Head
    reference_z: Floats
    """Shape (n_steps,): difficulty of the reference traffic, read with this head."""
    probe: Floats | None = None
    """Shape (dim,): the encoder's vector of `PROBE`. One encoder comes in many files, whose vectors are nearly the same."""


@dataclass(frozen=True)
class Weights:
    """Everything that was fitted.

    Attributes:
        heads: Key to head; "signals" is always there.
        scaling: Shape (4, n_raw): low, high, mean, sd of the raw signals.
        slopes: Shape (2,): within, between, in logits.
        abilities: Levels of models.
        reference: Shape (n_steps, n_groups + 3): the group mix, input tokens, output tokens, weight.
    """

    heads: Mapping[str, HeadInfo]
    scaling: Floats
    slopes: Floats
    abilities: Abilities
    reference: Floats

    def difficulty(self, key: str) -> Difficulty:
        """The difficulty model with one of the heads."""
        info = self.heads[key]
        low, high, mean, sd = self.scaling
        return Difficulty(low, high, mean, sd, info.head, info.dim, float(self.slopes[0]), float(self.slopes[1]))


def save_weights(weights: Weights, folder: Path) -> None:
    """Writes `model.npz` and `model.json`; the same weights give the same bytes."""
    names = sorted(weights.abilities.table)
    arrays: dict[str, Any] = {
        "scaling": weights.scaling,
        "slopes": weights.slopes,
        "levels": np.stack([weights.abilities.table[name] for name in names]).astype(np.float32),
        "level_sds": np.array([weights.abilities.sds[name] for name in names], dtype=np.float32),
        "ability_slopes": weights.abilities.slopes,
        "ability_scalars": np.array([weights.abilities.formal, weights.abilities.sd]),
        "reference": weights.reference.astype(np.float32),
    }
    for key, info in weights.heads.items():
        arrays[f"{key}.text"] = info.head.text.astype(np.float32)
        arrays[f"{key}.text_bias"] = info.head.text_bias
        arrays[f"{key}.step"] = info.head.step
        arrays[f"{key}.reference_z"] = info.reference_z.astype(np.float32)
        arrays[f"{key}.scalars"] = np.array([info.head.step_bias, info.head.carry])
        if info.probe is not None:
            arrays[f"{key}.probe"] = info.probe.astype(np.float32)
    about = {
        "version": VERSION,
        "text_signals": list(TEXT_SIGNALS),
        "step_signals": list(STEP_SIGNALS),
        "step_facts": list(STEP_FACTS),
        "classes": list(CLASSES),
        "groups": list(GROUPS),
        "ability_features": list(FEATURES),
        "heads": {
            key: {"encoder": info.encoder, "fingerprint": info.fingerprint, "dim": info.dim}
            for key, info in weights.heads.items()
        },
        "models": names,
    }
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "model.npz", **arrays)
    (folder / "model.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


@lru_cache(maxsize=4)
def load_weights(folder: Path | None = None) -> Weights:
    """Reads weights once; None for those of the wheel.

    Raises:
        WeightsError: A file is missing or damaged, or the weights were trained on other signals.
    """
    folder = folder or _FOLDER
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            found = {name: arrays[name].astype(float) for name in arrays.files}
        _check(about)
        return _assemble(about, found)
    except WeightsError:
        raise
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise WeightsError(f"weights in {str(folder)!r} cannot be read ({error}): run `make model` again") from error


def _check(about: Mapping[str, Any]) -> None:
    if about["version"] != VERSION:
        raise WeightsError(
            f"weights are of version {about['version']!r}, this release reads {VERSION}: run `make model`"
        )
    trained = {
        "text_signals": TEXT_SIGNALS,
        "step_signals": STEP_SIGNALS,
        "step_facts": STEP_FACTS,
        "classes": CLASSES,
        "groups": GROUPS,
        "ability_features": FEATURES,
    }
    for key, names in trained.items():
        if tuple(about[key]) != names:
            raise WeightsError(
                f"weights were trained on {key} {about[key]!r}, the code reads {list(names)!r}: run `make model`"
            )
    missing = [name for name in (*about["text_signals"], *about["step_signals"]) if name not in SIGNAL_NAMES]
    if missing:
        raise WeightsError(f"weights need signals that are not read any more: {missing!r}: run `make model`")


def _assemble(about: Mapping[str, Any], found: Mapping[str, Floats]) -> Weights:
    heads = {}
    for key, info in about["heads"].items():
        step_bias, carry = (float(value) for value in found[f"{key}.scalars"])
        head = Head(found[f"{key}.text"], found[f"{key}.text_bias"], found[f"{key}.step"], step_bias, carry)
        if head.text.shape != (len(TEXT_SIGNALS) + info["dim"], len(CLASSES) + 2):
            raise WeightsError(f"head {key!r} has shape {head.text.shape}: run `make model`")
        heads[key] = HeadInfo(
            info["encoder"],
            info["fingerprint"],
            info["dim"],
            head,
            found[f"{key}.reference_z"],
            found.get(f"{key}.probe"),
        )
    abilities = Abilities(
        table=dict(zip(about["models"], found["levels"], strict=True)),
        sds=dict(zip(about["models"], found["level_sds"].tolist(), strict=True)),
        slopes=found["ability_slopes"],
        formal=float(found["ability_scalars"][0]),
        sd=float(found["ability_scalars"][1]),
    )
    return Weights(heads, found["scaling"], found["slopes"], abilities, found["reference"])
