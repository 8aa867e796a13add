"""Whether a text's language is one that difficulty was learnt in. Cheap on purpose: it runs for every step."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from tierwise.signals.foreign import has_cues
from tierwise.signals.script import Scripts, count_scripts
from tierwise.signals.tongue import ENGLISH, SISTERS, tongue_of

__all__ = ["Familiarity", "Language", "Reach", "familiarity", "language_of"]

Familiarity: TypeAlias = Literal["english", "known", "unfamiliar"]
"""`english` (or too short to tell), `known` (another language in a script of the training data), `unfamiliar` (script)."""

Reach: TypeAlias = Literal["all", "beside", "cues", "none"]
"""What a text is judged by: `all` as in English; `beside`, a sister of English, where vectors may be right; `cues`, its
signals, as its cue words are known while vectors of it say little; or `none`, a language without cue words."""

_HEAD: Final = 200

_TERSENESS: Final = {"ko": 1.4, "zh": 1.4, "ar": 1.1, "th": 0.75}
"""How many times as long the same is in English, as signals count it; the open half of `tests/end_to_end/twins.py`."""


class Language(NamedTuple):
    """What is known of a text's language; `terseness` is how many times as long the same would be in English."""

    familiarity: Familiarity
    reach: Reach
    terseness: float


def familiarity(text: str) -> Familiarity:
    """Says how familiar the language of a text's beginning is."""
    return language_of(text).familiarity


def language_of(text: str) -> Language:
    """Says what the language of a text's beginning allows."""
    return _language(text[:_HEAD])


@lru_cache(maxsize=256)
def _language(head: str) -> Language:
    scripts = count_scripts(head)
    tongue = tongue_of(head, scripts)
    terseness = _TERSENESS.get(tongue, 1.0)
    if tongue == ENGLISH:
        return Language("unfamiliar" if _strange(scripts) else "english", "all", terseness)
    reach: Reach = "beside" if tongue in SISTERS else "cues" if has_cues(tongue) else "none"
    return Language("unfamiliar" if _strange(scripts) else "known", reach, terseness)


def _strange(scripts: Scripts) -> bool:
    """Whether more than a quarter of the letters are of no script of the training data: Latin, Cyrillic, Chinese."""
    known = scripts.latin + scripts.cyrillic + scripts.cjk
    return sum(scripts[1:]) - known > known / 3
