"""Small talk and assent beyond `phrases`: what people add to a greeting or a thank-you, in many languages.

A message is small talk where words of these lists and of `phrases` make up all of it, and one of them greets, thanks or
praises. Single words and turns of phrase, not sentences: they stand in any order. Folded, as in `phrases`.
"""

from __future__ import annotations

from typing import Final

from tierwise.signals.phrases import phrases


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


SOCIAL_WORDS: Final = phrases(
    # Arabic, Hindi, Korean
    "شكرا | مرحبا | اهلا | أهلا | السلام عليكم | صباح الخير | مساء الخير | تصبح على خير | كيف حالك | كيف الحال "
    "| رائع | ممتاز | "
    "شكرًا | مرحبًا | أهلًا | سررت بلقائك | تشرفت بمعرفتك | مع السلامة | ممتن | شكرا لك | شكرًا لك",
    "नमस्ते | नमस्कार | धन्यवाद | शुक्रिया | सुप्रभात | शुभ संध्या | शुभ रात्रि | बढ़िया | वाह | कैसे हैं | कैसे हो | "
    "कैसी हो | मिलकर खुशी हुई | अलविदा | आभार | शाबाश",
    "안녕 | 안녕하세요 | 안녕하십니까 | 고마워 | 고마워요 | 고맙습니다 | 감사 | 감사해요 | 감사합니다 | "
    "감사드려요 | 반가워요 | 반갑습니다 | "
    "좋은 아침이에요 | 좋은 아침입니다 | 좋은 아침 | 좋네요 | 멋져요 | 훌륭해요 | 최고예요 | 잘 자요 | "
    "수고하셨습니다 | 어떠세요 | 잘 지내세요",
    # Russian
    "привет | здравствуй | здравствуйте | спасибо | благодарю | отлично | супер | здорово | класс | "
    "замечательно | прекрасно | "
    "приятно познакомиться | рад познакомиться | рада познакомиться | доброе утро | добрый день | добрый вечер | "
    "спокойной ночи | как дела | как ты | до свидания | до завтра | хорошего дня | хорошего вечера | молодец",
    # German, Swiss German, Dutch
    "hallo | danke | vielen dank | guten morgen | guten abend | gute nacht | freut mich | angenehm | super | "
    "klasse | toll | prima | "
    "wunderbar | grossartig | schonen abend | schonen tag | schones wochenende | bis morgen | tschuss | wie "
    "geht es dir | "
    "wie geht's | wie geht es ihnen | geht es dir",
    "gruezi | hoi | salu | merci | merci vilmol | danke | guete morge | guete tag | guete abig | gueti nacht | "
    "freut mi | mega | "
    "wie gohts | wie gahts | wie gohts der | schone abig | schone tag | ade | tschau | uf widerluege | super",
    "hallo | bedankt | dankjewel | dank je | goedemorgen | goedenavond | leuk je te ontmoeten | geweldig | "
    "fijne avond | fijne dag",
    # Romance
    "bonjour | bon matin | salut | allo | merci | bonsoir | bonne soiree | bonne journee | bonne nuit | "
    "enchante | enchantee | ravi | ravie | "
    "content | contente | super | genial | parfait | formidable | magnifique | malade | comment vas-tu | "
    "comment vas tu | "
    "comment allez-vous | comment ca va | ca va | ca va-tu | ca va tu | a bientot | au revoir",
    "hola | gracias | muchas gracias | buenos dias | buenas tardes | buenas noches | encantado | encantada | "
    "mucho gusto | un placer | "
    "genial | estupendo | excelente | perfecto | maravilloso | como estas | que tal | que tengas | buena tarde "
    "| buen dia | hasta luego",
    "ola | oi | obrigado | obrigada | bom dia | boa tarde | boa noite | prazer | otimo | excelente | maravilha "
    "| legal | que bom | "
    "como vai | como esta | tudo bem | tenha | tchau | valeu | ate logo",
    "ciao | salve | grazie | grazie mille | buongiorno | buonasera | buona serata | buona giornata | buonanotte "
    "| piacere | "
    "ottimo | fantastico | perfetto | magnifico | come stai | come va | come sta | arrivederci",
    # Polish, Turkish
    "czesc | hej | dzien dobry | dobry wieczor | dobranoc | dzieki | dziekuje | swietnie | super | wspaniale | "
    "milo poznac | milo cie poznac | "
    "milo | jak sie masz | jak leci | co slychac | milego wieczoru | milego dnia | do widzenia | do zobaczenia",
    "merhaba | selam | gunaydin | iyi aksamlar | iyi geceler | iyi gunler | tesekkur ederim | tesekkurler | "
    "tesekkur | sag ol | sagol | harika | "
    "super | muhtesem | nasilsin | nasilsiniz | tanistigimiza memnun oldum | memnun oldum | gorusuruz | hosca kal",
    # Vietnamese, Indonesian, Swahili
    "xin chao | chao | chao buoi sang | chao ban | cam on | cam on ban | tuyet voi | tuyet | rat vui | vui duoc "
    "gap | rat vui duoc gap ban | "
    "the nao | khoe khong | tam biet | chuc ngu ngon | chuc buoi toi vui ve | hen gap lai",
    "halo | hai | selamat pagi | selamat siang | selamat sore | selamat malam | terima kasih | makasih | apa "
    "kabar | senang berkenalan | "
    "senang bertemu | bagus | hebat | mantap | keren | sampai jumpa | selamat tinggal",
    "habari | hujambo | jambo | mambo | shikamoo | salamu | asante | asante sana | ahsante | vizuri | safi | "
    "nzuri | karibu | nafurahi | "
    "habari za asubuhi | habari gani | kwaheri | usiku mwema | jioni njema",
    # Hindi in Latin letters
    "namaste | namaskar | shukriya | dhanyavaad | dhanyawad | thanks | badhiya | kya baat hai | kaise ho | "
    "kaise hain | kaisi ho | accha laga | "
    "achha laga | phir milenge | alvida",
    # Pidgin, Scots
    "how far | how you dey | abeg thank you | e sweet me | i happy | well done | na so | wetin dey",
    "hullo | guid mornin | guid nicht | braw | thank ye | hou are ye | cheerio | cheers",
)  # fmt: skip
"""Each greets, thanks, praises or wishes well."""

