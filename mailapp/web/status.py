"""How a sent mail fares, in words: the badges of its row, and for each recipient state, reason and next attempt."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from mailapp.flow.reasons import reason
from mailapp.mail.address import fold
from mailapp.store.queue import Item, Recipient, Summary
from mailapp.values import dataclass
from mailapp.web.folders import INBOX
from mailapp.web.hrefs import message_href
from mailapp.web.reader import Reader
from mailapp.web.rows import SUBJECT_LONGEST, Badge, Moment, pretty_time

SHOWN = 100
"""Recipients listed; the trouble is on top, so what is left out went well."""
OPEN = ("pending", "deferred")
"""States of recipients that are still to be reached."""
ADDRESS_LONGEST = 254
TOOK_SHOWN_MS = 100
LOOKS = {
    "failed": ("danger", "circle-x"),
    "deferred": ("warn", "clock"),
    "pending": ("quiet", "circle-dashed"),
    "sent": ("good", "circle-check"),
    "delivered": ("good", "circle-check"),
    "cancelled": ("quiet", "circle-minus"),
}
"""State -> look and icon."""


@dataclass(frozen=True, slots=True)
class RecipientView:
    address: str
    look: str
    icon: str
    state: str
    reason: str
    when: str
    """Time of the last change or the next attempt, and what follows from it."""
    doubled: bool
    """Possibly sent twice."""
    again_href: str = ""
    """Where it is written anew, "" where it did not fail."""
    elsewhere: bool = False
    """Whether another address is what it needs."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One queue item on screen: below the header of its mail, and on the queue page."""

    dom_id: str
    item: int
    message_id: int
    """0 where there is no copy in Sent."""
    everybody: bool
    """Whether an admin looks at all accounts' mail; what is pressed says so."""
    subject: str
    """"" then."""
    sender: str
    """The reverse-path, "" for a report of our own."""
    created: str
    note: str
    waits: str
    """Until when it waits, "" once it is under way."""
    waits_local: str
    """The same for a datetime-local field, in the reader's zone."""
    scheduled: bool
    held: bool
    recipients: tuple[RecipientView, ...]
    more: int
    """Recipients left out."""
    acts_after: int
    """Number of recipients above the line of what can be done, 0 where nothing can."""
    open_count: int
    """Recipients that are still to be reached."""
    recallable: bool
    """Whether everything can be taken back."""
    again_href: str = ""
    """Where it is written anew for all that failed, "" where they are not several."""
    again_after: int = 0
    """Number of recipients above that."""
    again_count: int = 0
    report_href: str = ""
    """Where the notice of failure is read, "" where there is none."""


def badges(moment: Moment, summary: Summary | None) -> tuple[Badge, ...]:
    """What a row says: nothing once every recipient was accepted."""
    if summary is None:
        return ()
    _ = moment.reader.gettext
    if summary.state == "waiting":
        ahead = summary.scheduled and summary.waiting_until_ms > moment.now * 1000
        return (Badge("quiet", due_time(moment, summary.waiting_until_ms) if ahead else _("Sending")),)
    found = []
    alone = summary.total == 1
    if summary.failed:
        text = _("Failed") if alone else _("{number} failed").format(number=summary.failed)
        found.append(Badge("danger", text))
    if summary.state == "held":
        return (*found, Badge("quiet", _("On hold")))
    if summary.deferred:
        text = _("Retry") if alone else _("{number} to retry").format(number=summary.deferred)
        found.append(Badge("warn", text))
    if summary.pending:
        found.append(Badge("quiet", _("Sending")))
    return tuple(found)


def delivery_view(moment: Moment, item: Item, *, everybody: bool = False) -> DeliveryView:
    """The view model of an item. `everybody`: an admin looks at all accounts' mail, without its subjects."""
    reader = moment.reader
    waiting, held = _is_waiting(moment, item), item.state == "held"
    shown = item.recipients[:SHOWN]
    open_count = sum(each.state in OPEN for each in item.recipients)
    last = max((number for number, each in enumerate(shown, 1) if each.state in OPEN), default=0)
    failed = sum(each.state == "failed" for each in item.recipients)
    writable = bool(item.message_id) and not everybody
    release = datetime.fromtimestamp(item.release_ms / 1000, reader.zone)
    return DeliveryView(
        dom_id=dom_id(item),
        item=item.id,
        message_id=item.message_id,
        everybody=everybody,
        subject="" if everybody else (item.subject[:SUBJECT_LONGEST] or moment.no_subject),
        sender=item.reverse_path,
        created=pretty_time(moment, item.created_ms),
        note=_note(reader, item, open_count),
        waits=_waits(moment, item) if waiting else "",
        waits_local=release.strftime("%Y-%m-%dT%H:%M"),
        scheduled=item.scheduled,
        held=held,
        recipients=tuple(_recipient(moment, item, each, writable=writable) for each in shown),
        more=len(item.recipients) - len(shown),
        acts_after=last,
        open_count=open_count,
        recallable=waiting and not everybody and item.draft_id > 0,
        again_href=f"{_again(item)}&failed=1" if writable and failed > 1 else "",
        again_after=min(failed, len(shown)),
        again_count=failed,
        report_href=message_href(item.report_id, INBOX) if item.report_id and not everybody else "",
    )


