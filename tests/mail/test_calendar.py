"""Calendar invitations: what a card needs of RFC 5545, and nothing raises."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.mail.calendar import Event, Party, Recurrence, invitation
from mailapp.mail.calendar_lines import MAX_PROPERTIES, components, text_of

BERLIN_RULES = """BEGIN:VTIMEZONE
TZID:Custom
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def zone_of(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


def event(lines: str, before: str = "", method: str = "REQUEST") -> Event:
    text = f"BEGIN:VCALENDAR\nMETHOD:{method}\n{before}BEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n"
    found = invitation(text.replace("\n", "\r\n"), zone_of)
    assert found is not None
    assert found.method == method
    return found.event


def test_lines_are_unfolded_and_escapes_undone() -> None:
    found = event(
        "SUMMARY;LANGUAGE=de:Besprechung\\, la\n nge\n\t Zeile\nLOCATION:Raum 3\\; Süd\nDESCRIPTION:a\\nb\\\\n"
    )
    assert found.summary == "Besprechung, lange Zeile"
    assert found.location == "Raum 3; Süd"
    assert found.description == "a\nb\\n"


def test_people_are_read_with_their_answers() -> None:
    found = event(
        'ORGANIZER;CN="Müller, Ann":mailto:ann@a.example\nATTENDEE;PARTSTAT=ACCEPTED;CN=Lin^\'s:MAILTO:lin@b.example\n'
        "ATTENDEE;CN=lin@c.example:mailto:lin@c.example"
    )
    assert found.organizer == Party("Müller, Ann", "ann@a.example", "")
    assert found.attendees == (Party('Lin"s', "lin@b.example", "ACCEPTED"), Party("", "lin@c.example", ""))


@pytest.mark.parametrize(
    ("start", "utc"),
    [
        ("DTSTART:20260701T080000Z", "2026-07-01 08:00"),
        ("DTSTART;TZID=Europe/Berlin:20260701T100000", "2026-07-01 08:00"),
        ("DTSTART;TZID=/example.org/Europe/Berlin:20260701T100000", "2026-07-01 08:00"),
        ("DTSTART;TZID=China Standard Time:20260701T160000", "2026-07-01 08:00"),
        ("DTSTART;TZID=Custom:20260701T100000", "2026-07-01 08:00"),
        ("DTSTART;TZID=Custom:20261201T100000", "2026-12-01 09:00"),
        ("DTSTART;TZID=Custom:20260329T015900", "2026-03-29 00:59"),
        ("DTSTART;TZID=Custom:20260329T033000", "2026-03-29 01:30"),
        ("DTSTART;TZID=Custom:20261025T040000", "2026-10-25 03:00"),
    ],
)
def test_a_time_is_placed_by_its_zone(start: str, utc: str) -> None:
    found = event(start, BERLIN_RULES).start
    assert found is not None
    assert found.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") == utc


def test_a_time_without_a_known_zone_stays_where_it_is() -> None:
    floating, unknown = event("DTSTART:20260701T100000").start, event("DTSTART;TZID=Nowhere:20260701T100000").start
    assert floating is not None
    assert floating.at.isoformat() == "2026-07-01T10:00:00"
    assert unknown is not None
    assert (unknown.at.tzinfo, unknown.zone) == (None, "Nowhere")


def test_the_end_is_said_or_follows_from_the_duration() -> None:
    def end(lines: str) -> datetime | None:
        found = event(lines).end
        return found.at if found else None

    assert end("DTSTART:20260701T080000Z\nDTEND:20260701T093000Z") == datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    assert end("DTSTART:20260701T080000Z\nDURATION:PT1H30M") == datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    assert end("DTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:P1D") == datetime(2026, 3, 29, 11, tzinfo=UTC)
    assert end("DTSTART:20260701T080000Z\nDTEND:20260701T070000Z") is None
    assert str(end("DTSTART;VALUE=DATE:20260701")) == "2026-07-01 00:00:00"
    assert str(end("DTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260703")) == "2026-07-02 00:00:00"


@pytest.mark.parametrize(
    ("rule", "recurrence"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10", Recurrence("WEEKLY", 1, ("TU", "TH"), 10)),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20261201T000000Z", Recurrence("DAILY", 2, (), 0, date(2026, 12, 1))),
        ("FREQ=MONTHLY;BYMONTHDAY=1", Recurrence("MONTHLY")),
        ("FREQ=MONTHLY;BYDAY=2TU", Recurrence("")),
        ("FREQ=YEARLY;BYSETPOS=-1", Recurrence("")),
        ("FREQ=SECONDLY", Recurrence("")),
        ("nonsense", Recurrence("")),
    ],
)
def test_a_simple_rule_is_read_and_others_are_only_noticed(rule: str, recurrence: Recurrence) -> None:
    assert event(f"DTSTART:20260701T080000Z\nRRULE:{rule}").recurrence == recurrence
    assert event("DTSTART:20260701T080000Z").recurrence is None


def test_the_series_is_shown_before_its_exceptions() -> None:
    text = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nRECURRENCE-ID:20260708T080000Z\nSUMMARY:moved\nEND:VEVENT\n"
        "BEGIN:VEVENT\nSUMMARY:series\nSTATUS:CANCELLED\nEND:VEVENT\nEND:VCALENDAR"
    )
    found = invitation(text, zone_of)
    assert found is not None
    assert (found.event.summary, found.event.cancelled, found.more, found.method) == ("series", True, 1, "")


@pytest.mark.parametrize(
    "text", ["", "BEGIN:VCALENDAR\nEND:VCALENDAR", "BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT", "x" * 999]
)
def test_without_an_event_there_is_no_card(text: str) -> None:
    assert invitation(text, zone_of) is None


def test_a_component_keeps_so_many_lines_and_no_more() -> None:
    root = components("BEGIN:VCALENDAR\n" + "X-A:1\n" * (MAX_PROPERTIES + 50))
    assert len(root.children[0].properties["X-A"]) == MAX_PROPERTIES


WORDS = st.sampled_from(
    [
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE",
        "BEGIN:STANDARD", "END:STANDARD", "TZID:X", "TZOFFSETTO:+0100", "TZOFFSETTO:-9999", "DTSTART:20260701T100000",
        "DTSTART;TZID=X:22001231T235959", "DTSTART;VALUE=DATE:20260701", "DTEND;TZID=X:20260701T110000",
        "DURATION:P9999W", "DURATION:-PT5M", "RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=5SU",
        "RRULE:FREQ=YEARLY;BYMONTH=13", "ATTENDEE;CN=\"a:x\"",
        "DTSTART:16010101T000000", "DTSTART;TZID=Asia/Shanghai:16010101T000000", "SUMMARY:a\\", " folded", "X:;:;=",
    ]
)  # fmt: skip


@settings(deadline=timedelta(seconds=2))
@given(st.lists(WORDS | st.text(max_size=20), max_size=60))
def test_nothing_a_calendar_says_raises(lines: list[str]) -> None:
    invitation("\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines]), zone_of)
    invitation("\n".join(["BEGIN:VCALENDAR", *lines]), zone_of)


@given(st.text(max_size=60))
def test_text_is_never_longer_than_its_limit(value: str) -> None:
    assert len(text_of(value * 3, 10)) <= 10
