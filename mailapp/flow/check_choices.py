"""What the admin chooses about checks: whom to ask, which blocklists, whether a mail comes."""

import sqlite3

from mailapp.flow.looking_up import read_servers
from mailapp.mail.address import fold, is_valid
from mailapp.store import settings
from mailapp.values import dataclass

BLOCKLISTS = ("zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com")
"""Lists that are looked at widely, free for a few questions a day, and carry the test entries of RFC 5782."""
LISTS_MAX = 20
DNS_SERVERS_MAX = 3


class ChoiceRefused(Exception):
    """A choice that cannot be used: dns_servers, blocklists or time_server."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(field)
        self.field = field
        self.value = value


@dataclass(frozen=True, slots=True)
class Choices:
    """What the admin set about checks."""

    dns_servers: str = ""
    """As it was entered; "" asks the machine's own."""
    blocklists: tuple[str, ...] = BLOCKLISTS
    time_server: str = ""
    """"" leaves it to the kernel."""
    mails: bool = True
    """Whether the nightly run tells the admin what changed."""


def choices_of(db: sqlite3.Connection) -> Choices:
    lists = settings.get(db, "check_blocklists", " ".join(BLOCKLISTS))
    return Choices(
        dns_servers=settings.get(db, "check_dns_servers"),
        blocklists=tuple(lists.split()),
        time_server=settings.get(db, "check_time_server"),
        mails=settings.get(db, "check_mails", "1") == "1",
    )


def checked(dns_servers: str, blocklists: str, time_server: str, mails: bool) -> Choices:
    """What was entered, in the form it is stored. Raises ChoiceRefused."""
    try:
        if len(read_servers(dns_servers)) > DNS_SERVERS_MAX:
            raise ValueError(dns_servers)
    except ValueError as error:
        raise ChoiceRefused("dns_servers", str(error)) from None
    lists = [each.lower().strip(".") for each in blocklists.replace(",", " ").replace("，", " ").split()]
    wrong = [each for each in lists if "." not in each or not is_valid(f"x@{each}")]
    if wrong or len(lists) > LISTS_MAX:
        raise ChoiceRefused("blocklists", wrong[0] if wrong else str(LISTS_MAX))
    host = fold(f"x@{time_server.strip()}").partition("@")[2] if time_server.strip() else ""
    if host and not is_valid(f"x@{host}"):
        raise ChoiceRefused("time_server", time_server)
    return Choices(" ".join(dns_servers.split()), tuple(dict.fromkeys(lists)), host, mails)


def put_choices(db: sqlite3.Connection, chosen: Choices) -> None:
    settings.set_(db, "check_dns_servers", chosen.dns_servers)
    settings.set_(db, "check_blocklists", " ".join(chosen.blocklists))
    settings.set_(db, "check_time_server", chosen.time_server)
    settings.set_(db, "check_mails", "1" if chosen.mails else "0")
