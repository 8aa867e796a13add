"""Answers questions of a list, word for word, and only those.

    faq = FAQ([Entry("returns", ("What is your return policy?", "How do I return an item?"), "Within 30 days …")])
    Router([Tier("faq", handler=faq), Tier("small", model="gpt-4.1-nano"), …])

Two things must agree before an answer is given. The *vector* of the question must be near that of one of an entry's
phrasings, and clearly nearer than those of other entries. That finds the entry, and cannot tell "the return policy" from
"the return policy for wedding items". So the *words* must agree too: every word of the question that says something must
stand in the entry (in a phrasing, in the answer, or in `covers`), and the phrasing's own words must mostly be asked for.
A qualifier, a name, a number, a negation or a second question that the entry knows nothing of sends the step up.

Recall comes from phrasings: an entry with five answers more than one with two. Precision does not depend on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from tierwise.embedding import load_embedder
from tierwise.errors import ConfigError
from tierwise.handlers.door import open_to_text
from tierwise.handlers.words import (
    PRONOUNS,
    acts,
    core_of,
    is_question,
    negated,
    sentences,
    shouted,
    telling,
    words_of,
)
from tierwise.protocols import Embedder
from tierwise.signals.turn import read_turn
from tierwise.types import Abstention, Floats, Reading, Reply, Step

THRESHOLD: Final = 0.80
"""Least likeness (cosine) of question and phrasing; for the packaged encoder, see `tests/core/test_handlers_faq.py`."""
MARGIN: Final = 0.05
"""Least lead over the nearest phrasing of any other entry."""

_MAX_CHARS: Final = 300
_LEAST_ASKED: Final = 0.5
"""More than this share of a phrasing's words must stand in the question; whose it is ("your") does not count."""
_WHOSE: Final = frozenset(("my", "your", "our"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A question and its answer.

    Args:
        id: What the source of an answer is called.
        questions: One or more phrasings, in any language.
        answer: Given word for word.
        valid_until: The last day on which the answer holds.
        covers: Further words that a question may have without asking for something else.

    Raises:
        ConfigError: There is no id, no question, or no answer.
    """

    id: str
    questions: tuple[str, ...]
    answer: str
    valid_until: date | None = None
    covers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.id.strip() or not self.answer.strip():
            raise ConfigError(f"the FAQ entry {self.id!r} needs an id and an answer")
        if not isinstance(self.questions, tuple) or not self.questions or not all(map(words_of, self.questions)):
            raise ConfigError(f"the FAQ entry {self.id!r} needs questions=('…', …), none of them empty")


@dataclass(frozen=True, slots=True)
class _Phrasing:
    entry: int
    telling: frozenset[str]
    negated: bool
    asks: bool
    acts: frozenset[tuple[str, str]]
    """Who does what ("do *I cancel* my order")."""


class FAQ:
    """The handler.

    Args:
        entries: The list.
        threshold: Least likeness of the nearest phrasing, in (0, 1]; by default what suits the packaged encoder.
        margin: Least lead over other entries, in [0, 1].
        embedder: As for `Router`.
        name: Stands before the `#` in an answer's source.
        today: Tells the day; for tests.

    Raises:
        ConfigError: There are no entries, two share an id or a phrasing, or a number is out of range.
        EmbedderUnavailable: The embedder is not on this machine.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        threshold: float | None = None,
        margin: float | None = None,
        embedder: str | Path | Embedder | None = "packaged",
        name: str = "faq",
        today: Callable[[], date] = date.today,
    ) -> None:
        self.entries = tuple(entries)
        self.threshold = THRESHOLD if threshold is None else threshold
        self.margin = MARGIN if margin is None else margin
        self.name = name
        self._today = today
        loaded = load_embedder(embedder)
        if loaded is None:
            raise ConfigError("a FAQ needs an embedder: leave it out for the packaged one")
        self._embedder = loaded
        _check(self.entries, self.threshold, self.margin)
        texts = [(i, question) for i, entry in enumerate(self.entries) for question in entry.questions]
        self._phrasings = [_phrasing(i, question) for i, question in texts]
        self._owner = np.array([i for i, _ in texts])
        self._vectors: Floats = np.asarray(loaded.embed([core_of(question) for _, question in texts]), np.float32)
        self._vocabularies = [_vocabulary(entry) for entry in self.entries]
        asked = frozenset[str]().union(*(phrasing.telling for phrasing in self._phrasings))
        self._covered = frozenset(w for entry in self.entries for text in entry.covers for w in words_of(text)) - asked

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        threshold: float | None = None,
        margin: float | None = None,
        embedder: str | Path | Embedder | None = None,
    ) -> FAQ:
        """Reads a YAML or JSON file.

            entries:
              - id: returns
                questions:
                  - What is your return policy?
                  - How do I return an item?
                answer: Within 30 days of delivery.
                valid_until: 2027-01-31

        Raises:
            ConfigError: The file is missing or wrong; the message names line and key.
        """
        from tierwise.config import read_yaml
        from tierwise.handlers.faq_file import FaqFile

        file = Path(path)
        entries = [Entry(**entry.arguments()) for entry in read_yaml(file, FaqFile, "entries").entries]
        chosen = "packaged" if embedder is None else embedder
        return cls(entries, threshold=threshold, margin=margin, embedder=chosen, name=file.name)

    def handle(self, step: Step, reading: Reading) -> Reply | Abstention:
        """The entry's answer, or why there is none."""
        asked = open_to_text(step, reading, _MAX_CHARS)
        if isinstance(asked, str):
            return Abstention(asked)
        core = core_of(asked.text)
        words = words_of(core)
        if not words:
            return Abstention("nothing is asked")
        if len(sentences(core)) != 1:
            return Abstention("more than one sentence")
        if read_turn(core, after_question=False) != "request":
            return Abstention("it leans on what was said")
        likeness = self._vectors @ np.asarray(self._embedder.embed([self._without_covered(core)]), np.float32)[0]
        return self._judged(asked.text, core, words, likeness)

    def _judged(self, text: str, core: str, words: list[str], likeness: Floats) -> Reply | Abstention:
        best = int(np.argmax(likeness))
        phrasing, near = self._phrasings[best], float(likeness[best])
        entry = self.entries[phrasing.entry]
        if near < self.threshold:
            return Abstention(f"nearest question {near:.2f} < {self.threshold:.2f}")
        others = likeness[self._owner != phrasing.entry]
        second = float(others.max()) if others.size else 0.0
        if near - second < self.margin:
            return Abstention(f"{entry.id!r} {near:.2f} and another entry {second:.2f} are too near")
        strange = self._strange(core, words, phrasing, shouted(text))
        if strange is not None:
            return Abstention(f"{entry.id!r} is near ({near:.2f}), but {strange}")
        if entry.valid_until is not None and self._today() > entry.valid_until:
            return Abstention(f"{entry.id!r} was valid until {entry.valid_until}")
        return Reply(f"{self.name}#{entry.id}", round(min(1.0, max(0.0, near)), 2), entry.answer)

    def _without_covered(self, core: str) -> str:
        """Words that ask for nothing else do not move a question away from its entry either."""
        if self._covered.isdisjoint(words_of(core)):
            return core
        return " ".join(word for word in core.split() if self._covered.isdisjoint(words_of(word)))

    def _strange(self, core: str, words: list[str], phrasing: _Phrasing, loud: frozenset[str]) -> str | None:
        """What the question says that the entry does not, without repeating it."""
        said = [*telling(words), *loud.intersection(words)]
        unknown = [word for word in said if word not in self._vocabularies[phrasing.entry]]
        if unknown:
            return f"{len(unknown)} of {len(said)} words are not covered"
        if negated(words) != phrasing.negated:
            return "one of the two is negated"
        asked = phrasing.telling - _WHOSE
        if asked and len(asked.intersection(said)) <= _LEAST_ASKED * len(asked):
            return "it asks for less"
        if not is_question(core, words):
            if words[0] in PRONOUNS and phrasing.asks:
                return "it is no question"
            if any(words[0] == act for _, act in phrasing.acts):
                return "it is an order to act"
        if any(
            (person, act) not in phrasing.acts and any(act == other for _, other in phrasing.acts)
            for person, act in acts(words)
        ):
            return "somebody else is to act"
        return None


def _phrasing(entry: int, question: str) -> _Phrasing:
    core = core_of(question)
    words = words_of(core)
    return _Phrasing(entry, frozenset(telling(words)), negated(words), is_question(core, words), acts(words))


def _vocabulary(entry: Entry) -> frozenset[str]:
    texts: Sequence[str] = (*map(core_of, entry.questions), entry.answer, *entry.covers)
    return frozenset(word for text in texts for word in words_of(text))


def _check(entries: tuple[Entry, ...], threshold: float, margin: float) -> None:
    if not entries:
        raise ConfigError("a FAQ without entries answers nothing: give at least one Entry")
    if not 0 < threshold <= 1 or not 0 <= margin <= 1:
        raise ConfigError(
            f"threshold is {threshold!r} and margin {margin!r}: give numbers from 0 to 1, threshold above 0"
        )
    ids = [entry.id for entry in entries]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ConfigError(f"FAQ ids must differ; given more than once: {twice!r}")
    owner: dict[str, str] = {}
    for entry in entries:
        for question in entry.questions:
            other = owner.setdefault(core_of(question), entry.id)
            if other != entry.id:
                raise ConfigError(
                    f"entries {other!r} and {entry.id!r} have a question in common: give it to one of them"
                )
