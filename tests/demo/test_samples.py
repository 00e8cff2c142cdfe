"""Sample mail is well-formed, varied, and comes over SMTP."""

import asyncio
import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from mailapp.demo import feeder, samples

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def built(letter: samples.Letter, number: int = 1) -> EmailMessage:
    content = samples.build(letter, "lin@demo.example", "林越", number, NOW)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("letter", samples.letters(), ids=lambda letter: letter.name)
def test_every_sample_is_a_sound_message(letter: samples.Letter) -> None:
    content = samples.build(letter, "lin@demo.example", "林越", 1, NOW)
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    message = built(letter)
    assert not any(part.defects for part in message.walk())
    for field in ("From", "To", "Subject", "Date", "Message-ID"):
        assert len(message.get_all(field, [])) == 1, field
    assert "{" not in str(message["Subject"])
    body = message.get_body(("html", "plain"))
    assert body is None or "{number}" not in body.get_content()
    assert message["From"].addresses[0].domain.endswith(".example")


def test_there_is_something_of_everything() -> None:
    messages = {letter.name: built(letter) for letter in samples.letters()}
    assert len(messages) >= 25
    assert 10 <= len(samples.history()) <= 15
    kinds = {part.get_content_type() for message in messages.values() for part in message.walk()}
    assert {"application/pdf", "image/png", "text/calendar", "multipart/report", "text/html"} <= kinds
    reverse_paths = {letter.reverse_path for letter in samples.letters()}
    assert "" in reverse_paths
    assert "shop@demo.example" in {letter.recipient("lin@demo.example") for letter in samples.letters()}
    assert "lin+yunshan@demo.example" in {letter.recipient("lin@demo.example") for letter in samples.letters()}


def test_the_oldest_comes_first_and_codes_differ() -> None:
    dates = [built(letter)["Date"].datetime for letter in samples.history()]
    assert dates == sorted(dates)
    assert dates[-1] < NOW
    code = next(letter for letter in samples.letters() if letter.name == "12-code")
    assert built(code, 1)["Subject"] != built(code, 2)["Subject"]


class _Inbox:
    def __init__(self) -> None:
        self.recipients: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.recipients += envelope.rcpt_tos
        return "250 OK"


async def test_the_feeder_delivers_a_burst_and_then_one_by_one() -> None:
    inbox = _Inbox()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(inbox, hostname="test.example"), "127.0.0.1", 0
    )
    address = server.sockets[0].getsockname()[:2]
    stop = asyncio.Event()
    readers = [account for account, _ in feeder.DEMO_ACCOUNTS]
    task = asyncio.create_task(feeder.feed(address, readers, stop, first_delay=0, interval=(0.01, 0.02)))
    wanted = len(samples.history()) + 5
    async with asyncio.timeout(20):
        while len(inbox.recipients) < wanted:
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(task, 20)
    server.close()
    assert {"lin@demo.example", "ana@demo.example", "shop@demo.example"} <= set(inbox.recipients)


async def test_the_feeder_outlives_a_server_that_is_not_there() -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(feeder.feed(("127.0.0.1", 9), ["lin@demo.example"], stop, first_delay=0))
    await asyncio.sleep(0.3)
    assert not task.done()
    stop.set()
    await asyncio.wait_for(task, 20)
