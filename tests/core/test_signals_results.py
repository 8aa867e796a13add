"""Did a tool fail? Read from flags and form, and from words only where they open the result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tierwise.signals.results import has_failed, text_failed

FINE = [
    "0 errors, build OK",
    "nothing failed",
    "12 passed, 0 failed in 3.2s",
    "No errors found.",
    "errors: 0",
    "Failed: 0, passed: 9",
    "compiled; no error: fine",
    "def check(x):\n    if x < 0:\n        raise Exception('negative')\n    return x\n",
    "class ParseError(Exception):\n    pass\n",
    "Error handling in Rust returns a Result; exceptions are rare.",
    "Exception handling: a tutorial",
    "错误处理指南：如何记录日志",
    "Forbidden City: opening hours 8:30 to 17:00",
    "2026-01-02 INFO start\n2026-01-02 ERROR disk full\n2026-01-02 INFO retried, done",
    "The service logged a fatal error: out of memory in March; it was fixed.",
    '{"errors": [], "ok": true}',
    '{"status": 200, "body": "error pages are styled"}',
    '{"order": "A7", "total": 500, "items": 3, "status": "failed", "paid": 1, "user": "x", "city": "y"}',
    '{"error": null, "result": [1, 2]}',
    '[{"error": "an entry of a log", "level": 3}]',
    "<returncode>0</returncode>\n<output>ERROR is a word in this file</output>",
    "",
    "None",
]

FAILED = [
    "Error: no route to host",
    "ValueError: could not convert 'a' to float",
    "java.lang.NullPointerException: x is null",
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyError: 3',
    'Working...\nTraceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyError: 3',
    '{"error": "no such file"}',
    '{"ok": false, "items": []}',
    '{"success": false}',
    '{"status": 404, "message": "gone"}',
    '{"result": {"error": {"code": 7}}}',
    '{"exit_code": 2, "stdout": ""}',
    "<returncode>1</returncode>\n<output></output>",
    "Exit code: 2\nmake: *** [all]",
    "500 Internal Server Error",
    "HTTP 404",
    "bash: foo: command not found",
    "ls: cannot access 'x': No such file or directory",
    "User not found",
    "Error: no se pudo conectar con el servidor",
    "No se encontró el archivo",
    "Fehler: Datei nicht gefunden",
    "Zugriff verweigert",
    "Erreur : accès refusé",
    "Impossible d'ouvrir le fichier",
    "Impossibile aprire il file",
    "Erro ao abrir o ficheiro",
    "Ошибка: нет доступа",
    "Не удалось открыть файл",
    "错误：文件不存在",
    "无法连接到服务器",
    "エラー: 接続できません",
    "ファイルが見つかりません",
    "오류: 권한이 없습니다",
    "خطأ: تعذر الاتصال",
]


@pytest.mark.parametrize("text", FINE)
def test_a_result_that_mentions_errors_is_no_failure(text):
    """Source code, logs, documents and counts of nought are results like others."""
    assert not text_failed(text)


@pytest.mark.parametrize("text", FAILED)
def test_a_result_that_opens_as_a_failure_is_one(text):
    """In words of many languages, in JSON, and as an exit code."""
    assert text_failed(text)


@pytest.mark.parametrize("message", [{"is_error": True}, {"status": "error"}, {"is_error": True, "status": "success"}])
def test_a_flag_is_enough(message):
    """A flagged result has failed even where it says nothing."""
    assert has_failed(message, "")


def test_a_host_that_says_no_error_is_believed_over_words():
    """Words can quote; a field or an exit code cannot."""
    assert not has_failed({"is_error": False}, "Error: is the first word of this poem")
    assert has_failed({"is_error": False}, '{"error": "no such file"}')


def test_the_default_status_of_a_host_is_not_believed():
    """LangChain sets `status="success"` on every tool message whose tool did not raise."""
    assert has_failed({"status": "success"}, "Error: no such file")


@pytest.mark.parametrize("folder", ["agentdojo", "tau"])
def test_failures_flagged_in_recorded_runs_are_found_in_their_text(shared: Path, folder):
    """On real traces, with the flags hidden: all flagged failures are found, and nearly nothing else."""
    pandas = pytest.importorskip("pandas")
    runs = pandas.read_parquet(shared / "data" / "agents" / folder / "traces.parquet")
    runs = runs[(runs.source != "tau1") & ~runs.trace_id.str.contains("toolorchestra")]  # their harnesses flag nothing
    pairs = [
        (message.get("is_error") is True, text_failed(str(message.get("content") or "")))
        for messages in runs.messages.head(600)
        for message in json.loads(messages)
        if message["role"] == "tool"
    ]
    flagged, found = sum(flag for flag, _ in pairs), sum(flag and seen for flag, seen in pairs)

    assert flagged > 50
    assert found >= 0.99 * flagged
    assert sum(seen for _, seen in pairs) <= 1.1 * flagged


@pytest.mark.parametrize(
    "text",
    [
        "1 validation error for Refund\namount\n  Field required [type=missing]",
        "find_order() missing 1 required positional argument: 'order_id'",
        "division by zero",
        "list index out of range",
        "'NoneType' object has no attribute 'id'",
        "invalid literal for int() with base 10: 'A-17'",
        'near "FORM": syntax error',
        "no such table: orders",
    ],
)
def test_an_exception_without_its_name_is_a_failure(text):
    """Hosts that hand over `str(error)`, and no flag, leave nothing else to see."""
    assert text_failed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Found 2 validation errors in the report and fixed them.",
        "Division of labour by zero-hour contracts",
        "3 rows",
        "Index out of print",
    ],
)
def test_words_of_exceptions_inside_a_success_are_no_failure(text):
    """What merely mentions them is none."""
    assert not text_failed(text)
