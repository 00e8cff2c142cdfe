"""The records of SendGrid's domain authentication: read from what is pasted, compared with what DNS has."""

import pytest

from mailapp.flow import relay_dns
from mailapp.flow.relay_dns import NoAnswer, NoName, NoSuchRecord, check, read

DOMAIN = "yuanye.example"
PASTED = """
CNAME   em1234.yuanye.example.          u99.wl.sendgrid.net.
CNAME   s1._domainkey.yuanye.example    s1.domainkey.u99.wl.sendgrid.net
CNAME   s2._domainkey.yuanye.example    s2.domainkey.u99.wl.sendgrid.net
"""
RECORDS = {
    ("em1234.yuanye.example", "CNAME"): "u99.wl.sendgrid.net",
    ("s1._domainkey.yuanye.example", "CNAME"): "s1.domainkey.u99.wl.sendgrid.net",
    ("s2._domainkey.yuanye.example", "CNAME"): "s2.domainkey.u99.wl.sendgrid.net",
    ("_dmarc.yuanye.example", "TXT"): "v=dmarc1; p=none",
}


class Zone:
    """Answers from a table; an exception in it is raised."""

    def __init__(self, **changes: object) -> None:
        self.records: dict[tuple[str, str], object] = dict(RECORDS)
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, name: str, type_: str) -> tuple[str, ...]:
        self.asked.append((name, type_))
        found = self.records.get((name, type_), NoName())
        if isinstance(found, Exception):
            raise found
        return (str(found),)


async def states(zone: Zone, pasted: str = PASTED) -> list[str]:
    return [each.state for each in await check(DOMAIN, pasted, zone)]


async def test_records_that_are_there_are_right() -> None:
    records = await check(DOMAIN, PASTED, Zone())
    assert [each.state for each in records] == ["ok"] * 4
    assert records[0].name == "em1234.yuanye.example"
    assert records[1].wanted == "s1.domainkey.u99.wl.sendgrid.net"


@pytest.mark.parametrize(
    "pasted",
    [
        PASTED,
        PASTED.upper(),
        "em1234 u99.wl.sendgrid.net; s1._domainkey s1.domainkey.u99.wl.sendgrid.net, s2._domainkey",
        '"em1234.yuanye.example"|u99.wl.sendgrid.net',
        "em1234.yuanye.example",
    ],
)
def test_what_sendgrid_shows_is_read_in_any_form(pasted: str) -> None:
    found = read(DOMAIN, pasted)
    assert "em1234.yuanye.example" in found
    assert found["em1234.yuanye.example"] in ("", "u99.wl.sendgrid.net")
    assert found.get("s1._domainkey.yuanye.example", "") in ("", "s1.domainkey.u99.wl.sendgrid.net")


@pytest.mark.parametrize(
    "pasted", ["", "\x00\udcff", "em" * 5_000, "sendgrid.net " * 300, "../../etc/passwd s9._domainkey"]
)
def test_anything_may_be_pasted(pasted: str) -> None:
    assert read(DOMAIN, pasted) == {}


async def test_without_what_sendgrid_shows_only_the_keys_are_looked_up() -> None:
    zone = Zone()
    assert await states(zone, "") == ["unknown", "ok", "ok", "ok"]
    assert not [name for name, _ in zone.asked if name.startswith("em")]


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (NoName(), "missing"),
        (NoSuchRecord(), "proxied"),
        (NoAnswer(), "silent"),
        ("s1.domainkey.u98.wl.sendgrid.net", "wrong"),
        ("somewhere.example", "wrong"),
    ],
)
async def test_what_is_wrong_with_a_record_is_told(found: object, state: str) -> None:
    zone = Zone()
    zone.records["s1._domainkey.yuanye.example", "CNAME"] = found
    assert (await states(zone))[1] == state


async def test_a_record_made_with_the_domain_twice_is_recognised() -> None:
    zone = Zone()
    moved = zone.records.pop(("s2._domainkey.yuanye.example", "CNAME"))
    zone.records["s2._domainkey.yuanye.example.yuanye.example", "CNAME"] = moved
    assert (await states(zone))[2] == "doubled"


@pytest.mark.parametrize(
    ("found", "state"), [(NoName(), "missing"), (NoAnswer(), "silent"), ("v=spf1 -all", "missing")]
)
async def test_dmarc_is_looked_up_too(found: object, state: str) -> None:
    zone = Zone()
    zone.records["_dmarc.yuanye.example", "TXT"] = found
    assert (await states(zone))[3] == state


async def test_a_name_nobody_can_ask_for_has_no_answer() -> None:
    with pytest.raises((NoAnswer, NoName)):
        await relay_dns.resolve("x" * 64 + ".example", "CNAME")
