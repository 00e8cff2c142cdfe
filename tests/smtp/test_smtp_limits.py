import asyncio
import resource
from itertools import chain

import pytest

from mailapp.mail.peer import client_key
from mailapp.smtp import server as server_module
from mailapp.smtp.limits import Connections, raise_file_limit
from mailapp.smtp.settings import SmtpLimits


class FakeGuest:
    def __init__(self, client: str, idle: bool = True) -> None:
        self.client = client
        self.idle = idle
        self.last_reply = ""

    def hang_up(self, reply: str) -> None:
        self.last_reply = reply


def test_a_client_is_an_ipv4_address_or_an_ipv6_network():
    assert client_key("192.0.2.1") == "192.0.2.1"
    assert client_key("::ffff:192.0.2.1") == "192.0.2.1"
    assert client_key("2001:db8:1:2:3:4:5:6") == client_key("2001:db8:1:2::1%eth0") == "2001:db8:1:2::/64"
    assert client_key("2001:db8:1:3::1") != client_key("2001:db8:1:2::1")
    assert client_key("") == ""
    assert client_key("a:b") == "a:b"


def test_when_all_places_are_taken_the_oldest_idle_connection_of_the_biggest_client_goes():
    connections = Connections(total=6, per_client=5)
    busy, old, young = FakeGuest("big", idle=False), FakeGuest("big"), FakeGuest("big")
    for guest in (busy, old, young, FakeGuest("small"), FakeGuest("small"), FakeGuest("other")):
        assert connections.admit(guest.client)
        connections.enter(guest)
    assert connections.admit("new")
    assert old.last_reply.startswith("421 4.7.0")
    assert (busy.last_reply, young.last_reply) == ("", "")
    connections.enter(FakeGuest("new"))
    assert len(connections) == 6
    connections.leave(old)
    assert len(connections) == 6


def test_nobody_makes_room_for_a_client_that_has_as_many():
    connections = Connections(total=4, per_client=4)
    for name in "aabb":
        connections.enter(FakeGuest(name))
    assert not connections.admit("a")
    assert connections.admit("c")


def test_room_is_not_made_from_messages_under_way():
    connections = Connections(total=3, per_client=3)
    for _ in range(3):
        connections.enter(FakeGuest("busy", idle=False))
    assert not connections.admit("new")


