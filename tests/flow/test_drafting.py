"""Drafts keep themselves: one per compose, nothing lost, nothing sent that is only a draft."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.events import Bus, Changed
from mailapp.flow import drafting, outgoing
from mailapp.flow.drafting import AlreadySubmitted, DraftRefused
from mailapp.mail import draft_listing
from mailapp.mail.draft import MAX_TEXT, Draft
from mailapp.mail.draft_listing import DraftListing
from mailapp.store.database import Database
from tests.flow.sending import LETTER, Desk, desk_of


@pytest.fixture
async def desk(database: Database, bus: Bus, tmp_path: Path) -> Desk:
    return await desk_of(database, bus, tmp_path)


async def test_saving_again_and_again_makes_one_draft(desk: Desk) -> None:
    revision = None
    for number in range(5):
        saved = await desk.save(draft=replace(LETTER, subject=f"第 {number} 稿"), revision=revision)
        revision = saved.revision
    (row,) = await desk.folder("drafts")
    assert (row.subject, row.draft, row.seen, row.to_names) == ("第 4 稿", True, True, "周婧")


async def test_every_open_page_is_told_of_a_save(desk: Desk) -> None:
    with desk.bus.subscribe(desk.account_id) as subscription:
        saved = await desk.save()
        event = subscription.queue.get_nowait()
        assert event == Changed(desk.account_id, saved.seq, (saved.message_id,))


async def test_a_save_repeated_because_its_answer_was_lost_changes_nothing(desk: Desk) -> None:
    first = await desk.save()
    changed = replace(LETTER, text="改过")
    second = await desk.save(draft=changed, revision=first.revision)
    again = await desk.save(draft=changed, revision=first.revision)
    assert (again.draft_id, again.revision, again.forked) == (second.draft_id, second.revision, False)
    assert len(await desk.folder("drafts")) == 1


async def test_two_devices_writing_one_draft_both_keep_what_they_wrote(desk: Desk) -> None:
    first = await desk.save()
    await desk.save(draft=replace(LETTER, text="在手机上"), revision=first.revision)
    late = replace(LETTER, text="在电脑上")
    other = await desk.save(draft=late, revision=first.revision)
    assert other.forked
    assert other.key != "k1"
    repeated = await desk.save(draft=late, revision=first.revision)
    assert (repeated.draft_id, repeated.key, repeated.forked) == (other.draft_id, other.key, True)
    found = {row.preview for row in await desk.folder("drafts")}
    assert found == {"在手机上", "在电脑上"}


async def test_text_is_made_of_the_html_so_that_both_say_the_same(desk: Desk) -> None:
    saved = await desk.save(draft=Draft(html="<p>新的</p>", text="旧的"))
    stored = await desk.draft(saved.draft_id)
    assert stored is not None
    assert stored.draft.text.strip() == "新的"


async def test_recipients_are_read_before_the_writer_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 Ki of hostile domains take seconds: neither the loop nor the writer's thread reads them."""
    threads = []

    def listing(draft: Draft) -> DraftListing:
        threads.append(threading.current_thread())
        return draft_listing.listing(draft)

    monkeypatch.setattr(outgoing, "listing", listing)
    on_loop, writer = threading.current_thread(), await desk.database.write(lambda _: threading.current_thread())
    await desk.save("short")
    many = replace(LETTER, to=", ".join(f"{number}@书{number}.example" for number in range(500)))
    await desk.save("long", many)
    assert threads[0] is on_loop
    assert threads[1] not in (on_loop, writer)
    assert [(row.to_names.split("\n")[0], row.to_count) for row in await desk.folder("drafts")] == [
        ("0@书0.example", 500),
        ("周婧", 1),
    ]


@pytest.mark.parametrize("key", ["", "k" * 101, "k\n", "键"])
async def test_a_key_that_is_none_is_refused(desk: Desk, key: str) -> None:
    with pytest.raises(DraftRefused) as refused:
        await desk.save(key)
    assert refused.value.reason == "wrong_key"


async def test_what_would_be_cut_off_is_refused_instead(desk: Desk) -> None:
    with pytest.raises(DraftRefused) as refused:
        await desk.save(draft=Draft(text="x" * (MAX_TEXT + 1)))
    assert (refused.value.reason, refused.value.values) == ("too_long", {"name": "text"})


async def test_drafts_of_an_account_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafting, "DRAFTS_LIMIT", 2)
    first = await desk.save("a")
    await desk.save("b")
    with pytest.raises(DraftRefused) as refused:
        await desk.save("c")
    assert refused.value.reason == "too_many_drafts"
    assert len(await desk.folder("drafts")) == 2
    await desk.save("a", replace(LETTER, text="仍可写"), first.revision)


async def test_a_save_after_submission_neither_revives_nor_sends_the_draft(desk: Desk) -> None:
    submitted = await desk.send()
    for _ in range(2):
        with pytest.raises(AlreadySubmitted) as known:
            await desk.save(draft=replace(LETTER, text="太晚了"))
        assert known.value.submitted == submitted
        desk.clock.now += 60
        await desk.claim()  # the draft itself is gone from here on
    assert await desk.folder("drafts") == []
