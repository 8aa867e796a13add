"""Which language a text is in, and what is read in it."""

from __future__ import annotations

import pytest

from tierwise.classifier.language import language_of
from tierwise.signals.foreign import cues_of
from tierwise.signals.question import read_question
from tierwise.signals.script import count_scripts
from tierwise.signals.tongue import ENGLISH, UNKNOWN, tongue_of
from tierwise.signals.turn import read_turn


def tongue(text: str) -> str:
    """The language of a text."""
    return tongue_of(text, count_scripts(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wo ist der nächste Bahnhof und wie komme ich hin?", "de"),
        ("Où se trouve la gare la plus proche ?", "fr"),
        ("¿Dónde está la estación más cercana?", "es"),
        ("Onde fica a estação mais próxima e como chego lá?", "pt"),
        ("Dove si trova la stazione più vicina?", "it"),
        ("Gdzie jest najbliższy dworzec i jak tam dojść?", "pl"),
        ("En yakın istasyon nerede ve oraya nasıl giderim?", "tr"),
        ("Nhà ga gần nhất ở đâu và đi như thế nào?", "vi"),
        ("Di mana stasiun terdekat dan bagaimana saya ke sana?", "id"),
        ("Kituo cha karibu kiko wapi na nitafikaje?", "sw"),
        ("Sabse paas wala station kahan hai aur kaise jaun?", "hinglish"),
        ("Was isch das und wo git mer das ab?", "gsw"),
        ("Где ближайший вокзал?", "ru"),
        ("最近的车站在哪里？", "zh"),
        ("一番近い駅はどこですか？", "ja"),
        ("가장 가까운 역이 어디예요?", "ko"),
        ("สถานีที่ใกล้ที่สุดอยู่ที่ไหน", "th"),
        ("أين أقرب محطة؟", "ar"),
        ("सबसे पास का स्टेशन कहाँ है?", "hi"),
        ("Wetin be di name of dis station wey dey near?", "pcm"),
    ],
)
def test_a_short_question_tells_its_language(text: str, expected: str):
    """By its commonest words, or its script."""
    assert tongue(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Where is the nearest station?",
        "hi",
        "Translate 'donde está la biblioteca' into English.",
        "Who wrote the song La Vie en Rose?",
        "Explain Schrödinger's cat in the words of a poet.",
        "Plot y = mx + b for x in [0, 10] and save it to a file.",
        "I do it on a Mac, so be my guest.",
    ],
)
def test_english_stays_english(text: str):
    """Whatever it quotes, whatever words it shares with others."""
    assert tongue(text) == ENGLISH
    assert language_of(text) == ("english", "all", 1.0)


def test_formulas_are_in_no_language():
    """Nothing common in them: neither English nor another language's cues are taken for granted."""
    assert tongue("Simplify $(22a+60b)+(10a+29b)-(9a+50b)$ fully now") == UNKNOWN
    assert language_of("Ποιο τρένο φεύγει πρώτο;").reach == "none"


def test_cues_of_a_language_are_read_in_it_alone():
    """`kisha` says "then" in Swahili, and nothing in English."""
    swahili = read_question("Eleza hatua ya kwanza kisha thibitisha kwamba matokeo ni sahihi.")
    english = read_question("The name of the village is Kisha, and the river is the Thibitisha.")

    assert swahili.reasoning_steps > 3.0
    assert english.reasoning_steps < 0.5


def test_loans_are_read_and_false_friends_are_not():
    """English words of five letters and more count inside another language; shorter ones are somebody else's."""
    cues = cues_of("id")

    assert cues.words["design"] == "design"
    assert "then" not in cues.words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vielen Dank, das war wirklich sehr nett!", "request"),
        ("Danke dir, das hilft sehr!", "social"),
        ("¡Muchas gracias, de verdad!", "social"),
        ("Cảm ơn bạn rất nhiều!", "social"),
        ("Terima kasih banyak atas bantuannya!", "social"),
        ("Asante sana kwa msaada wako!", "social"),
        ("Çok teşekkür ederim, iyi akşamlar!", "social"),
        ("ขอบคุณมากนะคะ", "social"),
        ("本当にありがとうございます！", "social"),
        ("非常感谢你的帮助！", "social"),
        ("Ndiyo, endelea.", "assent"),
        ("Tak, działaj!", "assent"),
        ("ใช่ ทำเลย", "assent"),
        ("Danke, und jetzt beweise den Satz von Gauss.", "request"),
        ("Gracias, pero explica el teorema otra vez.", "request"),
        ("谢谢，请证明这个定理。", "request"),
        ("Спасибо, докажи.", "request"),
        ("Спасибо, Анна!", "social"),
    ],
)
def test_courtesy_is_known_and_a_request_behind_it_is_kept(text: str, expected: str):
    """All of a message must be courtesy: one word beyond makes it a request."""
    assert read_turn(text, after_question=True) == expected


def test_english_courtesy_is_left_as_it_was():
    """A message of English words alone is read by the lists of old."""
    assert read_turn("Thanks, great help today!", after_question=False) == "request"
    assert read_turn("thanks a lot", after_question=False) == "social"


def test_terse_languages_are_stretched():
    """Chinese and Korean say the same with fewer words than English."""
    assert language_of("最近的车站在哪里？").terseness > 1.0
    assert language_of("Where is the station?").terseness == 1.0
