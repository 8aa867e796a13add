"""How hard a step is, in logits on the scale of the levels: 0 is the mean benchmark question, lower is easier.

Three opinions are added, none of them trusted far:

    text(step) = sort(step)                                           what sort of request is it, on a hand-made ladder:
                                                                      a mixture over classes, as a small model would fare
               + WITHIN . within(question)                            longer and denser than its peers
               + P(exam) . BETWEEN . between(question)                harder subjects, where it looks like a benchmark
    z(step)    = text(step)                                           a bare question
               = bias + carry . text(step) + facts(step)              a step with tools, results or history around it

Small talk overrides all of it. Outside the training range signals are clipped, and in an unfamiliar script the value is
pulled towards the harder side: an estimate that does not know must not send a step down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from tierwise.classifier.ability import GROUPS
from tierwise.types import KINDS, Floats, Reading

__all__ = ["CLASSES", "STEP_FACTS", "STEP_SIGNALS", "TEXT_SIGNALS", "Difficulty", "Head", "raw_signals"]

CLASSES: tuple[str, ...] = ("LOOKUP", "EVERYDAY", "DEBUG", "DESIGN", "PROOF", "CASE", "EXAM")
"""Sorts of request: SIMPLE, MEDIUM, COMPLEX and REASONING opinions of `tier_labels`, with debugging and code review taken out
of MEDIUM; clinical cases taken out of the benchmark questions; and the other benchmark questions."""

ANCHORS = np.array([-5.2, -2.4, -0.2, -0.6, -0.1, -0.3, 0.0])
"""Difficulty of each class, in logits. A judgement, see the model card: a 7B model of 2024 is adequate on about 98 % of
look-ups, 84 % of everyday requests, half of what is debugging or design, 37 % of proofs and cases."""

_SMALL_LEVEL = 0.5
_P_SMALL = 1.0 / (1.0 + np.exp(ANCHORS - _SMALL_LEVEL))
"""How a small model of today fares on each class. Classes are mixed as probabilities, not as logits: a request that is a
look-up or else a proof, one to one, is no better than three quarters."""

_MOST_SDS = 3.0

SMALL_TALK = -8.0
"""Difficulty of a greeting or a thank-you: every model is adequate."""

UNFAMILIAR = -0.5
"""Where the estimate is pulled to, from below, by half, when the script was never trained on; by a fifth where the language
is not English."""

# Signal, and whether it is a count whose logarithm matters.
_TEXT: tuple[tuple[str, bool], ...] = (
    ("question_chars", True),
    ("question_words", True),
    ("sentences", True),
    ("lexical_complexity", False),
    ("reasoning_steps", True),
    ("world_knowledge", False),
    ("creativity", False),
    ("parts", True),
    ("numbers", True),
    ("options", True),
    ("code", False),
    ("mathematics", False),
    ("lookup", False),
    ("non_latin", False),
    ("structured_output", False),
)
_STEP: tuple[tuple[str, bool], ...] = (
    ("messages", True),
    ("depth", True),
    ("tool_results", True),
    ("tool_errors", True),
    ("repeated_calls", True),
    ("last_result_failed", False),
    ("last_result_chars", True),
    ("tools", True),
    ("tool_schema_depth", False),
    ("tool_parameters", True),
    ("tool_choice_forced", False),
    ("images", True),
    ("input_tokens", True),
    ("context_only_tokens", True),
    ("social", False),
    ("assent", False),
)
TEXT_SIGNALS: tuple[str, ...] = tuple(name for name, _ in _TEXT)
STEP_SIGNALS: tuple[str, ...] = tuple(name for name, _ in _STEP)
_ALL = TEXT_SIGNALS + STEP_SIGNALS
_N_TEXT, _N_ALL = len(TEXT_SIGNALS), len(_ALL)
STEP_FACTS: tuple[str, ...] = (*STEP_SIGNALS, *KINDS, "long_question", "routine_digest")
"""What the step part reads: signals, indicators of the kind, how far the question is as long as a document, and
whether a sound tool result is to be read for a plain task."""
_N_RAW = _N_TEXT + len(STEP_FACTS)
_LOGS = np.array([log for _, log in _TEXT + _STEP])
_read = attrgetter(*_ALL)

_AT = {name: i for i, name in enumerate(_ALL)}
_TOOLS, _RESULTS, _CONTEXT = _AT["tools"], _AT["tool_results"], _AT["context_only_tokens"]
_LOOKUP, _STEPS, _ERRORS = _AT["lookup"], _AT["reasoning_steps"], _AT["tool_errors"]
_SOCIAL, _CODE, _MATHS, _WORLD = _AT["social"], _AT["code"], _AT["mathematics"], _AT["world_knowledge"]
_CHARS, _WORDS, _NON_LATIN = _AT["question_chars"], _AT["question_words"], _AT["non_latin"]
_CONTEXT_TOKENS = float(np.log1p(200.0))
_DOCUMENT_CHARS = float(np.log1p(4000.0))
_KIND_AT: dict[str, int] = {kind: _N_ALL + i for i, kind in enumerate(KINDS)}
_DIGEST, _SUMMARY = _KIND_AT["digest"], _KIND_AT["summary"]

_COMMON_ENGLISH = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "in",
        "is",
        "are",
        "was",
        "were",
        "that",
        "this",
        "it",
        "its",
        "for",
        "with",
        "on",
        "at",
        "by",
        "from",
        "and",
        "or",
        "as",
        "be",
        "been",
        "my",
        "your",
        "our",
        "his",
        "her",
        "i",
        "you",
        "we",
        "they",
        "he",
        "she",
        "do",
        "does",
        "did",
        "what",
        "why",
        "how",
        "which",
        "who",
        "when",
        "where",
        "can",
        "could",
        "should",
        "would",
        "will",
        "if",
        "not",
        "no",
        "please",
        "all",
        "any",
        "each",
        "there",
        "has",
        "have",
        "into",
        "about",
        "using",
        "write",
        "explain",
        "prove",
        "find",
        "show",
        "give",
        "make",
        "between",
        "than",
        "then",
        "these",
        "those",
        "me",
        "us",
    ]
)
_KNOWN_SCRIPTS = ((0x0000, 0x024F), (0x0400, 0x04FF), (0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))
"""Latin, Cyrillic and Chinese: the scripts of the training data."""


def raw_signals(readings: Sequence[Reading]) -> Floats:
    """Signals as numbers, counts as logarithms, the kind's indicators, then two made of several: shape (n, n_raw)."""
    raw = np.zeros((len(readings), _N_RAW))
    for row, reading in zip(raw, readings, strict=True):
        signals = reading.signals
        row[:_N_ALL] = _read(signals)
        row[_KIND_AT[signals.kind]] = 1.0
    values = raw[:, :_N_ALL]
    if not np.isfinite(values).all():
        np.nan_to_num(values, copy=False, nan=0.0, posinf=1e9, neginf=0.0)
    # Chinese says in 26 characters what English says in 90: outside the Latin script words are the better ruler.
    dense = values[:, _NON_LATIN] > 0.3
    if dense.any():
        values[dense, _CHARS] = np.maximum(values[dense, _CHARS], 6 * values[dense, _WORDS])
    np.maximum(values, 0.0, out=values)
    np.log1p(values, out=values, where=_LOGS)
    raw[:, -2] = np.maximum(values[:, _CHARS] - _DOCUMENT_CHARS, 0.0)
    digest = raw[:, _DIGEST] > 0
    if digest.any():
        plain = 1.0 - values[:, _CODE] - values[:, _MATHS] - np.maximum(values[:, _STEPS] - 0.7, 0.0)
        raw[:, -1] = digest * (values[:, _ERRORS] == 0) * np.minimum(np.maximum(plain, 0.0), 1.0)
    return raw


