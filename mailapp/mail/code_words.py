"""The words around codes in the languages of our readers: what is called a code, and what makes it one of which kind.

A label is a noun (code, 码, код) with what qualifies it (verification, 优惠, почтовый), whichever side that stands on:
so one list of nouns and one of qualifiers a kind serve all languages. Everything is lower case.
"""

import re
from enum import Enum

from mailapp.mail.markup import names


class Open(Enum):
    """What a noun says without a qualifier."""

    SURE = "sure"
    """A one-time code: OTP, passcode."""
    WEAK = "weak"
    """Perhaps one: code."""
    CLOSED = "closed"
    """Nothing: 码 and 번호 are in a hundred other words."""
    ONCE_ONLY = "once"
    """Nothing, and of the qualifiers only those count that say it is for once: password."""
    TILL = "till"
    """A discount: coupon."""


def listed(words: str) -> tuple[str, ...]:
    """The words of a list separated by "|"."""
    return tuple(words.split("|"))


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern, those within brackets left together."""
    found: list[str] = []
    depth, start = 0, 0
    for at, one in enumerate(pattern + "|"):
        depth += (one == "(") - (one == ")")
        if one == "|" and depth == 0:
            found.append(pattern[start:at])
            start = at + 1
    return list(dict.fromkeys(found))


def _opened(word: str) -> list[str]:
    """A word that begins with a choice as one word for each of the choices."""
    if not word.startswith("(?:"):
        return [word]
    depth = end = 0
    for at, one in enumerate(word):
        depth += (one == "(") - (one == ")")
        if depth == 0:
            end = at
            break
    rest = word[end + 1 :]
    if rest[:1] in ("?", "*", "+", "{"):
        return [word]
    return [f"{first}{rest}" for one in alternatives(word[3:end]) for first in _opened(one)]


def grouped(pattern: str) -> str:
    """The alternatives of a pattern brought together by their first character.

    A place in a text is then refused after one look at each first character, not at each of two hundred words.
    """
    groups: dict[str, list[str]] = {}
    for word in (each for one in alternatives(pattern) for each in _opened(one)):
        plain = word[:1] not in "([\\" and word[1:2] not in "?*+{"
        groups.setdefault(word[:1] if plain else "", []).append(word[1:] if plain else word)
    return "|".join(f"{first}(?:{'|'.join(rest)})" if first else "|".join(rest) for first, rest in groups.items())


def _nouns(mode: Open, text: str) -> dict[str, Open]:
    return {one.replace("_", " "): mode for one in text.split()}


NOUNS: dict[str, Open] = {
    **_nouns(
        Open.SURE,
        "otp verification_number passcode パスコード mtan smstan ma_xac_nhan ma_xac_thuc ma_xac_minh ma_kich_hoat "
        "pushtan chiptan phototan",
    ),
    **_nouns(
        Open.WEAK,
        "code codes código códigos codigo codice codici cod codul codi kode koder kod kodu kód kódot kódod "
        "kódja koodi koodin "
        "pin tan token clave clau mã รหัส โค้ด رمز رمزك الرمز كود код коду кодом коды κωδικός κωδικό κωδικού קוד "
        "代码 代碼 口令 登录验证 登入驗證 コード 코드 कोड 位数字 位數字 enter",
    ),
    **_nouns(Open.TILL, "cupom cupón coupon voucher gutschein промокод промокоду купон kortingsbon kupon"),
    **_nouns(Open.CLOSED, "码 碼 番号 번호"),
    **_nouns(
        Open.ONCE_ONLY,
        "password passwort kennwort mot_de_passe contraseña senha wachtwoord hasło şifre şifreniz parola mật_khẩu "
        "kata_sandi sandi รหัสผ่าน كلمة_المرور كلمة_مرور пароль 密码 密碼 パスワード 비밀번호 암호 heslo lösenord",
    ),
}
SUFFIX = re.compile(
    r"(?:s|es|n|en|si|ni|nne|em|u|a|om|e|ów|ie|unuz|unu|unuzu|nuz|nuzu|niz|nizi|un|unuzdur|unuzla|ет|ом|а|у|ы|е|"
    r"ов|ом|ami|y|"
    r"et|ul|et)?"
    r"(?:'\w{1,4})?(?![^\W\d_])"
)
"""What may follow a Latin or Cyrillic noun within its word."""

_ONCE_WORDS = (
    r"one[- ]?time|sms|single[- ]use|temporary|dynamic|otp|disposable|einmal\w*|temporär\w*|usage unique|unique|"
    r"temporaire"
    r"|un solo uso|uso único|única|único|dinámica|temporal|temporári\w*|provisóri\w*|provvisori\w*|descartável|"
    r"monouso|"
    r"temporane\w*|usa e getta"
    r"|eenmalig\w*|tijdelijk\w*|jednoraz\w*|tymczas\w*|tek kullanımlık|tek seferlik|geçici|một lần|tạm thời"
    r"|sekali pakai|sementara|ครั้งเดียว|ชั่วคราว|لمرة واحدة|مؤقت\w*|المؤقت\w*|однораз\w*|временн\w*|"
    r"для подтвержд\w*|для входа"
    r"|动态|動態|一次性|临时|臨時|单次|單次|短信|ワンタイム|使い捨て|仮|일회용|임시|engångs|engangs|jednorázov\w*"
)
AUTH = (
    rf"{_ONCE_WORDS}|verif\w*|vérif\w*|secur\w*|pass(?![a-z])|access|acces\w*|accès|acess\w*|log-?in\w*|log in|log-in"
    r"|sign[- ]?in|sign[- ]?up|signing|logging|"
    r"auth\w*|2fa|mfa|two-?\s?(?:factor|step)|2-step|activat\w*|confirm\w*|recover\w*|reset\w*|valid\w*"
    r"|regist\w*|identi\w*|unlock\w*|passwordless|password|device|e-?mail|enrol\w*|pin(?![a-z])|secret\w*|"
    r"confidentiel\w*|phone|sms|log you in"
    r"|bestätig\w*|sicherheit\w*|anmeld\w*|zugang\w*|zugriff\w*|freischalt\w*|aktivi\w*|prüf\w*|wiederherst\w*|"
    r"einlog\w*|einzulogg\w*|freigabe\w*"
    r"|sécurit\w*|connexion|activ\w*|réinit\w*|connecter"
    r"|segur\w*|autent\w*|inicio de ses\w*|iniciar|inici\w* sesi\w*|ativa\w*|entrar|ingres\w*"
    r"|sicurez\w*|conferm\w*|attivaz\w*|sblocc\w*|acced\w*|autoriz\w*|sessão"
    r"|bevestig\w*|beveilig\w*|inlog\w*|loggen|toegang\w*|activer\w*|aanmeld\w*|herstel\w*|controle"
    r"|weryfik\w*|bezpiecz\w*|potwierdz\w*|dostęp\w*|aktyw\w*|logowan\w*|autoryz\w*|uwierzyt\w*|sms\w*|zalogow\w*"
    r"|doğrula\w*|onay\w*|güvenlik|giriş\w*|aktivasyon|erişim|oturum|kimlik|etkinle\w*"
    r"|xác (?:minh|nhận|thực)|đặt lại|bảo mật|đăng nhập|kích hoạt|truy cập|đăng ký"
    r"|keamanan|pendaftaran|daftar|masuk|akses|konfirmasi|aktivasi|rahasia"
    r"|ยืนยัน|ปลอดภัย|เข้าสู่ระบบ|ตรวจสอบ|เปิดใช้งาน"
    r"|تحقق|التحقق|أمان|الأمان|تأكيد|التأكيد|دخول|الدخول|تفعيل|التفعيل|مصادقة|المصادقة|المرور|السري"
    r"|подтвержд\w*|провер\w*|безопас\w*|доступ\w*|актив\w*|вход\w*|авториз\w*|верифик\w*|двухфакт\w*|смс|"
    r"защит\w*|пин(?![а-я])|секретн\w*|потвържд\w*|войти|регистрац\w*|аутентиф\w*"
    r"|підтвердж\w*|вхід|входу"
    r"|帐号|账号|帐户|账户|帳號|帳戶|验证|驗證|校验|校驗|检验|安全|登录|登入|登陆|解锁|认证|認證|确认|確認|激活|啟用|启用|身份|重置|重設|"
    r"注册|註冊|授权|识别|随机"
    r"|認証|検証|セキュリティ|ログイン|サインイン|本人|暗証|アクセス|登録|有効化"
    r"|인증(?!서)|확인|보안|로그인|본인|액세스|등록|접속|가입"
    r"|belép\w*|επαλήθευσ\w*|επιβεβαίωσ\w*|אימות|ověřov\w*|vahvistus\w*|bekräft\w*|bekræft\w*|bekreft\w*|säkerhet\w*|"
    r"sikkerhe\w*|inlogg\w*|kertakäyttö\w*|overovac\w*|megerősít\w*|kontroln\w*|האימות|ellenőrz\w*|सत्यापन"
)
ONCE = re.compile(grouped(_ONCE_WORDS))
AUTH_WORD = re.compile(grouped(AUTH))
OTHER_LATIN = (
    r"payment|billing|api|claim|check-?in|backup|members?|queue|trip|ride|ticket|winning|hotel|beneficiary|"
    r"mandate|ethics|practice|"
    r"honou?r|raffle|draw|statement|prize|parking|license|"
    r"seat|row|shelf|door|gate|garage|alarm|reference|"
    r"ref|case|package|order|bank|branch|location|warranty|transaction|approval|customer|client|"
    r"batch|lot|date|school|meter|policy|survey|entry|store|job|"
    r"property|"
    r"room|"
    r"zone|project|lists?|referral|parrainage|"
    r"zip|post\w*|area|country|dial\w*|source|quell|error|status|exit|product|item|artikel|model|dress|tax|bar|qr|"
    r"currency|sort|swift|bic|hs|airport|colou?r|morse|building|civil|penal|response|reason|tracking|booking|"
    r"buchungs\w*|"
    r"reserv\w*|employee|department|cost|course|class|http|html|css|python|java|javascript|legacy|clean|write|"
    r"writing|"
    r"wrote|invite|invitation|conduct|review\w*|freeze|snippets?|samples?|base|editor|red|wi-?fi|voice|stock|"
    r"fehler|farb|strich|iata|icao|shipping|vs|visual|genetic|cheat|examples?|style|quality|coverage|owners?|"
    r"postal|fuente|fonte|sorgente|barras?|barre|a barre|fiscale|civile|pénal|conduite|conducta|conduta|condotta|"
    r"erreur|errore|rastre\w*|suivi|spedizione|articolo|cliente|prenotazione|réservation|reserva|pix|ape|pays|"
    r"source|broncode|bron|fout|streepjes|pocztow\w*|kreskow\w*|źródłow\w*|błęd\w*|kierunk\w*|posta|takip|hata|"
    r"kaynak|kare|alan|rezervasyon|pos|pesanan|resi|sumber|negara|referensi|pembayaran|"
    r"đơn hàng|vận đơn|bưu \w+|lỗi|nguồn|vạch|số thuế|khách hàng|đặt (?!lại)\w+|giao dịch|tra cứu|vùng|"
    r"ошиб\w*|исходн\w*|штрих\w*|почтов\w*|стран(?!иц)\w*|товара|телефон\w*|города|региона"
)
OTHER = (
    r"ไปรษณีย์|สินค้า|ข้อผิดพลาด|การจอง|อ้างอิง|البريدي|بريدي|الخطأ|خطأ|الحجز|الطلب"
    r"|邮政|郵遞|郵政|邮|订单|訂單|单号|源|二维|二維|条形|條形|条|错误|錯誤|股票|基金|证券|銀行|银行|发票|發票|"
    r"信用|邀请|邀請|"
    r"号|网点|號|编|編|解|扫|掃|乱|亂|打|密钥|机器|提取|付款|收款|支付|健康|推荐|推薦|公司|国家|國家|地区|"
    r"郵便|注文|支払|問い合わせ|追跡|伝票|送り状|電話|会員|予約|受付|請求|商品|支店|エラー|qr|ソース|国|管理|お客様|"
    r"証券|バー|招待|"
    r"회원|우편|주문|운송장|송장|전화|계좌|예약|고객|접수|사업자|승인|문의|오류|소스|상품|국가|초대|바"
)
DISCOUNT = (
    r"promo\w*|discount\w*|coupon\w*|voucher\w*|offer|gift\w*|referral|redemption|redeem|reward\w*|savings?|"
    r"checkout|"
    r"gutschein\w*|rabatt\w*|aktions|réduction|avantage|cadeau|parrainage|descuento|desconto|regalo|referido|"
    r"cupón|cupom|"
    r"sconto|amico|korting\w*|actie|rabat\w*|promocyj\w*|zniżk\w*|indirim|kupon|promosyon|davet|hediye|"
    r"giảm giá|khuyến m\w+|ưu đãi|giới thiệu|diskon|undangan|ส่วนลด|คูปอง|خصم|الخصم|ترويجي|الترويجي|قسيمة|"
    r"промо\w*|скидк\w*|купон\w*|优惠|優惠|折扣|兑换|兌換|礼品|禮品|红包|促销|促銷|推广|"
    r"クーポン|割引|プロモ\w*|ギフト|할인|쿠폰|프로모션|추천|기프트"
)
PICKUP = (
    r"pick[- ]?up|collection|collect|locker|parcel|delivery|abhol\w*|packstation|retrait|casier|collecte|"
    r"recogida|retiro|"
    r"retirada|coleta|entrega|ritiro|apertura|afhaal\w*|ophaal\w*|odbior\w*|teslim\w*|nhận hàng|lấy hàng|mở tủ|"
    r"pengambilan|ambil|รับสินค้า|รับพัสดุ|الاستلام|استلام|التسليم|получен\w*|выдач\w*|"
    r"取件|取货|取貨|提货|提貨|取餐|取票|开柜|开箱|自提|核销|領取|领取|受取|受け取り|引換|お引き取り|픽업|수령|"
    r"보관함|교환"
)
MEETING = (
    r"meeting|conference|webinar|host|participant|zoom|webex|teams|réunion|reunión|reunião|riunione|konferenz\w*|"
    r"telefonkonferenz|einwahl\w*|conférence|téléconférence|videoconferen\w*|conferen\w*|telekonferenc\w*|konferenc\w*|"
    r"teleconferen\w*|"
    r"besprechung\w*|"
    r"vergader\w*|spotkani\w*|toplantı|cuộc họp|rapat|การประชุม|الاجتماع|конференц\w*|会议|會議|入会|参会|主持人|"
    r"ミーティング|회의|미팅"
)
IN_MEETING = re.compile(
    grouped(
        r"zoom|konferenz|google meet|meet\.google|"
        r"conference|meeting|webex|ms teams|microsoft teams|dial[- ]?in|webinar|会议|"
        r"會議|ミーティング|会議|회의|미팅|"
        r"réunion|reunión|"
        r"reunião|riunione|besprechung|vergadering|spotkani|toplantı|cuộc họp|rapat|конференци|การประชุม|اجتماع"
    )
)
CONTEXT = listed(
    "sign in|sign-in|signin|sign up|signup|authoris|authoriz|enter this code|enter the code|access to your account|"
    "reset your password|change your password|new password|passwort|contraseña|hasł|şifre|парол|mot de passe|"
    "wachtwoord|再設定|비밀번호|ändern ihrer|zurücksetz|zurückzusetz|réinitialis|restablec|redefin|reimpost|saisissez|"
    "anzumelden|einzulogg|belép|loggen|acessar|acceder|zalogow|sua conta|tu cuenta|communiquez|communique|delen|"
    "与他人|勿与|勿向|勿将|勿將|"
    "他人|輸入|输入此|入力|log in|log-in|login|"
    "verif|authent|two-factor|2-step|expire|one-time|"
    "didn't request|did not request|don't share|do not share|never share|anmeld|einlogg|bestätig|gültig|läuft ab|"
    "connexion|connecter|vérif|expir|partagez|iniciar ses|inicio de ses|caduca|comparta|compartas|entrar na|"
    "compartilhe|acced|scade|condivid|inlog|aanmeld|geldig|verloopt|zaloguj|logowan|ważny|wygaś|potwierd|giriş|"
    "doğrula|geçerli|paylaş|đăng nhập|xác minh|xác thực|xác nhận|hết hạn|hiệu lực|chia sẻ|masuk|berlaku|kedaluwarsa|"
    "jangan|เข้าสู่ระบบ|ยืนยัน|หมดอายุ|الدخول|تحقق|صالح|تنتهي|تشارك|вход|войти|войд|подтверд|действ|сообщайте|"
    "验证|驗證|登录|登入|登陆|有效|过期|失效|泄露|ログイン|認証|有効|サインイン|인증|로그인|유효|만료|본인|otp|2fa|"
    "確認コード"
)
"""One of these in a message makes a bare "code" a code to type."""
FOR_ONCE = listed("one-time pass|one time pass|otp|einmalpass|одноразов|временный пароль|一次性|ワンタイムパス|일회용")
"""In a message that speaks of these a bare "password" is one."""
PAID = listed("payment received|receipt|amount|transaction|card ending|approved|paid|terminal|gift card")
TYPED = listed("expire|valid for|share|log in|login|sign in|verify|enter ")
"""An authorization code beside an amount is the bank's, unless the message also speaks of these."""
SHOWN = listed(
    "at the entrance|at the gate|at the door|at the counter|kiosk|your driver|your courier|the driver|the courier"
)
"""A bare code to show or to tell there is none to type."""
BOOKING = listed(
    "reservation|booking|itinerary|check-in|flight|hotel|réservation|reserva|prenotazione|buchung|boeking|rezerwac|"
    "预订|酒店|航班|予約|宿泊|예약|order number|your order|boarding"
)
"""A confirmation code in such a message is the booking's."""
TRADING = listed("shares|ticker|stock exchange|isin|dividend|brokerage|portfolio")
"""A security code in such a message is a paper's."""
BUYING = listed(
    "% off|checkout|redeem|einlös|canjea|discount|coupon|promo|sale|save |shop now|rabatt|gutschein|réduction|"
    "soldes|descuento|oferta|"
    "desconto|sconto|korting|rabat|zniżk|indirim|giảm giá|diskon|ส่วนลด|خصم|скидк|优惠|折扣|满减|立减|優惠|割引|"
    "クーポン|할인|쿠폰"
)
"""A bare "code" near these is for the till."""

