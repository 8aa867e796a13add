"""tierwise for litellm: a provider and a proxy router that send every step to the cheapest tier that will do it well.

    import litellm, litellm_tierwise

    litellm_tierwise.register("tierwise.yaml")
    litellm.completion(model="tierwise/auto", messages=[{"role": "user", "content": "Hello!"}])

litellm takes its time to import; it is imported on the first use of a name below, and not with this package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litellm_tierwise.provider import TierwiseLLM, register

_HOME = {"TierwiseLLM": "provider", "register": "provider"}

__all__ = ["TierwiseLLM", "register"]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'litellm_tierwise' has no attribute {name!r}")
    return getattr(import_module(f"litellm_tierwise.{home}"), name)


def __dir__() -> list[str]:
    return [*__all__]
