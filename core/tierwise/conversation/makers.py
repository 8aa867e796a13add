"""Who made a message that does not say: remembered by what its maker has signed in it.

Hosts such as LlamaIndex and litellm name no maker, and a signature is valid for its maker alone. A message comes back in
the history of later steps, often rebuilt from a store or from JSON, so neither its identity nor a hidden mark survives.
What was signed does, word for word: signatures, encrypted thoughts, ids of a server's own items; where there is none, the
thoughts themselves. The maker is remembered under a digest of that, and no text is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Any, Final, TypeAlias

from tierwise.types import Message

Maker: TypeAlias = Mapping[str, str | None]
"""`provider` and `model`, as a tier names them."""

_DIGEST_BYTES: Final = 12
_FIELDS = (
    "thinking_blocks",
    "reasoning_items",
    "reasoning_details",
    "reasoning_content",
    "reasoning",
    "thought_signatures",
    "provider_specific_fields",
)
_PARTS = frozenset({"thinking", "redacted_thinking", "reasoning", "reasoning_content", "thought"})
_PROOFS = frozenset(
    {"signature", "data", "encrypted_content", "thought_signature", "thought_signatures", "thoughtSignature"}
)
_ITEM_IDS = ("rs_", "msg_", "fc_")
NO_PROOFS: Final = frozenset({"mistral"})
"""What litellm writes in the place of a signature, where a maker signs nothing."""
SIGNED_ID: Final = "__thought__"
"""What stands in a call's id before Google's signature, where litellm has put that there."""
_THOUGHTS = frozenset({"thinking", "text", "reasoning_content", "reasoning", "content", "summary", "thought"})


def maker_name(provider: str | None, model: str | None) -> str:
    """A maker in one word, as it is kept."""
    return f"{provider or ''}\t{model or ''}"


def seals_of(message: Message) -> tuple[str, ...]:
    """Digests of what a maker has signed in a message; of its thoughts, where nothing is signed; else nothing."""
    roots = list(_roots(message))
    if not roots:
        return ()
    found = dict.fromkeys(_strings(roots, _PROOFS))
    found = {text: None for text in found if text not in NO_PROOFS}
    if not found:  # however thoughts are cut into pieces, joined they are the same
        thoughts = ("".join(_strings(root, _THOUGHTS)) for root in roots)
        found = dict.fromkeys(text for text in thoughts if text.strip())
    return tuple(_digest(text) for text in found)


class Makers:
    """Remembers the makers of the latest messages with something signed. Safe to share between threads.

    What a conversation's own state says of its latest answers comes first: that is shared by a fleet. This is for histories
    whose beginning the host has cut off, which no state is found for, and for answers further back.

    Args:
        size: How many seals, least recently used out first; at about 0.3 kB each. 0 remembers nothing.
    """

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._known: OrderedDict[tuple[str | None, str], tuple[str, str]] = OrderedDict()
        self._lock = Lock()

    def note(self, seals: Iterable[str], maker: str, user: str | None = None, conversation_id: str = "") -> None:
        """Keeps who made what was sealed so, for this user."""
        with self._lock:
            for seal in seals:
                self._known[user, seal] = maker, conversation_id
                self._known.move_to_end((user, seal))
            while len(self._known) > self._size:
                self._known.popitem(last=False)

    def of(self, message: Message, user: str | None = None, shared: Mapping[str, str] | None = None) -> Maker | None:
        """The maker of a message, or None where nobody knows.

        Args:
            message: An assistant's, in OpenAI form.
            user: Whose conversation it stands in.
            shared: What that conversation's state says: seals to makers.
        """
        found = None
        for seal in seals_of(message):
            found = (shared or {}).get(seal) or self._look_up(user, seal)
            if found is not None:
                provider, _, model = found.partition("\t")
                return {"provider": provider or None, "model": model or None}
        return None

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Lets go of what was made in a conversation."""
        with self._lock:
            gone = [key for key, (_, of) in self._known.items() if of == conversation_id and key[0] == user]
            for key in gone:
                del self._known[key]

    def _look_up(self, user: str | None, seal: str) -> str | None:
        with self._lock:
            known = self._known.get((user, seal))
            if known is None:
                return None
            self._known.move_to_end((user, seal))
            return known[0]

    def __len__(self) -> int:
        return len(self._known)


def _roots(message: Message) -> Iterator[Any]:
    """Where something signed may stand: fields of its own, parts of the content, or beside the calls."""
    for name in _FIELDS:
        if message.get(name):
            yield {name: message[name]}
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, Mapping):
            signed = part if part.get("type") in _PARTS else {key: part.get(key) for key in ("extras", *_PROOFS)}
            yield from (root for root in (signed, _item(part)) if any(root.values()))
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list | tuple) else ():
        if isinstance(call, Mapping):
            kept = {key: call[key] for key in ("provider_specific_fields", "extra_content") if call.get(key)}
            _, mark, signature = str(call.get("id")).partition(SIGNED_ID)
            yield from (root for root in (kept, {"signature": signature} if mark else {}) if root)


def _item(part: Mapping[str, Any]) -> dict[str, Any]:
    """An item's id at OpenAI's Responses: its server knows whose it is."""
    item_id = part.get("id")
    return {"signature": item_id} if isinstance(item_id, str) and item_id.startswith(_ITEM_IDS) else {}


def _strings(value: Any, keys: frozenset[str], inside: bool = False) -> Iterator[str]:
    """All texts that stand under one of the keys, at any depth."""
    if isinstance(value, str):
        if inside and value:
            yield value
    elif isinstance(value, bytes):
        yield from (value.hex(),) if inside and value else ()
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from _strings(held, keys, inside or key in keys)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _strings(held, keys, inside)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
