"""The classifier of the wheel: `p_adequate = sigmoid(level[model, group] - difficulty(step))`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tierwise.classifier.ability import GROUPS, Abilities, Level
from tierwise.classifier.difficulty import Difficulty
from tierwise.classifier.weights_file import NO_ENCODER, PROBE, HeadInfo, Weights, load_weights
from tierwise.types import Estimate, Floats, ModelFacts, Reading, Reference

__all__ = ["DifficultyAbility", "load_classifier"]

log = logging.getLogger(__name__)

CODING = "coding agents"
"""The sort of traffic in which quality is kept by itself: nowhere else are tiers as far apart."""
_TOOLS, _MOSTLY_CODING = GROUPS.index("tools"), 1.5

NO_ENCODER_NOTE = "no encoder: judged on signals alone"
_CACHED_MODEL_SETS = 64
_SAME_VECTOR = 0.98
"""Cosine from which two files hold the same encoder; a quantised one keeps 0.99, another model has 0.1."""


@dataclass(frozen=True)
class DifficultyAbility:
    """Estimates by item response theory; has no state but a cache of levels.

    Attributes:
        plain: Difficulty from signals alone.
        with_vectors: Difficulty from signals and vectors; None where no weights exist for the encoder in use.
        abilities: Levels of models.
        figures: The reference traffic, shape (n_steps, n_groups + 3); see `Weights.reference`.
        reference_z: Shape (n_steps,): its difficulty, as this classifier reads it.
        encoder_note: Said with every estimate that had to do without vectors.

    Source:
        Rasch (1960); IRT-Router (ACL 2025). Unlike them the difficulty is a small hand-anchored model, because on
        unseen benchmarks larger ones lost to the length of the question (ADEQUACY, finding 1).
    """

    plain: Difficulty
    with_vectors: Difficulty | None
    abilities: Abilities
    figures: Floats = field(repr=False)
    reference_z: Floats = field(repr=False)
    encoder_note: str = NO_ENCODER_NOTE
    _levels: dict[tuple[ModelFacts, ...], Floats] = field(default_factory=dict, repr=False)

    def estimate(
        self, readings: Sequence[Reading], vectors: Floats | None, models: Mapping[str, ModelFacts]
    ) -> list[Estimate]:
        """Estimates a batch of steps; see `tierwise.protocols.Classifier`."""
        if not readings:
            return []
        uses_vectors = self.with_vectors is not None and vectors is not None
        model = self.with_vectors if uses_vectors and self.with_vectors is not None else self.plain
        z, mix, notes = model.read(readings, vectors if uses_vectors else None)
        p = _sigmoid(mix @ self._matrix(models) - z[:, None]).tolist()
        first = () if uses_vectors else (self.encoder_note,)
        names = tuple(models)
        return [
            Estimate(
                dict(zip(names, row, strict=True)), reading.signals.kind, reading.signals, hard, (*first, *more), sort
            )
            for row, reading, hard, more, sort in zip(p, readings, z.tolist(), notes, _traffic(mix), strict=True)
        ]

    def reference(self, models: Mapping[str, ModelFacts]) -> Reference:
        """What these models would do on the wheel's reference traffic."""
        p = _sigmoid(self.figures[:, :-3] @ self._matrix(models) - self.reference_z[:, None])
        into, out, weights = self.figures[:, -3:].T
        traffic = tuple(_traffic(self.figures[:, :-3]))
        return Reference(p, into, out, weights / weights.sum(), traffic)

    def level(self, model: ModelFacts) -> Level:
        """What is known of a model's ability, and from where."""
        return self.abilities.level(model)

    def _matrix(self, models: Mapping[str, ModelFacts]) -> Floats:
        """Levels, shape (n_groups, n_models)."""
        key = tuple(models.values())
        found = self._levels.get(key)
        if found is None:
            if len(self._levels) >= _CACHED_MODEL_SETS:
                self._levels.clear()
            found = np.stack([self.abilities.level(facts).groups for facts in key], axis=1)
            self._levels[key] = found
        return found


def _traffic(mix: Floats) -> Iterator[str]:
    """The sort of traffic of each step, from its mix of groups."""
    return (CODING if share > _MOSTLY_CODING else "" for share in mix[:, _TOOLS].tolist())


def load_classifier(
    encoder_name: str | None = None,
    fingerprint: str | None = None,
    folder: Path | None = None,
    embed: Callable[[Sequence[str]], Floats] | None = None,
) -> DifficultyAbility:
    """The trained classifier, for the encoder in use.

    Args:
        encoder_name: What the embedder calls itself; None for no encoder.
        fingerprint: Of the encoder's files, where it has one. Vectors of another build are not trusted.
        folder: Weights other than those of the wheel.
        embed: The encoder's `embed`, to know it again by what it does where its files are others than those in training.

    Returns:
        A classifier that uses vectors if its weights were trained on this encoder; otherwise signals alone, and every
        estimate says why.

    Raises:
        WeightsError: The weights are missing, damaged, or were trained on other signals.
    """
    weights = load_weights(folder)
    key, note = _choose_head(weights, encoder_name, fingerprint, embed)
    if encoder_name is not None and key == NO_ENCODER:
        log.warning("%s", note)
    with_vectors = None if key == NO_ENCODER else weights.difficulty(key)
    return DifficultyAbility(
        weights.difficulty(NO_ENCODER),
        with_vectors,
        weights.abilities,
        weights.reference,
        weights.heads[key].reference_z,
        note,
    )


def _choose_head(
    weights: Weights,
    encoder_name: str | None,
    fingerprint: str | None,
    embed: Callable[[Sequence[str]], Floats] | None,
) -> tuple[str, str]:
    if encoder_name is None:
        return NO_ENCODER, NO_ENCODER_NOTE
    for key, info in weights.heads.items():
        if info.dim and _family(info.encoder) == _family(encoder_name):
            if _is_the_same(info, fingerprint, embed):
                return key, NO_ENCODER_NOTE
            return NO_ENCODER, f"encoder {encoder_name!r} differs from the one in training: judged on signals alone"
    return NO_ENCODER, f"no weights for encoder {encoder_name!r}: judged on signals alone"


def _family(name: str | None) -> str:
    """A model's name without its owner and its format: `sentence-transformers/all-MiniLM-L6-v2` is `all-minilm-l6-v2`."""
    return (name or "").rpartition("/")[2].lower().removesuffix("-onnx")


def _is_the_same(info: HeadInfo, fingerprint: str | None, embed: Callable[[Sequence[str]], Floats] | None) -> bool:
    if fingerprint is not None and fingerprint == info.fingerprint:
        return True
    if embed is None or info.probe is None:
        return fingerprint is None or info.fingerprint is None
    vector = np.asarray(embed([PROBE])[0], dtype=float)
    return vector.shape == info.probe.shape and float(vector @ info.probe) >= _SAME_VECTOR


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))