@dataclass(frozen=True)
class Head:
    """Fitted numbers of one encoder (or of none).

    Attributes:
        text: Shape (n_text + dim, n_classes + 2): class scores, within, between; rows of vectors last.
        text_bias: Shape (n_classes + 2,).
        step: Shape (n_step_facts,): weights of the facts around the question.
        step_bias: Of a step with tools or history.
        carry: How much of the question's difficulty carries over to such a step, in [0, 1].
    """

    text: Floats
    text_bias: Floats
    step: Floats
    step_bias: float
    carry: float


@dataclass(frozen=True)
class Difficulty:
    """Reads difficulty and the mix of traffic groups off steps.

    Attributes:
        low, high: Shape (n_raw,): the training range that signals are clipped to.
        mean, sd: Same shape: what they are standardised with.
        head: The weights in use.
        dim: Length of the encoder's vectors; 0 for none.
        within, between: Slopes of the two question parts, in logits.
    """

    low: Floats
    high: Floats
    mean: Floats
    sd: Floats
    head: Head
    dim: int
    within: float
    between: float

    def text(self, standard: Floats, vectors: Floats | None) -> tuple[Floats, Floats]:
        """The question's own difficulty, shape (n,), and P(class), shape (n, n_classes)."""
        scores = standard[:, :_N_TEXT] @ self.head.text[:_N_TEXT] + self.head.text_bias
        if self.dim and vectors is not None:
            scores += vectors[:, 0] @ self.head.text[_N_TEXT:]
        n = len(CLASSES)
        classes = scores[:, :n]
        classes -= classes.max(axis=1, keepdims=True)
        np.exp(classes, out=classes)
        classes /= classes.sum(axis=1, keepdims=True)
        parts = np.minimum(np.maximum(scores[:, n:], -_MOST_SDS), _MOST_SDS)
        p_small = classes @ _P_SMALL
        sort = _SMALL_LEVEL - np.log(p_small / (1.0 - p_small))
        return sort + self.within * parts[:, 0] + self.between * classes[:, -1] * parts[:, 1], classes

    def read(self, readings: Sequence[Reading], vectors: Floats | None) -> tuple[Floats, Floats, list[list[str]]]:
        """Difficulty, group mix and notes of steps.

        Args:
            readings: n steps.
            vectors: Shape (n, 2, dim), or None.

        Returns:
            z, shape (n,), in logits; the mix of `GROUPS`, shape (n, n_groups), rows sum to 1; notes for people.
        """
        raw = raw_signals(readings)
        standard = np.minimum(np.maximum(raw, self.low), self.high)
        standard -= self.mean
        standard /= self.sd
        z, classes = self.text(standard, vectors)
        notes = self._shrink(z, raw, readings)
        around = surrounded(raw)
        if around.any():
            steps = self.head.step_bias + self.head.carry * z + standard[:, _N_TEXT:] @ self.head.step
            z = np.where(around, steps, z)
        social = raw[:, _SOCIAL]
        if social.any():
            z = z + np.minimum(social, 1.0) * np.minimum(SMALL_TALK - z, 0.0)
        return z, _mix(raw, classes, around), notes

    def _shrink(self, text: Floats, raw: Floats, readings: Sequence[Reading]) -> list[list[str]]:
        """Pulls what is unknown towards the harder side, in place, and says so.

        A plain look-up keeps its difficulty: its phrases are known in many languages, and it is easy in all of them.
        """
        notes: list[list[str]] = [[] for _ in readings]
        for i, reading in enumerate(readings):
            script = familiarity(reading.task or reading.latest)
            if script == "english":
                continue
            plain = raw[i, _LOOKUP] if text[i] < ANCHORS[1] else 0.0
            share = 0.5 if script == "unfamiliar" else 0.2
            text[i] += share * (1.0 - min(plain, 1.0)) * max(0.0, UNFAMILIAR - text[i])
            if script == "unfamiliar":
                notes[i].append("a script beyond the training data: judged harder, to be safe")
        longest = float(self.high[_CHARS]) + 1e-9
        for i, chars in enumerate(raw[:, _CHARS].tolist()):
            if chars > longest:
                notes[i].append("longer than the training data: signals clipped to its range")
        return notes


