"""The guided test: an address of one's own to write to, and each step of what comes for it."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mailapp.mail.transaction import Transaction
from mailapp.smtp.log import MailLog
from mailapp.smtp.server import SmtpServer, SmtpSettings
from mailapp.web.reader import Reader, zone
from mailapp.web.receiving_test_views import test_address as address_of
from mailapp.web.receiving_test_views import test_view as view_of
from tests.flow.test_receiving_log import told
from tests.web.conftest import ANN, LIN, Mail, letter

TAG = "abcdefgh"
TO = "lin+test-abcdefgh@yuanye.example"


@asynccontextmanager
async def entrance(mail: Mail) -> AsyncIterator[int]:
    """The SMTP entrance of a site; its port."""
    spool = mail.context.config.spool_dir
    settings = SmtpSettings([("127.0.0.1", 0)], "mail.yuanye.example", spool)
    server = SmtpServer(mail.delivery, settings, MailLog(mail.context.receiving))
    await server.start()
    try:
        yield server.addresses[0][1]
    finally:
        await server.stop(0.2)


def send(port: int, *to: str) -> None:
    """A letter over SMTP; blocking."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mx.sanlian.example", timeout=10) as client:
        client.sendmail("zhou@sanlian.example", to, letter("A test").as_bytes())


def reader() -> Reader:
    utc = zone("UTC")
    assert utc is not None
    return Reader(None, b"", "en", utc, "")


@pytest.mark.parametrize(
    ("address", "expected"),
    [(LIN, TO), ("a+b@c.example", "a+b@c.example"), ("x" * 60 + "@c.example", "x" * 60 + "@c.example")],
)
def test_the_address_is_ones_own_with_a_tag_where_there_is_room(address: str, expected: str) -> None:
    assert address_of(address, TAG) == expected


@pytest.mark.parametrize(
    ("one", "states", "verdict"),
    [
        (None, ["waiting"] * 6, ""),
        (told((TO, "")), ["done"] * 3 + ["waiting"] * 3, ""),
        (told((TO, ""), reply="250 2.0.0 Ok: 1f"), ["done"] * 5 + ["waiting"], ""),
        (
            told((TO, "452 4.2.2 Mailbox full")),
            ["done"] * 2 + ["failed"] + ["waiting"] * 3,
            "We did not take it: 452 4.2.2 Mailbox full",
        ),
        (
            told((TO, ""), reply="552 5.3.4 Message too big"),
            ["done"] * 3 + ["failed"] + ["waiting"] * 2,
            "We did not take it: 552 5.3.4 Message too big",
        ),
    ],
)
def test_each_step_is_done_waiting_or_failed(one: Transaction | None, states: list[str], verdict: str) -> None:
    if one is not None and not one.reply and not verdict:
        one.ended = 0.0  # it goes on
    view = view_of(reader(), TO, TAG, one)
    assert [step.state for step in view.steps] == states
    assert view.verdict == verdict
    assert view.seen_path == ("/receiving/test/seen/31" if states[4] == "done" else "")


async def test_what_comes_for_the_address_is_told_live_and_seen_at_the_end(mail: Mail) -> None:
    client = await mail.client()
    async with (
        entrance(mail) as port,
        client.request(f"/receiving/test/events?tag={TAG}") as connection,
    ):
        await asyncio.wait_for(connection.receive(), 10)
        await asyncio.to_thread(send, port, LIN)
        await asyncio.to_thread(send, port, TO)
        text = ""
        while "/receiving/test/seen/" not in text:
            text += (await asyncio.wait_for(connection.receive(), 10)).decode()
        await connection.disconnect()
    assert "mx.sanlian.example" in text
    assert text.index('id="test-named" class="test-step done"') < text.index(
        'id="test-committed" class="test-step done"'
    )
    path = "/receiving/test/seen/" + text.rpartition("/receiving/test/seen/")[2].partition('"')[0]
    html = await (await client.get(path)).get_data(as_text=True)
    assert f'href="/messages/{path.rpartition("/")[2]}"' in html
    assert (await (await mail.client(ANN)).get(path)).status_code == 404
    assert not mail.context.receiving.watching


@pytest.mark.parametrize("tag", ["", "x", "ABCDEFGH", "abcdefg1", "../../abc"])
async def test_no_other_tag_is_listened_for(mail: Mail, tag: str) -> None:
    client = await mail.client()
    assert (await client.get("/receiving/test/events", query_string={"tag": tag})).status_code == 404
    assert f"+test-{tag}@" not in await (await client.get(f"/receiving/test?tag={tag}")).get_data(as_text=True)


async def test_a_page_loaded_again_goes_on_with_its_test(mail: Mail) -> None:
    client = await mail.client()
    assert TO in await (await client.get(f"/receiving/test?tag={TAG}")).get_data(as_text=True)
