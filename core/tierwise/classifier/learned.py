"""What outcomes have taught, as one small correction of the prior: a map for each model, and what its traffic looks like.

    p    = prior + share[kind] * taper(prior) * (map[model](prior) - prior + pull)
    pull = level[traffic, model] + constant[model] + prior . slopes[model] + signals . weights[model]
                                 + nearness to landmarks . levels[model]

A map moves a model's level by what its outcomes say, and has the same slope for all models where outcomes were graded:
so it puts levels right and leaves the ranking of steps by gain as the prior had it. Beyond the graded range of any tier
all of it tapers off, for all tiers alike: outcomes on hard questions must not make a greeting look hard. The pull has two
parts (`tierwise.learning.posterior`): one that all models share, which says how hard a step is and leaves gains alone, and
one in which they differ, which counts as far as it has shown, on steps left out, that it ranks better than the prior does.
Traffic that the user names has levels of its own, which need no such proof: only outcomes, shrunk towards the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import add, mul

import numpy as np

from tierwise.classifier.landmarks import Landmarks
from tierwise.types import EVERY_TRAFFIC, KINDS, Estimate, Floats, Kind, Reference, Signals

__all__ = ["N_SIGNAL_FEATURES", "Correction", "LevelMap", "Pull", "features_of", "move"]

_LEAST = 0.002
_CLIP = 3.0

# Signal, centre, scale; counts on a log scale. Fixed numbers, so that features never depend on what was seen.
_LOGS: tuple[tuple[str, float, float], ...] = (
    ("question_chars", 5.5, 1.2),
    ("sentences", 1.5, 0.8),
    ("numbers", 1.0, 0.9),
    ("options", 0.8, 0.9),
    ("input_tokens", 5.0, 1.3),
    ("tools", 0.5, 1.0),
    ("tool_parameters", 0.5, 2.0),
)
_PLAIN: tuple[tuple[str, float, float], ...] = (
    ("code", 0.2, 1.0),
    ("mathematics", 0.3, 1.0),
    ("lexical_complexity", 0.4, 0.2),
    ("reasoning_steps", 1.0, 1.5),
    ("world_knowledge", 0.3, 1.0),
)
_KIND_AT = {kind: i for i, kind in enumerate(KINDS)}

N_SIGNAL_FEATURES = 1 + len(_LOGS) + len(_PLAIN) + len(KINDS)
"""Difficulty, signals, kind of step; vectors of task and latest message follow."""


def features_of(signals: Sequence[Signals], difficulty: Sequence[float], vectors: Floats | None) -> Floats:
    """What a correction looks at.

    Args:
        signals: n steps.
        difficulty: Their difficulty, in logits.
        vectors: Shape (n, 2, dim), or None.

    Returns:
        Shape (n, N_SIGNAL_FEATURES + 2 dim): the latest message's vector counts only where it follows something.
    """
    dim = 0 if vectors is None else vectors.shape[2]
    found = np.zeros((len(signals), N_SIGNAL_FEATURES + 2 * dim))
    for row, one, hard in zip(found, signals, difficulty, strict=True):
        row[: N_SIGNAL_FEATURES - len(KINDS)] = _of_signals(one, hard)
        row[N_SIGNAL_FEATURES - len(KINDS) + _KIND_AT[one.kind]] = 1.0
    if vectors is not None:
        found[:, N_SIGNAL_FEATURES : N_SIGNAL_FEATURES + dim] = vectors[:, 0]
        follows = [one.depth > 0 or one.tool_results > 0 for one in signals]
        if any(follows):
            found[follows, N_SIGNAL_FEATURES + dim :] = vectors[follows, 1]
    return found


def _of_signals(signals: Signals, difficulty: float) -> list[float]:
    row = [max(-4.0, min(4.0, difficulty))]
    for name, centre, scale in _LOGS:
        row.append(max(-_CLIP, min(_CLIP, (math.log1p(getattr(signals, name)) - centre) / scale)))
    for name, centre, scale in _PLAIN:
        row.append(max(-_CLIP, min(_CLIP, (getattr(signals, name) - centre) / scale)))
    return row


@dataclass(frozen=True, slots=True)
class LevelMap:
    """From a prior's chance to a corrected one: a straight line within the graded range [low, high].

    `at_low` and `at_high` are the corrected chances at its ends.
    """

    low: float
    high: float
    at_low: float
    at_high: float

    def __call__(self, p: Floats) -> Floats:
        """The line, which runs on beyond the range; any shape."""
        return self.at_low + (self.at_high - self.at_low) / (self.high - self.low) * (p - self.low)

    def taper(self, p: Floats) -> Floats:
        """How far outcomes say anything of such a chance: 1 within the graded range, falling to 0 at certainty."""
        return np.interp(p, (0.0, self.low, self.high, 1.0), (0.0, 1.0, 1.0, 0.0))

    def one(self, p: float) -> tuple[float, float]:
        """The line and the taper at a single chance."""
        at = self.at_low + (self.at_high - self.at_low) / (self.high - self.low) * (p - self.low)
        return at, min(1.0, p / self.low, (1.0 - p) / (1.0 - self.high))


def move(maps: Sequence[LevelMap], prior: Floats) -> tuple[Floats, Floats]:
    """Chances with levels put right, shape (n, n_tiers), and how far outcomes count at each step, shape (n, 1).

    A step counts as far as its least certain reading allows, for all tiers alike: if each went by its own, what moves all
    of them would change how they compare.
    """
    columns = [(level(p), level.taper(p)) for level, p in zip(maps, prior.T, strict=True)]
    taper = np.stack([far for _, far in columns]).min(axis=0)[:, None]
    return prior + taper * (np.stack([at for at, _ in columns], axis=1) - prior), taper


@dataclass(frozen=True)
class Pull:
    """What steps look like, as corrections of each tier's chance.

    Attributes:
        constant: Shape (n_tiers,): where nothing is known of a step's text.
        slopes: Shape (n_tiers, n_tiers): what the prior's chance of each (row) adds to each (column).
        signals: Shape (N_SIGNAL_FEATURES, n_tiers).
        landmarks: Kinds of traffic that outcomes were seen on; None without an encoder.
        levels: Shape (n_landmarks, n_tiers): what being at a landmark adds.
        away: Shape (n_tiers,): what `levels` add to a step of mean nearness, taken off again.
    """

    constant: Floats
    slopes: Floats
    signals: Floats
    landmarks: Landmarks | None
    levels: Floats
    away: Floats

    def __call__(self, prior: Floats, features: Floats) -> Floats:
        """Shape (n, n_tiers), from chances of the prior, same shape, and features, shape (n, n_features)."""
        pull = self.constant + prior @ self.slopes + features[:, :N_SIGNAL_FEATURES] @ self.signals
        signals, vectors = features[:, :N_SIGNAL_FEATURES], features[:, N_SIGNAL_FEATURES:]
        if self.landmarks is not None and vectors.shape[1]:
            pull = pull + self.landmarks.nearness(signals, vectors) @ self.levels - self.away
        return np.asarray(pull)

    def one(self, prior: Sequence[float], signals: Signals, difficulty: float, vectors: Floats | None) -> list[float]:
        """The same of a single step; `vectors` has shape (1, 2, dim)."""
        constant, slopes, of_signals, of_kinds = self._rows
        row, kind = _of_signals(signals, difficulty), _KIND_AT[signals.kind]
        total = [
            start + by_kind[kind] + sum(map(mul, row, weights)) + sum(map(mul, prior, steep))
            for start, by_kind, weights, steep in zip(constant, of_kinds, of_signals, slopes, strict=True)
        ]
        if vectors is not None and self.landmarks is not None:
            follows = signals.depth > 0 or signals.tool_results > 0
            looks = np.array(row + [float(i == kind) for i in range(len(KINDS))])
            near = self.landmarks.nearness_of_one(looks, vectors[0, 0], vectors[0, 1] if follows else None)
            total = list(map(add, total, (self._levels @ near - self.away).tolist()))
        return total

    @cached_property
    def _rows(self) -> tuple[list[float], list[list[float]], list[list[float]], list[list[float]]]:
        """Constants, slopes, weights of signals and of kinds, laid out for one step: a row for each tier."""
        n = N_SIGNAL_FEATURES - len(KINDS)
        rows = self.signals.T
        return self.constant.tolist(), self.slopes.T.tolist(), rows[:, :n].tolist(), rows[:, n:].tolist()

    @cached_property
    def _levels(self) -> Floats:
        return np.ascontiguousarray(self.levels.T, dtype=np.float32)


@dataclass(frozen=True)
class Correction:
    """What was learned about a router's tiers.

    Attributes:
        names: The tiers, in the order of the columns below.
        maps: One for each tier.
        shares: Shape (n_kinds,): how much of the correction carries over to each kind of step, in [0, 1].
        pull: What steps look like, trust included.
        trust: How far that in which tiers differ is believed, in [0, 1].
        n_outcomes: How many outcomes it rests on.
        encoder: The encoder whose vectors it reads; None for none.
        traffic: The steps it was learned from, as a reference to price quality with; None where they cannot be one.
    """

    names: tuple[str, ...]
    maps: tuple[LevelMap, ...]
    shares: Floats
    pull: Pull
    trust: float
    n_outcomes: int
    encoder: str | None = None
    traffic: Reference | None = field(default=None, repr=False)
    traffic_share: float = 0.0
    """Share of the reference that the learned steps make up."""
    named: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """The user's name for a kind of traffic to what it adds for each tier."""

    def probabilities(
        self, prior: Floats, features: Floats, kinds: Sequence[Kind], traffics: Sequence[str | None] | None = None
    ) -> Floats:
        """Corrected chances, shape (n, n_tiers), from those of the prior (same shape); `traffics` are the users' names."""
        moved, taper = move(self.maps, prior)
        pull = self.pull(prior, features)
        if traffics is not None:
            pull = pull + np.array([self._of_traffic(name) for name in traffics])
        share = self.shares[[_KIND_AT[kind] for kind in kinds]][:, None]
        moved = prior + share * (moved + taper * pull - prior)
        return np.asarray(np.minimum(np.maximum(moved, np.minimum(prior, _LEAST)), np.maximum(prior, 1.0 - _LEAST)))

    def apply(
        self, estimates: Sequence[Estimate], vectors: Floats | None, traffic: str | None = None
    ) -> list[Estimate]:
        """The estimates, corrected; `traffic` is the user's name for what they are all of."""
        note = f"adjusted by {self.n_outcomes} outcomes of this traffic"
        if len(estimates) == 1:  # the hot path: plain numbers are quicker than arrays of one row
            return [
                _with(estimates[0], dict(zip(self.names, self._one(estimates[0], vectors, traffic), strict=True)), note)
            ]
        if not estimates:
            return []
        prior = np.array([[e.p_adequate[name] for name in self.names] for e in estimates])
        features = features_of([e.signals for e in estimates], [e.difficulty for e in estimates], vectors)
        rows = self.probabilities(prior, features, [e.kind for e in estimates], [traffic] * len(estimates)).tolist()
        return [_with(e, dict(zip(self.names, row, strict=True)), note) for e, row in zip(estimates, rows, strict=True)]

    def _one(self, estimate: Estimate, vectors: Floats | None, traffic: str | None) -> list[float]:
        """`probabilities` of one step."""
        share = float(self.shares[_KIND_AT[estimate.kind]])
        prior = [estimate.p_adequate[name] for name in self.names]
        pull = self.pull.one(prior, estimate.signals, estimate.difficulty, vectors)
        if traffic is not None:
            pull = list(map(add, pull, self._of_traffic(traffic)))
        lines = [level.one(p) for p, level in zip(prior, self.maps, strict=True)]
        far = share * min(taper for _, taper in lines)
        found = []
        for p, (at, _), more in zip(prior, lines, pull, strict=True):
            found.append(min(max(p + far * (at + more - p), min(p, _LEAST)), max(p, 1.0 - _LEAST)))
        return found

    def _of_traffic(self, name: str | None) -> Sequence[float]:
        """What the user's name for a step's traffic says of each tier."""
        none = (0.0,) * len(self.names)
        return none if name is None else self.named.get(name, none)

    def with_traffic(self, traffic: Reference, share: float) -> Correction:
        """The same correction, with the steps it was learned from as a share of the reference traffic."""
        return replace(self, traffic=traffic, traffic_share=share)

    def reference(self, prior: Reference, models: Mapping[str, object]) -> Reference:
        """The reference traffic as these levels see it, and beside it the traffic that was learned from."""
        at = [self.names.index(name) for name in models]
        share = float(self.shares.mean())
        p = np.asarray(prior.p_adequate, dtype=float)
        p = p + share * (move([self.maps[i] for i in at], p)[0] - p)
        if self.traffic is None or self.traffic_share <= 0:
            return replace(prior, p_adequate=p)
        own = self.traffic
        return Reference(
            np.vstack([p, np.asarray(own.p_adequate)[:, at]]),
            np.concatenate([prior.input_tokens, own.input_tokens]),
            np.concatenate([prior.output_tokens, own.output_tokens]),
            np.concatenate([(1 - self.traffic_share) * prior.weights, self.traffic_share * own.weights]),
            (*prior.traffic, *[EVERY_TRAFFIC] * len(own.weights)) if prior.traffic else (),
        )


def _with(estimate: Estimate, p: Mapping[str, float], note: str) -> Estimate:
    e = estimate
    return Estimate({**e.p_adequate, **p}, e.kind, e.signals, e.difficulty, (*e.notes, note), e.traffic)
