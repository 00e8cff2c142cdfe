"""A full mailbox: files and imports are refused, what was written stays, and a letter can still be sent."""

from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.events import Bus
from mailapp.flow import attaching
from mailapp.flow.drafting import DraftRefused
from mailapp.store import quotas
from mailapp.store.database import Database
from tests.flow.sending import LETTER, Desk, desk_of

QUOTA = 100_000


@pytest.fixture
async def desk(database: Database, bus: Bus, tmp_path: Path) -> Desk:
    desk = await desk_of(database, bus, tmp_path)
    await database.write(quotas.set_, desk.account_id, QUOTA)
    return desk


async def _used(desk: Desk) -> int:
    return (await desk.database.read(quotas.of, desk.account_id)).used


async def test_drafts_files_and_sent_copies_count(desk: Desk) -> None:
    saved = await desk.save(draft=replace(LETTER, text="x" * 1_000))
    written = await _used(desk)
    assert 1_000 < written < 1_500
    await desk.attach(saved.draft_id, "a.pdf", b"x" * 10_000)
    assert await _used(desk) == written + 10_000
    again = await desk.save(draft=replace(LETTER, text="x" * 3_000), revision=saved.revision)
    assert await _used(desk) == written + 12_000
    sent = await desk.submit(again.draft_id)
    assert await _used(desk) == len(await desk.sent(sent.message_id))


async def test_a_file_beyond_the_quota_is_refused_before_and_after_it_came(desk: Desk) -> None:
    saved = await desk.save()
    await desk.attach(saved.draft_id, "a.pdf", b"x" * 60_000)
    before, contents = await _used(desk), await desk.contents()
    for size in (60_000, 300_000):
        with pytest.raises(DraftRefused) as refused:
            await desk.attach(saved.draft_id, "b.pdf", b"x" * size)
        assert refused.value.reason == "full"
    assert refused.value.values == {"used": before, "quota": QUOTA}
    assert (await _used(desk), await desk.contents()) == (before, contents)
    stored = await desk.draft(saved.draft_id)
    assert stored is not None
    assert [each.name for each in stored.attachments] == ["a.pdf"]


async def test_in_a_full_mailbox_letters_are_begun_saved_and_sent(desk: Desk) -> None:
    first = await desk.save()
    await desk.attach(first.draft_id, "a.pdf", b"x" * 90_000)
    await desk.database.write(quotas.set_, desk.account_id, 1)  # the administrator took room away
    longer = await desk.save(draft=replace(LETTER, text="更长" * 500), revision=first.revision)
    other = await desk.save("k2")
    with pytest.raises(DraftRefused, match="full"):
        await desk.attach(other.draft_id, "b.pdf", b"x")
    assert len((await desk.sent_files((await desk.submit(longer.draft_id)).message_id))["a.pdf"]) == 90_000
    await desk.submit(other.draft_id)


async def test_what_is_written_in_a_full_mailbox_is_bounded_and_nothing_saved_is_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attaching, "WRITING_BYTES", 5_000)
    await desk.database.write(quotas.set_, desk.account_id, 1)
    saved = await desk.save(draft=replace(LETTER, text="x" * 4_000))
    before = await desk.draft(saved.draft_id)
    with pytest.raises(DraftRefused, match="full"):
        await desk.save(draft=replace(LETTER, text="x" * 6_000), revision=saved.revision)
    with pytest.raises(DraftRefused, match="full"):
        await desk.save("k2", replace(LETTER, text="x" * 2_000))
    assert await desk.draft(saved.draft_id) == before
    assert len(await desk.folder("drafts")) == 1
    shorter = await desk.save(draft=replace(LETTER, text="x" * 3_000), revision=saved.revision)
    assert (shorter.draft_id, shorter.forked) == (saved.draft_id, False)


async def test_a_draft_that_forks_keeps_its_words_and_takes_files_only_where_there_is_room_for_them_twice(
    desk: Desk,
) -> None:
    first = await desk.save()
    await desk.attach(first.draft_id, "a.pdf", b"x" * 30_000)
    await desk.save(draft=replace(LETTER, text="mine"), revision=1)
    roomy = await desk.save(draft=replace(LETTER, text="theirs"), revision=1)
    assert (roomy.forked, roomy.without_files) == (True, False)
    await desk.attach(first.draft_id, "b.pdf", b"x" * 20_000)
    before, kept = await _used(desk), await desk.contents()
    for number in range(3):
        fork = await desk.save(draft=replace(LETTER, text=f"on a phone {number}"), revision=1)
        assert (fork.forked, fork.without_files) == (True, True)
        stored = await desk.draft(fork.draft_id)
        assert stored is not None
        assert (stored.draft.text, stored.attachments) == (f"on a phone {number}", ())
    assert before < await _used(desk) < before + 3_000
    assert await desk.contents() == kept + 3, "one row in Drafts each"
    source = await desk.draft(first.draft_id)
    assert source is not None
    assert [each.name for each in source.attachments] == ["a.pdf", "b.pdf"]


async def test_a_draft_without_files_forks_in_a_full_mailbox_as_in_any_other(desk: Desk) -> None:
    await desk.save()
    await desk.save(draft=replace(LETTER, text="mine"), revision=1)
    await desk.database.write(quotas.set_, desk.account_id, 1)
    fork = await desk.save(draft=replace(LETTER, text="theirs"), revision=1)
    assert (fork.forked, fork.without_files) == (True, False)
