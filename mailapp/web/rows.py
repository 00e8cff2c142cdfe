"""Rows of a list as they are shown: names, times in the reader's zone, days."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from mailapp.store.messages import MessageRow
from mailapp.values import dataclass
from mailapp.web.chip import Chip, CodeCard
from mailapp.web.dates import pretty_date
from mailapp.web.folders import INBOX
from mailapp.web.hrefs import message_href
from mailapp.web.reader import Reader

JUST_NOW_S = 60
EARLIER = "earlier"
"""Key of the group below yesterday: its rows carry their date themselves."""
SUBJECT_LONGEST = 1_000
SENDER_LONGEST = 200
PREVIEW_LONGEST = 300
"""Characters shown of what a sender chose."""
NAMES_OF_MANY = 2
"""Recipients named where there are more than fit."""
BOUNCERS = ("mailer-daemon", "postmaster")


@dataclass(frozen=True, slots=True)
class Badge:
    """A word in a row: how a sent mail fares, or a label."""

    look: str
    """quiet, good, warn or danger; label."""
    text: str


@dataclass(slots=True, unsafe_hash=True)
class Row:
    """Hashed, to find its rendered form again, and never changed once handed out.

    Not frozen: that would double the cost of fifty.
    """

    id: int
    href: str
    sender: str
    alias: str
    """The address it came for where that is not the account's own, else ""."""
    subject: str
    preview: str
    time: str
    iso: str
    """Arrival with the reader's offset: its clock time stands at characters 11 to 16."""
    day: str
    """Key of the day it stands under: 2026-11-22, or "earlier"."""
    day_label: str
    seen: bool
    flagged: bool
    attachments: bool
    bounced: bool
    show_day: bool
    """Whether its day heading has to come with it."""
    draft: bool = False
    """The sender's place then says so, and `beside` to whom it is to go."""
    beside: str = ""
    badges: tuple[Badge, ...] = ()
    marked: bool = False
    """Sender, subject and preview are HTML with hits marked. Not told from plain text by what they say."""
    thread: int = 0
    """Of a conversation: its thread; 0 where the row is one message."""
    people: tuple[tuple[str, bool], ...] = ()
    """Of a conversation: who takes part, and whether something of theirs is unread; in the sender's place."""
    count: str = ""
    """How many messages a conversation has."""
    code: Chip | None = None


@dataclass(frozen=True, slots=True)
class Day:
    key: str
    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class SearchHead:
    """The search field of a list; the rest only where something is searched for."""

    text: str = ""
    path: str = INBOX
    """Where the field searches."""
    problems: tuple[str, ...] = ()
    """What of the query was not understood."""
    count: str = ""
    """37 messages · 8 ms."""
    saved_id: int = 0
    """The saved search it is, 0 for none."""
    name: str = ""
    """That one's name, or one to save it by."""
    places: str = ""
    """Where it searched, in words, where that is not everywhere."""
    active: bool = False
    """Whether something is searched for."""
    open: bool = False
    """Whether the field is shown on narrow screens, too."""


@dataclass(frozen=True, slots=True)
class MessageList:
    view_path: str
    title: str
    unread: int
    days: tuple[Day, ...]
    next_before: int
    """Where the next page begins, 0 at the end."""
    seq: int
    """Sequence number of the change journal the list stands at."""
    open_id: int
    empty: str
    """"" where there are rows; else folder, or new for the inbox of an account without any mail."""
    role: str
    address: str = ""
    """The account's own address, for what an empty inbox says."""
    hostname: str = ""
    """This server's name, for the MX record an empty inbox of an admin offers; "" for others."""
    strip: CodeCard | None = None
    search: SearchHead = SearchHead()
    """The search field, and what a search says above its list."""
    total: int = 0
    """Messages in the whole list."""
    total_is_least: bool = False
    """There are more than that: nobody counts them all."""
    empties_days: int = 0
    """Days after which messages go from here by themselves; 0: never."""
    kept: str = ""
    """What the rules of the folder keep of it, "" where it has none."""
    chosen: bool = False
    """Everything is selected: the page of somebody without scripts."""

    @property
    def older_href(self) -> str:
        return f"{self.view_path}{'&' if '?' in self.view_path else '?'}before={self.next_before}"

    @property
    def newest(self) -> int:
        """Id of the first message, 0 where there is none."""
        return self.days[0].rows[0].id if self.days else 0

    @property
    def total_text(self) -> str:
        return f"{self.total:,}" + ("+" if self.total_is_least else "")


