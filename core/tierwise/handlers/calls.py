"""A tool call as a handler makes it: only of a tool that is offered, with arguments that fit its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tierwise.handlers.schema import Schema, kinds_of, misfit
from tierwise.signals.tools import is_forbidden
from tierwise.types import Step


def offered(step: Step) -> dict[str, Schema]:
    """Name to the schema of its arguments, for each tool that may be called in a step."""
    if is_forbidden(step.tool_choice):
        return {}
    choice = step.tool_choice
    named = choice.get("function") if isinstance(choice, Mapping) else None
    only = named.get("name") if isinstance(named, Mapping) else None
    found: dict[str, Schema] = {}
    for tool in step.tools:
        function = tool.get("function")
        if isinstance(function, Mapping) and isinstance(function.get("name"), str) and only in (None, function["name"]):
            schema = function.get("parameters")
            found[function["name"]] = schema if isinstance(schema, Mapping) else {}
    return found


def shaped(value: Any, schema: Schema) -> Any:
    """A text as the number or the truth value that its schema asks for; itself where it asks for a text."""
    kinds = kinds_of(schema)
    if not isinstance(value, str) or "string" in kinds or not kinds:
        return value
    plain = value.replace(",", "") if value[:1].isdigit() else value
    try:
        if "integer" in kinds or ("number" in kinds and plain.lstrip("+-").isdigit()):
            return int(plain)
        if "number" in kinds:
            return float(plain)
    except ValueError:
        return value
    if "boolean" in kinds and plain.lower() in ("true", "false"):
        return plain.lower() == "true"
    return value


def wrong_with(arguments: Mapping[str, Any], schema: Schema) -> str | None:
    """Why a tool would not take these arguments; None where it would."""
    return misfit(dict(arguments), {**schema, "type": "object"})


def required_of(schema: Schema) -> Sequence[str]:
    """The arguments that a tool must be given."""
    required = schema.get("required")
    return [str(name) for name in required] if isinstance(required, list | tuple) else []


def properties_of(schema: Schema) -> Mapping[str, Schema]:
    """The arguments that a tool knows."""
    found = schema.get("properties")
    return {k: v for k, v in found.items() if isinstance(v, Mapping)} if isinstance(found, Mapping) else {}
