"""Retention deletes what lies beyond a folder's rules, there and nowhere else, and nothing is left of it."""

import sqlite3
from collections.abc import Callable

import pytest

from mailapp.events import Bus, Changed
from mailapp.flow import retention as module
from mailapp.flow.delivery import Delivery
from mailapp.flow.filing import Filing
from mailapp.flow.precedence import Precedence
from mailapp.flow.retention import AT_ONCE, NoFolder, Retention, day_of, next_run
from mailapp.mail.content import MemoryContent
from mailapp.mail.envelope import Envelope
from mailapp.store import changes, mailboxes, messages, quotas, retention
from mailapp.store.arrivals import MessageIds
from mailapp.store.database import Database
from mailapp.store.retention import DAY_MS, Limits, Preview
from tests.conftest import DOMAIN, make_account
from tests.store.queued import submit
from tests.store.support import check_index

LIN, ANN = f"lin@{DOMAIN}", f"ann@{DOMAIN}"
NOW = 1_800_000_000.0


class Ids(MessageIds):
    """Ids of messages that came at times of the test's own."""

    def __init__(self) -> None:
        super().__init__()
        self.at_ms = int(NOW * 1000)
        self.given = 0

    def next(self, db: sqlite3.Connection, now_ms: int) -> int:
        self.given += 1
        return (self.at_ms << 12) + self.given


class House:
    def __init__(self, database: Database, bus: Bus) -> None:
        self.now = NOW
        self.database = database
        self.ids = Ids()
        self.delivery = Delivery(database, bus, "mail.yuanye.example", self.ids)
        self.filing = Filing(database, bus)
        self.retention = Retention(database, bus, self.delivery.precedence, lambda: self.now)

    async def deliver(self, *to: str, days_ago: float = 0, count: int = 1) -> list[int]:
        """Bring mail in that came so many days ago; the ids of the (last) copies."""
        self.ids.at_ms = int((NOW - days_ago * 86_400) * 1000)
        found = []
        for number in range(count):
            content = b"Subject: letter %d of %d days\r\n\r\nA word.\r\n" % (number, int(days_ago))
            queue_id = await self.delivery.deliver(Envelope("zhou@sanlian.example", to), MemoryContent(content))
            found.append(int(queue_id, 16))
        return found

    async def folder(self, account_id: int, role: str = "inbox") -> int:
        return await self.database.read(mailboxes.by_role, account_id, role)

    async def rule(self, account_id: int, role: str = "inbox", *, count: int = 0, days: int = 0) -> None:
        folder, limits = await self.folder(account_id, role), Limits(count, days)
        await module.put(self.database, account_id, folder, limits, by_admin=False)

    async def left(self, account_id: int, role: str = "inbox") -> list[int]:
        """Ids in a folder, oldest first."""
        view = messages.View(account_id, await self.folder(account_id, role))
        return sorted(await self.database.read(messages.ids, view, 1 << 62, 1_000))


