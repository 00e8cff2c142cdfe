import asyncio
import errno
import os

import psutil
import pytest

from mailapp.flow.spool import SpoolContent
from mailapp.smtp import receiving

FALSE_ENDS = {"LF.LF": b"\n.\n", "LF.CRLF": b"\n.\r\n", "CR.CR": b"\r.\r", "CRLF.LF": b"\r\n.\n", "CRLF.CR": b"\r\n.\r"}


@pytest.mark.parametrize("name", FALSE_ENDS)
async def test_a_false_end_of_data_cannot_smuggle_a_second_message(house, name):
    client = await house.client()
    smuggled = b"MAIL FROM:<evil@b>\r\nRCPT TO:<x@y>\r\nDATA\r\nevil\r\n"
    content = b"Subject: one\r\n\r\nhello" + FALSE_ENDS[name] + smuggled
    assert await client.message(content) == "250 2.0.0 Ok: id1"
    assert await client.command("NOOP") == "250 2.0.0 Ok"
    assert [m.content for m in house.recorder.messages] == [content]


async def test_content_is_stored_as_it_came(house):
    client = await house.client()
    content = b"bare\nlf \r cr \x00 nul \xff\xfe raw\r\n" + b"long " * 50_000 + b"\r\n"
    assert await client.message(content) == "250 2.0.0 Ok: id1"
    assert house.recorder.messages[0].content == content


async def test_an_empty_message_is_a_message(house):
    client = await house.client()
    assert await client.message(b"") == "250 2.0.0 Ok: id1"
    assert house.recorder.messages[0].content == b""


async def test_the_end_may_come_byte_by_byte_with_the_next_command_behind_it(house):
    client = await house.client()
    await client.begin()
    for byte in b"hello\r\n.\r\nNOOP\r\nQUIT\r\n":
        await client.send(bytes([byte]))
        await asyncio.sleep(0)
    assert await client.replies(3) == ["250 2.0.0 Ok: id1", "250 2.0.0 Ok", "221 2.0.0 Bye"]


async def test_a_large_message_goes_through_an_unlinked_file(house):
    client = await house.client()
    content = b"".join(b"..line %d\r\n" % n for n in range(300_000))
    assert await client.message(content) == "250 2.0.0 Ok: id1"
    (message,) = house.recorder.messages
    assert message.kind == "SpoolContent"
    assert message.content == content.replace(b"..line", b".line")
    assert list(house.settings.spool_dir.iterdir()) == []
    assert house.server.memory_used == 0


async def test_an_oversized_message_is_refused_at_its_end_and_the_session_goes_on(start):
    house = await start(max_message_size=100_000)
    client = await house.client()
    assert await client.message(b"x" * 100_000 + b"\r\n") == "552 5.3.4 Message too big"
    assert await client.message() == "250 2.0.0 Ok: id1"
    assert house.server.memory_used == 0
    assert ("refused", "127.0.0.1", "552 5.3.4 Message too big", "a@b.example", "") in house.log.events


async def test_a_message_far_over_size_is_cut_off_with_a_reply(start):
    house = await start(max_message_size=100_000)
    client = await house.client()
    await client.begin()

    async def flood():
        try:
            while True:
                await client.send(b"x" * 65_536)
        except OSError:
            pass

    flooding = asyncio.create_task(flood())
    assert await client.reply() == "552 5.3.4 Message too big"
    assert await client.rest() == b""
    await asyncio.wait_for(flooding, 20)
    assert house.recorder.messages == []


async def test_a_hundred_megabytes_without_a_line_end_stay_off_the_heap(start, until):
    house = await start(max_message_size=200 << 20)
    client = await house.client()
    await client.begin()
    process, block, most = psutil.Process(), b"x" * (1 << 20), 0
    before = process.memory_info().rss
    for _ in range(100):
        await client.send(block)
        most = max(most, process.memory_info().rss - before)
    assert house.server.memory_peak <= 2 << 20
    assert most < 30 << 20
    client.reset()
    await until(lambda: house.server.connections == 0)
    assert house.recorder.messages == []


async def test_many_messages_at_once_share_one_bounded_memory(start):
    house = await start(limits={"memory_total": 1 << 20})
    house.recorder.may_finish.clear()
    content = b"y" * 200_000 + b"\r\n"
    clients = [await house.client() for _ in range(20)]
    for client in clients:
        await client.begin()
        await client.send(content + b".\r\n")
    house.recorder.may_finish.set()
    for client in clients:
        assert (await client.reply()).startswith("250 ")
    assert house.server.memory_peak <= 1 << 20
    assert house.server.memory_used == 0
    kinds = [message.kind for message in house.recorder.messages]
    assert set(kinds) == {"MemoryContent", "SpoolContent"}
    assert all(message.content == content for message in house.recorder.messages)


@pytest.mark.parametrize(
    ("number", "reply"),
    [(errno.ENOSPC, "452 4.3.1 Insufficient system storage"), (errno.EIO, "451 4.3.0 Cannot take the message now")],
)
async def test_a_full_or_broken_spool_disk_keeps_the_mail_at_the_sender(house, monkeypatch, number, reply):
    class Broken(SpoolContent):
        def append(self, data):
            raise OSError(number, os.strerror(number))

    client = await house.client()
    with monkeypatch.context() as patch:
        patch.setattr(receiving, "SpoolContent", Broken)
        assert await client.message(b"z" * (2 << 20) + b"\r\n") == reply
    assert house.recorder.messages == []
    assert await client.message(b"z" * (2 << 20) + b"\r\n") == "250 2.0.0 Ok: id1"


async def test_a_missing_spool_directory_is_a_temporary_failure(start, tmp_path):
    house = await start(spool_dir=tmp_path / "gone")
    client = await house.client()
    assert await client.message(b"z" * (2 << 20) + b"\r\n") == "451 4.3.0 Cannot take the message now"


@pytest.mark.parametrize("how", ["close", "reset", "half"])
async def test_a_client_that_leaves_in_the_middle_of_a_message_delivers_nothing(house, until, how):
    client = await house.client()
    await client.begin()
    await client.send(b"x" * (2 << 20) + b"\r\n.\r")
    if how == "reset":
        client.reset()
    elif how == "half":
        client.writer.write_eof()
        assert await client.rest() == b""
    else:
        await client.close()
    await until(lambda: house.server.connections == 0)
    assert house.recorder.messages == []
    await until(lambda: house.server.memory_used == 0)


async def test_a_delivery_is_finished_though_the_client_has_left(house, until):
    house.recorder.may_finish.clear()
    client = await house.client()
    await client.begin()
    await client.send(b"hello\r\n.\r\n")
    await house.recorder.started.wait()
    client.reset()
    await until(lambda: house.server.connections == 0)
    assert house.recorder.messages == []
    house.recorder.may_finish.set()
    await asyncio.wait_for(house.recorder.finished.wait(), 20)
    assert house.recorder.messages[0].content == b"hello\r\n"
    await until(lambda: house.server.memory_used == 0)


async def test_what_is_pipelined_during_a_delivery_waits_its_turn(house):
    house.recorder.may_finish.clear()
    client = await house.client()
    await client.begin()
    await client.send(b"hello\r\n.\r\n")
    await house.recorder.started.wait()
    await client.send(b"MAIL FROM:<>\r\nRCPT TO:<x@y>\r\nDATA\r\n")
    house.recorder.may_finish.set()
    assert [reply[:3] for reply in await client.replies(4)] == ["250", "250", "250", "354"]
