"""Whole short messages, and openings of messages, in many languages: assent, small talk, leaning replies.

Written as `fold` leaves them (small letters, no accents); one line per language, in alphabetical order.
"""

from __future__ import annotations

from typing import Final


def phrases(*lines: str) -> frozenset[str]:
    """The phrases of lines that divide them by "|"."""
    return frozenset(phrase.strip() for line in lines for phrase in line.split("|") if phrase.strip())


def _openings(*lines: str) -> tuple[str, ...]:
    return tuple(sorted(f"{phrase} " for phrase in phrases(*lines)))


ASSENT: Final = phrases(
    "نعم | اجل | تابع | استمر | موافق | حسنا | هيا | نعم افعل ذلك | تفضل",
    "ano | jo | pokracuj | dobre | souhlasim",
    "ja | jawohl | ok | mach das | mach weiter | weiter | weitermachen | bitte | gerne | einverstanden | "
    "tu es | tu das | los | klar | genau | in ordnung | mach | fahre fort | fortfahren | passt | leg los | "
    "mach es | so machen | ja bitte",
    "yes | yep | yeah | yup | y | ok | okay | k | sure | do it | do that | go | go on | go ahead | "
    "go for it | continue | proceed | carry on | please | please do | please continue | please proceed | "
    "keep going | next | sounds good | looks good | lgtm | approved | agreed | confirmed | i confirm | "
    "i agree | right | correct | exactly | absolutely | of course | definitely | fine | alright | "
    "all right | that works | that's fine | thats fine | that is fine | perfect | great | good | "
    "that's right | that is correct | that's correct | make it so | ship it | run it | start | let's do it | "
    "lets do it | let's go | lets go | i'm ready | all of them | yes to all | keep it up | you may | "
    "by all means | with the plan | implement it | implement the plan | apply it | apply the changes | "
    "finish it | execute | execute it | execute the plan | as you suggested | as proposed | do so | resume | "
    "and then | more | the plan | it | that | now | the rest",
    "si | sip | claro | vale | adelante | hazlo | continua | continue | sigue | dale | de acuerdo | "
    "por supuesto | perfecto | correcto | procede | esta bien | bueno | por favor | prosigue | hagalo | "
    "siga | continue por favor | ok",
    "oui | ouais | d'accord | d accord | vas-y | vas y | allez-y | allez y | continue | continuez | "
    "fais-le | fais le | faites-le | faites le | bien sur | parfait | ok | c'est bon | c est bon | "
    "poursuis | poursuivez | s'il te plait | s'il vous plait | exact | tout a fait | entendu | bien",
    "हाँ | हां | जी हाँ | ठीक है | करो | कर दो | जारी रखें | जारी रखो | आगे बढ़ो | बिल्कुल | करें",
    "si | certo | va bene | vai | vai avanti | continua | procedi | fallo | d'accordo | perfetto | ok | "
    "prosegui | esatto | avanti | per favore | certamente",
    "はい | ええ | うん | お願いします | お願い | 続けて | 続けてください | 続行 | 進めて | 進めてください | "
    "いいよ | いいです | オーケー | 了解 | 了解です | それでいい | それでお願いします | やって | "
    "やってください | どうぞ | 大丈夫 | 大丈夫です",
    "네 | 예 | 응 | 그래 | 좋아 | 좋아요 | 계속 | 계속해 | 계속해줘 | 계속해 주세요 | 진행해 | 진행해줘 | "
    "진행해 주세요 | 해줘 | 해 주세요 | 그렇게 해 | 그렇게 해줘 | 알겠어 | 오케이 | 부탁해 | 부탁합니다",
    "ja | jazeker | prima | ga door | ga verder | doe het | doe maar | akkoord | graag | oke | ok | "
    "natuurlijk | goed | verder | toe maar",
    "tak | dobrze | kontynuuj | zrob to | dalej | zgoda | jasne | prosze",
    "sim | claro | pode | pode fazer | continue | continua | prossiga | faca | faca isso | vai | "
    "va em frente | beleza | ok | certo | de acordo | com certeza | perfeito | isso | por favor | "
    "pode continuar | segue",
    "да | ага | угу | давай | давай так | продолжай | продолжайте | сделай | сделай это | сделайте | "
    "хорошо | ладно | ок | окей | конечно | согласен | согласна | поехали | вперед | дальше | действуй | "
    "верно | пожалуйста | именно | делай | делайте | го",
    "evet | tamam | devam | devam et | olur | yap | tabii",
    "так | гаразд | продовжуй | добре",
    "vang | duoc | tiep tuc | dong y | lam di",
    "好 | 好的 | 好吧 | 好啊 | 好呀 | 行 | 可以 | 是 | 是的 | 对 | 对的 | 對 | 嗯 | 没问题 | 沒問題 | 继续 | "
    "繼續 | 请继续 | 請繼續 | 继续吧 | 接着 | 做吧 | 就这样 | 就这么做 | 去做吧 | 开始 | 开始吧 | 同意 | "
    "确认 | 执行 | 执行吧 | 下一步 | 当然 | 明白 | 就这么办 | 请 | 麻烦了",
)

