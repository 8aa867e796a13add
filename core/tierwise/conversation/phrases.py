"""Words by which an assistant says that something is settled, in many languages."""

from __future__ import annotations

import re
from typing import Final

_LATIN: Final = re.compile(
    r"\b(?:"
    r"(?:i|we)(?:'ve|’ve| have| had)? (?:(?:now|just|already|successfully|also) )*(?:booked|cancelled|canceled|changed|"
    r"updated|created|sent|added|removed|deleted|moved|scheduled|paid|refunded|ordered|fixed|installed|agreed|decided|"
    r"chose|chosen|completed|submitted|transferred|processed|reserved|confirmed|written|saved|set up)\b"
    r"|(?:has|have) been (?:successfully )?\w+(?:ed|en|nt|ut|de)\b"
    r"|(?:is|are) (?:now )?(?:confirmed|booked|cancelled|canceled|scheduled|settled|decided)\b"
    r"|agreed\b|decided\b|decision\b|successfully\b|let's go with|we will go with|i(?:'ll| will) (?:go with|use|proceed)\b"
    r"|habe .{0,60}(?:gebucht|storniert|geändert|erstellt|gesendet|gelöscht)"
    r"|wurden? .{0,60}(?:gebucht|storniert|geändert|erstellt|gesendet)|vereinbart|beschlossen"
    r"|he (?:reservado|cancelado|cambiado|creado|enviado|actualizado)|ha sido \w+|acordad|decidid"
    r"|j'ai (?:réservé|annulé|modifié|créé|envoyé)|a été \w+|convenu|décidé"
    r"|ho (?:prenotato|annullato|modificato|creato|inviato)|è stat[oa]\b|foi \w+d[oa]\b|reservei|cancelei)"
)
_OTHER: Final = re.compile(
    r"забронирова|отмен[её]н|отменил|изменил|созда[нл]|отправ(?:лен|ил)|договорились|решили|решено"
    r"|已(?:经|經)?(?:为|為)?.{0,6}(?:预订|預訂|取消|更改|修改|创建|發送|发送|完成|确认|確認|退款|支付)|决定|決定|同意"
    r"|(?:予約|キャンセル|変更|作成|送信|完了|確定)(?:いた)?しました|決まりました"
    r"|(?:예약|취소|변경|생성|전송|완료|확정)(?:했|되었|하였|됐)"
    r"|تم (?:حجز|إلغاء|تغيير|إنشاء|إرسال|تأكيد)|اتفقنا|قررنا"
    r"|(?:बुक|रद्द|बदल|भेज|तय|पुष्टि) (?:कर |हो )?(?:दिया|दी|गया|गई|चुका|की)"
)


def is_decision(sentence: str) -> bool:
    """Whether a sentence says that something has been done or settled."""
    sentence = sentence.lower()
    return _LATIN.search(sentence) is not None or (not sentence.isascii() and _OTHER.search(sentence) is not None)
