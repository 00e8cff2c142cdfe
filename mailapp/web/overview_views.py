"""The overview: what came and went, how fast it was, and how long the disk will do."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from mailapp.flow.machine import Disk, Memory
from mailapp.flow.traffic import CODES, DATABASE, DEFERRED, FAILED, IN, REFUSED, SENT, quantile
from mailapp.mail.sizes import size_text
from mailapp.store.overview import COUNTED, Overview
from mailapp.values import dataclass
from mailapp.web.charts import Chart, Place, chart
from mailapp.web.dates import pretty_date
from mailapp.web.reader import Reader
from mailapp.web.receiving_views import WantedLine, wanted_line
from mailapp.web.rows import Moment

DAYS = 30
LABEL_HOURS = 4
LABEL_DAYS = 5
FORECAST_DAYS = 14
"""Days whose growth is carried on."""
FORECAST_FROM = 2
"""Days that have to be known for it."""
LONG_DAYS = 3 * 365
"""From here on nobody wants to know to the day."""
GIB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A large number with what it means."""

    number: str
    unit: str
    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a list with a bar behind."""

    name: str
    number: str
    part: int
    """0 to 100."""
    look: str = ""


@dataclass(frozen=True, slots=True)
class OverviewView:
    figures: tuple[Figure, ...]
    hours: Chart
    days: Chart
    going: tuple[Share, ...]
    senders: tuple[Share, ...]
    speeds: tuple[tuple[str, str, str], ...]
    """(what, p50, p95)."""
    facts: tuple[tuple[str, str, str], ...]
    """(name, value, look)."""
    wanted: tuple[WantedLine, ...]


def overview_view(moment: Moment, found: Overview, memory: Memory, disk: Disk) -> OverviewView:
    reader = moment.reader
    _ = reader.gettext
    hour = int(moment.now // 3600)
    day = _summed(found.hours, hour - 23, hour)
    waiting = found.pending + found.deferred
    return OverviewView(
        figures=_figures(reader, day, found, waiting, disk),
        hours=_hours(moment, found.hours, hour),
        days=_days(moment, found.hours),
        going=_going(reader, found, hour),
        senders=_shares([(site, number) for site, number in found.senders]),
        speeds=(
            (_("from the final dot to the disk (250)"), *_speed(reader, found.stored)),
            (_("from accepted to an open page"), *_speed(reader, found.shown)),
        ),
        facts=_facts(reader, day, found, waiting, memory, disk, hour),
        wanted=tuple(wanted_line(moment, each) for each in found.wanted),
    )


def _summed(hours: Mapping[int, Mapping[str, int]], first: int, last: int) -> dict[str, int]:
    total: dict[str, int] = {}
    for hour in range(first, last + 1):
        for kind, number in hours.get(hour, {}).items():
            total[kind] = total.get(kind, 0) + number
    return total


def _figures(reader: Reader, day: Mapping[str, int], found: Overview, waiting: int, disk: Disk) -> tuple[Figure, ...]:
    _ = reader.gettext
    median = quantile(found.shown, 0.5)
    if median is None:
        median = quantile(found.stored, 0.5)
        what = _("from the final dot to the disk (median)")
    else:
        what = _("from accepted to the list (median)")
    sent = _("sent in 24 hours, {number} waiting").format(number=_many(waiting))
    number, _space, unit = _bytes(found.mail_bytes).partition(" ")
    left = _("of mail; {size} free on the disk").format(size=_bytes(disk.free))
    return (
        Figure(f"{day.get(IN, 0):,}", "", _("received in 24 hours")),
        Figure(f"{day.get(SENT, 0):,}", "", sent),
        Figure("–" if median is None else _ms(median), "" if median is None else _("ms"), what),
        Figure(number, unit, left),
    )


def _hours(moment: Moment, hours: Mapping[int, Mapping[str, int]], last: int) -> Chart:
    """The last 24, the one at hand included."""
    reader = moment.reader
    places = []
    for number, hour in enumerate(range(last - 23, last + 1)):
        clock = f"{datetime.fromtimestamp(hour * 3600, reader.zone):%H:%M}"
        places.append(_place(reader, clock if number % LABEL_HOURS == 0 else "", clock, hours.get(hour, {})))
    return chart(reader.gettext("Each hour"), _said(reader, places), places)


def _days(moment: Moment, hours: Mapping[int, Mapping[str, int]]) -> Chart:
    """The last DAYS of the reader's calendar."""
    reader = moment.reader
    by_day: dict[date, dict[str, int]] = {}
    for hour, numbers in hours.items():
        held = by_day.setdefault(datetime.fromtimestamp(hour * 3600, reader.zone).date(), {})
        for kind, number in numbers.items():
            held[kind] = held.get(kind, 0) + number
    places = []
    for number in range(DAYS):
        day = moment.today - timedelta(days=DAYS - 1 - number)
        name = pretty_date(reader, day, moment.today)
        label = name if number % LABEL_DAYS == 0 else ""
        places.append(_place(reader, label, name, by_day.get(day, {})))
    return chart(reader.gettext("Each day"), _said(reader, places), places)


