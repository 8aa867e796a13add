"""How hard a step is, in logits on the scale of the levels: 0 is the mean benchmark question, lower is easier.

Three opinions are added, none of them trusted far:

    text(step) = sort(step)                                what sort of request it is, on a ladder made by hand: a mixture
                                                           over classes, as a small model would fare on each
               + within . within(question)                 longer and denser than its peers
               + between . P(EXAM) . between(question)     harder subjects, where it looks like a benchmark
    z(step)    = text(step)                                a bare question
               = bias + carry . text(step) + facts(step)   a step with tools, results, documents or history around it

Small talk overrides all of it. Signals are clipped to their training range, and what is said in another language is
pulled towards the harder side: an estimate that does not know must not send a step down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tierwise.classifier.features import AT, CODING_AGENT, N_TEXT, raw_signals, surrounded
from tierwise.classifier.language import language_of
from tierwise.types import Floats, Reading

__all__ = ["ANCHORS", "CLASSES", "SMALL_TALK", "Difficulty", "Head", "discrimination"]

CLASSES: tuple[str, ...] = ("LOOKUP", "EVERYDAY", "DEBUG", "DESIGN", "PROOF", "CASE", "EXAM")
"""Sorts of request. Opinions of `tier_labels`: SIMPLE, MEDIUM (its debugging and code review taken out), those two,
COMPLEX, REASONING. Benchmark questions: clinical cases, and all others."""

ANCHORS = np.array([-5.2, -2.4, -0.2, -0.6, -0.1, -0.3, -0.5])
"""Difficulty of each class, in logits. A judgement, as the model card says. Benchmarks are made to tell models apart, and 0
is their mean: what people send is easier, and a top tier is chosen because it can do most of it. Were that not so, the
hardest questions would gain least by going up."""

_SMALL_LEVEL = 0.5
_P_SMALL = 1.0 / (1.0 + np.exp(ANCHORS - _SMALL_LEVEL))
"""How a small model of today fares on each class. Classes are mixed as probabilities, not as logits: what may be a
look-up or a proof, one to one, is no safer than three quarters."""

_READ_OUT = np.stack(
    [_P_SMALL, np.ones(len(CLASSES)), np.eye(len(CLASSES))[-1], np.eye(len(CLASSES))[-2:].sum(axis=0)], axis=1
)
"""From unnormalised class weights to: a small model's chance, their sum, EXAM, CASE and EXAM."""

_PLAIN = 2
"""Look-ups and everyday requests come first among the classes."""
_OPTIONS, _TWO_OPTIONS = 0.02, float(np.log1p(2.0)) - 1e-9
"""What is left of the weight of look-ups and everyday requests where answer options stand: those are examinations."""

_MOST_SDS = 3.0
"""Where the within and between parts are clipped."""

_DISCRIMINATES = 1.0
"""By how much work on a program tells models apart better than a single answer does: one slip spoils a whole run."""

SMALL_TALK = -8.0
"""Difficulty of a greeting or a thank-you: every model is adequate."""

UNFAMILIAR = -0.5
"""Where difficulty is pulled to, from below, outside English."""
_PULL = {"english": 0.0, "known": 0.2, "unfamiliar": 0.5}

_LIFT_FROM = (-6.5, -4.0, -3.0, -2.5, -2.25, -1.75, -1.25, -0.75, -0.25, 0.0)
_LIFT = (0.0, 0.1, 0.1, 0.6, 0.9, 0.8, 0.2, 0.05, 0.05, 0.0)
"""What vectors add to the difficulty by signals, by that difficulty: in eight of ten English requests of the labelled
prompts where that is much, about the half of it above -1.5, where every tenth is paid for."""
_LIFT_OF_REASONS = (0.0, 0.7, 1.0, 1.0, 0.9, 0.8, 0.2, 0.05, 0.05, 0.0)
_REASONS = float(np.log1p(1.1))
"""The same where a reason or a comparison is asked for: vectors tell the deep ones from the plain, and only in English."""
_LIFT_OF_SIGNALS = 0.3
"""How much of that where no encoder is in use: only cue words that a language lacks can be missed."""

_FEW_WORDS, _NO_STEPS = float(np.log1p(9.0)), float(np.log1p(0.5))

_SCRIPT_NOTE = "a script beyond the training data: judged harder, to be safe"
_LENGTH_NOTE = "longer than the training data: signals clipped to its range"

_CHARS, _LOOKUP, _SOCIAL, _NON_LATIN = AT["question_chars"], AT["lookup"], AT["social"], AT["non_latin"]
_WORDS, _STEPS, _OPTION_COUNT = AT["question_words"], AT["reasoning_steps"], AT["options"]
_MIXED = [AT[name] for name in ("tools", "tool_results", "code", "mathematics", "world_knowledge", "coding_agent")]


