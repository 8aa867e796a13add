"""Did a tool fail? Read from flags and structure first, from words last, and only from how a text begins.

A result that *mentions* errors is no failure: "0 errors, build OK", a log file, source code that raises. A failing
tool says so at once: in a flag, in a JSON field, as its exit code, or as the first words it prints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_HEAD: Final = 400
_BAD_STATUS: Final = frozenset(("error", "failed", "failure", "fail", "exception", "timeout", "denied", "cancelled"))

_JSON_FAILURE: Final = re.compile(
    r'"(?:error|errors|exception|error_message|errormessage|error_code|fehler|erreur)"\s*:\s*(?!null|false|""|\[\s*\]|\{\s*\}|0\b|"none")'
    r'|"(?:ok|success|successful|succeeded)"\s*:\s*(?:false|0\b)'
    r'|"(?:is_?error|failed)"\s*:\s*true'
    r'|"(?:status|result|state|type)"\s*:\s*"(?:error|failed|failure|exception)"'
    r'|"(?:status|statuscode|status_code|http_status|code)"\s*:\s*"?[45]\d\d\b'
    r'|"(?:exit_?code|returncode|return_code|exit_status)"\s*:\s*-?[1-9]',
    re.IGNORECASE,
)
_TAGGED_FAILURE: Final = re.compile(
    r"<(?:returncode|exit_?code|return_code)>\s*-?[1-9]|<(?:tool_use_)?error>"
    r"|^(?:\[?(?:exit code|exit status|return ?code|exited with(?: code)?|process exited with code)\]?)\s*[:=]?\s*-?[1-9]",
    re.IGNORECASE,
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
_FRAME: Final = re.compile(r"traceback \(most recent call last\)|\n\s+at [\w$.<>]+\(|\n  file \"[^\"\n]{1,200}\", line \d+", re.IGNORECASE)
_LAST_LINE: Final = re.compile(r"\n[A-Za-z_][\w.]{0,60}(?:Error|Exception|Interrupt)(?::[^\n]{0,2000})?\s*\Z")
_RUN_FAILED: Final = re.compile(r"\A\s*(?:-{20,}\s*\n\w{0,60}(?:Error|Exception|Interrupt)\b|cell in\[?\s*\d*\]?,? line)", re.IGNORECASE)


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
    head = text[:_HEAD].lstrip()
    if not head:
        return False
    first = head[0]
    if first in "{[" and head[:2] != "[E" and (first == "{" or head[:2] in ('[{', '["', "[]")):
        return _json_failed(head) if first == "{" else False
    if _TAGGED_FAILURE.search(head) or _FAILED_OPENING.match(head) or _RUN_FAILED.match(head):
        return True
    return "rror" in text[-2_000:] and head.lower().startswith("traceback") or _ends_in_traceback(text)


def _json_failed(head: str) -> bool:
    found = _JSON_FAILURE.search(head)
    return found is not None and head.count("{", 0, found.start()) - head.count("}", 0, found.start()) <= 1


def _ends_in_traceback(text: str) -> bool:
    """A program's output, then the traceback that ended it; source code or a log does not end so."""
    tail = text[-2_000:]
    return _LAST_LINE.search(tail) is not None and _FRAME.search(tail) is not None
