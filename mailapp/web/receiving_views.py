"""What happened at the SMTP entrance, in words people understand: rows of a list, and one transaction step by step."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from mailapp.mail.sizes import size_text
from mailapp.mail.transaction import BROKEN, DEFERRED, NOTHING, REFUSED, STEPS, TAKEN, UNKNOWN
from mailapp.store.receiving_view import Asked, RefusedAddress, Told
from mailapp.values import dataclass
from mailapp.web.dates import pretty_date
from mailapp.web.reader import Reader
from mailapp.web.rows import EARLIER, Moment

ONLY = {
    "taken": (TAKEN,),
    "deferred": (DEFERRED,),
    "refused": (REFUSED, UNKNOWN),
    "nothing": (BROKEN, NOTHING),
}
"""What ?only= shows."""
NAMED = 3
"""Recipients named in one line."""
AXIS = 1_000
"""Width of the time axis in its own units."""
SHORTEST = 12
"""Width of a step that took no time to speak of."""


@dataclass(frozen=True, slots=True)
class ToldRow:
    id: int
    href: str
    sender: str
    time: str
    iso: str
    look: str
    """"", good, warn, danger or muted."""
    outcome: str
    client: str
    ms: str
    times: int
    open: bool


@dataclass(frozen=True, slots=True)
class StepLine:
    at: str
    """ms since the beginning."""
    name: str
    what: str
    reply: str
    ms: str
    bar_x: int
    bar_width: int
    bad: bool


@dataclass(frozen=True, slots=True)
class RecipientLine:
    address: str
    taken: bool
    reply: str


@dataclass(frozen=True, slots=True)
class ToldView:
    """One transaction; the cure first."""

    id: int
    eyebrow: str
    title: str
    lead: str
    hint: str
    steps: tuple[StepLine, ...]
    recipients: tuple[RecipientLine, ...]
    more_recipients: int
    words: tuple[str, ...]
    """What they asked and what we answered, exactly."""
    facts: tuple[tuple[str, str], ...]
    message_href: str = ""
    """The message it brought, where the reader has it."""
    make: str = ""
    """An address that could be made."""
    make_target: str = ""
    make_target_name: str = ""


@dataclass(frozen=True, slots=True)
class WantedLine:
    """An address people ask for in vain."""

    address: str
    times: str
    last: str
    sender: str
    change_href: str


def told_row(moment: Moment, told: Told, path: str, asked: Sequence[tuple[str, str]], open_id: int) -> ToldRow:
    """A row of the list below `path`; `asked` is the query its links keep."""
    at = datetime.fromtimestamp(told.last_ms / 1000, moment.reader.zone)
    look, outcome = _outcome(moment.reader, told)
    query = urlencode(asked)
    return ToldRow(
        id=told.id,
        href=f"{path}/{told.id}{'?' + query if query else ''}",
        sender=sender_text(moment.reader, told.reverse_path),
        time=_clock(moment, told.last_ms),
        iso=at.isoformat(timespec="seconds"),
        look=look,
        outcome=outcome,
        client=" · ".join(each for each in (told.helo, told.peer) if each),
        ms=_ms(moment.reader, told.duration_ms),
        times=told.times,
        open=told.id == open_id,
    )


def told_view(moment: Moment, told: Told, message_href: str = "") -> ToldView:
    """One transaction, for its page."""
    reader = moment.reader
    _ = reader.gettext
    eyebrow = [_("Receiving log"), _clock(moment, told.last_ms, day=True), _ms(reader, told.duration_ms)]
    if told.times > 1:
        eyebrow.append(reader.ngettext("{number} time", "{number} times", told.times).format(number=told.times))
    title, lead, hint = _sentence(reader, told)
    refused = next((each.address for each in told.recipients if each.reply), "")
    facts = [(_("Client"), " · ".join(each for each in (told.helo, told.peer) if each))]
    facts.append((_("Encryption"), told.tls.replace(" ", ", ") or _("none")))
    if told.size:
        facts.append((_("Size"), size_text(told.size)))
    if told.times > 1:
        facts.append((_("First time"), _clock(moment, told.began_ms, day=True)))
    return ToldView(
        id=told.id,
        eyebrow=" · ".join(eyebrow),
        title=title,
        lead=lead,
        hint=hint,
        steps=_steps(reader, told),
        recipients=tuple(RecipientLine(each.address, not each.reply, each.reply or "250") for each in told.recipients),
        more_recipients=told.recipient_count - len(told.recipients),
        words=_words(told),
        facts=tuple(facts),
        message_href=message_href,
        make=refused if told.outcome == UNKNOWN and not told.is_check else "",
    )


def wanted_line(moment: Moment, wanted: RefusedAddress) -> WantedLine:
    reader = moment.reader
    local, _, domain = wanted.address.rpartition("@")
    return WantedLine(
        address=wanted.address,
        times=reader.ngettext("{number} time", "{number} times", wanted.times).format(number=wanted.times),
        last=_clock(moment, wanted.last_ms, day=True),
        sender=sender_text(reader, wanted.reverse_path),
        change_href=f"/admin/addresses?{urlencode({'new': 1, 'local': local, 'domain': domain})}",
    )


def sender_text(reader: Reader, reverse_path: str | None) -> str:
    """A reverse-path as it is shown: the null one is what notices come with."""
    if reverse_path is None:
        return "—"
    return reverse_path or reader.gettext("(no sender)")


def _outcome(reader: Reader, told: Told) -> tuple[str, str]:
    """Look and words of a row's second line."""
    _ = reader.gettext
    if told.is_check:
        return "muted", _("Our own check: refused, as it should be")
    if told.outcome == TAKEN:
        return "good", _("Taken: {addresses}").format(
            addresses=_some(reader, [a for a in told.recipients if not a.reply])
        )
    if told.outcome == UNKNOWN:
        addresses = _some(reader, told.recipients)
        known = any(each.accounts for each in told.recipients)
        text = _("Refused: {addresses} is blocked") if known else _("Refused: there is no {addresses}")
        return "danger", text.format(addresses=addresses)
    if told.outcome == REFUSED:
        return "danger", _("Refused: {reply}").format(reply=told.reply)
    if told.outcome == DEFERRED:
        reply = told.reply or next((each.reply for each in told.recipients if each.reply[:1] == "4"), "")
        return "warn", _("Asked to try again later: {reply}").format(reply=reply)
    if told.outcome == BROKEN:
        return "warn", _("Broke off before the message was whole")
    return "muted", told.reply or (_("Left without a message") if told.helo else _("Left without a word"))


