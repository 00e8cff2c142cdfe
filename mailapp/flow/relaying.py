"""Setting relays up: checked, their secrets sealed, tried out; then the relay loop is told."""

import asyncio
import ipaddress
import re
import secrets
import sqlite3
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime

from mailapp.events import Bus, Changed, QueueChanged
from mailapp.flow import relay_dns, relay_events, relay_presets
from mailapp.flow.relay_dns import Record, Resolve
from mailapp.flow.relay_events import RelayEvent
from mailapp.mail.address import fold, is_valid
from mailapp.mail.compose import Outgoing, compose, needs_utf8
from mailapp.mail.content import MemoryContent
from mailapp.mail.message import Person
from mailapp.seal import Seal, SealBroken
from mailapp.store import audit, queue, relays
from mailapp.store.arrivals import reference_hash
from mailapp.store.database import Database
from mailapp.store.relays import Relay, RelayExists
from mailapp.transport.relay_test import Dialogue, Trial, try_relay
from mailapp.transport.target import Log, RelayTarget
from mailapp.values import dataclass

NAME_MAX = 60
SECRET_MAX = 8_192
"""Characters; an XOAUTH2 token has some 2,000."""
DOMAINS_MAX = 100
LIMIT_MAX = 10_000_000
LOCAL = "local"
"""What stands in place of a name where mail is delivered here."""
AUTHS = ("auto", "plain", "login", "xoauth2")
EVENTS_AT_ONCE = 200
"""Events written in one unit of work."""
_SECRETS = frozenset(("secret", "events_key"))
_UNSET = ("id", "position", "used_day", "used")
"""Fields of a relay nobody sets."""
_HOST = re.compile(r"[a-z0-9:](?:[a-z0-9.:_-]{0,251}[a-z0-9])?")


class RelayRefused(Exception):
    """A setting that cannot be used: the field of Relay it is in, and why.

    empty | wrong | taken (another relay has the name) | loopback (no encryption to another machine) | again (the
    secret was given for another server) | sealing (the key file cannot be used) | gone (no such relay).
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class EventsRefused(Exception):
    """No such relay, or its key did not sign the request, or not lately."""


def checked(relay: Relay) -> Relay:
    """The relay as it is stored, its secret aside. Raises RelayRefused on the first field that cannot be used."""
    host = _ascii(relay.host.strip().rstrip("."))
    name = " ".join(relay.name.split()) or host
    domains = tuple(dict.fromkeys(_ascii(each) for each in relay.sender_domains))
    username = relay.username.strip()
    key = "".join(relay.events_key.split())
    wrong = {
        "host": not _HOST.fullmatch(host),
        "port": not 0 < relay.port < 65_536,
        "security": relay.security not in relay_presets.SECURITIES,
        "auth": relay.auth not in AUTHS,
        "username": len(username) > 320 or not username.isprintable(),
        "sender_domains": len(domains) > DOMAINS_MAX or not all(is_valid(f"x@{each}") for each in domains),
        "daily_limit": not 0 <= relay.daily_limit <= LIMIT_MAX,
        "name": len(name) > NAME_MAX or not name.isprintable() or name == LOCAL,
        "events_key": bool(key) and not relay_events.is_key(key),
    }
    for field, is_wrong in wrong.items():
        if is_wrong:
            raise RelayRefused(field, "empty" if field == "host" and not host else "wrong")
    if relay.security == relay_presets.NONE and not _is_loopback(host):
        raise RelayRefused("security", "loopback")
    preset = relay_presets.preset(relay.preset).key
    return replace(
        relay, host=host, name=name, sender_domains=domains, username=username, events_key=key, preset=preset
    )


def _ascii(domain: str) -> str:
    """A domain or host name in A-labels, lower case."""
    return fold(f"x@{domain}").partition("@")[2]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def save(db: sqlite3.Connection, relay: Relay, now_ms: int, by: str = audit.ITSELF) -> int:
    """Add a checked relay (id 0), or change one; its id. A `secret` of b"" keeps what is there. Raises RelayRefused.

    A secret stays only with the server it was given for: else whoever may edit could have it sent elsewhere.
    """
    old = relays.get(db, relay.id) if relay.id else None
    if relay.id and old is None:
        raise RelayRefused("name", "gone")
    if not relay.username:
        relay = replace(relay, secret=b"")
    elif not relay.secret and old is not None and old.secret:
        if (old.host, old.security) != (relay.host, relay.security):
            raise RelayRefused("secret", "again")
        relay = replace(relay, secret=old.secret)
    if relay.username and not relay.secret:
        raise RelayRefused("secret", "empty")
    try:
        relay_id = relay.id or relays.add(db, relay, now_ms)
        if relay.id:
            relays.update(db, relay)
    except RelayExists:
        raise RelayRefused("name", "taken") from None
    from_, to = audit.differences(_shown(old), _shown(relay), _SECRETS)
    what = "relay.changed" if old else "relay.added"
    audit.record(db, by, what, from_, to, about=relay.name, now_ms=now_ms)
    return relay_id


def remove(db: sqlite3.Connection, relay_id: int, by: str = audit.ITSELF) -> None:
    """Forget a relay and its secret."""
    held = relays.get(db, relay_id)
    if held is not None and relays.remove(db, relay_id):
        audit.record(db, by, "relay.removed", f"{held.host}:{held.port}", about=held.name)


def _move(db: sqlite3.Connection, relay_id: int, steps: int, by: str) -> None:
    was = [each.name for each in relays.all_(db)]
    if relays.move(db, relay_id, steps):
        becomes = [each.name for each in relays.all_(db)]
        if becomes != was:
            audit.record(db, by, "relay.moved", ", ".join(was), ", ".join(becomes))


def _shown(relay: Relay | None) -> dict[str, object]:
    """What the audit log has of a relay."""
    if relay is None:
        return {}
    return {name: value for name, value in asdict(relay).items() if name not in _UNSET and value}


def sealed(seal: Seal, secret: str) -> bytes:
    """The secret as it is stored, b"" for none. Raises RelayRefused."""
    if not secret:
        return b""
    if len(secret) > SECRET_MAX or not secret.isprintable():
        raise RelayRefused("secret", "wrong")
    try:
        return seal.seal(secret.encode())
    except (SealBroken, OSError):
        raise RelayRefused("secret", "sealing") from None


def target_of(relay: Relay, seal: Seal) -> RelayTarget:
    """How to log in to a relay. Raises SealBroken where its secret cannot be opened."""
    password = seal.open(relay.secret).decode() if relay.secret else ""
    return RelayTarget(relay.name, relay.host, relay.port, relay.security, relay.auth, relay.username, password)


@dataclass(frozen=True, slots=True)
class Letter:
    """The mail a test sends: valid addresses, words in the reader's language."""

    from_: str
    to: str
    subject: str
    text: str