BESIDE = names(
    """the this that a an your my our following below new digit digits character using use enter with by of is
    special private personal unique correct secret short numeric first second next last same current previous
    any and or to in for via text these above one single valid sent receive received send request requested
    input type paste copy get full pin me you need see please on submit confirm tap click quote provide dein
    deine ihr ihre der die das den dem diesen diese folgenden neuen neuer einen eine mit votre le la un une ce
    ces suivant nouveau avec tu su el este nuevo seu o um il uw je de een deze nieuwe met twój kod ten nowy
    jednorazowy moj bitte wpisz podaj saisissez tapez entrez voer introduce ingresa inserisci digite insira"""
)
"""Words beside a noun that make nothing else of it; another word does: a survey code."""
BEHIND = names(
    """valable valide válido valido gültig geldig ważny geçerli for to is was below and or in on from sent that which
    will expires expire valid with as here now before within if when you we has have can must should above again
    by at are this ist lautet für zum zur um ein an bei unter wird läuft gilt auf pour sur dans est suivant reçu
    ci para en es que siguiente caduca vence expira abaixo seguinte no na em é per qui seguente scade nel da
    ricevuto è dla aby jest poniżej wygaśnie do для на из действителен в ниже это не чтобы при của bạn là này để
    hết có anda adalah ini untuk berikut di yang berlaku op om voor verloopt olarak ile girin giriniz kullan"""
)
"""The same of words behind."""
