import asyncio

import pytest


async def test_it_listens_on_every_address_and_says_where(start):
    house = await start(listen=[("127.0.0.1", 0), ("::1", 0)])
    assert house.server.alive
    assert [host for host, _ in house.server.addresses] == ["127.0.0.1", "::1"]
    for host, port in house.server.addresses:
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.readline() == b"220 mx.example ESMTP\r\n"
        writer.close()


async def test_all_of_ipv4_and_all_of_ipv6_share_one_port(start):
    first = await start(listen=[("0.0.0.0", 0)])
    port = first.port
    await first.server.stop(0)
    house = await start(listen=[("0.0.0.0", port), ("::", port)])
    for host in ("127.0.0.1", "::1"):
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.readline() == b"220 mx.example ESMTP\r\n"
        writer.close()
    assert house.server.alive


async def test_an_address_that_is_taken_stops_the_start_and_frees_the_others(start):
    house = await start()
    with pytest.raises(OSError):
        await start(listen=[("127.0.0.1", 0), ("127.0.0.1", house.port)])
    assert house.server.alive


async def test_idle_sessions_are_told_and_nobody_new_comes_in(house):
    client = await house.client()
    silent = await house.connect()
    await silent.reply()
    port = house.port
    begun = asyncio.get_running_loop().time()
    await house.server.stop(5.0)
    assert asyncio.get_running_loop().time() - begun < 1.0
    assert await client.reply() == "421 4.3.2 Service shutting down"
    assert await client.rest() == b""
    assert await silent.reply() == "421 4.3.2 Service shutting down"
    assert not house.server.alive
    assert house.server.connections == 0
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_delivery_that_runs_gets_its_answer(house):
    house.recorder.may_finish.clear()
    client = await house.client()
    await client.begin()
    await client.send(b"hello\r\n.\r\n")
    await house.recorder.started.wait()
    stopping = asyncio.create_task(house.server.stop(5.0))
    await asyncio.sleep(0)
    house.recorder.may_finish.set()
    assert await client.reply() == "250 2.0.0 Ok: id1"
    assert await client.reply() == "421 4.3.2 Service shutting down"
    await asyncio.wait_for(stopping, 1.0)


async def test_a_message_that_is_coming_in_may_finish_within_the_grace(house):
    client = await house.client()
    await client.begin()
    await client.send(b"first half, ")
    stopping = asyncio.create_task(house.server.stop(5.0))
    await asyncio.sleep(0)
    await client.send(b"second half\r\n.\r\n")
    assert await client.reply() == "250 2.0.0 Ok: id1"
    await asyncio.wait_for(stopping, 1.0)
    assert house.recorder.messages[0].content == b"first half, second half\r\n"


async def test_everything_is_over_within_the_grace(start):
    house = await start(tls=True)
    half = await house.client()
    await half.begin()
    await half.send(b"half of a message")
    stuck = await house.client()
    await stuck.begin()
    house.recorder.may_finish.clear()
    await stuck.send(b"hello\r\n.\r\n")
    await house.recorder.started.wait()
    begun = asyncio.get_running_loop().time()
    await house.server.stop(1.0)
    assert asyncio.get_running_loop().time() - begun < 1.5
    assert house.server.connections == 0
    assert (await half.rest()) == b"421 4.3.2 Service shutting down\r\n"
    house.recorder.may_finish.set()
    await asyncio.wait_for(house.recorder.finished.wait(), 20)
    assert [m.content for m in house.recorder.messages] == [b"hello\r\n"]


async def test_stopping_twice_or_before_the_start_does_no_harm(house):
    await house.server.stop(0.1)
    await house.server.stop(0.1)