def surrounded(raw: Floats) -> npt.NDArray[np.bool_]:
    """Where a question has tools, results, documents or history around it; shape (n,)."""
    some = raw[:, _TOOLS] + raw[:, _RESULTS] + raw[:, _SUMMARY] + raw[:, -2] > 0
    return np.asarray(some | (raw[:, _CONTEXT] > _CONTEXT_TOKENS))


def _mix(raw: Floats, classes: Floats, around: npt.NDArray[np.bool_]) -> Floats:
    """Shares of `GROUPS`: an agent's step is tools throughout, a question is split by what it speaks of."""
    mix = np.zeros((len(raw), len(GROUPS)))
    tools = around & (raw[:, _TOOLS] + raw[:, _RESULTS] > 0)
    asked = 1.0 - tools
    code = np.minimum(raw[:, _CODE], 1.0) * asked
    maths = np.minimum(raw[:, _MATHS], 1.0) * (asked - code)
    rest = asked - code - maths
    knowledge = rest * np.minimum(np.maximum(raw[:, _WORLD], classes[:, -2] + classes[:, -1]), 1.0)
    mix[:, 0], mix[:, 1], mix[:, 2], mix[:, 3], mix[:, 4] = rest - knowledge, knowledge, maths, code, tools
    return mix


def familiarity(text: str) -> str:
    """ "english", "known" (a language or script of the training data, or no words at all) or "unfamiliar" (another script)."""
    head = text[:200]
    if head.isascii():
        return "known" if _looks_foreign(head) else "english"
    letters = [ord(c) for c in head if c.isalpha()]
    strange = sum(not any(a <= c <= b for a, b in _KNOWN_SCRIPTS) for c in letters)
    if 4 * strange > len(letters):
        return "unfamiliar"
    return "known" if _looks_foreign(head) else "english"


def _looks_foreign(head: str) -> bool:
    """Whether four words or more hold not one of the commonest English ones; shorter texts without ASCII count too."""
    words = head.lower().split()
    return (len(words) >= 4 or not head.isascii()) and _COMMON_ENGLISH.isdisjoint(words)
