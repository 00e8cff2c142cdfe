"""One page over https: an address that was looked up already, a certificate that has to fit, nothing followed."""

import asyncio
import ssl
from collections.abc import Sequence

from mailapp.transport.connecting import default_tls
from mailapp.transport.target import one_line
from mailapp.values import dataclass

TIMEOUT_S = 10.0
MAX_HEAD = 16_384
MAX_BODY = 65_536
"""Bytes of a policy file that are read (RFC 8461 3.3)."""


class NoPage(Exception):
    """reason: unreachable, timeout, certificate (`text` says why), tls or nonsense."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.text = text


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    body: str
    ends_at: int
    """Until when the certificate is valid, seconds since 1970."""


async def fetch(
    host: str,
    addresses: Sequence[str],
    path: str,
    *,
    port: int = 443,
    tls: ssl.SSLContext | None = None,
    timeout: float = TIMEOUT_S,
) -> Page:
    """GET a path of a host at the first of its addresses that answers. Raises NoPage within `timeout` seconds."""
    context = await asyncio.to_thread(default_tls) if tls is None else tls
    problem = NoPage("unreachable")
    try:
        async with asyncio.timeout(timeout):
            for address in addresses:
                try:
                    return await _fetch(host, address, path, port, context)
                except NoPage as error:
                    problem = error
                    if error.reason != "unreachable":
                        break
    except TimeoutError:
        raise NoPage("timeout") from None
    raise problem


async def _fetch(host: str, address: str, path: str, port: int, context: ssl.SSLContext) -> Page:
    try:
        reader, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host, limit=MAX_HEAD)
    except ssl.SSLCertVerificationError as error:
        raise NoPage("certificate", one_line(error.verify_message)) from None
    except ssl.SSLError as error:
        raise NoPage("tls", one_line(error.reason or "")) from None
    except OSError:
        raise NoPage("unreachable") from None
    try:
        certificate = writer.get_extra_info("peercert") or {}
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: mailapp\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        writer.write(head.encode("ascii", "ignore"))
        await writer.drain()
        answer = await reader.readuntil(b"\r\n\r\n")
        body = await _body(reader)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise NoPage("nonsense") from None
    except OSError:
        raise NoPage("unreachable") from None
    finally:
        writer.transport.abort()
    version, _, rest = answer.partition(b"\r\n")[0].partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise NoPage("nonsense")
    chunked = b"transfer-encoding: chunked" in answer.lower()
    text = (_joined(body) if chunked else body).decode("utf-8", "replace")
    return Page(int(rest[:3]), text, int(ssl.cert_time_to_seconds(certificate["notAfter"])))


async def _body(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while len(body) < MAX_BODY:
        piece = await reader.read(MAX_BODY - len(body))
        if not piece:
            break
        body += piece
    return bytes(body)


def _joined(body: bytes) -> bytes:
    """The chunks of a body, as far as they are whole (RFC 9112 7.1)."""
    found = bytearray()
    while body:
        size, line, body = body.partition(b"\r\n")
        digits = size.split(b";")[0].strip()
        try:
            length = int(digits, 16) if line else 0
        except ValueError:
            break
        if length <= 0:
            break
        found += body[:length]
        body = body[length + 2 :]
    return bytes(found)
