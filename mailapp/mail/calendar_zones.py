"""Time zones of a calendar: IANA names, the rules it brings along (RFC 5545 3.6.5), and Windows' names for some."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo

from mailapp.mail.calendar_lines import Component
from mailapp.values import dataclass

ZoneOf = Callable[[str], tzinfo | None]
"""The zone with an IANA name, None for anything else."""
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?\s*$")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2}))?")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)")
_MAX_RULES = 40
_WINDOWS = {
    "UTC": "UTC",
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Helsinki",
    "GTB Standard Time": "Europe/Bucharest",
    "Russian Standard Time": "Europe/Moscow",
    "Turkey Standard Time": "Europe/Istanbul",
    "Israel Standard Time": "Asia/Jerusalem",
    "Arabian Standard Time": "Asia/Dubai",
    "India Standard Time": "Asia/Kolkata",
    "SE Asia Standard Time": "Asia/Bangkok",
    "China Standard Time": "Asia/Shanghai",
    "Taipei Standard Time": "Asia/Taipei",
    "Singapore Standard Time": "Asia/Singapore",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "New Zealand Standard Time": "Pacific/Auckland",
    "E. South America Standard Time": "America/Sao_Paulo",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "Pacific Standard Time": "America/Los_Angeles",
}


@dataclass(frozen=True, slots=True)
class _Rule:
    """One STANDARD or DAYLIGHT: from when on which offset holds."""

    begins: datetime
    """Local, as DTSTART has it."""
    before: timedelta
    offset: timedelta
    month: int
    """0: only once, at `begins`."""
    week: int
    """1 to 5 from the beginning of the month, -1 to -5 from its end."""
    weekday: int
    until: datetime | None

    def latest(self, local: datetime) -> datetime | None:
        """The latest time it came into force before `local`."""
        if not self.month:
            return self.begins if self.begins <= local else None
        for year in (local.year, local.year - 1):
            day = _nth(year, self.month, self.week, self.weekday)
            onset = datetime(year, self.month, day, self.begins.hour, self.begins.minute)  # noqa: DTZ001
            if onset <= local and onset >= self.begins and (self.until is None or onset <= self.until):
                return onset
        if self.until and self.begins <= self.until < local:
            year = self.until.year
            return datetime(year, self.month, _nth(year, self.month, self.week, self.weekday))  # noqa: DTZ001
        return None


class Zones:
    """The zones of one calendar."""

    def __init__(self, zone_of: ZoneOf, timezones: list[Component]) -> None:
        self._zone_of = zone_of
        self._rules: dict[str, list[_Rule]] = {}
        self._places: dict[str, str] = {}
        for each in timezones[:_MAX_RULES]:
            name = each.text("TZID", 200)
            self._rules.setdefault(name, _rules(each))
            self._places.setdefault(name, each.text("X-LIC-LOCATION", 200))

    def placed(self, local: datetime, name: str) -> datetime:
        """A local time as a moment; it stays without a zone where nobody knows the name's."""
        zone = self._iana(name)
        if zone is not None:
            return local.replace(tzinfo=zone)
        offset = _offset_at(self._rules.get(name, []), local)
        return local if offset is None else local.replace(tzinfo=timezone(offset))

    def _iana(self, name: str) -> tzinfo | None:
        """By its name, by the end of a path, by where its rules are said to hold, else by Windows' name."""
        tail = "/".join(name.split("/")[-2:])
        for each in (name, tail, self._places.get(name, "")):
            found = self._zone_of(each) if each else None
            if found is not None:
                return found
        if self._rules.get(name):
            return None
        return self._zone_of(_WINDOWS[name]) if name in _WINDOWS else None


def _offset_at(rules: list[_Rule], local: datetime) -> timedelta | None:
    if not rules:
        return None
    begun = [(onset, rule.offset) for rule in rules if (onset := rule.latest(local)) is not None]
    if begun:
        return max(begun, key=lambda one: one[0])[1]
    return min(rules, key=lambda one: one.begins).before


def _rules(zone: Component) -> list[_Rule]:
    found: list[_Rule] = []
    for each in zone.children[:_MAX_RULES]:
        begins = stamp(each.text("DTSTART", 40))
        offset = _offset(each.text("TZOFFSETTO", 20))
        if each.name not in ("STANDARD", "DAYLIGHT") or begins is None or offset is None:
            continue
        before = _offset(each.text("TZOFFSETFROM", 20))
        rule = rule_parts(each.text("RRULE", 500))
        month, day = rule.get("BYMONTH", ""), _BY_DAY.fullmatch(rule.get("BYDAY", ""))
        yearly = rule.get("FREQ") == "YEARLY" and month.isascii() and month.isdigit() and 1 <= int(month[:3]) <= 12
        week = int(day[1] or 1) if day else 1
        found.append(
            _Rule(
                begins,
                offset if before is None else before,
                offset,
                int(month) if yearly and day else 0,
                week if 1 <= abs(week) <= 5 else 1,
                _WEEKDAYS.index(day[2]) if day else 0,
                stamp(rule.get("UNTIL", "")),
            )
        )
    return found


def _nth(year: int, month: int, week: int, weekday: int) -> int:
    """The day of the month of its n-th weekday; the last one where there is no fifth."""
    first = datetime(year, month, 1)  # noqa: DTZ001
    following = datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001
    days = [day for day in range(1, (following - first).days + 1) if (first.weekday() + day - 1) % 7 == weekday]
    index = week - 1 if week > 0 else week
    return days[index] if -len(days) <= index < len(days) else days[-1 if week > 0 else 0]


def stamp(value: str) -> datetime | None:
    """A DATE or DATE-TIME as it stands, its zone left aside; None outside of 1601 (Windows' first year) to 2200."""
    found = _STAMP.match(value.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    if not 1601 <= year <= 2200:
        return None
    try:
        return datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001
    except ValueError:
        return None


def rule_parts(value: str) -> dict[str, str]:
    """The parts of a RRULE, names and values in upper case."""
    pairs = (part.partition("=") for part in value.upper().split(";")[:20])
    return {name.strip(): what.strip() for name, _, what in pairs}


def _offset(value: str) -> timedelta | None:
    found = _OFFSET.match(value.strip())
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    if minutes >= 24 * 60:
        return None
    return timedelta(minutes=-minutes if found[1] == "-" else minutes)
