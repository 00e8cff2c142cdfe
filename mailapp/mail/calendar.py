"""Calendar invitations (RFC 5545, RFC 5546): the few fields a card shows. Never raises, bounded."""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

from mailapp.mail.calendar_lines import Component, Property, components, text_of
from mailapp.mail.calendar_zones import ZoneOf, Zones, rule_parts, stamp
from mailapp.values import dataclass

MAX_EVENTS = 100
MAX_PEOPLE = 200
MAX_LINE = 500
"""Characters of a title, a place, a name."""
MAX_DESCRIPTION = 4_000
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?\s*$", re.IGNORECASE
)
_METHODS = ("REQUEST", "CANCEL", "REPLY", "PUBLISH", "ADD", "COUNTER", "REFRESH", "DECLINECOUNTER")
_STATES = ("ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "NEEDS-ACTION")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True, slots=True)
class When:
    at: datetime
    """With a zone, or without one where the time holds wherever one is (or its zone is unknown)."""
    all_day: bool
    zone: str
    """Name of the zone as the calendar has it, "" for none and for UTC."""


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    address: str
    state: str
    """ACCEPTED, DECLINED, TENTATIVE, DELEGATED or NEEDS-ACTION; "" where nothing is said."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    frequency: str
    """DAILY, WEEKLY, MONTHLY or YEARLY; "" for a rule that cannot be said in a few words."""
    interval: int = 1
    days: tuple[str, ...] = ()
    """MO, TU ...: of a weekly rule."""
    count: int = 0
    """0: not limited by a number."""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Event:
    uid: str
    summary: str
    location: str
    description: str
    start: When | None
    end: When | None
    """Of whole days the last day, not the one after it."""
    organizer: Party | None
    attendees: tuple[Party, ...]
    recurrence: Recurrence | None
    cancelled: bool
    one_of_series: bool
    """It replaces one of a series (RECURRENCE-ID)."""


@dataclass(frozen=True, slots=True)
class Invitation:
    method: str
    """In upper case; "" for none or an unknown one."""
    event: Event
    more: int
    """Further events in the same calendar."""


def invitation(text: str, zone_of: ZoneOf) -> Invitation | None:
    """What a text/calendar part says; None where it holds no event."""
    calendars = [each for each in components(text).children if each.name == "VCALENDAR"]
    inside = [each for calendar in calendars for each in calendar.children]
    events = [each for each in inside if each.name == "VEVENT"]
    if not events:
        return None
    zones = Zones(zone_of, [each for each in inside if each.name == "VTIMEZONE"])
    # the series itself before its exceptions
    main = next((each for each in events[:MAX_EVENTS] if "RECURRENCE-ID" not in each.properties), events[0])
    method = calendars[0].text("METHOD", 40).upper()
    return Invitation(method if method in _METHODS else "", _event(main, zones), len(events) - 1)


def _event(event: Component, zones: Zones) -> Event:
    start = _when(event.first("DTSTART"), zones)
    organizer = event.first("ORGANIZER")
    return Event(
        uid=event.text("UID", MAX_LINE),
        summary=_line(event, "SUMMARY"),
        location=_line(event, "LOCATION"),
        description=event.text("DESCRIPTION", MAX_DESCRIPTION),
        start=start,
        end=_end(event, start, zones),
        organizer=_party(organizer) if organizer else None,
        attendees=tuple(_party(each) for each in event.properties.get("ATTENDEE", [])[:MAX_PEOPLE]),
        recurrence=_recurrence(event),
        cancelled=event.text("STATUS", 40).upper() == "CANCELLED",
        one_of_series="RECURRENCE-ID" in event.properties,
    )


def _line(event: Component, name: str) -> str:
    return " ".join(event.text(name, MAX_LINE).split())


def _when(found: Property | None, zones: Zones) -> When | None:
    at = stamp(found.value) if found else None
    if found is None or at is None:
        return None
    value = found.value.strip().upper()
    if "T" not in value or found.parameters.get("VALUE", "").upper() == "DATE":
        return When(at.replace(hour=0, minute=0, second=0), True, "")
    if value.endswith("Z"):
        return When(at.replace(tzinfo=UTC), False, "")
    name = found.parameters.get("TZID", "")[:200]
    return When(zones.placed(at, name) if name else at, False, name)


def _end(event: Component, start: When | None, zones: Zones) -> When | None:
    if start is None:
        return None
    end = _when(event.first("DTEND"), zones)
    if end is None:
        lasting = event.first("DURATION")
        length = _duration(lasting.value) if lasting else None
        # of whole days one is meant where nothing is said (RFC 5545 3.6.1)
        length = timedelta(days=1) if length is None and start.all_day else length
        if length is None:
            return None
        end = When(_moved(start.at, length), start.all_day, start.zone)
    if end.all_day != start.all_day:
        return None
    if start.all_day:
        return When(max(start.at, end.at - timedelta(days=1)), True, "")
    comparable = (start.at.tzinfo is None) == (end.at.tzinfo is None)
    return end if comparable and end.at >= start.at else None


def _moved(at: datetime, length: timedelta) -> datetime:
    """Later by an exact length, over a change of the clocks too."""
    return (at.astimezone(UTC) + length).astimezone(at.tzinfo) if at.tzinfo else at + length


def _duration(value: str) -> timedelta | None:
    found = _DURATION.match(value.strip())
    if found is None or found[1] == "-":
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return timedelta(days=weeks * 7 + days, hours=hours, minutes=minutes, seconds=seconds)


def _party(found: Property) -> Party:
    address = text_of(found.value, 1_000)
    if address[:7].lower() == "mailto:":
        address = unquote(address[7:])
    elif "@" not in address:
        address = found.parameters.get("EMAIL", "")
    state = found.parameters.get("PARTSTAT", "").upper()
    name = " ".join(found.parameters.get("CN", "").split())[:MAX_LINE]
    address = " ".join(address.split())[:320]
    return Party("" if name.casefold() == address.casefold() else name, address, state if state in _STATES else "")


def _recurrence(event: Component) -> Recurrence | None:
    rules = event.properties.get("RRULE", [])
    if not rules:
        return Recurrence("") if "RDATE" in event.properties else None
    parts = rule_parts(rules[0].value[:1_000])
    frequency, days = parts.get("FREQ", ""), parts.get("BYDAY", "")
    listed = tuple(each.strip() for each in days.split(",")[:7]) if days else ()
    others = parts.keys() - {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"}
    start = stamp(event.text("DTSTART", 40))
    if others == {"BYMONTHDAY"} and frequency == "MONTHLY" and start and parts["BYMONTHDAY"] == str(start.day):
        others = set()
    plain = not others and len(rules) == 1 and "RDATE" not in event.properties
    if listed and (frequency != "WEEKLY" or any(not (found := _DAY.fullmatch(each)) or found[1] for each in listed)):
        plain = False
    if frequency not in _FREQUENCIES or not plain:
        return Recurrence("")
    until = stamp(parts.get("UNTIL", ""))
    return Recurrence(
        frequency,
        _number(parts.get("INTERVAL", "")) or 1,
        listed,
        _number(parts.get("COUNT", "")),
        until and until.date(),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