def unwritable(view: DeliveryView) -> DeliveryView:
    """Without the ways to write it anew: its copy in Sent is gone."""
    return replace(view, again_href="", recipients=tuple(replace(each, again_href="") for each in view.recipients))


def _again(item: Item) -> str:
    return f"/compose?again={item.message_id}&view=/mail/sent"


def dom_id(item: Item) -> str:
    """Where the status of an item stands, in the message view and on the queue page."""
    return f"delivery-status-{item.message_id}" if item.message_id else f"delivery-item-{item.id}"


def hidden_recipients(item: Item, visible: Collection[str]) -> list[str]:
    """Who got the mail without standing in To or Cc. `visible` are folded addresses."""
    return [each.address for each in item.recipients if fold(each.address) not in visible]


def _note(reader: Reader, item: Item, open_count: int) -> str:
    _ = reader.gettext
    number = len(item.recipients)
    text = reader.ngettext("{number} recipient", "{number} recipients", number).format(number=number)
    if item.state == "held":
        return _("{recipients} · on hold").format(recipients=text)
    return _("{recipients} · updates by itself").format(recipients=text) if open_count else text


def _waits(moment: Moment, item: Item) -> str:
    _ = moment.reader.gettext
    if item.scheduled:
        return _("Goes out: {time}").format(time=due_time(moment, item.release_ms))
    clock = datetime.fromtimestamp(item.release_ms / 1000, moment.reader.zone).strftime("%H:%M:%S")
    return _("Goes out at {clock}; until then it can be taken back.").format(clock=clock)


def _recipient(moment: Moment, item: Item, recipient: Recipient, *, writable: bool) -> RecipientView:
    look, icon = LOOKS[recipient.state]
    return RecipientView(
        address=recipient.address[:ADDRESS_LONGEST],
        look=look,
        icon=icon,
        state=_state(moment, item, recipient),
        reason=reason(moment.reader.gettext, recipient),
        when=_when(moment, item, recipient),
        doubled=bool(recipient.doubled),
        again_href=f"{_again(item)}&recipient={recipient.id}" if writable and recipient.state == "failed" else "",
        elsewhere=recipient.status.startswith(("5.1.", "5.2.1")) or recipient.status in ("", "5.0.0"),
    )


def _is_waiting(moment: Moment, item: Item) -> bool:
    """Whether its time is still to come; a moment later the relay loop has it."""
    return item.state == "waiting" and item.release_ms > moment.now * 1000


def _state(moment: Moment, item: Item, recipient: Recipient) -> str:
    _ = moment.reader.gettext
    if recipient.state == "pending" and (item.state == "held" or _is_waiting(moment, item)):
        return _("Waiting")
    return {
        "failed": _("Failed"),
        "deferred": _("Will be retried"),
        "pending": _("Sending"),
        "sent": _("Accepted by the relay"),
        "delivered": _("Delivered"),
        "cancelled": _("Cancelled"),
    }[recipient.state]


def _when(moment: Moment, item: Item, recipient: Recipient) -> str:
    _ = moment.reader.gettext
    changed = exact_time(moment, recipient.changed_ms)
    if recipient.state == "failed":
        return _("{time} · not tried again").format(time=changed)
    if recipient.state == "deferred":
        tries = moment.reader.ngettext("{number} attempt", "{number} attempts", recipient.attempts)
        tries = tries.format(number=recipient.attempts)
        if item.state == "held" or not recipient.next_ms:
            return tries
        return _("next try {time} · {attempts}").format(time=due_time(moment, recipient.next_ms), attempts=tries)
    if recipient.state in ("sent", "delivered") and recipient.took_ms >= TOOK_SHOWN_MS:
        seconds = _("{number} s").format(number=f"{recipient.took_ms / 1000:.1f}")
        return _("{time} · {took}").format(time=changed, took=seconds)
    return "" if recipient.state == "pending" else changed


def exact_time(moment: Moment, at_ms: int) -> str:
    """With seconds today, else as everywhere."""
    at = datetime.fromtimestamp(at_ms / 1000, moment.reader.zone)
    return f"{at:%H:%M:%S}" if at.date() == moment.today else pretty_time(moment, at_ms)


def due_time(moment: Moment, at_ms: int) -> str:
    """A time to come: the clock alone today, with 明天 or the date after that."""
    at = datetime.fromtimestamp(at_ms / 1000, moment.reader.zone)
    return f"{at:%H:%M}" if at.date() == moment.today else pretty_time(moment, at_ms)
