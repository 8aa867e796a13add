"""What the form of a word tells: technical endings, and the function words that tell a language or a clause."""

from __future__ import annotations

from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


THAT: Final = _set("che da dass dat que qu that ze что чтобы")
"""What opens a clause that the verb before the comma governs."""

GERMANIC: Final = _set(
    "der die das und ist sind ein eine einen einem einer fur mit den dem des von zum zur im auf nicht dass wie wird "
    "ich mir warum wenn zwischen uber nach bei het een van voor niet zijn waarom hoe wordt ik mij tussen"
)
"""Function words of German and Dutch that English, French, Italian, Portuguese and Spanish do not share."""

SPECIALIST_ENDINGS: Final[tuple[str, ...]] = (
    "itis", "emia", "aemia", "ectomy", "otomy", "ostomy", "plasty", "osis", "pathy", "algia", "uria", "penia",
    "oma", "olol", "pril", "sartan", "statin", "azole", "cillin", "mycin", "mab", "tinib", "parin", "azepam",
    "ology", "ometry", "ography", "dynamics", "lysis", "genesis", "trophic", "kinase", "ase", "oside", "amide",
    "oxide", "phate", "ylene", "ium", "onium", "ization", "isation", "ismus", "emie", "emica", "ose",
)  # fmt: skip
"""Endings of medical, chemical, biological and technical words; they carry over between European languages."""

SPECIALIST_TAILS: Final = frozenset(ending[-3:] for ending in SPECIALIST_ENDINGS)
"""Their last three letters: a quick test before the slow one."""

COMMON_ENDING_WORDS: Final = _set(
    "organization organisation visualization purpose because increase database please purchase phrase release diagnose "
    "lease expose compose impose suppose propose oppose those whose close choose lose loose dose rose nose base case "
    "phase technology summarization decrease customization localization initialization optimization medium premium "
    "stadium aquarium podium diploma aroma coma loma roma soma doma homa closet apology psychology biology photography "
    "geography disease erase chase vase lowercase uppercase showcase briefcase realization authorization"
)
"""Everyday words that happen to end like technical ones."""
