"""What one call asks for: messages, tools, form, limits. Read once, then given to the core and to the chosen tier.

Tools and schemas are kept as the caller gave them, because each provider has its own form of them: they are bound to the
tier that takes the step, when it is known. The core sees their OpenAI form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, RunnableParallel, RunnableSequence
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool

from tierwise.errors import StepError

TOOLS, FORM, ROUTING = "tierwise_tools", "tierwise_form", "tierwise"
"""Keywords under which bound runnables carry raw tools, a required form, and a person's wishes about routing."""

_WISHES = ("quality", "floor", "ceiling", "user", "conversation_id")
_OUTPUT_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_WORDS_FOR_REQUIRED = ("any", "required", True)


class RawTools:
    """Tools as the caller gave them, with the options of `bind_tools`."""

    def __init__(self, tools: Sequence[Any], options: Mapping[str, Any] | None = None) -> None:
        self.tools = list(tools)
        self.options = dict(options or {})
        self.openai = [_openai_tool(tool) for tool in self.tools]

    def on(self, model: Runnable[Any, Any], choice: Any) -> Runnable[Any, Any]:
        """The tier's model with these tools, in its provider's form."""
        wanted = {} if choice is None else {"tool_choice": _portable(choice)}
        return model.bind_tools(self.tools, **wanted, **self.options)  # type: ignore[attr-defined,no-any-return]

    def formatted(self, model: Runnable[Any, Any]) -> list[Any]:
        """The tools as this model's provider wants them; none where its class does not say."""
        bound = self.on(model, None)
        return list(bound.kwargs.get("tools", ())) if isinstance(bound, RunnableBinding) else []

    @property
    def names(self) -> frozenset[str]:
        """What calls of these tools are called."""
        return frozenset(str(tool.get("function", {}).get("name")) for tool in self.openai)


@dataclass(frozen=True)
class Form:
    """A structured output that was asked for: the caller's schema and the options of `with_structured_output`."""

    schema: Any
    include_raw: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def on(self, model: Runnable[Any, Any], tools: RawTools | None, *, include_raw: bool) -> Runnable[Any, Any]:
        """The tier's model, answering in this form by the method that its own package thinks best.

        With tools beside the form, the provider's own schemas come first: a form that is a forced call of a tool would
        leave no room for others.
        """
        options = dict(self.options) if tools is None else {"method": "json_schema", **self.options}
        chain: Runnable[Any, Any] = model.with_structured_output(self.schema, include_raw=include_raw, **options)  # type: ignore[attr-defined]
        if tools is None:
            return chain
        strict = {} if options.get("strict") is None else {"strict": options["strict"]}
        return with_keywords(chain, {"tools": RawTools(tools.tools, {**strict, **tools.options}).formatted(model)})

    @property
    def openai(self) -> dict[str, Any]:
        """As an OpenAI `response_format`."""
        if self.options.get("method") == "json_mode":
            return {"type": "json_object"}
        return {"type": "json_schema", "json_schema": _named_schema(self.schema)}


