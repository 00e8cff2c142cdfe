"""One click against a real TLS server: what leaves, and everything that must not happen."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from mailapp.mail.unsubscribe import Target
from mailapp.transport.unsubscribe import MAX_HEAD, Net, NotUnsubscribed, is_public, post
from tests.certificates import EXPIRED, GOOD, UNTRUSTED, WRONG_NAME, pair

TARGET = Target("relay.example", "/u?id=1")
PUBLIC = "93.184.216.34"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class List:
    """A list's server on loopback, reached as if it had a public address."""

    port: int = 0
    heard: list[bytes] = field(default_factory=list)
    asked_names: list[str] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def net(self, *addresses: str, trust: str = GOOD, timeout: float = 5) -> Net:
        async def resolve(host: str) -> Sequence[str]:
            self.asked_names.append(host)
            return addresses or (PUBLIC,)

        async def connect(address: str) -> socket.socket:
            self.dialled.append(address)
            sock = socket.socket()
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
            return sock

        return Net(resolve, connect, pair(trust).trusting_context(), timeout)


@asynccontextmanager
async def serving(
    answer: bytes | Callable[[asyncio.StreamWriter], "asyncio.Future[None]"] = OK, certificate: str = GOOD
) -> AsyncIterator[List]:
    found = List()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            found.heard.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(26))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
            await reader.read()
        except OSError:
            pass
        finally:
            found.gone.set()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=pair(certificate).server_context())
    found.port = int(server.sockets[0].getsockname()[1])
    async with server:
        yield found


async def refusal(target: Target, net: Net) -> tuple[str, int]:
    with pytest.raises(NotUnsubscribed) as raised:
        await post(target, net)
    return raised.value.reason, raised.value.status


async def test_one_click_is_one_post_without_anything_of_ours() -> None:
    async with serving() as list_:
        await post(TARGET, list_.net())
    (request,) = list_.heard
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == b"List-Unsubscribe=One-Click"
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /u?id=1 HTTP/1.1"
    assert b"Host: relay.example" in lines
    assert b"Content-Type: application/x-www-form-urlencoded" in lines
    assert not [each for each in lines if each.lower().startswith((b"cookie", b"referer", b"authorization", b"origin"))]


async def test_the_address_that_was_judged_is_the_one_connected_to() -> None:
    async with serving() as list_:
        await post(TARGET, list_.net())
    assert (list_.asked_names, list_.dialled) == (["relay.example"], [PUBLIC]), (
        "a second look-up could be answered anew"
    )


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    answer = f"HTTP/1.1 {status} Moved\r\nLocation: https://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n".encode()
    async with serving(answer) as list_:
        assert await refusal(TARGET, list_.net()) == ("redirect", status)
    assert len(list_.dialled) == 1


async def test_an_answer_that_is_no_yes_is_told() -> None:
    async with serving(b"HTTP/1.1 404 Not Found\r\n\r\n") as list_:
        assert await refusal(TARGET, list_.net()) == ("refused", 404)
    async with serving(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n") as list_:
        await post(TARGET, list_.net())


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-x\r\n\r\n", b"\r\n\r\n", b"HTTP/1.1 2", b"HTTP/1.1 abc\r\n\r\n", b"\xff" * MAX_HEAD * 3]
)
async def test_what_is_no_http_is_no_confirmation(answer: bytes) -> None:
    async with serving(answer) as list_:
        net = list_.net(timeout=0.5)
        assert (await refusal(TARGET, net))[0] in ("nonsense", "timeout")


async def test_a_huge_answer_is_not_read() -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(4_000):
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with serving(flood) as list_:
        await post(TARGET, list_.net())
        await asyncio.wait_for(list_.gone.wait(), 5)


async def test_a_slow_server_is_given_up() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(drip) as list_:
        assert (await refusal(TARGET, list_.net(timeout=0.4)))[0] == "timeout"
        await asyncio.wait_for(list_.gone.wait(), 5)


async def test_a_server_that_takes_the_connection_and_says_nothing_is_given_up() -> None:
    forever = asyncio.Event()

    async def hold(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await forever.wait()  # a writer nobody holds is closed

    silent = await asyncio.start_server(hold, "127.0.0.1", 0)
    list_ = List(int(silent.sockets[0].getsockname()[1]))
    async with silent:
        assert (await refusal(TARGET, list_.net(timeout=0.4)))[0] == "timeout"
        forever.set()


@pytest.mark.parametrize(("certificate", "trust"), [(WRONG_NAME, WRONG_NAME), (GOOD, UNTRUSTED), (EXPIRED, EXPIRED)])
async def test_a_certificate_that_does_not_fit_gets_nothing(certificate: str, trust: str) -> None:
    async with serving(certificate=certificate) as list_:
        assert (await refusal(TARGET, list_.net(trust=trust)))[0] == "certificate"
    assert list_.heard == []


async def test_a_server_without_tls_gets_nothing() -> None:
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(5))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    plain = await asyncio.start_server(serve, "127.0.0.1", 0)
    list_ = List(int(plain.sockets[0].getsockname()[1]))
    async with plain:
        assert (await refusal(TARGET, list_.net()))[0] == "unreachable"
    assert not heard.startswith(b"POST")


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.1.2.3",),
        (PUBLIC, "192.168.1.1"),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("64:ff9b::10.0.0.1",),
        ("169.254.169.254",),
    ],
)
async def test_a_name_that_leads_inside_is_not_connected_to(addresses: tuple[str, ...]) -> None:
    async with serving() as list_:
        assert (await refusal(TARGET, list_.net(*addresses)))[0] == "private"
    assert list_.dialled == []


async def test_a_name_without_an_address_and_a_closed_port_are_told_apart() -> None:
    async def nobody(_host: str) -> Sequence[str]:
        raise OSError

    assert (await refusal(TARGET, Net(resolve=nobody)))[0] == "name"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        list_ = List(int(closed.getsockname()[1]))
        assert (await refusal(TARGET, list_.net()))[0] == "unreachable"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:10.0.0.1",
        "::ffff:0:0", "64:ff9b::127.0.0.1", "64:ff9b:1::10.0.0.1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
        "2002:a00:1::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1", "", "x",
        "127.1", "2130706433", "0x7f000001", "017700000001",
    ],
)  # fmt: skip
def test_addresses_that_are_not_on_the_internet_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [PUBLIC, "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1", "2002:101:101::1"],
)
def test_addresses_on_the_internet_are_public(address: str) -> None:
    assert is_public(address)
