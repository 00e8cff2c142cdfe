"""What looks like a code, and what only looks like one: years, dates, times, prices, telephone numbers, addresses."""

import re
from collections.abc import Iterator

from mailapp.values import dataclass

_DIGITS = {base + n: ord("0") + n for base in (0xFF10, 0x660, 0x6F0, 0xE50, 0x966) for n in range(10)}
_WIDE = {0xFF01 + n: 0x21 + n for n in range(94) if n != 11}
"""Without the comma: "482913，10 分钟" is no number."""
_SPACES = dict.fromkeys((0xA0, 0x3000, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x1680), 0x20)
_FOLD = _WIDE | _DIGITS | _SPACES | {0x130: ord("i"), 0x2010: 0x2D, 0x2011: 0x2D, 0x2019: 0x27}
_FOLDED = re.compile(f"[{''.join(map(chr, _FOLD))}]")
_PICTURE = re.compile("[\U0001f300-\U0001faff\u2600-\u2712\u2728\ufe0f\u200d]")
"""Small pictures, which stand for blanks."""
_MAX_REPLACED = 16
"""Different characters that are replaced one after the other; of a text with more each character is looked up."""
MAX_CANDIDATES = 16
_MAX_RUNS = 160
"""Runs of digits in one region that are looked at."""

_COUNTED = "[年月元块件名位人张条份套台家篇次行室间部本倍万亿千]| ?[个個](?!字)|号(?!码)"
"""Behind a number they make an amount or a date of it."""
_RUN = re.compile(
    rf"[0-9](?<![0-9].)(?:[0-9]{{3,}}+(?!{_COUNTED})"
    r"|[0-9]{0,2}+(?![0-9])(?=-?[a-z]|-[0-9]|[ \t]{0,3}[ \n|·•][ \t\n]{0,3}[0-9])"
    rf"|(?:(?<=[a-z].)|(?<=[a-z0-9]-.))[0-9]*+(?!{_COUNTED}))"
)
"""Digits that may belong to a code: four, or with a letter or more digits beside them."""
_CAPITALS = re.compile(r"[A-Z]{3,10}(?:-[A-Z]{3,5})?")
_LEAD = re.compile(r"[a-z0-9-]{0,16}\Z")
_CANDIDATE = re.compile(
    r"""(?:
    (?P<cells>\d(?:[ \t]{0,3}[ \n|·•][ \t\n]{0,3}\d){3,7})(?![ \t\n|·•]{1,3}\d(?!\d)|\d)
    |(?P<group>\d{3}[ -]\d{3}(?:[ -]\d{3})?|\d{4}[ -]\d{4}|\d{2}[ -]\d{2}[ -]\d{2}|\d{3}[ -]\d{2}|\d{2}[ -]\d{3})
        (?![ -]?\d|-[a-z])
    |(?P<stand>\d{1,3}-\d{1,3}-\d{2,6})(?![-\d])
    |(?P<plain>\d{4,10})
    |(?P<prefix>[a-z]{1,4}-\d{3,8})
    |(?P<pair>(?=[a-z-]{0,17}\d)(?=[\d-]{0,17}[a-z])[a-z0-9]{3,5}-[a-z0-9]{3,5}(?:-[a-z0-9]{3,5})?)
    |(?P<mixed>(?=[a-z]{0,9}\d)(?=\d{0,9}[a-z])[a-z0-9]{4,12})
    )(?![a-z0-9•&=/\\%@$€£¥]|-[a-z0-9]|[.,:]\d)""",
    re.VERBOSE,
)
_BEFORE = frozenset("!*•#&=/\\_%@$€£¥₩₹.+-~^")
_KEYS = ("code-", "pin-", "otp-", "tan-", "id-", "no-", "nr-", "iso-", "rfc-", "cve-", "utf-", "covid-", "sha-", "md-")
"""What is named so is an issue or a standard."""
_BOLD = frozenset("*_~")
_ASSIGNED = ("otp=", "pin=", "ode=")
_ORIGIN = re.compile(r"(?:^|\n)@([a-z0-9.-]{4,253}) #([a-z0-9]{4,12})(?: @[a-z0-9.-]+)?\s*(?=\n|$)")
_LOOSE = re.compile(r"[\s|·•]+")
_UNITS = re.compile(
    r"\d+(?:px|pt|em|rem|kb|mb|gb|tb|cm|mm|kg|km|ml|min|mins|hrs?|hours?|am|pm|th|st|nd|rd|x\d+|d|h|m|s|k|w|l|bit|"
    r"dpi)"
)
_NAMED = re.compile(r"[a-z]+-(?:19|20)\d\d")
"""Something with the year it is of."""
_HASH = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something of a code's shape."""

    value: str
    start: int
    end: int
    shape: str
    """cells, group, stand, plain, prefix, pair, mixed, letters or origin."""


