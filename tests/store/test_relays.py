"""Relays keep their order, their secrets sealed, and a limit a day."""

from dataclasses import replace

import pytest

from mailapp.store import relays
from mailapp.store.database import Database
from mailapp.store.relays import Relay, RelayExists

SENDGRID = Relay(
    name="SendGrid", preset="sendgrid", host="smtp.sendgrid.example", port=587, security="starttls", username="apikey",
    secret=b"sealed", sender_domains=("yuanye.example", "xn--fiq.example"), daily_limit=100, events_key="MFk",
)  # fmt: skip
PLAIN = Relay(name="Plain", host="127.0.0.1", port=2525, security="none")


async def _names(database: Database) -> list[str]:
    return [one.name for one in await database.read(relays.all_)]


async def test_a_relay_reads_back_as_it_was_written_and_never_shows_its_secret(database: Database) -> None:
    relay_id = await database.write(relays.add, SENDGRID, 1)
    found = await database.read(relays.get, relay_id)
    assert found == replace(SENDGRID, id=relay_id, position=1)
    assert found == await database.read(relays.by_name, "SendGrid")
    assert "sealed" not in repr(found)
    assert await database.read(relays.get, 99) is None


async def test_an_update_keeps_place_and_use(database: Database) -> None:
    relay_id = await database.write(relays.add, SENDGRID, 1)
    await database.write(relays.use, relay_id, "2026-11-22", 3)
    changed = replace(PLAIN, id=relay_id, name="SendGrid")
    assert await database.write(relays.update, changed)
    assert await database.read(relays.get, relay_id) == replace(changed, position=1, used_day="2026-11-22", used=3)
    assert not await database.write(relays.update, replace(PLAIN, id=99))


async def test_two_relays_never_have_one_name(database: Database) -> None:
    await database.write(relays.add, SENDGRID, 1)
    plain = await database.write(relays.add, PLAIN, 1)
    with pytest.raises(RelayExists):
        await database.write(relays.add, SENDGRID, 1)
    with pytest.raises(RelayExists):
        await database.write(relays.update, replace(SENDGRID, id=plain))


async def test_relays_are_moved_within_their_order(database: Database) -> None:
    ids = [await database.write(relays.add, replace(PLAIN, name=name), 1) for name in "abc"]
    assert await database.write(relays.move, ids[2], -1)
    assert await _names(database) == ["a", "c", "b"]
    await database.write(relays.move, ids[0], 9)
    assert await _names(database) == ["c", "b", "a"]
    assert await database.write(relays.remove, ids[1])
    await database.write(relays.add, replace(PLAIN, name="d"), 1)
    assert await _names(database) == ["c", "a", "d"]
    assert not await database.write(relays.move, 99, 1)
    assert not await database.write(relays.remove, 99)


async def test_the_senders_domain_chooses_who_names_it_before_who_takes_all(database: Database) -> None:
    for one in (
        replace(PLAIN, name="all"),
        replace(PLAIN, name="other", sender_domains=("other.example",)),
        replace(PLAIN, name="off", sender_domains=("yuanye.example",), state=relays.DISABLED),
        SENDGRID,
    ):
        await database.write(relays.add, one, 1)

    async def chosen(domain: str) -> list[str]:
        return [one.name for one in await database.read(relays.for_domain, domain)]

    assert await chosen("yuanye.example") == ["SendGrid", "all"]
    assert await chosen("ye.example") == ["all"]
    assert await chosen("other.example") == ["other", "all"]


async def test_a_daily_limit_is_never_exceeded_and_starts_anew_with_the_day(database: Database) -> None:
    relay_id = await database.write(relays.add, SENDGRID, 1)
    assert await database.write(relays.use, relay_id, "2026-11-22", 60)
    assert not await database.write(relays.use, relay_id, "2026-11-22", 41)
    assert await database.write(relays.use, relay_id, "2026-11-22", 40)
    relay = await database.read(relays.get, relay_id)
    assert relay is not None
    assert (relay.remaining("2026-11-22"), relay.remaining("2026-11-23")) == (0, 100)
    await database.write(relays.give_back, relay_id, "2026-11-22", 10)
    await database.write(relays.give_back, relay_id, "2026-11-21", 10)
    assert await database.write(relays.use, relay_id, "2026-11-22", 10)
    assert not await database.write(relays.use, relay_id, "2026-11-22", 1)
    assert await database.write(relays.use, relay_id, "2026-11-23", 100)
    assert not await database.write(relays.use, 99, "2026-11-23", 1)


async def test_no_limit_is_no_limit(database: Database) -> None:
    relay_id = await database.write(relays.add, PLAIN, 1)
    assert await database.write(relays.use, relay_id, "2026-11-22", 100_000)
    relay = await database.read(relays.get, relay_id)
    assert relay is not None
    assert relay.remaining("2026-11-22") is None