FILLERS: Final = phrases(
    "لك | لكم | جزيلا | جزيلًا | كثيرا | كثيرًا | جدا | جدًا | اليوم | هذا | يساعدني | ساعدني | ذلك | أتمنى | مساء "
    "| مساءً | سعيدا | سعيدًا | يوما | يومًا | يا | على "
    "| المساعدة | بلقائك | صديقي",
    "आप | आपका | आपकी | आपसे | तुम | बहुत | बहुत-बहुत | आज | इससे | मदद | मिली | हुई | की | के | लिए | शाम | "
    "अच्छी | अच्छा | दिन | रहे | हो | जी | हैं | है | कैसे | मिलकर | खुशी | भी",
    "오늘 | 정말 | 진짜 | 아주 | 매우 | 큰 | 많은 | 도움이 | 도움 | 됐어요 | 되었어요 | 되었습니다 | 됐습니다 | "
    "만나서 | 좋은 | 저녁 | 하루 | 밤 | 보내세요 | 보내 | 되세요 | 덕분에 | 너무",
    "у | тебя | вас | тебе | вам | мне | сегодня | это | очень | так | помогло | помог | помогли | помощь | за "
    "| и | большое | огромное | "
    "хорошего | доброго | вечера | дня | всё | все | вы | ты | просто",
    "dir | ihnen | mir | mich | dich | sie | heute | das | es | hilft | hat | geholfen | sehr | viel | so | "
    "noch | schonen | schone | abend | tag | und | fur | die | "
    "hilfe | kennenzulernen | kennen | zu | lernen | einen | wirklich | alles | na | du | ist | war",
    "der | hut | mer | mi | di | das | hilft | no | en | schone | abig | tag | vilmol | z | lerne | kenne | "
    "sehr | au | fur | d | hilf",
    "je | jou | heel | erg | veel | vandaag | dat | helpt | me | een | voor | de | hulp | met | gaat | hoe | het",
    "tu | toi | vous | te | m | me | moi | aujourd'hui | aujourd | hui | ca | cela | m'aide | aide | aider | "
    "beaucoup | bien | ben | en | masse | de | faire | ta | votre | "
    "connaissance | rencontrer | pour | l'aide | et | une | tres | vraiment | c'est | a | tous | fait | plaisir",
    "hoy | me | te | eso | esto | ayuda | ayudado | ha | mucho | mucha | muchas | muy | de | conocerte | "
    "conocerlo | conocerla | por | la | tu | que | tengas | "
    "tenga | buena | buen | tarde | noche | dia | un | una | y | de verdad | verdad | todo | es | usted",
    "hoje | voce | isso | ajuda | ajudou | muito | muita | em | te | conhecer | conhece-lo | uma | um | boa | "
    "bom | noite | dia | tarde | pela | por | e | de | "
    "verdade | mesmo | tudo | tenha | demais | me | senhor | o",
    "oggi | mi | ti | aiuta | aiutato | molto | tanto | davvero | di | conoscerti | conoscerla | una | un | "
    "buona | buon | serata | giornata | "
    "per | l'aiuto | aiuto | e | tutto | ha | ho | la | il",
    "sie | dzisiaj | dzis | to | bardzo | pomaga | pomoglo | cie | pania | pana | poznac | ci | za | pomoc | "
    "milego | wieczoru | dnia | i | wielkie | naprawde | jak | masz | mi | wam",
    "bugun | cok | bana | yardimci | yardim | oldu | oldun | ettiniz | iyi | aksamlar | gunler | geceler | bu | "
    "icin | sana | size | gercekten | bir | guzel | dilerim | ederim",
    "ban | hom | nay | toi | rat | nhieu | dieu | do | giup | duoc | da | qua | buoi | sang | toi | vui | ve | "
    "chuc | mot | gap | cac | anh | chi | em | lam | that | su | vi | cua | su giup do | sao | co | khoe",
    "ini | itu | hari | sangat | sekali | membantu | banyak | atas | bantuan | bantuannya | denganmu | dengan | "
    "anda | kamu | nya | ya | pagi | malam | semoga | menyenangkan | bertemu | sungguh | untuk",
    "leo | sana | hiyo | hii | hilo | inanisaidia | imenisaidia | msaada | kwa | wako | kukutana | nawe | nanyi "
    "| uwe | na | jioni | siku | njema | kweli | yako | za | asubuhi | mchana | mno",
    "aaj | aap | aapka | aapki | aapse | yaar | ji | bhai | bahut | help | hui | hua | ho | hai | hain | milkar "
    "| mil | kar | shaam | din | achhi | accha | achha | mast | kaise | raat | ke | liye | madad | mili",
    "o | today | e | help | me | well well | to | meet | you | plenty | make you | enjoy | your | evening | day "
    "| ah | no be small",
    "the day | ye | tae | meet | verra | much | hae a | a | an | guid | nicht | that's | great | help | the nou",
)  # fmt: skip
"""Each may stand beside one of those, and says nothing alone."""