def _sentence(reader: Reader, told: Told) -> tuple[str, str, str]:
    """Title, what happened, and what follows from it."""
    _ = reader.gettext
    sender = sender_text(reader, told.reverse_path)
    addresses = _some(reader, told.recipients)
    if told.is_check:
        title = _("Our own check tried to relay, and could not")
        lead = _(
            "It asked for {addresses}, which is nobody's, and was refused: this server passes no mail on for others."
        )
        hint = _("The checks do this every night, and whenever they are run.")
        return title, lead.format(addresses=addresses), hint
    if told.outcome == TAKEN:
        came = _some(reader, [each for each in told.recipients if not each.reply])
        title = _("The message from {sender} came in").format(sender=sender)
        lead = _("It is for {addresses} and was on the disk before we said 250.").format(addresses=came)
        hint = _("If it is not in the inbox, look in junk and in the trash, or search for the sender.")
        lost = _some(reader, [each for each in told.recipients if each.reply])
        if lost:
            hint = _("For {addresses} it was refused: see below.").format(addresses=lost)
        return title, lead, hint
    title = _("The message from {sender} did not come in").format(sender=sender)
    if told.outcome == UNKNOWN and any(each.accounts for each in told.recipients):
        lead = _("It was for {addresses}. That address is blocked here, so we answered 550.")
        hint = _("The sender was told. Let the address receive again if that was not meant.")
    elif told.outcome == UNKNOWN:
        lead = _("It was for {addresses}. There is no such address here, so we answered 550.")
        hint = _("The sender was told, and the message never reached us: ask them to send it again.")
    elif told.outcome == DEFERRED:
        lead = _("We could not take it for {addresses} just then, and said so.")
        hint = _("The sender keeps it and tries again by itself, usually within minutes, for days.")
    elif told.outcome == REFUSED:
        lead = _("We refused the message itself and said why: {reply}")
        hint = _("The sender was told and does not try again.")
    elif told.outcome == BROKEN:
        lead = _("The sender's server left, or the line broke, before the message was whole.")
        hint = _("It keeps the message and usually tries again by itself.")
    else:
        title = _("A connection that brought nothing")
        lead = _("Somebody connected and left without naming a recipient.")
        hint = _("Scanners and monitors do that. Nothing was lost.")
    return title, lead.format(addresses=addresses, reply=told.reply), hint


