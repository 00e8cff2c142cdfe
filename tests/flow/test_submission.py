"""A draft that is submitted stands in Sent and in the queue, and what leaves is what was written."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.events import QUEUE, Bus, Changed, QueueChanged
from mailapp.flow.delivery import Delivery
from mailapp.mail.content import MemoryContent
from mailapp.mail.draft import Draft
from mailapp.mail.envelope import Envelope
from mailapp.store import accounts, contents, correspondents, filings, messages
from mailapp.store.contents import StoredContent
from mailapp.store.database import Database
from tests.flow.sending import HOSTNAME, LETTER, NOW_S, Desk, desk_of
from tests.store.support import indexed

LARGE = bytes(range(256)) * 8_192
NOW_MS = int(NOW_S * 1000)


@pytest.fixture
async def desk(database: Database, bus: Bus, tmp_path: Path) -> Desk:
    return await desk_of(database, bus, tmp_path)


async def test_a_submission_stands_in_sent_and_in_the_queue_and_leaves_drafts(desk: Desk) -> None:
    submitted = await desk.send(cc="Marta <marta@ilustra.example>", bcc="chen@hl.example")
    (row,) = await desk.folder("sent")
    assert (row.id, row.subject, row.from_name, row.seen) == (submitted.message_id, "第二版校样", "林越", True)
    assert (row.to_names, row.to_count) == ("周婧\nMarta\nchen@hl.example", 3)
    assert await desk.folder("drafts") == []
    item = await desk.item(submitted.item_id)
    assert {one.address for one in item.recipients} == {
        "zhou@sanlian.example",
        "marta@ilustra.example",
        "chen@hl.example",
    }
    assert (item.state, item.reverse_path, item.message_id) == ("waiting", "lin@yuanye.example", row.id)


async def test_what_leaves_is_right_and_names_nobody_in_bcc(desk: Desk) -> None:
    submitted = await desk.send(bcc="陈维 <chen@hl.example>")
    data = await desk.sent(submitted.message_id)
    message = await desk.sent_message(submitted.message_id)
    assert b"chen" not in data
    assert b"\nBcc" not in data
    assert (message.from_[0].address, message.to[0].name) == ("lin@yuanye.example", "周婧")
    assert message.text.startswith("周老师好：\n\n校样看完了。")
    assert message.message_id.endswith(f"@{HOSTNAME}")
    assert message.date_ms == NOW_MS


async def test_the_date_is_in_the_account_s_zone(desk: Desk) -> None:
    await desk.database.write(
        accounts.set_preferences, desk.account_id, name="林越", language="", time_zone="Asia/Shanghai", theme=""
    )
    submitted = await desk.send()
    assert b"Date: Mon, 21 Sep 2026 22:13:20 +0800\r\n" in await desk.sent(submitted.message_id)


async def test_pages_and_the_relay_are_told_after_the_commit(desk: Desk) -> None:
    saved = await desk.save()
    with desk.bus.subscribe(desk.account_id) as page, desk.bus.subscribe(QUEUE) as relay:
        submitted = await desk.submit(saved.draft_id)
        event = page.queue.get_nowait()
        assert isinstance(event, Changed)
        assert event.message_ids == (submitted.message_id,)
        assert isinstance(relay.queue.get_nowait(), QueueChanged)


async def test_attachments_travel_byte_for_byte(desk: Desk) -> None:
    saved = await desk.save()
    await desk.attach(saved.draft_id, "合同（终稿）.pdf", b"%PDF")
    await desk.attach(saved.draft_id, "扫描.tiff", LARGE, "image/tiff")
    before = await desk.contents()
    submitted = await desk.submit(saved.draft_id)
    assert await desk.sent_files(submitted.message_id) == {"合同（终稿）.pdf": b"%PDF", "扫描.tiff": LARGE}
    (row,) = await desk.folder("sent")
    assert row.attachment_count == 2
    assert await desk.contents() == before, "the message in place of the placeholder; nothing half written"
    await desk.database.write(contents.sweep)
    assert (await desk.sent_files(submitted.message_id))["扫描.tiff"] == LARGE


async def test_html_is_sanitised_and_goes_with_a_text_of_its_own(desk: Desk) -> None:
    html = '<p onclick="x()">新<b>稿</b></p><script>alert(1)</script>'
    saved = await desk.save(draft=replace(LETTER, text="", html=html))
    message = await desk.sent_message((await desk.submit(saved.draft_id)).message_id)
    assert "<b>稿</b>" in message.html
    assert "script" not in message.html
    assert "onclick" not in message.html
    assert message.text.strip() == "新稿"


async def test_an_inline_image_taken_out_of_the_text_does_not_leave(desk: Desk) -> None:
    saved = await desk.save(draft=replace(LETTER, html='<p>图</p><img src="cid:kept@x">'))
    await desk.attach(saved.draft_id, "留.png", b"kept", "image/png", cid="kept@x")
    await desk.attach(saved.draft_id, "去.png", b"gone", "image/png", cid="gone@x")
    submitted = await desk.submit(saved.draft_id)
    assert await desk.sent_files(submitted.message_id) == {"留.png": b"kept"}


async def test_in_plain_text_inline_images_travel_as_files(desk: Desk) -> None:
    saved = await desk.save()
    await desk.attach(saved.draft_id, "图.png", b"kept", "image/png", cid="kept@x")
    submitted = await desk.submit(saved.draft_id)
    assert await desk.sent_files(submitted.message_id) == {"图.png": b"kept"}


async def test_a_reply_is_threaded_and_marks_what_it_answers(desk: Desk) -> None:
    delivery = Delivery(desk.database, desk.bus, HOSTNAME)
    mail = b"From: zhou@sanlian.example\r\nMessage-ID: <1@sanlian.example>\r\nSubject: x\r\n\r\nx\r\n"
    await delivery.deliver(Envelope("zhou@sanlian.example", ("lin@yuanye.example",)), MemoryContent(mail))
    (original,) = await desk.folder("inbox")
    saved = await desk.save(
        draft=replace(LETTER, answers=original.id, in_reply_to="1@sanlian.example", references=("1@sanlian.example",))
    )
    submitted = await desk.submit(saved.draft_id)
    message = await desk.sent_message(submitted.message_id)
    assert (message.in_reply_to, message.references) == (("1@sanlian.example",), ("1@sanlian.example",))
    (original,) = await desk.folder("inbox")
    (copy,) = await desk.folder("sent")
    assert original.answered
    assert copy.thread_id == original.thread_id


async def test_whom_one_wrote_to_is_offered_from_then_on(desk: Desk) -> None:
    await desk.send(bcc="陈维 <chen@hl.example>")
    for text, address in (("周", "zhou@sanlian.example"), ("chen", "chen@hl.example")):
        (person,) = await desk.database.read(correspondents.matching, desk.account_id, text, 5)
        assert person.address == address


async def test_the_copy_in_sent_is_found_by_those_in_bcc_and_can_be_erased(desk: Desk) -> None:
    submitted = await desk.send(bcc="Wanda <chen@hl.example>")

    def found(db: sqlite3.Connection) -> list[int]:
        return indexed(db, "people:wanda")

    assert await desk.database.read(found) == [submitted.message_id]
    await desk.database.write(filings.erase, desk.account_id, submitted.message_id)
    assert await desk.database.read(found) == []
    assert len(await desk.claim()) == 0
    desk.clock.now += 11
    (claim,) = await desk.claim()
    content = await desk.database.read(lambda db: StoredContent(db, claim.content_id).read(0, 100))
    assert content.startswith(b"Date: "), "erasing the copy in Sent does not stop the mail"


async def test_each_address_is_written_to_once_in_the_form_that_travels(desk: Desk) -> None:
    submitted = await desk.send(to="A@例子.example, a@xn--fsqu00a.example", cc="a@例子.example", bcc="王@b.example")
    item = await desk.item(submitted.item_id)
    assert sorted(one.address for one in item.recipients) == ["A@xn--fsqu00a.example", "王@b.example"]
    assert item.utf8
    assert not (await desk.item((await desk.send("k2", to="A@例子.example")).item_id)).utf8


async def test_a_message_to_bcc_alone_names_nobody(desk: Desk) -> None:
    submitted = await desk.send(to="", bcc="chen@hl.example")
    assert b"To: undisclosed-recipients:;\r\n" in await desk.sent(submitted.message_id)
    (row,) = await desk.folder("sent")
    assert row.to_names == "chen@hl.example"


async def test_what_a_line_break_in_a_field_would_inject_does_not_leave(desk: Desk) -> None:
    saved = await desk.save(
        draft=Draft(to="a@b.example", subject="x\r\nBcc: evil@e.example", text="x", in_reply_to="a@b>\r\nX-Evil: 1")
    )
    data = await desk.sent((await desk.submit(saved.draft_id)).message_id)
    head = data.partition(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in head
    assert b"\nX-Evil" not in head


async def test_deliveries_and_submissions_share_their_ids(desk: Desk) -> None:
    delivery = Delivery(desk.database, desk.bus, HOSTNAME, desk.ids)
    sent = [delivery.deliver(Envelope("", ("lin@yuanye.example",)), MemoryContent(b"\r\nx\r\n")) for _ in range(20)]
    saved = [desk.save(f"k{number}") for number in range(20)]
    await asyncio.gather(*sent, *saved)
    rows = await desk.database.read(messages.page, messages.View(desk.account_id), None, 100)
    assert len({row.id for row in rows}) == 40
