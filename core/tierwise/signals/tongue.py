"""Which language a text is in, as far as cue words need to know it.

English is what is left: a text is in another language only where that language's commonest words outnumber the English
ones. So English reads the same whatever is added for others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from tierwise.signals.script import Scripts
from tierwise.signals.text import fold

__all__ = ["ENGLISH", "SISTERS", "UNKNOWN", "tongue_of"]


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


ENGLISH: Final = "en"
UNKNOWN: Final = ""
"""None of the languages below, and none of the commonest English words."""

_HEAD: Final = 200
_FEWEST_WORDS: Final = 4
_SHORT: Final = 8
_ONE_IN: Final = 10
"""At most how many words a text has for each that is its language's own."""
_NO_MARKS: Final = str.maketrans(dict.fromkeys(".,;:!?¿¡()[]{}\"«»„“”…*`#'\n", " "))

_COMMON_ENGLISH: Final = _words(
    "the a an of to in is are was were that this it its for with on at by from and "
    "or as be been my your our his her i you we they he she do does did what why how which who when where can could "
    "should would will if not no please all any each there has have into about using write explain prove find show "
    "give make between than then these those me us"
)
_MORE_ENGLISH: Final = _words("but so what's who's translate english mean means say word song name")

_FUNCTION_WORDS: Final = {
    "de": "der die das und ist sind ein eine einen einem einer den dem des von zum zur im auf nicht dass wie wird "
    "mir warum wenn zwischen nach bei was wer wo mein meine mich dich sich es zu als auch oder aber fur mit "
    "ich du wir uber welche welcher welches kann hat haben sein seine gibt in an am war man bitte danke "
    "hallo guten ja nein schreib erklar kein keine mehr",
    "gsw": "isch vo het git mer nod nid es en em wo und wie was das mim mini d uf fur oppis au cha wel weli chunt "
    "gohts hut jo numme bini hesch werum wemmer si nut muess merci gruezi schrib bewiis dass",
    "nl": "het een van voor niet zijn waarom hoe wordt ik mij tussen de en dat op met je wat wie waar welke is in "
    "was we mijn maar ook als aan",
    "fr": "le la les un une des du et est sont que qui pour dans avec sur ce cette ces mon ma mes son sa ses je tu "
    "il elle nous vous ils ne pas plus ou de au aux en se quel quelle quels quelles pourquoi comment d'un "
    "d'une l'on c'est qu'il quoi moi lui leur si me a on pis y ben ca merci bonjour salut oui ecris l d qu c "
    "n j",
    "es": "el la los las un una unos y es son que para en con por del al su sus mi tu yo de se lo le les no mas "
    "como pero si donde cuando cual esta este hay muy o me te cuales quien porque a gracias hola buenos "
    "escribe explica mucho por como todo todos entre",
    "pt": "o os um uma uns e que para em com por do da dos das no na nos nas ao seu sua meu minha eu voce de se "
    "mais como mas nao qual quais quem onde quando esta este ha muito ou me isso pelo pela a as obrigado "
    "obrigada ola bom boa sim escreva explique todo sua prove",
    "it": "il lo la gli le un una uno e che per in con su di del della dei delle da dal dalla non come ma quale "
    "quali chi dove quando perche sono questo questa mio mia si se ci nel nella ogni al alla mi ti o a i "
    "grazie ciao buongiorno dell all nell un scrivi spiega ogni qual due sulla",
    "pl": "w z sie nie jest na ze jak dla co czy ktora ktore ktory oraz jaki jaka jakie kto ale od po za dlaczego "
    "sa i a o moj moja mojej mojego moim swoj jego jej to do u przez przy bez my by on mnie te ten tego tej "
    "jego tym dzieki czesc tak dziekuje napisz wyjasnij dzien dobry bardzo jego sobie",
    "tr": "bir ve bu icin ile neden nasil cok daha gibi olan olarak var hangi kim nedir da de mi mu ne en ki bana "
    "beni benim sen ben kac nerede yaz ya veya olur on tesekkurler merhaba evet acikla gunaydin bugun "
    "oldugunu eder nerededir neresi neresidir mudur sayida",
    "vi": "cua la va mot cho cac khong toi voi co nhung duoc trong nay gi nhu the nao tai viet hay ban khi den tu "
    "ra nhat ai moi bao nhieu thi o neu ve do to an in me be can hon rang mot sau truoc xin chao cam lam di "
    "dieu",
    "id": "yang dan di untuk dengan dari apa adalah ke tidak ini itu pada saya bagaimana mengapa siapa berapa atau "
    "jika dalam oleh kapan kepada anda lebih ada sebuah satu akan bisa dapat harus sudah agar kamu aku para "
    "daripada seorang antara tanpa saat karena bahwa mana tetapi hal terima kasih halo selamat tulis "
    "jelaskan ya buktikan",
    "sw": "ya wa na ni kwa katika je gani nini kwamba yangu za la hii cha vya au lakini ipi upi nani wapi lini "
    "kuwa hiyo yake wake kama kila huu hivyo sana bila kati zaidi kuna mimi wewe ana kwenye hili a i asante "
    "habari ndiyo andika eleza hujambo leo sana hilo",
    "hinglish": "hai ka ki ke ko mein se kya aur karo kaise kyun nahi hain ek jo par kaun bhi ho koi mera mere meri kar "
    "raha rahi likho batao kisi hota hoti lekin wala wale aap tum kab kahan liye bhai kuch yeh woh nahin tha "
    "thi karna karne main me to do the haan shukriya namaste bahut yaar aaj",
}
"""The commonest words of languages in Latin letters, folded; those that are English too count for neither."""

