"""How many tokens a tier's provider counts, where `tierwise.signals` estimates one.

The estimate is one for all providers, and they count differently: Claude bills 1.2 times the estimate for text and 2.7 times
for tool schemas, GPT about as estimated. Costs can be wrong by that; a window cannot, for a step that does not fit is
refused. So tokens are counted as the tier counts them, before its first call by a table of what models of its family were
seen to bill, after it by what that call was billed (`tierwise.types.Held.factor`), which also knows what the text does not
show: a prompt that the host adds.

The table: `python -m tierwise.training.token_counts --data FOLDER`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tierwise.tiers import Tier
from tierwise.types import ConversationState

__all__ = [
    "COUNTS",
    "SPARE_KNOWN",
    "SPARE_UNKNOWN",
    "Count",
    "count_of",
    "factors_of",
    "family_of_counts",
    "is_metered",
    "priced_factors",
    "room_for_text",
    "with_spare",
]


@dataclass(frozen=True, slots=True)
class Count:
    """Tokens billed for each one estimated: of the messages' text, and of the tool schemas."""

    text: float = 1.0
    tools: float = 1.0

    def of(self, text_tokens: int, tool_tokens: int) -> float:
        """For each token of both together."""
        total = text_tokens + tool_tokens
        return self.text if total <= 0 else (self.text * text_tokens + self.tools * tool_tokens) / total


COUNTS: Final[Mapping[str, Count]] = {
    "claude": Count(1.22, 2.67),
    "gpt": Count(0.97, 1.36),
    "grok": Count(1.01, 1.96),
    "deepseek": Count(1.12, 3.17),
    "qwen": Count(1.10, 1.50),
    "mistral": Count(1.10, 1.17),
    "gemini": Count(0.93, 0.65),
    "command": Count(0.79, 0.76),
    "other": Count(1.10, 1.50),
}
"""Family of models to what its providers count; "other", of which nothing was recorded, is a judgement."""

SPARE_UNKNOWN: Final = 1.12
SPARE_KNOWN: Final = 1.03
"""What is reckoned on top for windows, before and after a tier's first call in a conversation: of recorded calls, 1 in 100
or fewer were billed more. From the same command."""

_FAMILIES: Final = (
    (re.compile(r"claude"), "claude"),
    (re.compile(r"gpt|chatgpt|(?:^|[/:])o[1-9]\b"), "gpt"),
    (re.compile(r"grok"), "grok"),
    (re.compile(r"deepseek"), "deepseek"),
    (re.compile(r"qwen|qwq"), "qwen"),
    (re.compile(r"mi[sx]tral|devstral|magistral|codestral|pixtral"), "mistral"),
    (re.compile(r"gemini|gemma"), "gemini"),
    (re.compile(r"command"), "command"),
)


@lru_cache(maxsize=1024)
def family_of_counts(model: str | None) -> str | None:
    """The row of `COUNTS` for a model's name; None where there is no name to go by."""
    if model is None:
        return None
    return next((family for name, family in _FAMILIES if name.search(model.lower())), "other")


def count_of(tier: Tier) -> Count:
    """What is known of a tier before its first call; as estimated, where nobody says which model it is."""
    family = family_of_counts(tier.model)
    return Count() if family is None else COUNTS[family]


def factors_of(tiers: Iterable[Tier], state: ConversationState, text_tokens: int, tool_tokens: int) -> dict[str, float]:
    """Tokens that each tier counts for an estimated one, in this step, by tier name.

    A tier that was called in this conversation counts as then. One that was not is taken to be off from the table as far as
    the tier called last is: what the host adds to the prompt is the same for all.

    Args:
        tiers: The tiers.
        state: What their last calls were billed.
        text_tokens: Estimated tokens of the messages.
        tool_tokens: Estimated tokens of the tool schemas.
    """
    tiers = tuple(tiers)
    billed = {tier.name: state.held[tier.name] for tier in tiers if is_metered(tier, state)}
    expected = {tier.name: count_of(tier).of(text_tokens, tool_tokens) for tier in tiers}
    called = [(held.at, held.factor / expected[name]) for name, held in billed.items()]
    off = max(called)[1] if called else 1.0
    return {name: billed[name].factor if name in billed else off * e for name, e in expected.items()}


def priced_factors(
    tiers: Iterable[Tier], state: ConversationState, text_tokens: int, tool_tokens: int
) -> dict[str, float]:
    """`factors_of`, for costs: where nothing was billed yet, all is taken to be text, as in the price of quality.

    What tools cost beyond that is learned from the first bill. To reckon with it at once, while the price of quality comes
    from reference traffic without tools, would send every agent's opening to the tier whose tools are cheap.
    """
    tiers = tuple(tiers)
    if any(is_metered(tier, state) for tier in tiers):
        return factors_of(tiers, state, text_tokens, tool_tokens)
    return factors_of(tiers, state, text_tokens + tool_tokens, 0)


def is_metered(tier: Tier, state: ConversationState) -> bool:
    """Whether a provider has reported what a call of this tier in this conversation was billed."""
    return tier.name in state.held and state.held[tier.name].factor > 0.0


def with_spare(factors: Mapping[str, float], tiers: Iterable[Tier], state: ConversationState) -> dict[str, float]:
    """The factors for windows, where too few tokens are worse than too many: of recorded calls, 99 of 100 have no more."""
    return {tier.name: factors.get(tier.name, 1.0) * _spare(tier, state) for tier in tiers}


def room_for_text(tier: Tier, factor: float, text_tokens: int, tool_tokens: int, tokens: int) -> int:
    """How many estimated tokens of messages fit beside the tools, at least 0.

    Args:
        tier: Whose window it is.
        factor: What it counts for an estimated token, in this step as it stands.
        text_tokens: Estimated tokens of the messages as they stand.
        tool_tokens: Estimated tokens of the tool schemas.
        tokens: What messages and tools may have, as the tier counts.
    """
    count = count_of(tier)
    off = factor / count.of(text_tokens, tool_tokens)
    return max(0, int((tokens / off - count.tools * tool_tokens) / count.text))


def _spare(tier: Tier, state: ConversationState) -> float:
    if is_metered(tier, state):
        return SPARE_KNOWN
    return 1.0 if tier.model is None else SPARE_UNKNOWN
