"""Registration by invitation: whether links let people in, for which domains, and how many may be out at once."""

import sqlite3

from mailapp.mail.address import split
from mailapp.store import account_links, settings
from mailapp.values import dataclass

ON, DOMAINS, MOST = "invitations", "invitation_domains", "invitations_most"
"""Names of the settings: "0" for off; domains, one a line, none for any; a number, 0 for any."""
MOST_HIGHEST = 10_000


class InvitationRefused(Exception):
    """A link cannot be made. reason: off | domain | most; value: the domain, or how many may be out."""

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(f"{reason} {value}".strip())
        self.reason = reason
        self.value = value


@dataclass(frozen=True, slots=True)
class Invitations:
    """What the administration decided."""

    on: bool = True
    domains: tuple[str, ...] = ()
    """Those people are invited to; () for any."""
    most: int = 0
    """How many may be out at once; 0 for any number."""


def invitations_of(db: sqlite3.Connection) -> Invitations:
    """As they are now."""
    domains = tuple(settings.get(db, DOMAINS).split())
    return Invitations(settings.get(db, ON) != "0", domains, settings.number(db, MOST, 0))


def check(db: sqlite3.Connection, account_id: int, address: str, now_ms: int) -> None:
    """Whether a link may be made for an account; one of somebody who has been here before is no invitation.

    Raises InvitationRefused.
    """
    if not account_links.is_invitation(db, account_id):
        return
    decided, domain = invitations_of(db), split(address)[1]
    if not decided.on:
        raise InvitationRefused("off")
    if decided.domains and domain not in decided.domains:
        raise InvitationRefused("domain", domain)
    if decided.most and account_links.open_invitations(db, now_ms, but=account_id) >= decided.most:
        raise InvitationRefused("most", str(decided.most))


def is_closed(db: sqlite3.Connection, account_id: int) -> bool:
    """Whether an account's link lets nobody in now, although it has not ended."""
    return not invitations_of(db).on and account_links.is_invitation(db, account_id)