def folded(text: str) -> str:
    """Text of the same length: lower case, digits and full-width signs as ASCII."""
    if text.isascii():
        return text.lower()
    text = _PICTURE.sub(" ", text)
    there = set(_FOLDED.findall(text))
    if len(there) > _MAX_REPLACED:
        text = text.translate(_FOLD)
    else:
        for one in there:
            text = text.replace(one, chr(_FOLD[ord(one)]))
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join([one if len(one) == 1 else text[at] for at, one in enumerate(map(str.lower, text))])
    return lowered


def candidates(text: str, low: str, regions: list[tuple[int, int]]) -> Iterator[Candidate]:
    """What has the shape of a code in these regions of folded text; `text` is the same as it was written."""
    found = 0
    at = -1
    for start, end in regions:
        for count, run in enumerate(_RUN.finditer(low, start, end)):
            if count >= _MAX_RUNS or found >= MAX_CANDIDATES:
                return
            if run.start() < at:
                continue
            one = _at(text, low, run.start(), max(at, 0))
            if one is not None:
                yield one
                found += 1
                at = one.end
            else:
                at = run.end()


def _at(text: str, low: str, digit: int, least: int) -> Candidate | None:
    """The candidate whose first digit stands here."""
    lead = _LEAD.search(low, max(least, digit - 16), digit)
    start = lead.start() if lead else digit
    while start < digit and low[start] == "-":
        start += 1
    match = _CANDIDATE.match(low, start)
    if match is None or (start > 0 and _is_latin(low[start - 1])):
        return None
    shape = match.lastgroup or ""
    end = match.end(shape)
    first, last = low[start - 1 : start], low[end : end + 1]
    bold = first in _BOLD and last == first and low[start - 3 : start] != first * 3
    # *482913* is bold; ***5678 is the end of another number.
    if first == "#" and low.startswith(" is your", end):
        first = ""
    if first == "=" and low.startswith(_ASSIGNED, start - 4):
        first = ""
    if not bold and (last == "*" or (first in _BEFORE and first)):
        return None
    raw = text[start:end]
    if not raw.isascii():
        raw = raw.translate(_FOLD)
    return Candidate(_value(shape, raw), start, end, shape) if _is_code(shape, raw) else None


def _is_latin(one: str) -> bool:
    return one.isalnum() and one < "ɐ"


def letters(text: str, regions: list[tuple[int, int]]) -> Iterator[Candidate]:
    """Words of capitals alone, which are codes only in a place of their own."""
    count = 0
    for start, end in regions:
        for one in _CAPITALS.finditer(text, start, end):
            count += 1
            if count > MAX_CANDIDATES:
                return
            first, last = text[one.start() - 1 : one.start()], text[one.end() : one.end() + 2]
            last = "" if last[:1] == "." and not last[1:].isalnum() else last[:1]  # the end of a sentence
            if len(one[0]) >= 4 and not _joins(first) and not _joins(last):
                yield Candidate(one[0], one.start(), one.end(), "letters")


def _joins(one: str) -> bool:
    return one != "" and (one in "-_@/#." or _is_latin(one))


def origin_bound(text: str, low: str) -> Iterator[tuple[str, Candidate]]:
    """(domain, candidate) of lines like "@example.com #123456" (WICG origin-bound one-time codes)."""
    for count, one in enumerate(_ORIGIN.finditer(low)):
        if count >= 5:
            return
        yield one[1], Candidate(text[one.start(2) : one.end(2)], one.start(2), one.end(2), "origin")


def _value(shape: str, raw: str) -> str:
    if shape == "cells":
        return _LOOSE.sub("", raw)
    if shape == "group":
        return raw.replace(" ", "").replace("-", "")
    return raw


def _is_code(shape: str, raw: str) -> bool:
    if shape in ("pair", "prefix") and _NAMED.fullmatch(raw):
        return False
    if shape == "prefix":
        return not raw.lower().startswith(_KEYS)
    if shape == "mixed":
        if _UNITS.fullmatch(raw.lower()):
            return False
        if len(raw) > 6 and _HASH.fullmatch(raw):
            return False
        return raw.isupper() or len(raw) >= 5
    return True
