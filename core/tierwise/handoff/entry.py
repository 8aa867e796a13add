"""One message of a history that is being edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tierwise.handoff.makers import Owner
from tierwise.handoff.shapes import calls_of
from tierwise.types import Message


@dataclass(slots=True, eq=False)
class Entry:
    """One message of a draft.

    Attributes:
        message: As it looks by now.
        origin: Its index in the host's list; None where it was inserted.
        owner: Who made it, seen from the tier; of interest for assistant messages.
        parts: The content's parts by their index in the host's list; None where the content is a text.
        copies: For an inserted message, the host's message and part that follow its text.
        replaces: For a summary, the stretch of the host's list in whose place it stands.
    """

    message: Message
    origin: int | None
    role: str
    owner: Owner = "unknown"
    parts: dict[int, Any] | None = None
    copies: tuple[int, int] | None = None
    replaces: tuple[int, int] | None = None

    @property
    def calls(self) -> list[Mapping[str, Any]]:
        """Its tool calls."""
        return calls_of(self.message)

    @property
    def call_ids(self) -> list[str]:
        """The ids of its tool calls."""
        return [str(call.get("id")) for call in self.calls]