def test_the_file_limit_is_raised_up_to_the_hard_one():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
        assert raise_file_limit(512) == min(512, hard)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(512, hard)
        assert raise_file_limit(100) == min(512, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_where_files_are_few_fewer_connections_are_taken(start, monkeypatch, caplog):
    monkeypatch.setattr(server_module.resource, "getrlimit", lambda _: (1024, 1024))
    house = await start()
    assert house.server._context.connections.total == 384
    assert "384" in caplog.text


async def test_one_client_gets_its_share_of_connections_and_no_more(start):
    house = await start(limits={"per_client": 3})
    clients = [await house.client() for _ in range(3)]
    refused = await house.connect()
    assert await refused.reply() == "421 4.7.0 Too many connections"
    assert await refused.rest() == b""
    assert (await (await house.connect(source="127.0.0.2")).greet()).startswith("250-")
    assert await clients[0].command("QUIT") == "221 2.0.0 Bye"
    assert await clients[0].rest() == b""
    assert (await (await house.connect()).greet()).startswith("250-")


async def test_fifteen_hundred_idle_connections_leave_another_clients_delivery_alone(house):
    async def crowd() -> list:
        return [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(500)]

    crowds = await asyncio.gather(*(crowd() for _ in range(3)))
    other = await house.connect(source="127.0.0.2")
    await other.greet()
    assert await other.message() == "250 2.0.0 Ok: id1"
    assert house.server.connections <= 101
    for _, writer in chain.from_iterable(crowds):
        writer.close()


async def test_the_total_of_connections_is_bounded_and_newcomers_find_room(start):
    house = await start(limits={"connections": 6, "per_client": 5})
    crowd = [await house.client() for _ in range(5)]
    await crowd[0].begin()
    await (await house.connect(source="127.0.0.2")).greet()
    newcomer = await house.connect(source="127.0.0.3")
    assert (await newcomer.greet()).startswith("250-")
    assert await crowd[1].reply() == "421 4.7.0 Too many connections, making room"
    await crowd[0].send(b"hi\r\n.\r\n")
    assert await crowd[0].reply() == "250 2.0.0 Ok: id1"


async def test_an_idle_client_is_sent_away(start):
    house = await start(limits={"command_timeout": 0.05})
    client = await house.connect()
    assert await client.reply() == "220 mx.example ESMTP"
    assert await client.reply() == "421 4.4.2 Timeout, closing connection"
    assert await client.rest() == b""
    assert house.log.events == [("closed", "127.0.0.1", "421 4.4.2 Timeout, closing connection")]


async def test_bytes_that_trickle_in_do_not_keep_a_command_alive(start):
    house = await start(limits={"command_timeout": 0.1})
    client = await house.connect()
    await client.reply()
    reply = asyncio.create_task(client.reply())
    while not reply.done():
        await client.send(b"N")
        await asyncio.sleep(0.005)
    assert await reply == "421 4.4.2 Timeout, closing connection"


async def test_commands_that_come_in_time_keep_the_connection(start):
    house = await start(limits={"command_timeout": 0.5})
    client = await house.client()
    begun = asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() < begun + 0.8:
        assert await client.command("MAIL FROM:<a@b>") in ("250 2.1.0 Ok", "503 5.5.1 Error: nested MAIL command")
        assert (await client.command("RSET")).startswith("250 ")
        await asyncio.sleep(0.02)


async def test_a_message_that_stops_coming_is_given_up(start):
    house = await start(limits={"data_chunk_timeout": 0.05})
    client = await house.client()
    await client.begin()
    await client.send(b"half of")
    assert await client.reply() == "421 4.4.2 Timeout, closing connection"
    assert await client.rest() == b""
    assert house.recorder.messages == []
    assert house.server.memory_used == 0


async def test_a_slow_message_with_steady_pieces_arrives(start):
    house = await start(limits={"data_chunk_timeout": 0.5})
    client = await house.client()
    await client.begin()
    for _ in range(20):
        await client.send(b"piece\r\n")
        await asyncio.sleep(0.04)
    await client.send(b".\r\n")
    assert await client.reply() == "250 2.0.0 Ok: id1"


async def test_no_timeout_cuts_a_delivery_short(start):
    house = await start(limits={"command_timeout": 0.4, "data_chunk_timeout": 0.4, "session_duration": 0.4})
    house.recorder.may_finish.clear()
    client = await house.connect()
    await client.send(b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\nhi\r\n.\r\n")
    await client.replies(5)
    await house.recorder.started.wait()
    await asyncio.sleep(0.6)
    house.recorder.may_finish.set()
    assert await client.reply() == "250 2.0.0 Ok: id1"


async def test_a_connection_does_not_last_for_ever(start):
    house = await start(limits={"session_duration": 0.05})
    client = await house.client()
    assert await client.reply() == "421 4.4.2 Connection lasted too long"


async def test_a_line_over_the_limit_is_refused_and_the_next_one_taken(house):
    client = await house.client()
    assert await client.command("NOOP " + "x" * 2042) == "500 5.5.2 Line too long"
    assert await client.command("NOOP " + "x" * 2041) == "250 2.0.0 Ok"
    assert await client.command("NOOP " + "x" * 30_000) == "500 5.5.2 Line too long"
    assert await client.message() == "250 2.0.0 Ok: id1"


async def test_a_command_without_end_ends_the_connection(house):
    client = await house.client()
    await client.send(b"MAIL FROM:<" + b"x" * 70_000)
    assert await client.reply() == "500 5.5.2 Line too long"
    assert await client.rest() == b""


@pytest.mark.parametrize(
    "junk", ["BOGUS", "RCPT TO:<x@y>", "MAIL FROM:<x", "DATA", "", "AUTH LOGIN", "NOOP " + "x" * 3000]
)
async def test_too_much_junk_ends_the_connection(start, junk):
    house = await start(limits={"junk_commands": 5})
    client = await house.client()
    replies = [await client.command(junk) for _ in range(6)]
    assert all(reply[0] == "5" for reply in replies[:5])
    assert replies[5] == "421 4.7.0 Too many errors"
    assert await client.rest() == b""


@pytest.mark.parametrize("command", ["NOOP", "RSET", "VRFY x", "HELP", "HELO me", "EHLO me"])
async def test_harmless_commands_without_a_message_end_the_connection_too(start, command):
    house = await start(limits={"idle_commands": 5})
    client = await house.client()
    for _ in range(4):
        assert (await client.command(command))[0] == "2"
    assert await client.command(command) == "421 4.7.0 Too many commands without a message"
    assert await client.rest() == b""


async def test_a_message_in_between_forgives(start):
    house = await start(limits={"idle_commands": 3, "junk_commands": 2})
    client = await house.client()
    for number in range(1, 5):
        assert (await client.command("NOOP"))[0] == "2"
        assert (await client.command("BOGUS"))[0] == "5"
        assert await client.message() == f"250 2.0.0 Ok: id{number}"


async def test_one_message_may_have_a_hundred_recipients_and_more_get_a_temporary_refusal(start):
    assert SmtpLimits().recipients >= 100
    house = await start(limits={"recipients": 100})
    client = await house.client()
    await client.command("MAIL FROM:<a@b>")
    replies = [await client.command(f"RCPT TO:<r{number}@y>") for number in range(101)]
    assert set(replies[:100]) == {"250 2.1.5 Ok"}
    assert replies[100] == "452 4.5.3 Too many recipients"
    await client.command("DATA")
    assert (await client.command("hi\r\n.")).startswith("250 ")
    assert len(house.recorder.messages[0].envelope.forward_paths) == 100


async def test_a_flood_of_recipients_ends_the_connection(start):
    house = await start(limits={"recipients": 10})
    client = await house.client()
    await client.send(b"MAIL FROM:<a@b>\r\n" + b"RCPT TO:<x@y>\r\n" * 1000)
    assert b"421 4.7.0 Too many commands\r\n" in await client.rest()


async def test_guessing_addresses_ends_the_connection(start):
    house = await start(limits={"refused_recipients": 5})
    client = await house.client()
    await client.command("MAIL FROM:<a@b>")
    replies = [await client.command(f"RCPT TO:<unknown{number}@y>") for number in range(6)]
    assert {reply[:9] for reply in replies[:5]} == {"550 5.1.1"}
    assert replies[5] == "421 4.7.0 Too many unknown recipients"
    assert await client.rest() == b""


async def test_a_connection_brings_so_many_messages_and_no_more(start):
    house = await start(limits={"messages": 2})
    client = await house.client()
    await client.message()
    await client.message()
    assert await client.command("MAIL FROM:<a@b>") == "421 4.7.0 Too many messages in one connection"


async def test_clients_that_send_ahead_without_end_cannot_fill_the_memory(start, until):
    house = await start(limits={"memory_total": 500_000})
    house.recorder.may_finish.clear()
    client = await house.client()
    await client.begin()
    await client.send(b"hi\r\n.\r\n")
    await house.recorder.started.wait()

    async def flood():
        try:
            while True:
                await client.send(b"NOOP\r\n" * 10_000)
        except OSError:
            pass

    flooding = asyncio.create_task(flood())
    await until(lambda: house.server.memory_used > 0 or house.server.connections == 0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert house.server.memory_peak <= 500_000
    flooding.cancel()


async def test_a_client_that_reads_no_replies_is_sent_away(start, until):
    house = await start(limits={"command_timeout": 0.1, "idle_commands": 10**9, "recipients": 10**9})
    client = await house.connect()

    async def flood():
        try:
            while True:
                await client.send(b"HELP\r\n" * 1000)
        except OSError:
            pass

    client.reader._transport.pause_reading()
    flooding = asyncio.create_task(flood())
    await until(lambda: house.server.connections == 0)
    await asyncio.wait_for(flooding, 20)
