"""What a file of questions and answers may hold."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from tierwise.config import Closed


class EntryFile(Closed):
    """One question and its answer."""

    id: str = Field(min_length=1)
    questions: tuple[str, ...] = Field(min_length=1, description="Phrasings, in any language.")
    answer: str = Field(min_length=1, description="Given word for word.")
    valid_until: date | None = None
    covers: tuple[str, ...] = Field(default=(), description="Words that ask for nothing else.")


class FaqFile(Closed):
    """A whole file."""

    entries: tuple[EntryFile, ...] = Field(min_length=1)
