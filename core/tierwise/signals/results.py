"""Did a tool fail? Read from flags and structure first, from words last, and only from how a text begins.

A result that *mentions* errors is no failure: "0 errors, build OK", a log file, source code that raises. A failing
tool says so at once: in a flag, in a JSON field, as its exit code, or as the first words it prints.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from tierwise.signals.failure_words import FAILED, FAILED_INSIDE, FAILED_WITH_MARK
from tierwise.signals.text import fold

_HEAD: Final = 400
_TAIL: Final = 6_000
_BAD_STATUS: Final = frozenset(("error", "failed", "failure", "fail", "exception"))

_JSON_HINTS: Final = ("err", "exception", "fail", "ok", "succe", "status", "code", "fehler")
_PARSED_CHARS: Final = 4_000
_MAX_DEPTH: Final = 2
_BAD_KEYS: Final = frozenset(
    (
        "err",
        "erreur",
        "error",
        "error_code",
        "error_message",
        "errorcode",
        "errormessage",
        "errors",
        "exception",
        "fehler",
    )
)
_GOOD_KEYS: Final = frozenset(("ok", "success", "successful", "succeeded", "is_success"))
_STATUS_KEYS: Final = frozenset(("status", "result", "state", "type", "outcome"))
_HTTP_KEYS: Final = frozenset(("status", "statuscode", "status_code", "http_status", "httpstatus", "code"))
_EXIT_KEYS: Final = frozenset(("exit_code", "exitcode", "returncode", "return_code", "exit_status", "exitstatus"))
_WRAPPERS: Final = frozenset(("error", "result", "response", "output", "data", "body", "content"))
_JSON_FAILURE: Final = re.compile(
    r'"(?:error|errors|exception|error_message|error_code)"\s*:\s*(?!null|false|""|\[\s*\]|\{\s*\}|0\b|"none")'
    r'|"(?:ok|success)"\s*:\s*false|"is_?error"\s*:\s*true|"status"\s*:\s*"?(?:error|failed|failure|[45]\d\d\b)'
    r'|"(?:exit_?code|returncode)"\s*:\s*-?[1-9]'
)
_TAGGED_FAILURE: Final = re.compile(
    r"<(?:returncode|exit_?code|return_code)>\s*-?[1-9]|\A\s*<(?:tool_use_)?error>"
    r"|(?:\A|\n)\W{0,3}(?:exit ?code|exit status|return ?code|exited with(?: code| status)?|process exited with code)"
    r"\W{0,3}-?[1-9]"
)
_NAMED_ERROR: Final = re.compile(
    r"(?:[\w.'-]{1,60} ){0,2}?[\w.]{0,80}(?:error|exception)(?:\(\w{0,40}\))?(?:\s*[:!]|\s*\Z|\s+(?:occurred|executing|"
    r"calling|running|while|reading|opening|invoking|during|fetching|parsing|loading|connecting|in thread|code)\b)"
)
_SOURCE: Final = ("class ", "def ", "raise ", "except ", "catch ", "import ", "from ", "public ", "throw ", "return ")
_NO_ERROR: Final = re.compile(r"(?:no|0|zero|without|last|kein|sin|sans|ohne) [\w ]{0,20}(?:error|exception)")
_NOTHING: Final = re.compile(r"\W*(?:(?:none|null|nil|no|false|ok)\s*(?:\Z|[,.;)\n])|0\b)")
_MARK: Final = re.compile(r"\s*(?:[:!.,;()\[\]\-–—：！。，]|\Z|\n|\d)")
_HTTP_STATUS: Final = re.compile(
    r"(?:http(?:/\d\.\d)? )?[45]\d\d (?:bad|unauth|forbid|not|internal|gateway|service|too|client|server|error)|"
    r"http(?:/\d\.\d)? [45]\d\d\b"
)
_BARE_EXCEPTION: Final = re.compile(
    r"\d+ validation errors? for \w|[\w.]{1,80}\(\) (?:missing \d+ required|got an unexpected|takes \d|takes from)|"
    r"(?:float |integer )?division (?:or modulo )?by zero\b|(?:list|tuple|string|index)(?: assignment)? index out of range|"
    r"\w{1,40}'? object (?:has no attribute|is not (?:iterable|callable|subscriptable))|invalid literal for \w|"
    r"unsupported operand type|no such (?:table|column)\b|near \"[^\"\n]{0,40}\": syntax error|expecting value: line \d|"
    r"name '\w{1,80}' is not defined|no module named |maximum recursion depth|not enough values to unpack|"
    r"could not convert string|cannot read propert|undefined is not |\w{1,80} is not (?:a function|defined)\b"
)
"""What exceptions say without their name: hosts that hand over `str(error)` leave nothing else."""
_LEAD: Final = re.compile(r"\A(?:\x1b\[[\d;]{0,10}m|[\W_])+")
_SHORT_CHARS: Final = 100
_LONGEST_EXCEPTION: Final = 600
_FRAME: Final = re.compile(r"raceback \(most recent call last\)|\n\s{1,80}at [\w$.<>]{1,200}\(")
_LAST_LINE: Final = re.compile(r"\n[A-Za-z_][\w.]{0,80}(?:Error|Exception|Interrupt)(?::[^\n]{0,2000})?\s*\Z")
_CELL: Final = re.compile(r"\A\s*cell in ?\[?\s*\d+\]?, line")
_NOTEBOOK: Final = re.compile(r"-{20}\s*\n\w{0,60}(?:Error|Exception|Interrupt) {2,80}Traceback \(most recent")


def has_failed(message: Mapping[Any, Any], text: str, flagged: bool = False) -> bool:
    """True where a tool result says that the tool failed.

    Args:
        message: The message that holds the result; `is_error`, `error` and `status` are read.
        text: The result.
        flagged: True where the part that holds the result is flagged as an error.
    """
    if flagged or message.get("is_error") is True:
        return True
    status = message.get("status")
    if isinstance(status, str) and status.lower() in _BAD_STATUS:
        return True
    return text_failed(text, said_fine=message.get("is_error") is False)


def text_failed(text: str, said_fine: bool = False) -> bool:
    """True where a text reads like the output of a failed tool.

    Args:
        text: A tool's result.
        said_fine: The host says that the tool did not fail: then only fields and exit codes can say otherwise.
    """
    head = text[:_HEAD].strip().lower()
    if not head:
        return False
    if head[0] == "{":
        return any(map(head.__contains__, _JSON_HINTS)) and _json_failed(text, head)
    if head[0] == "[" and head[1:2] in ("{", '"', "]", "[", ""):
        return False
    if ("code" in head or "exit" in head or "<" in head) and _TAGGED_FAILURE.search(head) is not None:
        return True
    if said_fine:
        return False
    return _opens_with_failure(fold(head), len(text)) or _CELL.match(head) is not None or _shows_traceback(text)


def _opens_with_failure(head: str, chars: int) -> bool:
    head = _LEAD.sub("", head)
    if head.startswith(FAILED_WITH_MARK):
        word = next(word for word in FAILED_WITH_MARK if head.startswith(word))
        if _MARK.match(head, len(word)) is not None and _NOTHING.match(head, len(word)) is None:
            return True
    if head.startswith(FAILED) or _HTTP_STATUS.match(head) is not None:
        return True
    if chars <= _LONGEST_EXCEPTION and _BARE_EXCEPTION.match(head) is not None:
        return True
    found = None if head.startswith(_SOURCE) else _NAMED_ERROR.match(head)
    if found is not None and _NO_ERROR.match(head) is None and _NOTHING.match(head, found.end()) is None:
        return True
    return chars <= _SHORT_CHARS and "\n" not in head and any(map(head.__contains__, FAILED_INSIDE))


def _json_failed(text: str, head: str) -> bool:
    """Reads the fields of a short object; of a long one, only how it begins."""
    if len(text) <= _PARSED_CHARS:
        try:
            return _says_failed(json.loads(text), 0)
        except (ValueError, RecursionError):
            pass
    found = _JSON_FAILURE.search(head)
    return found is not None and head.count("{", 0, found.start()) - head.count("}", 0, found.start()) <= 1


def _says_failed(value: Any, depth: int) -> bool:
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        return False
    for raw, field in value.items():
        key = raw.lower()
        if key in _BAD_KEYS and field and field not in ("none", "None", "null", "0"):
            return True
        if key in _GOOD_KEYS and (field is False or field in ("false", "False")):
            return True
        if key in ("is_error", "iserror", "failed", "has_error") and field is True:
            return True
        if (
            key in _STATUS_KEYS
            and isinstance(field, str)
            and field.lower() in _BAD_STATUS
            and len(value) <= _FEW_FIELDS
        ):
            return True
        if key in _HTTP_KEYS and _is_number(field) and 400 <= int(field) <= 599:
            return True
        if key in _EXIT_KEYS and _is_number(field) and int(field) != 0:
            return True
        if key in _WRAPPERS and len(value) <= _FEW_FIELDS and _says_failed(field, depth + 1):
            return True
    return False


_FEW_FIELDS: Final = 6
"""A record of many fields is a thing (an order whose payment failed), not a report on the call."""


def _is_number(field: Any) -> bool:
    if isinstance(field, str):
        return len(field) <= 5 and field.isascii() and field.removeprefix("-").isdigit()
    return isinstance(field, int) and not isinstance(field, bool)


def _shows_traceback(text: str) -> bool:
    """A program's output, then the traceback that ended it; source code or a log does not end so."""
    tail = text[-_TAIL:]
    if "raceback (most" not in tail and "\tat " not in tail and "  at " not in tail:
        return False
    if "-----" in tail and _NOTEBOOK.search(tail) is not None:
        return True
    return _LAST_LINE.search(tail[-2_000:]) is not None and _FRAME.search(tail) is not None
