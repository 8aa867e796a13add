"""Did a tool fail? Read from flags and structure first, from words last, and only from how a text begins.

A result that *mentions* errors is no failure: "0 errors, build OK", a log file, source code that raises. A failing
tool says so at once: in a flag, in a JSON field, as its exit code, or as the first words it prints.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

_HEAD: Final = 400
_TAIL: Final = 6_000
_BAD_STATUS: Final = frozenset(("error", "failed", "failure", "fail", "exception"))

_JSON_HINTS: Final = ("err", "exception", "fail", "ok", "succe", "status", "code", "fehler")
_PARSED_CHARS: Final = 4_000
_MAX_DEPTH: Final = 2
_BAD_KEYS: Final = frozenset(("error", "errors", "exception", "error_message", "errormessage", "error_code", "errorcode", "err",
                              "fehler", "erreur", "traceback", "failure_reason"))  # fmt: skip
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
    r"|(?:\A|\n)\W{0,3}(?:exit ?code|exit status|return ?code|exited with(?: code| status)?|process exited with code)\W{0,3}-?[1-9]"
)
_FAILED_OPENING: Final = re.compile(
    r"""(?xi)\A[\W_]*(?:
      (?:fatal|critical|internal|unexpected|runtime|api|http|server|tool|execution|validation|syntax|permission|
         network|connection|request|command|function|an?|the|there\ was\ an?|got\ an?|sorry,?\ an?)?\s*
      (?:\w{0,40}(?:error|exception))(?:\s+(?:occurred|executing|calling|running|while|in|at|during|when|from|code|\d+)\b.{0,80})?
         \s*(?:[:!\]\-–—(>]|\Z|\.\s|$)
    | error\s+(?:executing|calling|running|while|reading|opening|invoking|in|during|fetching|parsing|loading|connecting|\d{3})\b
    | traceback\ \(most\ recent
    | (?:uncaught|unhandled)\ (?:exception|error)
    | exception\ in\ thread
    | (?:fatal|panic|segmentation\ fault|abort(?:ed)?|failure|failed|timed\ out|timeout|access\ denied|permission\ denied|forbidden|
         unauthorized|not\ found|command\ not\ found|no\ such\ file|invalid\ (?:argument|input|request|parameter|json|token|api)|
         bad\ request|rate\ limit|too\ many\ requests|service\ unavailable|unknown\ (?:tool|function|command))\b
         (?!\s*(?:tests?|checks?|jobs?|count)?\s*[:=]\s*(?:0|none|no)\b)
    | (?:could\ not|couldn't|cannot|can't|unable\ to|failed\ to)\ \w+
    | http(?:/\d\.\d)?\s+[45]\d\d\b
    | (?:4\d\d|5\d\d)\s+(?:bad|unauth|forbid|not|internal|gateway|service|too|client|server|error)
    | fehler(?:meldung)?\b(?!\s*[:=]\s*0) | (?:ungueltig|ungültig|zugriff\ verweigert|nicht\ gefunden|konnte\ nicht|datei\ nicht)\w*
    | erreur\b | (?:échec|echec|impossible\ d[e']|accès\ refusé|acces\ refuse|introuvable|fichier\ introuvable)
    | (?:errore|impossibile|accesso\ negato|non\ trovato|non\ è\ stato\ possibile|file\ non\ trovato)\b
    | (?:erro|falha|falhou|acesso\ negado|não\ foi\ possível|nao\ foi\ possivel|arquivo\ não\ encontrado)\b
    | (?:error|fallo|falló|acceso\ denegado|no\ se\ pudo|no\ se\ puede|no\ se\ encontr|archivo\ no\ encontrado|se\ produjo\ un\ error|
         ha\ ocurrido\ un\ error|ocurrió\ un\ error|une\ erreur|ein\ fehler|es\ ist\ ein\ fehler|si\ è\ verificato|ocorreu\ um\ erro)(?=\s|:|$)(?!\s*(?:log|rate|handling|budget|count|s\b))
    | (?:fout|mislukt|toegang\ geweigerd|kan\ niet)\b
    | (?:błąd|blad|chyba|hata|lỗi)\b
    | (?:ошибка|исключение|не\ удалось|сбой|доступ\ запрещ|файл\ не\ найден|не\ найден|произошла\ ошибка|помилка)
    | (?:错误|錯誤|失败|失敗|异常|例外|无法|無法|找不到|未找到|拒绝访问|权限不足|出错|发生错误|执行失败|请求失败|连接失败)
    | (?:エラー|失敗|例外|見つかりません|アクセスが拒否|できません)
    | (?:오류|에러|실패|예외|찾을\ 수\ 없|접근\ 거부)
    | (?:خطأ|فشل|تعذر|استثناء) | (?:त्रुटि|विफल|असफल)
    )"""
)
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
    if message.get("is_error") is False and "status" in message:
        return False
    return text_failed(text)


def text_failed(text: str) -> bool:
    """True where a text reads like the output of a failed tool."""
    head = text[:_HEAD].strip().lower()
    if not head:
        return False
    if head[0] == "{":
        return any(map(head.__contains__, _JSON_HINTS)) and _json_failed(text, head)
    if head[0] == "[" and head[1:2] in ("{", '"', "]", "[", ""):
        return False
    if _FAILED_OPENING.match(head) is not None or _CELL.match(head) is not None:
        return True
    if ("code" in head or "exit" in head or "<" in head) and _TAGGED_FAILURE.search(head) is not None:
        return True
    return _shows_traceback(text)


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
    return (
        isinstance(field, int)
        and not isinstance(field, bool)
        or isinstance(field, str)
        and field.lstrip("-").isascii()
        and field.lstrip("-").isdigit()
        and len(field) <= 5
    )


def _shows_traceback(text: str) -> bool:
    """A program's output, then the traceback that ended it; source code or a log does not end so."""
    tail = text[-_TAIL:]
    if "raceback (most" not in tail and "\tat " not in tail and "  at " not in tail:
        return False
    if "-----" in tail and _NOTEBOOK.search(tail) is not None:
        return True
    return _LAST_LINE.search(tail[-2_000:]) is not None and _FRAME.search(tail) is not None
