"""What the offered tools ask of a model: how many, how many parameters, how deep.

The same tools come with every step of an agent, often rebuilt by the host. So a digest is remembered under the tools'
JSON text: writing that is C code and three times faster than walking the schemas, and it cannot go stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from tierwise.signals.tokens import PER_SCHEMA_CHAR, TOOLS_PREAMBLE

_MAX_DEPTH: Final = 12
_MAX_NODES: Final = 2_000
_REMEMBERED: Final = 32
_REMEMBERED_CHARS: Final = 200_000
_CHARS_A_NODE: Final = 24


class ToolDigest(NamedTuple):
    """Sizes of a tool list.

    Attributes:
        tools: How many.
        parameters: Named parameters of all tools, nested ones included.
        depth: Deepest nesting of a schema, 0 to 12; 1 for flat parameters, 0 for none.
        tokens: Estimated tokens of the schemas as a model reads them.
    """

    tools: int = 0
    parameters: int = 0
    depth: int = 0
    tokens: int = 0


_digests: dict[str, ToolDigest] = {}


def digest_tools(tools: Any) -> ToolDigest:
    """Measures a tool list, bounded whatever its schemas hold (cycles too). Never raises."""
    if not isinstance(tools, Sequence) or isinstance(tools, (str, bytes)) or not tools:
        return ToolDigest()
    try:
        text = json.dumps(tools)
    except (TypeError, ValueError, RecursionError):  # not plain JSON, or a schema that holds itself
        return _measure(tools, None)
    known = _digests.get(text)
    if known is None:
        known = _measure(tools, text)
        if len(text) <= _REMEMBERED_CHARS:
            if len(_digests) >= _REMEMBERED:
                _digests.clear()
            _digests[text] = known
    return known


def _measure(tools: Sequence[Any], text: str | None) -> ToolDigest:
    walk = _Walk()
    for tool in tools:
        body = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if isinstance(body, Mapping):
            walk.visit(body.get("parameters", body.get("input_schema")), 1)
    chars = walk.nodes * _CHARS_A_NODE if text is None else len(text) - 4 * text.count("\\u")
    return ToolDigest(len(tools), walk.parameters, walk.depth, TOOLS_PREAMBLE + int(PER_SCHEMA_CHAR * chars))


def is_forced(tool_choice: Any) -> bool:
    """True where `tool_choice` demands a call: "required", "any", or a named tool."""
    if isinstance(tool_choice, Mapping):
        return bool(tool_choice) and tool_choice.get("type", "function") not in ("auto", "none")
    return isinstance(tool_choice, str) and tool_choice not in ("auto", "none", "")


def is_forbidden(tool_choice: Any) -> bool:
    """True where `tool_choice` rules out a call."""
    choice = tool_choice.get("type") if isinstance(tool_choice, Mapping) else tool_choice
    return isinstance(choice, str) and choice == "none"


def wants_structure(response_format: Any) -> bool:
    """True where the answer must be JSON."""
    return isinstance(response_format, Mapping) and response_format.get("type") in ("json_schema", "json_object")


class _Walk:
    """One bounded walk over all schemas of a tool list."""

    def __init__(self) -> None:
        self.parameters = 0
        self.depth = 0
        self.nodes = 0
        self._open: set[int] = set()

    def visit(self, node: Any, level: int) -> None:
        """`level` counts the objects around a parameter; a schema that holds itself is entered once."""
        if not isinstance(node, (Mapping, list, tuple)):
            self.nodes += 1
            return
        if self.nodes >= _MAX_NODES or len(self._open) >= 3 * _MAX_DEPTH or id(node) in self._open:
            return
        self.nodes += 1
        self._open.add(id(node))
        if isinstance(node, Mapping):
            self._visit_mapping(node, level)
        else:
            for item in node[:_MAX_NODES]:
                self.visit(item, level)
        self._open.discard(id(node))

    def _visit_mapping(self, node: Mapping[Any, Any], level: int) -> None:
        for key, value in node.items():
            if self.nodes >= _MAX_NODES:
                return
            if key == "properties" and isinstance(value, Mapping) and value:
                self.parameters += min(len(value), _MAX_NODES)
                self.depth = max(self.depth, min(level, _MAX_DEPTH))
                for schema in value.values():
                    self.visit(schema, level + 1)
            else:
                self.visit(value, level)
