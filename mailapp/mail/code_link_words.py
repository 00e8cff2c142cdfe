"""The words of messages whose point is a link: confirm, sign in, reset, in the languages of our readers."""

import re

from mailapp.mail.code_scan import WORD, bare, by_character, held
from mailapp.mail.code_words import grouped, listed

_CLUES = listed(
    "confirm|unlock|verif|registr|recover|finish|setzen|akty|zmian|ativ|etkin|validat|activ|reset|password|"
    "passwort|magic|sign|log in|login|besttig|zurck|aktivier|anmelde|"
    "vrif|rinit|passe|connexion|restablec|redefin|recuper|contrase|senha|conferm|reimpost|attiva|accesso|"
    "bevestig|herstel|wachtwoord|inlog|potwierd|aktywuj|haso|hasa|logowania|dorula|onayla|ifre|giri|konfirmasi|"
    "link|lien|enlace|entrar|connect|acceso|atur ulang|aktifkan|masuk|xc |t li|kch hot|ng nhp"
)
"""Of text whose other letters are left out: "besttig" is in bestätig."""
_OTHER_CLUES = listed(
    "邮箱|郵箱|信箱|邮件地址|电子邮件|電子郵件|帐号|账号|帐户|账户|帳號|帳戶|注册|订阅|訂閱|密码|密碼|登录链接|登入連結|魔法链接|"
    "メールアドレス|アカウント|登録|パスワード|ログイン|이메일|계정|비밀번호|로그인|ยืนยัน|รีเซ็ต|ตั้ง|ลิงก์|تأكيد|تفعيل|"
    "تحقق|إعادة|الدخول|"
    "подтвер|парол|активир|активац|для входа|регистрац|"
    "xác |đặt lại|kích |đăng nhập|şifre|doğrula|bestätig|vérif|"
    "réinit|Réinit|hasł|hasło"
)
_BY_CHARACTER = by_character(_OTHER_CLUES)
MAX_CLUES = 24


def clue_words(text: str) -> list[str]:
    """The first look at every message: which of the words that are in every such message a text, in small letters,
    holds; none in most mail.
    """
    latin = bare(text)
    words = [word for word in _CLUES if word in latin] if WORD.search(latin) else []
    return words + list(held(text, _BY_CHARACTER))


def clues_in(text: str, words: list[str]) -> list[int]:
    """Where in a short text these words begin: at most MAX_CLUES."""
    return sorted([at for word in words for at in _each(text, word)])[:MAX_CLUES]


def _each(text: str, word: str) -> list[int]:
    found: list[int] = []
    at = text.find(word)
    while at >= 0 and len(found) < MAX_CLUES:
        found.append(at)
        at = text.find(word, at + 40)
    return found


