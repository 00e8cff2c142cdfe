"""Our own entrance looked at over real connections: SMTP, its certificate, the pages, and that it is no open relay."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailapp.events import Bus
from mailapp.flow import check_domain, check_entrance
from mailapp.flow.check_finding import BAD, HINT, OK, SKIPPED, WARN, Result
from mailapp.flow.check_surroundings import Surroundings
from mailapp.flow.delivery import Delivery
from mailapp.mail.transaction import Transaction
from mailapp.smtp.handler import NullLog
from mailapp.smtp.server import SmtpServer, SmtpSettings
from mailapp.store.database import Database
from tests.certificates import GOOD, pair
from tests.conftest import make_account
from tests.flow.checks import looking
from tests.pages import https_pages
from tests.zones import DOMAIN, HOST, Zone

DAY = 86_400


def said(result: Result) -> tuple[str, str]:
    return result.state, result.reason


@asynccontextmanager
async def entrance(
    database: Database, directory: Path, hostname: str = HOST, **changes: Any
) -> AsyncIterator[tuple[Zone, Surroundings]]:
    """Our SMTP server over a real store, with an account and a catch-all."""
    await make_account(database, f"lin@{DOMAIN}", admin=True, catch_all=True)
    delivery = Delivery(database, Bus(), hostname)
    smtp = SmtpServer(delivery, SmtpSettings([("127.0.0.1", 0)], hostname, directory))
    await smtp.start()
    try:
        async with looking(directory, listeners=smtp.addresses, **changes) as (served, here):
            yield served, replace(here, smtp_port=smtp.addresses[0][1])
    finally:
        await smtp.stop()
        delivery.close()


async def test_our_server_answers_with_its_name_and_refuses_mail_for_others(database: Database, tmp_path: Path) -> None:
    async with entrance(database, tmp_path) as (served, here):
        assert said(await check_entrance.listener(here)) == (OK, "answers")
        assert said(await check_entrance.port_25(here)) == (OK, "answers")
        assert said(await check_entrance.open_relay(here)) == (OK, "closed")
        served.put(HOST, "A")
        assert said(await check_entrance.port_25(here)) == (SKIPPED, "no_address")


async def test_the_receiving_log_knows_the_check_for_what_it_is(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Transaction] = []
    monkeypatch.setattr(NullLog, "ended", lambda self, transaction: told.append(transaction))
    async with entrance(database, tmp_path) as (_, here):
        assert said(await check_entrance.open_relay(here)) == (OK, "closed")
    asked = [one for one in told if one.asked]
    assert len(asked) == 5
    assert all(one.is_check for one in asked)


async def test_another_program_on_the_port_is_noticed(database: Database, tmp_path: Path) -> None:
    async with entrance(database, tmp_path, hostname="other.example") as (_, here):
        result = await check_entrance.listener(here)
        assert (said(result), result.values["found"]) == ((BAD, "other"), "other.example")
        assert said(await check_entrance.port_25(here)) == (BAD, "other")


class _Open:
    """A receiver that takes everything."""

    async def check_recipient(self, address: str) -> None:
        pass

    async def deliver(self, *_: object) -> str:
        raise AssertionError("nothing is sent")


async def test_an_open_relay_is_noticed_without_sending_anything(tmp_path: Path) -> None:
    smtp = SmtpServer(_Open(), SmtpSettings([("127.0.0.1", 0)], HOST, tmp_path))
    await smtp.start()
    async with looking(tmp_path, listeners=smtp.addresses) as (_, here):
        result = await check_entrance.open_relay(here)
        await smtp.stop()
        assert (said(result), result.values["recipient"]) == ((BAD, "takes"), "stranger@open-relay-test.invalid")
        assert said(await check_entrance.open_relay(here)) == (SKIPPED, "listener")
        assert said(await check_entrance.listener(here)) == (BAD, "refused")
        closed = replace(here, smtp_port=here.listeners[0][1])
        assert said(await check_entrance.port_25(closed)) == (WARN, "silent")
        with closing(socket.socket()) as nobody:  # taken, and nothing listens there
            nobody.bind(("127.0.0.1", 0))
            other = replace(here, smtp_port=nobody.getsockname()[1])
            assert said(await check_entrance.port_25(other)) == (BAD, "not_listening")


async def test_the_certificates_name_and_end_are_judged(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(pair(GOOD).certificate)
    key.write_bytes(pair(GOOD).key)
    files = {"MAILAPP_TLS_CERT": cert, "MAILAPP_TLS_KEY": key}
    async with looking(tmp_path, **files, MAILAPP_HOSTNAME="relay.example") as (_, here):
        now = here.clock()
        assert said(await check_entrance.certificate(here)) == (WARN, "ends")
        assert said(await check_entrance.certificate(replace(here, clock=lambda: now + 5 * DAY))) == (BAD, "ended")
        early = replace(here, clock=lambda: now - 30 * DAY)
        assert said(await check_entrance.certificate(early)) == (HINT, "self_signed")
        cert.write_text("nonsense")
        assert said(await check_entrance.certificate(here)) == (BAD, "unreadable")
    cert.write_bytes(pair(GOOD).certificate)
    async with looking(tmp_path, **files) as (_, here):
        assert said(await check_entrance.certificate(replace(here, clock=lambda: now - 30 * DAY))) == (WARN, "name")
    async with looking(tmp_path) as (_, here):
        result = await check_entrance.certificate(here)
        assert (said(result), len(result.remedies)) == ((WARN, "none"), 2)


async def test_the_pages_are_fetched_as_a_browser_would(tmp_path: Path) -> None:
    async with https_pages({"/healthz": '{"status":"ok"}'}) as pages:
        url = f"https://relay.example:{pages.port}"
        async with looking(tmp_path, MAILAPP_PUBLIC_URL=url) as (served, here):
            served.put("relay.example", "A", "127.0.0.1")
            here = replace(here, tls=pages.trust)
            early = replace(here, clock=lambda: here.clock() - 30 * DAY)
            assert said(await check_entrance.https(early)) == (OK, "good")
            assert said(await check_entrance.https(here)) == (WARN, "ends")
            strange = await check_entrance.https(replace(here, tls=ssl.create_default_context()))
            assert said(strange) == (BAD, "certificate")
            pages.answers.clear()
            assert said(await check_entrance.https(here)) == (BAD, "not_us")
            served.put("relay.example", "A")
            assert said(await check_entrance.https(here)) == (BAD, "no_address")


STS = [
    (f"version: STSv1\nmode: testing\nmx: {HOST}\nmax_age: 604800\n", OK, "testing"),
    ("version: STSv1\r\nmode: testing\r\nmx: *.yuanye.example\r\nmax_age: 86400\r\n", OK, "testing"),
    ("version: STSv1\nmode: testing\nmx: other.example\nmax_age: 1\n", WARN, "other_mx"),
    ("version: STSv1\nmode: enforce\nmx: other.example\nmax_age: 1\n", BAD, "other_mx"),
    (f"version: STSv1\nmode: enforce\nmx: {HOST}\nmax_age: 1\n", BAD, "no_tls"),
    ("version: STSv1\nmode: none\n", HINT, "off"),
    ("<html>404", BAD, "no_policy"),
]


async def test_a_policy_is_read_over_https_and_has_to_name_this_server(tmp_path: Path) -> None:
    async with https_pages({}) as pages, looking(tmp_path) as (served, here):
        served.put(f"_mta-sts.{DOMAIN}", "TXT").put("_mta-sts.example", "TXT", "v=STSv1; id=1")
        here = replace(here, https_port=pages.port, tls=pages.trust)
        assert said(await check_domain.mta_sts(here, "example")) == (BAD, "no_host")
        served.put("mta-sts.example", "A", "127.0.0.1")
        assert said(await check_domain.mta_sts(here, "example")) == (BAD, "page_certificate")


@pytest.mark.parametrize(("text", "state", "reason"), STS)
async def test_each_policy_is_judged(tmp_path: Path, text: str, state: str, reason: str) -> None:
    policy = {"/.well-known/mta-sts.txt": text}
    async with https_pages(policy, f"mta-sts.{DOMAIN}") as pages, looking(tmp_path) as (served, here):
        served.put(f"mta-sts.{DOMAIN}", "A", "127.0.0.1")
        here = replace(here, https_port=pages.port, tls=pages.trust)
        assert said(await check_domain.mta_sts(here, DOMAIN)) == (state, reason)
