"""View links: making, opening and revoking them. Their tokens and visits are random and hashed at rest."""

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable

from mailapp import maillog
from mailapp.events import Bus, ViewLinkRevoked
from mailapp.flow.login_limits import LoginLimits
from mailapp.mail.address import fold, strip_tag
from mailapp.mail.peer import client_key
from mailapp.store import addresses, messages, views
from mailapp.store.codes import ASSUMED_MS
from mailapp.store.database import Database
from mailapp.store.views import ADDRESS, CODES, MESSAGE, ViewLink, ViewOpen
from mailapp.values import dataclass

LASTING_S = (3_600, 86_400, 7 * 86_400, 30 * 86_400)
"""How long a link may last."""
USUAL_S = 7 * 86_400
OPENS = (1, 5, 20, None)
"""How often it may be opened; None for as often as anybody likes until it expires."""
STANDING_MOST = 100
"""Links of one account that stand at once."""
TOKEN_BYTES = 32


class TooManyLinks(Exception):
    """As many links of the account stand as may."""


class NothingToShare(Exception):
    """The account has no such message, or gets no mail at that address."""


class TooManyGuesses(Exception):
    """The client asked for too many links there are not; it has to wait so many seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Wish:
    """What a link is to show."""

    kind: str
    """One of store.views.KINDS."""
    message_id: int = 0
    """Of kind MESSAGE; of the others, optional: a message that came for the address."""
    address: str = ""
    whole: bool = False
    lasting_s: int = USUAL_S
    """One of LASTING_S."""
    opens_most: int | None = 5
    """One of OPENS."""
    earlier: bool = False
    """Mail of the address that came before the link was made, too."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in front of a link that stands."""

    link: ViewLink
    opened: bool
    """Whether they pressed "open" before."""


class Viewing:
    """One per process, on the event loop."""

    def __init__(self, database: Database, bus: Bus, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970 UTC."""
        self._database = database
        self._bus = bus
        self._clock = clock
        self._limits = LoginLimits()

    async def make(self, account_id: int, wish: Wish) -> tuple[int, str]:
        """Make a link; return its id and its token, which nobody learns again. Raises NothingToShare, TooManyLinks."""
        token, now_ms = secrets.token_urlsafe(TOKEN_BYTES), self._now_ms()
        link_id = await self._database.write(_make, account_id, wish, hash_(token), now_ms)
        maillog.view_link_made(link_id, wish.kind)
        return link_id, token

    async def revoke(self, account_id: int, link_id: int) -> bool:
        """End a link and the streams of those who look at it; False where the account has no such link."""
        if not await self._database.write(views.revoke, account_id, link_id, self._now_ms()):
            return False
        maillog.view_link_revoked(link_id)
        self._bus.publish(ViewLinkRevoked(account_id))
        return True

    async def visit(self, token: str, visit: str, peer: str) -> Visit | None:
        """The link of a token; None for one that is unknown, revoked, expired, or used up by others.

        Raises TooManyGuesses, except for a visitor who is known: others behind the same address must not shut them out.
        """
        client, token_hash = client_key(peer), hash_(token)
        wait = self._limits.guess(client)
        found = await self._database.read(look, token_hash, hash_(visit) if visit else b"", self._now_ms())
        if wait and (found is None or not found.opened):
            raise TooManyGuesses(wait)
        # a link that ended was not guessed: many may press it from behind one address
        if not wait and (found is not None or await self._database.read(views.existed, token_hash)):
            self._limits.guessed_right(client)
        return found

    async def open(self, link: ViewLink, visit: str, peer: str, user_agent: str) -> bool:
        """Count an open of this visit, at most once; False where the link ended or is used up meanwhile."""
        opened = ViewOpen(self._now_ms(), peer, user_agent)
        if not await self._database.write(views.open_, link.id, hash_(visit), opened):
            return False
        maillog.view_link_opened(link.id, peer)
        return True

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def new_visit() -> str:
    """What a browser that opens a link is known by."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def look(db: sqlite3.Connection, token_hash: bytes, visit_hash: bytes, now_ms: int) -> Visit | None:
    """A read function: the link of a token for this visitor; None where it shows nothing to them."""
    link = views.standing(db, token_hash, now_ms)
    if link is None:
        return None
    opened = bool(visit_hash) and views.is_visit(db, link.id, visit_hash)
    return None if link.is_used_up and not opened else Visit(link, opened)


def _make(db: sqlite3.Connection, account_id: int, wish: Wish, token_hash: bytes, now_ms: int) -> int:
    views.remove_ended(db, now_ms)
    if views.count_standing(db, account_id, now_ms) >= STANDING_MOST:
        raise TooManyLinks(account_id)
    address = "" if wish.kind == MESSAGE else _address(db, account_id, wish)
    link = ViewLink(
        id=0,
        account_id=account_id,
        kind=wish.kind,
        message_id=wish.message_id if wish.kind == MESSAGE else 0,
        address=address,
        since_at=_since(wish, now_ms),
        whole=wish.whole and wish.kind != CODES,
        created_at=now_ms,
        expires_at=now_ms + wish.lasting_s * 1000,
        revoked_at=None,
        opens_most=wish.opens_most,
        opens=0,
    )
    if wish.kind == MESSAGE and not views.covers(db, link, wish.message_id):
        raise NothingToShare(wish.message_id)
    return views.add(db, link, token_hash)


def _since(wish: Wish, now_ms: int) -> int:
    """A code that came a moment ago is what a link to codes is made for."""
    if wish.kind == MESSAGE or wish.earlier:
        return 0
    return now_ms - ASSUMED_MS if wish.kind == CODES else now_ms


def _address(db: sqlite3.Connection, account_id: int, wish: Wish) -> str:
    """The address, folded. Raises NothingToShare where no mail for it comes to the account."""
    assert wish.kind in (ADDRESS, CODES)
    address = fold(wish.address.strip())
    stored = messages.get(db, account_id, wish.message_id) if wish.message_id else None
    if stored is not None and address in stored.addressees:
        return address
    local, _, domain = address.rpartition("@")
    if not local or account_id not in addresses.route(db, local, strip_tag(local), domain):
        raise NothingToShare(address)
    return address
