"""The question's own difficulty: what sort of request (opinion), how dense within its sort, how hard its subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tierwise.classifier.difficulty import CLASSES
from tierwise.classifier.features import N_TEXT, TEXT_SIGNALS
from tierwise.errors import MissingExtra
from tierwise.types import Floats

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TextRows", "fit_texts", "fit_within"]

_EXAM_ROWS, _FACT_ROWS = 1500, 250
_C = 1.0
"""Inverse strength of the ridge on class scores; strong, because the opinions are templates."""
_PLAIN_SHARE = 0.2
"""Say of the fit on signals alone in a head with vectors; at a half, padding makes trivial questions hard again."""
_SAY = {"DEBUG": 1.5}
"""How much a class counts beside the others, all sizes made equal; what must not be missed counts more."""
_RIDGE_BETWEEN = 30.0
_VECTOR_SCALE = 4.0
"""Vectors have length 1: their entries are scaled up so that one ridge suits signals and vectors."""

SIGNS: dict[str, int] = {
    "question_chars": 1,
    "question_words": 1,
    "sentences": 1,
    "lexical_complexity": 1,
    "reasoning_steps": 1,
    "world_knowledge": 1,
    "parts": 1,
    "numbers": 1,
    "code": 1,
    "mathematics": 1,
    "lookup": -1,
}
"""Which way a signal may point inside one kind of task; signals not named here have no say."""


@dataclass(frozen=True)
class TextRows:
    """Standardised signals, vectors of the task (or None), and targets.

    `about` has one row per question: source, task, class (index in `CLASSES`), failure (of weak models, 0 to 1),
    task_difficulty (logits).
    """

    questions: Floats
    question_vectors: Floats | None
    opinions: Floats
    opinion_vectors: Floats | None
    opinion_class: Floats
    about: pd.DataFrame


def fit_texts(rows: TextRows, seed: int) -> tuple[Floats, Floats]:
    """Weights, shape (n_text + dim, n_classes + 2), and biases of class scores, within and between.

    With vectors it is a weighted mean of a fit on signals and one on both: the first knows what debugging looks like in
    other words, the second what a look-up does, and each errs less in the other's company.
    """
    text, bias = _fit(rows.questions[:, :N_TEXT], rows.opinions[:, :N_TEXT], rows, seed)
    if rows.question_vectors is None or rows.opinion_vectors is None:
        return text, bias
    questions = np.concatenate([rows.questions[:, :N_TEXT], _VECTOR_SCALE * rows.question_vectors], axis=1)
    opinions = np.concatenate([rows.opinions[:, :N_TEXT], _VECTOR_SCALE * rows.opinion_vectors], axis=1)
    with_vectors, vector_bias = _fit(questions, opinions, rows, seed)
    with_vectors[N_TEXT:] *= _VECTOR_SCALE
    with_vectors *= 1 - _PLAIN_SHARE
    with_vectors[:N_TEXT] += _PLAIN_SHARE * text
    return with_vectors, _PLAIN_SHARE * bias + (1 - _PLAIN_SHARE) * vector_bias


def _fit(questions: Floats, opinions: Floats, rows: TextRows, seed: int) -> tuple[Floats, Floats]:
    classes, class_bias = _fit_classes(questions, opinions, rows, seed)
    within = np.zeros(questions.shape[1])
    within[:N_TEXT], within_bias = fit_within(rows.questions[:, :N_TEXT], rows.about)
    between, between_bias = _fit_between(questions, rows.about)
    text = np.concatenate([classes, within[:, None], between[:, None]], axis=1)
    return text, np.concatenate([class_bias, [within_bias, between_bias]])


def _fit_classes(questions: Floats, opinions: Floats, rows: TextRows, seed: int) -> tuple[Floats, Floats]:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtra("scikit-learn", "train") from error
    rng = np.random.default_rng(seed)
    tasks = (rows.about["source"] + "/" + rows.about["task"]).to_numpy()
    names, counts = np.unique(tasks, return_counts=True)
    sources = rows.about["source"].to_numpy()
    share = dict(zip(names, 1.0 / counts, strict=True))
    # Each source counts once, each of its tasks equally: else one benchmark would be what an exam is.
    weight = np.array([share[task] for task in tasks])
    weight[~rows.about["exact"].to_numpy()] = 0.0
    for source in np.unique(sources):
        weight[sources == source] /= max(weight[sources == source].sum(), 1.0)
    chosen = rng.choice(
        len(tasks), min(_EXAM_ROWS, int(np.count_nonzero(weight))), replace=False, p=weight / weight.sum()
    )
    cases = np.flatnonzero((rows.about["class"] == CLASSES.index("CASE")) & rows.about["exact"])
    facts = np.flatnonzero(rows.about["class"] == CLASSES.index("LOOKUP"))
    chosen = np.union1d(chosen, [*cases, *rng.permutation(facts)[:_FACT_ROWS]]).astype(int)
    x = np.concatenate([opinions, questions[chosen]])
    y = np.concatenate([rows.opinion_class, rows.about["class"].to_numpy()[chosen]])
    # Answer options say "benchmark" and nothing else: a case put to an agent has none.
    x = np.where(np.arange(x.shape[1]) == TEXT_SIGNALS.index("options"), 0.0, x)
    found, sizes = np.unique(y, return_counts=True)
    say = {c: _SAY.get(CLASSES[c], 1.0) * len(y) / (len(found) * n) for c, n in zip(found, sizes, strict=True)}
    model = LogisticRegression(C=_C, max_iter=2000, class_weight=say).fit(x, y)
    return model.coef_.T, model.intercept_


def fit_within(x: Floats, about: pd.DataFrame) -> tuple[Floats, float]:
    """Signed weights whose output has standard deviation 1 inside a task, and the bias that makes its mean 0.

    Source:
        Lawson and Hanson (1974), non-negative least squares, on signals and target both centred in the task.
    """
    try:
        from scipy.optimize import nnls
    except ImportError as error:
        raise MissingExtra("scipy", "train") from error
    known = about["failure"].notna().to_numpy()
    x, about = x[known], about[known].reset_index(drop=True)
    task = (about["source"] + "/" + about["task"]).to_numpy()
    signs = np.array([SIGNS.get(name, 0) for name in TEXT_SIGNALS], dtype=float)
    _, index, counts = np.unique(task, return_inverse=True, return_counts=True)
    centred = x - _means(x, index, counts)
    failure = about["failure"].to_numpy()
    y = failure - _means(failure[:, None], index, counts)[:, 0]
    # Balanced: a task of 900 questions has the say of 30.
    weight = np.sqrt(1.0 / np.sqrt(counts[index]))
    found, _ = nnls(
        np.concatenate([(centred * signs) * weight[:, None], 0.3 * np.eye(x.shape[1])]),
        np.concatenate([y * weight, np.zeros(x.shape[1])]),
    )
    # Half of it is plain length: on sources left out it beats every finer reading (ADEQUACY, finding 1).
    length = np.eye(x.shape[1])[TEXT_SIGNALS.index("question_chars")]
    w = _unit(centred, found * signs) + _unit(centred, length)
    w = _unit(centred, w)
    return w, -float(np.median(x @ w))


def _unit(x: Floats, w: Floats) -> Floats:
    """The weights, scaled so that their output has standard deviation 1; zeros stay zeros."""
    sd = float((x @ w).std())
    return w / sd if sd > 1e-9 else w


def _means(x: Floats, index: Floats, counts: Floats) -> Floats:
    sums = np.zeros((len(counts), x.shape[1]))
    np.add.at(sums, index, x)
    return np.asarray((sums / counts[:, None])[index])


def _fit_between(x: Floats, about: pd.DataFrame) -> tuple[Floats, float]:
    """Ridge on the difficulty of a question's task, centred in its source."""
    source = about["source"].to_numpy()
    _, index, counts = np.unique(source, return_inverse=True, return_counts=True)
    target = about["task_difficulty"].to_numpy()
    y = target - _means(target[:, None], index, counts)[:, 0]
    centred = x - _means(x, index, counts)
    weight = 1.0 / counts[index] * len(x) / len(counts)
    gram = (centred * weight[:, None]).T @ centred + _RIDGE_BETWEEN * np.eye(x.shape[1])
    w = np.linalg.solve(gram, centred.T @ (weight * y))
    return w, -float(x.mean(axis=0) @ w)
