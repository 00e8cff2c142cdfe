"""The server's name, its reverse name and blocklists, asked of a real DNS server on loopback."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.flow import check_host
from mailapp.flow.check_finding import BAD, HINT, OK, SKIPPED, WARN, Result
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.looking_up import NoAnswer
from tests.flow.checks import looking
from tests.zones import HOST, LISTED, REFUSED, Zone

Place = tuple[Zone, Surroundings]
ZONE = "list.example"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with looking(tmp_path) as found:
        yield found


def said(result: Result) -> tuple[str, str]:
    return result.state, result.reason


async def test_a_name_that_leads_here_is_told_from_every_other_case(place: Place) -> None:
    served, here = place
    assert said(await check_host.host(here)) == (OK, "here")
    served.put(HOST, "AAAA", "2001:db8::1")
    assert said(await check_host.host(here)) == (WARN, "ipv6_deaf")
    served.put(HOST, "AAAA").put(HOST, "A", "192.0.2.7")
    result = await check_host.host(here)
    assert (said(result), result.remedies[0].value) == ((WARN, "elsewhere"), "127.0.0.1")
    behind = replace(here, outward=lambda: ("10.0.0.1",))
    assert said(await check_host.host(behind)) == (OK, "translated")
    served.put(HOST, "A", "10.0.0.1")
    assert said(await check_host.host(here)) == (BAD, "private")
    served.put(HOST, "A").put(HOST, "CNAME", "real.example.").put("real.example", "A", "127.0.0.1")
    result = await check_host.host(here)
    assert (said(result), result.remedies[0].type) == ((WARN, "cname"), "A")
    served.put(HOST, "CNAME")
    result = await check_host.host(here)
    assert (said(result), [each.value for each in result.remedies]) == ((BAD, "missing"), ["127.0.0.1"])


async def test_a_name_without_a_domain_is_asked_nobody(tmp_path: Path) -> None:
    async with looking(tmp_path, MAILAPP_HOSTNAME="box") as (served, here):
        assert said(await check_host.host(here)) == (BAD, "no_name")
        assert not served.asked


async def test_the_reverse_name_has_to_be_the_servers(place: Place) -> None:
    served, here = place
    assert said(await check_host.reverse(here)) == (OK, "there")
    served.put("1.0.0.127.in-addr.arpa", "PTR", "vps-17.hoster.example.")
    result = await check_host.reverse(here)
    assert (said(result), result.values["found"]) == ((WARN, "wrong"), "vps-17.hoster.example")
    assert result.remedies[0].value == f"{HOST}."
    served.put("1.0.0.127.in-addr.arpa", "PTR")
    assert said(await check_host.reverse(here)) == (WARN, "missing")
    served.put(HOST, "A")
    assert said(await check_host.reverse(here)) == (SKIPPED, "no_address")


async def _address_apart(served: Zone, here: Surroundings) -> None:
    """127.0.0.1 is the entry lists never hold, so the server has another address here."""
    served.put(HOST, "A", "127.9.9.9")


async def test_a_listing_is_told_from_refusals_and_dead_lists(place: Place) -> None:
    served, here = place
    await _address_apart(served, here)
    assert said(await check_host.blocklist(here, ZONE)) == (OK, "free")
    served.put("9.9.9.127.list.example", "A", LISTED)
    result = await check_host.blocklist(here, ZONE)
    assert (said(result), result.values["codes"]) == ((WARN, "listed"), LISTED)
    served.put("9.9.9.127.list.example", "A", REFUSED)
    assert said(await check_host.blocklist(here, ZONE)) == (HINT, "refused")
    served.put("9.9.9.127.list.example", "A", "198.51.100.7")  # a provider's page for names that are none
    assert said(await check_host.blocklist(here, ZONE)) == (OK, "free")


@pytest.mark.parametrize(
    ("listed", "free", "reason"),
    [((REFUSED,), (REFUSED,), "refused"), ((LISTED,), (LISTED,), "dead"), ((), (), "dead")],
)
async def test_a_lists_test_entries_are_looked_at_first(
    place: Place, listed: tuple[str, ...], free: tuple[str, ...], reason: str
) -> None:
    served, here = place
    await _address_apart(served, here)
    served.put("2.0.0.127.list.example", "A", "127.0.0.4").put("2.0.0.127.list.example", "A", *listed)
    served.put("1.0.0.127.list.example", "A", "127.0.0.4").put("1.0.0.127.list.example", "A", *free)
    served.put("9.9.9.127.list.example", "A", LISTED)
    assert said(await check_host.blocklist(here, ZONE)) == (HINT, reason)


async def test_silence_is_not_taken_for_an_answer(place: Place) -> None:
    served, here = place
    served.failing.add(HOST)
    with pytest.raises(NoAnswer):
        await check_host.host(here)
