"""What the offered tools ask of a model: how many, how many parameters, how deep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from tierwise.signals.tokens import estimate_tokens

_MAX_DEPTH: Final = 12
_MAX_NODES: Final = 2_000
_PER_TOOL_TOKENS: Final = 12


class ToolDigest(NamedTuple):
    """Sizes of a tool list.

    Attributes:
        tools: How many.
        parameters: Named parameters of all tools, nested ones included.
        depth: Deepest nesting of a schema; 1 for flat parameters, 0 for none.
        tokens: Estimated tokens of the schemas as a model reads them.
    """

    tools: int = 0
    parameters: int = 0
    depth: int = 0
    tokens: int = 0


def digest_tools(tools: Any) -> ToolDigest:
    """Measures a tool list, bounded whatever its schemas hold (cycles too). Never raises."""
    if not isinstance(tools, Sequence) or isinstance(tools, (str, bytes)) or not tools:
        return ToolDigest()
    walk = _Walk()
    for tool in tools:
        body = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if isinstance(body, Mapping):
            walk.visit_text(body.get("name"))
            walk.visit_text(body.get("description"))
            walk.visit(body.get("parameters", body.get("input_schema")), 1)
    return ToolDigest(len(tools), walk.parameters, walk.depth, int(walk.tokens) + _PER_TOOL_TOKENS * len(tools))


def is_forced(tool_choice: Any) -> bool:
    """True where `tool_choice` demands a call: "required", "any", or a named tool."""
    if isinstance(tool_choice, Mapping):
        return tool_choice.get("type", "function") not in ("auto", "none")
    return isinstance(tool_choice, str) and tool_choice not in ("auto", "none", "")


def is_forbidden(tool_choice: Any) -> bool:
    """True where `tool_choice` rules out a call."""
    return tool_choice == "none" or (isinstance(tool_choice, Mapping) and tool_choice.get("type") == "none")


def wants_structure(response_format: Any) -> bool:
    """True where the answer must be JSON."""
    return isinstance(response_format, Mapping) and response_format.get("type") in ("json_schema", "json_object")


class _Walk:
    """One bounded walk over all schemas of a tool list."""

    def __init__(self) -> None:
        self.parameters = 0
        self.depth = 0
        self.tokens = 0.0
        self._nodes = 0
        self._open: set[int] = set()

    def visit_text(self, text: Any) -> None:
        if isinstance(text, str):
            self.tokens += estimate_tokens(text)

    def visit(self, node: Any, level: int) -> None:
        """`level` counts the objects around a parameter; a schema that holds itself is entered once."""
        if self._nodes >= _MAX_NODES or len(self._open) >= 2 * _MAX_DEPTH or id(node) in self._open:
            return
        self._nodes += 1
        if isinstance(node, str):
            self.tokens += 1 + len(node) / 4.5
        elif isinstance(node, Mapping):
            self._open.add(id(node))
            self._visit_mapping(node, level)
            self._open.discard(id(node))
        elif isinstance(node, (list, tuple)):
            self._open.add(id(node))
            for item in node[:_MAX_NODES]:
                self.visit(item, level)
            self._open.discard(id(node))
        else:
            self.tokens += 1

    def _visit_mapping(self, node: Mapping[Any, Any], level: int) -> None:
        for key, value in node.items():
            self.tokens += 2
            if key == "properties" and isinstance(value, Mapping) and id(value) not in self._open:
                self.parameters += min(len(value), _MAX_NODES)
                self.depth = max(self.depth, min(level, _MAX_DEPTH) if value else 0)
                self._open.add(id(value))
                for name, schema in value.items():
                    self.tokens += 2 + (len(name) / 6 if isinstance(name, str) else 0)
                    self.visit(schema, level + 1)
                self._open.discard(id(value))
            else:
                self.visit(value, level)
            if self._nodes >= _MAX_NODES:
                return
