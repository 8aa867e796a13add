"""The store that a configuration names."""

from __future__ import annotations

import os

from tierwise.config import StateConfig
from tierwise.conversation.stores.calm import CalmStore
from tierwise.conversation.stores.memory import MemoryStore
from tierwise.errors import ConfigError
from tierwise.protocols import StateStore


def open_store(config: StateConfig) -> StateStore:
    """Opens the store; one that is shared is wrapped, so that no step fails when it is down.

    Raises:
        ConfigError: The environment variable with the URL is not set, or the store cannot be opened.
        MissingExtra: The store's package is not installed.
    """
    if config.store == "sqlite":
        from tierwise.conversation.stores.sqlite import SQLiteStore

        return CalmStore(SQLiteStore(config.path or "", retention_s=config.ttl_s))
    if config.store == "redis":
        from tierwise.conversation.stores.redis import RedisStore

        return CalmStore(RedisStore(_url(config), ttl_s=config.ttl_s))
    return MemoryStore(config.max_prefixes)


def _url(config: StateConfig) -> str:
    if config.url is not None:
        return config.url
    name = config.url_env or ""
    url = os.environ.get(name)
    if not url:
        raise ConfigError(f"the redis store's url_env names {name!r}, which is not set in the environment")
    return url
