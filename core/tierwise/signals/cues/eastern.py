"""Polish, Turkish, and Hindi in Latin letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EASTERN: Final[Mapping[str, Mapping[str, str]]] = {
    "pl": {
        "prove": "udowod* udowodni* dowod dowodu wykaz wykaz_ze pokaz_ze obal*",
        "derive": "wyprowadz* wywnioskuj indukcj* rozniczk*",
        "design": "zaprojektuj* projekt* architektur* zapropon*_architektur*",
        "debug": "zdiagnoz* diagnoz* rozpoznani* debug* zakleszcz* wyciek* wyscig*",
        "optimise": "optymaliz* zoptymaliz* minimaliz* maksymaliz* wydajn*",
        "plan": "plan zaplanuj* planow* strategi* harmonogram* migracj*",
        "analyse": "przeanaliz* analiz* ocen ocenic zbadaj*",
        "why": "dlaczego czemu uzasadnij* skad",
        "compare": "porownaj* porownan* rozni* zalet* wady roznic*",
        "implement": "zaimplement* implement* zbuduj* stworz_program algorytm*",
        "systems": "rozproszon* wspolbiezn* replikacj*",
        "calculate": "oblicz* policz* wyznacz* rozwiaz* ile znalezc znajdz prawdopodobien*",
        "explain": "wyjasnij* wytlumacz* opisz* omow* objasnij*",
        "condition": "jesli jezeli chyba_ze zakladajac o_ile bez",
        "sequence": "potem nastepn* najpierw wreszcie nastepnie po_tym zanim",
        "creative": "wiersz* opowiadan* historyjk* esej* piosenk* haslo_reklam*",
        "writing": "napisz* pisz stworz* utworz* ulozy*",
        "maths": "liczb* pierwszych twierdzen* calk* pochodn* rownani* macierz* pierwiastek grupa_skonczona "
        "ciagla rozniczkowaln* "
        "nieskonczen* wielomian* ",
        "code": "kod kodu funkcje_w funkcje_python program* skrypt* baz*_danych bazy zapytanie_sql pythonie "
        "javie api watki klasa",
        "lookup": "kto kiedy gdzie ktora ktore ktory jaka_jest stolica ile_kosztuje cena adres pogoda o_ktorej",
        "define": "co_to co_to_jest czym_jest jaki_jest jaka_jest jakie_sa co_znaczy co_oznacza",
        "specialist": "wlascicie*_mieszkania najemc* pacjent* objaw* cisnieni* ciaz* lek leki przeciwwskaz* "
        "bol_w dawk* "
        "traktat* enzym* inflacj* kwantow* cukrzyc* zakazen*",
    },
    "tr": {
        "prove": "kanitla* ispatla* ispat* oldugunu_goster oldugunu_gosterin curut*",
        "derive": "turet* cikarim tumevarim",
        "design": "tasarla* tasarim* mimari*",
        "debug": "hata_ayikla* tani teshis* kilitlen* coker coktu bellek_sizintisi yaris_durumu ",
        "optimise": "optimiz* eniyile* verimli hizlandir*",
        "plan": "planla* plani strateji* yol_haritasi goc tasinma*",
        "analyse": "analiz* degerlendir* incele*",
        "why": "neden niye nicin gerekcelendir*",
        "compare": "karsilastir* fark* avantaj* dezavantaj* artilari",
        "implement": "uygula* gelistir* algoritma*",
        "systems": "dagitik es_zamanli eszamanli replikasyon",
        "calculate": "hesapla* bul bulurum bulunuz coz kac kactir olasilig*",
        "explain": "acikla* anlat* tanimla* tartis*",
        "condition": "eger ise varsa sartiyla olmadan",
        "sequence": "sonra sonraki once ardindan nihayet ilk",
        "creative": "siir* hikaye* roman* sarki* deneme_yaz slogan*",
        "writing": "yaz yazin yazar_misin olustur*",
        "maths": "asal* teorem* integral* turev* denklem* matris* karekok* sonlu_grub* surekli_bir sonsuz* "
        "polinom* mertebe*",
        "code": "kod kodu fonksiyon* program* betik veritaban* sorgu* python java api is_parcacigi",
        "lookup": "kim ne_zaman nerede neresidir neresi hangi baskenti fiyat* kac_para adres* hava saat_kacta",
        "define": "nedir ne_demek nelerdir ne_anlama",
        "specialist": "ev_sahib* kiraci* hasta* belirti* tansiyon* gebelik* hamile* ilac* endike* kontrendik* "
        "agrisi* doz* "
        "antlasma* enzim* enflasyon* kuantum* seker_hastalig*",
    },
    "hinglish": {
        "prove": "prove_karo sabit_karo siddh_karo dikhao_ki",
        "derive": "derive_karo nikalo",
        "design": "design_karo banao_design",
        "debug": "debug_karo",
        "plan": "plan_banao yojana migrate_kar*",
        "analyse": "vishleshan analyse_karo",
        "why": "kyun kyon kyu",
        "compare": "tulna fayde nuksan antar fark compare_karo",
        "calculate": "kitne kitna kitni nikalo pata_kar* hisab",
        "explain": "samjhao samjhaiye batao_kaise explain_karo",
        "condition": "agar yadi bina",
        "sequence": "phir fir pehle uske_baad baad agla next",
        "creative": "kavita kahani shayari gaana",
        "writing": "likho likhiye likh_do likhna",
        "code": "code function program",
        "lookup": "kaun kab kahan kisne capital kitne_ka kaunsi kaunsa kaun_sa kaun_si",
        "define": "kya_hai kya_hain kya_hota matlab",
        "specialist": "mareez dard bp dawai pregnant_aurat makan_malik",
    },
}