_SISTERS: Final = {
    "pcm": "wetin dey wey abeg una pikin sabi comot dem wahala dis dat oga waka belle di oda brodda sef abi",
    "sco": "tae whit dinnae cannae wi frae aboot hou haes maist guid nae ilka gie gies mony wha wisnae isnae auld "
    "mair oot ower dae ane sma wean hae thaim shaw neist twa scrieve onything mornin nicht",
    "aae": "finna gon tryna posed ain bout wit lil yall imma nothin nuthin fam tho doin preciate gotta gimme em",
    "sing": "lah leh lor sia hor meh kena liao ah alamak shiok",
}
"""English otherwise: known where two of these stand, or one in a short text. Nigerian Pidgin, Scots, African American
English, Singlish."""

_LETTERS: Final = {
    "de": "ßäö", "es": "ñ¿¡", "fr": "œêëîû", "pt": "ãõ", "it": "ìò", "pl": "łżźąęśćń", "tr": "ğşı",
    "vi": "đươạảấầậắằẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
}  # fmt: skip
"""Letters that nearly give a language away: one counts as two words."""

_TABLE: Final = {tongue: frozenset(words.split()) - _MORE_ENGLISH for tongue, words in _FUNCTION_WORDS.items()}
_OWN: Final = {tongue: {word for word in words - _COMMON_ENGLISH if len(word) > 1} for tongue, words in _TABLE.items()}
_AGAINST: Final = {tongue: (_COMMON_ENGLISH | _MORE_ENGLISH) - words for tongue, words in _TABLE.items()}
_SISTER_TABLE: Final = {tongue: frozenset(words.split()) for tongue, words in _SISTERS.items()}
SISTERS: Final = frozenset(_SISTER_TABLE)
_ANY: Final = frozenset().union(*_OWN.values(), *_SISTER_TABLE.values())

_BY_SCRIPT: Final = (
    ("cyrillic", "ru"), ("arabic", "ar"), ("devanagari", "hi"), ("hangul", "ko"), ("cjk", "zh"), ("unspaced", "th"),
)  # fmt: skip


def tongue_of(text: str, scripts: Scripts) -> str:
    """Names the language of a text's beginning.

    Args:
        text: As it was written.
        scripts: Of the text.

    Returns:
        A code of two letters or a name of this module; `ENGLISH` where nothing speaks against it, `UNKNOWN` for a text
        without one common word of any language here.
    """
    if scripts.non_latin > 0.3:
        return _by_script(text, scripts)
    return _by_words(text[:_HEAD])


def _by_script(text: str, scripts: Scripts) -> str:
    count, tongue = max((getattr(scripts, script), tongue) for script, tongue in _BY_SCRIPT)
    if tongue == "zh" and any("\u3040" <= char <= "\u30ff" for char in text[:_HEAD]):
        return "ja"
    return tongue if count else UNKNOWN


@lru_cache(maxsize=256)
def _by_words(head: str) -> str:
    """English unless another language has more words of its own than English has."""
    words = set(fold(head).translate(_NO_MARKS).split())
    found = words & _ANY
    if found:
        given = _given_away(head)
        heard = [tongue for tongue, own in _OWN.items() if not found.isdisjoint(own)] or [*_TABLE]
        best = max(
            heard, key=lambda tongue: (len(words & _TABLE[tongue]) + given.get(tongue, 0), len(found & _OWN[tongue]))
        )
        own = len(found & _OWN[best])
        few = own == 1 and not given.get(best) and (words & _COMMON_ENGLISH) and head.isascii()
        if own > len(words & _AGAINST[best]) and not few and own * _ONE_IN >= len(words):
            return best
        for tongue, marks in _SISTER_TABLE.items():
            if len(found & marks) >= (2 if len(words) > _SHORT else 1):
                return tongue
    plain = head.lower().split()
    if (len(plain) >= _FEWEST_WORDS or not head.isascii()) and _COMMON_ENGLISH.isdisjoint(plain):
        return UNKNOWN
    return ENGLISH


def _given_away(head: str) -> dict[str, int]:
    if head.isascii():
        return {}
    letters = set(head.lower())
    return {tongue: 2 for tongue, own in _LETTERS.items() if not letters.isdisjoint(own)}
