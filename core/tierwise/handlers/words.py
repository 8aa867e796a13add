"""The words of a short question: which of them say something, and which only hold the sentence together.

Words that only hold it together may be left out when two questions are compared. All others must be found on both sides:
names, numbers, negations, "why", "when", "my", "still", "without". So the list below is short on purpose, and holds no
word that could turn a question into another one.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from tierwise.signals.text import fold


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


IGNORED: Final = (
    _set(
        "a an the and or of for to in on at with by about i you we me is am are be do does can could would will have "
        "what which how any some please just exactly actually really there so"
    )
    | _set("el la los las un una unos unas y o de del al en con yo me se es ser esta estan puedo puede cual cuales")
    | _set("como que lo le su sus tiene tienen por favor")
    | _set(
        "der die das den dem des ein eine einen einem einer und oder von zu zum zur im am mit ich wir sie ist sind sein"
    )
    | _set("kann konnen koennen haben bitte welche welcher welches wie es bei auf fuer in")
    | _set("le les des du et ou au aux avec pour je nous vous est sont etre puis peux peut pouvez ai avez")
    | _set("quel quelle quels quelles comment qui l d qu c est-ce votre vos s il plait")
    | _set("gli i uno e di della dei a noi che quale quali posso puo avete")
    | _set("os as um uma do da das na com eu pode qual quais tem")
    | _set("het een te ik wij u is zijn kan kunnen wat welke heeft")
    | _set("и в на с у я мы вы как какой какая какие есть ли можно могу пожалуйста")
    | frozenset("的了吗嗎呢吧我你您请請是们們有在么什怎")
)
"""What may be left out of a question, in several languages; written as `fold` leaves words. Words that say something in
another of these languages (German "hat", Dutch "van", Spanish "son") are not among them."""

NEGATIONS: Final = (
    _set("not no nor never none nothing neither without except cannot cant wont dont isnt nobody unable refuse instead")
    | _set("nunca sin jamas ningun ninguna ninguno nada tampoco excepto")
    | _set("nicht kein keine keinen keinem keiner nie niemals ohne nichts ausser")
    | _set("ne pas jamais sans aucun aucune rien non sauf")
    | _set("mai senza nessun nessuna niente nao nunca sem nenhum nenhuma nada exceto")
    | _set("niet geen nooit zonder niets behalve не нет ни никогда без кроме")
    | frozenset("不没沒無无别別未非勿")
)

QUESTION_WORDS: Final = (
    _set("what which how when where who whose whom why can could do does did is are am was were will would should may")
    | _set("has have had must")
    | _set(
        "que cual cuales como cuando donde quien quienes cuanto cuanta cuantos cuantas puedo puede tienen hay porque"
    )
    | _set("was wie wann wo wer wem warum wieso welche welcher welches kann konnen haben ist sind gibt")
    | _set("quel quelle quels quelles comment quand ou qui pourquoi combien est-ce puis peut pouvez avez y")
    | _set("quale quali quando dove chi perche quanto quanti posso avete qual quais onde quem quanto quantos")
    | _set("hoe wat waar wie waarom wanneer welke hoeveel kan как какой когда где кто почему сколько можно")
)

PRONOUNS: Final = _set("i i'm we he she they it yo nosotros ich wir je nous io noi eu nos ik wij я мы он она они")

_WORD: Final = re.compile(r"[#@]?[^\W_](?:[^\W_]|[.,:/@+\-](?=[^\W_]))*")
_CAPITALS: Final = re.compile(r"\b[A-Z]{2,}\b")
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_NOT: Final = re.compile(r"n't\b")
_ELISION: Final = re.compile(r"\b(?:qu|[ldcjmts])'(?=\w)")
_NE: Final = re.compile(r"\bn'(?=\w)")
_POSSESSIVE: Final = re.compile(r"'s\b|'(?=\s|$)")
_SHORT: Final = re.compile(r"\b(i|you|we|they|it|that|who)'(?:m|re|ve|ll|d)\b")
_WHY: Final = re.compile(r"\bpor que\b")
_CONTRACTED: Final = {"can": "can", "won": "will", "shan": "shall"}

_GREETING: Final = (
    r"(?:hi|hello|hey|hiya|dear|good (?:morning|afternoon|evening|day)|hola|buenos dias|buenas(?: tardes| noches)?|hallo|"
    r"guten (?:tag|morgen|abend)|moin|bonjour|bonsoir|salut|ciao|buongiorno|ola|bom dia|boa tarde|goedendag|привет|"
    r"здравствуйте)"
)
_HEAD: Final = re.compile(
    rf"^\s*(?:{_GREETING}(?:\s+(?:there|team|all|everyone|support))?\s*(?:[,.!:;-]+\s*|\s+(?=\w)|$)|(?:你好|您好|こんにちは)[,，。！!、\s]*)"
)
_FRAME: Final = re.compile(
    r"^\s*(?:please[, ]+|(?:just )?(?:a )?quick question[:,.\s-]+(?:about )?|"
    r"(?:i have|i've got) a question[:,.]? (?:about )?|"
    r"(?:can|could|would|will) (?:you|someone|anybody|anyone) (?:please |kindly )?(?:tell me|let me know|explain(?: to me)?|"
    r"help me understand)(?: about)? |(?:please )?(?:tell me|let me know)(?: about)? |"
    r"(?:i(?:'d| would) like|i want|i need) to (?:know|ask|understand)(?: about)? |"
    r"(?:i was |i'm |just )wondering |do you (?:happen to )?know |any idea |"
    r"(?:me )?(?:podria|puede|puedes|podrias) decirme |quisiera saber |me gustaria saber |"
    r"(?:konnen|konnten|koennen|koennten|kannst|konntest) (?:sie|du) mir (?:bitte )?sagen,? |"
    r"ich (?:mochte|wurde gern) wissen,? |"
    r"(?:pouvez|pourriez)-vous me dire |je voudrais savoir |请问|請問|我想知道)"
)
_TAIL: Final = re.compile(
    r"(?:[,.!?\s]*\b(?:thanks|thank you|thx|cheers|many thanks|thanks in advance|thank you in advance|please|regards|"
    r"gracias|por favor|danke|vielen dank|bitte|merci|s'il vous plait|grazie|obrigad[oa]|bedankt|спасибо|пожалуйста)"
    r"[\s,!.]*|[，。\s]*(?:谢谢|謝謝)[。！!\s]*)$"
)
_SENTENCE: Final = re.compile(r"[.?!](?=\s|$)|[。？！；]|[;\n]")


def core_of(text: str) -> str:
    """A question without its greeting, its thanks, and "could you tell me": folded."""
    core = fold(text).strip()
    for _ in range(4):
        before = core
        core = _TAIL.sub(_keep_question_mark, _FRAME.sub("", _HEAD.sub("", core, count=1), count=1)).strip()
        if core == before:
            break
    return core


def _keep_question_mark(tail: re.Match[str]) -> str:
    return "?" if "?" in tail[0] else ""


def sentences(core: str) -> list[str]:
    """What stands between marks that end a sentence."""
    return [part for part in _SENTENCE.split(core) if part.strip(" \t,:\"'()¿¡!")]


def words_of(text: str) -> list[str]:
    """The words of a text, stemmed: contractions opened, possessives taken off; a Chinese character is a word."""
    text = _ELISION.sub("", _NE.sub("ne ", fold(text)))
    text = _SHORT.sub(r"\1", _NOT.sub(" not", text))
    text = _WHY.sub("porque", _POSSESSIVE.sub("", text))
    if not text.isascii():
        text = _UNSPACED.sub(r" \g<0> ", text)
    return [stem(_CONTRACTED.get(word, word)) for word in _WORD.findall(text)]


def unspaced(char: str) -> bool:
    """Whether a character is of a script that puts no spaces between words, or of Hangul."""
    return _UNSPACED.match(char) is not None or "\uac00" <= char <= "\ud7a3"


def stem(word: str) -> str:
    """The word without the endings of plurals and of -ing and -ed forms; crude, and alike for all languages."""
    if len(word) < 4 or not word.isalpha() or not word.isascii():
        return word
    for ending, put in (("ies", "y"), ("sses", "ss"), ("ings", ""), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if (
            word.endswith(ending)
            and len(word) - len(ending) >= 3
            and not (ending == "s" and word.endswith(("ss", "us", "is")))
        ):
            root = word[: -len(ending)] + put
            if ending in ("ings", "ing", "ed") and len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                root = root[:-1]
            return root.removesuffix("e") if len(root) > 3 else root
    return word.removesuffix("e") if len(word) > 4 else word


_IGNORED_STEMS: Final = frozenset(map(stem, IGNORED))
_NEGATION_STEMS: Final = frozenset(map(stem, NEGATIONS))
_QUESTION_STEMS: Final = frozenset(map(stem, QUESTION_WORDS))


def telling(words: list[str]) -> list[str]:
    """The words that say something."""
    return [word for word in words if word not in _IGNORED_STEMS or word in _NEGATION_STEMS]


def shouted(text: str) -> frozenset[str]:
    """Words in capitals, in a text that is not all capitals: "Do you ship to the US?" is not about us."""
    return frozenset() if text.isupper() else frozenset(stem(word.lower()) for word in _CAPITALS.findall(text))


def acts(words: list[str]) -> frozenset[tuple[str, str]]:
    """Who does what: a pronoun and the word after it."""
    return frozenset(pair for pair in pairwise(words) if pair[0] in ("i", "you", "we"))


def negated(words: list[str]) -> bool:
    """Whether a negation is among the words."""
    return not _NEGATION_STEMS.isdisjoint(words)


def is_question(text: str, words: list[str]) -> bool:
    """Whether a text asks: by its mark, or by the word it begins with."""
    return (
        any(mark in text for mark in "?？¿؟")
        or (bool(words) and words[0] in _QUESTION_STEMS)
        or text.endswith(("吗", "呢"))
    )
