"""Every exception that tierwise raises.

TierwiseError
├── ConfigError (ValueError)        something given at construction is wrong
│   ├── UnknownModel                no price is known for a model, and none was given
│   └── WeightsError                a weights file is missing, damaged or of another version
├── StepError (ValueError)          what was given to route is not a step: no messages, no roles
├── EmbedderUnavailable             an embedding model is not on this machine
├── LearnedError (ValueError)       outcomes, or a file of what was learned, cannot be used
├── PlanError (RuntimeError)        a plan was used out of order
├── NotPicklable (TypeError)        what was to be pickled holds locks or connections of this process
├── TracesError (ValueError)        a file of recorded runs cannot be read
└── MissingExtra (ImportError)      an optional package is not installed
"""

from __future__ import annotations

__all__ = [
    "ConfigError",
    "EmbedderUnavailable",
    "LearnedError",
    "MissingExtra",
    "NotPicklable",
    "PlanError",
    "StepError",
    "TierwiseError",
    "TracesError",
    "UnknownModel",
    "WeightsError",
]


class TierwiseError(Exception):
    """The parent of all errors of tierwise."""


class ConfigError(TierwiseError, ValueError):
    """Something given at construction is wrong; the message says what was found and what to do."""


class UnknownModel(ConfigError):
    """No price is known for a model, and none was given by hand."""


class WeightsError(ConfigError):
    """A weights file is missing, damaged, or was written for another version of the signals."""


class StepError(TierwiseError, ValueError):
    """What was given to route is not a step: not a list of messages, empty, or without roles."""


class EmbedderUnavailable(TierwiseError):
    """An embedding model is not on this machine, and no download was asked for."""


class LearnedError(TierwiseError, ValueError):
    """Outcomes, or a file of what was learned, cannot be used; the message says what was found and what to do."""


class PlanError(TierwiseError, RuntimeError):
    """A plan was used out of order, for instance answered twice."""


class NotPicklable(TierwiseError, TypeError):
    """What was to be pickled holds locks or connections of this process; the message says which part, and what to do."""


class TracesError(TierwiseError, ValueError):
    """A file of recorded runs cannot be read: it is missing, damaged, or of another form."""


class MissingExtra(TierwiseError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""

    def __init__(self, package: str, extra: str, distribution: str = "tierwise") -> None:
        super().__init__(f"{package!r} is not installed: pip install '{distribution}[{extra}]'")
        self.package = package
        self.extra = extra
