"""What comes and goes is counted by the hour, and latencies in classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.flow.traffic import BOUNDS_MS, IN, SENT, STORED, Traffic, quantile
from mailapp.store import overview, traffic
from mailapp.store.database import Database


def test_what_was_taken_to_be_written_still_counts_since_the_start() -> None:
    counted = Traffic()
    counted.count(IN, 3)
    counted.took(STORED, 12.5)
    assert counted.take() == {IN: 3, "stored.6": 1}
    assert not counted.waits
    counted.count(IN)
    assert counted.now()[IN] == 4
    assert counted.sums_ms[STORED] == 12.5


@given(st.lists(st.floats(0, 20_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_a_quantile_lies_in_the_class_of_the_true_one(latencies: list[float], part: float) -> None:
    counted = Traffic()
    for ms in latencies:
        counted.took(STORED, ms)
    taken = counted.take()
    classes = [taken[f"{STORED}.{number}"] for number in range(len(BOUNDS_MS) + 1)]
    found = quantile(classes, part)
    assert found is not None
    rank = max(0, -(-len(latencies) * part // 1) - 1)
    true = sorted(latencies)[int(rank)]
    bounds = [0, *BOUNDS_MS, float("inf")]
    number = next(index for index in range(len(bounds) - 1) if bounds[index] <= true <= bounds[index + 1])
    assert (
        bounds[number] <= found <= max(bounds[number + 1] if number < len(BOUNDS_MS) else BOUNDS_MS[-1], BOUNDS_MS[0])
    )


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile([0, 0, 0], 0.5) is None


async def test_hours_add_up_and_gauges_stand(database: Database) -> None:
    await database.write(traffic.add, 1_000, {IN: 2, "stored.3": 5})
    await database.write(traffic.add, 1_000, {IN: 3})
    await database.write(traffic.gauge, 1_000, {"database": 10})
    await database.write(traffic.gauge, 1_000, {"database": 12})
    assert await database.read(traffic.since, 1_000) == {1_000: {IN: 5, "database": 12}}
    assert await database.read(traffic.since, 1_001) == {}
    assert (await database.read(traffic.latencies, 1_000, STORED, 22))[3] == 5


async def test_what_is_no_longer_told_is_forgotten_latencies_first(database: Database) -> None:
    await database.write(traffic.add, 1_000, {SENT: 1, "stored.3": 5})
    later = 1_000 + traffic.LATENCY_DAYS * 24 + 1
    assert await database.write(traffic.prune, later) == 1
    assert await database.read(traffic.since, 0) == {1_000: {SENT: 1}}
    assert await database.write(traffic.prune, 1_001 + traffic.DAYS_KEPT * 24) == 1


async def test_sites_beyond_a_days_number_are_counted_without_a_name(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "SITES_A_DAY", 3)
    await database.write(traffic.count_senders, {(1, f"s{number}.example"): 1 for number in range(9)})
    await database.write(traffic.count_senders, {(1, "s0.example"): 4, (2, "new.example"): 2})
    found = await database.read(traffic.senders, 1, 10)
    assert found == [("s0.example", 5), ("new.example", 2), ("s1.example", 1), ("s2.example", 1)]

    def all_(db) -> int:
        return db.execute("SELECT sum(messages) FROM traffic_senders").fetchone()[0]

    assert await database.read(all_) == 15


async def test_a_long_queue_is_counted_so_far_and_no_further(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "COUNTED", 5)

    def fill(db) -> None:
        db.execute(
            "INSERT INTO accounts (address, password_hash, created_at) VALUES ('a@b.example', '', 1)",
        )
        db.execute(
            "INSERT INTO queue_items (id, account_id, reverse_path, created_at, release_at) VALUES (1, 1, '', 1, 1)"
        )
        db.executemany(
            "INSERT INTO queue_recipients (item_id, address, state, next_at, changed_at) VALUES (1, 'x@y', ?, 1, 1)",
            [("pending",)] * 2 + [("sent",)] * 9,
        )

    await database.write(fill)
    assert await database.read(overview.on_their_way) == (2, 0)
    await database.write(fill_more)
    assert sum(await database.read(overview.on_their_way)) == 5


def fill_more(db) -> None:
    db.executemany(
        "INSERT INTO queue_recipients (item_id, address, state, next_at, changed_at) VALUES (1, 'x@y', ?, 1, 1)",
        [("deferred",)] * 50,
    )
