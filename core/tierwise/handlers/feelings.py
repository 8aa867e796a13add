"""Words of praise and of blame in several languages, and what turns them round or makes them doubtful. Data.

Written as `fold` leaves words; `word*` stands for all words that begin so. Only words that praise or blame in nearly every
sentence are here: "cheap", "cold", "sick", "crazy" are not, nor is "pretty", which makes a sentence doubtful instead. They
are kept language by language, as a word of one says something else in another: a German "bin" is no bin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final


class Words:
    """A list of words and beginnings of words."""

    def __init__(self, *lines: str) -> None:
        words = [word for line in lines for word in line.split()]
        self._whole = frozenset(word for word in words if word[-1] != "*")
        self._heads = tuple(word[:-1] for word in words if word[-1] == "*")

    def __contains__(self, word: str) -> bool:
        return word in self._whole or word.startswith(self._heads)


PRAISE: Final[Mapping[str, Words]] = {
    "en": Words(
        "good great excellent amazing awesome fantastic wonderful superb outstanding perfect perfectly brilliant "
        "lovely delightful delicious tasty beautiful beautifully gorgeous impressive impressed terrific fabulous "
        "marvelous marvellous exceptional stellar flawless flawlessly love loved loving enjoy enjoyed enjoyable "
        "happy pleased satisfied delighted thrilled glad grateful friendly helpful polite courteous attentive "
        "comfortable cozy reliable recommend recommended favorite favourite spotless"
    ),
    "es": Words(
        "bueno buena buenos buenas buen excelent* fantastic* maravillos* perfect* estupend* genial genia* increible "
        "hermos* delicios* encanta encantan encanto encantad* gusta gustan gusto contento contenta feliz satisfech* "
        "amable amables util utiles recomiendo recomendable recomendado"
    ),
    "de": Words(
        "gut gute guten guter gutes super toll tolle tolles toller hervorragend* ausgezeichnet* fantastisch* "
        "wunderbar* grossartig* perfekt* begeistert zufrieden glucklich freundlich* hilfreich* lecker* schone schonen "
        "schoner schones "
        "empfehle empfehlenswert liebe liebt gefallt bequem zuverlassig*"
    ),
    "fr": Words(
        "bon bonne bons bonnes excellent* superbe* magnifique* genial* formidable* parfait* delicieu* adore j'adore "
        "adorons ravi ravie content contente satisfait* agreable* aimable* utile recommande merveilleu*"
    ),
    "it": Words(
        "buona buonissim* ottim* eccellent* fantastic* meraviglios* perfett* bellissim* delizios* adoro felice "
        "soddisfatt* gentil* utile consigliat*"
    ),
    "pt": Words(
        "bom boa otim* excelent* maravilhos* perfeit* lindo linda delicios* adorei adoro gostei feliz satisfeit* "
        "recomendo"
    ),
    "nl": Words(
        "goed goede uitstekend* geweldig* fantastisch* prachtig* heerlijk* tevreden blij aanrader vriendelijk*"
    ),
    "ru": Words(
        "отличн* прекрасн* замечательн* великолепн* хорош* довол* рекомендую люблю нравится понравил* вкусн* супер"
    ),
}

BLAME: Final[Mapping[str, Words]] = {
    "en": Words(
        "bad badly terrible terribly horrible horribly awful awfully dreadful atrocious abysmal appalling disgusting "
        "disappointing disappointed disappointment worst useless worthless unusable defective faulty broken broke "
        "breaks garbage rubbish trash junk crap crappy lousy pathetic hate hated hates regret annoying annoyed "
        "frustrating frustrated angry furious rude unhelpful unfriendly unprofessional incompetent dirty filthy stale "
        "tasteless inedible overpriced scam rip-off ripoff ugly uncomfortable unreliable unacceptable poor poorly "
        "mediocre flimsy nightmare ruined"
    ),
    "es": Words(
        "malo mala malos malas mal horrible* terrible* pesim* fatal asqueros* decepcion* inutil* odio peor defectuos* "
        "roto rota grosero grosera sucio sucia estafa"
    ),
    "de": Words(
        "schlecht* furchtbar* schrecklich* miserabel miserable* enttauscht enttauschend* entsetzlich* unfreundlich* "
        "kaputt nutzlos* wertlos* hasse ekelhaft* mangelhaft* schlimm* schmutzig* unzuverlassig* defekt"
    ),
    "fr": Words(
        "mauvais* horrible* terrible* nul nulle nuls affreu* decu decue decus decevant* deteste inutile* casse cassee "
        "sale pire arnaque degueulasse"
    ),
    "it": Words(
        "cattiv* pessim* orribil* terribil* delus* deludent* schifo schifos* inutil* odio rotto rotta sporc* peggior* "
        "truffa"
    ),
    "pt": Words(
        "ruim ruins pessim* horrivel terrivel decepcionad* decepcionant* inutil odeio odiei quebrado quebrou pior sujo"
    ),
    "nl": Words("slecht* verschrikkelijk* vreselijk* teleurgesteld teleurstellend* waardeloos kapot afschuwelijk*"),
    "ru": Words("плох* ужасн* отвратительн* разочаров* ненавижу кошмар* худш* бесполезн* сломал* грубы*"),
}

PRAISE_SIGNS: Final = (
    *("很好", "非常好", "太好", "喜欢", "喜歡", "满意", "滿意", "优秀", "優秀", "完美", "棒", "推荐"),
    *("素晴らしい", "最高", "大好き", "좋아요", "최고", "훌륭"),
)
BLAME_SIGNS: Final = (
    *("差", "失望", "糟糕", "垃圾", "讨厌", "討厭", "难吃", "難吃", "不好", "不喜欢", "不推荐", "不满意"),
    *("最悪", "ひどい", "嫌い", "최악", "별로", "실망"),
)

PRAISING_PHRASES: Final = re.compile(
    r"\bnot bad at all\b|\bnot at all bad\b|\b(?:no|zero|without) (?:problems?|issues?|complaints?|regrets?)\b|"
    r"\bthumbs up\b|\bl[aeio] consiglio\b|"
    r"\b(?:would|will) (?:definitely |certainly |absolutely |highly |gladly |always )?(?:recommend|(?:buy|order|"
    r"come|go|stay|use)"
    r"(?: \w+){0,3} again)\b|\b(?:worth|exceeded) (?:every|my|all)\b|\bworks? (?:perfectly|great|flawlessly|"
    r"like a charm)\b"
)
BLAMING_PHRASES: Final = re.compile(
    r"\bwaste of (?:my )?(?:money|time)\b|\bnever again\b|\bthumbs down\b|\b(?:does|did|do|would|will) ?(?:not|"
    r"n't) work\b|"
    r"\bstop(?:s|ped)? working\b|\b(?:would|will|could|can|do) ?(?:not|n't|never) (?:ever )?(?:recommend|buy|order|"
    r"use)\b(?: \w+){0,2}|"
    r"\bstay away\b|\bmoney back\b|\bperdida de (?:tiempo|dinero)\b|\bperte de temps\b|\bgeldverschwendung\b|"
    r"\bfunktioniert nicht\b|\bno funciona\b|\bne (?:fonctionne|marche) pas\b|\bnon funziona\b|\bnao funciona\b|"
    r"никогда больше"
)

DOUBTFUL: Final = re.compile(
    r"[?？]|\.\.\.|…|🙄|😏|🤡|[\"“”«»]|\b(?:if|would|could|should|might|unless|wish|hoped?|hoping|wanted|expected|"
    r"expecting|expect|"
    r"supposed|used to|was going to|until|than|compared|unlike|instead|ironic\w*|so-called|apparently|allegedly|"
    r"say|says|said|"
    r"claims?|claimed|yeah right|oh great|oh good|oh wonderful|oh joy|just (?:great|perfect|wonderful|lovely|"
    r"what i needed)|"
    r"thanks for nothing|thanks a lot|what a|another|bravo|congratulations|good luck|good job|well done|"
    r"nice try|pretty|"
    r"ok|okay|fine|decent|average|so-so|meh|alright|acceptable|not the best|not the worst|not as|not so|"
    r"too good|too bad|"
    r"a bit|somewhat|slightly|kind of|sort of|mostly|sometimes|except|only|hardly|barely|almost|nearly|"
    r"not that|how|every time|each time|way to|old|older|previous|former|last|other|others|people|anyone|nobody|"
    r"everybody|"
    r"complain\w*|worth|villain\w*|terribly|awfully|"
    r"si fuera|seria|esperaba|queria|regular|normal|ware|hatte|konnte|sollte|wollte|wenn|ganz nett|geht so|in ordnung|"
    r"serait|aurait|voulais|esperais|moyen|correct|sarebbe|vorrei|volevo|se fosse|seria|queria|"
    r"ignore|instructions?|answer|reply|respond|label|classif\w*|output|positive|negative|neutral|sentiment|prompt)\b|"
    r"如果|要是|本来|还行|一般|бы\b|если|нормально|могло"
)
"""Sarcasm, wishes, conditions, comparisons, lukewarm words, and texts that talk to whoever reads them."""

TROUBLE: Final = re.compile(
    r"\b(?:wast\w*|fail\w*|crash\w*|died|dies|dead|lost|late|delay\w*|wait(?:ed|ing|s)?|problem\w*|issues?|"
    r"errors?|bugs?|"
    r"refund\w*|"
    r"charg(?:ed|es)|stop(?:s|ped)?|leak\w*|stuck|slow\w*|nois[ey]\w*|wrong|missing|damag\w*|return(?:ed|ing)?|"
    r"cancel\w*|"
    r"trouble\w*|broke\w*|breaks?|burn\w*|torn|fell|expensive|hospital|lawyer|police|"
    r"tarde|problema\w*|espera\w*|verspat\w*|problem\w*|wartet\w*|retard\w*|attend\w*|ritardo|atras\w*|"
    r"опозда\w*|проблем\w*)\b"
    r"|坏|慢|等了|问题"
)
"""What goes wrong: praise beside it may be meant the other way round."""

CONTRAST: Final = re.compile(
    r"\b(?:but|however|although|though|yet|nevertheless|still|while|whereas|despite|pero|aunque|sin embargo|"
    r"aber|jedoch|obwohl|"
    r"trotzdem|mais|cependant|malgre|ma|pero|tuttavia|mas|porem|maar|hoewel)\b|\b(?:но|однако|хотя)\b|但|可是|不过|でも|けど|하지만"
)

PLAIN: Final[Mapping[str, Words]] = {
    "en": Words(
        "the a an it this that these those its it's and of in with there here is are was were am been i i'm i've we "
        "we're my our us me them so very really truly absolutely totally completely complete extremely highly "
        "incredibly quite super much have has had ever do did does don't didn't doesn't isn't wasn't aren't weren't "
        "not never no like likes buy buying bought purchase purchased ordered use using used work works worked "
        "working product products item items service services staff team support waiter waiters waitress food meal "
        "dinner lunch breakfast dish dishes coffee pizza drinks hotel room rooms bed bathroom place location "
        "restaurant shop store website app phone laptop screen battery camera sound picture quality price value size "
        "design colour color fit shoes dress shirt book story movie film acting actors plot game music album song "
        "songs performance customer experience seller delivery packaging"
    ),
    "es": Words(
        "el la los las un una es son esta estan fue era y o de del con me muy nos yo lo le se en todo producto "
        "servicio comida camarero hotel habitacion personal calidad precio no nunca estaba todos"
    ),
    "de": Words(
        "der die das ein eine ist sind war waren ich bin wir und oder mit sehr es zu im in alles mir hotel zimmer "
        "produkt essen service personal qualitat preis nicht kein keine wirklich absolut mich"
    ),
    "fr": Words(
        "le la les un une est sont etait c'est j'ai je suis nous et ou avec tres de du des tout produit service hotel "
        "chambre repas nourriture personnel qualite prix ne pas l'hotel vraiment"
    ),
    "it": Words(
        "il lo la i gli un una e sono era molto di del con tutto prodotto servizio albergo hotel camera cibo "
        "personale qualita prezzo non mi ho"
    ),
    "pt": Words(
        "o a os as um uma e sao foi muito do da com produto servico hotel comida quarto pessoal qualidade preco nao "
        "eu estou"
    ),
    "nl": Words("de het een en ik ben was is erg heel zeer product eten kamer kwaliteit service hotel personeel niet"),
    "ru": Words("это и очень я в с не товар качество сервис еда отель всё все был была было"),
}
"""What a plain sentence of praise or blame is made of, besides these: a text with other words may mean anything by them."""

AFTER_A_WHILE: Final = Words(
    "after two three four five ten one day days week weeks month months hour hours minutes within first second "
    "time times stopped "
    "turning on off buy do refused waste even once to for again",
)
"""Words that blame may have besides: how soon it broke. Praise that has them is seldom meant."""

PLAIN_SIGNS: Final = frozenset(
    "非常很太了的我这這个個是不没沒也都真质質量服务服務东西東西产品產品"
    "餐厅餐廳酒店房间房間味道态度態度，。！!,. とてもこの店は料理が"
)

NEUTRAL: Final = Words(
    "the a an it this that these those is are was were has have had be been i we my our your there here and or "
    "with without of in "
    "on at to from for by as into out up down package box order item items product contains contain contained "
    "comes came includes "
    "included arrived received delivered shipped bought ordered weighs weigh measures made black white red "
    "blue green grey gray "
    "yellow brown monday tuesday wednesday thursday friday saturday sunday january february march april june "
    "july august september "
    "october november december morning afternoon evening today yesterday day days week weeks month months hour "
    "hours minutes "
    "one two three four five six seven eight nine ten cable cables charger manual battery screen button "
    "buttons port ports size "
    "color colour inches cm mm kg grams store website located opens closes street page pages chapter version",
)
"""Words of reports; a text of nothing else feels nothing."""
