"""Cue words of the question signals, by idea and language. Data, and the tables built from them once.

Words are written as `fold` leaves them: small letters, no accents, "ss" for "ß"; German umlauts as "ae", "oe", "ue",
which stand for both spellings. `word*` is a stem (four letters at least), `two_words` a phrase. A word belongs to one
idea, and an idea counts once however many of its words appear: repeating buzzwords buys nothing. Scripts without
spaces between words are in `pieces`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

REASONING_WEIGHTS: Final[Mapping[str, float]] = {
    "prove": 3.0,
    "derive": 2.5,
    "design": 2.0,
    "debug": 2.0,
    "optimise": 1.5,
    "plan": 1.5,
    "analyse": 1.5,
    "why": 1.2,
    "compare": 1.2,
    "implement": 1.2,
    "systems": 1.2,
    "calculate": 1.0,
    "explain": 0.8,
    "condition": 0.7,
    "sequence": 0.5,
}
"""What one idea adds to `reasoning_steps`, once."""

SHARED_WITH_OTHER_TRADES: Final = frozenset(("code", "class", "method"))
"""Cue words of "code" that say nothing by themselves: there are payment methods and business classes."""

CODES_OF_OTHER_TRADES: Final = frozenset(
    (
        "access", "airport", "airline", "area", "bar", "barcode", "booking", "building", "confirmation", "country",
        "coupon", "currency", "discount", "door", "dress", "entry", "gift", "iata", "ip", "key", "legal", "moral", "morse",
        "one", "penal", "pin", "post", "postal", "product", "promo", "promotion", "promotional", "qr", "referral",
        "reservation", "security", "swift", "tax", "time", "tracking", "user", "verification", "zip",
    )
)  # fmt: skip
"""What stands before "code" where no program is meant."""

SPACED: Final[Mapping[str, Mapping[str, str]]] = {
    "prove": {
        "cs": "dokaz* dokazte",
        "de": "beweis* widerleg* zeige_dass zeigen_sie_dass",
        "en": "prove proves proven proving proof proofs disprove refute show_that formally verify_that",
        "es": "demuestr* demostrar demostracion probar_que prueba_que refuta*",
        "fr": "prouv* demontr* demonstration montrer_que montrez_que refute*",
        "it": "dimostr* prova_che provare_che",
        "nl": "bewij* toon_aan weerleg*",
        "pl": "udowodni* dowod wykaz_ze",
        "pt": "prove provar demonstr* demonstracao mostre_que",
        "ru": "докаж* доказ* опроверг* покажи_что покажите_что",
        "tr": "kanitla* ispatla*",
    },
    "derive": {
        "de": "leite_her herleit* ableit*",
        "en": "derive derives deriving derivation infer induction integrate differentiate diagonalize",
        "es": "deriva derivar deduce deducir deduzca induccion",
        "fr": "derive deriver derivez deduire deduis recurrence",
        "it": "deriva derivare deduci dedurre ricava ricavare induzione",
        "nl": "leid_af afleiden inductie",
        "pt": "derive derivar deduza deduzir inducao",
        "ru": "выведи выведите вывести вывод_формулы индукци*",
    },
    "design": {
        "de": "entwirf entwerf* entwurf* architektur* konzipier* gestalte",
        "en": "design designs designing architect architecture propose refactor rearchitect",
        "es": "disen* arquitectura propon*",
        "fr": "conceves concevoir concois concevez conception architecture proposez propose",
        "it": "progett* architettura proponi",
        "nl": "ontwerp* architectuur",
        "pl": "zaprojektu* architektur*",
        "pt": "projete projetar desenhe arquitetura proponha elabore",
        "ru": "спроектир* разработай разработайте архитектур* проектиров*",
    },
    "debug": {
        "de": "fehlersuche ursache behebe beheben grundursache debugge*",
        "en": "debug debugging diagnose diagnosis root_cause race_condition deadlock deadlocks memory_leak flaky "
        "intermittently troubleshoot regression segfault undefined_behavior",
        "es": "depura depurar diagnostic* causa_raiz condicion_de_carrera",
        "fr": "debogue* diagnosti* cause_racine situation_de_competition",
        "it": "debugga diagnosi diagnostica causa_principale",
        "nl": "foutopsporing oorzaak diagnose",
        "pt": "depure depurar diagnostiqu* causa_raiz condicao_de_corrida",
        "ru": "отлад* диагност* причин* гонк* взаимн_блокиров*",
    },
    "optimise": {
        "de": "optimier* minimier* maximier* beschleunig*",
        "en": "optimize optimise optimizing optimal optimally minimize minimise maximize maximise speed_up "
        "efficient efficiently scalable scale complexity",
        "es": "optimiz* optim* minimiza* maximiza* eficiente escalab*",
        "fr": "optimis* minimis* maximis* efficace",
        "it": "ottimizz* ottimal* minimizz* massimizz* efficiente",
        "nl": "optimalis* minimalis* efficient*",
        "pt": "otimiz* otimo minimiz* maximiz* eficiente",
        "ru": "оптимиз* оптимал* минимиз* максимиз* эффективн*",
    },
    "plan": {
        "de": "plane planen strategie* fahrplan",
        "en": "plan planning strategy strategies roadmap schedule itinerary migrate migration orchestrate coordinate",
        "es": "planifica* estrategi* migrar migracion hoja_de_ruta",
        "fr": "planifi* strategi* migrer migration feuille_de_route",
        "it": "pianific* strategi* migrare migrazione",
        "nl": "plannen strategie migreer",
        "pt": "planej* estrategi* migrar migracao",
        "ru": "спланир* стратеги* миграц* план_действий",
    },
    "analyse": {
        "de": "analysier* bewerte bewerten beurteil* untersuch*",
        "en": "analyze analyse analysing analyzing analysis evaluate evaluating assess critique investigate audit "
        "synthesize trade-offs tradeoffs trade_offs implications",
        "es": "analiz* evalu* examina investiga auditar",
        "fr": "analys* evalu* examine* auditer",
        "it": "analizz* valuta valutare esamina",
        "nl": "analyse* evalue* beoordeel onderzoek",
        "pt": "analis* avali* examine investigue",
        "ru": "проанализ* анализ* оцени оцените исследу*",
    },
    "why": {
        "de": "warum weshalb wieso begruende begruenden",
        "en": "why justify reason_about explain_how rationale",
        "es": "por_que justific*",
        "fr": "pourquoi justifi*",
        "it": "perche giustific* motiva",
        "nl": "waarom verklaar motiveer",
        "pt": "por_que porque justifiqu*",
        "ru": "почему обоснуй* зачем",
    },
    "compare": {
        "de": "vergleich* unterschied* gegenueber abwaeg*",
        "en": "compare comparing comparison contrast versus vs pros_and_cons differences better_than",
        "es": "compar* contrast* diferencias ventajas",
        "fr": "compare* comparer comparaison differences avantages",
        "it": "confront* paragon* differenze vantaggi",
        "nl": "vergelijk* verschillen",
        "pt": "compar* diferencas vantagens",
        "ru": "сравн* сопостав* различи* преимуществ*",
    },
    "implement": {
        "cs": "implementuj*",
        "de": "implementier* programmier* entwickl* erstelle_ein",
        "en": "implement implements implementing implementation build develop algorithm refactor parser compiler",
        "es": "implement* desarroll* programa construye algoritmo",
        "fr": "implement* developp* programme construis algorithme",
        "it": "implement* svilupp* costruisci algoritmo",
        "nl": "implementeer ontwikkel bouw algoritme",
        "pt": "implement* desenvolv* construa algoritmo",
        "ru": "реализу* имплемент* алгоритм*",
    },
    "systems": {
        "de": "verteilt* nebenlaeufig* skalierbar* fehlertoleran*",
        "en": "distributed concurrent concurrency lock-free fault-tolerant consensus replication sharding "
        "zero-downtime multi-tenant real-time microservices exactly-once thread-safe",
        "es": "distribuid* concurren* tolerante",
        "fr": "distribue* concurren* tolerant*",
        "it": "distribuit* concorren*",
        "nl": "gedistribueerd*",
        "pt": "distribuid* concorren*",
        "ru": "распределенн* параллельн* отказоустойчив*",
    },
    "calculate": {
        "de": "berechn* bestimme loese ermittle wie_viele",
        "en": "calculate compute determine solve evaluate_the find_the how_many estimate probability",
        "es": "calcul* determina resuelve resolver halla cuantos cuantas",
        "fr": "calcul* determin* resou* resolv* combien_de",
        "it": "calcol* determin* risolv* quanti quante",
        "nl": "bereken bepaal hoeveel",
        "pt": "calcul* determin* resolv* quantos quantas",
        "ru": "вычисл* рассчит* определи решите реши сколько",
    },
    "explain": {
        "de": "erklaer* erlaeuter* beschreib*",
        "en": "explain explains describe discuss elaborate interpret",
        "es": "explica* explique describ* discute",
        "fr": "expliqu* decri* discut*",
        "it": "spieg* descriv* discut*",
        "nl": "uitleg beschrijf",
        "pt": "expli* descrev* discuta",
        "ru": "объясн* опиши опишите расскажи",
    },
    "condition": {
        "de": "wenn falls sofern ausser vorausgesetzt",
        "en": "if unless given such_that assuming suppose provided whenever except subject_to at_least at_most "
        "exactly without",
        "es": "si salvo suponiendo supongamos siempre_que excepto sin",
        "fr": "si sauf supposons pourvu sachant sans",
        "it": "se salvo supponiamo purche tranne senza",
        "nl": "als tenzij mits stel",
        "pt": "se exceto supondo suponha desde_que sem",
        "ru": "если кроме пусть предположим при_условии без",
    },
    "sequence": {
        "de": "danach anschliessend zuerst schliesslich daraufhin",
        "en": "then next finally afterwards subsequently first second third and_then followed_by before after",
        "es": "luego despues primero finalmente entonces",
        "fr": "puis ensuite enfin apres d_abord",
        "it": "poi quindi infine dopo prima",
        "nl": "daarna vervolgens eerst tenslotte",
        "pt": "depois entao primeiro finalmente",
        "ru": "затем потом сначала наконец после",
    },
    "creative": {
        "de": "gedicht* geschichte verfass* dichte roman* slogan* brainstorm* liedtext",
        "en": "poem poems poetry haiku sonnet limerick story stories novel screenplay dialogue lyrics song compose "
        "brainstorm slogan tagline fiction essay imagine creative blog speech rap parody metaphor",
        "es": "poema* cuento historia_sobre novela cancion ensayo imagina eslogan redacta",
        "fr": "poeme* conte_sur nouvelle_sur roman chanson redige* redaction imagine slogan dissertation",
        "it": "poesia racconto romanzo canzone saggio immagina slogan",
        "nl": "gedicht verhaal roman lied opstel slogan",
        "pt": "poema* conto romance cancao ensaio imagine slogan redija",
        "ru": "стих* рассказ* роман* песн* сочини* эссе придума* слоган*",
    },
    "writing": {
        "de": "schreib* entwurf_einer",
        "en": "write writing draft rewrite compose create generate",
        "es": "escrib* crea genera",
        "fr": "ecri* cree genere",
        "it": "scriv* crea genera",
        "nl": "schrijf maak",
        "pt": "escrev* crie gere",
        "ru": "напиши напишите создай сгенерир*",
    },
    "maths": {
        "de": "satz_von integral* ableitung* gleichung* matrix vektor* primzahl* wahrscheinlichkeit* reell*",
        "en": "theorem lemma corollary conjecture hypothesis integral derivative equation equations matrix matrices "
        "eigenvalue eigenvalues polynomial prime primes modulo irrational triangle hypotenuse probability expected "
        "permutation permutations combinatorial bijection isomorphism homomorphism topology manifold convergence "
        "converges converge series continuous differentiable vector sqrt logarithm bayes np-hard np-complete "
        "sum_of divisible integer integers infinitely algebra geometry calculus determinant variance",
        "es": "teorema integral derivada ecuacion* matriz vector primos numeros_primos probabilidad irracional conjetura",
        "fr": "theoreme integrale derivee equation* matrice vecteur premiers nombres_premiers probabilite conjecture",
        "it": "teorema integrale derivata equazion* matrice vettore primi numeri_primi probabilita congettura",
        "nl": "stelling integraal afgeleide vergelijking matrix priemgetal* kans",
        "pt": "teorema integral derivada equacao equacoes matriz vetor primos numeros_primos probabilidade conjectura",
        "ru": "теорем* интеграл* производн* уравнени* матриц* вектор* простых вероятност* гипотез* иррациональн*",
    },
    "code": {
        "any": "python javascript typescript java kotlin golang rust php ruby sql postgres mysql sqlite html css react "
        "angular django flask fastapi numpy pandas docker kubernetes git bash linux regex json yaml xml api rest "
        "graphql http kafka redis terraform cuda webpack npm pytest junit async await stacktrace traceback "
        "nullpointerexception",
        "en": "code function functions class method script bug compile compiler unittest unit_test unit_tests "
        "endpoint database query schema recursion thread mutex pointer array loop variable exception codebase "
        "pull_request repository refactor module",
        "de": "funktion* klasse* methode skript datenbank*",
        "es": "codigo funcion script base_de_datos consulta_sql",
        "fr": "code fonction script base_de_donnees",
        "it": "codice funzione script",
        "nl": "functie script",
        "pt": "codigo funcao script banco_de_dados",
        "ru": "код функци* скрипт* базы_данных класс*",
    },
    "lookup": {
        "de": "wer wann wo oeffnungszeiten wie_spaet hauptstadt kostet welche welcher welches",
        "en": "who when where opening_hours capital track phone_number address how_much how_old what_time "
        "synonym spell weather price which",
        "es": "quien cuando donde horario* capital cuanto_cuesta cual_es que_hora rastrear",
        "fr": "qui quand ou_est horaires capitale combien_coute quelle_est quel_est quelle_heure",
        "it": "chi quando dove orari capitale quanto_costa qual_e che_ora",
        "nl": "wie wanneer waar openingstijden hoofdstad hoeveel_kost hoe_laat",
        "pt": "quem quando onde horario* capital quanto_custa qual_e que_horas",
        "ru": "кто когда где столица сколько_стоит который_час часы_работы",
    },
    "define": {
        "de": "was_ist was_sind was_bedeutet wie_heisst",
        "en": "what_is what_are what's whats define definition meaning_of stands_for",
        "es": "que_es que_son que_significa define",
        "fr": "qu'est-ce qu'est que_signifie c'est_quoi definition",
        "it": "cos'e che_cos'e cosa_e che_significa cosa_significa",
        "nl": "wat_is wat_zijn wat_betekent",
        "pt": "o_que_e o_que_sao que_significa",
        "ru": "что_такое что_значит",
    },
    "specialist": {
        "en": "patient symptoms dosage mg mmol mmhg ecg ekg stemi biopsy tumor prognosis contraindicated "
        "comorbid fracture insulin diabetes diabetic mri antibiotics chemotherapy seizure chronic "
        "hypertension hypotension tachycardia troponin creatinine antibiotic sepsis stroke chest_pain "
        "differential liability plaintiff defendant statute jurisdiction tort indemnity tenant landlord lease "
        "breach breached liable negligence warranty affidavit deductible gdpr hipaa estoppel fiduciary "
        "amendment enthalpy entropy quantum relativistic photon electron stoichiometry equilibrium isotope "
        "catalyst reagent mitochondria ribosome genome allele phenotype enzyme chromosome neuron torque "
        "stress-strain turbine transistor impedance capacitor thermodynamic thermodynamics viscosity reynolds "
        "voltage semiconductor inflation monetary fiscal derivative_pricing hedging amortization equity bond "
        "elasticity gdp ifrs gaap treaty dynasty philosophical epistemology metaphysics phoneme syntax "
        "cryptography cryptographic lattice bayesian stochastic gradient transformer backpropagation kernel "
        "tcp byzantine paxos raft",
        "de": "patient* symptom* diagnose_stell* klaeger haftung* gesetz quanten* entropie* inflation",
        "es": "paciente* sintomas dosis demandante ley_de cuantic* entropia inflacion",
        "fr": "patient* symptome* posologie plaignant loi quantique entropie",
        "it": "paziente* sintomi dosaggio querelante legge quantistic* entropia",
        "nl": "patient* symptomen dosering kwantum*",
        "pt": "paciente* sintomas dosagem lei quantic* entropia inflacao",
        "ru": "пациент* инфаркт* давлени* симптом* дозиров* истец закон квантов* энтропи* инфляци*",
    },
}


def _plain_umlauts(german: str) -> str:
    return german.replace("ae", "a").replace("oe", "o").replace("ue", "u")


_Entries: TypeAlias = dict[str, tuple[tuple[str, str], ...]]


def index_cues(listed: Iterable[tuple[str, str]]) -> tuple[dict[str, str], _Entries, _Entries]:
    """Tables to look cues up in.

    Args:
        listed: Idea and its cues, divided by spaces; of a word under two ideas the first counts.

    Returns:
        Word to idea; first four letters to (stem, idea); first word to (phrase with a space at both ends, idea).
    """
    words: dict[str, str] = {}
    stems: dict[str, list[tuple[str, str]]] = {}
    phrases: dict[str, list[tuple[str, str]]] = {}
    for idea, cues in listed:
        for cue in cues.split():
            if cue.endswith("*"):
                stems.setdefault(cue[:4], []).append((cue[:-1], idea))
            elif "_" in cue:
                phrases.setdefault(cue.split("_", 1)[0], []).append((f" {cue.replace('_', ' ')} ", idea))
            else:
                words.setdefault(cue, idea)
    return words, {k: tuple(v) for k, v in stems.items()}, {k: tuple(v) for k, v in phrases.items()}


WORDS, STEMS, PHRASES = index_cues(
    (idea, " ".join((*languages.values(), _plain_umlauts(languages.get("de", "")))))
    for idea, languages in SPACED.items()
)
"""As `index_cues` has them, of all languages together."""
