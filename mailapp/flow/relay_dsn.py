"""What the relay writes to senders (RFC 3464): that a recipient failed for good, or that it takes long."""

import re
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from mailapp.flow.reasons import ours, reason
from mailapp.i18n import LANGUAGES, translations
from mailapp.mail import backoff
from mailapp.mail.address import split
from mailapp.mail.content import MemoryContent
from mailapp.mail.dsn import DsnWords, Notice, Undelivered, report
from mailapp.mail.headers import fields, first_of_each
from mailapp.mail.message import Person
from mailapp.store import accounts, contents, relays
from mailapp.store.database import Database
from mailapp.values import dataclass

HEADER_BYTES = 65_536
"""Of the message a notice is about: what is looked at for its header section."""
ENGLISH = "en"
"""Of what machines read: the field takes nothing else, and other servers' words are in it too."""
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_ID = re.compile(r"<([^<>\s]+)>")


@dataclass(frozen=True, slots=True)
class About:
    """The message a notice is about."""

    account_id: int
    content_id: int
    reverse_path: str
    subject: str
    release_ms: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """One recipient a notice names, and what was said about it last."""

    address: str
    code: int
    status: str
    reason: str
    relay: str
    state: str
    """failed or deferred."""


@dataclass(frozen=True, slots=True)
class _Background:
    header: bytes
    language: str
    hosts: dict[str, str]
    """Of relays, by name."""


class Notices:
    """Composes notices."""

    def __init__(self, database: Database, hostname: str, clock: Callable[[], float]) -> None:
        self._database = database
        self._hostname = hostname
        self._clock = clock

    async def failure(self, about: About, troubles: Sequence[Trouble]) -> MemoryContent:
        """These recipients are given up. Raises StoreError."""
        return await self._compose(about, troubles, delayed=False)

    async def delay(self, about: About, troubles: Sequence[Trouble]) -> MemoryContent:
        """These recipients have waited for long and are tried on. Raises StoreError."""
        return await self._compose(about, troubles, delayed=True)

    async def _compose(self, about: About, troubles: Sequence[Trouble], *, delayed: bool) -> MemoryContent:
        background = await self._database.read(_background, about)
        now = datetime.fromtimestamp(self._clock(), UTC)
        until = datetime.fromtimestamp(about.release_ms / 1000 + backoff.GIVE_UP_S, UTC)
        # in the account's language; in every one we speak where it chose none
        languages = (background.language,) if background.language in LANGUAGES else LANGUAGES
        found = _ID.search(first_of_each(fields(background.header, 1_000)).get("message-id", ""))
        notice = Notice(
            hostname=self._hostname,
            from_=Person(
                translations(languages[0]).gettext("Mail delivery"), f"postmaster@{split(about.reverse_path)[1]}"
            ),
            to=about.reverse_path,
            message_id=f"{secrets.token_hex(16)}@{self._hostname}",
            date=now,
            words=[_words(language, about.subject, until, delayed, troubles) for language in languages],
            recipients=[self._undelivered(one, background.hosts, now) for one in troubles],
            delayed=delayed,
            retry_until=until if delayed else None,
            arrived=datetime.fromtimestamp(about.release_ms / 1000, UTC),
            original_id=found[1] if found else "",
            original_header=background.header,
        )
        return MemoryContent(report(notice))

    def _undelivered(self, one: Trouble, hosts: dict[str, str], now: datetime) -> Undelivered:
        if one.code:
            said = " ".join(str(each) for each in (one.code, one.status, one.reason) if each)
        else:
            said = ours(translations(ENGLISH).gettext, one) or one.reason
        host = self._hostname if one.relay == "local" else hosts.get(one.relay, "")
        return Undelivered(one.address, one.status, said, host if one.code else "", now)


def _background(db: sqlite3.Connection, about: About) -> _Background:
    try:
        head = contents.read(db, about.content_id, 0, HEADER_BYTES)
    except LookupError:
        head = b""
    account = accounts.get(db, about.account_id)
    end = _HEADER_END.search(head)
    return _Background(
        header=head[: end.start()] + b"\r\n" if end else head,
        language=account.language if account else "",
        hosts={one.name: one.host for one in relays.all_(db)},
    )


def _words(language: str, subject: str, until: datetime, delayed: bool, troubles: Sequence[Trouble]) -> DsnWords:
    _ = translations(language).gettext
    reasons = [reason(_, one) for one in troubles]
    if delayed:
        return DsnWords(
            subject=_("Delayed: {subject}").format(subject=subject),
            intro=_("Your message has not reached these recipients yet:"),
            outro=_("It is tried until {time} UTC. You need not do anything.").format(time=f"{until:%Y-%m-%d %H:%M}"),
            reasons=reasons,
        )
    return DsnWords(
        subject=_("Not delivered: {subject}").format(subject=subject),
        intro=_("Your message could not be delivered to these recipients:"),
        outro=_("It is not tried again. All others get it, or have it already."),
        reasons=reasons,
    )
