"""The server's own name in DNS: its addresses, their names, and whether blocklists hold them."""

import asyncio
import ipaddress
from collections.abc import Sequence

from mailapp.flow.check_finding import BAD, HINT, OK, SKIPPED, WARN, Remedy, Result, Value, record
from mailapp.flow.check_surroundings import Surroundings

LISTED = ipaddress.IPv4Network("127.0.0.0/8")
REFUSALS = ipaddress.IPv4Network("127.255.255.0/24")
"""What lists answer that do not want to be asked from here: .254 a public resolver, .255 too many questions, .252 a
name that is none. Never a listing."""
TEST_LISTED, TEST_FREE = "127.0.0.2", "127.0.0.1"
"""Every list holds the first and never the second (RFC 5782 5): a list that went away answers alike for both."""


async def dns(here: Surroundings) -> Result:
    """Whether DNS answers at all; raises NoAnswer."""
    await here.lookup.find(here.hostname, "A")
    return Result(OK, "answers", {"servers": here.choices.dns_servers})


async def host(here: Surroundings) -> Result:
    """Whether the server's name leads to this machine."""
    name, mine = here.hostname, _mine(here)
    wanted = _records(name, mine)
    if "." not in name:
        return Result(BAD, "no_name", {"host": name}, (Remedy("setting", f"MAILAPP_HOSTNAME={here.good_name}"),))
    found = await here.lookup.addresses(name)
    values: dict[str, Value] = {"host": name, "found": ", ".join(found)}
    if not found:
        return Result(BAD, "missing", values, wanted)
    if not all(map(here.is_public, found)):
        return Result(BAD, "private", values, wanted)
    away = [each for each in found if not here.is_ours(each) and each not in mine and _known(each, mine)]
    if away:
        return Result(WARN, "elsewhere", {**values, "away": ", ".join(away), "mine": ", ".join(mine)}, wanted)
    if await here.lookup.find(name, "CNAME"):
        return Result(WARN, "cname", values, _records(name, found))
    if any(":" in each for each in found) and not any(":" in address for address, _ in here.listeners):
        return Result(WARN, "ipv6_deaf", values, (Remedy("setting", "MAILAPP_SMTP=0.0.0.0:25,[::]:25"),))
    sure = all(here.is_ours(each) or each in mine for each in found)
    return Result(OK, "here" if sure else "translated", values)


def _records(name: str, addresses: Sequence[str]) -> tuple[Remedy, ...]:
    return tuple(record(name, "AAAA" if ":" in each else "A", each) for each in addresses)


def _mine(here: Surroundings) -> list[str]:
    return [each for each in here.outward() if here.is_public(each)]


def _known(address: str, mine: list[str]) -> bool:
    """Whether we know what our address of this family is."""
    return any((":" in address) == (":" in each) for each in mine)


async def _public(here: Surroundings) -> list[str]:
    return [each for each in await here.lookup.addresses(here.hostname) if here.is_public(each)]


async def reverse(here: Surroundings) -> Result:
    """Whether each address leads back to the name."""
    addresses = await _public(here)
    if not addresses:
        return Result(SKIPPED, "no_address")
    names = await asyncio.gather(*(here.lookup.find(_pointer(each), "PTR") for each in addresses))
    wrong = [(each, found) for each, found in zip(addresses, names, strict=True) if here.hostname not in found]
    values: dict[str, Value] = {"host": here.hostname, "addresses": ", ".join(addresses)}
    if not wrong:
        return Result(OK, "there", values)
    remedies = tuple(record(_pointer(each), "PTR", f"{here.hostname}.") for each, _ in wrong)
    found = ", ".join(name for _, some in wrong for name in some)
    values |= {"addresses": ", ".join(each for each, _ in wrong), "found": found}
    return Result(WARN, "wrong" if found else "missing", values, remedies)


def _pointer(address: str) -> str:
    return ipaddress.ip_address(address).reverse_pointer


async def blocklist(here: Surroundings, zone: str) -> Result:
    """Whether a list holds one of our addresses, if it is one we may ask."""
    addresses = await _public(here)
    if not addresses:
        return Result(SKIPPED, "no_address")
    listed, free = await asyncio.gather(_answers(here, TEST_LISTED, zone), _answers(here, TEST_FREE, zone))
    if any(each in REFUSALS for each in listed + free):
        return Result(HINT, "refused", {"list": zone})
    if free or not listed:
        # it holds everybody, or nobody: it was shut down, or the resolver answers names that are none
        return Result(HINT, "dead", {"list": zone})
    answers = await asyncio.gather(*(_answers(here, each, zone) for each in addresses))
    held = {address: found for address, found in zip(addresses, answers, strict=True) if found}
    if any(each in REFUSALS for found in held.values() for each in found):
        return Result(HINT, "refused", {"list": zone})
    if not held:
        return Result(OK, "free", {"list": zone})
    codes = ", ".join(str(each) for found in held.values() for each in found)
    return Result(WARN, "listed", {"list": zone, "addresses": ", ".join(held), "codes": codes})


async def _answers(here: Surroundings, address: str, zone: str) -> list[ipaddress.IPv4Address]:
    """What a list says of an address: only answers within 127.0.0.0/8 are any (RFC 5782 2.1)."""
    turned = _pointer(address).rpartition(".in-addr.arpa")[0] or _pointer(address).rpartition(".ip6.arpa")[0]
    found = [ipaddress.IPv4Address(each) for each in await here.lookup.find(f"{turned}.{zone}", "A")]
    return [each for each in found if each in LISTED]
