"""Who a page is for: account, language, time zone, theme."""

from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

from quart import Request, g

from mailapp.i18n import LANGUAGES, negotiate, translations
from mailapp.store.accounts import Account
from mailapp.values import dataclass

COOKIE_LANGUAGE = "language"
COOKIE_TIME_ZONE = "time_zone"
COOKIE_THEME = "theme"
THEMES = ("", "light", "dark")
ZONE_OF_LANGUAGE = {"zh-CN": "Asia/Shanghai"}
"""The zone before the browser has told its own."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The person in front of the page."""

    account: Account | None
    token_hash: bytes
    """Hash of the session's token, b"" without a session."""
    language: str
    zone: ZoneInfo
    theme: str

    def gettext(self, message: str) -> str:
        return translations(self.language).gettext(message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return translations(self.language).ngettext(singular, plural, number)


def read_from(request: Request, account: Account | None, token_hash: bytes, language: str = "") -> Reader:
    """Make the reader of a request: what the account says, else the cookies, else the site's language if it has one,
    else the browser's headers."""
    chosen = (account.language if account else "") or request.cookies.get(COOKIE_LANGUAGE, "")
    language = negotiate(request.headers.get("Accept-Language", ""), chosen if chosen in LANGUAGES else language)
    names = (account.time_zone if account else "", request.cookies.get(COOKIE_TIME_ZONE, ""))
    found = (zone(name) for name in (*names, ZONE_OF_LANGUAGE.get(language, "UTC")) if name)
    theme = (account.theme if account else "") or request.cookies.get(COOKIE_THEME, "")
    return Reader(
        account=account,
        token_hash=token_hash,
        language=language,
        zone=next(each for each in found if each is not None),
        theme=theme if theme in THEMES else "",
    )


def current_reader() -> Reader:
    """The reader of the request at hand."""
    return cast(Reader, g.reader)


def current_account() -> Account:
    """The account of the request at hand; only under @requires_account."""
    account = current_reader().account
    assert account is not None
    return account


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """The time zone with an IANA name; None for anything else, paths included."""
    if len(name) > 64 or not name[:1].isalpha():
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
