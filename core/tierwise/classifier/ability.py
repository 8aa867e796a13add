"""What a model can do, as levels in logits: one for each group of traffic, known, guessed from its name, or from its price.

A level is the theta of item response theory: on traffic of mean difficulty the model is adequate with probability
`sigmoid(level)`. Known models carry a posterior mean from published outcomes; every other model gets the regression
that the known ones were shrunk towards. Levels are shrunk hard on purpose: a model a hundred times dearer is likelier
to be better, not certain to be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tierwise.classifier.families import NameFacts, normal_name, read_name
from tierwise.types import Floats, ModelFacts

__all__ = ["FEATURES", "FORMAL_GROUPS", "GROUPS", "Abilities", "Level", "features"]

GROUPS: tuple[str, ...] = ("chat", "knowledge", "maths", "code", "tools")
"""Kinds of traffic that have a level of their own."""

FORMAL_GROUPS: tuple[str, ...] = ("maths", "code")
"""Where a model that thinks before it answers gains most."""

FEATURES: tuple[str, ...] = ("one", "log10_price", "year", "unknown_year", "rung", "thinks", "log10_params")

_IS_FORMAL = np.array([float(name in FORMAL_GROUPS) for name in GROUPS])
_BASE_YEAR = 2024.5
_UNKNOWN_YEAR = 2025.0
"""A name that says nothing is likelier a new model than an old one: the old ones are in the table."""
_USUAL_PRICE = 0.5
_USUAL_PARAMS_B = 30.0


@dataclass(frozen=True, slots=True)
class Level:
    """A model's levels, in logits.

    `groups` has shape (n_groups,), in the order of `GROUPS`; `sd` is the standard deviation of the overall level;
    `source` is "measured", "name" (family, size and price), "price" (nothing but the price) or "by hand".
    """

    groups: Floats
    sd: float
    source: str


def features(name: NameFacts, usd_per_mtok_in: float, usd_per_mtok_out: float) -> Floats:
    """The regression's inputs, shape (n_features,), in the order of `FEATURES`; nearly all lie within -2 and 2."""
    price = 0.75 * usd_per_mtok_in + 0.25 * usd_per_mtok_out
    price = min(max(price, 0.02), 60.0) if price > 0 else _USUAL_PRICE
    year = _UNKNOWN_YEAR if name.year is None else name.year
    params = math.log10(min(max(name.params_b, 0.5), 700.0) / _USUAL_PARAMS_B) if name.params_b else 0.0
    return np.array(
        [
            1.0,
            math.log10(price / _USUAL_PRICE),
            year - _BASE_YEAR,
            float(name.year is None),
            name.rung,
            float(name.thinks),
            params,
        ]
    )


@dataclass(frozen=True)
class Abilities:
    """Levels of any model.

    Attributes:
        table: Normalised name to its levels, shape (n_groups,).
        sds: Normalised name to the standard deviation of its overall level.
        slopes: Shape (n_features,): the regression of levels on name and price.
        formal: What thinking adds in `FORMAL_GROUPS`.
        sd: Standard deviation of a level round the regression.

    Source:
        Rasch (1960); hierarchical priors on ability as in explanatory item response models (De Boeck and Wilson 2004).
        Unlike IRT-Router (ACL 2025) one dimension with an offset per group, because more dimensions did not help.
    """

    table: Mapping[str, Floats]
    sds: Mapping[str, float]
    slopes: Floats
    formal: float
    sd: float

    def level(self, facts: ModelFacts) -> Level:
        """The levels of a model; `facts.ability` wins over everything, then the table, then name and price."""
        if facts.ability is not None:
            return Level(facts.ability + np.zeros(len(GROUPS)), 0.0, "by hand")
        known = normal_name(facts.model)
        if known in self.table:
            return Level(np.asarray(self.table[known], dtype=float), float(self.sds[known]), "measured")
        name = read_name(facts.model)
        mean = float(self.slopes @ features(name, facts.usd_per_mtok_in, facts.usd_per_mtok_out))
        says_something = name.year is not None or name.params_b is not None or name.rung != 0
        if says_something:
            return Level(mean + self.formal * name.thinks * _IS_FORMAL, self.sd, "name")
        return Level(mean + np.zeros(len(GROUPS)), 1.4 * self.sd, "price")
