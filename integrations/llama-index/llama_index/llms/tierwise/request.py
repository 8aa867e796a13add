"""One call of the LLM, as the host made it: what the core wants to know of it, and what the chosen tier is given.

Tools stay as the host gave them until a tier is chosen, for each package formats them in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import LLM
from llama_index.core.tools import BaseTool
from llama_index_instrumentation.dispatcher import active_instrument_tags

from llama_index.llms.tierwise.handoff import apply_edits, in_form_of, with_ids
from llama_index.llms.tierwise.messages import openai_tools, to_openai
from tierwise.errors import StepError
from tierwise.plan import Plan

TOOLS = "_tierwise_tools"
"""The keyword under which tools travel from `_prepare_chat_with_tools` to `chat`."""
FACTS = "tierwise"
"""The keyword, and the instrumentation tag, under which a caller may say more of a step."""

_FACTS = ("conversation_id", "user", "quality", "floor", "ceiling", "metadata")
_CONVERSATION_TAGS = ("conversation_id", "session_id", "thread_id")
_USER_TAGS = ("user_id", "user")
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass(frozen=True)
class RawTools:
    """Tools and what was said of their use, before any package has formatted them."""

    tools: Sequence[BaseTool]
    allow_parallel_tool_calls: bool = False
    tool_required: bool = False
    verbose: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Keywords that only some packages know, such as `tool_choice` and `strict`."""


@dataclass(frozen=True)
class ChatRequest:
    """A chat call: messages with ids on all tool calls, tools, and the keywords meant for the tier."""

    messages: Sequence[ChatMessage]
    tools: RawTools | None
    kwargs: Mapping[str, Any]
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, messages: Sequence[ChatMessage], kwargs: Mapping[str, Any]) -> ChatRequest:
        """Reads a call of `chat` or one of its kin.

        Raises:
            StepError: `tierwise=` holds something that is no fact about a step.
        """
        passed = {key: value for key, value in kwargs.items() if key not in (TOOLS, FACTS)}
        return cls(with_ids(messages), kwargs.get(TOOLS), passed, step_facts(kwargs))

    def step(self) -> dict[str, Any]:
        """The arguments of `router.start`."""
        asked = {**self.kwargs, **(self.tools.extra if self.tools is not None else {})}
        tools = openai_tools(self.tools.tools) if self.tools is not None else _openai_only(asked.get("tools"))
        required = self.tools is not None and self.tools.tool_required
        return {
            "messages": to_openai(self.messages),
            "tools": tools,
            "tool_choice": _tool_choice(asked.get("tool_choice"), required) if tools else None,
            **output_facts(asked),
            **self.facts,
        }

    def for_tier(self, llm: LLM, plan: Plan) -> tuple[list[ChatMessage], dict[str, Any]]:
        """Messages and keywords for this tier's `chat`.

        Raises:
            StepError: Tools are offered and the tier's LLM cannot be given any.
        """
        messages = in_form_of(llm, apply_edits(self.messages, plan.edits))
        if self.tools is None:
            return messages, dict(self.kwargs)
        if not isinstance(llm, FunctionCallingLLM):
            raise StepError(f"tier {plan.tier.name!r} is a {type(llm).__name__}, which takes no tools")
        prepared = llm._prepare_chat_with_tools_compat(  # the host's own way from tools to keywords
            self.tools.tools,
            chat_history=messages,
            verbose=self.tools.verbose,
            allow_parallel_tool_calls=self.tools.allow_parallel_tool_calls,
            tool_required=self.tools.tool_required,
            **self.tools.extra,
        )
        return list(prepared.pop("messages", messages)), {**prepared, **self.kwargs}


@dataclass(frozen=True)
class CompletionRequest:
    """A completion call. The prompt is routed as what a person asks."""

    prompt: str
    kwargs: Mapping[str, Any]
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, prompt: str, formatted: bool, kwargs: Mapping[str, Any]) -> CompletionRequest:
        """Reads a call of `complete` or one of its kin.

        Raises:
            StepError: `tierwise=` holds something that is no fact about a step.
        """
        passed = {key: value for key, value in kwargs.items() if key != FACTS}
        return cls(prompt, {"formatted": formatted, **passed}, step_facts(kwargs))

    def step(self) -> dict[str, Any]:
        """The arguments of `router.start`."""
        return {"messages": [{"role": "user", "content": self.prompt}], **output_facts(self.kwargs), **self.facts}

    def prompt_for(self, plan: Plan) -> str:
        """The prompt, or what the core put in its place."""
        return str(plan.messages[0]["content"]) if plan.edits else self.prompt


def output_facts(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller said of the answer's form and length."""
    limits = (kwargs.get(key) for key in _LIMITS)
    limit = next((n for n in limits if isinstance(n, int) and not isinstance(n, bool) and n > 0), None)
    form = kwargs.get("response_format")
    if form is not None and not isinstance(form, Mapping):
        form = {"type": "json_schema"}  # a pydantic class, which the tier's client turns into a schema
    return {"max_output_tokens": limit, "response_format": form}


def step_facts(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Whose step this is, and the bounds set for it: from `tierwise=`, else from the host's instrumentation tags.

    Agents and query engines pass no keywords on to their LLM; `with instrument_tags({"session_id": …})` reaches it.

    Raises:
        StepError: A key is unknown.
    """
    tags = active_instrument_tags.get()
    tagged = tags.get(FACTS)
    facts = {**(tagged if isinstance(tagged, Mapping) else {}), **(kwargs.get(FACTS) or {})}
    unknown = [key for key in facts if key not in _FACTS]
    if unknown:
        raise StepError(f"{FACTS}= holds the unknown key {unknown[0]!r}: choose from {list(_FACTS)!r}")
    found = {"conversation_id": _first(tags, _CONVERSATION_TAGS), "user": _first(tags, _USER_TAGS)}
    metadata = {key: value for key, value in tags.items() if key != FACTS}
    return {**found, "metadata": metadata or None, **facts}


def _first(tags: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((str(tags[name]) for name in names if tags.get(name) is not None), None)


def _openai_only(tools: Any) -> list[Mapping[str, Any]] | None:
    """Tools that a caller gave in OpenAI form already; other packages' forms say nothing to the core."""
    if not isinstance(tools, Sequence) or isinstance(tools, str):
        return None
    return [tool for tool in tools if isinstance(tool, Mapping)] or None


def _tool_choice(choice: Any, required: bool) -> Any:
    """The choice in OpenAI form, where LlamaIndex allows a tool's bare name too."""
    if choice is None:
        return "required" if required else None
    if isinstance(choice, str) and choice not in ("none", "auto", "required"):
        return {"type": "function", "function": {"name": choice}}
    return choice
