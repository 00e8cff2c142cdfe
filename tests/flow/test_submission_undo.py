"""A submission happens once, however often it is asked for, and can be undone or put off until it leaves."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.events import QUEUE, Bus
from mailapp.flow import submission as module
from mailapp.flow.drafting import AlreadySubmitted
from mailapp.flow.submission import SubmissionRefused
from mailapp.store import accounts, submissions
from mailapp.store.contents import StoredContent
from mailapp.store.database import Database
from tests.conftest import make_account
from tests.flow.sending import LETTER, NOW_S, Desk, desk_of

LARGE = bytes(range(256)) * 8_192
NOW_MS = int(NOW_S * 1000)
DAY_MS = 86_400_000


@pytest.fixture
async def desk(database: Database, bus: Bus, tmp_path: Path) -> Desk:
    return await desk_of(database, bus, tmp_path)


async def _refused(desk: Desk, **fields: str | int) -> SubmissionRefused:
    with pytest.raises(SubmissionRefused) as refused:
        await desk.send(f"k{len(await desk.folder('drafts'))}", **fields)
    return refused.value


async def test_the_hold_is_what_the_account_chose(desk: Desk) -> None:
    assert (await desk.send("a")).release_ms == NOW_MS + 10_000
    await desk.database.write(accounts.set_undo_send, desk.account_id, 0)
    assert (await desk.send("b")).release_ms == NOW_MS


async def test_submitting_twice_sends_once(desk: Desk) -> None:
    saved = await desk.save()
    at_once = await asyncio.gather(*(desk.submit(saved.draft_id) for _ in range(3)))
    later = await desk.submit(saved.draft_id)
    assert len({*at_once, later}) == 1
    assert len(await desk.folder("sent")) == 1


async def test_submitting_again_after_it_left_sends_once_also_across_a_restart(desk: Desk, tmp_path: Path) -> None:
    saved = await desk.save()
    submitted = await desk.submit(saved.draft_id)
    desk.clock.now += 11
    assert len(await desk.claim()) == 1
    assert await desk.submit(saved.draft_id) == submitted
    restarted = Desk(desk.database, desk.bus, tmp_path)
    restarted.account_id = desk.account_id
    with pytest.raises(AlreadySubmitted) as known:  # a page first saves what it submits
        await restarted.save()
    assert known.value.submitted == submitted
    with pytest.raises(LookupError):
        await restarted.submit(saved.draft_id)


async def test_a_fork_that_was_submitted_is_not_submitted_again(desk: Desk) -> None:
    first = await desk.save()
    await desk.save(draft=replace(LETTER, text="别处"), revision=first.revision)
    mine = replace(LETTER, text="这里")
    fork = await desk.save(draft=mine, revision=first.revision)
    submitted = await desk.submit(fork.draft_id)
    with pytest.raises(AlreadySubmitted) as known:
        await desk.save(draft=mine, revision=first.revision)
    assert known.value.submitted == submitted


async def test_a_browser_that_goes_away_does_not_stop_what_it_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await desk.save()
    written, write = asyncio.Event(), desk.database.write

    async def telling(function: Callable[..., object], *args: object) -> object:
        if function is submissions.add:
            written.set()
        return await write(function, *args)

    monkeypatch.setattr(desk.database, "write", telling)
    with desk.bus.subscribe(QUEUE) as relay:
        task = asyncio.create_task(desk.submit(saved.draft_id))
        await written.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(relay.get(), 20)
    (row,) = await desk.folder("sent")
    assert (await desk.submit(saved.draft_id)).message_id == row.id


@pytest.mark.parametrize("what", ["text", "attachment"])
async def test_what_is_sent_is_what_was_saved_last(desk: Desk, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    saved = await desk.save()
    account = await desk.account()
    read = desk.database.read
    meanwhile = [True]

    async def reading(function: Callable[..., object], *args: object) -> object:
        found = await read(function, *args)
        if function is module._grounds and meanwhile:
            meanwhile.clear()
            if what == "text":
                await desk.save(draft=replace(LETTER, text="最后一句"), revision=saved.revision)
            else:
                await desk.attach(saved.draft_id, "后来.pdf", b"late")
        return found

    monkeypatch.setattr(desk.database, "read", reading)
    submitted = await desk.submission.submit(account, saved.draft_id)
    if what == "text":
        assert (await desk.sent_message(submitted.message_id)).text.strip() == "最后一句"
    else:
        assert await desk.sent_files(submitted.message_id) == {"后来.pdf": b"late"}


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["small", "large"])
async def test_undo_brings_the_draft_back_whole(desk: Desk, data: bytes) -> None:
    saved = await desk.save(draft=replace(LETTER, bcc="chen@hl.example"))
    await desk.attach(saved.draft_id, "合同.pdf", data)
    before = await desk.draft(saved.draft_id)
    submitted = await desk.submit(saved.draft_id)
    with desk.bus.subscribe(desk.account_id) as page:
        assert await desk.submission.recall(desk.account_id, submitted.item_id) == saved.draft_id
        assert not page.queue.empty()
    after = await desk.draft(saved.draft_id)
    assert before is not None
    assert after is not None
    assert (after.draft, after.attachments, after.revision) == (before.draft, before.attachments, before.revision)
    content_id = after.attachments[0].content_id
    assert await desk.database.read(lambda db: StoredContent(db, content_id).read(0, 1 << 30)) == data
    assert await desk.folder("sent") == []
    assert (await desk.item(submitted.item_id)).state == "cancelled"
    assert [row.id for row in await desk.folder("drafts")] == [after.message_id]
    assert await desk.contents() == 2, "the attachment and the placeholder of the row in Drafts"


async def test_what_was_undone_can_be_changed_and_sent_once_more(desk: Desk) -> None:
    saved = await desk.save()
    first = await desk.submit(saved.draft_id)
    await desk.submission.recall(desk.account_id, first.item_id)
    await desk.save(draft=replace(LETTER, text="改好了"), revision=saved.revision)
    second = await desk.submit(saved.draft_id)
    assert second.item_id != first.item_id
    (row,) = await desk.folder("sent")
    assert row.id == second.message_id
    assert (await desk.sent_message(row.id)).text.strip() == "改好了"
    assert await desk.submit(saved.draft_id) == second


async def test_undo_is_too_late_once_it_left_and_never_reaches_others_mail(desk: Desk) -> None:
    submitted = await desk.send()
    ana = await make_account(desk.database, "ana@yuanye.example")
    assert await desk.submission.recall(ana, submitted.item_id) is None
    desk.clock.now += 11
    await desk.claim()
    assert await desk.submission.recall(desk.account_id, submitted.item_id) is None
    assert len(await desk.folder("sent")) == 1


async def test_send_later_waits_for_its_time_and_bears_its_date(desk: Desk) -> None:
    later = NOW_MS + DAY_MS
    submitted = await desk.send(scheduled_ms=later)
    assert (submitted.release_ms, submitted.scheduled) == (later, True)
    assert (await desk.sent_message(submitted.message_id)).date_ms == later
    desk.clock.now += 3_600
    assert await desk.claim() == []


async def test_a_time_can_be_changed_and_the_date_goes_along(desk: Desk) -> None:
    saved = await desk.save(draft=replace(LETTER, scheduled_ms=NOW_MS + DAY_MS))
    await desk.attach(saved.draft_id, "合同.pdf", b"x")
    first = await desk.submit(saved.draft_id)
    account = await desk.account()
    sooner = NOW_MS + 3_600_000
    second = await desk.submission.reschedule(account, first.item_id, sooner)
    assert second is not None
    assert (second.release_ms, second.scheduled) == (sooner, True)
    (row,) = await desk.folder("sent")
    assert (await desk.sent_message(row.id)).date_ms == sooner
    assert await desk.sent_files(row.id) == {"合同.pdf": b"x"}
    now = await desk.submission.reschedule(account, second.item_id, 0)
    assert now is not None
    assert (now.release_ms, now.scheduled) == (NOW_MS + 10_000, False)
    assert await desk.submission.reschedule(account, first.item_id, sooner) is None


async def test_a_time_too_far_ahead_is_refused_and_nothing_is_taken_back(desk: Desk) -> None:
    assert (await _refused(desk, scheduled_ms=NOW_MS + 400 * DAY_MS)).reason == "too_far"
    submitted = await desk.send("later", scheduled_ms=NOW_MS + DAY_MS)
    with pytest.raises(SubmissionRefused):
        await desk.submission.reschedule(await desk.account(), submitted.item_id, NOW_MS + 400 * DAY_MS)
    assert (await desk.item(submitted.item_id)).state == "waiting"