@dataclass(frozen=True)
class Request:
    """One call, before a tier is known."""

    messages: list[BaseMessage]
    config: RunnableConfig
    options: Mapping[str, Any]
    """What goes to the tier's call unchanged: temperature, stop, …"""
    tools: RawTools | None = None
    tool_choice: Any = None
    form: Form | None = None
    wishes: Mapping[str, Any] = field(default_factory=dict)

    def on(self, model: Runnable[Any, Any], *, include_raw: bool | None = None) -> Runnable[Any, Any]:
        """A tier's model, ready to take this call; `include_raw` overrides the form's own."""
        if self.form is not None:
            raw = self.form.include_raw if include_raw is None else include_raw
            return with_keywords(self.form.on(model, self.tools, include_raw=raw), self.options)
        return model if self.tools is None else self.tools.on(model, self.tool_choice)

    @property
    def call_options(self) -> Mapping[str, Any]:
        """The options, unless they are bound already: a chain with a parser behind it does not hand them on."""
        return {} if self.form is not None else self.options

    def facts(self) -> dict[str, Any]:
        """What `router.start` wants to know besides the messages."""
        bound = {} if self.tools is None else self.tools.options
        configurable = self.config.get("configurable") or {}
        facts: dict[str, Any] = {
            "tools": None if self.tools is None else self.tools.openai,
            "tool_choice": openai_choice(self.tool_choice),
            "response_format": self._response_format(bound),
            "max_output_tokens": _output_limit({**bound, **self.options}),
            "conversation_id": _conversation_of(configurable),
            "user": _text_or_none(configurable.get("user_id")),
            "metadata": self.config.get("metadata") or None,
        }
        return {**facts, **{key: value for key, value in self.wishes.items() if value is not None}}

    def _response_format(self, bound: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if self.form is not None:
            return self.form.openai
        given = self.options.get("response_format", bound.get("response_format"))
        if given is None or isinstance(given, Mapping):
            return given
        return {"type": "json_schema", "json_schema": _named_schema(given)}


def read_request(messages: list[BaseMessage], config: RunnableConfig, keywords: Mapping[str, Any]) -> Request:
    """Sorts a call's keywords into what is ours, what is bound per tier, and what is forwarded.

    Raises:
        StepError: `tierwise=` holds an unknown wish.
    """
    rest = dict(keywords)
    raw, shown = rest.pop(TOOLS, None), rest.pop("tools", None)
    if shown is not None and (raw is None or shown is not raw.openai):
        raw = RawTools(shown)  # tools given at call time, or bound after `bind_tools`, win
    choice = rest.pop("tool_choice", None)
    wishes = rest.pop(ROUTING, None) or {}
    unknown = sorted(set(wishes) - set(_WISHES))
    if unknown:
        raise StepError(f"tierwise={{…}} holds {unknown[0]!r}: choose from {list(_WISHES)!r}")
    form = rest.pop(FORM, None)
    return Request(messages, config, rest, raw if raw and raw.tools else None, choice, form, wishes)


def with_keywords(chain: Runnable[Any, Any], keywords: Mapping[str, Any]) -> Runnable[Any, Any]:
    """Binds keywords to the chat model that a structured output begins with; tools join those that are bound already."""
    if not keywords:
        return chain
    if isinstance(chain, RunnableSequence):
        return RunnableSequence(with_keywords(chain.first, keywords), *chain.middle, chain.last)
    if isinstance(chain, RunnableParallel):
        return RunnableParallel({name: with_keywords(step, keywords) for name, step in chain.steps__.items()})
    if "tools" in keywords and isinstance(chain, RunnableBinding):
        return chain.bind(**{**keywords, "tools": [*chain.kwargs.get("tools", ()), *keywords["tools"]]})
    return chain.bind(**keywords)


def openai_choice(choice: Any) -> str | dict[str, Any] | None:
    """A `tool_choice` in any of LangChain's forms, as OpenAI writes it."""
    if choice is None or choice is False:
        return None
    if isinstance(choice, Mapping):
        if isinstance(choice.get("function"), Mapping):
            return dict(choice)
        if "name" in choice:
            return {"type": "function", "function": {"name": choice["name"]}}
        choice = choice.get("type")
    if choice in _WORDS_FOR_REQUIRED:
        return "required"
    if choice in ("auto", "none"):
        return str(choice)
    return {"type": "function", "function": {"name": str(choice)}}


def _portable(choice: Any) -> Any:
    """The name of a tool means the same to every provider; OpenAI's own form of saying it does not."""
    if isinstance(choice, Mapping) and isinstance(choice.get("function"), Mapping):
        return choice["function"].get("name")
    return "any" if choice == "required" else choice


def _openai_tool(tool: Any) -> Mapping[str, Any]:
    try:
        return convert_to_openai_tool(tool)
    except (ValueError, TypeError, KeyError, AttributeError):
        # A provider's own tool, of which the OpenAI form knows nothing; the provider's package will.
        return {"type": str(tool.get("type", "provider")) if isinstance(tool, Mapping) else "provider"}


def _named_schema(schema: Any) -> dict[str, Any]:
    if isinstance(schema, Mapping) and "schema" in schema:
        return dict(schema)
    try:
        plain = convert_to_json_schema(schema)
    except (ValueError, TypeError, KeyError):
        plain = dict(schema) if isinstance(schema, Mapping) else {}
    return {"name": str(plain.get("title", "answer")), "schema": plain}


def _output_limit(options: Mapping[str, Any]) -> int | None:
    limits = (options.get(name) for name in _OUTPUT_LIMITS)
    return next((limit for limit in limits if isinstance(limit, int) and limit > 0), None)


def _conversation_of(configurable: Mapping[str, Any]) -> str | None:
    """The thread; a sub-agent inside it talks about something else, and is a conversation of its own."""
    thread = configurable.get("thread_id")
    if thread is None:
        return None
    parents = str(configurable.get("checkpoint_ns") or "").split("|")[:-1]
    return "/".join([str(thread), *(re.sub(":.*", "", parent) for parent in parents)])


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def can_call_tools(model: Any) -> bool | None:
    """False where a model's class does not implement `bind_tools`; None where its class does not say."""
    if isinstance(model, BaseChatModel) and type(model).bind_tools is BaseChatModel.bind_tools:
        return False
    return None