def _place(reader: Reader, label: str, name: str, numbers: Mapping[str, int]) -> Place:
    taken, refused, sent = (numbers.get(kind, 0) for kind in (IN, REFUSED, SENT))
    said = reader.gettext("{when}: {taken} received, {refused} refused, {sent} sent")
    return Place(label, said.format(when=name, taken=taken, refused=refused, sent=sent), taken, refused, sent)


def _said(reader: Reader, places: Sequence[Place]) -> str:
    text = reader.gettext("{taken} received, {refused} refused, {sent} sent in all")
    taken, refused, sent = (sum(getattr(each, kind) for each in places) for kind in ("taken", "refused", "sent"))
    return text.format(taken=taken, refused=refused, sent=sent)


def _going(reader: Reader, found: Overview, hour: int) -> tuple[Share, ...]:
    """What became of the mail of the last 24 hours that leaves."""
    _ = reader.gettext
    day = _summed(found.hours, hour - 23, hour)
    sent, failed = day.get(SENT, 0), day.get(FAILED, 0)
    shown = (
        (_("Handed on"), sent, ""),
        (_("Waiting"), found.pending + found.deferred, "warn"),
        (_("Failed"), failed, "danger"),
    )
    most = max(number for _name, number, _look in shown) or 1
    return tuple(Share(name, _many(number), round(100 * number / most), look) for name, number, look in shown)


def _shares(named: Sequence[tuple[str, int]]) -> tuple[Share, ...]:
    most = max((number for _, number in named), default=1) or 1
    return tuple(Share(name, f"{number:,}", round(100 * number / most)) for name, number in named)


def _speed(reader: Reader, classes: Sequence[int]) -> tuple[str, str]:
    def text(part: float) -> str:
        found = quantile(classes, part)
        return "–" if found is None else reader.gettext("{number} ms").format(number=_ms(found))

    return text(0.5), text(0.95)


def _facts(
    reader: Reader, day: Mapping[str, int], found: Overview, waiting: int, memory: Memory, disk: Disk, hour: int
) -> tuple[tuple[str, str, str], ...]:
    _ = reader.gettext
    memory_text = _("{now}, at most {peak}").format(now=_bytes(memory.now), peak=_bytes(memory.peak))
    database = _bytes(disk.database)
    if found.free_bytes * 100 > disk.database:
        database = _("{size}, {free} of it free").format(size=database, free=_bytes(found.free_bytes))
    free = _("{free} of {total}").format(free=_bytes(disk.free), total=_bytes(disk.total))
    return (
        (_("Refused in 24 hours"), f"{day.get(REFUSED, 0):,}", ""),
        (_("Codes found in 24 hours"), f"{day.get(CODES, 0):,}", ""),
        (_("On the way"), _many(waiting), ""),
        (_("Attempts put off in 24 hours"), f"{day.get(DEFERRED, 0):,}", ""),
        (_("Memory"), memory_text, ""),
        (_("Database"), database, ""),
        (_("Free on the disk"), free, "warn" if disk.free < disk.total / 10 else ""),
        (_("At this rate"), *_forecast(reader, found.hours, disk, hour)),
    )


def _forecast(reader: Reader, hours: Mapping[int, Mapping[str, int]], disk: Disk, hour: int) -> tuple[str, str]:
    """How long the disk will do if the database grows as it did: a straight line through what was read each hour."""
    _ = reader.gettext
    days = days_left(hours, disk, hour)
    if days is None:
        return _("known after two days"), ""
    if days > LONG_DAYS:
        return _("enough for years"), ""
    text = reader.ngettext("full in {number} day", "full in {number} days", round(days)).format(number=round(days))
    return text, "danger" if days < 14 else "warn" if days < 60 else ""


def days_left(hours: Mapping[int, Mapping[str, int]], disk: Disk, hour: int) -> float | None:
    """Days until the disk is full; infinite where the database does not grow, None where too little is known."""
    read = [
        (at / 24, numbers[DATABASE])
        for at, numbers in sorted(hours.items())
        if DATABASE in numbers and at >= hour - FORECAST_DAYS * 24
    ]
    if len(read) < 2 or read[-1][0] - read[0][0] < FORECAST_FROM:
        return None
    mean_x, mean_y = (sum(each[axis] for each in read) / len(read) for axis in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in read)
    growth = sum((x - mean_x) * (y - mean_y) for x, y in read) / spread
    return disk.free / growth if growth > 0 else float("inf")


def _many(number: int) -> str:
    return f"{number:,}+" if number >= COUNTED else f"{number:,}"


def _ms(ms: float) -> str:
    return f"{ms:.1f}" if ms < 10 else f"{round(ms):,}"


def _bytes(size: int) -> str:
    return size_text(size) if size < GIB else f"{size / GIB:,.1f} GB"
