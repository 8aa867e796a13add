"""`ChatTierwise`: a chat model that sends every call to the cheapest of its tiers that will do it well.

    from langchain_openai import ChatOpenAI
    from langchain_tierwise import ChatTierwise

    model = ChatTierwise({"small": ChatOpenAI(model="gpt-4.1-nano"), "top": ChatOpenAI(model="gpt-5.2")}, quality=0.95)
    model.invoke("What are your opening hours?").response_metadata["tierwise"]["tier"]

Wherever a chat model can stand, it can stand. It makes no call of its own: the chosen tier is called as the caller would
have called it, so that runs, tokens, caches and callbacks are the tier's.
"""

# ruff: noqa: A002  (`input` is LangChain's name)

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from inspect import signature
from pathlib import Path
from typing import Any, cast

from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import RunnableConfig, RunnableSerializable, ensure_config
from langchain_core.runnables.config import merge_configs
from pydantic import Field

from langchain_tierwise.bindings import StillAModel, TierwiseConfigurable
from langchain_tierwise.copies import SharesItsEngine
from langchain_tierwise.dispatch import Dispatcher
from langchain_tierwise.legacy import LegacyCalls
from langchain_tierwise.profiles import common_profile
from langchain_tierwise.request import ROUTING, Request, read_request
from langchain_tierwise.roster import PASSED_ON, check_names, ls_params, models_of, router_for, settled
from langchain_tierwise.shapes import Parsed, Said
from tierwise.assembly import handlers_apart
from tierwise.errors import ConfigError
from tierwise.prices import Prices
from tierwise.router import Router
from tierwise.tiers import Tier

_CALL_PARAMETERS = ("temperature", "max_tokens", "timeout", "stop")