_EN = (
    r"(?:confirm|verify|validate|activate) (?:\w+ ){0,4}?(?:e-?mail|address|account|subscription|registration|"
    r"identity|sign[- ]?up|sign[- ]?in|login|device)|unlock (?:your |the |my )?account|unlock instructions|"
    r"confirm (?:this|that) (?:is|was) you"
    r"|e-?mail (?:address )?(?:verification|confirmation)|account (?:activation|verification|confirmation|recovery)"
    r"|(?:reset|recover|change|set|create|choose) (?:\w+ ){0,3}?password|password (?:reset|recovery)|"
    r"magic (?:sign-?in |login )?link"
    r"|(?:sign|log)[- ]?in link|(?:sign|log) in (?:securely|with|now|instantly|here)|"
    r"login link|(?:your|a) sign-?in link"
    r"|(?:link|button)\b.{0,40}to (?:sign|log) in|activate your|complete (?:your )?(?:registration|sign-?up)|"
    r"confirm it'?s you|finish signing"
)
PURPOSE = re.compile(
    grouped(
        _EN + r"|bestätig\w* (?:\w+ ){0,4}?(?:e-?mail|adresse|konto|anmeldung|registrierung|newsletter)"
        r"|recover your account|finish (?:setting|signing)|setzen sie (?:\S+ ){0,3}?passwort|ihr passwort zurück"
        r"|(?:anmeldung|registrierung|konto|newsletter) (?:\w+ ){0,2}?bestätig|activation d\w* (?:\S+ )?compte"
        r"|verifi(?:que|ca|eer) (?:\S+ ){0,3}?(?:e-?mail\w*|correo|indirizzo)|ative (?:\S+ ){0,2}?conta|"
        r"recupero (?:\S+ )?password"
        r"|potwierdzeni\w (?:\S+ ){0,2}?(?:e-?mail|konta|rejestracji)|aktywacj\w (?:\S+ )?konta|zmian\w hasła"
        r"|подтверждени\w (?:\S+ )?(?:регистрации|e-?mail|почты|адреса|аккаунта)|hesab\w+ etkinleştir|"
        r"تفعيل (?:ال)?حساب"
        r"|e-?mail-?adresse (?:\w+ ){0,2}?bestätig"
        r"|passwort (?:\w+ ){0,3}?(?:zurücksetz|ändern|vergessen)|anmelde-?link|konto (?:\w+ ){0,2}?aktivier|"
        r"aktivier\w* (?:\w+ ){0,2}?konto"
        r"|(?:confirme\w*|vérifie\w*|valide\w*|active\w*) (?:\S+ ){0,4}?(?:e-?mail|adresse|compte|inscription)|"
        r"réinitialis\w* (?:\S+ ){0,4}?mot de passe"
        r"|lien de connexion|lien magique|(?:confirm\w*|verific\w*|valid\w*|activ\w*|ativ\w*|"
        r"ative) (?:\S+ ){0,4}?(?:correo|e-?mail|cuenta|conta|dirección|suscripción|cadastro)"
        r"|(?:restablec\w*|redefin\w*|recuper\w*|cambi\w*) (?:\S+ ){0,3}?(?:contraseña|senha)|enlace (?:mágico|"
        r"de acceso|para iniciar)|link (?:mágico|de acesso|para entrar)"
        r"|(?:conferma|verifica|attiva)\w* (?:\S+ ){0,4}?(?:e-?mail|account|indirizzo|iscrizione|registrazione)|"
        r"(?:reimposta|recupera)\w* (?:\S+ ){0,3}?password|link (?:di accesso|magico)"
        r"|bevestig (?:\w+ ){0,3}?(?:e-?mail\w*|account|inschrijving|aanmelding)|wachtwoord (?:\w+ ){0,3}?(?:herstel|"
        r"resett|opnieuw|wijzig)|(?:inlog|aanmeld)link|activeer (?:\w+ ){0,2}account"
        r"|potwierdź (?:\S+ ){0,3}?(?:e-?mail|konto|adres|rejestrac|zapis)\w*|(?:zresetuj|resetowan\w*|ustaw\w*|"
        r"zmie\w*) (?:\S+ ){0,2}?hasł\w*|aktywuj (?:\S+ ){0,2}?konto|link do logowania"
        r"|e-?posta\w*(?: adres\w*)? ?\w*'?\w* (?:doğrula|onayla)|hesab\w+ (?:doğrula|onayla|etkinleştir)|(?:şifre|"
        r"parola)\w* (?:\w+ )?(?:sıfırla|yenile)|giriş bağlantı"
        r"|(?:xác nhận|xác minh|kích hoạt) (?:\S+ ){0,3}?(?:email|tài khoản|địa chỉ)|đặt lại mật khẩu"
        r"|liên kết đăng nhập"
        r"|(?:konfirmasi|verifikasi|aktifkan) (?:\S+ ){0,3}?(?:email|akun|alamat)|(?:atur ulang|"
        r"reset) (?:\S+ ){0,2}?(?:kata sandi|password)|tautan (?:masuk|login)"
        r"|ยืนยัน(?:ที่อยู่)?(?:อีเมล|บัญชี)|(?:รีเซ็ต|ตั้ง)รหัสผ่าน|ลิงก์(?:เข้าสู่ระบบ|สำหรับ)"
        r"|(?:تأكيد|تفعيل|تحقق من) (?:\S+ ){0,3}?(?:بريد|البريد|حساب|عنوان)|إعادة تعيين (?:\S+ ){0,2}?كلمة|"
        r"رابط (?:تسجيل )?الدخول"
        r"|подтверд\w* (?:\S+ ){0,4}?(?:почт|e-?mail|адрес|аккаунт|регистрац|учетн|учётн)\w*|(?:сброс\w*|"
        r"восстанов\w*|"
        r"смен\w*) (?:\S+ ){0,2}?парол\w*|(?:активир\w*|активац\w+) (?:\S+ ){0,2}?(?:аккаунт|учетн|учётн)|"
        r"ссылк\w* для входа"
        r"|(?:验证|驗證|确认|確認|激活|啟用|启用)(?:您|你)?的?\S{0,8}?(?:邮箱|郵箱|电子邮件|電子郵件|信箱|邮件地址|"
        r"帐号|账号|帐户|账户|帳號|帳戶|注册|订阅|訂閱)|(?:邮箱|信箱|"
        r"郵箱|电子邮件|電子郵件|账号|账户|帳號)(?:地址)?(?:验证|驗證|激活|确认|確認)"
        r"|(?:重置|重設|重设|找回|修改)\S{0,6}(?:密码|密碼)|(?:密码|密碼)(?:重置|重設|找回)|登录链接|登入連結|"
        r"魔法链接"
        r"|メールアドレス\S{0,6}(?:確認|認証)|(?:アカウント|会員登録|本登録|登録)\S{0,8}(?:確認|有効化|完了)|"
        r"パスワード\S{0,4}(?:再設定|リセット)|ログイン(?:用)?(?:リンク|url)"
        r"|이메일(?: 주소)?\S? ?(?:확인|인증)|계정\S? ?(?:활성화|인증|확인)|비밀번호\S? ?(?:재설정|초기화|변경)|"
        r"로그인 링크"
    )
)
"""What such a message says it is for."""
PERHAPS = re.compile(r"(?:sign|log)[- ]?in to (?:your |the )?\w+|ログイン|登录|登入|로그인")
"""What also other messages say in their subject."""
ACTION = re.compile(
    grouped(
        r"verify|verif|confirm|activate|reset|sign in|sign-in|log in|log-in|login|continue to|choose a new|"
        r"set (?:a |your )?(?:new )?password|create (?:a |your )?password|this is me|yes, it"
        r"|bestätig|zurücksetz|aktivier|anmelde|jetzt einloggen|vérif|valid|réinit|connecter|active|restablec|"
        r"iniciar|entrar|redefin|verific|cambiar|conferma|attiva|reimposta|accedi|acceder"
        r"|bevestig|herstel|inloggen|activeer|opnieuw instellen|potwierd|resetuj|zresetuj|ustaw|zaloguj|aktywuj|"
        r"doğrula|onayla|sıfırla|giriş yap|etkinleştir"
        r"|xác nhận|xác minh|đặt lại|kích hoạt|đăng nhập|konfirmasi|verifikasi|atur ulang|masuk|aktifkan|ยืนยัน|"
        r"รีเซ็ต|ตั้งรหัส|เข้าสู่ระบบ|تأكيد|تفعيل|إعادة|الدخول|دخول"
        r"|подтверд|сброс|восстанов|войти|активир|перейдите|验证|驗證|确认|確認|激活|啟用|重置|重設|重设|登录|登入|"
        r"認証|再設定|ログイン|リセット|登録|확인|"
        r"인증|재설정|로그인"
    )
)
"""What stands on such a link or before it."""
ONLY_ASKED = re.compile(
    grouped(
        r"(?:didn'?t|did not|haven'?t|have not|don'?t|never) (?:\w+ ){0,2}?(?:request|ask|creat|sign|try|make|"
        r"register|"
        r"initiate|want|recogni)|ignore this|safely ignore|disregard"
        r"|(?:link|button) (?:\w+ ){0,4}?(?:expire|valid)|(?:expire|valid)\w* (?:\w+ ){0,3}?(?:hour|minute|day)|"
        r"only be used once|weren'?t you|wasn'?t you|paste"
        r"|nicht angefordert|ignorieren|gültig|läuft|n'avez pas|ignore[rz]|expire|valable|no solicit|ignora|caduca|"
        r"vence|não solicit|ignore|expira|non hai|scade|valido|niet aangevraagd|negeren|verloopt|geldig"
        r"|zignoruj|wygas|ważny|ważn|siz (?:yapmad|istemed)|dikkate almay|geçerli|bỏ qua|hết hạn|hiệu lực|abaikan|"
        r"berlaku|หมดอายุ|ละเว้น|ไม่ได้|تجاهل|تنتهي|صالح|игнор|действ|не запрашив|не регистр"
        r"|忽略|有效|失效|过期|過期|复制|複製|非本人|未注册|お心当たり|心当たり|有効|破棄|무시|유효|본인이|만료"
    )
)
"""What senders add to such a link: that it can be ignored, and how long it is valid."""
NEVER = re.compile(
    grouped(
        r"order|booking|reservation|payment|invoice|receipt|shipp|shipment|delivery|appointment|attendance|meeting|"
        r"webinar|ticket|re:|订单|訂單|发票|预约|会议|注文|予約|주문|bestell|commande|pedido|ordine"
        r"|new (?:sign|log)-?in|was (?:changed|reset)|has been (?:changed|reset|verified|confirmed|activated)|"
        r"changed|"
        r"erfolgreich|已(?:重置|修改|激活|验证)|newsletter issue"
    )
)
"""Subjects of other messages with such words."""
