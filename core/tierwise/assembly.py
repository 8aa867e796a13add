"""What a router is built from, checked: construction is strict, and says what was found and what to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tierwise.classifier import load_classifier
from tierwise.errors import ConfigError, StepError
from tierwise.policy.rules import Rule
from tierwise.protocols import Classifier, Embedder, FeedbackStore
from tierwise.tiers import Tier
from tierwise.types import Estimate

if TYPE_CHECKING:
    from tierwise.config import RouterConfig, TierConfig


def feedback_store_of(config: RouterConfig) -> FeedbackStore | None:
    """The feedback store that a file names; None where it names none."""
    if config.feedback is None:
        return None
    store: FeedbackStore = import_module("tierwise.learning.feedback").SQLiteFeedback(**config.feedback.arguments())
    return store


def tier_of(config: TierConfig) -> Tier:
    """The tier that a file describes, its handler built.

    Raises:
        ConfigError: Something of it is wrong.
    """
    given = config.arguments()
    if config.handler is not None:
        given["handler"] = import_module("tierwise.handlers.opened").open_handler(config.handler)
    return Tier(**given)


def classifier_for(embedder: Embedder | None) -> Classifier:
    """The packaged classifier, with its head for this encoder."""
    if embedder is None:
        return load_classifier(None, None)
    return load_classifier(embedder.name, getattr(embedder, "fingerprint", None), embed=embedder.embed)


def by_name(tiers: Sequence[Tier]) -> dict[str, Tier]:
    """Tiers by name.

    Raises:
        ConfigError: There are none, they are no tiers, or two share a name.
    """
    if isinstance(tiers, Tier) or not all(isinstance(tier, Tier) for tier in tiers):
        raise ConfigError("tiers is a list of Tier objects: Router([Tier('small', model='…'), Tier('top', model='…')])")
    named = {tier.name: tier for tier in tiers}
    if not named:
        raise ConfigError("no tiers: give at least one Tier")
    if len(named) < len(tiers):
        names = [tier.name for tier in tiers]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ConfigError(f"tier names must differ; given more than once: {twice!r}")
    return named


def handlers_apart(named: Any) -> tuple[Any, list[Tier]]:
    """For hosts, whose tiers are a mapping of names to objects: the others, and tiers of those that are handlers."""
    if not isinstance(named, Mapping):
        return named, []
    handlers = [Tier(name, handler=each) for name, each in named.items() if callable(getattr(each, "handle", None))]
    apart = {tier.name for tier in handlers}
    return {name: each for name, each in named.items() if name not in apart}, handlers


def parted(named: Mapping[str, Tier]) -> tuple[dict[str, Tier], tuple[Tier, ...]]:
    """Tiers with a model, by name, and those that answer without one, in the order given.

    Raises:
        ConfigError: There is no tier with a model, to take what the others abstain from.
    """
    handlers = tuple(tier for tier in named.values() if tier.handler is not None)
    models = {name: tier for name, tier in named.items() if tier.handler is None}
    if not models:
        raise ConfigError(
            f"tiers {list(named)!r} have no model: give at least one Tier that takes what they abstain from"
        )
    return models, handlers


def check_names(
    named: Mapping[str, Tier], default_tier: str | None, rules: Sequence[Rule], handlers: Collection[str] = ()
) -> None:
    """Refuses names of tiers that are not there, or that may abstain.

    Raises:
        ConfigError: A name is unknown, or a handler's.
    """
    asked = [("default_tier", default_tier)]
    asked += [(rule.name, name) for rule in rules for name in (rule.at_least, rule.at_most)]
    for where, name in asked:
        if name in handlers:
            raise ConfigError(
                f"{where} names tier {name!r}, which has no model and may abstain: name one of {list(named)!r}"
            )
        if name is not None and name not in named:
            raise ConfigError(f"{where} names tier {name!r}, but the tiers are {list(named)!r}")


def check_choice(what: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuses a word that is none of the choices.

    Raises:
        ConfigError: It is not.
    """
    if value not in choices:
        raise ConfigError(f"{what} is {value!r}: choose from {list(choices)!r}")


def check_quality(quality: float) -> None:
    """Refuses what is no share.

    Raises:
        ConfigError: It is not above 0 and at most 1.
    """
    if isinstance(quality, bool) or not isinstance(quality, int | float) or not 0 < quality <= 1:
        raise ConfigError(f"quality is {quality!r}: give a share above 0 and at most 1, such as 0.95")


def check_estimate(estimate: Estimate, named: Mapping[str, Tier]) -> None:
    """A classifier of the user's may return anything; only chances can be reckoned with."""
    for name in named:
        p = estimate.p_adequate[name]
        if not 0 <= p <= 1:
            raise StepError(f"the classifier's chance for tier {name!r} is {p!r}, not between 0 and 1")
