"""How tools say that they failed, in many languages; one line or more for each, in alphabetical order.

Written as `fold` leaves them (small letters, no accents); "_" stands for a space at an end.
"""

from __future__ import annotations

from typing import Final


def _pieces(*lines: str) -> tuple[str, ...]:
    pieces = {piece.strip(" ").replace("_", " ") for line in lines for piece in line.split("|")}
    return tuple(sorted(pieces - {""}, key=len, reverse=True))


FAILED_WITH_MARK: Final[tuple[str, ...]] = _pieces(
    "خطا | خطأ | فشل",
    "chyba",
    "fehlermeldung | fehler | fehlgeschlagen | zeituberschreitung",
    "fatal error | fatal | error | exception | failure | failed | aborted | panic | timeout | timed out | forbidden | "
    "unauthorized | segmentation fault | bad request | not found | service unavailable | command failed",
    "error | fallo | excepcion",
    "erreur | echec | exception",
    "त्रुटि | विफल",
    "errore | fallito | eccezione",
    "エラー | 失敗 | 例外",
    "오류 | 에러 | 실패 | 예외",
    "fout | mislukt",
    "blad",
    "erro | falha | falhou | excecao",
    "ошибка | исключение | сбой | отказано",
    "hata",
    "помилка",
    "loi",
    "错误 | 錯誤 | 失败 | 失敗 | 异常 | 出错 | 报错",
)
"""A failing tool's first word, where punctuation, a number or nothing follows: "error handling" is a topic."""

FAILED: Final[tuple[str, ...]] = _pieces(
    "تعذر | حدث خطا | حدث خطأ",
    "ein fehler | es ist ein fehler | fehler beim | fehler bei | zugriff verweigert | konnte nicht | ungultige | "
    "datei nicht",
    "traceback (most recent | uncaught | unhandled exception | unhandled error | exception in thread | failed to | "
    "unable to | could not | couldn't | cannot | access denied | permission denied | command not found | no such file | "
    "invalid argument | invalid input | invalid request | invalid parameter | invalid json | invalid token | invalid api | "
    "rate limit exceeded | too many requests | unknown tool | unknown function | unknown command | connection refused | "
    "connection reset | an error | there was an error | something went wrong | sorry, an error | error executing | "
    "error calling | error while | error reading | error running | error in | error during | error fetching | "
    "error parsing | fatal: ",
    "error al | error en | error de | se produjo un error | ha ocurrido un error | ocurrio un error | no se pudo | "
    "no se puede | no se encontr | fallo al | fallo la | fallo el | acceso denegado | archivo no encontrado",
    "une erreur | erreur lors | erreur de | impossible de | impossible d' | acces refuse | fichier introuvable",
    "si e verificato | impossibile | accesso negato | file non trovato | errore durante | errore nel | errore di",
    "エラーが | アクセスが拒否",
    "오류가 | 접근 거부",
    "er is een fout | toegang geweigerd | kan niet | kon niet",
    "wystapil blad | nie mozna",
    "ocorreu um erro | erro ao | nao foi possivel | acesso negado | arquivo nao encontrado | erro de",
    "произошла ошибка | ошибка при | ошибка в | не удалось | не удается | доступ запрещ | файл не найден | не найден",
    "bir hata",
    "无法 | 無法 | 找不到 | 未找到 | 拒绝访问 | 权限不足 | 发生错误 | 执行失败 | 请求失败 | 连接失败 | 操作失败",
)
"""How a failing tool's first sentence begins."""

FAILED_INSIDE: Final[tuple[str, ...]] = _pieces(
    "nicht gefunden | existiert nicht",
    "_not found | does not exist | doesn't exist | is not recognized | timed out | permission denied | no such file",
    "_no encontrad | no existe",
    "introuvable | n'existe pas",
    "non trovat | non esiste",
    "見つかりません | できません | 失敗しました | エラーが発生",
    "찾을 수 없 | 실패했 | 오류가 발생",
    "niet gevonden | bestaat niet",
    "nao encontrad | nao existe",
    "не найден | не существует",
    "不存在 | 未找到 | 找不到 | 失败",
)
"""What a short, one-line result says of a failure, anywhere in it."""