@pytest.fixture
def house(database: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> House:
    for name in ("REST_S", "CALM_REST_S"):
        monkeypatch.setattr(module, name, 0)
    return House(database, bus)


async def test_the_newest_of_each_account_stay_never_the_newest_of_all(database: Database, house: House) -> None:
    lin, ann = await make_account(database), await make_account(database, ANN)
    old = await house.deliver(ANN, days_ago=400, count=3)
    new = await house.deliver(LIN, count=8)
    await module.put_for_all(database, "inbox", Limits(count=5))
    assert await house.retention.expire() == 3
    assert await house.left(ann) == old
    assert await house.left(lin) == new[3:]


async def test_what_is_older_goes_and_what_is_starred_stays(database: Database, house: House) -> None:
    lin = await make_account(database)
    starred, _ = await house.deliver(LIN, days_ago=91, count=2)
    young = await house.deliver(LIN, days_ago=89)
    await house.filing.set_flagged(lin, [starred], True)
    await house.rule(lin, days=90)
    assert await house.retention.expire() == 1
    assert await house.left(lin) == [starred, *young]
    assert await house.retention.expire() == 0


async def test_whatever_lies_beyond_either_goes(database: Database, house: House) -> None:
    lin = await make_account(database)
    await house.deliver(LIN, days_ago=40, count=2)
    young = await house.deliver(LIN, days_ago=1, count=4)
    await house.rule(lin, count=5, days=30)
    await house.retention.expire()
    assert await house.left(lin) == young
    await house.rule(lin, count=3, days=30)
    await house.retention.expire()
    assert await house.left(lin) == young[1:]


async def test_what_is_not_sent_yet_stays_until_it_is(database: Database, house: House) -> None:
    lin = await make_account(database)
    days_ago = int(NOW * 1000) - 40 * DAY_MS
    waiting = await submit(database, lin, at=days_ago, hold_ms=60 * DAY_MS)
    await house.rule(lin, "sent", days=30)
    limits, folder = Limits(days=30), await house.folder(lin, "sent")
    assert (await module.preview(database, lin, folder, limits, NOW)).messages == 0
    assert await house.retention.expire() == 0
    assert await house.left(lin, "sent") == [waiting.message_id]
    await database.write(lambda db: db.execute("UPDATE queue_items SET state = 'done'") and None)
    assert await house.retention.expire() == 1


async def test_other_folders_are_left_alone(database: Database, house: House) -> None:
    lin = await make_account(database)
    filed = await house.deliver(LIN, days_ago=400)
    await house.filing.move(lin, filed, await house.folder(lin, "archive"))
    await house.deliver(LIN, days_ago=400)
    await house.rule(lin, days=10)
    assert await house.retention.expire() == 1
    assert await house.left(lin, "archive") == filed


async def test_nothing_is_left_of_what_went_and_what_stays_is_whole(database: Database, house: House) -> None:
    lin, ann = await make_account(database), await make_account(database, ANN)
    await house.deliver(LIN, ANN, days_ago=50)
    await house.deliver(LIN, days_ago=50)
    await house.deliver(LIN)
    await house.rule(lin, days=30)
    await house.retention.expire()

    def look(db: sqlite3.Connection) -> list[int]:
        check_index(db)
        asked = (
            "SELECT count(*) FROM contents",
            "SELECT count(DISTINCT key / 65536) FROM content_chunks",
            "SELECT count(*) FROM message_addressees",
            "SELECT count(*) FROM search_numbers",
            "SELECT sum(total) FROM mailboxes",
            "SELECT sum(unread) FROM mailboxes",
        )
        return [db.execute(each).fetchone()[0] for each in asked]

    assert await database.write(look) == [2, 2, 2, 2, 2, 2]  # Lin's young one, and Ann's copy of the shared one
    for account_id in (lin, ann):
        (row,) = await database.read(messages.page, messages.View(account_id), None, 9)
        assert (await database.read(quotas.of, account_id)).used == row.size


async def test_a_preview_says_what_would_go(database: Database, house: House) -> None:
    lin = await make_account(database)
    ids = await house.deliver(LIN, days_ago=50, count=3)
    await house.deliver(LIN)
    await house.filing.set_flagged(lin, ids[:1], True)
    rows = await database.read(messages.rows, lin, ids[1:])
    shown = await module.preview(database, lin, await house.folder(lin), Limits(days=30), NOW)
    assert shown == Preview(2, sum(each.size for each in rows), int(NOW * 1000) - 50 * DAY_MS)
    assert await module.preview(database, lin, await house.folder(lin), Limits(count=4), NOW) == Preview()
    ann = await make_account(database, ANN)
    await house.deliver(ANN, days_ago=60, count=2)
    assert (await module.preview_for_all(database, "inbox", Limits(count=1), NOW)).messages == 2 + 1
    with pytest.raises(NoFolder):
        await module.preview(database, ann, await house.folder(lin), Limits(days=30), NOW)


async def test_no_rule_is_for_a_strangers_folder_or_for_drafts_trash_and_junk(database: Database, house: House) -> None:
    lin, ann = await make_account(database), await make_account(database, ANN)
    for account_id, role in ((ann, "inbox"), (lin, "drafts"), (lin, "trash"), (lin, "junk")):
        with pytest.raises(NoFolder):
            await module.put(database, account_id, await house.folder(lin, role), Limits(days=1), by_admin=False)
    for role in ("drafts", "trash", "junk", "nothing"):
        with pytest.raises(NoFolder):
            await module.put_for_all(database, role, Limits(days=1))


async def test_an_account_takes_back_its_own_rule_and_not_the_administrators(database: Database, house: House) -> None:
    lin, ann = await make_account(database), await make_account(database, ANN)
    inbox = await house.folder(lin)
    await module.put(database, lin, inbox, Limits(days=10), by_admin=True)
    await module.put(database, lin, inbox, Limits(days=20), by_admin=False)
    theirs, own = await database.read(retention.of_account, lin)
    assert (theirs.by_admin, own.by_admin) == (True, False)
    assert not await module.remove(database, theirs.id, owner=lin)
    assert not await module.remove(database, own.id, owner=ann)
    assert await module.remove(database, own.id, owner=lin)
    await house.deliver(LIN, days_ago=15)
    assert await house.retention.expire() == 1
    assert await module.remove(database, theirs.id)
    assert await database.read(retention.of_account, lin) == []


async def test_a_rule_acts_in_the_night_after_it_was_made_and_once_a_day(database: Database, house: House) -> None:
    lin = await make_account(database)
    assert await house.retention.expire_daily() == 0
    await house.deliver(LIN, days_ago=50)
    await house.rule(lin, days=30)
    assert await house.retention.expire_daily() == 0
    house.now = next_run(house.now)
    assert await house.retention.expire_daily() == 1
    await house.deliver(LIN, days_ago=50)
    house.now += 3_600
    assert await house.retention.expire_daily() == 0
    house.now = next_run(house.now)
    assert await house.retention.expire_daily() == 1


def test_a_day_begins_at_the_next_run() -> None:
    following = next_run(NOW)
    assert 0 < following - NOW <= 86_400
    assert day_of(NOW) == day_of(following - 1) < day_of(following)


async def test_open_pages_hear_of_every_message_or_that_many_went(
    database: Database, bus: Bus, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = await make_account(database)
    await house.rule(lin, days=30)
    for count, read, kinds in ((3, 10, ["removed"] * 3), (12, 10, ["many"] * 3)):
        monkeypatch.setattr(module, "READ", read)
        await house.deliver(LIN, days_ago=50, count=count)
        seq = await database.read(changes.latest)
        with bus.subscribe(lin) as subscription:
            await house.retention.expire()
            told = [each for each in await subscription.several() if isinstance(each, Changed)]
        found = await database.read(changes.since, lin, seq, 100)
        assert [each.kind for each in found or ()] == kinds
        assert max(each.seq for each in told) == (found or [])[-1].seq


@pytest.mark.parametrize("change", ["DELETE FROM retention_rules", "UPDATE retention_rules SET keep_days = 60"])
async def test_a_rule_that_is_taken_back_or_loosened_meanwhile_ends_it_at_once(
    database: Database, house: House, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    lin = await make_account(database)
    await house.deliver(LIN, days_ago=50, count=30)
    await house.rule(lin, days=30)
    monkeypatch.setattr(module, "READ", 10)
    held: Callable[..., object] = retention.erase

    def erase_and_lose_the_rule(db: sqlite3.Connection, *args: object, **kwargs: object) -> object:
        db.execute(change)
        return held(db, *args, **kwargs)

    monkeypatch.setattr(retention, "erase", erase_and_lose_the_rule)
    assert await house.retention.expire() == 0
    assert len(await house.left(lin)) == 30


class Recorder(Precedence):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def passed(self) -> None:
        self.asked += 1


async def test_every_small_step_lets_deliveries_go_first(database: Database, bus: Bus, house: House) -> None:
    lin = await make_account(database)
    await house.deliver(LIN, days_ago=50, count=2 * AT_ONCE + 1)
    await house.rule(lin, days=30)
    recorder = Recorder()
    assert await Retention(database, bus, recorder, lambda: NOW).expire() == 2 * AT_ONCE + 1
    assert recorder.asked == 3
