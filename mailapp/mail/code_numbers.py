"""Numbers that are no codes by their look: dates, times, prices, telephone numbers, accounts, parts of addresses."""

import re

from mailapp.mail.code_shapes import Candidate

_RUN = re.compile(r"[0-9]+")
_AT_DIGIT = re.compile(
    # dates and times
    r"\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)|\d{1,2}([-/.])\d{1,2}\2(?:19|20)?\d\d(?![\d-])|\d{1,2}:\d{2}|\d{4} ?[年년]"
    # prices
    r"|\d[\d.,]{0,14} ?(?:[$€£₩₹₽฿₫%元円원]|(?:usd|eur|rmb|cny|pln|zł|tl|vnd|руб|บาท)(?![a-z]))"
    # telephone numbers
    r"|\d{3,4}[- .]\d{3,4}[- .]\d{4}(?!\d)|8 800 [\d -]{7,12}|\d{11,40}"
    r"|(?:0\d{1,4}|400|800|1-8\d\d)[-/ ]\d{3,4}[- ]?\d{2,5}(?:[- ]?\d{2,4})?(?!\d)"
    # thousands, versions, longer groups
    r"|\d{1,3}(?:[.,]\d{3})+(?!\d)|\d+\.\d+|\d{3,5}[ -]\d{3,5}[ -]\d{3,5}[ -]\d|\d{4} \d{4} \d{1,4}(?!\d)"
)
_PHONE = re.compile(r"\+\d[\d ()./-]{6,20}\d|\(0?\d{2,5}\) ?\d[\d -]{4,12}\d")
_ACCOUNT = re.compile(r"(?<![a-z0-9])[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,8}(?: ?[a-z0-9]{1,4})?(?![a-z0-9])")
_CURRENCY = re.compile(
    r"(?:[$€£¥₩₹₽฿₫]|(?<![a-z])(?:usd|eur|rmb|cny|hk\$|nt\$|idr|rp|gbp|chf|pln|inr|btc)\.?|人民币) ?\Z"
)
_AMOUNT = re.compile(r"\d[\d.,' ]{0,14}")
_AROUND = 36
"""Characters before a candidate in which a longer number it belongs to may begin."""


def is_something_else(one: Candidate, low: str) -> bool:
    """Whether a candidate is part of a date, a time, a price, a telephone number, an account, an address."""
    for run in _RUN.finditer(low, max(0, one.start - _AROUND), one.end):
        at = run.start()
        if at > 0 and low[at - 1].isdigit():
            continue  # the slice begins within a number
        end = _end_of_number(low, at)
        if end > one.start and not (end <= one.end and at >= one.start and one.shape in ("group", "stand", "cells")):
            return True
    return _is_in_address(one, low)


def _end_of_number(low: str, at: int) -> int:
    """Where a number that is no code ends if one begins with the digit at `at`; 0 where none does."""
    before = low[at - 1 : at]
    if before in ("+", "(") and (phone := _PHONE.match(low, at - 1)):
        return phone.end()
    if _CURRENCY.search(low, max(0, at - 6), at) and (amount := _AMOUNT.match(low, at)):
        return amount.end()
    if before.isalpha() and (account := _ACCOUNT.match(low, max(0, at - 2))):
        return account.end()
    if before in ("-", ".", ","):
        return 0
    found = _AT_DIGIT.match(low, at)
    return found.end() if found else 0


def _is_in_address(one: Candidate, low: str) -> bool:
    """Whether it stands in a URL or an e-mail address."""
    start = one.start
    least = max(0, start - 300)
    while start > least and "!" <= low[start - 1] <= "~" and low[start - 1] not in "<>\"'()[]":
        start -= 1
    before = low[start : one.start]
    if "://" in before or "www." in before or "@" in before:
        return True
    if "/" in before and "." in before:
        return True
    after = low[one.end : one.end + 80].split(None, 1)
    return bool(after) and "@" in after[0][:64] and after[0][:1] in "@.-_+"
