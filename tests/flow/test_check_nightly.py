"""The nightly run mails the admins what changed, in their language, and nothing else."""

import sqlite3
import time

import pytest

from mailapp.events import Bus
from mailapp.flow.check_finding import BAD, OK, SKIPPED, WARN, Finding, record
from mailapp.flow.check_nightly import HOUR, Nightly
from mailapp.flow.checking import Checking
from mailapp.flow.delivery import Delivery
from mailapp.mail.parser import parse
from mailapp.store import check_results
from mailapp.store.contents import StoredContent
from mailapp.store.database import Database
from tests.conftest import DOMAIN, make_account
from tests.flow.checks import scripted

LIN, ANN = f"lin@{DOMAIN}", f"ann@{DOMAIN}"
MX = ("mx", DOMAIN, "")
WRONG = Finding(*MX, BAD, "missing", {}, (record(DOMAIN, "MX", "10 mail.yuanye.example."),))
RIGHT = Finding(*MX, OK, "here", {"found": "mail.yuanye.example"})
UNKNOWN = Finding(*MX, SKIPPED, "no_answer", {"name": DOMAIN})
DISK = Finding("disk", "", "", OK, "room", {"free": 1, "total": 2, "percent": 50})


class House:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.delivery = Delivery(database, Bus(), "mail.yuanye.example")

    async def night(self, *runs: tuple[Finding, ...]) -> int:
        """A night in which looking finds this, and looking again (where that is done) the next; how many changes."""
        left = list(runs)

        async def run(domain: str):
            found = left.pop(0) if len(left) > 1 else left[0]
            async for each in scripted(*found)(domain):
                yield each

        checking = Checking(self.database, run)
        return len(await Nightly(self.database, checking, self.delivery, "mail.yuanye.example", again_s=0).look())

    async def letters(self) -> list[tuple[str, str, str]]:
        """(recipient, subject, text) of all that came, oldest first."""

        def load(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
            rows = db.execute("SELECT delivered_to, subject, content_id FROM messages ORDER BY id").fetchall()
            return [(to, subject, parse(StoredContent(db, content)).text) for to, subject, content in rows]

        return await self.database.read(load)


@pytest.fixture
async def house(database: Database):
    await make_account(database, LIN, admin=True)
    await make_account(database, ANN, name="Ann")
    made = House(database)
    yield made
    made.delivery.close()


async def test_a_quiet_night_brings_no_mail_and_trouble_one_with_its_remedy(house: House) -> None:
    assert await house.night((RIGHT, DISK)) == 0
    assert await house.letters() == []
    assert await house.night((WRONG, DISK)) == 1
    ((to, subject, text),) = await house.letters()
    assert to == LIN
    assert "mail.yuanye.example" in subject
    assert f"{DOMAIN}.  MX  10 mail.yuanye.example." in text
    assert "需要" in subject  # an admin who chose no language reads both
    assert "Disk" not in text


async def test_what_was_told_is_not_told_again_and_its_end_is(house: House) -> None:
    await house.night((WRONG,))
    assert await house.night((WRONG,)) == 0
    assert await house.night((UNKNOWN,)) == 0
    assert await house.night((WRONG,)) == 0
    assert await house.night((RIGHT,)) == 1
    assert await house.night((RIGHT,)) == 0
    assert "again" in (await house.letters())[-1][2]
    assert len(await house.letters()) == 2


async def test_getting_worse_is_news(house: House) -> None:
    await house.night((Finding("disk", "", "", WARN, "low", DISK.values),))
    assert await house.night((Finding("disk", "", "", BAD, "full", DISK.values),)) == 1


async def test_what_is_gone_on_a_second_look_is_no_news(house: House) -> None:
    assert await house.night((WRONG,), (RIGHT,)) == 0
    assert await house.night((RIGHT,), (RIGHT,)) == 0
    assert await house.letters() == []


async def test_trouble_that_shows_on_the_second_look_alone_waits_for_the_next_night(house: House) -> None:
    other = Finding("clock", "", "", WARN, "behind", {"seconds": 9, "server": "x"})
    assert await house.night((other, RIGHT), (other, WRONG)) == 1
    assert await house.night((other, WRONG)) == 1


async def test_switched_off_nothing_comes_but_it_is_kept_for_the_page(house: House) -> None:
    checking = Checking(house.database, scripted())
    await checking.choose("", "zen.spamhaus.org", "", mails=False)
    await house.night((WRONG,))
    assert await house.letters() == []
    assert (await house.database.read(check_results.troubles)) == {DOMAIN: (1, 1)}


async def test_a_run_that_breaks_tells_nothing(house: House) -> None:
    async def broken(domain: str):
        yield WRONG
        raise OSError

    nightly = Nightly(house.database, Checking(house.database, broken), house.delivery, "h", again_s=0)
    with pytest.raises(OSError):
        await nightly.look()
    assert await house.database.read(check_results.all_) == []


def test_the_run_is_at_night_and_once(house: House) -> None:
    def at(hour: int, minute: int) -> float:
        return time.mktime((2026, 11, 26, hour, minute, 0, 0, 0, -1))

    def due(now: float, last: float) -> bool:
        return Nightly(house.database, None, house.delivery, "", lambda: now).is_due(last)  # type: ignore[arg-type]

    assert due(at(HOUR, 5), 0)
    assert not due(at(HOUR + 1, 5), 0)
    assert not due(at(HOUR, 5), at(HOUR, 4))
    assert due(at(HOUR, 5), at(HOUR, 5) - 86_400)