ASSENT_WORDS: Final = phrases(
    "yes do am | do am | oya | oya do am | carry go | go ahead | e make sense | make sense",
    "aye | dae it | on ye go | soonds guid",
    "jo | jo mach das | tont guet | klingt gut | hort sich gut an | mach mal | leg los",
    "ouin | fais ca | envoye | c'est beau | ca marche | ca me va | me va | vas-y | vas y",
    "me parece bien | suena bien | hazlo | adelante | si hazlo",
    "parece bom | parece otimo | pode seguir | pode ser | manda ver | sim faca isso",
    "mi sembra buono | mi va bene | sembra buono | procedi pure | procedi | va benissimo",
    "tak | zrob to | dzialaj | brzmi dobrze | do dziela | smialo | dawaj | prosze bardzo | w porzadku | kontynuuj",
    "evet | yap | tamam | devam et | kulaga iyi geliyor | iyi geliyor | olur | basla | hadi | onayliyorum | "
    "lutfen | evet lutfen",
    "vang | u | lam di | tiep tuc di | tiep tuc | nghe hay day | nghe on | dong y | duoc | bat dau di | cu lam "
    "di | lam luon",
    "ya | lakukan | lanjutkan | lanjut | silakan | setuju | baik | oke | boleh | kedengarannya bagus | ya "
    "lakukan | mulai | tolong lakukan",
    "ndiyo | fanya | fanya hivyo | endelea | sawa | inasikika vizuri | haya | kubali | nakubali | tafadhali",
    "haan | han | kar do | karo | theek hai | thik hai | aage badho | sahi lag raha hai | chalo | shuru karo | "
    "haan karo | bilkul",
    "звучит хорошо | звучит отлично | давай сделай | приступай | начинай | делаем",
    "네 | 그렇게 해 주세요 | 그렇게 하세요 | 좋아요 | 진행해 주세요 | 좋습니다 | 시작해 주세요 | 시작하세요 | "
    "계속하세요",
    "نعم | افعل ذلك | يبدو جيدا | يبدو جيدًا | تابع | تفضل | ابدأ | موافق | أكمل | استمر",
    "हाँ | हां | कर दो | कर दीजिए | आगे बढ़ो | आगे बढ़िए | अच्छा लग रहा है | ठीक है | शुरू करो | जी",
)  # fmt: skip
"""Each goes along with what was proposed."""