def trial_of(letter: Letter, hostname: str, now: float) -> Trial:
    """The letter as it is sent."""
    outgoing = Outgoing(
        from_=Person("", letter.from_),
        to=(Person("", letter.to),),
        subject=letter.subject,
        text=letter.text,
        message_id=f"{secrets.token_hex(16)}@{hostname}",
        date=datetime.fromtimestamp(now, UTC),
        auto="auto-generated",
    )
    content = MemoryContent(b"".join(compose(outgoing)))
    return Trial(letter.from_, letter.to, content, utf8=needs_utf8((letter.from_, letter.to)))


class Relaying:
    """What the admin pages do with relays. Publishes QueueChanged: what waits is tried again at once.

    `by` is who changes something, for the audit log.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        seal: Seal,
        hostname: str,
        *,
        clock: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = relay_dns.resolve,
    ) -> None:
        """`tls` says whose certificates are trusted, the system's by default."""
        self._database = database
        self._bus = bus
        self._seal = seal
        self._hostname = hostname
        self._clock = clock
        self._tls = tls
        self._resolve = resolve

    async def save(self, relay: Relay, secret: str, *, by: str = audit.ITSELF) -> int:
        """Add a relay (id 0) or change one; its id. A secret of "" keeps the one there is. Raises RelayRefused."""
        ready = replace(checked(relay), secret=sealed(self._seal, secret))
        relay_id = await self._database.write(save, ready, int(self._clock() * 1_000), by)
        self._bus.publish(QueueChanged())
        return relay_id

    async def remove(self, relay_id: int, *, by: str = audit.ITSELF) -> None:
        """Forget a relay and its secret; what waits goes over the others."""
        await self._database.write(remove, relay_id, by)
        self._bus.publish(QueueChanged())

    async def move(self, relay_id: int, steps: int, *, by: str = audit.ITSELF) -> None:
        """Use it later by so many places in the order, earlier where negative."""
        await self._database.write(_move, relay_id, steps, by)
        self._bus.publish(QueueChanged())

    def can_open(self, relay: Relay) -> bool:
        """Whether its secret can be had; not after a restore without the key file."""
        try:
            target_of(relay, self._seal)
        except SealBroken:
            return False
        return True

    async def test(self, relay: Relay, letter: Letter | None, log: Log) -> Dialogue:
        """Log in to a relay and send the letter, if any, within 40 s; `log` is told each line as it comes."""
        try:
            target = await asyncio.to_thread(target_of, relay, self._seal)
        except SealBroken as error:
            return Dialogue((), ok=False, step="auth", kind="sealing", text=str(error))
        trial = trial_of(letter, self._hostname, self._clock()) if letter else None
        return await try_relay(target, self._hostname, trial, tls=self._tls, log=log)

    async def check_domain(self, domain: str, pasted: str) -> tuple[Record, ...]:
        """What DNS has of the records SendGrid asks for."""
        return await relay_dns.check(domain, pasted, self._resolve)

    async def take_events(self, relay_id: int, signature: str, timestamp: str, body: bytes) -> int:
        """Take what a relay tells about delivery; how many recipients it changed. Raises EventsRefused, ValueError."""
        relay = await self._database.read(relays.get, relay_id)
        if relay is None or not relay.events_key:
            raise EventsRefused
        now = self._clock()
        if not relay_events.is_signed(relay.events_key, signature, timestamp, body, now):
            raise EventsRefused
        told = relay_events.read(body)
        changed = 0
        for start in range(0, len(told), EVENTS_AT_ONCE):
            acted = await self._database.write(_report, relay, told[start : start + EVENTS_AT_ONCE], int(now * 1_000))
            changed += len(acted)
            for each in acted:
                self._bus.publish(Changed(each.account_id, each.seq, (each.message_id,) if each.message_id else ()))
        return changed

    async def has_events(self, relay_id: int) -> bool:
        """Whether events of this relay are taken at all: asked before a stranger's body is read."""
        relay = await self._database.read(relays.get, relay_id)
        return relay is not None and bool(relay.events_key)


def _report(db: sqlite3.Connection, relay: Relay, told: list[RelayEvent], now_ms: int) -> list[queue.Acted]:
    acted = []
    for each in told:
        hashed = reference_hash(each.message_id)
        found = queue.report_event(
            db, None, relay, hashed, each.address, each.state, each.code, each.status, each.reason, now_ms
        )
        if found is not None:
            acted.append(found)
    return acted
