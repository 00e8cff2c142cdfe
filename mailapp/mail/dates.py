"""Date fields (RFC 5322 3.3), and what is found in their place."""

import re
from datetime import date
from functools import lru_cache

_MONTHS = {"janfebmaraprmayjunjulaugsepoctnovdec"[3 * n : 3 * n + 3]: n + 1 for n in range(12)}
_ZONES = {"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420}
_RFC = re.compile(
    r"(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]*+\.?[\s,-]+(\d{2,4})[\s,T]+(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?"
    r"(?:[.,]\d{1,9})?\s*(?:\(?([A-Za-z]{0,5}\s?[+-]\d{2}:?\d{2}|[A-Za-z]{1,5}))?"
)
_ASCTIME = re.compile(
    r"([A-Za-z]{3})[A-Za-z]*+\s+(\d{1,2})\s*,?\s+(?:(\d{4})\s+)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?"
    r"(?:\s+(?!\d)([A-Za-z]{1,5}|[+-]\d{4}))?(?:\s+(\d{4}))?(?:\s+([+-]\d{4}))?"
)
_ISO = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]*(?:(\d{1,2})[:：](\d{1,2})(?:[:：](\d{1,2}))?(?:[.,]\d{1,9})?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")


def date_ms(value: str) -> int | None:
    """A Date field in ms since 1970 UTC; None where no date can be read in it or its year is out of 1900-9999."""
    value = value[:200]
    found = _RFC.search(value)
    if found:
        day, month, year, hour, minute, second, zone = found.groups()
        return _ms(year, _MONTHS.get(month.lower(), 0), day, hour, minute, second, zone)
    found = _ISO.search(value)
    if found:
        return _ms(*found.groups())
    found = _ASCTIME.search(value)
    if found:
        month, day, year, hour, minute, second, zone, late_year, late_zone = found.groups()
        return _ms(
            year or late_year or "0", _MONTHS.get(month.lower(), 0), day, hour, minute, second, zone or late_zone
        )
    return None


def _ms(
    year: str, month: str | int, day: str, hour: str | None, minute: str | None, second: str | None, zone: str | None
) -> int | None:
    number = int(year)
    if number < 100 and len(year) < 4:
        number += 2000 if number < 50 else 1900
    elif len(year) == 3:
        number += 1900
    if number < 1900:
        return None
    try:
        days = date(number, int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
    hours, minutes = int(hour or 0), int(minute or 0)
    if hours > 23 or minutes > 59:
        return None
    # A leap second (60) counts as the second before it.
    seconds = min(int(second or 0), 59)
    return (((days * 24 + hours) * 60 + minutes - _zone(zone)) * 60 + seconds) * 1000


_EPOCH = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=128)
def _zone(text: str | None) -> int:
    """Minutes east of UTC; unknown names and -0000 count as UTC (RFC 5322 4.3), as does a day or more."""
    if not text:
        return 0
    found = _OFFSET.search(text)
    if not found:
        return _ZONES.get(text.upper(), 0)
    minutes = int(found[2]) * 60 + int(found[3])
    if minutes >= 1440:
        return 0
    return -minutes if found[1] == "-" else minutes
