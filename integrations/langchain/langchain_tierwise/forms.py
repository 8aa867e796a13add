"""The forms in which `create_agent` may be asked for an answer, as the core reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain.agents.structured_output import AutoStrategy, ProviderStrategy, ToolStrategy
from langchain_core.tools import StructuredTool

from langchain_tierwise.request import Form


def form_of(response_format: Any) -> Form | None:
    """A form that the provider itself keeps to, where one is asked for."""
    if response_format is None or isinstance(response_format, ToolStrategy):
        return None
    if isinstance(response_format, AutoStrategy | ProviderStrategy):
        return Form(response_format.schema)
    return Form(response_format)


def tools_of(tools: Sequence[Any], response_format: Any) -> list[Any]:
    """The agent's tools, with those that stand for forms: a call of one is an answer."""
    if not isinstance(response_format, ToolStrategy):
        return list(tools)
    stand_ins = [
        StructuredTool(name=spec.name, description=spec.description, args_schema=spec.json_schema)
        for spec in response_format.schema_specs
    ]
    return [*tools, *stand_ins]


def choice_of(tool_choice: Any, response_format: Any) -> Any:
    """The choice of tools as LangChain binds it: where a form is a tool, some tool has to be called."""
    return "any" if tool_choice is None and isinstance(response_format, ToolStrategy) else tool_choice
