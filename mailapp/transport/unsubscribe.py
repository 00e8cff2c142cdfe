"""One click (RFC 8058): a POST that leaves this server for an address somebody else chose.

So it goes to public addresses only, to the very one that was judged, over https with a certificate for the name; it
follows nothing, sends nothing of ours along, reads next to nothing, and ends within ten seconds.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from mailapp.mail.unsubscribe import Target
from mailapp.transport.connecting import default_tls
from mailapp.values import dataclass

PORT = 443
TIMEOUT_S = 10.0
BODY = b"List-Unsubscribe=One-Click"
MAX_HEAD = 16_384
"""Bytes of an answer's header section that are read; its body is not."""
MAX_ADDRESSES = 16
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_NO_DESTINATION = (
    ipaddress.IPv4Network("0.0.0.0/8"),
    ipaddress.IPv4Network("100.64.0.0/10"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv4Network("198.18.0.0/15"),
    ipaddress.IPv4Network("240.0.0.0/4"),
    ipaddress.IPv6Network("::/96"),
    ipaddress.IPv6Network("100::/64"),
    ipaddress.IPv6Network("2001::/23"),
    ipaddress.IPv6Network("2001:db8::/32"),
    ipaddress.IPv6Network("3fff::/20"),
    ipaddress.IPv6Network("5f00::/16"),
    ipaddress.IPv6Network("fec0::/10"),
)


class NotUnsubscribed(Exception):
    """The list did not confirm.

    reason: name (no address), private (an address that is not public), unreachable, certificate, timeout, redirect,
    nonsense (no HTTP answer), refused (`status` tells which).
    """

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


async def _resolve(host: str) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


async def _connect(address: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (address, PORT))
    except BaseException:
        sock.close()
        raise
    return sock


@dataclass(frozen=True, slots=True)
class Net:
    """How names are looked up, connections made and certificates judged; tests bring their own."""

    resolve: Callable[[str], Awaitable[Sequence[str]]] = _resolve
    """Addresses of a host; raises OSError."""
    connect: Callable[[str], Awaitable[socket.socket]] = _connect
    """A socket connected to port 443 of an address; raises OSError."""
    tls: ssl.SSLContext | None = None
    """None: the certificates this system trusts."""
    timeout: float = TIMEOUT_S
    """Seconds for all of it."""


async def post(target: Target, net: Net | None = None) -> None:
    """Leave a list; returns where it answered 2xx. Raises NotUnsubscribed, whatever else happens."""
    net = net or Net()
    try:
        async with asyncio.timeout(net.timeout):
            status = await _post(target, net)
    except TimeoutError:
        raise NotUnsubscribed("timeout") from None
    if 300 <= status < 400:
        raise NotUnsubscribed("redirect", status)
    if not 200 <= status < 300:
        raise NotUnsubscribed("refused", status)


async def _post(target: Target, net: Net) -> int:
    address = await _public_address(target.host, net)
    context = net.tls or await asyncio.to_thread(default_tls)
    try:
        sock = await net.connect(address)
    except OSError:
        raise NotUnsubscribed("unreachable") from None
    try:
        reader, writer = await asyncio.open_connection(
            sock=sock, ssl=context, server_hostname=target.host, limit=MAX_HEAD
        )
    except ssl.SSLCertVerificationError:
        sock.close()
        raise NotUnsubscribed("certificate") from None
    except (OSError, ssl.SSLError):
        sock.close()
        raise NotUnsubscribed("unreachable") from None
    except BaseException:
        sock.close()
        raise
    try:
        return await _ask(reader, writer, target)
    finally:
        writer.transport.abort()  # whatever else it would say is nothing to us


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target) -> int:
    head = (
        f"POST {target.path} HTTP/1.1\r\nHost: {target.host}\r\nUser-Agent: mailapp\r\nAccept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(BODY)}\r\nConnection: close\r\n\r\n"
    )
    try:
        writer.write(head.encode("ascii") + BODY)
        await writer.drain()
        while True:
            answer = await reader.readuntil(b"\r\n\r\n")
            status = _status(answer)
            if not 100 <= status < 200:
                return status
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, UnicodeError):
        raise NotUnsubscribed("nonsense") from None
    except (OSError, ssl.SSLError):
        raise NotUnsubscribed("unreachable") from None


def _status(answer: bytes) -> int:
    version, _, rest = answer.partition(b"\r\n")[0].partition(b" ")
    digits = rest[:3]
    if not version.startswith(b"HTTP/1.") or len(digits) < 3 or not digits.isdigit():
        raise NotUnsubscribed("nonsense")
    return int(digits)


async def _public_address(host: str, net: Net) -> str:
    """The address to connect to. One that is not public among them refuses all: that is no list's doing."""
    try:
        found = list(await net.resolve(host))[:MAX_ADDRESSES]
    except (OSError, UnicodeError):
        raise NotUnsubscribed("name") from None
    if not found:
        raise NotUnsubscribed("name")
    if not all(map(is_public, found)):
        raise NotUnsubscribed("private")
    # a machine without a way out over IPv6 must not fail for it
    return next((each for each in found if ":" not in each), found[0])


def is_public(address: str) -> bool:
    """Whether an IP address belongs to somebody on the internet, also looked at through tunnels and translations."""
    with suppress(ValueError):
        ip = ipaddress.ip_address(address)
        if isinstance(ip, ipaddress.IPv6Address):
            if ip.scope_id is not None:
                return False
            inside = _inside(ip)
            if inside is not None:
                return is_public(str(inside))
        if any(ip.version == each.version and ip in each for each in _NO_DESTINATION):
            return False
        return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local)
    return False


def _inside(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address a mapped, 6to4 or NAT64 one leads to (RFC 4291 2.5.5.2, RFC 3056, RFC 6052)."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if any(ip in each for each in _NAT64):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