class ChatTierwise(SharesItsEngine, StillAModel, LegacyCalls):  # type: ignore[misc]
    """Routes each call to one of several chat models.

    Args:
        tiers: Name to a chat model, a runnable around one, or a string such as `"openai:gpt-4.1-nano"` (which needs the
            extra `langchain-tierwise[agents]`). Their order does not matter. A handler among them (an object with
            `handle(step, reading)`) is asked first and answers without a model; see `tierwise.handlers`.
        quality: Share of the top tier's adequate answers to keep over all traffic, above 0 and at most 1.
        router: A router of your own, whose tiers have these names; instead of all that follows up to `settings`.
        prices: Prices by tier name, for models that the catalogue does not list.
        facts: `Tier` objects, for tiers of which more than the price is to be given by hand.
        temperature: Of every call, as are the next three.
        max_tokens: Longest answer.
        timeout: Seconds.
        stop: Stop sequences.
        settings: For `Router` (`embedder`, `policy`, `rules`, `mode`, `on_tier_error`, …), for any chat model
            (`callbacks`, `tags`, `cache`, …), and, where tiers are strings, for their models (`api_key`, `base_url`, …).

    Raises:
        ConfigError: Something given is wrong.
        UnknownModel: No price is known for a model, and none is given.
    """

    tiers: dict[str, Any] = Field(exclude=True, repr=False)
    router: Router = Field(exclude=True, repr=False)
    quality: float | None = Field(None, gt=0, le=1)
    floor: str | None = None
    ceiling: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float | None = None
    stop: list[str] | None = None
    streaming: bool | None = None

    def __init__(
        self,
        tiers: Mapping[str, Any] | None = None,
        *,
        quality: float | None = None,
        router: Router | None = None,
        prices: Mapping[str, Prices] | None = None,
        facts: Iterable[Tier] = (),
        **settings: Any,
    ) -> None:
        own = {key: settings.pop(key) for key in list(settings) if key in type(self).model_fields}
        routing = {key: settings.pop(key) for key in list(settings) if key in _ROUTER_SETTINGS}
        given, handlers = handlers_apart(tiers or {})
        models = models_of(given, settings)
        if router is None:
            if quality is not None:
                routing["quality"] = quality
            router = router_for(models, facts, prices, handlers, **routing)
        elif prices or facts or routing or handlers:
            told = "prices" if prices else "facts" if facts else "handlers" if handlers else sorted(routing)[0]
            raise ConfigError(f"router and {told} are both given: tell the router, or leave it out")
        check_names(models, router)
        _check_bounds(router, own)
        passed_on = {key: own[key] for key in PASSED_ON if own.get(key) or (key == "cache" and own.get(key) is False)}
        super().__init__(  # type: ignore[call-arg]  # pydantic's own fields
            tiers={name: settled(model, passed_on) for name, model in models.items()},
            router=router,
            quality=quality,
            **own,
        )

    @classmethod
    def from_yaml(cls, path: str | Path, tiers: Mapping[str, Any] | None = None, **settings: Any) -> ChatTierwise:
        """A model from a `tierwise.yaml`.

        Args:
            path: The file, or the folder that holds it.
            tiers: Chat models by tier name; the others are made by `init_chat_model` from the file's model names.
            settings: As for the class.

        Raises:
            ConfigError: The file is missing or wrong; the message names the line and the key.
        """
        router = Router.from_yaml(path)
        given = dict(tiers or {})
        for tier in router.tiers:
            if tier.name not in given:
                given[tier.name] = tier.model if tier.provider is None else f"{tier.provider}:{tier.model}"
        return cls(given, router=router, **settings)

    # Calls.

    def invoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Calls the tier that takes this step; its message, with the decision in `response_metadata["tierwise"]`."""
        request = self._request(input, config, stop, kwargs)
        return cast(AIMessage, self._dispatcher.run(request, _shape_of(request)))

    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """`invoke`, for async callers."""
        request = self._request(input, config, stop, kwargs)
        return cast(AIMessage, await self._dispatcher.arun(request, _shape_of(request)))

    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """The chosen tier's chunks, unchanged but for the decision on the first one."""
        if not self._should_stream(async_api=False, **{**kwargs, "stream": True}):
            yield cast(AIMessageChunk, self.invoke(input, config, stop=stop, **kwargs))
        else:
            yield from self._dispatcher.stream(self._request(input, config, stop, kwargs))

    async def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """`stream`, for async callers."""
        if not self._should_stream(async_api=True, **{**kwargs, "stream": True}):
            yield cast(AIMessageChunk, await self.ainvoke(input, config, stop=stop, **kwargs))
            return
        async with aclosing(self._dispatcher.astream(self._request(input, config, stop, kwargs))) as chunks:
            async for chunk in chunks:
                yield chunk

    def stream_events(
        self, input: Any, config: RunnableConfig | None = None, *, version: Any = "v2", **kwargs: Any
    ) -> Any:
        """Events; `version="v3"` gives the chosen tier's own typed stream."""
        if version != "v3":
            return super().stream_events(input, config, version=version, **kwargs)
        return self._dispatcher.events(self._request(input, config, kwargs.pop("stop", None), kwargs))

    def astream_events(
        self, input: Any, config: RunnableConfig | None = None, *, version: Any = "v2", **kwargs: Any
    ) -> Any:
        """`stream_events`, for async callers."""
        if version != "v3":
            return super().astream_events(input, config, version=version, **kwargs)
        return self._dispatcher.aevents(self._request(input, config, kwargs.pop("stop", None), kwargs))

    # What others ask of a model without calling it.

    def configurable_fields(self, **kwargs: Any) -> RunnableSerializable[LanguageModelInput, AIMessage]:
        """Fields to be set per call, through `config["configurable"]`."""
        super().configurable_fields(**kwargs)  # refuses unknown names
        return TierwiseConfigurable(default=self, fields=kwargs)

    @property
    def _llm_type(self) -> str:
        return "tierwise"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        """Names tiers and policy, so that no cache takes one router's answers for another's. Holds no keys."""
        tiers = {tier.name: f"{tier.provider}:{tier.model}" for tier in self.router.tiers}
        quality = self.router.quality if self.quality is None else self.quality
        policy = f"{type(self.router.policy).__name__}, {self.router.mode}, at {quality:g}"
        handlers = {"handlers": [tier.name for tier in self.router.handlers]} if self.router.handlers else {}
        return {"tiers": tiers, **handlers, "policy": policy, **self._set_fields("floor", "ceiling", *_CALL_PARAMETERS)}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        providers = {ls_params(model).get("ls_provider") for model in self.tiers.values()}
        (provider,) = providers if len(providers) == 1 else ("tierwise",)
        model = kwargs.get("model") or "tierwise:" + "|".join(tier.name for tier in self.router.tiers)
        params = LangSmithParams(ls_provider=provider or "tierwise", ls_model_name=model, ls_model_type="chat")
        told = {**self._set_fields(*_CALL_PARAMETERS), **kwargs}
        if isinstance(told.get("temperature"), int | float):
            params["ls_temperature"] = told["temperature"]
        if isinstance(told.get("max_tokens"), int):
            params["ls_max_tokens"] = told["max_tokens"]
        if stop or self.stop:
            params["ls_stop"] = stop or self.stop or []
        return params

    def _resolve_model_profile(self) -> ModelProfile | None:
        return common_profile(self.tiers.values())

    def get_token_ids(self, text: str) -> list[int]:
        """By the top tier's tokeniser."""
        ids: list[int] = (self.custom_get_token_ids or self._top.get_token_ids)(text)
        return ids

    def get_num_tokens(self, text: str) -> int:
        """By the top tier's tokeniser."""
        return (
            len(self.custom_get_token_ids(text)) if self.custom_get_token_ids else int(self._top.get_num_tokens(text))
        )

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """By the top tier's tokeniser."""
        if self.custom_get_token_ids is not None:
            return super().get_num_tokens_from_messages(messages, tools)
        return int(self._top.get_num_tokens_from_messages(messages, tools))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> ChatTierwise:
        """A copy with some settings changed; however deep, it shares router and tiers."""
        return super().model_copy(update=update)

    def __repr_args__(self) -> Any:
        """Names, not models: their repr may hold what is nobody's business."""
        return [
            ("tiers", [tier.name for tier in self.router.tiers]),
            *self._set_fields("quality", "floor", "ceiling").items(),
        ]

    # How a call is put together.

    @property
    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(self.tiers, self.router, self.rate_limiter)

    @property
    def _top(self) -> Any:
        return self.tiers[self.router.top.name]

    def _request(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None,
        stop: list[str] | None,
        kwargs: Mapping[str, Any],
    ) -> Request:
        keywords = {**self._set_fields(*_CALL_PARAMETERS), **kwargs}
        if stop is not None:
            keywords["stop"] = stop
        if not keywords.get("stop"):
            keywords.pop("stop", None)
        wishes = {**self._set_fields("quality", "floor", "ceiling"), **_pinned(keywords, self.router)}
        keywords[ROUTING] = {**wishes, **(keywords.get(ROUTING) or {})}
        return read_request(self._convert_input(input).to_messages(), self._merged(config), keywords)

    def _merged(self, config: RunnableConfig | None) -> RunnableConfig:
        """The caller's config, with the callbacks, tags and metadata that are set on this model."""
        metadata = {key: value for key, value in (self.metadata or {}).items() if key != "lc_versions"}
        if not self.callbacks and not self.tags and not metadata:
            return ensure_config(config)
        own: RunnableConfig = {"callbacks": self.callbacks, "tags": self.tags or [], "metadata": metadata}
        return merge_configs(own, ensure_config(config))

    def _set_fields(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


_ROUTER_SETTINGS = frozenset(signature(Router).parameters) - {"tiers", "quality"}


def _check_bounds(router: Router, own: Mapping[str, Any]) -> None:
    names = [tier.name for tier in router.tiers]
    for what in ("floor", "ceiling"):
        if own.get(what) is not None and own[what] not in names:
            raise ConfigError(f"{what} names tier {own[what]!r}, but the tiers are {names!r}")


def _shape_of(request: Request) -> Said | Parsed:
    if request.form is None:
        return Said()
    return Parsed(request.form.include_raw, frozenset() if request.tools is None else request.tools.names)


def _pinned(keywords: dict[str, Any], router: Router) -> dict[str, str]:
    """`model=` may name a tier, or a tier's model: then that tier takes the call. Any other name is forwarded."""
    model = keywords.get("model")
    named = next((tier.name for tier in router.tiers if model is not None and model in (tier.name, tier.model)), None)
    if named is None:
        return {}
    del keywords["model"]
    return {"floor": named, "ceiling": named}
