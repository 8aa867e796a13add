"""Graded outcomes, kept in memory as figures, and put in one order before anything is summed."""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from tierwise.classifier.learned import N_SIGNAL_FEATURES
from tierwise.learning.posterior import Evidence
from tierwise.learning.records import statement
from tierwise.types import Graded

__all__ = ["Ledger"]

_MOST_STEPS = 20_000
_Statement = tuple[str | float | None, ...]


class Ledger:
    """What is known of how well models did, in no order; each outcome counts once, however often it is added.

    Args:
        max_steps: Beyond so many steps, those whose names (digests) are greatest are let go: a fair sample of all, the
            same whatever came first.
    """

    def __init__(self, max_steps: int = _MOST_STEPS) -> None:
        self._max_steps = max_steps
        self._steps: dict[str, dict[_Statement, Graded]] = {}
        self._names: list[str] = []  # the steps', in order
        self._lock = threading.Lock()
        self.n_outcomes = 0

    def __len__(self) -> int:
        return self.n_outcomes

    def __iter__(self) -> Iterator[Graded]:
        with self._lock:
            steps = [list(self._steps[name].values()) for name in self._names]
        for outcomes in steps:
            yield from sorted(outcomes, key=_canonical)

    def __contains__(self, step: str) -> bool:
        return step in self._steps

    def add(self, graded: Iterable[Graded]) -> int:
        """Adds outcomes; one that is known is replaced, as it may have been read anew.

        Returns:
            How many were not known yet.
        """
        with self._lock:
            return sum(map(self._add, graded))

    def _add(self, one: Graded) -> bool:
        outcomes = self._steps.get(one.step)
        if outcomes is None:
            outcomes = self._steps[one.step] = {}
            insort(self._names, one.step)
        said = statement(one)
        new = said not in outcomes
        outcomes[said] = one
        self.n_outcomes += new
        if len(self._names) > self._max_steps:
            self.n_outcomes -= len(self._steps.pop(self._names.pop()))
        return new

    def evidence(
        self, models: Sequence[str], encoder: str | None, traffics: Sequence[str] | None = None
    ) -> Evidence | None:
        """Outcomes of these models, in canonical order; None where there are none.

        The first columns of the features say which named traffic a step belongs to: one of these names, by default all.
        Outcomes whose vectors come from another encoder count for levels only: their features are of no use here.
        """
        index = {model: i for i, model in enumerate(models)}
        with self._lock:
            found = [
                (name, sorted((g for g in self._steps[name].values() if g.model in index), key=_canonical))
                for name in self._names
            ]
        found = [(step, outcomes) for step, outcomes in found if outcomes]
        if not found:
            return None
        width = max((len(g.features) for _, some in found for g in some if g.encoder == encoder), default=0)
        width = max(width, N_SIGNAL_FEATURES)
        features = np.zeros((len(found), width))
        prior, score = (np.full((len(found), len(models)), np.nan) for _ in range(2))
        weight = np.zeros((len(found), len(models)))
        for i, (_, outcomes) in enumerate(found):
            first = outcomes[0]
            if first.encoder == encoder and len(first.features) == width:
                features[i] = first.features
            prior[i] = [first.p_adequate.get(model, np.nan) for model in models]
            for m, mine in _by_model(outcomes).items():
                at, total = index[m], sum(g.weight for g in mine)
                prior[i, at] = mine[0].p_adequate[m]
                score[i, at] = sum(g.weight * g.score for g in mine) / total
                weight[i, at] = total
        names = self.traffics() if traffics is None else traffics
        named = np.array([[float(outcomes[0].traffic == name) for name in names] for _, outcomes in found])
        features = np.concatenate([named.reshape(len(found), len(names)), features], axis=1)
        return Evidence(features, prior, score, weight, len(names) + N_SIGNAL_FEATURES)

    def traffics(self) -> list[str]:
        """The names that the user has given to kinds of traffic, sorted."""
        with self._lock:
            graded = (one for some in self._steps.values() for one in some.values())
            return sorted({one.traffic for one in graded if one.traffic is not None})

    def firsts(self) -> list[Graded]:
        """One outcome of each step, in canonical order: what is the same for all of them."""
        with self._lock:
            return [min(self._steps[name].values(), key=_canonical) for name in self._names]


def _by_model(outcomes: Sequence[Graded]) -> Mapping[str, list[Graded]]:
    found: dict[str, list[Graded]] = {}
    for one in outcomes:
        found.setdefault(one.model, []).append(one)
    return found


def _canonical(one: Graded) -> tuple[str, float, float, str, str, str]:
    return (one.model, one.score, one.weight, one.origin, one.traffic or "", one.conversation_id or "")
