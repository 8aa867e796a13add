"""How many tokens a text dense in ids and figures is: more than the estimate for prose and JSON says."""

from __future__ import annotations

from typing import Final

from tierwise.signals.tokens import estimate_tokens

_DIGITS: Final = b"0123456789"
_CAPITALS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARKS: Final = b",;|"
_HYPHENS: Final = b"-"


def dense_tokens(text: str) -> float:
    """At least `estimate_tokens`. Fitted to cl100k on summaries of recorded runs (the half that was tuned on): ± 5 %.

    Tokenisers cut figures into threes and codes into pairs, and every mark between values is a token: the summaries had
    1.4 times the tokens of the estimate, up to 1.6.
    """
    if not text:
        return 0.0
    estimate = estimate_tokens(text)
    data = text.encode("utf-8", "surrogatepass")
    digits, capitals, marks, hyphens = (
        len(data) - len(data.translate(None, delete=kind)) for kind in (_DIGITS, _CAPITALS, _MARKS, _HYPHENS)
    )
    return max(estimate, 0.74 * estimate + 0.27 * digits + 0.38 * capitals + 1.41 * marks + 1.1 * hyphens)