@dataclass(frozen=True)
class Head:
    """Fitted numbers of one encoder (or of none).

    Attributes:
        text: Shape (n_text + dim, n_classes + 2): class scores, within, between; rows of vectors last.
        text_bias: Shape (n_classes + 2,).
        step: Shape (n_step_facts,): weights of the facts around the question.
        step_bias: Of a step with something around it.
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

    def standard(self, raw: Floats) -> Floats:
        """Raw signals, clipped to the training range and standardised."""
        found = np.minimum(np.maximum(raw, self.low), self.high)
        found -= self.mean
        found /= self.sd
        return found

    def text(self, standard: Floats, vectors: Floats | None) -> tuple[Floats, Floats]:
        """The question's own difficulty, and how much it looks like an examination (P(CASE or EXAM)); both shape (n,)."""
        scores = standard[:, :N_TEXT] @ self.head.text[:N_TEXT] + self.head.text_bias
        if self.dim and vectors is not None:
            scores += vectors[:, 0] @ self.head.text[N_TEXT:]
        classes = scores[:, : len(CLASSES)]
        classes = np.exp(classes - classes.max(axis=1)[:, None])
        classes[:, :_PLAIN] *= np.where(self._has_options(standard), _OPTIONS, 1.0)[:, None]
        small, total, exam, learned = (classes @ _READ_OUT).T
        within, between = np.minimum(np.maximum(scores[:, len(CLASSES) :], -_MOST_SDS), _MOST_SDS).T
        sort = _SMALL_LEVEL - np.log(small / (total - small))
        return sort + self.within * within + self.between * exam / total * between, learned / total

    def _has_options(self, standard: Floats) -> npt.NDArray[np.bool_]:
        least = (_TWO_OPTIONS - self.mean[_OPTION_COUNT]) / self.sd[_OPTION_COUNT]
        return np.asarray(standard[:, _OPTION_COUNT] >= least)

    def read(self, readings: Sequence[Reading], vectors: Floats | None) -> tuple[Floats, Floats, list[list[str]]]:
        """Difficulty, group mix and notes of steps.

        Args:
            readings: n steps.
            vectors: Shape (n, 2, dim), or None.

        Returns:
            z, shape (n,), in logits; the mix of `GROUPS`, shape (n, n_groups), rows sum to `discrimination`; notes for
            people.
        """
        raw = raw_signals(readings)
        standard = self.standard(raw)
        z, learned = self.text(standard, vectors)
        notes = self._play_safe(z, raw, readings)
        around = surrounded(raw)
        if around.any():
            steps = self.head.step_bias + self.head.carry * z + standard[:, N_TEXT:] @ self.head.step
            z = np.where(around, steps, z)
        social = raw[:, _SOCIAL]
        if social.any():
            z = z + np.minimum(social, 1.0) * np.minimum(SMALL_TALK - z, 0.0)
        return z, _mix(raw, learned, around), notes

    def _play_safe(self, text: Floats, raw: Floats, readings: Sequence[Reading]) -> list[list[str]]:
        """Judges what is less known towards the harder side, in place, and says so.

        Where the cue words of the language are known, its signals say what those of the English twin would, while vectors
        of it say little: signals alone decide, and something is added. Elsewhere the estimate is pulled up: a plain look-up
        keeps its difficulty, and what is short and asks for no reasoning is pulled half as far.
        """
        notes: list[list[str]] = [[] for _ in readings]
        longest = float(self.high[_CHARS]) + 1e-9
        for i, reading in enumerate(readings):
            language = language_of(reading.task or reading.latest)
            if language.reach in ("beside", "cues"):
                safe = self._by_signals(raw[i], language.terseness)
                text[i] = safe if language.reach == "cues" else max(safe, text[i])
            elif language.familiarity != "english":
                text[i] += self._pull(language.familiarity, raw[i], text[i])
            if language.familiarity == "unfamiliar":
                notes[i].append(_SCRIPT_NOTE)
            if raw[i, _CHARS] > longest:
                notes[i].append(_LENGTH_NOTE)
        return notes

    def _by_signals(self, raw: Floats, terse: float) -> float:
        """The question's difficulty by its signals, and what vectors would add to that at most."""
        as_english = raw[None].copy()
        as_english[:, _NON_LATIN] = 0.0
        as_english[:, [_CHARS, _WORDS]] += np.log(terse)
        plain = float(self.text(self.standard(as_english), None)[0][0])
        lift = float(np.interp(plain, _LIFT_FROM, _LIFT_OF_REASONS if raw[_STEPS] > _REASONS else _LIFT))
        return plain + (lift if self.dim else _LIFT_OF_SIGNALS * lift)

    def _pull(self, language: str, raw: Floats, text: float) -> float:
        plain = min(raw[_LOOKUP], 1.0) if text < ANCHORS[1] else 0.0
        if raw[_WORDS] < _FEW_WORDS and raw[_STEPS] < _NO_STEPS:
            plain = max(plain, 0.5)
        return float(_PULL[language] * (1.0 - plain) * max(0.0, UNFAMILIAR - text))


def discrimination(raw: Floats) -> Floats:
    """How many times the levels of models count, shape (n,); 1 but for coding agents.

    Source:
        Birnbaum (1968), the two-parameter logistic model; the parameter here is a judgement, not a fit.
    """
    return 1.0 + _DISCRIMINATES * np.asarray(raw[:, CODING_AGENT])


def _mix(raw: Floats, learned: Floats, around: npt.NDArray[np.bool_]) -> Floats:
    """Shares of `GROUPS`: an agent's step is tools throughout, a question is split by what it speaks of.

    A coding agent's step has more than one share, as `discrimination` says.
    """
    rows = []
    for signals, exam, some in zip(raw[:, _MIXED].tolist(), learned.tolist(), around.tolist(), strict=True):
        tools, results, code, maths, world, coding = signals
        if some and tools + results > 0:
            rows.append((0.0, 0.0, 0.0, 0.0, 1.0 + _DISCRIMINATES * coding))
            continue
        code = min(code, 1.0)
        maths = min(maths, 1.0) * (1.0 - code)
        rest = 1.0 - code - maths
        knowledge = rest * min(max(world, exam), 1.0)
        rows.append((rest - knowledge, knowledge, maths, code, 0.0))
    return np.array(rows)
