"""What DNS says about a domain, asked of a real DNS server on loopback: good records, and each way they are wrong."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.flow import check_domain
from mailapp.flow.check_finding import BAD, HINT, OK, SKIPPED, WARN, Result
from mailapp.flow.check_surroundings import Surroundings
from tests.flow.checks import MAILGUN, SENDGRID, looking
from tests.zones import DOMAIN, HOST, Zone

Place = tuple[Zone, Surroundings]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with looking(tmp_path) as found:
        yield found


def said(result: Result) -> tuple[str, str]:
    return result.state, result.reason


MX = [
    ((f"10 {HOST}.",), OK, "here"),
    ((f"20 {HOST}.", "30 backup.example."), OK, "here"),
    ((f"20 {HOST}.", "10 other.example."), WARN, "later"),
    (("10 other.example.",), BAD, "elsewhere"),
    (("0 .",), BAD, "null_mx"),
    (("10 alias.example.",), OK, "here"),
]


@pytest.mark.parametrize(("values", "state", "reason"), MX)
async def test_mx_leads_here_or_the_record_that_does_is_named(
    place: Place, values: tuple[str, ...], state: str, reason: str
) -> None:
    served, here = place
    served.put(DOMAIN, "MX", *values).put("alias.example", "A", "127.0.0.1").put("other.example", "A", "192.0.2.9")
    result = await check_domain.mx(here, DOMAIN)
    assert said(result) == (state, reason)
    if state == BAD:
        assert (result.remedies[0].type, result.remedies[0].value) == ("MX", f"10 {HOST}.")


async def test_without_mx_an_address_that_leads_here_is_told_from_nothing(place: Place) -> None:
    served, here = place
    served.put(DOMAIN, "MX")
    assert said(await check_domain.mx(here, DOMAIN)) == (BAD, "missing")
    served.put(DOMAIN, "A", "127.0.0.1")
    assert said(await check_domain.mx(here, DOMAIN)) == (WARN, "implicit")
    assert said(await check_domain.mx(here, "nowhere.example")) == (BAD, "no_domain")


SPF = [
    ("v=spf1 include:mailgun.org ~all", OK, "there", ""),
    ("v=spf1 include:_spf.us.example -all", OK, "there", ""),
    ("v=spf1 mx ~all", BAD, "not_allowed", "v=spf1 mx include:mailgun.org ~all"),
    ("v=spf1 include:mailgun.org +all", BAD, "everybody", "v=spf1 include:mailgun.org ~all"),
    ("v=spf1 include:mailgun.org", WARN, "open", "v=spf1 include:mailgun.org ~all"),
    ("v=spf1 includes:mailgun.org ~all", BAD, "wrong", ""),
    ("v=spf1 include:loop.example include:mailgun.org ~all", BAD, "lookups", ""),
]


@pytest.mark.parametrize(("record", "state", "reason", "remedy"), SPF)
async def test_spf_has_to_be_sound_and_let_the_relay_send(
    place: Place, record: str, state: str, reason: str, remedy: str
) -> None:
    served, here = place
    served.put(DOMAIN, "TXT", record).put("_spf.us.example", "TXT", "v=spf1 include:mailgun.org ~all")
    served.put("loop.example", "TXT", "v=spf1 a:a.example mx:b.example a:c.example include:loop2.example ~all")
    served.put("loop2.example", "TXT", "v=spf1 a mx exists:x.example a:d.example a:e.example include:loop.example ~all")
    result = await check_domain.sender_policy(here, DOMAIN, (MAILGUN,))
    assert said(result) == (state, reason)
    assert "".join(each.value for each in result.remedies) == remedy


async def test_spf_that_is_missing_is_written_out_for_the_relays_of_the_domain(place: Place) -> None:
    served, here = place
    served.put(DOMAIN, "TXT", "something else")
    result = await check_domain.sender_policy(here, DOMAIN, (SENDGRID, MAILGUN))
    assert said(result) == (BAD, "missing")
    assert result.remedies[0].value == "v=spf1 include:mailgun.org ~all"
    # SendGrid's return path is a name of its own, which needs no include
    assert said(await check_domain.sender_policy(here, DOMAIN, (SENDGRID,))) == (HINT, "missing")
    assert said(await check_domain.sender_policy(here, DOMAIN, ())) == (SKIPPED, "no_relay")


async def test_two_spf_records_are_made_one(place: Place) -> None:
    served, here = place
    served.put(DOMAIN, "TXT", "v=spf1 mx -all", "v=spf1 include:a.example ~all")
    result = await check_domain.sender_policy(here, DOMAIN, (MAILGUN,))
    assert said(result) == (BAD, "several")
    assert result.remedies[0].value == "v=spf1 include:a.example mx include:mailgun.org ~all"


DMARC = [
    (("v=DMARC1; p=none",), OK, "none"),
    (("v=DMARC1;p=reject",), OK, "reject"),
    (("v=DMARC1; p=rejekt",), BAD, "wrong"),
    (("v=DMARC1; p=none", "v=DMARC1; p=reject"), BAD, "several"),
    (("v=other",), WARN, "missing"),
]


@pytest.mark.parametrize(("values", "state", "reason"), DMARC)
async def test_dmarc(place: Place, values: tuple[str, ...], state: str, reason: str) -> None:
    served, here = place
    served.put(f"_dmarc.{DOMAIN}", "TXT", *values)
    assert said(await check_domain.dmarc(here, DOMAIN)) == (state, reason)


async def test_dmarc_of_the_organisation_covers_its_subdomains(place: Place) -> None:
    _, here = place
    assert said(await check_domain.dmarc(here, f"a.b.{DOMAIN}")) == (OK, "quarantine")


async def test_optional_policies_that_are_missing_are_hints_with_the_record(place: Place) -> None:
    served, here = place
    served.put(f"_mta-sts.{DOMAIN}", "TXT").put(f"_smtp._tls.{DOMAIN}", "TXT")
    here = replace(here, clock=lambda: 0.0)
    sts, rpt = await check_domain.mta_sts(here, DOMAIN), await check_domain.tls_rpt(here, DOMAIN)
    assert (said(sts), sts.remedies[0].value) == ((HINT, "missing"), "v=STSv1; id=19700101")
    assert (said(rpt), rpt.remedies[0].name) == ((HINT, "missing"), f"_smtp._tls.{DOMAIN}")


async def test_tls_reports_need_an_address(place: Place) -> None:
    served, here = place
    assert said(await check_domain.tls_rpt(here, DOMAIN)) == (OK, "there")
    served.put(f"_smtp._tls.{DOMAIN}", "TXT", "v=TLSRPTv1; rua=postmaster")
    assert said(await check_domain.tls_rpt(here, DOMAIN)) == (WARN, "wrong")
