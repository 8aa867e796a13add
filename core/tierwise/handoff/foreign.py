"""What another maker has signed, marked or numbered for itself is left out; the words stay.

BerriAI/litellm#26005, CommonstackAI/UncommonRoute#20 (Anthropic's signatures), lbjlaq/Antigravity-Manager#970 (Google's),
openai/codex#8145 (OpenAI's encrypted reasoning), BerriAI/litellm#27333 (item ids), NousResearch/hermes-agent#36260
(Bedrock's), BerriAI/litellm#30835 (reasoning beside the content): each refuses the others', or says it does not know them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tierwise.handoff.draft import Draft
from tierwise.handoff.entry import Entry
from tierwise.handoff.makers import maker_words
from tierwise.handoff.shapes import MARKS, arguments_of, kind_of
from tierwise.handoff.thoughts import THOUGHTS

SIGNED_FIELDS: Final = (
    "thinking_blocks",
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "reasoning_items",
    "thought_signatures",
    "provider_specific_fields",
    "response_id",
    "annotations",
    "audio",
    "images",
)
_PORTABLE_PARTS = frozenset(
    {"text", "image_url", "image", "input_image", "file", "document", "audio", "input_audio", "video", "media"}
    | {"video_url", "document_url", "text-plain", "search_result"}
)
BROKEN_CALL: Final = "broken_call"
"""What hosts call a part that is the beginning of a call and no more; the call itself, if it came, is in `tool_calls`."""
_TEXT_KEYS = frozenset({"type", "text"})
_CALL_KEYS = frozenset({"id", "type", "function"})
_NEVER_TAKEN = ("cache_control", "annotations")
_CLOSED_FORM_LACKS = dict.fromkeys((*_NEVER_TAKEN, *SIGNED_FIELDS))
# OpenAI-like APIs take arguments as any text; the others want an object, and their clients parse it.
WANT_OBJECTS: Final = frozenset({"anthropic", "google", "bedrock", "mistral"})


def leave_out_foreign(draft: Draft) -> None:
    """Drops what is valid for other makers alone, and marks that the tier's provider does not know."""
    for entry in [*draft.entries]:
        if entry.role == "assistant" and entry.owner != "own" and draft.family in WANT_OBJECTS:
            _leave_out_broken_calls(draft, entry)
        if entry.role == "assistant" and entry.owner == "foreign":
            _leave_out(draft, entry)
        _unmark(draft, entry)


def _leave_out_broken_calls(draft: Draft, entry: Entry) -> None:
    for call in entry.calls:
        if not is_object(arguments_of(call)):
            draft.drop_call(entry, str(call.get("id")), "its arguments are not a JSON object")


def _leave_out(draft: Draft, entry: Entry) -> None:
    why = f"made by {maker_words(entry.message)}, for itself alone"
    for name in SIGNED_FIELDS:
        if entry.message.get(name) and not (name == THOUGHTS and draft.target.wants_thoughts):
            draft.drop_field(entry, name, why)
    for key in dict.fromkeys(key for call in entry.calls for key in call if key not in _CALL_KEYS):
        draft.drop_field(entry, f"tool_calls.{key}", why)
    for index, part in [*(entry.parts or {}).items()]:
        _port_part(draft, entry, index, part, why)


def _port_part(draft: Draft, entry: Entry, index: int, part: Any, why: str) -> None:
    if not isinstance(part, Mapping):
        return
    kind = kind_of(part)
    if kind == "refusal":
        draft.rewrite_part(entry, index, str(part.get("refusal")), "a refusal, as a text")
    elif kind not in _PORTABLE_PARTS:
        draft.drop_part(entry, index, why)
    elif kind == "text" and not str(part.get("text") or "").strip():
        # Also what hosts show for calls that stand among the parts: the calls themselves are in `tool_calls`.
        draft.drop_part(entry, index, "an empty text")
    else:
        marks = [key for key in part if key not in _TEXT_KEYS] if kind == "text" else [k for k in MARKS if k in part]
        for key in marks:
            if key != "cache_control" or not draft.demands.cache_marks:
                draft.drop_key(entry, index, key, why)


def _unmark(draft: Draft, entry: Entry) -> None:
    """Drops marks for the cache (Anthropic's key, Bedrock's own part) and notes that are never taken back.

    LiteLLM's answers carry such notes, and as they stand OpenAI's older models refuse them: openai/openai-node#1161.
    """
    why = "this provider knows no such mark"
    marks_known = draft.demands.cache_marks
    for name in () if marks_known else _CLOSED_FORM_LACKS:
        if name == THOUGHTS and draft.target.wants_thoughts:
            continue
        if name in entry.message and _is_refused(name, entry):
            draft.drop_field(entry, name, why)
    for index, part in [*(entry.parts or {}).items()]:
        if not isinstance(part, Mapping):
            continue
        if kind_of(part) == BROKEN_CALL:
            draft.drop_part(entry, index, "a call that was cut off")
        elif "cachePoint" in part and draft.family not in (None, "bedrock"):
            draft.drop_part(entry, index, why)
        elif not marks_known and "cache_control" in part:
            draft.drop_key(entry, index, "cache_control", why)


def _is_refused(name: str, entry: Entry) -> bool:
    """Whether a closed form refuses this key: always, or from others, or because nothing stands in it."""
    value = entry.message[name]
    is_empty = not value or (isinstance(value, Mapping) and not any(value.values()))
    return name in _NEVER_TAKEN or is_empty or (entry.role == "assistant" and entry.owner != "own")


def is_object(arguments: Any) -> bool:
    """Whether a call's arguments are a JSON object."""
    if not isinstance(arguments, str):
        return isinstance(arguments, Mapping)
    try:
        return isinstance(json.loads(arguments or "{}"), dict)
    except ValueError:
        return False
