"""Whether an address somebody asks for is the one a message came for."""

from collections.abc import Iterable

from mailapp.mail.address import fold, parse_addresses, split, strip_tag
from mailapp.mail.content import Content
from mailapp.mail.headers import first_of_each, value_of
from mailapp.mail.limits import Limits
from mailapp.mail.parser import FORWARDED
from mailapp.mail.structure import header_section
from mailapp.values import dataclass

TOP = Limits(header_bytes=65_536, header_fields=300, addresses=200)
"""How much of a header is looked at."""


def is_named(wanted: str, address: str) -> bool:
    """Whether a folded address is the wanted one, also folded: exactly, or with any tag where the wanted has none."""
    return wanted == address or wanted == without_tag(address)


def without_tag(address: str) -> str:
    """A folded address without its plus-address tag (RFC 5233)."""
    local, domain = split(address)
    return f"{strip_tag(local)}@{domain}" if "+" in local else address


def header_recipients(content: Content) -> frozenset[str]:
    """Folded addresses of the fields that say who a message was for before it was passed on, and of To."""
    first = first_of_each(header_section(content, TOP)[0])
    named = (parse_addresses(value_of(first[name]), TOP.addresses) for name in (*FORWARDED, "to") if name in first)
    return frozenset(fold(one.address) for people in named for one in people if one.address)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which messages are asked for: those a token reaches, and among them those for one address."""

    addresses: tuple[str, ...] = ()
    """Folded; a message must have come (by its envelope) for one of them. () reaches all mail of the account."""
    to: str = ""
    """Folded; "" for any."""

    @property
    def is_open(self) -> bool:
        """Whether everything is asked for."""
        return not self.addresses and not self.to

    def admits(self, addressees: Iterable[str]) -> bool:
        """Whether mail that came for these folded envelope recipients is reached at all."""
        return not self.addresses or any(is_named(one, each) for each in addressees for one in self.addresses)

    def names(self, recipients: Iterable[str]) -> bool:
        """Whether one of these folded recipients is the one asked for; those of the header count as well as any."""
        return not self.to or any(is_named(self.to, each) for each in recipients)
