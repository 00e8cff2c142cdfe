"""What looks like a code, and what only looks like one: years, dates, times, prices, telephone numbers, addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DIGITS = {base + n: ord("0") + n for base in (0xFF10, 0x660, 0x6F0, 0xE50, 0x966) for n in range(10)}
_WIDE = {0xFF01 + n: 0x21 + n for n in range(94) if n != 11}
"""Without the comma: "482913，10 分钟" is no number."""
_FOLD = (
    _WIDE
    | _DIGITS
    | {0x130: ord("i"), 0xA0: 0x20, 0x3000: 0x20, 0x2009: 0x20, 0x202F: 0x20, 0x2011: 0x2D, 0x2010: 0x2D, 0x2019: 0x27}
)
GONE = "\x00"
"""Stands where something was that can't be a code."""
MAX_CANDIDATES = 60

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。；！？、（）【】《》「」]{1,2000}")
_MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HOST = re.compile(
    r"(?<![\w@.-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,5}\.(?:com|org|net|cn|io|de|co|fr|jp|ru)\b/?[^\s]{0,200}",
    re.ASCII,
)
_NOT = re.compile(
    # dates and times
    r"(?<![\d.-])\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)|(?<![\d.])\d{1,2}([-/.])\d{1,2}\2(?:19|20)?\d\d(?![\d-])"
    r"|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)|(?<!\d)\d{2,4} ?[年년]|(?<!\d)\d{4}(?=-\d\d[tT ])"
    # prices
    r"|(?:[$€£¥₩₹₽฿₫]|\b(?:usd|eur|rmb|cny|hk\$|nt\$|idr|rp|gbp|chf|try|pln)\b\.?) ?\d[\d.,' ]{0,14}"
    r"|\d[\d.,]{0,14} ?(?:[$€£₩₹₽฿₫%元円원]|(?:usd|eur|rmb|cny|pln|zł|tl|vnd|руб|บาท)\b)"
    # telephone numbers
    r"|\+\d[\d ()./-]{6,20}\d|\(0?\d{2,5}\) ?\d[\d -]{4,12}\d|(?<![\d-])\d{3,4}[- .]\d{3,4}[- .]\d{4}(?!\d)"
    r"|(?<!\d)(?:0\d{1,4}|400|800|1-8\d\d)[-/ ]\d{3,4}[- ]?\d{2,5}(?:[- ]?\d{2,4})?(?!\d)|(?<!\d)\d{11,40}(?!\d)"
    # numbers with thousands, versions, amounts with decimals
    r"|(?<![\d.,])\d{1,3}(?:[.,]\d{3})+(?!\d)|(?<![\d.])\d+\.\d+(?:\.\d+)*(?!\d)"
)
_ALONE = r"(?<![a-z0-9*•#&=/\\_%@$€£¥.+-])"
_ENDS = r"(?![a-z0-9*•&=/\\_%@$€£¥]|-[a-z0-9]|\.\d|,\d)"
_CANDIDATE = re.compile(
    rf"""{_ALONE}(?:
    (?P<cells>\d(?:[ \t]{{0,3}}[ \n|·•][ \t\n]{{0,3}}\d){{3,7}})(?![ \t\n|·•]{{1,3}}\d)
    |(?P<group>\d{{3}}[ -]\d{{3}}(?:[ -]\d{{3}})?|\d{{4}}[ -]\d{{4}}
        |\d{{2}}[ -]\d{{2}}[ -]\d{{2}}|\d{{3}}[ -]\d{{2}}|\d{{2}}[ -]\d{{3}})(?![ -]\d)
    |(?P<plain>\d{{4,10}})
    |(?P<prefix>[a-z]{{1,4}}-\d{{3,8}})
    |(?P<pair>(?=[a-z-]*\d)[a-z0-9]{{3,5}}-[a-z0-9]{{3,5}}(?:-[a-z0-9]{{3,5}})?)
    |(?P<mixed>(?=[a-z]{{0,9}}\d)(?=\d{{0,9}}[a-z])[a-z0-9]{{4,12}})
    ){_ENDS}""",
    re.VERBOSE,
)
_LETTERS = re.compile(r"(?<![A-Za-z0-9-])(?:[A-Z]{4,10}|[A-Z]{3,5}-[A-Z]{3,5})(?![A-Za-z0-9-])")
_ORIGIN = re.compile(r"(?:^|\n)@([a-z0-9.-]{4,253}) #([a-z0-9]{4,12})(?: @[a-z0-9.-]+)?\s*(?=\n|$)")
_LOOSE = re.compile(r"[\s|·•]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something of a code's shape."""

    value: str
    start: int
    end: int
    shape: str
    """cells, group, plain, prefix, pair, mixed or letters."""


def folded(text: str) -> str:
    """Text of the same length: lower case, digits and full-width signs as ASCII."""
    if text.isascii():
        return text.lower()
    text = text.translate(_FOLD)
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join([one if len(one) == 1 else text[at] for at, one in enumerate(map(str.lower, text))])
    return lowered


def blanked(low: str) -> str:
    """Folded text of the same length without addresses, dates, times, prices and telephone numbers."""
    for pattern in (_URL, _MAIL, _HOST, _NOT):
        low = pattern.sub(_gone, low)
    return low


def _gone(found: re.Match[str]) -> str:
    return GONE * len(found[0])


def candidates(text: str, low: str) -> list[Candidate]:
    """What has the shape of a code in blanked text; `text` is the same as it was written."""
    found: list[Candidate] = []
    for one in _CANDIDATE.finditer(low):
        shape = one.lastgroup or ""
        raw = text[one.start() : one.end()] if text.isascii() else _ascii(text[one.start() : one.end()])
        if _is_code(shape, raw):
            found.append(Candidate(_value(shape, raw), one.start(), one.end(), shape))
            if len(found) >= MAX_CANDIDATES:
                break
    return found


def letters(text: str, low: str) -> Iterator[Candidate]:
    """Words of capitals alone, which are codes only in a place of their own."""
    for count, one in enumerate(_LETTERS.finditer(text)):
        if count >= MAX_CANDIDATES:
            return
        if low[one.start()] != GONE:
            yield Candidate(one[0], one.start(), one.end(), "letters")


def origin_bound(text: str, low: str) -> Iterator[tuple[str, Candidate]]:
    """(domain, candidate) of lines like "@example.com #123456" (WICG origin-bound one-time codes)."""
    for count, one in enumerate(_ORIGIN.finditer(low)):
        if count >= 5:
            return
        yield one[1], Candidate(text[one.start(2) : one.end(2)], one.start(2), one.end(2), "origin")


def _ascii(text: str) -> str:
    return text.translate(_FOLD)


def _value(shape: str, raw: str) -> str:
    if shape == "cells":
        return _LOOSE.sub("", raw)
    if shape == "group":
        return raw.replace(" ", "").replace("-", "")
    return raw


_UNITS = re.compile(
    r"\d+(?:px|pt|em|rem|kb|mb|gb|tb|cm|mm|kg|km|ml|min|mins|hrs?|hours?|am|pm|th|st|nd|rd|x\d+|d|h|m|s|k)", re.I
)
_HEX = re.compile(r"[0-9a-f]{6}|[0-9a-f]{8}|[0-9a-f]{3}")


def _is_code(shape: str, raw: str) -> bool:
    if shape in ("mixed", "pair"):
        if _UNITS.fullmatch(raw):
            return False
        if shape == "mixed" and not raw.isupper() and len(raw) < 5:
            return False
    return True
