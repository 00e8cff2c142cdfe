"""What the administration sets for the whole site: kept in memory, changed with an entry in the audit log."""

import asyncio
import base64
import hashlib
import sqlite3
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from mailapp.config import Config, ConfigError, Network, network
from mailapp.flow import inviting
from mailapp.flow.inviting import Invitations
from mailapp.flow.submission import HOURLY_LIMIT, RECIPIENTS_LIMIT
from mailapp.flow.tokens import REQUESTS_LIMIT
from mailapp.i18n import LANGUAGES
from mailapp.mail.address import fold
from mailapp.mail.pictures import NotAPicture, picture
from mailapp.store import audit, domains, settings
from mailapp.store.database import Database
from mailapp.values import dataclass

TITLE = "mailapp"
TITLE_LONGEST = 60
LOGO_LONGEST = 100_000
"""Bytes: with its form it is a short one (web/bodies.py)."""
LOGO_WIDEST = 2_048
"""Pixels of either side."""
PROXIES_MAX = 50
PATH_LONGEST = 500
DOMAINS_MAX = 100
DOMAIN_LONGEST = 253
LIMITS = {
    "recipients_limit": (RECIPIENTS_LIMIT, 1, 10_000),
    "hourly_limit": (HOURLY_LIMIT, 0, 1_000_000),
    "api_requests_limit": (REQUESTS_LIMIT, 1, 1_000_000),
}
"""(what holds where nothing is set, least, most) by name."""
PROXIES = "MAILAPP_TRUSTED_PROXIES"
CERT, KEY = "MAILAPP_TLS_CERT", "MAILAPP_TLS_KEY"


class SettingRefused(Exception):
    """A setting that cannot be used. reason: wrong | long | number | fixed (the environment says it) | file |
    unknown (a domain that is none of ours); value."""

    def __init__(self, field: str, reason: str, value: str = "") -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.value = value


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """As they are now."""

    title: str
    language: str
    """Of pages for who has not chosen one; "" as the browser says."""
    logo: str
    """A name for this very logo, "" where there is none."""
    limits: Mapping[str, int]
    invitations: Invitations
    proxies: tuple[Network, ...]
    tls_cert: Path | None
    tls_key: Path | None
    fixed: frozenset[str]
    """Names of the environment's variables that were given: what they say cannot be changed here."""