SOCIAL: Final = phrases(
    "شكرا | شكرا جزيلا | مرحبا | السلام عليكم | صباح الخير | مع السلامة | اهلا | كيف حالك",
    "ahoj | dekuji | diky | dobry den | cau | na shledanou",
    "hallo | hi | hey | guten morgen | guten tag | guten abend | gute nacht | danke | danke schon | "
    "danke schoen | vielen dank | tschuss | tschuess | auf wiedersehen | moin | servus | wie geht's | "
    "wie geht es dir | wie gehts | bis bald | dankeschon | danke dir | besten dank | bis spater",
    "hi | hello | hey | hiya | howdy | yo | good morning | good afternoon | good evening | good night | "
    "thanks | thank you | thx | ty | cheers | thanks a lot | thank you so much | thank you very much | "
    "many thanks | much appreciated | bye | goodbye | see you | see ya | see you later | take care | "
    "how are you | how are you doing | how's it going | what's up | whats up | sup | nice to meet you | "
    "have a nice day | have a good day | have a great day | welcome | you're welcome | no problem | lol | "
    "haha | nice | cool | awesome | great | amazing | wow | well done | good job | great job | nice work | "
    "great work | that's all | thats all | that is all | nothing else | say hi | say hello | "
    "that was helpful | very helpful | for your help | for the help | you're the best | there | again | "
    "everyone | so much | hi there | hello there | good bye | thanks again | for everything | that's it | "
    "who are you | test | ping",
    "hola | buenos dias | buenas tardes | buenas noches | buenas | gracias | muchas gracias | mil gracias | "
    "adios | hasta luego | chao | que tal | como estas | como esta | de nada | nos vemos | hasta manana | "
    "genial",
    "bonjour | salut | bonsoir | coucou | merci | merci beaucoup | au revoir | a bientot | bonne nuit | "
    "ca va | comment ca va | comment allez-vous | de rien | bonne journee | super | genial | mille mercis",
    "नमस्ते | नमस्कार | धन्यवाद | शुक्रिया | अलविदा | शुभ प्रभात | कैसे हो | आप कैसे हैं | बहुत धन्यवाद",
    "ciao | salve | buongiorno | buonasera | buonanotte | grazie | grazie mille | molte grazie | "
    "arrivederci | come stai | come va | prego | a presto",
    "こんにちは | こんばんは | おはよう | おはようございます | ありがとう | ありがとうございます | "
    "ありがとうございました | どうも | さようなら | またね | おやすみ | お疲れ様 | お疲れ様です | "
    "お元気ですか | はじめまして | 助かりました",
    "안녕 | 안녕하세요 | 감사합니다 | 고마워 | 고마워요 | 고맙습니다 | 잘 가 | 안녕히 계세요 | 반갑습니다 | "
    "잘 지내 | 수고하세요",
    "hallo | hoi | goedemorgen | goedemiddag | goedenavond | dank je | dank je wel | dankjewel | bedankt | "
    "dank u | tot ziens | doei | hoe gaat het",
    "czesc | dzien dobry | dziekuje | do widzenia | dzieki",
    "ola | oi | bom dia | boa tarde | boa noite | obrigado | obrigada | muito obrigado | muito obrigada | "
    "valeu | tchau | ate logo | tudo bem | como vai | de nada | ate mais",
    "привет | здравствуй | здравствуйте | доброе утро | добрый день | добрый вечер | спасибо | "
    "большое спасибо | спасибо большое | пока | до свидания | как дела | спс | благодарю | до встречи | "
    "спокойной ночи | отлично | круто | приветик",
    "merhaba | selam | tesekkurler | tesekkur ederim | sag ol | gunaydin",
    "привіт | дякую | добрий день | бувай",
    "xin chao | cam on | tam biet",
    "你好 | 您好 | 嗨 | 早 | 早上好 | 早安 | 下午好 | 晚上好 | 晚安 | 谢谢 | 謝謝 | 谢谢你 | 谢谢您 | 多谢 | "
    "感谢 | 非常感谢 | 再见 | 再見 | 拜拜 | 辛苦了 | 你好吗 | 你好嗎 | 不客气 | 太好了 | 很好 | 你是谁",
)

