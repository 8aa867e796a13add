"""Nigerian Pidgin and Scots: what they say otherwise than English, with which they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SISTER_CUES: Final[Mapping[str, Mapping[str, str]]] = {
    "pcm": {
        "prove": "prove_say show_say",
        "design": "arrange_how",
        "why": "wetin_make why_e",
        "compare": "wetin_different",
        "calculate": "how_many",
        "explain": "yarn break_am_down",
        "condition": "unless if",
        "lookup": "who_be na_who when_dem where_e how_much which_day",
        "define": "wetin_be wetin_na",
    },
    "sco": {
        "prove": "shaw_that pruive",
        "why": "hou_come why",
        "calculate": "hou_mony find_the wark_oot",
        "condition": "gin unless",
        "sequence": "syne neist afore efter",
        "creative": "sang makar tale",
        "writing": "scrieve",
        "lookup": "wha whan whaur whilk hou_muckle whit",
        "define": "whit's whit_is whit_are",
        "explain": "tell_aboot",
    },
}
