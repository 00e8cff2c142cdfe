"""The first look at a message: whether a word for a code is in it at all. Nearly all mail ends here."""

import re

_ASCII = (
    b"cod", b"kod", b"otp", b" pin", b" tan", b"mtan", b"tan:", b"token", b"clave", b"kata sandi", b"senha", b"parola", b"heslo",
    b"wachtwoord", b"kennwort", b"passw", b"mot de passe", b"contrase", b"digo", b"one-time", b"ma otp",
)  # fmt: skip
"""Of text whose other letters are left out: "digo" is in código."""
_OTHER = re.compile(
    "码|碼|口令|番号|ード|번호|코드|암호|パスワ|รหัส|โค้ด|رمز|كود|كلمة|код|Код|КОД|пароль|Пароль|κωδικ|Κωδικ|קוד|कोड|"
    "şifre|Şifre|ło|ód"
)
_VIETNAMESE = ("mã", "Mã", "MÃ", "mật", "Mật")


def speaks_of_codes(text: str) -> bool:
    """Whether text may hold a word for a code."""
    bare = text.encode("ascii", "ignore").lower()
    if any([stem in bare for stem in _ASCII]):
        return True
    if len(bare) != len(text):
        return _OTHER.search(text) is not None or any([word in text for word in _VIETNAMESE])
    return b"\n@" in bare and b" #" in bare


PLACES = re.compile(
    "cod|Cod|COD|c[oó]d|kod|Kod|KOD|otp|OTP|pin\\b|Pin\\b|PIN|token|TAN|clave|passw|Passw|码|碼|口令|番号|ード|"
    "번호|코드|암호|パスワ|"
    "รหัส|โค้ด|رمز|كود|код|Код|КОД|пароль|Пароль|κωδικ|קוד|कोड|şifre|Şifre|mã|Mã|senha|kennwort|Kennwort|contrase|"
    "one-time|One-time"
)
"""Where in a long text such words stand."""
