"""Who made a signed message: LlamaIndex's messages do not say, and a signature is valid for its maker alone.

A message comes back in the history of later steps, often rebuilt from a memory's store, so neither its identity nor a
hidden mark survives. Its signed content does, word for word; the maker is remembered under a hash of that. What is not
remembered (another process, too long ago) the core tells by its shape, as far as that goes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import blake2b
from threading import Lock
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, ThinkingBlock

from tierwise.tiers import Tier

_SIGNED_KWARGS = ("thought_signatures", "thinking_blocks", "reasoning_content", "reasoning_details")


class Makers:
    """Remembers, for the latest messages with signed content, which tier made them. Safe to share between threads.

    Args:
        size: How many messages; at about 0.2 kB each.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._known: OrderedDict[bytes, Mapping[str, Any]] = OrderedDict()
        self._lock = Lock()

    def note(self, tier: Tier, response: ChatResponse | CompletionResponse) -> None:
        """Keeps who gave a response, if there is anything signed in it."""
        key = _key(response.message) if isinstance(response, ChatResponse) else None
        if key is None:
            return
        with self._lock:
            self._known[key] = {"provider": tier.provider, "model": tier.model or tier.name}
            self._known.move_to_end(key)
            while len(self._known) > self._size:
                self._known.popitem(last=False)

    def of(self, message: ChatMessage) -> Mapping[str, Any] | None:
        """The maker of a message (`provider`, `model`), or None where nobody knows."""
        key = _key(message) if self._known else None
        return None if key is None else self._known.get(key)


def _key(message: ChatMessage) -> bytes | None:
    signed: list[Any] = [
        (block.content, sorted(block.additional_information.items(), key=str))
        for block in message.blocks
        if isinstance(block, ThinkingBlock)
    ]
    signed += [message.additional_kwargs[key] for key in _SIGNED_KWARGS if message.additional_kwargs.get(key)]
    if not signed:
        return None
    return blake2b(repr(signed).encode("utf-8", "surrogatepass"), digest_size=16).digest()
