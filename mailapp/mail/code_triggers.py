"""The first look at a message: whether a word for a code is in it at all. Nearly all mail ends here."""

import re

_COMMON = (b"cod", b"kod", b"otp", b"passw", b"token")
_RARE = (
    b"pin ", b"pin:", b"tan:", b" tan ", b"mtan", b"pushtan", b"koodi", b"ma xac", b"ma kich",
    b"digo", b"clave", b"kata sandi", b"senha", b"parola", b"heslo", b"wachtwoord", b"kennwort", b"mot de passe",
    b"contrase", b"coupon", b"cupom", b"cupn", b"voucher", b"gutschein",
)  # fmt: skip
"""Of text whose other letters are left out: "digo" is in código."""
_OTHER = re.compile(
    "码|碼|口令|录验证|入驗證|番号|ード|번호|코드|암호|パスワ|รหัส|โค้ด|رمز|كود|كلمة|код|Код|КОД|купон|пароль|Пароль|"
    "κωδικ|Κωδικ|קוד|कोड|"
    "şifre|Şifre|ło|ód"
)
_VIETNAMESE = ("mã", "Mã", "MÃ", "mật", "Mật")
HEAD = 16_384
"""Characters in which every word is looked for; in the rest of a longer text only the commonest are."""


def stems_in(text: str) -> list[str]:
    """The beginnings of words for a code that are in a text, at least one of each script; none in most mail."""
    bare = text[:HEAD].encode("ascii", "ignore").lower()
    found = [stem for stem in (*_COMMON, *_RARE) if stem in bare]
    if len(text) > HEAD:
        rest = text[HEAD:].encode("ascii", "ignore").lower()
        found += [stem for stem in _COMMON if stem in rest and stem not in found]
    stems = [stem.decode() for stem in found]
    if not text.isascii():
        other = _OTHER.search(text)
        if other is not None:
            stems.append(other[0])
        stems += [word for word in _VIETNAMESE if word in text]
    if not stems and "\n@" in text and " #" in text:
        stems.append("\n@")
    return stems


def places(text: str, stems: list[str], apart: int, most: int) -> list[int]:
    """Where these stand in a long text, in order: of each at most `most`, `apart` characters apart."""
    found: set[int] = set()
    simple = text.isascii()
    if simple:
        text = text.lower()
    for stem in stems:
        for written in (stem,) if simple else dict.fromkeys((stem, stem.capitalize(), stem.upper())):
            at = text.find(written)
            for _ in range(most):
                if at < 0:
                    break
                found.add(at)
                at = text.find(written, at + apart)
    return sorted(found)
