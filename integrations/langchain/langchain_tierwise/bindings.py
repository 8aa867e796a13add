"""What stands around a `ChatTierwise` after `bind`, `with_retry`, `with_fallbacks`: still a model to bind tools to.

LangChain's own wrappers hand `bind_tools` and `with_structured_output` to the model inside and forget what was bound, or
do not have them at all. Here both are keywords of the call, so they can be added in any order. Models that are not ours
do not know these keywords: where they stand beside ours, as fallbacks, both are handed inwards instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig
from langchain_core.runnables.configurable import RunnableConfigurableFields
from langchain_core.runnables.fallbacks import RunnableWithFallbacks
from langchain_core.runnables.retry import ExponentialJitterParams, RunnableRetry
from langchain_core.tools import BaseTool

from langchain_tierwise.request import FORM, TOOLS, Form, RawTools

ToolLike = dict[str, Any] | type | Callable[..., Any] | BaseTool


def tool_keywords(tools: Sequence[Any], tool_choice: Any, options: dict[str, Any]) -> dict[str, Any]:
    """`bind_tools` as keywords: the raw tools, and for those who look, their OpenAI form under `tools`."""
    raw = RawTools(tools, options)
    chosen = {} if tool_choice is None else {"tool_choice": tool_choice}
    return {TOOLS: raw, "tools": raw.openai, **chosen}


def form_keywords(schema: Any, include_raw: bool, options: dict[str, Any]) -> dict[str, Any]:
    """`with_structured_output` as keywords; its `tools=` are bound like any others."""
    given = {key: value for key, value in options.items() if value is not None}
    tools = given.pop("tools", None)
    bound = tool_keywords(tools, None, {}) if tools else {}
    return {FORM: Form(schema, include_raw, given), **bound}


class Wraps:
    """Wraps in classes that still have `bind_tools` and `with_structured_output`, and keep what is bound inside."""

    def bind(self, **kwargs: Any) -> Runnable[LanguageModelInput, Any]:
        """Binds keywords of the call."""
        return TierwiseBinding(bound=self, kwargs=kwargs, config={})  # type: ignore[arg-type]

    def with_config(self, config: RunnableConfig | None = None, **kwargs: Any) -> Runnable[LanguageModelInput, Any]:
        """Binds config of the call."""
        bound: RunnableConfig = {**(config or {}), **kwargs}  # type: ignore[typeddict-item]
        return TierwiseBinding(bound=self, kwargs={}, config=bound)  # type: ignore[arg-type]

    def with_listeners(self, **kwargs: Any) -> Runnable[LanguageModelInput, Any]:
        """Binds listeners to the call's run."""
        return TierwiseBinding(bound=self, kwargs={}, config={}).with_listeners(**kwargs)  # type: ignore[arg-type]

    def with_retry(
        self,
        *,
        retry_if_exception_type: tuple[type[BaseException], ...] = (Exception,),
        wait_exponential_jitter: bool = True,
        exponential_jitter_params: ExponentialJitterParams | None = None,
        stop_after_attempt: int = 3,
    ) -> Runnable[LanguageModelInput, Any]:
        """Tries a failed call again; each time the step is decided anew."""
        return TierwiseRetry(
            bound=self,  # type: ignore[arg-type]
            kwargs={},
            config={},
            retry_exception_types=retry_if_exception_type,
            wait_exponential_jitter=wait_exponential_jitter,
            exponential_jitter_params=exponential_jitter_params,
            max_attempt_number=stop_after_attempt,
        )

    def with_fallbacks(
        self,
        fallbacks: Sequence[Runnable[Any, Any]],
        *,
        exceptions_to_handle: tuple[type[BaseException], ...] = (Exception,),
        exception_key: str | None = None,
    ) -> RunnableWithFallbacks[LanguageModelInput, Any]:
        """Asks others when all this fails. `on_tier_error="step_up"` is the router's own way, among its tiers."""
        return TierwiseFallbacks(
            runnable=self,  # type: ignore[arg-type]
            fallbacks=fallbacks,
            exceptions_to_handle=exceptions_to_handle,
            exception_key=exception_key,
        )


