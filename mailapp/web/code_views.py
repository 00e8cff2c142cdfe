"""Codes as they are shown: the chip in a row, the strip on top of a list, the card in a message and on the wall."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from mailapp.mail.code import Kind
from mailapp.mail.hosts import host_in, readable
from mailapp.store.codes import StoredCode, on_top
from mailapp.web.chip import Chip, CodeCard
from mailapp.web.hrefs import message_href
from mailapp.web.rows import SENDER_LONGEST, SUBJECT_LONGEST, Moment, pretty_time

MINUTE, HOUR, DAY = 60, 3_600, 86_400
GROUPED = 6
"""Characters from which a code is read more easily in two halves."""
GROUPED_MOST = 10
LONGEST_SHOWN = 24
"""Characters of a value shown: the whole one is copied."""


def parts_of(value: str) -> tuple[str, ...]:
    """482913 as 482 and 913; what bears marks of its own, is short or very long in one piece."""
    if not value.isalnum() or not GROUPED <= len(value) <= GROUPED_MOST:
        return (value[:LONGEST_SHOWN],)
    half = len(value) // 2
    return value[:half], value[half:]


def chip_of(moment: Moment, code: StoredCode | None) -> Chip | None:
    """The chip of a row, None where its message offers nothing."""
    if code is None:
        return None
    now_ms = int(moment.now * 1000)
    state = "used" if code.used_at is not None else "live" if code.is_current(now_ms) else "old"
    if state == "old" and not code.is_valid(now_ms):
        state = "over"
    value = code.value if code.kind is Kind.CODE else ""
    return Chip(code.message_id, value, parts_of(value), state, code.lapses_ms, code.valid_until or 0)


def chips_of(moment: Moment, found: Mapping[int, StoredCode]) -> dict[int, Chip]:
    """Chips by message id."""
    chips = {each: chip_of(moment, code) for each, code in found.items()}
    return {each: chip for each, chip in chips.items() if chip is not None}


def card_of(moment: Moment, code: StoredCode, view_path: str = "/mail/inbox") -> CodeCard:
    """All that is told of a code."""
    chip = chip_of(moment, code)
    assert chip is not None
    seconds = 0 if code.valid_until is None else max((code.valid_until - code.received_ms) // 1000, 0)
    left = 0 if code.valid_until is None else max(code.valid_until // 1000 - int(moment.now), 0)
    host = host_of(code.link)
    return CodeCard(
        chip=chip,
        href=message_href(code.message_id, view_path),
        sender=(code.from_name or code.from_address or moment.nobody)[:SENDER_LONGEST],
        subject=code.subject[:SUBJECT_LONGEST] or moment.no_subject,
        to=code.delivered_to,
        received_ms=code.received_ms,
        age=age_of(moment, code.received_ms),
        left=_left(moment, chip, seconds, left),
        seconds=seconds,
        seconds_left=min(left, seconds),
        link=code.link if host else "",
        host=host,
        filed=code.filed_at is not None,
        others=tuple(each.value for each in code.alternatives if each.kind is Kind.CODE and each.value != code.value),
    )


def strip_of(moment: Moment, newest: tuple[StoredCode, ...], view_path: str, open_id: int = 0) -> CodeCard | None:
    """What stands on top of a list: the newest code that can be typed now, except beside its own open message."""
    found = on_top(newest, int(moment.now * 1000))
    return None if found is None or found.message_id == open_id else card_of(moment, found, view_path)


def host_of(link: str) -> str:
    """The host a web address leads to, in A-labels so that none is taken for another; "" for anything else."""
    try:
        host = host_in(link) if urlsplit(link).scheme in ("https", "http") else ""
        return readable(host if host.isascii() else host.encode("idna").decode())
    except ValueError:  # UnicodeError is one
        return ""


def age_of(moment: Moment, at_ms: int) -> str:
    """12 秒前, 4 分钟前, 2 小时前; day and clock from a day on."""
    _ = moment.reader.gettext
    seconds = max(int(moment.now - at_ms / 1000), 0)
    if seconds >= DAY:
        return pretty_time(moment, at_ms)
    for size, text in ((HOUR, _("{number} h ago")), (MINUTE, _("{number} min ago"))):
        if seconds >= size:
            return text.format(number=seconds // size)
    return _("{number} s ago").format(number=seconds)


def _left(moment: Moment, chip: Chip, seconds: int, left: int) -> str:
    _ = moment.reader.gettext
    if not seconds or chip.state == "used":
        return ""
    if left:
        clock = f"{left // MINUTE}:{left % MINUTE:02}"
        if left >= HOUR:
            clock = f"{left // HOUR}:{left % HOUR // MINUTE:02}:{left % MINUTE:02}"
        return _("{time} left").format(time=clock)
    if seconds >= HOUR:
        return _("was valid for {number} h").format(number=seconds // HOUR)
    return _("was valid for {number} min").format(number=max(seconds // MINUTE, 1))
