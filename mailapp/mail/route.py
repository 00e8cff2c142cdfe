"""The way a message took: its Received fields (RFC 5321 4.4), the nearest first."""

import re
from collections.abc import Iterable

from mailapp.mail.dates import date_ms
from mailapp.values import dataclass

MAX_HOPS = 25
_MAX_FIELD = 2_000
_MAX_NAME = 255
_CLAUSE = re.compile(r"(?:^|\s)(from|by|with)\s++([^\s;()]++)", re.IGNORECASE)
_ADDRESS = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{3,45})\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hop:
    from_: str
    """The host that handed it over, by the name it gave; "" where nothing is said."""
    address: str
    """Its IP address, "" where nothing is said."""
    by: str
    with_: str
    """The protocol: ESMTPS and the like."""
    at_ms: int | None
    """ms since 1970 UTC."""


def hops(fields: Iterable[str]) -> tuple[Hop, ...]:
    """The hops of Received fields in their order, at most MAX_HOPS. What cannot be read stays empty; never raises."""
    found: list[Hop] = []
    for field in fields:
        if len(found) >= MAX_HOPS:
            break
        said, _, stamp = field[:_MAX_FIELD].rpartition(";")
        said = said or stamp
        clauses: dict[str, str] = {}
        bare = _without_comments(said)
        for name, value in _CLAUSE.findall(bare):
            clauses.setdefault(name.lower(), value[:_MAX_NAME])
        address = _ADDRESS.search(said.partition(" by ")[0])
        found.append(
            Hop(
                clauses.get("from", ""),
                address[1] if address else "",
                clauses.get("by", ""),
                clauses.get("with", ""),
                date_ms(stamp),
            )
        )
    return tuple(found)


def _without_comments(text: str) -> str:
    """Text outside of brackets, which may nest (RFC 5322 3.2.2)."""
    out: list[str] = []
    depth = 0
    for piece in re.split(r"([()])", text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif not depth:
            out.append(piece)
    return " ".join(out)