LEANING: Final[tuple[str, ...]] = _openings(
    "und | auch | nochmal | kurzer | stattdessen | was ist mit",
    "and | what about | how about | same for | same thing | again | also | instead | the first | "
    "the second | the third | the last | the other one | the former | the latter | this one | that one | "
    "shorter | longer | simpler | more detail | in more detail | try again | not that | can you do that | "
    "could you do that | do the same | neither | both of | which one of | are you sure | undo | "
    "revert that | redo | tell me more | what else | anything else | make it",
    "y | tambien | otra vez | mas corto | en vez de eso | que tal si",
    "et | aussi | encore une | plutot | plus court",
    "e per | e il | e la | e lo | anche | ancora una | invece | piu corto",
    "en de | en het | ook | nog een keer | korter",
    "e o | e a | tambem | de novo | em vez disso | mais curto",
    "а если | а что | а как | и | тоже | еще раз | вместо этого | короче",
)
"""Openings of a reply of up to nine words that only makes sense after what was said."""

WEAKLY_LEANING: Final[tuple[str, ...]] = _openings(
    "aber | warum | wieso | oder",
    "but | why | how so | or | no | nope | actually | option | number | is that | really | then | what if | which one",
    "pero | por que | o | no | entonces",
    "mais | pourquoi | ou | non | alors",
    "e | ma | perche | oppure | allora",
    "en | maar | waarom | of | nee",
    "mas | ou | nao | entao",
    "а | но | почему | или | нет | тогда",
)
"""Openings of a reply that leans on what was said where it has at most four words."""

LEANING_PIECES: Final[tuple[str, ...]] = (
    "那",
    "第二个",
    "第一个",
    "再来",
    "还有",
    "呢",
    "それ",
    "もう一度",
    "じゃあ",
    "では",
    "그럼",
    "그건",
    "다시",
    "وماذا",
    "और",
)

SUMMARY: Final[tuple[str, ...]] = (
    "fass", "fasse", "zusammenfassung", "zusammenfassen", "tl;dr", "tldr", "summarize", "summarise", "summary of",
    "summarizing", "condense", "recap", "compact the conversation", "give me a summary", "write a summary",
    "resume", "resumen de", "resumir", "resuma", "sintetiza", "resumer", "resumez", "un resume de", "fais un resume",
    "riassumi", "riassunto", "riassumere", "vat samen", "samenvatting", "vat", "streszcz", "resumo de", "faca um resumo",
    "резюмируй", "суммируй", "кратко изложи", "сделай резюме", "подведи итог", "перескажи", "ozetle",
)  # fmt: skip
"""How a request to condense begins; "resume" alone is read as assent in English and so needs an object."""

SUMMARY_PIECES: Final[tuple[str, ...]] = (
    "要約",
    "まとめて",
    "总结",
    "總結",
    "概括",
    "摘要",
    "요약",
    "لخص",
    "تلخيص",
    "सारांश",
    "संक्षेप",
)
