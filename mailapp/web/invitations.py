"""A calendar invitation as a card: what, when in the reader's zone, where, who, how often."""

from datetime import UTC, date, datetime, tzinfo

from mailapp.mail.calendar import Event, Invitation, Party, Recurrence, When
from mailapp.mail.message import Part
from mailapp.values import dataclass
from mailapp.web.dates import pretty_date
from mailapp.web.letters import attachment_href
from mailapp.web.reader import Reader
from mailapp.web.rows import Moment

PEOPLE = 8
"""Invited people named on the card."""
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = DAYS[:5]
LINKS = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class InvitationView:
    kind: str
    """What the mail says about the event: invitation, cancelled, an answer."""
    look: str
    """new, gone or answer."""
    title: str
    when: str
    iso: str
    other_zone: str
    """The same in the organiser's zone where that differs, else ""."""
    repeats: str
    where: str
    where_href: str
    organizer: str
    people: tuple[str, ...]
    more_people: str
    more_events: str
    href: str
    """Downloads the calendar file."""


def invitation_view(moment: Moment, message_id: int, part: Part, invitation: Invitation) -> InvitationView:
    """The view model of a card."""
    reader, event = moment.reader, invitation.event
    _ = reader.gettext
    kind, look = _kind(reader, invitation)
    people = event.attendees[:PEOPLE]
    more = len(event.attendees) - len(people)
    return InvitationView(
        kind=kind,
        look=look,
        title=event.summary or _("(no title)"),
        when=_when(moment, event, reader.zone),
        iso=_iso(event.start, reader.zone),
        other_zone=_other_zone(moment, event),
        repeats=_repeats(reader, moment.today, event.recurrence),
        where=event.location,
        where_href=event.location if event.location.startswith(LINKS) and " " not in event.location else "",
        organizer=_name(event.organizer) if event.organizer else "",
        people=tuple(_attendee(reader, each) for each in people),
        more_people=reader.ngettext("and {number} more", "and {number} more", more).format(number=more) if more else "",
        more_events=reader.ngettext(
            "{number} more event in the file", "{number} more events in the file", invitation.more
        ).format(number=invitation.more)
        if invitation.more and not event.recurrence
        else "",
        href=attachment_href(message_id, part),
    )


def _kind(reader: Reader, invitation: Invitation) -> tuple[str, str]:
    _ = reader.gettext
    event = invitation.event
    if invitation.method == "CANCEL" or event.cancelled:
        return _("Cancelled"), "gone"
    if invitation.method == "REPLY" and event.attendees:
        who = _name(event.attendees[0])
        said = {
            "ACCEPTED": _("{name} accepts"),
            "DECLINED": _("{name} declines"),
            "TENTATIVE": _("{name} may come"),
            "DELEGATED": _("{name} sends somebody else"),
        }
        return said.get(event.attendees[0].state, _("{name} answers")).format(name=who), "answer"
    if invitation.method == "COUNTER":
        return _("Another time is proposed"), "answer"
    if event.one_of_series:
        return _("Change to one of a series"), "new"
    return (_("Invitation"), "new") if invitation.method == "REQUEST" else (_("Event"), "new")


def _name(party: Party) -> str:
    return party.name or party.address


def _attendee(reader: Reader, party: Party) -> str:
    _ = reader.gettext
    said = {"ACCEPTED": _("accepted"), "DECLINED": _("declined"), "TENTATIVE": _("tentative")}.get(party.state)
    return _("{name} ({state})").format(name=_name(party), state=said) if said else _name(party)


def _local(when: When, zone: tzinfo) -> datetime:
    """In a zone; whole days and times that hold anywhere stay as they are."""
    return when.at if when.all_day or when.at.tzinfo is None else when.at.astimezone(zone)


def _iso(when: When | None, zone: tzinfo) -> str:
    if when is None:
        return ""
    return when.at.date().isoformat() if when.all_day else _local(when, zone).isoformat(timespec="minutes")


def _when(moment: Moment, event: Event, zone: tzinfo) -> str:
    """Day and clock; one day only once, whole days as such."""
    _ = moment.reader.gettext
    if event.start is None:
        return ""
    begin = _local(event.start, zone)
    end = _local(event.end, zone) if event.end else begin
    first, last = _day(moment, begin.date()), _day(moment, end.date())
    if event.start.all_day:
        whole = first if begin.date() == end.date() else _("{first} to {last}").format(first=first, last=last)
        return _("{day}, all day").format(day=whole)
    if begin.date() == end.date():
        clock = f"{begin:%H:%M}" if begin == end else f"{begin:%H:%M}–{end:%H:%M}"
        return _("{day} {clock}").format(day=first, clock=clock)
    since = _("{day} {clock}").format(day=first, clock=f"{begin:%H:%M}")
    until = _("{day} {clock}").format(day=last, clock=f"{end:%H:%M}")
    return _("{first} to {last}").format(first=since, last=until)


def _day(moment: Moment, day: date) -> str:
    _ = moment.reader.gettext
    weekday = _("Mon Tue Wed Thu Fri Sat Sun").split()[day.weekday()]
    return _("{weekday}, {date}").format(weekday=weekday, date=pretty_date(moment.reader, day, moment.today))


def _other_zone(moment: Moment, event: Event) -> str:
    """Where the organiser's clock shows another time; or that a time's zone is not known."""
    _ = moment.reader.gettext
    start = event.start
    if start is None or start.all_day:
        return ""
    if start.at.tzinfo is None:
        return _("In the time zone {name}").format(name=start.zone) if start.zone else _("In local time")
    here = start.at.astimezone(moment.reader.zone)
    if not start.zone or start.at.tzinfo is UTC or start.at.utcoffset() == here.utcoffset():
        return ""
    return _("{when} in {zone}").format(when=_when(moment, event, start.at.tzinfo), zone=start.zone)


def _repeats(reader: Reader, today: date, rule: Recurrence | None) -> str:
    """A simple rule in words, that there is one where it is not simple, "" for none."""
    _ = reader.gettext
    if rule is None:
        return ""
    if not rule.frequency:
        return _("Repeats; see the file for when")
    number = rule.interval
    said = {
        "DAILY": _("Every day") if number == 1 else _("Every {number} days"),
        "WEEKLY": _("Every week") if number == 1 else _("Every {number} weeks"),
        "MONTHLY": _("Every month") if number == 1 else _("Every {number} months"),
        "YEARLY": _("Every year") if number == 1 else _("Every {number} years"),
    }[rule.frequency].format(number=number)
    if sorted(rule.days) == sorted(WORKDAYS) and number == 1:
        said = _("Every workday")
    elif rule.days:
        words = _("Mon Tue Wed Thu Fri Sat Sun").split()
        days = _(", ").join(words[DAYS.index(each)] for each in sorted(rule.days, key=DAYS.index))
        said = _("{rule} on {days}").format(rule=said, days=days)
    if rule.count:
        times = reader.ngettext("{number} time", "{number} times", rule.count).format(number=rule.count)
        return _("{rule}, {times}").format(rule=said, times=times)
    if rule.until:
        return _("{rule}, until {day}").format(rule=said, day=pretty_date(reader, rule.until, today))
    return said
