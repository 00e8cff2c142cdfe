"""What may not leave is refused by name, and the draft stays where it is."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.events import Bus
from mailapp.flow.submission import SubmissionRefused, Submitted
from mailapp.store import accounts, addresses, correspondents, domains
from mailapp.store.database import Database, StoreError
from tests.conftest import make_account
from tests.flow.sending import LETTER, Desk, desk_of

LARGE = bytes(range(256)) * 8_192


@pytest.fixture
async def desk(database: Database, bus: Bus, tmp_path: Path) -> Desk:
    return await desk_of(database, bus, tmp_path)


async def _refused(desk: Desk, **fields: str | int) -> SubmissionRefused:
    with pytest.raises(SubmissionRefused) as refused:
        await desk.send(f"k{len(await desk.folder('drafts'))}", **fields)
    return refused.value


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"to": ""}, "to", "no_recipients"),
        ({"to": "zhou"}, "to", "wrong_address"),
        ({"cc": "a@b.example, 周婧"}, "cc", "wrong_address"),
        ({"bcc": "a@b@c"}, "bcc", "wrong_address"),
        ({"from_": "boss@yuanye.example"}, "from", "not_own"),
        ({"from_": "lin@elsewhere.example"}, "from", "not_own"),
        ({"from_": "lin+x\r\nX-Injected: yes@yuanye.example"}, "from", "not_own"),
        ({"from_": "lin+x>,<boss@bank.example@yuanye.example"}, "from", "not_own"),
        ({"from_": "lin+\u2028boss@yuanye.example"}, "from", "not_own"),
    ],
)
async def test_what_is_wrong_is_told_by_its_field_and_the_draft_stays(
    desk: Desk, fields: dict[str, str], field: str, reason: str
) -> None:
    refused = await _refused(desk, **fields)
    assert (refused.field, refused.reason) == (field, reason)
    assert len(await desk.folder("drafts")) == 1
    assert await desk.folder("sent") == []


async def test_every_address_that_reaches_the_account_may_be_written_from(desk: Desk) -> None:
    def alias(db: sqlite3.Connection) -> None:
        domain_id = domains.ensure(db, "yuanye.example", 1)
        addresses.add(db, "shop@yuanye.example", domain_id, [desk.account_id], 1)

    await desk.database.write(alias)
    for number, address in enumerate(("shop@yuanye.example", "lin+list@yuanye.example", "LIN@yuanye.example")):
        submitted = await desk.send(f"k{number}", from_=address)
        assert (await desk.sent_message(submitted.message_id)).from_[0].address == address
        assert (await desk.item(submitted.item_id)).reverse_path == address


async def test_a_catch_all_speaks_for_no_address_of_another_account(desk: Desk) -> None:
    await make_account(desk.database, "ann@yuanye.example")

    def catch_all(db: sqlite3.Connection) -> None:
        domains.set_catch_all(db, domains.ensure(db, "yuanye.example", 1), desk.account_id)

    await desk.database.write(catch_all)
    for address in ("ann@yuanye.example", "ann @yuanye.example", "(ann@yuanye.example", "x, ann@yuanye.example"):
        refused = await _refused(desk, from_=address)
        assert (refused.field, refused.reason) == ("from", "not_own")


async def test_a_catch_all_speaks_for_no_look_alike_of_anothers_address(desk: Desk) -> None:
    await make_account(desk.database, "ann@yuanye.example")

    def catch_all(db: sqlite3.Connection) -> None:
        domain_id = domains.ensure(db, "yuanye.example", 1)
        domains.set_catch_all(db, domain_id, desk.account_id)
        addresses.add(db, "ａnn.shop@yuanye.example", domain_id, [desk.account_id], 1)

    await desk.database.write(catch_all)
    for address in ("ＡＮＮ@yuanye.example", "ａnn+list@yuanye.example", "an\u200bn@yuanye.example"):
        refused = await _refused(desk, from_=address)
        assert (refused.field, refused.reason, refused.values) == ("from", "not_own", {"address": address})
    own = ("ａnn.shop@yuanye.example", "沈@yuanye.example", "ｓｈｏｐ@yuanye.example", "ｌin@yuanye.example")
    for number, address in enumerate(own):
        await desk.send(f"own{number}", from_=address)


async def test_long_lists_of_recipients_are_read_as_short_ones(desk: Desk) -> None:
    many = ", ".join(f"reader{number:04}@boeken.example" for number in range(400))
    assert (await _refused(desk, bcc=many)).values == {"limit": 100, "count": 401}


async def test_recipients_are_limited_by_the_setting(desk: Desk) -> None:
    await desk.set("recipients_limit", "2")
    refused = await _refused(desk, to="a@b.example, b@b.example", bcc="c@b.example")
    assert (refused.field, refused.reason, refused.values) == ("limit", "too_many_recipients", {"limit": 2, "count": 3})


async def test_messages_an_hour_are_limited_also_when_they_come_at_once(desk: Desk) -> None:
    await desk.set("hourly_limit", "2")
    saved = [await desk.save(f"k{number}") for number in range(4)]
    done = await asyncio.gather(*(desk.submit(one.draft_id) for one in saved), return_exceptions=True)
    assert sum(isinstance(one, Submitted) for one in done) == 2
    refused = [one for one in done if isinstance(one, SubmissionRefused)]
    assert [(one.field, one.reason, one.values) for one in refused] == [
        ("limit", "too_many_messages", {"limit": 2})
    ] * 2
    desk.clock.now += 3_601
    await desk.send("next")


async def test_another_time_and_another_try_are_still_one_message(desk: Desk) -> None:
    await desk.set("hourly_limit", "2")
    await desk.send("other")
    saved, account = await desk.save("k1"), await desk.account()
    submitted = await desk.submit(saved.draft_id, int(desk.clock.now * 1000) + 7_200_000)
    for hours in (3, 4, 5):
        moved = await desk.submission.reschedule(
            account, submitted.item_id, int((desk.clock.now + hours * 3600) * 1000)
        )
        assert moved is not None
        submitted = moved
    draft_id = await desk.submission.recall(account.id, submitted.item_id)
    assert draft_id is not None
    await desk.submit(draft_id)
    with pytest.raises(SubmissionRefused, match="too_many_messages"):
        await desk.send("third")


async def test_a_message_too_large_with_its_encoding_is_refused(database: Database, bus: Bus, tmp_path: Path) -> None:
    desk = await desk_of(database, bus, tmp_path, max_message_size=500_000)
    saved = await desk.save()
    await desk.attach(saved.draft_id, "a.bin", b"x" * 350_000)
    await desk.save(draft=replace(LETTER, text="字" * 10_000), revision=saved.revision)
    with pytest.raises(SubmissionRefused) as refused:
        await desk.submit(saved.draft_id)
    assert (refused.value.field, refused.value.reason) == ("attachment", "too_large")
    assert int(refused.value.values["size"]) > 500_000


async def test_a_store_that_fails_keeps_the_draft_and_nothing_of_the_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await desk.save()
    await desk.attach(saved.draft_id, "a.bin", LARGE)
    before = await desk.contents()

    def fail(*_: object) -> None:
        raise StoreError("broken")

    monkeypatch.setattr(correspondents, "wrote_to", fail)
    with pytest.raises(StoreError):
        await desk.submit(saved.draft_id)
    assert await desk.contents() == before
    assert await desk.folder("sent") == []
    monkeypatch.undo()
    await desk.submit(saved.draft_id)


async def test_a_spool_that_cannot_be_used_keeps_the_draft(desk: Desk, tmp_path: Path) -> None:
    saved = await desk.save()
    await desk.attach(saved.draft_id, "a.bin", LARGE)
    desk.submission._spool_dir = tmp_path / "gone"
    with pytest.raises(StoreError):
        await desk.submit(saved.draft_id)
    assert len(await desk.folder("drafts")) == 1


async def test_a_draft_of_somebody_else_cannot_be_submitted(desk: Desk) -> None:
    saved = await desk.save()
    ana = await make_account(desk.database, "ana@yuanye.example")
    account = await desk.database.read(accounts.get, ana)
    assert account is not None
    with pytest.raises(LookupError):
        await desk.submission.submit(account, saved.draft_id)
