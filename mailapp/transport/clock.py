"""How far this machine's clock is off: what the kernel says of itself, or, against a server, SNTP (RFC 4330)."""

import asyncio
import ctypes
import struct
import time
from contextlib import suppress

NTP_PORT = 123
TIMEOUT_S = 5.0
_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970."""
_ERROR = 5
"""What adjtimex answers while nothing keeps the clock (TIME_ERROR)."""
_ROOM = 512
"""Bytes, more than struct timex takes anywhere."""


class NoTime(Exception):
    """The server did not answer, or not with a time."""


def is_kept() -> bool | None:
    """Whether something keeps the clock of this machine right (NTP, PTP); None where that cannot be known."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_ROOM))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _ERROR


class _Asking(asyncio.DatagramProtocol):
    def __init__(self, answer: "asyncio.Future[bytes]") -> None:
        self._answer = answer

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self._answer.done():
            self._answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(NoTime())


async def offset(host: str, port: int = NTP_PORT, timeout: float = TIMEOUT_S) -> float:
    """Seconds by which the server's clock is ahead of ours. Raises NoTime."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()
    try:
        async with asyncio.timeout(timeout):
            transport, _ = await loop.create_datagram_endpoint(lambda: _Asking(answer), remote_addr=(host, port))
            try:
                sent = time.time()
                request = struct.pack("!B39xII", 0x23, int(sent) + _EPOCH & 0xFFFFFFFF, int(sent % 1 * 2**32))
                transport.sendto(request)
                data = await answer
                came = time.time()
            finally:
                transport.close()
    except (TimeoutError, OSError):
        raise NoTime from None
    finally:
        if answer.done() and not answer.cancelled():
            with suppress(Exception):
                answer.exception()
    return _offset(data, request[40:48], sent, came)


def _offset(data: bytes, token: bytes, sent: float, came: float) -> float:
    """From the answer's times; one that answers something else, or whose own clock is not kept, is none."""
    if len(data) < 48 or data[0] & 7 != 4 or data[0] >> 6 == 3 or not 0 < data[1] < 16 or data[24:32] != token:
        raise NoTime
    received, answered = (_seconds(data[at : at + 8], sent) for at in (32, 40))
    return ((received - sent) + (answered - came)) / 2


def _seconds(stamp: bytes, near: float) -> float:
    """Seconds since 1970; eras of 136 years are told apart by what is near."""
    whole, part = struct.unpack("!II", stamp)
    seconds = whole - _EPOCH + part / 2**32
    era = round((near - seconds) / 2**32)
    return float(seconds + era * 2**32)