SOCIAL_PIECES: Final = _words(
    "你好 您好 早上好 早安 晚上好 晚安 谢谢 谢了 多谢 感谢 太好了 太棒了 真棒 "
    "很高兴认识你 很高兴认识您 认识你很高兴 你今天怎么样 怎么样 再见 愉快 辛苦 帮了大忙 謝謝 太好了 早上好 おはよう "
    "おはようございます こんにちは こんばんは ありがとう ありがとうございます ありがとうございました お元気ですか "
    "はじめまして よろしく 助かりました 助かります 素晴らしい すばらしい すごい 良い夜を よい夜を 良い一日を "
    "おやすみなさい さようなら お疲れ様 嬉しいです 感謝 สวัสดี หวัดดี ขอบคุณ ขอบใจ เยี่ยม ยินดีที่ได้รู้จัก เป็นอย่างไรบ้าง "
    "เป็นไงบ้าง สบายดีไหม ดีมาก เก่งมาก ราตรีสวัสดิ์ ลาก่อน ฝันดี"
)
FILLER_PIECES: Final = _words(
    "你 您 我 的 了 很 非常 真 太 啊 呀 吧 吗 今天 这 那 对 帮助 帮了 大忙 忙 祝 晚上 周末 天 好 过得 非常 十分 "
    "とても 本当に どうも 今日は 今日 です ね は が に を も 大変 すごく 皆さん これで "
    "ตอนเช้า ตอนเย็น วันนี้ มาก มากๆ เลย นะ ครับ ค่ะ คะ จ้า ช่วยได้ ช่วย ได้ ขอให้ เป็น เย็น วัน คืน ที่ดี ดี คุณ จริงๆ "
    "ของ"
)
ASSENT_PIECES: Final = _words(
    "好的 好 就这么做 就这么办 开始吧 开始 听起来不错 不错 可以 行 继续 做吧 没问题 是的 "
    "はい お願いします いいですね いいね 進めてください やってください 続けてください そうしてください "
    "ใช่ ทำเลย เอาเลย ตกลง ได้เลย ฟังดูดี ดำเนินการต่อ ทำต่อ โอเค เริ่มเลย ลุยเลย ไปต่อ"
)
"""The same three for scripts without spaces between words."""