def _steps(reader: Reader, told: Told) -> tuple[StepLine, ...]:
    _ = reader.gettext
    named = next((each.reply for each in told.recipients if each.reply), "")
    whats = {
        "connected": (_("Connect"), told.peer, "220"),
        "greeted": ("EHLO", told.helo, "250"),
        "secured": ("STARTTLS", told.tls.replace(" ", ", "), "220"),
        "mailed": ("MAIL FROM", f"<{told.reverse_path or ''}>", "250"),
        "named": ("RCPT TO", _some(reader, told.recipients), (named or "250")[:3]),
        "arrived": ("DATA", size_text(told.size), "354"),
        "understood": (_("Understand"), _("parts, words, codes"), ""),
        "committed": (_("Store"), _("on the disk, synchronous"), told.reply[:3]),
    }
    whole = max(sum(ms for ms in told.steps if ms is not None), 0.001)
    lines, at = [], 0.0
    for name, ms in zip(STEPS, told.steps, strict=True):
        if ms is None:
            continue
        title, what, reply = whats[name]
        width = max(SHORTEST, round(ms / whole * AXIS))
        x = min(round(at / whole * AXIS), AXIS - width)
        bad = name == "named" and bool(named)
        lines.append(StepLine(_number(at), title, what, reply, _number(ms), max(x, 0), width, bad))
        at += ms
    return tuple(lines)


def _words(told: Told) -> tuple[str, ...]:
    """The last things said that decided it."""
    words = []
    for each in [one for one in told.recipients if one.reply][:NAMED]:
        words += [f"RCPT TO:<{each.address}>", each.reply]
    if told.reply:
        words.append(told.reply)
    return tuple(words)


def _some(reader: Reader, recipients: Sequence[Asked]) -> str:
    """Addresses in a sentence, the first ones of many."""
    _ = reader.gettext
    names = _(", ").join(each.address for each in recipients[:NAMED])
    more = len(recipients) - NAMED
    return _("{names} and {number} more").format(names=names, number=more) if more > 0 else names


def _ms(reader: Reader, ms: float) -> str:
    return reader.gettext("{number} ms").format(number=_number(ms))


def _number(ms: float) -> str:
    return f"{ms:.1f}" if 0 < ms < 10 else f"{round(ms):,}"


def _clock(moment: Moment, at_ms: int, *, day: bool = False) -> str:
    """The clock to the second; with `day`, or where it is not today, the day before it."""
    _ = moment.reader.gettext
    at = datetime.fromtimestamp(at_ms / 1000, moment.reader.zone)
    key, label = moment.day(at.date())
    if key == moment.today_key and not day:
        return f"{at:%H:%M:%S}"
    if key == EARLIER:
        label = pretty_date(moment.reader, at.date(), moment.today)
    return _("{day} {clock}").format(day=label, clock=f"{at:%H:%M:%S}" if day else f"{at:%H:%M}")
