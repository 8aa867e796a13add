"""The tiers' chat models, and the router that knows their prices.

A tier's model is a chat model, a string for `init_chat_model`, or any runnable around a chat model. What the router must
know of it (its name, who serves it, whether it calls tools) is asked of the model itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from langchain_tierwise.request import can_call_tools
from tierwise.errors import ConfigError, MissingExtra
from tierwise.handoff.asked import asked_to_think
from tierwise.prices import Prices
from tierwise.router import Router
from tierwise.tiers import Tier

PASSED_ON = ("cache", "disable_streaming", "output_version", "streaming")
"""Settings of a chat model that act inside the call: set on the router, they are handed to (copies of) the tiers."""


def models_of(tiers: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Runnable[Any, Any]]:
    """The tiers' models, strings made into chat models.

    Args:
        tiers: Name to a chat model, a runnable around one, or a string such as `"openai:gpt-4.1-nano"`.
        settings: Keyword arguments for the models that are made here: `api_key`, `max_retries`, …

    Raises:
        ConfigError: No tiers, something that is no model, or settings that no tier would take.
    """
    if not isinstance(tiers, Mapping) or not tiers:
        found = "empty" if isinstance(tiers, Mapping) else f"a {type(tiers).__name__}"
        raise ConfigError(f"tiers is {found}: give names and chat models, such as {{'small': ChatOpenAI(…), 'top': …}}")
    if settings and not any(isinstance(model, str) for model in tiers.values()):
        raise ConfigError(f"unknown argument {sorted(settings)[0]!r}: give it to the tiers' own chat models")
    return {name: _model_of(name, model, settings) for name, model in tiers.items()}


def router_for(
    models: Mapping[str, Runnable[Any, Any]],
    facts: Iterable[Tier] = (),
    prices: Mapping[str, Prices] | None = None,
    handlers: Iterable[Tier] = (),
    **settings: Any,
) -> Router:
    """A router over these models, priced by the names they give themselves, or by hand; handlers are asked before them.

    Raises:
        ConfigError: A price or a `Tier` is given for a tier that is not there; a model has no known price.
    """
    given, by_hand = {tier.name: tier for tier in facts}, prices or {}
    stray = sorted({*given, *by_hand} - set(models))
    if stray:
        raise ConfigError(f"facts are given for tier {stray[0]!r}, but the tiers are {list(models)!r}")
    priced = [given.get(name) or tier_of(name, model, by_hand.get(name)) for name, model in models.items()]
    return Router([*handlers, *priced], **settings)


def tier_of(name: str, model: Runnable[Any, Any], prices: Prices | None = None) -> Tier:
    """What the router should know of a chat model.

    Raises:
        UnknownModel: The catalogue does not list the model, and no prices are given.
        ConfigError: The model does not say its name, and no prices are given.
    """
    told = ls_params(model)
    return Tier(
        name,
        model=told.get("ls_model_name") or None,
        provider=told.get("ls_provider") or None,
        prices=prices,
        tools=can_call_tools(model),
    )


def check_names(models: Mapping[str, Any], router: Router) -> None:
    """Raises ConfigError where models and router do not speak of the same tiers."""
    names = {tier.name for tier in router.tiers}
    if names != set(models):
        raise ConfigError(f"the router's tiers are {sorted(names)!r}, but chat models are given for {sorted(models)!r}")


def ls_params(model: Runnable[Any, Any], **keywords: Any) -> Mapping[str, Any]:
    """What a model tells tracers of itself; nothing where it cannot."""
    try:
        return model._get_ls_params(**keywords)  # type: ignore[attr-defined,no-any-return]
    except (AttributeError, TypeError):
        return {}


def thinking_of(models: Mapping[str, Runnable[Any, Any]], options: Mapping[str, Any]) -> dict[str, bool]:
    """Which tiers a call asks to think, and which not to, as far as their models or the call say so.

    Args:
        models: Tier name to its model.
        options: Of the call; they come before the model's own.
    """
    asked = {name: asked_to_think(_param("thinking", model, options)) for name, model in models.items()}
    return {name: thinks for name, thinks in asked.items() if thinks is not None}


def _param(name: str, model: Any, options: Mapping[str, Any]) -> Any:
    """A parameter of a request: from the call, the model's field, or what the model sends along."""
    extra = getattr(model, "extra_body", None)
    beside = extra.get(name) if isinstance(extra, Mapping) else None
    return options.get(name) or getattr(model, name, None) or beside


def settled(model: Runnable[Any, Any], settings: Mapping[str, Any]) -> Runnable[Any, Any]:
    """The model with those of the router's settings that its class has; itself where none is set.

    Raises:
        ConfigError: A cache is set on the router, and the tier is no chat model that could use it.
    """
    fields = type(model).model_fields if isinstance(model, BaseChatModel) else {}
    changed = {key: value for key, value in settings.items() if key in fields and getattr(model, key) != value}
    if "cache" in settings and "cache" not in fields:
        raise ConfigError(f"cache is set, but a tier is a {type(model).__name__}: set the cache on its own chat model")
    return model.model_copy(update=changed) if changed and isinstance(model, BaseChatModel) else model


def _model_of(name: str, model: Any, settings: Mapping[str, Any]) -> Runnable[Any, Any]:
    if isinstance(model, str):
        return _init_chat_model(model, settings)
    if isinstance(model, Runnable):
        return model
    raise ConfigError(
        f"tier {name!r} is a {type(model).__name__}: give a chat model, or a string such as 'openai:gpt-5'"
    )


def _init_chat_model(spec: str, settings: Mapping[str, Any]) -> Runnable[Any, Any]:
    try:
        from langchain.chat_models import init_chat_model  # here: langchain-core alone is enough for everything else
    except ImportError as error:
        raise MissingExtra("langchain", "agents", distribution="langchain-tierwise") from error
    model: Runnable[Any, Any] = init_chat_model(spec, **settings)
    return model
