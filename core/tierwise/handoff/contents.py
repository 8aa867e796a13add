"""Contents in a form that the provider takes: empty ones filled or dropped, lists as texts, images where they may stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tierwise.handoff.draft import Draft
from tierwise.handoff.entry import Entry
from tierwise.handoff.shapes import kind_of
from tierwise.handoff.words import IMAGE, IMAGE_OF_ANSWER, IMAGE_OF_TOOL, NO_OUTPUT, NO_TEXT

_THOUGHTS = frozenset({"thinking", "redacted_thinking", "reasoning", "reasoning_content"})
_OTHER_ANSWERS = ("function_call", "refusal", "audio")
IMAGES: Final = frozenset({"image_url", "image", "input_image"})


def drop_hollow(draft: Draft) -> None:
    """Drops answers that say nothing: no text, no call, at most thoughts that lead nowhere.

    vercel/ai#7099 (OpenAI), NousResearch/hermes-agent#105780 (Bedrock): refused by their own makers too.
    """
    for entry in [*draft.entries]:
        if is_hollow(entry):
            draft.drop(entry, "an answer that says nothing")


def is_hollow(entry: Entry) -> bool:
    """Whether an answer has neither words nor calls in it: no content at all, or a list of parts that say nothing."""
    if entry.role != "assistant" or entry.calls or any(entry.message.get(name) for name in _OTHER_ANSWERS):
        return False
    if entry.parts is None:
        return entry.message.get("content") is None
    return all(is_blank_part(part) or is_thought(part) for part in entry.parts.values())


def is_thought(part: Any) -> bool:
    """Whether a part holds thoughts, in any maker's form."""
    return kind_of(part) in _THOUGHTS


def fill_blanks(draft: Draft) -> None:
    """Fills or drops what is empty, where the provider refuses it."""
    if draft.demands.blanks:
        return
    for entry in [*draft.entries]:
        if entry.parts and entry.role != "assistant":
            _drop_blank_parts(draft, entry)
        if not _is_blank(entry):
            continue
        if entry.role == "user":
            draft.fill(entry, NO_TEXT, "an empty message")
        elif entry.role in ("system", "developer") or (entry.role == "assistant" and not entry.calls):
            draft.drop(entry, "an empty message")
        elif (
            entry.role == "assistant" and entry.owner != "own" and entry.parts is None and entry.message.get("content")
        ):
            draft.fill(entry, "", "an empty text")
        elif entry.role == "tool" and (entry.message.get("content") or not draft.demands.empty_results):
            draft.fill(entry, NO_OUTPUT, "an empty result")


def flatten_lists(draft: Draft) -> None:
    """Makes a text of each list of parts, where the provider takes texts only; what it made itself its client can send."""
    if draft.demands.lists:
        return
    for entry in draft.entries:
        if entry.parts is not None and entry.owner != "own":
            texts = [_as_text(part) for part in entry.parts.values()]
            draft.fill(entry, "\n\n".join(text for text in texts if text), "this provider takes texts only")


def move_images(draft: Draft) -> None:
    """Shows images of tools and assistants in a user's message, where the provider takes them there alone."""
    demands = draft.demands
    if demands.tool_images and demands.answer_images:
        return
    for entry in [*draft.entries]:
        if entry.role == "assistant" and not entry.calls and not demands.answer_images:
            following = draft.entries[draft.entries.index(entry) + 1 :]
            _move(draft, entry, following[0] if following else None, IMAGE_OF_ANSWER)
    for caller, results, after in [*draft.groups()]:
        if not demands.answer_images:
            _move(draft, caller, after, IMAGE_OF_ANSWER)
        if not demands.tool_images:
            for result in results:
                _move(draft, result, after, IMAGE_OF_TOOL)


def _move(draft: Draft, entry: Entry, before: Entry | None, words: str) -> None:
    for index, part in [*(entry.parts or {}).items()]:
        if kind_of(part) in IMAGES and entry.origin is not None:
            draft.rewrite_part(entry, index, words, "images stand in user messages only")
            draft.insert(before, "user", words, copies=(entry.origin, index))


def _drop_blank_parts(draft: Draft, entry: Entry) -> None:
    for index, part in [*(entry.parts or {}).items()]:
        if len(entry.parts or {}) > 1 and is_blank_part(part):
            draft.drop_part(entry, index, "an empty text")


def _is_blank(entry: Entry) -> bool:
    content = entry.message.get("content")
    if isinstance(content, list):
        return all(is_blank_part(part) for part in content)
    return not str(content or "").strip()


def is_blank_part(part: Any) -> bool:
    """Whether a part is a text without a word."""
    if isinstance(part, str):
        return not part.strip()
    if not isinstance(part, Mapping) or part.get("type") != "text":
        return False
    return "text" in part and not str(part["text"] or "").strip()


def _as_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping) and part.get("type") == "text":
        return str(part.get("text") or "")
    return IMAGE if kind_of(part) in IMAGES else ""
