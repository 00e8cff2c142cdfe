"""Addresses as the admin pages show them: what they are, what came, who writes to them."""

import sqlite3
from urllib.parse import quote

from mailapp.flow.addressing import TARGETS_MAX, AddressRefused
from mailapp.mail.address import split, strip_tag
from mailapp.store import address_list, addresses, tallies
from mailapp.store.address_list import ACTIVE, BLOCKED, MUTED, Listed
from mailapp.store.tallies import DAY_MS, DAYS, Sender, Tally
from mailapp.values import dataclass
from mailapp.web.reader import Reader
from mailapp.web.rows import Moment, pretty_time

BAR, GAP, HEIGHT = 3, 1, 18
"""Pixels of the chart of a month."""
NAMED = 2
"""Accounts named in a line."""
STRANGERS = 3
"""Sites beside the one an address was given to, from which somebody may have passed it on."""
GIVEN = 0.5
"""Part of its mail that comes from the site an address was given to."""


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the store has about one address."""

    address: str
    made: Listed | None
    """None where nobody made it: its mail goes to the name before its tag, or to a catch-all."""
    targets: list[tuple[str, str]]
    """(address, name) of the accounts it reaches."""
    tally: Tally
    days: list[int]
    senders: list[Sender]
    sites: int
    """How many sites wrote to it."""


@dataclass(frozen=True, slots=True)
class AddressLine:
    """An address in the list."""

    address: str
    href: str
    local: str
    domain: str
    kind: str
    look: str
    """quiet, warn or danger for a badge; "" for plain words."""
    targets: str
    bars: tuple[Bar, ...]
    chart: str
    """What the chart says, in words."""
    messages: int
    last: str
    users: str
    """Who writes to it."""
    leaked: bool
    """Whether somebody may have passed it on."""


@dataclass(frozen=True, slots=True)
class SenderLine:
    site: str
    messages: int
    first: str
    last: str


def find(db: sqlite3.Connection, address: str, today: int, senders: int) -> Found:
    """Everything about one address; a few rows by key."""
    made = address_list.get(db, address)
    local, domain = split(address)
    reached = () if made else addresses.routed(db, local, strip_tag(local), domain).accounts
    return Found(
        address=address,
        made=made,
        targets=address_list.targets(db, made.id) if made else address_list.names(db, reached),
        tally=tallies.of(db, address),
        days=tallies.days_of(db, address, today),
        senders=tallies.senders(db, address, senders),
        sites=tallies.site_count(db, address),
    )


def address_line(reader: Reader, moment: Moment, found: Found) -> AddressLine:
    """One line of the list."""
    local, _, domain = found.address.rpartition("@")
    kind, look = _kind(reader, found)
    month = sum(found.days)
    leaked = _leaked(found)
    return AddressLine(
        address=found.address,
        href=f"/admin/addresses/one?address={quote(found.address, safe='@')}",
        local=local,
        domain=domain,
        kind=kind,
        look=look,
        targets=_targets(reader, found),
        bars=_bars(found.days),
        chart=reader.ngettext("{number} message in 30 days", "{number} messages in 30 days", month).format(
            number=month
        ),
        messages=found.tally.messages,
        last=pretty_time(moment, found.tally.last_at) if found.tally.last_at else "–",
        users=_users(reader, found),
        leaked=leaked,
    )


def sender_line(moment: Moment, sender: Sender) -> SenderLine:
    first, last = pretty_time(moment, sender.first_at), pretty_time(moment, sender.last_at)
    return SenderLine(sender.site, sender.messages, first, last)


def refusal(reader: Reader, refused: AddressRefused) -> str:
    """What is wrong, in the reader's language."""
    _ = reader.gettext
    words = {
        ("address", "invalid"): _("This is not an address. Example: ann@example.com"),
        ("address", "limit"): _("You may make {value} addresses, and have made as many."),
        ("address", "taken"): _("This address is not to be had: it was used already, or speaks for the whole domain."),
        ("address", "exists"): _("This address is there already."),
        ("address", "domain"): _("{value} is not a domain of this server. Add it under Domains first."),
        ("address", "unknown"): _("There is no such address."),
        ("address", "own"): _("An account logs in with it. Delete the account instead."),
        ("targets", "none"): _("Name at least one account."),
        ("targets", "many"): _("At most {value} accounts."),
        ("targets", "unknown"): _("There is no account {value}."),
        ("targets", "own"): _("An account's own address always reaches that account."),
        ("state", "own"): _("An account logs in with it: it can be neither muted nor blocked."),
        ("state", "role"): _("postmaster and abuse have to be reachable (RFC 5321, RFC 2142)."),
        ("state", "nobody"): _("Nobody would get its mail: the domain has no catch-all."),
        ("domain", "invalid"): _("This is not a domain. Example: example.com"),
        ("domain", "exists"): _("This domain is there already."),
        ("domain", "unknown"): _("There is no such domain."),
        ("domain", "in_use"): _("Accounts have their address in it: delete those first."),
    }
    return words[refused.field, refused.reason].format(value=refused.value)


def day_of(now: float) -> int:
    """Days since 1970 UTC."""
    return int(now * 1000) // DAY_MS


def _kind(reader: Reader, found: Found) -> tuple[str, str]:
    _, made = reader.gettext, found.made
    if made is None:
        return (_("tag") if "+" in found.address else _("caught")), ""
    if made.state == BLOCKED:
        return _("blocked"), "danger"
    if made.state == MUTED:
        return _("to junk"), "warn"
    return (_("account") if made.own else _("alias")), ""


def _targets(reader: Reader, found: Found) -> str:
    _ = reader.gettext
    if not found.targets or (found.made is not None and found.made.state == BLOCKED):
        return _("refused")
    names = [name or address for address, name in found.targets]
    shown = reader.gettext(", ").join(names[:NAMED])
    more = len(names) - NAMED
    return _("{names} and {number} more").format(names=shown, number=more) if more > 0 else shown


def _users(reader: Reader, found: Found) -> str:
    _ = reader.gettext
    if not found.senders:
        return ""
    if found.sites == 1:
        return _("only {site}").format(site=found.senders[0].site)
    more = found.sites - 1
    return reader.ngettext("{site} and {number} other domain", "{site} and {number} other domains", more).format(
        site=found.senders[0].site, number=more
    )


def _leaked(found: Found) -> bool:
    """An address most of whose mail is from one site, which others write to as well; not a person's own."""
    if (found.made is not None and (found.made.own or found.made.state != ACTIVE)) or not found.senders:
        return False
    given = found.senders[0]
    return found.sites > STRANGERS and given.messages >= found.tally.messages * GIVEN


def _bars(days: list[int]) -> tuple[Bar, ...]:
    most = max(days)
    if not most:
        return ()
    heights = [max(2, round(each / most * HEIGHT)) if each else 0 for each in days]
    return tuple(Bar(at * (BAR + GAP), HEIGHT - high, high) for at, high in enumerate(heights) if high)


CHART_WIDTH = DAYS * (BAR + GAP)
TARGETS_LONGEST = TARGETS_MAX * 260
