"""From a file's words to a handler."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tierwise.config import HandlerConfig
    from tierwise.protocols import Handler

_BUILDERS = {
    "faq": ("tierwise.handlers.faq", "FAQ", "from_file"),
    "rules": ("tierwise.handlers.rules", "Rules", "from_config"),
    "sentiment": ("tierwise.handlers.sentiment", "Sentiment", None),
    "entities": ("tierwise.handlers.entities", "Entities", None),
    "tool_args": ("tierwise.handlers.tool_args", "ToolArgs", None),
}


def open_handler(config: HandlerConfig) -> Handler:
    """The handler that a `tierwise.yaml` describes.

    Raises:
        ConfigError: A file that it names is missing or wrong, or a pattern is.
        MissingExtra: It needs a package that is not installed.
    """
    module, name, maker = _BUILDERS[config.kind]
    made: Any = getattr(import_module(module), name)
    if maker is not None:
        made = getattr(made, maker)
    handler: Handler = made(**{key: value for key, value in config.arguments().items() if key != "kind"})
    return handler
