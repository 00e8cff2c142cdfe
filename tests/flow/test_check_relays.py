"""The keys and records relays need in DNS, and logging in to one, against real servers on loopback."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.flow import check_relays
from mailapp.flow.check_finding import BAD, HINT, OK, WARN, Result
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.relaying import sealed
from mailapp.mail.dns_policies import Wanted
from mailapp.store.relays import Relay
from tests.flow.checks import MAILGUN, SENDGRID, SES, looking
from tests.relays import fake_relay
from tests.zones import DOMAIN, Zone

Place = tuple[Zone, Surroundings]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with looking(tmp_path) as found:
        yield found


def said(result: Result) -> tuple[str, str]:
    return result.state, result.reason


async def test_the_usual_keys_of_each_service_are_found(place: Place) -> None:
    served, here = place
    assert said(await check_relays.dkim(here, DOMAIN, SENDGRID, "")) == (OK, "there")
    assert said(await check_relays.dkim(here, DOMAIN, MAILGUN, "")) == (OK, "there")
    assert said(await check_relays.dkim(here, DOMAIN, SES, "")) == (HINT, "unknown")
    served.put(f"s2._domainkey.{DOMAIN}", "CNAME").put(f"mx._domainkey.{DOMAIN}", "TXT")
    result = await check_relays.dkim(here, DOMAIN, SENDGRID, "")
    assert (said(result), result.values["name"]) == ((BAD, "missing"), f"s2._domainkey.{DOMAIN}")
    assert said(await check_relays.dkim(here, DOMAIN, MAILGUN, "")) == (WARN, "missing")


async def test_a_key_that_points_elsewhere_or_is_withdrawn_is_wrong(place: Place) -> None:
    served, here = place
    served.put(f"s1._domainkey.{DOMAIN}", "CNAME", "s1.elsewhere.example.").put(f"mx._domainkey.{DOMAIN}", "TXT", "p=")
    assert said(await check_relays.dkim(here, DOMAIN, SENDGRID, "")) == (BAD, "wrong")
    assert said(await check_relays.dkim(here, DOMAIN, MAILGUN, "")) == (BAD, "wrong")


async def test_what_the_relay_shows_is_compared_to_the_letter_and_is_the_remedy(place: Place) -> None:
    served, here = place
    text = "abc._domainkey CNAME abc.dkim.amazonses.com\nxyz._domainkey CNAME xyz.dkim.amazonses.com"
    served.put(f"abc._domainkey.{DOMAIN}", "CNAME", "abc.dkim.amazonses.com.")
    result = await check_relays.dkim(here, DOMAIN, SES, text)
    assert said(result) == (BAD, "missing")
    assert [(each.name, each.value) for each in result.remedies] == [
        (f"xyz._domainkey.{DOMAIN}", "xyz.dkim.amazonses.com")
    ]
    served.put(f"xyz._domainkey.{DOMAIN}", "CNAME", "xyz.dkim.amazonses.com.")
    assert said(await check_relays.dkim(here, DOMAIN, SES, text)) == (OK, "there")


RECORDS = [
    (Wanted(f"em1.{DOMAIN}", "CNAME", "u1.wl.sendgrid.net"), OK, "there"),
    (Wanted(f"em2.{DOMAIN}", "CNAME", "u1.wl.sendgrid.net"), BAD, "missing"),
    (Wanted(f"em3.{DOMAIN}", "CNAME", "u1.wl.sendgrid.net"), BAD, "doubled"),
    (Wanted(f"em4.{DOMAIN}", "CNAME", "u1.wl.sendgrid.net"), BAD, "proxied"),
    (Wanted(f"em1.{DOMAIN}", "CNAME", "u2.wl.sendgrid.net"), BAD, "wrong"),
    (Wanted(f"send.{DOMAIN}", "MX", "feedback-smtp.example"), OK, "there"),
    (Wanted(f"resend._domainkey.{DOMAIN}", "TXT", "p=MIG AB;"), OK, "there"),
]


@pytest.mark.parametrize(("wanted", "state", "reason"), RECORDS)
async def test_each_slip_with_a_record_is_told_from_the_others(
    place: Place, wanted: Wanted, state: str, reason: str
) -> None:
    served, here = place
    served.put(f"em1.{DOMAIN}", "CNAME", "u1.wl.sendgrid.net.").put(f"em4.{DOMAIN}", "A", "192.0.2.1")
    served.put(f"em3.{DOMAIN}.{DOMAIN}", "CNAME", "u1.wl.sendgrid.net.")
    served.put(f"send.{DOMAIN}", "MX", "10 feedback-smtp.example.")
    served.put(f"resend._domainkey.{DOMAIN}", "TXT", "p=MIGAB")
    assert said(await check_relays.one_record(here, wanted)) == (state, reason)


async def test_sendgrids_records_are_understood_without_types() -> None:
    found = check_relays.wanted_records(DOMAIN, "em7.yuanye.example u1.wl.sendgrid.net")
    assert found == (Wanted(f"em7.{DOMAIN}", "CNAME", "u1.wl.sendgrid.net"),)


async def test_logging_in_is_tried_and_nothing_is_sent(place: Place) -> None:
    _, here = place
    async with fake_relay(users={"lin": "secret"}) as relay:
        here = replace(here, tls=relay.trust)
        secret = sealed(here.seal, "secret")
        held = Relay(name="r", host="127.0.0.1", port=relay.port, security="starttls", username="lin", secret=secret)
        assert said(await check_relays.login(here, held)) == (OK, "ok")
        wrong = replace(held, secret=sealed(here.seal, "wrong"))
        assert said(await check_relays.login(here, wrong)) == (BAD, "login")
        assert not relay.messages
    assert said(await check_relays.login(here, held)) == (BAD, "refused")
    (here.config.key_file).unlink()
    assert said(await check_relays.login(here, held)) == (BAD, "sealing")
