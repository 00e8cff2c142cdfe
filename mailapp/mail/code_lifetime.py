"""How long a message says that its code is valid."""

import re
from collections.abc import Iterator
from itertools import islice

from mailapp.mail.code_words import grouped

_WORDS = {
    "one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60,
    "zehn": 10, "fünf": 5, "fünfzehn": 15, "dreißig": 30, "cinq": 5, "dix": 10, "quinze": 15, "diez": 10, "cinco": 5,
    "dez": 10,
    "dieci": 10, "tien": 10, "an": 1, "a": 1, "eine": 1,
    "einer": 1, "une": 1, "una": 1, "uma": 1, "un'": 1, "un": 1,
    "een": 1, "bir": 1,
    "一": 1, "两": 2, "兩": 2, "二": 2, "三": 3, "五": 5, "十": 10, "十五": 15, "二十": 20, "三十": 30, "六十": 60,
    "半": 0.5,
    "пять": 5, "десять": 10, "пятнадцати": 15, "десяти": 10, "пяти": 5, "hour": 1,
}  # fmt: skip
_SECOND = (
    r"seconds?|secs?|sekunden?|secondes?|segundos?|secondi|seconden|sekund\w*|saniye|giây|detik|วินาที|ثانية|ثوان|"
    r"секунд\w*|秒钟|秒鐘|秒間|秒|초"
)
_MINUTE = (
    r"minutes?|mins?|minuten?|minutos?|minuti|minuto|minut\w*|minuten|dakika\w*|dk|phút|phut|menit|นาที|دقيقة|دقائق|"
    r"دقيقه|минут\w*|мин"
    r"|分钟|分鐘|分間|分内|分以内|分|분"
)
_HOUR = (
    r"hours?|hrs?|stunden?|heures?|horas?|ore|ora|uren|uur|godzin\w*|saat\w*|giờ|gio|jam|ชั่วโมง|ساعة|ساعات|час\w*|小时|"
    r"小時|個小時|个小时|時間|시간"
)
_DAY = (
    r"days?|tagen?|tage?|jours?|días?|dias?|giorni|giorno|dagen|dag|dni|dnia|gün|ngày|hari|วัน|يوم|أيام|дн\w*|"
    r"сут\w*|天|日間|日以内|일"
)
_UNIT = rf"[ \n-]?(?:(?P<h>{_HOUR})|(?P<m>{_MINUTE})|(?P<d>{_DAY})|(?P<s>{_SECOND}))(?![a-zà-ÿ])"
_LENGTH = re.compile(rf"(?<![0-9.,])[0-9]{{1,4}}+{_UNIT}")
_LATIN = "|".join(sorted((one for one in _WORDS if one[0] < "一"), key=len, reverse=True))
_WORDED = re.compile(rf"\b(?:{grouped(_LATIN)}){_UNIT}")
_HAN = re.compile(rf"[一两兩二三五十六半]{{1,2}}个?個?{_UNIT}")
_VALID = re.compile(
    grouped(
        r"valid|expir|within|for the next|active for|good for|lasts|only works for|works for|gültig|läuft|innerhalb|"
        r"verfällt|ablauf"
        r"|valable|valide|dans les|caduc|vence|válid|vigen|dentro de|próximos|próximas|vál|scad|valido|entro|geldig|"
        r"verloopt|vervalt|gilt|binnen"
        r"|ważn|wygas|wygaś|traci|geçerli|içinde|dolacak|sona er|hiệu lực|hết hạn|trong vòng|trong|berlaku|"
        r"kedaluwarsa|"
        r"kadaluarsa|dalam"
        r"|hieu luc|het han|มีอายุ|หมดอายุ|ภายใน|ใช้ได้|صالح|تنتهي|صلاحية|خلال|действ|истек|истеч|в течение|годен"
        r"|有效|内|內|失效|过期|過期|以内|有効|期限|無効|後に|giltig|gyldig|platn|유효|이내|만료|내에|동안"
    )
)
_NOT = re.compile(
    r"request (?:a |another )?new|resend|try again|again in|wait|neuen code|renvoy|reenvi|重新获取|重新发送|重发|"
    r"再次|再送|재전송|"
    r"ago|lock|respond|reply"
)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
MAX_LENGTHS = 20
"""Lengths of time that are looked at."""
MAX_CHECKED = 8
"""Of these the nearest that are checked for being a validity."""
MAX_SECONDS = 30 * 86_400


def valid_seconds(low: str, near: int) -> int | None:
    """The length of time folded text gives for a code that stands at `near`; None where it gives none."""
    start, end = max(0, near - 800), near + 1_200
    if start >= len(low):
        return None
    found = _nearest(low, near, _LENGTH.finditer(low, start, end))
    if found is None and not low.isascii():
        found = _nearest(low, near, _HAN.finditer(low, start, end))
    if found is None:
        spoken = islice(_VALID.finditer(low, start, end), MAX_LENGTHS)
        words = (_WORDED.search(low, max(start, one.start() - 40), one.end() + 50) for one in spoken)
        found = _nearest(low, near, (one for one in words if one is not None))
    return found


def _nearest(low: str, near: int, lengths: Iterator[re.Match[str]]) -> int | None:
    """The nearest of these that is a validity."""
    by_distance = sorted(islice(lengths, MAX_LENGTHS), key=lambda one: abs(one.start() - near))
    for one in by_distance[:MAX_CHECKED]:
        seconds = _seconds(low, one)
        if seconds is not None:
            return seconds
    return None


def _seconds(low: str, one: re.Match[str]) -> int | None:
    before, after = low[max(0, one.start() - 70) : one.start()], low[one.end() : one.end() + 40]
    if before[-1:].isdigit() or before[-1:] in (".", ","):
        return None
    if not (_VALID.search(before) or _VALID.search(after) or _VALID.search(one[0])) or _NOT.search(before[-40:]):
        return None
    unit = one.lastgroup or "m"
    word = one[0][: one.start(unit) - one.start()].strip(" \n-个個")
    number = _WORDS.get(word, 0) if not word.isdigit() else int(word)
    seconds = int(number * _SECONDS[unit])
    return seconds if 0 < seconds <= MAX_SECONDS else None
