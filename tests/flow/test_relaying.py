"""Setting relays up: what is refused, where a secret stays, what the relay loop is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from mailapp.events import QUEUE, Bus, QueueChanged
from mailapp.flow.relaying import Letter, Relaying, RelayRefused, checked, target_of, trial_of
from mailapp.mail.content import chunks
from mailapp.seal import Seal, SealBroken
from mailapp.store import relays
from mailapp.store.database import Database
from mailapp.store.relays import Relay
from tests.relays import fake_relay

SECRET = "SG.a-secret-of-the-relay"
RELAY = Relay(
    name="SendGrid", preset="sendgrid", host="smtp.sendgrid.net", port=587, security="starttls", username="apikey"
)


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    return Seal(tmp_path / "relay.key")


@pytest.fixture
def relaying(database: Database, bus: Bus, seal: Seal) -> Relaying:
    return Relaying(database, bus, seal, "mail.yuanye.example")


async def stored(database: Database, relay_id: int) -> Relay:
    found = await database.read(relays.get, relay_id)
    assert found is not None
    return found


async def test_a_saved_relay_can_be_logged_in_to(database: Database, relaying: Relaying, seal: Seal) -> None:
    relay = await stored(database, await relaying.save(RELAY, SECRET))
    target = target_of(relay, seal)
    assert (target.host, target.username, target.password) == ("smtp.sendgrid.net", "apikey", SECRET)
    assert SECRET not in repr(target) + repr(relay)
    assert relaying.can_open(relay)


async def test_every_change_wakes_the_relay_loop(relaying: Relaying, bus: Bus) -> None:
    with bus.subscribe(QUEUE) as told:
        relay_id = await relaying.save(RELAY, SECRET)
        await relaying.save(replace(RELAY, id=relay_id, port=2525), "")
        await relaying.move(relay_id, 1)
        await relaying.remove(relay_id)
        assert [told.queue.get_nowait() for _ in range(4)] == [QueueChanged()] * 4


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"host": " "}, "host", "empty"),
        ({"host": "a b.example"}, "host", "wrong"),
        ({"host": "a.example\r\nX"}, "host", "wrong"),
        ({"port": 0}, "port", "wrong"),
        ({"security": "none"}, "security", "loopback"),
        ({"username": "a\nb"}, "username", "wrong"),
        ({"name": "a\nb\x00"}, "name", "wrong"),
        ({"sender_domains": ("a@b.example",)}, "sender_domains", "wrong"),
        ({"sender_domains": ("a b",)}, "sender_domains", "wrong"),
        ({"daily_limit": -1}, "daily_limit", "wrong"),
        ({"events_key": "AAAA"}, "events_key", "wrong"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(changes: dict[str, object], field: str, reason: str) -> None:
    with pytest.raises(RelayRefused) as refused:
        checked(replace(RELAY, **changes))  # type: ignore[arg-type]
    assert (refused.value.field, refused.value.reason) == (field, reason)


def test_settings_are_stored_in_one_form() -> None:
    given = replace(RELAY, name="", host="SMTP.Bücher.example.", sender_domains=("Bücher.Example", "bücher.example"))
    relay = checked(given)
    assert relay.host == relay.name == "smtp.xn--bcher-kva.example"
    assert relay.sender_domains == ("xn--bcher-kva.example",)
    assert checked(replace(RELAY, host="::1", security="none")).host == "::1"


async def test_a_secret_does_not_follow_to_another_server(database: Database, relaying: Relaying) -> None:
    relay_id = await relaying.save(RELAY, SECRET)
    kept = (await stored(database, relay_id)).secret
    for changes in ({"host": "evil.example"}, {"security": "tls"}, {"host": "127.0.0.1", "security": "none"}):
        with pytest.raises(RelayRefused) as refused:
            await relaying.save(replace(RELAY, id=relay_id, **changes), "")  # type: ignore[arg-type]
        assert refused.value.reason == "again"
    assert (await stored(database, relay_id)).secret == kept
    await relaying.save(replace(RELAY, id=relay_id, host="other.example"), "another")
    assert (await stored(database, relay_id)).secret != kept


async def test_without_its_key_file_a_relay_is_not_logged_in_to(
    database: Database, relaying: Relaying, seal: Seal, tmp_path: Path
) -> None:
    relay = await stored(database, await relaying.save(RELAY, SECRET))
    (tmp_path / "relay.key").unlink()
    assert not relaying.can_open(relay)
    with pytest.raises(SealBroken):
        target_of(relay, seal)
    dialogue = await relaying.test(relay, None, lambda mark, said: None)
    assert (dialogue.ok, dialogue.kind) == (False, "sealing")


async def test_a_test_tells_each_line_as_it_comes(database: Database, relaying: Relaying) -> None:
    async with fake_relay(tls="none") as fake:
        local = Relay(name="here", host="127.0.0.1", port=fake.port, security="none")
        relay = await stored(database, await relaying.save(local, ""))
        told: list[tuple[str, str]] = []
        letter = Letter("lin@yuanye.example", "ana@else.example", "中继测试", "到了。")
        dialogue = await relaying.test(relay, letter, lambda mark, said: told.append((mark, said)))
        assert dialogue.ok
        assert tuple(told) == dialogue.lines
        await fake.received(1)
        assert b"Message-ID:" in fake.messages[0].content


def test_a_test_to_an_address_with_other_letters_asks_for_smtputf8() -> None:
    trial = trial_of(Letter("lin@yuanye.example", "周婧@例子.example", "x", "y"), "mail.yuanye.example", 1.8e9)
    assert trial.utf8
    assert b"Bcc" not in b"".join(chunks(trial.content))
