"""State in Redis: a fleet of processes shares it, and any of them can take any step.

Every operation is one round trip. A conversation is a hash, so that what calls add (spend, steps, what a provider holds)
is added by Redis itself, and two processes never overwrite each other's. Everything expires on its own. The look-up reads
keys that it finds on the way, which one Redis server allows and a Redis Cluster does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

from tierwise.conversation.stores.record import key_for, key_of
from tierwise.errors import ConfigError, MissingExtra
from tierwise.types import CallRecord, ConversationState, Held

# The newest known prefix leads to its conversation; both live on from this use.
_FIND = """
for i = #ARGV, 2, -1 do
  local key = redis.call('GET', ARGV[1] .. 'p:' .. ARGV[i])
  if key then
    local state = redis.call('HGETALL', ARGV[1] .. 'c:' .. key)
    if #state > 0 then return state end
  end
end
return {}
"""
_RECORD = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[1], 'steps', 1)
redis.call('HINCRBYFLOAT', KEYS[1], 'spent_usd', ARGV[1])
redis.call('HINCRBYFLOAT', KEYS[1], 'top_usd', ARGV[5])
redis.call('HSET', KEYS[1], 'last_tier', ARGV[2], 'held:' .. ARGV[2], ARGV[3])
for i = 7, #ARGV do
  local slot = redis.call('HINCRBY', KEYS[1], 'sealed', 1) % 128
  redis.call('HSET', KEYS[1], 'made:' .. slot, ARGV[i] .. ' ' .. ARGV[6])
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""
_HELD = "held:"
_MADE = "made:"
_NEWEST = 64  # prefixes asked about first: a step adds a few messages, so the known one is nearly always among them


class RedisStore:
    """Keeps the state of conversations in Redis, for sync and async hosts.

    Args:
        url: As `redis://localhost:6379/0`; may hold a password, which is never shown. A pickled store carries it along.
        ttl_s: Conversations unused for longer are removed by Redis, in seconds.
        prefix: What every key begins with.
        timeout_ms: How long one operation may take before it counts as failed.

    Raises:
        MissingExtra: The package `redis` is not installed.
        ConfigError: The URL is none.
    """

    def __init__(self, url: str, *, ttl_s: int = 86_400, prefix: str = "tierwise:", timeout_ms: float = 50.0) -> None:
        try:
            blocking: Any = import_module("redis")
            awaited: Any = import_module("redis.asyncio")
        except ImportError as error:
            raise MissingExtra("redis", "redis") from error
        timeout = timeout_ms / 1000
        settings: dict[str, Any] = {
            "socket_timeout": timeout,
            "socket_connect_timeout": timeout,
            "decode_responses": True,
        }
        try:
            self._sync: Any = blocking.Redis.from_url(url, **settings)
            self._new_async: Callable[[], Any] = lambda: awaited.Redis.from_url(url, **settings)
        except ValueError as error:
            raise ConfigError("the Redis URL cannot be read: give one like 'redis://localhost:6379/0'") from error
        self._again = partial(type(self), url, ttl_s=ttl_s, prefix=prefix, timeout_ms=timeout_ms)
        # A connection belongs to the event loop that opened it.
        self._async: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()
        self._ttl_s = ttl_s
        self._prefix = prefix

    def __reduce__(self) -> tuple[Any, ...]:
        return self._again, ()  # another process connects itself

    def find(self, prefixes: Sequence[str]) -> ConversationState | None:
        """The state stored under the last of `prefixes` that is known, or None."""
        newest = prefixes[-_NEWEST:]
        found = self._sync.eval(_FIND, 0, self._prefix, *newest)
        if not found and len(prefixes) > _NEWEST:
            found = self._sync.eval(_FIND, 0, self._prefix, *prefixes[:-_NEWEST])
        return _state(found)

    def put(self, state: ConversationState) -> None:
        """Stores where a conversation stands; what calls have added to it stays."""
        self._queue_put(self._sync.pipeline(transaction=True), state).execute()

    def record(self, state: ConversationState, call: CallRecord) -> None:
        """Adds one answered call, atomically between processes."""
        self._sync.eval(_RECORD, 1, *self._record_arguments(state, call))

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Removes a conversation; prefixes that led to it find nothing and expire on their own."""
        self._sync.delete(f"{self._prefix}c:{key_for(conversation_id, user)}")

    async def afind(self, prefixes: Sequence[str]) -> ConversationState | None:
        """`find`, for async hosts."""
        newest = prefixes[-_NEWEST:]
        found = await self._client().eval(_FIND, 0, self._prefix, *newest)
        if not found and len(prefixes) > _NEWEST:
            found = await self._client().eval(_FIND, 0, self._prefix, *prefixes[:-_NEWEST])
        return _state(found)

    async def aput(self, state: ConversationState) -> None:
        """`put`, for async hosts."""
        await self._queue_put(self._client().pipeline(transaction=True), state).execute()

    async def arecord(self, state: ConversationState, call: CallRecord) -> None:
        """`record`, for async hosts."""
        await self._client().eval(_RECORD, 1, *self._record_arguments(state, call))

    def close(self) -> None:
        """Closes the connections."""
        self._sync.close()

    def _client(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._async:
            self._async[loop] = self._new_async()
        return self._async[loop]

    def _queue_put(self, pipeline: Any, state: ConversationState) -> Any:
        key = key_of(state)
        name = f"{self._prefix}c:{key}"
        pipeline.set(f"{self._prefix}p:{state.tip}", key, ex=self._ttl_s)
        pipeline.hset(name, mapping={"conversation_id": state.conversation_id, "tip": state.tip})
        if state.user is not None:
            pipeline.hset(name, "user", state.user)
        # What calls have added stays; only a server that has lost it takes what this process still knows.
        for field, value in _additions(state).items():
            pipeline.hsetnx(name, field, value)
        pipeline.expire(name, self._ttl_s)
        return pipeline

    def _record_arguments(self, state: ConversationState, call: CallRecord) -> tuple[Any, ...]:
        name, usd, top_usd = f"{self._prefix}c:{key_of(state)}", repr(call.usd), repr(call.top_usd)
        return name, usd, call.tier, _packed(call.held), self._ttl_s, top_usd, call.maker, *call.seals


def _state(flat: Any) -> ConversationState | None:
    if not flat:
        return None
    pairs = iter(flat)
    found: Mapping[str, str] = dict(zip(pairs, pairs, strict=True))
    return ConversationState(
        conversation_id=found["conversation_id"],
        user=found.get("user"),
        tip=found["tip"],
        steps=int(found.get("steps", 0)),
        last_tier=found.get("last_tier"),
        held={name.removeprefix(_HELD): _held(text) for name, text in found.items() if name.startswith(_HELD)},
        spent_usd=float(found.get("spent_usd", 0.0)),
        top_usd=float(found.get("top_usd", 0.0)),
        makers=dict(text.split(" ", 1) for name, text in found.items() if name.startswith(_MADE)),
    )


def _additions(state: ConversationState) -> dict[str, str]:
    added = {_HELD + tier: _packed(held) for tier, held in state.held.items()}
    if state.steps:
        added |= {"steps": str(state.steps), "spent_usd": repr(state.spent_usd), "top_usd": repr(state.top_usd)}
    if state.last_tier is not None:
        added["last_tier"] = state.last_tier
    if state.makers:
        added["sealed"] = str(len(state.makers))
        added |= {f"{_MADE}{slot}": f"{seal} {maker}" for slot, (seal, maker) in enumerate(state.makers.items(), 1)}
    return added


def _packed(held: Held) -> str:
    return f"{held.tokens},{held.at!r},{held.factor!r}"


def _held(text: str) -> Held:
    tokens, at, *factor = text.split(",")
    return Held(int(tokens), float(at), *map(float, factor))
