"""Attachments of drafts are kept byte for byte, bounded, and leave nothing behind when they fail."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailapp.events import Bus
from mailapp.flow import attaching, drafting
from mailapp.flow.delivery import Delivery
from mailapp.flow.drafting import DraftRefused, DraftTooLarge
from mailapp.mail.content import MemoryContent
from mailapp.mail.draft import Draft
from mailapp.mail.envelope import Envelope
from mailapp.store import contents
from mailapp.store.contents import StoredContent
from mailapp.store.database import Database, StoreError
from tests.conftest import make_account
from tests.flow.sending import Desk, desk_of, in_pieces

LARGE = bytes(range(256)) * 4_096
"""A mebibyte: several chunks, spooled on its way."""


@pytest.fixture
async def desk(database: Database, bus: Bus, tmp_path: Path) -> Desk:
    return await desk_of(database, bus, tmp_path)


async def _bytes(desk: Desk, content_id: int) -> bytes:
    return await desk.database.read(lambda db: StoredContent(db, content_id).read(0, 1 << 30))


async def test_attachments_small_and_large_are_kept_byte_for_byte(desk: Desk) -> None:
    saved = await desk.save()
    await desk.attach(saved.draft_id, "合同.pdf", b"small")
    await desk.attach(saved.draft_id, "扫描.tiff", LARGE, "image/tiff", piece=100_003)
    stored = await desk.draft(saved.draft_id)
    assert stored is not None
    assert [(one.name, one.content_type, one.size) for one in stored.attachments] == [
        ("合同.pdf", "application/pdf", 5),
        ("扫描.tiff", "image/tiff", len(LARGE)),
    ]
    assert [await _bytes(desk, one.content_id) for one in stored.attachments] == [b"small", LARGE]
    (row,) = await desk.folder("drafts")
    assert row.attachment_count == 2


async def test_an_attachment_survives_the_sweep_of_the_next_start(desk: Desk) -> None:
    saved = await desk.save()
    await desk.attach(saved.draft_id, "a.bin", LARGE)
    await desk.database.write(contents.sweep)
    stored = await desk.draft(saved.draft_id)
    assert stored is not None
    assert await _bytes(desk, stored.attachments[0].content_id) == LARGE


async def test_a_name_with_a_path_is_kept_without_it(desk: Desk) -> None:
    saved = await desk.save()
    await desk.attach(saved.draft_id, "C:\\Users\\lin\\报价.xlsx", b"x")
    await desk.attach(saved.draft_id, "../..", b"x")
    stored = await desk.draft(saved.draft_id)
    assert stored is not None
    assert [one.name for one in stored.attachments] == ["报价.xlsx", "attachment"]


async def test_too_large_an_attachment_is_refused_while_it_comes(database: Database, bus: Bus, tmp_path: Path) -> None:
    desk = await desk_of(database, bus, tmp_path, max_message_size=400_000)
    saved = await desk.save()
    before = await desk.contents()
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 10_000
            yield b"x" * 10_000

    with pytest.raises(DraftTooLarge) as refused:
        await desk.drafting.attach(desk.account_id, saved.draft_id, "a", "a/b", endless())
    assert taken < 300_000, "base64 takes a third more than the file"
    assert refused.value.limit == 400_000
    assert refused.value.size > 400_000
    assert await desk.contents() == before


async def test_a_size_known_beforehand_is_refused_whatever_comes(database: Database, bus: Bus, tmp_path: Path) -> None:
    desk = await desk_of(database, bus, tmp_path, max_message_size=400_000)
    saved = await desk.save()

    with pytest.raises(DraftTooLarge):
        await desk.drafting.attach(desk.account_id, saved.draft_id, "a", "a/b", in_pieces(b"x"), expected=300_001)


async def test_attachments_together_are_bounded_also_when_they_come_at_once(
    database: Database, bus: Bus, tmp_path: Path
) -> None:
    desk = await desk_of(database, bus, tmp_path, max_message_size=700_000)
    saved = await desk.save()
    done = await asyncio.gather(
        *(desk.attach(saved.draft_id, f"{number}.bin", b"x" * 200_000) for number in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, int) for one in done) == 2
    assert sum(isinstance(one, DraftTooLarge) for one in done) == 2
    stored = await desk.draft(saved.draft_id)
    assert stored is not None
    assert len(stored.attachments) == 2


async def test_how_many_attachments_a_draft_has_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attaching, "ATTACHMENTS_LIMIT", 1)
    saved = await desk.save()
    await desk.attach(saved.draft_id, "a", b"x")
    with pytest.raises(DraftRefused) as refused:
        await desk.attach(saved.draft_id, "b", b"x")
    assert refused.value.reason == "too_many_attachments"


async def test_an_upload_that_breaks_off_leaves_nothing(desk: Desk) -> None:
    saved = await desk.save()
    before = await desk.contents()

    async def broken() -> AsyncIterator[bytes]:
        async for piece in in_pieces(LARGE):
            yield piece
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await desk.drafting.attach(desk.account_id, saved.draft_id, "a", "a/b", broken())
    assert await desk.contents() == before
    await desk.attach(saved.draft_id, "b", b"x")


async def test_a_draft_discarded_during_an_upload_leaves_no_content(desk: Desk) -> None:
    saved = await desk.save()
    before = await desk.contents() - 1  # the placeholder of its row goes too

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in in_pieces(LARGE):
            yield piece
        await desk.drafting.discard(desk.account_id, saved.draft_id)

    with pytest.raises(LookupError):
        await desk.drafting.attach(desk.account_id, saved.draft_id, "a", "a/b", pieces())
    assert await desk.contents() == before


async def test_a_store_that_fails_while_writing_ahead_keeps_nothing_of_an_attachment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await desk.save()
    before = await desk.contents()
    append = contents.append

    def fail(db: object, content_id: int, position: int, data: bytes) -> None:
        if position == 2:
            raise StoreError("broken")
        append(db, content_id, position, data)  # type: ignore[arg-type]

    monkeypatch.setattr(contents, "append", fail)
    with pytest.raises(StoreError):
        await desk.attach(saved.draft_id, "a", LARGE)
    assert await desk.contents() == before


async def test_uploads_at_once_are_bounded_per_account(desk: Desk) -> None:
    saved = await desk.save()
    go, started = asyncio.Event(), asyncio.Semaphore(0)

    async def slow() -> AsyncIterator[bytes]:
        started.release()
        await go.wait()
        yield b"x"

    def upload() -> asyncio.Task[object]:
        return asyncio.create_task(desk.drafting.attach(desk.account_id, saved.draft_id, "a", "a/b", slow()))

    tasks = [upload() for _ in range(drafting.UPLOADS_LIMIT)]
    for _ in tasks:
        await started.acquire()
    with pytest.raises(DraftRefused) as refused:
        await upload()
    assert refused.value.reason == "too_many_uploads"
    go.set()
    await asyncio.gather(*tasks)
    await desk.attach(saved.draft_id, "b", b"x")


async def test_removing_an_attachment_or_the_draft_removes_the_contents(desk: Desk) -> None:
    saved = await desk.save()
    attachment_id = await desk.attach(saved.draft_id, "a", LARGE)
    await desk.attach(saved.draft_id, "b", LARGE)
    assert await desk.drafting.detach(desk.account_id, saved.draft_id, attachment_id)
    assert not await desk.drafting.detach(desk.account_id, saved.draft_id, attachment_id)
    assert await desk.contents() == 2
    assert await desk.drafting.discard(desk.account_id, saved.draft_id)
    assert not await desk.drafting.discard(desk.account_id, saved.draft_id)
    assert await desk.contents() == 0


async def test_drafts_of_others_are_out_of_reach(desk: Desk) -> None:
    saved = await desk.save()
    attachment_id = await desk.attach(saved.draft_id, "a", b"x")
    ana = await make_account(desk.database, "ana@yuanye.example")
    assert not await desk.drafting.discard(ana, saved.draft_id)
    assert not await desk.drafting.detach(ana, saved.draft_id, attachment_id)
    with pytest.raises(LookupError):
        await desk.drafting.attach(ana, saved.draft_id, "a", "a/b", in_pieces(b"x"))
    with pytest.raises(LookupError):
        await desk.drafting.copy_attachments(desk.account_id, 4096, saved.draft_id)


async def test_a_forward_takes_the_attachments_along(desk: Desk) -> None:
    first = await desk.save("original")
    await desk.attach(first.draft_id, "合同.pdf", b"%PDF" + LARGE)
    await desk.attach(first.draft_id, "标志.png", b"\x89PNG", "image/png", cid="logo@x")
    html = Draft(to="a@b.example", html='<p>见图</p><img src="cid:logo@x">')
    first = await desk.save("original", html, first.revision)
    submitted = await desk.submit(first.draft_id)
    second = await desk.save("forward", Draft(html=html.html))
    copied = await desk.drafting.copy_attachments(desk.account_id, submitted.message_id, second.draft_id)
    assert {(one.name, one.cid) for one in copied} == {("合同.pdf", ""), ("标志.png", "logo@x")}
    data = {one.name: await _bytes(desk, one.content_id) for one in copied}
    assert data == {"合同.pdf": b"%PDF" + LARGE, "标志.png": b"\x89PNG"}


async def test_a_forward_of_a_message_with_too_many_parts_is_refused_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = Delivery(desk.database, desk.bus, "mail.yuanye.example")
    part = b"--b\r\nContent-Type: a/b\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
    mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 5 + b"--b--\r\n"
    await delivery.deliver(Envelope("", ("lin@yuanye.example",)), MemoryContent(mail))
    (row,) = await desk.folder("inbox")
    saved = await desk.save()
    monkeypatch.setattr(attaching, "ATTACHMENTS_LIMIT", 4)
    before = await desk.contents()
    with pytest.raises(DraftRefused):
        await desk.drafting.copy_attachments(desk.account_id, row.id, saved.draft_id)
    assert await desk.contents() == before
