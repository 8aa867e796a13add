"""Dutch, French, German and Swiss German, Italian, Portuguese and Spanish, beyond what `lexicon` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WESTERN: Final[Mapping[str, Mapping[str, str]]] = {
    "de": {
        "prove": "zeig_dass zeigt_dass nachweis* weise_nach",
        "design": "entwurf entwerfe skizzier* ueberarbeite",
        "debug": "diagnos* fehlerursache deadlock* verklemm* absturz*",
        "plan": "plan plant migrier* migration umstell* ablaufplan",
        "analyse": "analyse pruefe abwaegung",
        "why": "wie_kommt_es",
        "compare": "vor-_und_nachteile vorteile nachteile vor- besser_als",
        "calculate": "finde_ich finde_die finde_den berechne rechne",
        "explain": "erklar* erlauter* diskutier*",
        "sequence": "dann naechste nachste nachster nachsten vorher spater erst als_nachstes",
        "writing": "verfasse entwurf formulier* erstell* generier*",
        "code": "code python-* java-* sql-* abfrage* api api-* bibliothek programm* funktion schnittstelle",
        "maths": "beweis* quadratwurzel* wurzel_aus gruppe_gerader endliche_gruppe stetig* differenzierbar* "
        "polynom* ganze_zahl* "
        "unendlich_viele primzahl* ",
        "lookup": "preis adresse wetter wie_viel wie_alt wie_hoch",
        "define": "was_heisst wie_lautet",
        "specialist": "vermieter* mieter* mietvertrag* schmerz* blutdruck* schwanger* medikament* kontraindizi* "
        "dosis herz* "
        "diabetes krebs* schlaganfall infektion* patient* enzym* mitochondri*",
    },
    "gsw": {
        "prove": "bewiis* zeig_dass",
        "design": "entwirf entwerf*",
        "debug": "diagnos* ursach fahler",
        "why": "werum wieso warum",
        "compare": "vor-_und nochteil* vorteil* underschied*",
        "calculate": "rechn* find_ich wie_vil",
        "sequence": "denn zerscht nochscht* nachher",
        "writing": "schrib* schriib*",
        "code": "funktion code python-* java-* sql-* api datebank* programm*",
        "maths": "primzahl* wurzle unandlich stetig* differenzierbar*",
        "lookup": "wer wele weli weles hauptstadt wenn_isch wo_isch",
        "define": "was_isch was_sind was_heisst",
        "specialist": "vermieter* bluetdruck* bruschtschmerz* schwangerschaft* medikamant* kontraindizi*",
    },
    "nl": {
        "prove": "laat_zien_dat aantonen",
        "debug": "fout fouten vastloop*",
        "plan": "plan migratie",
        "compare": "voordelen nadelen",
        "sequence": "dan volgende",
        "code": "code database query programma",
        "maths": "wiskund* wortel oneindig*",
        "define": "wat_is",
        "specialist": "huisbaas huurder bloeddruk zwanger* diagnose medicijn*",
    },
    "fr": {
        "prove": "montre_que etablir_que etablis_que prouve",
        "design": "concoi* dessine propose_une_architecture",
        "debug": "diagnostic bogue interblocage depanne* fuite",
        "plan": "plan calendrier migre",
        "analyse": "analyse audit enquete",
        "why": "pourquoi comment_se_fait",
        "compare": "avantages inconvenients desavantages difference mieux_que",
        "calculate": "trouver_la trouve_la trouver_le combien calcule",
        "explain": "explique decris interprete",
        "sequence": "suivante suivant prochaine prochain avant premierement",
        "writing": "ecri* redige composer",
        "code": "python base_de_donnees requete_sql programme fonction_python api fil_d'execution",
        "maths": "racine groupe_fini infinite continue derivable polynome suite entier entiers",
        "lookup": "quel quelle quels quelles prix adresse meteo c'est_qui quand",
        "define": "quel_est quelle_est quels_sont quelles_sont c_est_quoi",
        "specialist": "proprietaire proprio locataire bail douleur tension grossesse enceinte medicament* "
        "contre-indiqu* infection "
        "traite enzyme diabete cancer",
    },
    "es": {
        "prove": "muestra_que muestre_que pruebe_que prueba",
        "design": "disena propone propon",
        "debug": "diagnostico s interbloqueo bloquea depur* fuga",
        "plan": "plan planea calendario migra",
        "analyse": "analisis revisa",
        "compare": "ventajas desventajas inconvenientes diferencia mejor_que pros_y_contras",
        "calculate": "encuentro_la encuentra_la encuentra_el encuentro encontrar cuanto cuanta",
        "explain": "explic*",
        "sequence": "siguiente proximo antes segundo",
        "writing": "escrib* redacta compon",
        "code": "python funcion_de programa base_de_datos api consulta hilos",
        "maths": "raiz grupo_finito infinitos continua derivable polinomio matematic* entero enteros",
        "lookup": "cuales que_tratado precio direccion tiempo_hace",
        "define": "cual_es cuales_son que_quiere_decir",
        "specialist": "casero arrendador inquilino dolor presion embarazo embarazada farmaco* medicamento* "
        "contraindicad* "
        "tratado enzima diabetes cancer infeccion",
    },
    "pt": {
        "prove": "mostre_que prova_que mostra_que",
        "design": "projet* desenh* propoe",
        "debug": "diagnostico erro_intermitente bug impasse travamento depur* vazamento",
        "plan": "plano plane* cronograma migre",
        "analyse": "analise",
        "compare": "vantagens desvantagens diferenca melhor_que pros_e_contras",
        "calculate": "encontro_a encontre_a encontre encontrar quanto quanta",
        "explain": "explic*",
        "sequence": "seguinte proximo antes segundo em_seguida",
        "writing": "escrev* redija componha",
        "code": "python programa banco_de_dados api consulta threads",
        "maths": "raiz grupo_finito infinitos continua derivavel polinomio matematic* inteiro inteiros",
        "lookup": "qual quais preco endereco",
        "define": "qual_e quais_sao o_que_significa",
        "specialist": "senhorio proprietario inquilino dor pressao gravidez gravida medicamento* contraindicad* "
        "tratado "
        "enzima diabetes cancer infeccao",
    },
    "it": {
        "prove": "mostra_che mostrare_che prova dimostra",
        "design": "proget* disegna proponi",
        "debug": "diagnosi bug stallo blocca debug perdita_di_memoria",
        "plan": "piano migra",
        "analyse": "analisi",
        "compare": "vantaggi svantaggi differenza meglio_di pro_e_contro",
        "calculate": "trovo_la trova_la trova_il trovare quanto quanta",
        "explain": "spieg*",
        "sequence": "successivo prossimo secondo_passo",
        "writing": "scriv* componi",
        "code": "python programma database query api thread",
        "maths": "radice gruppo_finito infiniti continua derivabile polinomio matematic* intero interi",
        "lookup": "quale quali prezzo indirizzo che_tempo",
        "define": "qual_e quali_sono",
        "specialist": "padrone_di_casa proprietario inquilino dolore pressione gravidanza incinta farmac* "
        "controindicat* "
        "trattato enzima diabete cancro infezione",
    },
}
