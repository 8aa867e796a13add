"""How a history is changed so that the chosen tier accepts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

EditAction: TypeAlias = Literal[
    "drop_part",
    "rewrite_part",
    "drop_field",
    "fill_field",
    "drop_message",
    "drop_call",
    "rewrite_id",
    "fill_content",
    "insert_message",
    "summarise",
]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to the history, so that the chosen tier accepts it. Indices are those of the list the host gave.

    - `drop_part`: leave out part `part` of message `message`'s content list;
    - `rewrite_part`: that part becomes a text part that says `new`;
    - `drop_field`: leave out the message's key `field`; with `part`, that part's key; `tool_calls.x` is the key `x` of
      each of its calls;
    - `fill_field`: the message's key `field` says `new`, whatever it said before;
    - `drop_message`: leave out message `message`;
    - `drop_call`: leave out the message's tool call `old`;
    - `rewrite_id`: the tool-call id `old` reads `new` in message `message`, in a call or in a result;
    - `fill_content`: message `message`'s content becomes the text `new`;
    - `insert_message`: before message `message` (behind all others where there is none), `role` says `new`; for the role
      "tool" it is the result of call `old`, for others the key `field` says `old`, where there is one; `copies` is a
      message and a part of it that then follows the text;
    - `summarise`: `new` stands in the place of messages `message` up to, not including, `stop`.

    Parts come first, then the rest in the order given; what is inserted in one place keeps its order.
    """

    action: EditAction
    message: int
    part: int | None = None
    field: str | None = None
    stop: int | None = None
    old: str | None = None
    new: str | None = None
    reason: str = ""
    role: str | None = None
    copies: tuple[int, int] | None = None