class Settings:
    """One per process, on the event loop."""

    def __init__(self, database: Database, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._config = config
        self._clock = clock
        self._known: SiteSettings | None = None
        self.applied: Callable[[SiteSettings], None] = lambda found: None
        """Called with the settings when they were changed or read again."""

    def forget(self) -> None:
        """Another process may have changed them."""
        self._known = None

    async def current(self) -> SiteSettings:
        """From memory, where nothing has changed."""
        if self._known is None:
            self._known = found = await self._database.read(self._read)
            self.applied(found)
        return self._known

    async def change(self, values: Mapping[str, str], by: str) -> None:
        """Set some of title, language, the limits, how people are invited, trusted_proxies, tls_cert with tls_key.

        Raises SettingRefused.
        """
        ready = {name: self._checked(name, value) for name, value in values.items()}
        if "tls_cert" in ready:
            await asyncio.to_thread(_usable, ready["tls_cert"], ready.get("tls_key", ""))

        def change(db: sqlite3.Connection) -> None:
            for each in ready.get(inviting.DOMAINS, "").split():
                if domains.by_name(db, each) is None:
                    raise SettingRefused(inviting.DOMAINS, "unknown", each)
            settings.change(db, ready, by, self._now_ms())

        await self._database.write(change)
        self.forget()
        await self.current()

    async def set_logo(self, data: bytes | None, by: str) -> None:
        """Set the logo, or take it away. Raises SettingRefused."""
        stored, told = "", ""
        if data is not None:
            if len(data) > LOGO_LONGEST:
                raise SettingRefused("logo", "long")
            try:
                found = picture(data)
            except NotAPicture:
                raise SettingRefused("logo", "wrong") from None
            if max(found.width, found.height) > LOGO_WIDEST:
                raise SettingRefused("logo", "wide")
            stored = f"{found.content_type};{base64.b64encode(data).decode()}"
            told = f"{found.content_type}, {found.width} × {found.height}, {len(data)} B"

        def change(db: sqlite3.Connection) -> None:
            was = "logo" if settings.get(db, "site_logo") else ""
            settings.set_(db, "site_logo", stored)
            audit.record(db, by, "setting.changed", was, told, about="site_logo", now_ms=self._now_ms())

        await self._database.write(change)
        self.forget()
        await self.current()

    async def logo(self) -> tuple[str, bytes] | None:
        """(content type, bytes) of the logo, None where there is none."""
        kind, _, data = (await self._database.read(settings.get, "site_logo")).partition(";")
        return (kind, base64.b64decode(data)) if data else None

    def _checked(self, name: str, value: str) -> str:
        if name == "site_title":
            title = " ".join(value.split())
            if len(title) > TITLE_LONGEST or not title.isprintable():
                raise SettingRefused(name, "long")
            return title
        if name == "default_language":
            if value not in ("", *LANGUAGES):
                raise SettingRefused(name, "wrong")
            return value
        if name in LIMITS:
            return _number(name, value, *LIMITS[name][1:])
        if name in _INVITATIONS:
            return _INVITATIONS[name](value)
        if name == "trusted_proxies":
            return self._proxies(value)
        if name in ("tls_cert", "tls_key"):
            if CERT in self._config.given:
                raise SettingRefused(name, "fixed")
            if len(value) > PATH_LONGEST or not value.isprintable() or (value and not value.startswith("/")):
                raise SettingRefused(name, "wrong", value)
            return value
        raise LookupError(name)

    def _proxies(self, value: str) -> str:
        if PROXIES in self._config.given:
            raise SettingRefused("trusted_proxies", "fixed")
        found = value.replace(",", " ").split()
        if len(found) > PROXIES_MAX:
            raise SettingRefused("trusted_proxies", "long")
        for each in found:
            try:
                network(each)
            except ConfigError:
                raise SettingRefused("trusted_proxies", "wrong", each[:80]) from None
        return "\n".join(found)

    def _read(self, db: sqlite3.Connection) -> SiteSettings:
        config = self._config
        proxies = settings.get(db, "trusted_proxies")
        cert, key = settings.get(db, "tls_cert"), settings.get(db, "tls_key")
        own = CERT not in config.given and cert and key
        logo = settings.get(db, "site_logo")
        language = settings.get(db, "default_language")
        return SiteSettings(
            title=settings.get(db, "site_title") or TITLE,
            language=language if language in LANGUAGES else "",
            logo=hashlib.sha256(logo.encode()).hexdigest()[:12] if logo else "",
            invitations=inviting.invitations_of(db),
            limits={name: settings.number(db, name, usual) for name, (usual, _, _) in LIMITS.items()},
            proxies=tuple(network(each) for each in proxies.split())
            if proxies and PROXIES not in config.given
            else config.trusted_proxies,
            tls_cert=Path(cert) if own else config.tls_cert,
            tls_key=Path(key) if own else config.tls_key,
            fixed=config.given,
        )

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _number(name: str, value: str, least: int, most: int) -> str:
    if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
        raise SettingRefused(name, "number", f"{least}–{most}")
    return str(int(value))


def _switch(value: str) -> str:
    if value not in ("0", "1"):
        raise SettingRefused(inviting.ON, "wrong")
    return value


def _domains(value: str) -> str:
    found = value.replace(",", " ").split()
    if len(found) > DOMAINS_MAX:
        raise SettingRefused(inviting.DOMAINS, "long")
    return "\n".join(dict.fromkeys(fold(f"x@{each.removeprefix('@')[:DOMAIN_LONGEST]}")[2:] for each in found))


_INVITATIONS: Mapping[str, Callable[[str], str]] = {
    inviting.ON: _switch,
    inviting.DOMAINS: _domains,
    inviting.MOST: lambda value: _number(inviting.MOST, value or "0", 0, inviting.MOST_HIGHEST),
}


def _usable(cert: str, key: str) -> None:
    """Raises SettingRefused where the pair cannot be used."""
    if not cert and not key:
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise SettingRefused("tls_cert", "file", str(getattr(error, "strerror", "") or error)[:200]) from None
