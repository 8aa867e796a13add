"""Who made a message, and whether a tier is that maker: a signature holds for one model at one provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from tierwise.catalogue.names import LOCAL_PROVIDERS, PROVIDER_ALIASES
from tierwise.conversation.makers import NO_PROOFS, SIGNED_ID
from tierwise.handoff.shapes import calls_of, kind_of
from tierwise.tiers import Tier
from tierwise.types import Message

Family: TypeAlias = Literal["openai", "anthropic", "google", "mistral", "bedrock", "deepseek", "compatible"]
"""Which rules for a history a provider has; several providers share one API."""

Owner: TypeAlias = Literal["own", "foreign", "unknown"]
"""Who made a message, seen from a tier."""

_FAMILIES: dict[str, Family] = {
    "openai": "openai",
    "azure": "openai",
    "chatgpt": "openai",
    "github_copilot": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "vertex_ai": "google",
    "mistral": "mistral",
    "codestral": "mistral",
    "bedrock": "bedrock",
    "deepseek": "deepseek",
    "openai_like": "compatible",
    "together_ai": "compatible",
    "fireworks_ai": "compatible",
    "groq": "compatible",
    "cerebras": "compatible",
    **dict.fromkeys(LOCAL_PROVIDERS, "compatible"),
}
_MISTRALS = re.compile(r"mistral|mixtral|ministral|devstral|magistral|codestral|pixtral")
# Gateways (OpenRouter and its like) pass a history on to the model's own maker.
_BY_NAME: tuple[tuple[str, Family], ...] = (
    (r"gemini", "google"),
    (_MISTRALS.pattern, "mistral"),
    (r"(?:^|/)(?:gpt-[3-9]|chatgpt|o[1-9]\b)", "openai"),
)
_NONE: frozenset[Family] = frozenset()
_CLAUDES: frozenset[Family] = frozenset({"anthropic", "bedrock"})
_OPEN: frozenset[Family] = frozenset({"deepseek", "compatible"})
_WHERE = re.compile(r"^(?:.*/|[a-z_]+:(?=[a-z]))")
_WHEN = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


@lru_cache(maxsize=1024)
def _family(provider: str | None, model: str | None) -> Family | None:
    found = _FAMILIES.get(_provider(provider) or "")
    name = (model or "").lower()
    # Claude is sold through several providers, and its rules go with it. Open Mistral models are served with their chat
    # template, which checks what Mistral's API checks: ml-explore/mlx-lm#1375, mistralai/mistral-common#169.
    if "claude" in name and found != "bedrock":
        return "anthropic"
    if _MISTRALS.search(name) and found == "compatible":
        return "mistral"
    return found or next((family for pattern, family in _BY_NAME if re.search(pattern, name)), None)


def family_of(tier: Tier) -> Family | None:
    """The rules that a tier's provider has for a history; None where they are not known."""
    return _family(tier.provider, tier.model)


def owner_of(message: Message, tier: Tier, family: Family | None, maker: Any) -> Owner:
    """Whether an assistant message was made by this tier, by another, or nobody knows by whom.

    Args:
        message: The message; where no maker is named, what is signed in it tells by its shape.
        tier: Whether it was this one.
        family: The tier's.
        maker: `provider` and `model`, as far as the message or somebody names them.
    """
    if isinstance(maker, Mapping):
        same = _same_maker(_text(maker.get("provider")), _text(maker.get("model")), tier.provider, tier.model)
        return "own" if same else "foreign"
    shape = _families_by_shape(message)
    if not shape:
        return "unknown"
    return "own" if family in shape else "foreign"


def maker_words(message: Message) -> str:
    """The maker, for a reason."""
    maker = message.get("made_by")
    if isinstance(maker, Mapping):
        return str(maker.get("model") or maker.get("provider") or "an unknown maker")
    return "an unknown maker"


@lru_cache(maxsize=4096)
def _same_maker(provider: str | None, model: str | None, tier_provider: str | None, tier_model: str | None) -> bool:
    """Where the host names only one of provider and model, that must agree."""
    pairs = ((_provider(provider), _provider(tier_provider)), (_plain_model(model), _plain_model(tier_model)))
    compared = [(theirs, ours) for theirs, ours in pairs if theirs is not None and ours is not None]
    return bool(compared) and all(theirs == ours for theirs, ours in compared)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _provider(name: str | None) -> str | None:
    return PROVIDER_ALIASES.get(name, name) if name is not None else None


def _plain_model(name: str | None) -> str | None:
    """A model's name without where it is served and when it was made."""
    return _WHEN.sub("", _WHERE.sub("", name)) if name is not None else None


def _families_by_shape(message: Message) -> frozenset[Family]:
    """Who can have made a message, where the host does not say: what is signed has a shape of its own at each provider."""
    specific = message.get("provider_specific_fields")
    if (
        message.get("thought_signatures")
        or (isinstance(specific, Mapping) and specific.get("thought_signatures"))
        or any(map(_is_googles, calls_of(message)))
    ):
        return frozenset({"google"})
    blocks = message.get("thinking_blocks")
    if blocks and isinstance(blocks, list):
        if any(isinstance(block, Mapping) and block.get("signature") in NO_PROOFS for block in blocks):
            return frozenset({"mistral"})
        return _CLAUDES if any(map(_is_claudes, blocks)) else frozenset({"google"})
    if message.get("reasoning_items"):
        return frozenset({"openai"})
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, Mapping) and (found := _families_by_part(part)):
            return found
    return (
        _OPEN if any(message.get(name) for name in ("reasoning_content", "reasoning", "reasoning_details")) else _NONE
    )


def _families_by_part(part: Mapping[str, Any]) -> frozenset[Family]:
    kind = kind_of(part)
    if kind == "reasoning_content":
        return frozenset({"bedrock"})
    if kind == "redacted_thinking" or (kind == "thinking" and isinstance(part.get("thinking"), str)):
        return _CLAUDES
    if kind == "thinking":
        return frozenset({"mistral"})
    if kind == "reasoning" or (kind == "text" and str(part.get("id")).startswith("msg_")):
        return frozenset({"openai"})
    extras = part.get("extras")
    return frozenset({"google"}) if isinstance(extras, Mapping) and "signature" in extras else _NONE


def _is_claudes(block: Any) -> bool:
    return isinstance(block, Mapping) and ("signature" in block or "data" in block)


def _is_googles(call: Mapping[str, Any]) -> bool:
    """LiteLLM keeps Google's signatures at the calls, or in their ids; Google's own OpenAI form in `extra_content`."""
    specific = call.get("provider_specific_fields")
    signed = isinstance(specific, Mapping) and "thought_signature" in specific
    return signed or "extra_content" in call or SIGNED_ID in str(call.get("id"))
