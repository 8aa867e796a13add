"""How hard a step is, in logits on the scale of the levels: 0 is the mean benchmark question, lower is easier.

Three opinions are added, none of them trusted far:

    text(step) = sum over kinds k of P(k | question) . anchor[k]      what sort of request is it, on a hand-made ladder
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

from tierwise.classifier.ability import GROUPS
from tierwise.types import KINDS, Floats, Reading

__all__ = ["CLASSES", "STEP_FACTS", "STEP_SIGNALS", "TEXT_SIGNALS", "Difficulty", "Head", "raw_signals"]

CLASSES: tuple[str, ...] = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING", "EXAM")
"""Four opinions of `tier_labels`, and what looks like a benchmark question."""

ANCHORS = np.array([-5.2, -2.2, -0.9, -0.1, 0.0])
"""Difficulty of each class, in logits. A judgement, the same in every release note: a 7B model is adequate on about
97 % of SIMPLE requests, 82 % of MEDIUM, 55 % of COMPLEX, 36 % of REASONING."""

SMALL_TALK = -8.0
"""Difficulty of a greeting or a thank-you: every model is adequate."""

UNFAMILIAR = -0.5
"""Where the estimate is pulled to, from below, by half, when the script was never trained on."""

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
_N_TEXT = len(TEXT_SIGNALS)
STEP_FACTS: tuple[str, ...] = (*STEP_SIGNALS, *KINDS, "long_question")
"""What the step part reads: signals, indicators of the kind, and how far the question is as long as a document."""
_LOGS = np.array([log for _, log in _TEXT + _STEP])
_read = attrgetter(*_ALL)

_AT = {name: i for i, name in enumerate(_ALL)}
_TOOLS, _RESULTS, _DEPTH, _CONTEXT = _AT["tools"], _AT["tool_results"], _AT["depth"], _AT["context_only_tokens"]
_SOCIAL, _CODE, _MATHS, _WORLD = _AT["social"], _AT["code"], _AT["mathematics"], _AT["world_knowledge"]
_CHARS, _WORDS, _NON_LATIN = _AT["question_chars"], _AT["question_words"], _AT["non_latin"]
_CONTEXT_TOKENS = float(np.log1p(200.0))
_DOCUMENT_CHARS = float(np.log1p(4000.0))
_KIND_ROW = {kind: np.eye(len(KINDS))[i] for i, kind in enumerate(KINDS)}

_KNOWN_SCRIPTS = ((0x0000, 0x024F), (0x0400, 0x04FF), (0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))
"""Latin, Cyrillic and Chinese: the scripts of the training data."""


def raw_signals(readings: Sequence[Reading]) -> Floats:
    """Signals as numbers, counts as logarithms, then the kind's indicators and `long_question`: shape (n, n_raw)."""
    values = np.array([_read(reading.signals) for reading in readings], dtype=float)
    np.nan_to_num(values, copy=False, nan=0.0, posinf=1e9, neginf=0.0)
    # Chinese says in 26 characters what English says in 90: outside the Latin script words are the better ruler.
    dense = (values[:, _NON_LATIN] > 0.3) & (values[:, _CHARS] < 6 * values[:, _WORDS])
    values[dense, _CHARS] = 6 * values[dense, _WORDS]
    np.log1p(np.maximum(values, 0.0), out=values, where=_LOGS)
    kinds = np.array([_KIND_ROW[reading.signals.kind] for reading in readings])
    document = np.maximum(values[:, _CHARS, None] - _DOCUMENT_CHARS, 0.0)
    return np.concatenate([values, kinds, document], axis=1)


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
        x = standard[:, :_N_TEXT]
        if self.dim and vectors is not None:
            x = np.concatenate([x, vectors[:, 0]], axis=1)
        scores = x @ self.head.text + self.head.text_bias
        n = len(CLASSES)
        classes = np.exp(scores[:, :n] - scores[:, :n].max(axis=1, keepdims=True))
        classes /= classes.sum(axis=1, keepdims=True)
        within = np.clip(scores[:, n], -2.5, 2.5)
        between = np.clip(scores[:, n + 1], -2.5, 2.5)
        return classes @ ANCHORS + self.within * within + self.between * classes[:, -1] * between, classes

    def read(self, readings: Sequence[Reading], vectors: Floats | None) -> tuple[Floats, Floats, list[list[str]]]:
        """Difficulty, group mix and notes of steps.

        Args:
            readings: n steps.
            vectors: Shape (n, 2, dim), or None.

        Returns:
            z, shape (n,), in logits; the mix of `GROUPS`, shape (n, n_groups), rows sum to 1; notes for people.
        """
        raw = raw_signals(readings)
        standard = (np.clip(raw, self.low, self.high) - self.mean) / self.sd
        text, classes = self.text(standard, vectors)
        around = surrounded(raw)
        z = text
        if around.any():
            steps = self.head.step_bias + self.head.carry * text + standard[:, _N_TEXT:] @ self.head.step
            z = np.where(around, steps, text)
        notes: list[list[str]] = [[] for _ in readings]
        self._shrink(z, raw, readings, notes)
        social = np.minimum(raw[:, _SOCIAL], 1.0)
        z = z + social * np.minimum(SMALL_TALK - z, 0.0)
        return z, _mix(raw, classes, around), notes

    def _shrink(self, z: Floats, raw: Floats, readings: Sequence[Reading], notes: list[list[str]]) -> None:
        """Pulls what is unknown towards the harder side, in place, and says so."""
        for i in np.flatnonzero(raw[:, _NON_LATIN] > 0.2):
            if _unfamiliar_script(readings[i].task or readings[i].latest):
                z[i] += 0.5 * max(0.0, UNFAMILIAR - z[i])
                notes[i].append("a script beyond the training data: judged harder, to be safe")
        for i in np.flatnonzero(raw[:, _CHARS] > self.high[_CHARS] + 1e-9):
            notes[i].append("longer than the training data: signals clipped to its range")


def surrounded(raw: Floats) -> Floats:
    """Where a question has tools, results or history around it; shape (n,), bool."""
    return (
        (raw[:, _TOOLS] > 0)
        | (raw[:, _RESULTS] > 0)
        | (raw[:, _CONTEXT] > _CONTEXT_TOKENS)
        | (raw[:, len(_ALL) + KINDS.index("summary")] > 0)
        | (raw[:, -1] > 0)
    )


def _mix(raw: Floats, classes: Floats, around: Floats) -> Floats:
    tools = (around & ((raw[:, _TOOLS] > 0) | (raw[:, _RESULTS] > 0))).astype(float)
    code = np.minimum(raw[:, _CODE], 1.0)
    maths = (1 - code) * np.minimum(raw[:, _MATHS], 1.0)
    rest = 1 - code - maths
    knowledge = rest * np.minimum(np.maximum(raw[:, _WORLD], classes[:, -1]), 1.0)
    mix = np.empty((len(raw), len(GROUPS)))
    mix[:, 0] = rest - knowledge
    mix[:, 1] = knowledge
    mix[:, 2] = maths
    mix[:, 3] = code
    mix *= (1 - tools)[:, None]
    mix[:, 4] = tools
    return mix


def _unfamiliar_script(text: str) -> bool:
    """Whether most letters of the text's beginning lie in scripts that were never trained on."""
    letters = [ord(c) for c in text[:120] if c.isalpha()]
    strange = sum(not any(a <= c <= b for a, b in _KNOWN_SCRIPTS) for c in letters)
    return 2 * strange > len(letters)
