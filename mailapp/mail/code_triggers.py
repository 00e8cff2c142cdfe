"""The first look at a message: whether a word for a code is in it at all. Nearly all mail ends here."""

from collections.abc import Iterator
from functools import lru_cache

from mailapp.mail.code_scan import WORD, bare, by_character, held
from mailapp.mail.code_words import NOUNS, listed

_COMMON = ("cod", "kod", "otp", "passw", "token")
_RARE = (
    "pin ", "pin:", " pin", "enter ",
    "tan:", "-tan", " tan ", "mtan", "pushtan", "smstan", "chiptan", "phototan", " clau ", "sandi",
    "koodi", "ma xac", "ma kich",
    "digo", "verification number", "clave", "senha", "parola", "heslo", "wachtwoord", "kennwort",
    "mot de passe",
    "contrase", "coupon", "cupom", "cupn", "voucher", "gutschein", "kortingsbon", "kupon", "lsenord",
)  # fmt: skip
"""Of text whose other letters are left out: "digo" is in código."""
_OTHER = by_character(
    listed(
        "码|碼|位数字|位數字|口令|录验证|入驗證|番号|ード|パスワ|번호|코드|암호|รหัส|โค้ด|رمز|كود|كلمة|код|Код|КОД|пароль|Пароль|купон|κωδικ|"
        "Κωδικ|קוד|कोड|şifre|Şifre|ło|ód|mã|Mã|MÃ|mật|Mật"
    )
)
HEAD = 8_192
"""Characters in which every word is looked for; in the rest of a longer text only the commonest are."""
_OTHER_HEAD = 40_000
"""Characters in which words beyond ASCII are looked for: 100 KB of Chinese have fewer."""
_ORIGIN = "\n@"
_STRETCH = 4_096
_LONGEST = 12
_MAX_STEMS = 12
"""Beginnings of words whose places are looked for in a long text."""


def stems_in(text: str) -> list[str]:
    """The beginnings of words for a code that are in a text; none in most mail."""
    head = bare(text[:HEAD]).lower()
    stems = [stem for stem in (*_COMMON, *_RARE) if stem in head] if WORD.search(head) else []
    if len(text) > HEAD:
        rest = bare(text[HEAD:]).lower()
        stems += [stem for stem in _COMMON if stem not in stems and stem in rest]
    stems += held(text[:_OTHER_HEAD], _OTHER)
    if not stems and _ORIGIN in text and " #" in text:
        stems.append(_ORIGIN)
    return stems


@lru_cache(maxsize=256)
def nouns_of(stems: tuple[str, ...]) -> tuple[str, ...]:
    """The nouns that may be in a text in which the first look found these beginnings of words."""
    known = {one.strip(" :-").lower() for one in stems}
    return tuple(noun for noun in NOUNS if any(one in noun or one in bare(noun) for one in known))


def places(text: str, stems: list[str], apart: int) -> Iterator[int]:
    """Where these stand in a long text, in order; of one stem the places are `apart` characters apart at least."""
    words = [stem.lower() for stem in stems[:_MAX_STEMS]]
    for start in range(0, len(text), _STRETCH):
        stretch = text[start : start + _STRETCH + _LONGEST]
        low = stretch.lower()
        found: set[int] = set()
        for word in words:
            at = low.find(word)
            while at >= 0:
                found.add(start + at)
                at = low.find(word, at + apart)
        yield from sorted(found)
