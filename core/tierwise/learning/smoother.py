"""Bayesian linear regression whose prior variance is averaged over, by the evidence.

    y = x . w + noise,   w ~ N(0, noise * diag(scale^2)), times an amplitude where a column is free

The amplitude is one of a grid that begins with nothing; the answer is the mean over the grid, each amplitude weighted by
how likely it makes the data (the noise integrated out). So outcomes that show nothing leave next to nothing behind.

Source:
    MacKay (1992), "Bayesian interpolation"; Hoeting, Madigan, Raftery and Volinsky (1999), "Bayesian model averaging".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tierwise.types import Floats

__all__ = ["AMPLITUDES", "NOISE_COUNT", "NOISE_VARIANCE", "Seen", "Smoother", "fit_smoother"]

AMPLITUDES: tuple[float, ...] = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Prior variances of a free column, as multiples of the noise's."""
NOISE_COUNT, NOISE_VARIANCE = 2.0, 0.2
"""Prior of the noise: so many outcomes have seen this variance."""
_LEAST_SHARE = 0.02
"""Amplitudes with less of the evidence are left out."""


@dataclass(frozen=True)
class Seen:
    """What evidence is taken from: k right-hand sides y over the same rows X, which are weighted.

    Attributes:
        gram: X' X, shape (n_columns, n_columns).
        pulls: X' y, shape (n_columns, k).
        squares: y' y, shape (k,).
        n: How many rows there are.
        counts: How much each right-hand side counts: below 1 where one follows from the others.
    """

    gram: Floats
    pulls: Floats
    squares: Floats
    n: float
    counts: float


@dataclass(frozen=True)
class Smoother:
    """A fitted regression, ready for any right-hand side.

    Attributes:
        shares: Shape (n_amplitudes,): of the evidence.
        columns: For each amplitude with a share, the columns in use.
        systems: For each, X' X + prior precision of those columns.
        n_columns: Of the design.
        inverses: Those of the systems, once somebody has asked for them.
    """

    shares: Floats
    columns: tuple[Floats, ...]
    systems: tuple[Floats, ...]
    n_columns: int
    inverses: tuple[Floats, ...] = ()

    @property
    def amplitude(self) -> float:
        """The mean of the square root of the amplitude: 0 where nothing shows."""
        return float(self.shares @ np.sqrt(AMPLITUDES))

    def weights(self, pulls: Floats) -> Floats:
        """Mean weights, shape (n_columns, k), from X' y for k right-hand sides, shape (n_columns, k)."""
        total = np.zeros((self.n_columns, pulls.shape[1]))
        for i, (share, on) in enumerate(zip(self.shares[self.shares > 0], self.columns, strict=True)):
            found = self.inverses[i] @ pulls[on] if self.inverses else np.linalg.solve(self.systems[i], pulls[on])
            total[on] += share * found
        return total

    def inverted(self) -> Smoother:
        """The same, quicker where weights are asked for many times."""
        return replace(self, inverses=tuple(np.linalg.inv(system) for system in self.systems))

    def without(self, gram: Floats) -> Smoother:
        """The same smoother for fewer rows: `gram` is X' X of those that are left out."""
        systems = tuple(system - gram[np.ix_(on, on)] for system, on in zip(self.systems, self.columns, strict=True))
        return replace(self, systems=systems, inverses=())


def fit_smoother(gram: Floats, scale: Floats, free: Floats, seen: Sequence[Seen]) -> Smoother:
    """Weighs amplitudes.

    Args:
        gram: Shape (n_columns, n_columns): X' X of the rows that the smoother is for.
        scale: Shape (n_columns,): prior standard deviations over the noise's, at amplitude 1.
        free: Shape (n_columns,), booleans: which columns the amplitude belongs to.
        seen: What the evidence is taken from.
    """
    scales = [scale * np.where(free, np.sqrt(amplitude), 1.0) for amplitude in AMPLITUDES]
    found = np.array([_log_evidence(seen, s) for s in scales])
    shares = np.exp(found - found.max())
    shares = np.where(shares < _LEAST_SHARE * shares.sum(), 0.0, shares)
    used = [s for s, share in zip(scales, shares, strict=True) if share > 0]
    columns = tuple(np.flatnonzero(s > 0) for s in used)
    systems = tuple(gram[np.ix_(on, on)] + np.diag(s[on] ** -2.0) for s, on in zip(used, columns, strict=True))
    return Smoother(shares / shares.sum(), columns, systems, len(scale))


def _log_evidence(seen: Sequence[Seen], s: Floats) -> float:
    on = np.flatnonzero(s > 0)
    s = s[on]
    total = 0.0
    for one in seen:
        system = np.eye(len(s)) + one.gram[np.ix_(on, on)] * np.outer(s, s)
        pulls = one.pulls[on] * s[:, None]
        rest = one.squares - (pulls * np.linalg.solve(system, pulls)).sum(axis=0)
        log_noise = np.log(NOISE_COUNT * NOISE_VARIANCE + np.maximum(rest, 0.0) / 2).sum()
        log_volume = np.log(np.diag(np.linalg.cholesky(system))).sum() * len(rest)
        total -= one.counts * float(log_volume + (one.n / 2 + NOISE_COUNT) * log_noise)
    return total
