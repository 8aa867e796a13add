"""Twins: the same short prompts in English and in other tongues, written for the tests, and what routing makes of them.

`languages/*.json` hold one tongue each: 28 prompts by key, and the plan (`reply`) that thanks and assents follow. English
comes first, the others are its translations by hand. Keys that end in `_a` are the open half, those in `_b` were kept
aside while signals were mended. Printed as a table by

    python tests/end_to_end/twins.py
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tierwise import Router, Tier

LANGUAGES = Path(__file__).parent / "languages"
ENGLISH = "en"
REGISTERS = ("aae", "lower", "pcm", "sco", "sing", "text", "typos")
"""English, otherwise: African American English, small letters only, Nigerian Pidgin, Scots, Singlish, texting, typos."""
REGIONAL = ("gsw", "hinglish", "qc")
"""Of other languages: Swiss German, Hindi in Latin letters mixed with English, French of Quebec."""
SMALL = ("smalltalk", "thanks")
TIER_SETS: Mapping[str, tuple[str, ...]] = {
    "openai": ("gpt-4o-mini", "gpt-4o"),
    "claude": ("claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5"),
    "mixed": ("gpt-4.1-nano", "claude-opus-4-6"),
}
QUALITIES = (0.9, 0.95, 0.98)
_TYPO_EVERY = 3


@dataclass(frozen=True, slots=True)
class Twin:
    """How one prompt fared: its tier and cost beside those of its English twin, and the cheapest tier there is."""

    language: str
    key: str
    rank: int
    english_rank: int
    usd: float
    english_usd: float

    @property
    def weaker(self) -> bool:
        """Whether a request went to a weaker tier than in English; small talk is to go to the cheapest anyhow."""
        return self.rank < self.english_rank and not self.small_talk

    @property
    def small_talk(self) -> bool:
        """Whether it is a greeting or a thank-you."""
        return self.key.startswith(SMALL)


def read_prompts() -> dict[str, dict[str, str]]:
    """All tongues by name, English among them; two registers are made from English by rule."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(LANGUAGES.glob("*.json"))}
    english = found[ENGLISH]
    found["lower"] = {key: text.lower() for key, text in english.items()}
    found["typos"] = {key: _mistype(text) for key, text in english.items()}
    return found


def _mistype(text: str) -> str:
    """Two inner letters of every third longer word change places."""
    words, seen = text.split(" "), 0
    for i, word in enumerate(words):
        if len(word) >= 5 and word.isalpha():
            seen += 1
            if seen % _TYPO_EVERY == 1:
                words[i] = word[:2] + word[3] + word[2] + word[4:]
    return " ".join(words)


def conversation(prompts: Mapping[str, str], key: str) -> list[dict[str, str]]:
    """A prompt as messages: thanks and assents follow a hard request of the same half, and its plan."""
    said = {"role": "user", "content": prompts[key]}
    sort, half = key.split("_")
    if sort not in ("thanks", "yes"):
        return [said]
    asked = {"role": "user", "content": prompts[f"design_{half}"]}
    return [asked, {"role": "assistant", "content": prompts["reply"]}, said]


def twins(names: Sequence[str], quality: float, keep: Callable[[str], bool] = lambda key: True) -> Iterator[Twin]:
    """Routes every tongue's prompts, beside the English ones.

    Args:
        names: Models, weakest first.
        quality: Of the router.
        keep: Which keys.
    """
    router = Router([Tier(name, model=name) for name in names], quality=quality)
    tongues = read_prompts()
    keys = [key for key in tongues[ENGLISH] if key != "reply" and keep(key)]
    english = {key: _routed(router, tongues[ENGLISH], key) for key in keys}
    for language, prompts in tongues.items():
        for key in keys:
            tier, usd = _routed(router, prompts, key)
            twin, twin_usd = english[key]
            yield Twin(language, key, names.index(tier), names.index(twin), usd, twin_usd)


def _routed(router: Router, prompts: Mapping[str, str], key: str) -> tuple[str, float]:
    decision = router.start(conversation(prompts, key)).decision
    return decision.tier, decision.expected_usd[decision.tier]


def cost_ratio(found: Sequence[Twin]) -> float:
    """What the prompts cost, over what their English twins do."""
    return sum(twin.usd for twin in found) / sum(twin.english_usd for twin in found)


def _print_table(half: str) -> None:
    for set_name, names in TIER_SETS.items():
        for quality in QUALITIES:
            found = [twin for twin in twins(names, quality, lambda key: key.endswith(half)) if twin.language != ENGLISH]
            raised = sum(twin.small_talk and twin.rank > 0 for twin in found)
            print(f"{set_name} {quality}: {_cell(found)}, small talk up {raised}")
            for tongue in dict.fromkeys(twin.language for twin in found):
                print(f"    {tongue} {_cell([twin for twin in found if twin.language == tongue])}")


def _cell(found: Sequence[Twin]) -> str:
    return f"weaker {sum(twin.weaker for twin in found)} of {len(found)}, cost {cost_ratio(found):.2f}"


if __name__ == "__main__":
    for ending in ("_a", "_b"):
        print(f"half {ending}")
        _print_table(ending)
