"""What one pass over a step's messages finds: counts, calls and their results, requests and what stood before them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tierwise.signals.programs import names_source_file
from tierwise.signals.results import has_failed
from tierwise.signals.task import is_tool_output
from tierwise.signals.text import Content, read_content
from tierwise.signals.tokens import PER_CALL, PER_IMAGE, PER_MESSAGE, estimate_tokens
from tierwise.signals.trouble import Trouble

_OPENING: Final = 200
_LONGEST_PARSED: Final = 20_000


class History:
    """What one pass over the messages finds. It can be copied and extended by the messages that are new."""

    def __init__(self) -> None:
        self.messages = 0
        self.tokens = 0
        self.images = 0
        self.depth = 0
        self.results = 0
        self.errors = 0
        self.repeats = 0
        self.last_call_repeated = False
        self.last_failed = False
        self.last_result_chars = 0
        self.after_result = False
        self.on_program = False
        """Whether a call or a result has named a file of source code: who has begun on a program stays on it."""
        self.latest = ""
        self.users: list[str] = []
        self.replies: list[str] = []
        """For each user message, the assistant's text before it."""
        self.trouble = Trouble()
        self._calls: dict[tuple[str, str], int] = {}
        self._reply = ""

    def extend(self, messages: Iterable[Any]) -> None:
        """Reads further messages."""
        for message in messages:
            self._add(message)

    def copy(self) -> History:
        """The same findings, to be extended on their own."""
        twin = History()
        twin.__dict__.update(self.__dict__)
        twin.users, twin.replies, twin._calls = self.users.copy(), self.replies.copy(), self._calls.copy()
        twin.trouble = self.trouble.copy()
        return twin

    def _add(self, message: Any) -> None:
        self.messages += 1
        if not isinstance(message, (dict, Mapping)):
            return
        raw = message.get("content")
        content = Content(raw) if isinstance(raw, str) else read_content(raw)
        self.tokens += PER_MESSAGE + (estimate_tokens(content.text) if content.text else 0) + PER_IMAGE * content.media
        self.images += content.media
        role = message.get("role")
        if role == "assistant":
            self._add_assistant(message, content)
        elif role == "tool" or role == "function":
            self._add_result(message, content.text)
        elif role == "user":
            self._add_user(message, content)
        else:
            self.after_result = False
        if content.text:
            self.latest = content.text

    def _add_assistant(self, message: Mapping[Any, Any], content: Content) -> None:
        self.depth += 1
        self.after_result = False
        self._reply = content.text or self._reply
        calls = list(content.calls)
        raw = message.get("tool_calls")
        if isinstance(raw, (list, tuple)):
            calls += [_call(item) for item in raw[:200] if isinstance(item, (dict, Mapping))]
        if isinstance(legacy := message.get("function_call"), Mapping):
            calls.append((str(legacy.get("name")), legacy.get("arguments")))
        keys = [(name, _canonical(arguments)) for name, arguments in calls]
        self._count_calls(keys)
        self.trouble.add_turn(keys, bool(keys) and self.last_call_repeated, content.text)

    def _count_calls(self, keys: list[tuple[str, str]]) -> None:
        if keys:
            self.last_call_repeated = False
        for key in keys:
            self.tokens += PER_CALL + estimate_tokens(key[1])
            seen = self._calls.get(key, 0)
            self._calls[key] = seen + 1
            if seen:
                self.repeats += 1
                self.last_call_repeated = True

    def _add_result(self, message: Mapping[Any, Any], text: str, flagged: bool = False) -> None:
        failed = has_failed(message, text, flagged)
        # Of the results of parallel calls, which come one after the other, a single failure is a failure.
        self.last_failed = failed or (self.after_result and self.last_failed)
        self.results += 1
        self.errors += failed
        self.trouble.add_result(text, failed)
        self.on_program = self.on_program or names_source_file(text)
        self.after_result = True
        self.last_result_chars = len(text)

    def _add_user(self, message: Mapping[Any, Any], content: Content) -> None:
        failed = False
        for text, flagged in content.results:
            self.tokens += estimate_tokens(text)
            self._add_result({}, text, flagged)
            failed = failed or self.last_failed
            self.latest = text
        self.last_failed = failed if content.results else self.last_failed
        if content.text and is_tool_output(content.text[:_OPENING]):
            self._add_result({}, content.text.partition(":")[2] or content.text)
        elif content.text:
            self.after_result = self.after_result and bool(content.results)
            self.users.append(content.text)
            self.replies.append(self._reply)
            self._reply = ""
            self.trouble.add_request()
            self._calls.clear()  # a new request may well need the same call again
        elif not content.results:
            self.after_result = False


def _call(item: Mapping[Any, Any]) -> tuple[str, Any]:
    function = item.get("function", item)
    if not isinstance(function, (dict, Mapping)):
        return ("", None)
    return (str(function.get("name")), function.get("arguments", function.get("args")))


def _canonical(arguments: Any) -> str:
    """Arguments as one text, however the host spaced, ordered or escaped them: hosts must decide alike."""
    try:
        value = arguments
        if isinstance(arguments, str):
            if len(arguments) > _LONGEST_PARSED:
                return arguments
            value = json.loads(arguments)
        return _compact(value)
    except (TypeError, ValueError, RecursionError):
        return arguments if isinstance(arguments, str) else ""


_compact: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode
