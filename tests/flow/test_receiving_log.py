"""The receiving log: what it keeps, what it counts together, what bounds it."""

import sqlite3
import time

import pytest

from mailapp.events import TRAFFIC, Bus
from mailapp.flow import receiving_log as receiving_log_flow
from mailapp.flow.delivery import Delivery
from mailapp.flow.receiving_log import ALIKE_ELSE, WAITING_MAX, ReceivingLog
from mailapp.flow.traffic import IN, REFUSED
from mailapp.mail.transaction import CHECK_DOMAIN, NOTHING, TAKEN, UNKNOWN, Transaction
from mailapp.smtp.settings import SmtpLimits
from mailapp.store import address_list, addresses, domains, receiving_log, receiving_view, traffic
from mailapp.store.database import Database
from tests.conftest import make_account

LIN = "lin@yuanye.example"
ANN = "ann@yuanye.example"
NOBODY = "550 5.1.1 No such address here"


def told(
    *asked: tuple[str, str], reply: str = "", peer: str = "203.0.113.54", sender: str = "hr@xinghe.example"
) -> Transaction:
    began = time.monotonic() - 0.4
    one = Transaction(peer, began, "mx3.xinghe.example", "TLSv1.3 TLS_AES_256_GCM_SHA384")
    one.connected, one.greeted, one.mailed = began + 0.001, began + 0.02, began + 0.03
    if asked:
        one.reverse_path = sender
    for address, answer in asked:
        one.ask(address, answer, began + 0.05)
    one.reply, one.ended = reply, began + 0.4
    if reply.startswith("2"):
        one.arrived, one.understood, one.committed = began + 0.1, began + 0.101, began + 0.104
        one.reference, one.size = "1f", 4_096
    return one


class Parts:
    def __init__(self, database: Database, bus: Bus) -> None:
        self.database, self.bus = database, bus
        self.delivery = Delivery(database, bus, "mail.yuanye.example")
        self.log = ReceivingLog(database, bus, self.delivery)

    async def rows(self, account_id: int | None = None) -> list[receiving_view.Told]:
        return await self.database.read(receiving_view.page, account_id, "", None, 100)


@pytest.fixture
async def parts(database: Database, bus: Bus):
    parts = Parts(database, bus)
    yield parts
    parts.delivery.close()


async def test_a_message_is_kept_with_all_that_is_known_of_it(parts: Parts) -> None:
    lin = await make_account(parts.database, LIN, catch_all=True)
    await parts.delivery.check_recipient("shop@yuanye.example")
    with parts.bus.subscribe(TRAFFIC) as subscription:
        parts.log.ended(told(("shop@yuanye.example", ""), reply="250 2.0.0 Ok: 1f"))
        await parts.log.write()
        assert not subscription.queue.empty()
    (one,) = await parts.rows(lin)
    assert (one.outcome, one.peer, one.helo, one.reverse_path) == (
        TAKEN, "203.0.113.54", "mx3.xinghe.example", "hr@xinghe.example",
    )  # fmt: skip
    assert one.recipients == (receiving_view.Asked("shop@yuanye.example", "", (lin,)),)
    assert (one.size, one.reference, one.times) == (4_096, "1f", 1)
    assert one.steps == (1.0, 19.0, None, 10.0, 20.0, 50.0, 1.0, 3.0)
    hour = one.last_ms // traffic.HOUR_MS
    assert (await parts.database.read(traffic.since, hour - 1))[hour][IN] == 1