class Moment:
    """Now, for one reader: what pretty times are measured against, and the words they are told in."""

    __slots__ = (
        "address",
        "just_now",
        "labels",
        "no_subject",
        "nobody",
        "now",
        "reader",
        "today",
        "today_key",
        "yesterday",
    )

    def __init__(self, reader: Reader, now: float) -> None:
        _ = reader.gettext
        self.reader = reader
        self.now = now
        """Seconds since 1970 UTC."""
        self.address = reader.account.address if reader.account else ""
        self.today: date = datetime.fromtimestamp(now, reader.zone).date()
        self.today_key = self.today.isoformat()
        self.yesterday = self.today - timedelta(days=1)
        self.labels = {"today": _("Today"), "yesterday": _("Yesterday"), EARLIER: _("Earlier")}
        self.just_now = _("just now")
        self.nobody = _("Unknown sender")
        self.no_subject = _("(no subject)")

    def day(self, day: date) -> tuple[str, str]:
        """Key and label of the day heading a date stands under; the future counts as today."""
        if day >= self.today:
            return self.today_key, self.labels["today"]
        if day == self.yesterday:
            return day.isoformat(), self.labels["yesterday"]
        return EARLIER, self.labels[EARLIER]


def row(
    moment: Moment,
    stored: MessageRow,
    view_path: str,
    *,
    show_day: bool = False,
    badges: tuple[Badge, ...] = (),
    code: Chip | None = None,
) -> Row:
    """The view model of one stored row. What the account wrote itself names its recipients, not its sender."""
    arrived = datetime.fromtimestamp(stored.received_ms / 1000, moment.reader.zone)
    day, label = moment.day(arrived.date())
    found = Row(
        id=stored.id,
        href=message_href(stored.id, view_path),
        sender=(stored.from_name or stored.from_address or moment.nobody)[:SENDER_LONGEST],
        alias="" if stored.delivered_to == moment.address else stored.delivered_to,
        subject=stored.subject[:SUBJECT_LONGEST] or moment.no_subject,
        preview=stored.preview[:PREVIEW_LONGEST],
        time=_time(moment, arrived, day),
        iso=arrived.isoformat(timespec="seconds"),
        day=day,
        day_label=label,
        seen=bool(stored.seen),
        flagged=bool(stored.flagged),
        attachments=stored.attachment_count > 0,
        bounced=not stored.reverse_path and stored.from_address.partition("@")[0].lower() in BOUNCERS,
        show_day=show_day,
        badges=badges,
        code=code,
    )
    if stored.to_count or stored.draft:
        _turn_outgoing(moment, stored, found)
    return found


def _turn_outgoing(moment: Moment, stored: MessageRow, found: Row) -> None:
    """Apart from `row`, so that a list of received mail does not pay for it."""
    to = to_whom(moment.reader, stored.to_names, stored.to_count)
    found.alias = ""
    if stored.draft:
        found.badges = tuple(each for each in found.badges if each.look == "label")
        found.draft, found.sender, found.beside = True, moment.reader.gettext("Draft"), to
        return
    found.sender = to


def to_whom(reader: Reader, to_names: str, to_count: int) -> str:
    """To Marta Lindqvist; to 周婧 and Marta, 4 in all: given names where there are several. "" for nobody yet."""
    _ = reader.gettext
    if not to_count:
        return ""
    names = [each[:SENDER_LONGEST] for each in to_names.split("\n")]
    if len(names) > 1:
        names = [given_name(each) for each in (names if to_count == len(names) else names[:NAMES_OF_MANY])]
    text = _(", ").join(names)
    if to_count > len(names):
        return _("To {names}, {number} in all").format(names=text, number=to_count)
    return _("To {names}").format(names=text)


def given_name(name: str) -> str:
    """The first word of a Latin name; all of one with a comma in it ("Lindqvist, Marta") or none to spare."""
    first, _, rest = name.partition(" ")
    return name if "," in name or "@" in name or len(first) < 3 or not rest else first


def days(rows: Iterable[Row], above: str = "") -> tuple[Day, ...]:
    """Rows, newest first, under their day headings; the one that continues the day `above` gets no label."""
    grouped: dict[str, list[Row]] = {}
    for each in rows:
        grouped.setdefault(each.day, []).append(each)
    return tuple(Day(key, "" if key == above else held[0].day_label, tuple(held)) for key, held in grouped.items())


def day_key(moment: Moment, message_id: int) -> str:
    """The key of the day a message stands under."""
    return moment.day(datetime.fromtimestamp((message_id >> 12) / 1000, moment.reader.zone).date())[0]


def pretty_time(moment: Moment, at_ms: int) -> str:
    """Day and clock, as a message's own page shows them: 今天 10:21, 明天 09:00, 3月4日 10:21."""
    _ = moment.reader.gettext
    at = datetime.fromtimestamp(at_ms / 1000, moment.reader.zone)
    key, day = moment.day(at.date())
    ahead = (at.date() - moment.today).days
    if ahead == 1:
        day = _("Tomorrow")
    elif key == EARLIER or ahead > 1:
        day = pretty_date(moment.reader, at.date(), moment.today)
    return _("{day} {clock}").format(day=day, clock=f"{at:%H:%M}")


def _time(moment: Moment, arrived: datetime, day: str) -> str:
    if day == EARLIER:
        return pretty_date(moment.reader, arrived.date(), moment.today)
    if moment.now - arrived.timestamp() < JUST_NOW_S:
        return moment.just_now
    return f"{arrived.hour:02}:{arrived.minute:02}"
