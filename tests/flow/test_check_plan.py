"""Running checks: all of them, bounded, each with a time of its own, and silence waited for once."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from mailapp.flow import check_plan
from mailapp.flow.check_finding import BAD, OK, SKIPPED, STATES, Check, Finding, Result
from mailapp.flow.check_words import TEXTS, words
from mailapp.flow.looking_up import Lookup
from mailapp.i18n import LANGUAGES, translations
from mailapp.store.domains import Domain
from tests.flow.checks import MAILGUN, SENDGRID, looking
from tests.zones import DOMAIN


async def _found(checks: list[Check], here: object, **bounds: float) -> dict[tuple[str, str], Finding]:
    found = [each async for each in check_plan.run(here, checks, **bounds)]  # type: ignore[arg-type]
    assert len(found) == len(checks)
    return {(each.name, each.part): each for each in found}


async def test_a_plan_holds_every_check_and_each_finds_something_to_say(tmp_path: Path) -> None:
    text = f"em1.{DOMAIN} CNAME u1.wl.sendgrid.net\ns1._domainkey.{DOMAIN} CNAME s1.domainkey.u1.wl.sendgrid.net"
    domains = [Domain(1, DOMAIN, "active", None, text)]
    async with looking(tmp_path, domains=domains, routes=[(DOMAIN, (SENDGRID, MAILGUN))]) as (_, here):
        checks = check_plan.plan(here)
        assert {each.name for each in checks} | {"relay"} == set(TEXTS)
        assert len({each.key for each in checks}) == len(checks)
        found = await _found(checks, here)
        assert {each.state for each in found.values()} <= set(STATES)
        assert found["mx", ""].state == found["spf", ""].state == found["dkim", "SendGrid"].state == OK
        assert found["record", f"em1.{DOMAIN} CNAME"].reason == "missing"
        for finding in found.values():
            for language in LANGUAGES:
                said = words(translations(language).gettext, finding)
                assert said.text != finding.reason
                assert "{" not in said.text + said.title + said.lead


async def test_a_domain_can_be_looked_at_alone(tmp_path: Path) -> None:
    async with looking(tmp_path) as (_, here):
        assert {each.about for each in check_plan.plan(here, DOMAIN)} == {DOMAIN}


async def test_silent_dns_is_waited_for_once(tmp_path: Path) -> None:
    domains = [Domain(each, f"d{each}.example", "active", None) for each in range(20)]
    async with looking(tmp_path, domains=domains, routes=[]) as (served, here):
        served.silent = True
        here = replace(here, lookup=Lookup([("127.0.0.1", served.port)], timeout=0.3))
        began = time.monotonic()
        found = await _found(check_plan.plan(here), here)
        assert time.monotonic() - began < 5
        assert (found["dns", ""].state, found["mx", ""].state, found["mx", ""].reason) == (BAD, SKIPPED, "dns_silent")
        assert {name for name, _ in served.asked} == {here.hostname}


async def test_a_check_that_hangs_or_breaks_harms_no_other(tmp_path: Path) -> None:
    async def hangs() -> Result:
        await asyncio.Event().wait()
        raise AssertionError

    async def breaks() -> Result:
        raise KeyError("x")

    async def works() -> Result:
        return Result(OK, "room")

    checks = [
        Check(name, "", "", look, asks_dns=False)
        for name, look in (("clock", hangs), ("backup", breaks), ("disk", works))
    ]
    async with looking(tmp_path) as (_, here):
        found = await _found(checks, here, each_s=0.1)
        assert {name: each.reason for (name, _), each in found.items()} == {
            "clock": "timeout",
            "backup": "unforeseen",
            "disk": "room",
        }
        found = await _found(checks, here, all_s=0.1)
        assert found["clock", ""].reason == "timeout"
