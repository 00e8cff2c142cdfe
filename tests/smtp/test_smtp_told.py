"""What the receiving log is told of a connection: one transaction each, with its steps, and never twice."""

import pytest

from mailapp.mail.transaction import BROKEN, NOTHING, REFUSED, TAKEN, UNKNOWN
from tests.smtp.conftest import House


async def test_each_message_of_a_connection_is_told_once(house: House, until) -> None:
    client = await house.client()
    await client.message()
    await client.message()
    assert await client.command("QUIT") == "221 2.0.0 Bye"
    await client.rest()
    await until(lambda: len(house.log.transactions) == 2)
    first, second = house.log.transactions
    assert [one.outcome for one in (first, second)] == [TAKEN, TAKEN]
    assert (first.helo, first.reverse_path, first.asked) == ("client.example", "a@b.example", [("x@y.example", "")])
    assert (first.reference, first.size, first.reply) == ("id1", 22, "250 2.0.0 Ok: id1")
    assert (first.first, second.first) == (True, False)
    assert 0 < first.began <= first.connected <= first.greeted <= first.mailed <= first.named <= first.arrived
    assert second.began == second.mailed > first.arrived


async def test_a_recipient_nobody_is_behind_is_told_with_its_reply(house: House, until) -> None:
    client = await house.client()
    await client.command("MAIL FROM:<a@b.example>")
    await client.command("RCPT TO:<unknown@y.example>")
    await client.command("QUIT")
    await until(lambda: house.log.transactions)
    (told,) = house.log.transactions
    assert (told.outcome, told.asked) == (UNKNOWN, [("unknown@y.example", "550 5.1.1 No such address")])


async def test_a_connection_that_asked_for_nothing_is_told_with_what_ended_it(start, until) -> None:
    house = await start(limits={"junk_commands": 1})
    client = await house.connect()
    for _ in range(3):
        await client.send(b"GET / HTTP/1.1\r\n")
    await client.rest()
    await until(lambda: house.log.transactions)
    (told,) = house.log.transactions
    assert (told.outcome, told.helo, told.farewell) == (NOTHING, "", "421 4.7.0 Too many errors")


async def test_who_leaves_in_the_middle_of_a_message_is_told_as_broken(house: House, until) -> None:
    client = await house.client()
    await client.begin()
    await client.send(b"Subject: half")
    client.reset()
    await until(lambda: house.log.transactions)
    (told,) = house.log.transactions
    assert (told.outcome, told.arrived, told.reply) == (BROKEN, 0.0, "")


async def test_a_reset_ends_what_was_asked_for(house: House, until) -> None:
    client = await house.client()
    await client.command("MAIL FROM:<a@b.example>")
    await client.command("RCPT TO:<x@y.example>")
    await client.command("RSET")
    await client.message()
    await client.command("QUIT")
    await client.rest()
    await until(lambda: len(house.log.transactions) == 2)
    assert [one.outcome for one in house.log.transactions] == [BROKEN, TAKEN]


async def test_a_message_declared_too_big_is_told_as_refused(start, until) -> None:
    house = await start(max_message_size=1000)
    client = await house.client()
    await client.command("MAIL FROM:<a@b.example> SIZE=2000")
    await until(lambda: house.log.transactions)
    (told,) = house.log.transactions
    assert (told.outcome, told.reverse_path, told.reply[:3]) == (REFUSED, "a@b.example", "552")


async def test_steps_are_told_while_they_happen_only_where_somebody_watches(house: House, until) -> None:
    client = await house.client()
    await client.message()
    assert house.log.progress == []
    house.log.watching = True
    await client.message()
    assert house.log.progress == [(1, False, False), (1, False, False), (1, True, False)]


@pytest.mark.parametrize("command", ["MAIL FROM:<a@b.example>", "EHLO other.example"])
async def test_a_null_or_changed_greeting_stands_in_what_is_told(house: House, until, command: str) -> None:
    client = await house.client()
    await client.command(command)
    await client.command("RSET")
    await client.begin(sender="")
    await client.send(b"Subject: x\r\n\r\ny\r\n.\r\n")
    await client.reply()
    (told,) = house.log.transactions
    assert told.reverse_path == ""
    assert told.helo == ("other.example" if command.startswith("EHLO") else "client.example")