class StillAModel(Wraps):
    """Binds tools and forms as keywords of the call."""

    def bind_tools(
        self, tools: Sequence[ToolLike], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """Binds tools, kept as they are until a tier is known: each provider has its own form of them.

        Args:
            tools: Functions, classes, `BaseTool`s, or a provider's dicts.
            tool_choice: `"auto"`, `"any"`, `"none"`, or the name of a tool.
            **kwargs: Handed to the tier's own `bind_tools`: `strict`, `parallel_tool_calls`, …
        """
        if _all_ours(self):
            return self.bind(**tool_keywords(tools, tool_choice, kwargs))
        chosen = kwargs if tool_choice is None else {"tool_choice": tool_choice, **kwargs}
        return _inwards(self, lambda inner: inner.bind_tools(tools, **chosen))

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """Asks for a form, by the method that the chosen tier's own package thinks best.

        An answer that does not parse is tried again, once, one tier up; on streams it is not.

        Args:
            schema: A Pydantic class, a `TypedDict`, a JSON schema, or an OpenAI tool.
            include_raw: Gives `{"raw", "parsed", "parsing_error"}`; the decision is in `raw.response_metadata`.
            **kwargs: Handed to the tier's own: `method` (`"json_schema"`, `"function_calling"`, `"json_mode"`), `strict`, …
        """
        if _all_ours(self):
            return self.bind(**form_keywords(schema, include_raw, kwargs))
        return _inwards(self, lambda inner: inner.with_structured_output(schema, include_raw=include_raw, **kwargs))


class _Around:
    """What has a `ChatTierwise` inside hands to it the fields that are its own."""

    def configurable_fields(self, **kwargs: Any) -> Any:
        """Fields to be set per call, of this wrapper or of the model inside."""
        if set(kwargs) <= set(type(self).model_fields):  # type: ignore[attr-defined]
            return super().configurable_fields(**kwargs)  # type: ignore[misc]
        return _inwards(self, lambda inner: inner.configurable_fields(**kwargs))


class TierwiseBinding(_Around, RunnableBinding[LanguageModelInput, Any]):
    """A `ChatTierwise` with bound keywords or config."""

    bind_tools = StillAModel.bind_tools
    with_structured_output = StillAModel.with_structured_output
    with_fallbacks = StillAModel.with_fallbacks

    @classmethod
    def lc_id(cls) -> list[str]:
        """As the class that LangChain knows."""
        return RunnableBinding.lc_id()


class TierwiseRetry(_Around, StillAModel, RunnableRetry[LanguageModelInput, Any]):  # type: ignore[misc]
    """A `ChatTierwise` that is tried again when it fails."""


class TierwiseConfigurable(StillAModel, RunnableConfigurableFields):  # type: ignore[misc,type-arg]
    """A `ChatTierwise` some of whose fields are set per call."""

    with_config = RunnableConfigurableFields.with_config


class TierwiseFallbacks(_Around, Wraps, RunnableWithFallbacks):  # type: ignore[misc,type-arg]
    """A `ChatTierwise` with others behind it; LangChain's class binds tools and forms to each of them, in its own way."""


def _all_ours(model: Any) -> bool:
    """Whether a call's keywords meet nothing but our own classes on their way to a tier."""
    while isinstance(model, TierwiseBinding | TierwiseRetry):
        model = model.bound
    return isinstance(model, StillAModel)


def _inwards(wrapper: Any, change: Callable[[Any], Any]) -> Runnable[LanguageModelInput, Any]:
    """The wrapper around a changed inside."""
    inside = "runnable" if isinstance(wrapper, RunnableWithFallbacks) else "bound"
    changed: Runnable[LanguageModelInput, Any] = wrapper.model_copy(update={inside: change(getattr(wrapper, inside))})
    return changed