async def test_an_account_sees_what_is_its_own_alone(parts: Parts) -> None:
    lin, ann = await make_account(parts.database, LIN), await make_account(parts.database, ANN)
    parts.log.ended(told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    parts.log.ended(told(("nobody@yuanye.example", NOBODY)))
    await parts.log.write()
    assert [one.outcome for one in await parts.rows(lin)] == [TAKEN]
    assert await parts.rows(ann) == []
    assert [one.outcome for one in await parts.rows()] == [UNKNOWN, TAKEN]


async def test_a_blocked_address_still_belongs_to_its_account(parts: Parts) -> None:
    lin = await make_account(parts.database, LIN)

    def block(db) -> None:
        domain = domains.by_name(db, "yuanye.example")
        addresses.add(db, "shop@yuanye.example", domain.id, [lin], 1)
        address_list.put_state(db, "shop@yuanye.example", domain.id, "blocked", 1)

    await parts.database.write(block)
    parts.log.ended(told(("shop+a@yuanye.example", NOBODY)))
    await parts.log.write()
    assert [one.outcome for one in await parts.rows(lin)] == [UNKNOWN]
    assert await parts.database.read(receiving_view.refused, 10) == []  # somebody wanted it refused


async def test_repeats_raise_one_number_instead_of_filling_the_table(parts: Parts) -> None:
    for _ in range(1_000):
        parts.log.ended(told())
    parts.log.ended(told(peer="198.51.100.7"))
    await parts.log.write()
    for _ in range(500):
        parts.log.ended(told())
    await parts.log.write()
    rows = await parts.rows()
    assert len(rows) == ALIKE_ELSE + 1
    assert sum(one.times for one in rows) == 1_501


async def test_a_flood_is_bounded_in_memory(parts: Parts) -> None:
    for _ in range(WAITING_MAX + 5):
        parts.log.ended(told())
    assert parts.log.missed == 5


async def test_a_flood_of_one_kind_pushes_out_that_kind_alone(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_account(parts.database, LIN)
    monkeypatch.setattr(receiving_log, "LIMITS", {**receiving_log.LIMITS, NOTHING: (50, 1 << 20), UNKNOWN: (99, 5_000)})
    parts.log.ended(told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    for number in range(120):
        parts.log.ended(told(peer=f"198.51.100.{number}"))
        parts.log.ended(told((f"{'x' * 60}{number}@yuanye.example", NOBODY)))
    await parts.log.write()
    kept = {outcome: [one for one in await parts.rows() if one.outcome == outcome] for outcome in (TAKEN, UNKNOWN)}
    assert len(kept[TAKEN]) == 1

    def look(db) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]], int]:
        told_ = db.execute("SELECT outcome, held, bytes FROM smtp_transaction_sizes").fetchall()
        true = db.execute("SELECT outcome, count(*), sum(bytes) FROM smtp_transactions GROUP BY outcome").fetchall()
        orphans = db.execute(
            "SELECT count(*) FROM smtp_transaction_accounts"
            " WHERE transaction_id NOT IN (SELECT id FROM smtp_transactions)"
        ).fetchone()[0]
        return {row[0]: row[1:] for row in told_}, {row[0]: row[1:] for row in true}, orphans

    sizes, true, orphans = await parts.database.read(look)
    assert sizes == true
    assert (sizes[NOTHING][0], orphans) == (50, 0)
    assert sizes[UNKNOWN][1] <= 5_000
    assert sizes[UNKNOWN][0] == len(kept[UNKNOWN]) > 5


