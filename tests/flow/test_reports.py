"""A DSN that comes in moves the status of the mail it is about, and of no other."""

from pathlib import Path

import pytest

from mailapp.flow.delivery import Delivery
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.store import changes
from tests.conftest import make_account
from tests.flow.posting import HOSTNAME, SENDER, Post, posting
from tests.relays import fake_relay

DSN = (
    "From: MAILER-DAEMON@far.example\r\nTo: {to}\r\nSubject: Undeliverable\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    "--b\r\n\r\nSorry.\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.far.example\r\n\r\n"
    "Final-Recipient: rfc822; {about}\r\nAction: {action}\r\nStatus: {status}\r\n"
    "Diagnostic-Code: smtp; 550 5.2.1 {about} is away for good\r\n\r\n"
    "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}@yuanye.example>\r\nSubject: Wednesday\r\n\r\n"
    "--b--\r\n"
)


async def _arrives(
    post: Post,
    *,
    to: str = SENDER,
    about: str = "zhou@bei.example",
    action: str = "failed",
    status: str = "5.2.1",
    number: int = 1,
    reverse_path: str = "",
) -> None:
    content = DSN.format(to=to, about=about, action=action, status=status, id=number).encode()
    delivery = Delivery(post.database, post.bus, HOSTNAME, post.ids)
    envelope = Envelope(reverse_path, (to,), peer="192.0.2.1", helo="mx.far.example")
    await delivery.deliver(envelope, MemoryContent(content))
    delivery.close()


async def test_a_bounce_makes_what_the_relay_accepted_failed_and_rings_the_bell(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        item_id = await post.submit("zhou@bei.example", "ana@bei.example")
        await post.until(item_id, lambda item: item.state == "done")
        await _arrives(post, about="Zhou@BEI.example")
        item = await post.item(item_id)
        assert [(one.address, one.state, one.code) for one in item.recipients] == [
            ("zhou@bei.example", "failed", 550),
            ("ana@bei.example", "sent", 250),
        ]
        assert item.recipients[0].reason.startswith("by mail: 550 5.2.1")
        assert not item.noticed
        assert len(await post.inbox()) == 1


async def test_pages_are_told(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        item_id = await post.submit()
        await post.recipient(item_id, "sent")
        with post.bus.subscribe(post.account_id) as subscription:
            await _arrives(post)
            events = [subscription.queue.get_nowait() for _ in range(subscription.queue.qsize())]
        message_id = (await post.item(item_id)).message_id
        assert any(message_id in getattr(event, "message_ids", ()) for event in events)


@pytest.mark.parametrize(("action", "state"), [("delivered", "delivered"), ("delayed", "sent"), ("relayed", "sent")])
async def test_other_actions(tmp_path: Path, action: str, state: str) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        item_id = await post.submit()
        await post.recipient(item_id, "sent")
        await _arrives(post, action=action, status="2.0.0")
        assert (await post.item(item_id)).recipients[0].state == state


async def test_a_report_changes_nothing_that_is_not_its_own(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        await make_account(post.database, "ana@yuanye.example")
        item_id = await post.submit()
        await post.recipient(item_id, "sent")
        await _arrives(post, to="ana@yuanye.example")
        await _arrives(post, number=99)
        await _arrives(post, about="somebody@else.example")
        await _arrives(post, reverse_path="liar@far.example")
        assert (await post.item(item_id)).recipients[0].state == "sent"


async def test_a_report_that_names_many_is_one_unit_of_work(tmp_path: Path) -> None:
    groups = "".join(
        f"Final-Recipient: rfc822; zhou@bei.example\r\nAction: delayed\r\nDiagnostic-Code: smtp; {number}\r\n\r\n"
        for number in range(50)
    )
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        item_id = await post.submit()
        await post.recipient(item_id, "sent")
        before = await post.database.read(changes.latest)
        delivery = Delivery(post.database, post.bus, HOSTNAME, post.ids)
        content = DSN.format(to=SENDER, about="bo@bei.example", action="failed", status="5.0.0", id=1)
        content = content.replace("Final-Recipient", groups + "Final-Recipient")
        await delivery.deliver(Envelope("", (SENDER,), peer="192.0.2.1"), MemoryContent(content.encode()))
        delivery.close()
        assert (await post.item(item_id)).recipients[0].reason == "by mail: 0"
        assert await post.database.read(changes.latest) == before + 2  # the report itself, and what it told


async def test_a_report_about_what_we_still_send_is_not_believed(tmp_path: Path) -> None:
    async with fake_relay() as relay, posting(tmp_path, relay) as post:
        relay.answer("rcpt", "450 4.2.1 Full")
        item_id = await post.submit()
        await post.recipient(item_id, "deferred")
        await _arrives(post)
        assert (await post.item(item_id)).recipients[0].state == "deferred"


async def test_a_report_that_cannot_be_stored_is_delivered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with posting(tmp_path, start=False) as post:

        def broken(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("mailapp.store.queue.report_event", broken)
        await _arrives(post)
        assert len(await post.inbox()) == 1
