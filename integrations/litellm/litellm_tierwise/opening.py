"""Opens an async stream before the caller gets it.

litellm asks a custom provider for an async stream and hands it over unread. So the tier would be called at the first
chunk, where litellm no longer lets a 429 or a 500 through as what it is: measured, both become a
`MidStreamFallbackError`, and the last chunk is named after the router. A plain async answer is awaited, though. So a hook
marks the call, the provider answers it with an open stream, and litellm passes that on as it is.

Where something may take the place of the provider (fallbacks, a cache, mocks, a litellm `Router`) nothing is marked, and
the stream takes litellm's usual way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import litellm
from litellm import CustomStreamWrapper
from litellm.integrations.custom_logger import CustomLogger
from litellm.types.utils import CallTypes

from litellm_tierwise.calls import OPENS_STREAM
from litellm_tierwise.messages import attach
from litellm_tierwise.streams import arelay_unwrapped
from tierwise.plan import Plan

_DETOURS = (
    "cache",
    "caching",
    "complete_response",
    "context_window_fallback_dict",
    "fallbacks",
    "mock_response",
    "mock_timeout",
    "mock_tool_calls",
    "model_list",
    "prompt_id",
)


class StreamOpener(CustomLogger):  # type: ignore[misc]  # litellm is not followed by mypy
    """The hook: stands in `litellm.callbacks`; without it streams work too, in litellm's usual way."""

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> dict[str, Any] | None:
        """Marks an async stream of ours that goes straight to the provider."""
        model = kwargs.get("model")
        is_ours = isinstance(model, str) and model.startswith("tierwise/") and call_type == CallTypes.acompletion
        if is_ours and kwargs.get("stream") is True and _goes_straight(kwargs):
            return {**kwargs, "stream": False, OPENS_STREAM: True}
        return None


class OpenStream(CustomStreamWrapper):  # type: ignore[misc]
    """A tier's stream with the decision in its `_hidden_params`; everything else is the tier's."""

    def __init__(self, stream: Any, plan: Plan, wants_usage: bool) -> None:
        self._stream = stream
        self._chunks = arelay_unwrapped(stream, plan, wants_usage)
        self._hidden_params = dict(stream._hidden_params)
        attach(self, plan)

    def __getattr__(self, name: str) -> Any:
        if name == "_stream":
            raise AttributeError(name)
        return getattr(self._stream, name)

    async def __anext__(self) -> Any:
        return await self._chunks.__anext__()

    async def aclose(self) -> None:
        """Ends the stream; what was heard of it is recorded."""
        await self._chunks.aclose()  # type: ignore[attr-defined]  # it is an async generator
        await self._stream.aclose()

    def __del__(self) -> None:
        """Nothing: the tier's own stream tidies up after itself."""


def _goes_straight(kwargs: Mapping[str, Any]) -> bool:
    if (
        any(kwargs.get(name) for name in _DETOURS)
        or litellm.cache
        or litellm.model_fallbacks
        or litellm.model_alias_map
    ):
        return False
    return not any("model_group" in (kwargs.get(name) or ()) for name in ("metadata", "litellm_metadata"))