async def test_what_happened_a_fortnight_ago_is_forgotten(parts: Parts) -> None:
    lin = await make_account(parts.database, LIN)
    parts.log.ended(told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    parts.log.ended(told(("shop@yuanye.example", NOBODY)))
    await parts.log.write()
    (newest, _) = await parts.rows()
    later = newest.last_ms + receiving_log.DAYS * receiving_log.DAY_MS
    assert await parts.database.write(receiving_log.prune, later - 60_000) == 0
    assert await parts.database.write(receiving_log.prune, later + 60_000) == 3
    assert await parts.rows() == await parts.rows(lin) == []


async def test_addresses_asked_for_in_vain_are_counted_until_they_are_made(parts: Parts) -> None:
    await make_account(parts.database, LIN)
    for sender in ("a@b.example", "c@d.example", "a@b.example"):
        parts.log.ended(told(("Shop@yuanye.example", NOBODY), ("x@elsewhere.example", NOBODY), sender=sender))
    await parts.log.write()
    (one,) = await parts.database.read(receiving_view.refused, 10)
    assert (one.address, one.times, one.reverse_path) == ("shop@yuanye.example", 3, "a@b.example")
    hour = one.last_ms // traffic.HOUR_MS
    assert (await parts.database.read(traffic.since, hour - 1))[hour][REFUSED] == 3
    await make_account(parts.database, "shop@yuanye.example")
    assert await parts.database.read(receiving_view.refused, 10) == []


async def test_addresses_asked_for_often_outlive_guesses(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving_log, "REFUSED_HELD", 20)
    monkeypatch.setattr(receiving_log, "REFUSED_SPARE", 5)
    await make_account(parts.database, LIN)
    for _ in range(3):
        parts.log.ended(told(("shop@yuanye.example", NOBODY)))
    for number in range(200):
        parts.log.ended(told((f"guess{number}@yuanye.example", NOBODY)))
    await parts.log.write()
    found = await parts.database.read(receiving_view.refused, 100)
    assert (found[0].address, found[0].times) == ("shop@yuanye.example", 3)
    assert len(found) <= 26


async def test_a_search_finds_senders_recipients_and_addresses_of_clients(parts: Parts) -> None:
    lin = await make_account(parts.database, LIN)
    parts.log.ended(told((LIN, ""), reply="250 2.0.0 Ok: 1f"))
    parts.log.ended(told(("100%_sure@yuanye.example", NOBODY), peer="198.51.100.7", sender="x@y.example"))
    await parts.log.write()

    async def found(query: str, account_id: int | None = None) -> int:
        return len(await parts.database.read(receiving_view.page, account_id, query, None, 100))

    assert [await found(each) for each in ("XINGHE", "198.51.100", "lin@", "100%_s", "100%s", "")] == [2, 1, 1, 1, 0, 2]
    assert await found("mx3", lin) == 1
    assert await found("x@y", lin) == 0


async def test_a_watcher_hears_each_step_of_what_is_for_it_alone(parts: Parts) -> None:
    with parts.log.watch("lin+test@yuanye.example") as news:
        assert parts.log.watching
        parts.log.progressed(told((LIN, "")))
        assert news.empty()
        parts.log.progressed(told(("Lin+Test@yuanye.example", "452 4.2.2 Mailbox full")))
        one = told(("Lin+Test@yuanye.example", ""), reply="250 2.0.0 Ok: 1f")
        parts.log.progressed(one)
        parts.log.ended(one)
        assert news.qsize() == 3
    assert not parts.log.watching


async def test_of_a_message_for_several_each_knows_its_own_part_and_nothing_of_the_others(parts: Parts) -> None:
    lin, ann = await make_account(parts.database, LIN), await make_account(parts.database, ANN)
    parts.log.ended(told((LIN, ""), (ANN, "452 4.2.2 Mailbox full"), reply="250 2.0.0 Ok: 1f"))
    await parts.log.write()
    (of_lin,), (of_ann,) = await parts.rows(lin), await parts.rows(ann)
    assert ([each.address for each in of_lin.recipients], of_lin.recipient_count) == ([LIN], 1)
    assert (of_lin.outcome, of_lin.size) == (TAKEN, 4_096)
    assert (of_ann.outcome, of_ann.size, of_ann.reply, of_ann.reference) == ("deferred", 0, "", "")
    assert of_ann.steps[5:] == (None, None, None)
    for account_id, other in ((lin, "ann@"), (ann, "lin@")):
        assert await parts.database.read(receiving_view.page, account_id, other, None, 10) == []
    assert await parts.database.read(receiving_view.get, ann, of_ann.id) == of_ann


async def test_what_an_account_looks_for_costs_one_pass_however_much_the_log_holds(parts: Parts) -> None:
    lin = await make_account(parts.database, LIN)
    steps = []

    def grow_and_look(db: sqlite3.Connection, first: int, count: int) -> int:
        rows = [(id_, LIN + f"\t\t{lin}", str(lin)) for id_ in range(first, first + count)]
        db.executemany(
            "INSERT INTO smtp_transactions (id, began_at, last_at, outcome, peer, helo, tls, recipients,"
            " recipient_count, accounts, reply, reference, size, steps, bytes)"
            " VALUES (?, 0, 0, 'taken', '', '', '', ?, 1, ?, '250', '', 0, '', 0)",
            rows,
        )
        db.executemany("INSERT INTO smtp_transaction_accounts VALUES (?, ?)", [(lin, row[0]) for row in rows])
        taken = 0

        def count_steps() -> None:
            nonlocal taken
            taken += 1

        db.set_progress_handler(count_steps, 100)
        assert receiving_view.page(db, lin, "", None, 51, (UNKNOWN,)) == []
        db.set_progress_handler(None, 0)
        return taken

    for first in (1, 2_001):
        steps.append(await parts.database.write(grow_and_look, first, 2_000))

    assert steps[1] < 3 * steps[0]


async def test_our_own_check_is_marked_and_is_nobody_who_was_refused(parts: Parts) -> None:
    lin = await make_account(parts.database, LIN)
    check = told((f"stranger@{CHECK_DOMAIN}", NOBODY))
    check.local = True
    parts.log.ended(check)
    parts.log.ended(told((f"stranger@{CHECK_DOMAIN}", NOBODY), peer="203.0.113.7"))
    await parts.log.write()
    everything = await parts.rows()
    assert sorted(one.is_check for one in everything) == [False, True]
    refused = await parts.database.read(receiving_view.page, None, "", None, 9, (UNKNOWN,))
    assert [one.peer for one in refused] == ["203.0.113.7"]
    assert await parts.database.read(receiving_view.refused, 9) == []
    assert await parts.rows(lin) == []
    hours = await parts.database.read(traffic.since, 0)
    assert sum(each.get(REFUSED, 0) for each in hours.values()) == 1


async def test_of_very_many_recipients_everybody_finds_their_own(parts: Parts) -> None:
    ann = await make_account(parts.database, ANN)
    lin = await make_account(parts.database, LIN, catch_all=True)
    asked = [(f"n{number}@yuanye.example", "") for number in range(SmtpLimits().recipients - 1)]
    parts.log.ended(told(*asked, (ANN, ""), reply="250 2.0.0 Ok: 1f"))
    await parts.log.write()
    (one,) = await parts.database.read(receiving_view.page, ann, "ann@", None, 9)
    assert [each.address for each in one.recipients] == [ANN]
    (one,) = await parts.database.read(receiving_view.page, lin, "n498@", None, 9)
    assert len(one.recipients) == len(asked)
    (one,) = await parts.database.read(receiving_view.page, None, "ann@", None, 9)
    assert (len(one.recipients), one.recipient_count) == (500, 500)


async def test_what_waits_is_bounded_by_its_recipients_too(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving_log_flow, "ASKED_MAX", 10)
    for _ in range(4):
        parts.log.ended(told(*[(f"n{number}@x.example", NOBODY) for number in range(6)]))
    assert parts.log.missed == 2
    await parts.log.write()
    parts.log.ended(told((LIN, NOBODY)))
    assert parts.log.missed == 2


async def test_the_writer_is_never_given_more_than_a_few_hundred_recipients_at_once(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    add = receiving_log.add

    def watched(db: sqlite3.Connection, entries: list[receiving_log.Entry], *more: object) -> None:
        given.append(sum(len(one.recipients) for one in entries))
        add(db, entries, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(receiving_log, "add", watched)
    for number in range(5):
        asked = [(f"x{number}-{each}@yuanye.example", NOBODY) for each in range(250)]
        parts.log.ended(told(*asked, reply=NOBODY))
    await parts.log.write()
    assert given == [500, 500, 250]
