"""The browser's side over raw sockets: log in, ask for pages on one connection, read a stream."""

import asyncio
import re
import time
from collections.abc import Callable
from urllib.parse import urlencode

from bench.servers import PASSWORD

_TAG = re.compile(rb"n\d{12}")


class Web:
    """One keep-alive HTTP/1.1 connection with a session cookie."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.port = port
        self.cookie = cookie
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    def _head(self, method: str, path: str, extra: str = "") -> bytes:
        origin = f"127.0.0.1:{self.port}"
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {origin}\r\nOrigin: http://{origin}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Accept: text/html\r\nAccept-Language: zh-CN\r\n{cookie}{extra}\r\n"
        ).encode()

    async def _ask(self, head: bytes, body: bytes = b"") -> tuple[int, dict[str, str]]:
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        assert self.reader is not None
        self.writer.write(head + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines[1:] if one)}
        return int(lines[0].split()[1]), fields

    async def _body(self, fields: dict[str, str]) -> bytes:
        assert self.reader is not None
        if "chunked" not in fields.get("transfer-encoding", ""):
            return await self.reader.readexactly(int(fields.get("content-length", "0")))
        pieces = []
        while piece := await self._chunk():
            pieces.append(piece)
        return b"".join(pieces)

    async def _chunk(self) -> bytes:
        assert self.reader is not None
        size = int(await self.reader.readline() or b"0", 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    async def get(self, path: str, extra: str = "") -> tuple[int, bytes]:
        """Status and body; `extra` are further header lines."""
        status, fields = await self._ask(self._head("GET", path, extra))
        return status, await self._body(fields)

    async def post(self, path: str, fields: dict[str, str]) -> tuple[int, bytes]:
        """Post a form as a script of ours does."""
        return await self.post_encoded(path, urlencode(fields).encode())

    async def post_encoded(self, path: str, body: bytes) -> tuple[int, bytes]:
        """The same with the form's bytes, where making them takes long."""
        extra = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        head = self._head("POST", path, extra).replace(b"Accept: text/html", b"Accept: application/json")
        status, found = await self._ask(head, body)
        return status, await self._body(found)

    async def log_in(self, address: str, password: str = PASSWORD) -> None:
        """Post the login form and keep the cookie. Raises RuntimeError when it is refused."""
        body = urlencode({"address": address, "password": password}).encode()
        extra = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        status, fields = await self._ask(self._head("POST", "/login", extra), body)
        text = await self._body(fields)
        if status not in {200, 303} or "set-cookie" not in fields:
            raise RuntimeError(f"login answered {status}: {text[:300]!r}")
        self.cookie = fields["set-cookie"].partition(";")[0]

    async def stream(self, seen: Callable[[bytes, float], object], ready: asyncio.Event | None = None) -> None:
        """Read /events of the inbox until cancelled; `seen(tag, time.perf_counter())` for each tag of a frame."""
        async for frame, at in self._frames(ready):
            for each in set(_TAG.findall(frame)):
                seen(each, at)

    async def _frames(self, ready: asyncio.Event | None):  # type: ignore[no-untyped-def]
        page = (await self.get("/mail/inbox"))[1].decode()
        found = re.search(r"/events\?[^\"']*?since=(\d+)", page)
        since = found.group(1) if found else "0"
        extra = "Cache-Control: no-store\r\n"
        path = f"/events?since={since}&view=/mail/inbox"
        head = self._head("GET", path, extra).replace(b"Accept: text/html", b"Accept: text/event-stream")
        status, _ = await self._ask(head)
        if status != 200:
            raise RuntimeError(f"the stream answered {status}")
        if ready:
            ready.set()
        waiting = b""
        while piece := await self._chunk():
            at = time.perf_counter()
            waiting += piece
            *whole, waiting = waiting.split(b"\n\n")
            for frame in whole:
                yield frame, at

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


async def logged_in(port: int, address: str) -> Web:
    """A connection with a fresh session of an account."""
    web = Web(port)
    await web.log_in(address)
    return web


class Stream:
    """An open inbox: a stream read in the background. `seen` maps each message's tag to when its frame came."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.seen: dict[bytes, float] = {}
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, port: int, cookie: str) -> "Stream":
        self = cls(Web(port, cookie))
        ready = asyncio.Event()
        self._task = asyncio.create_task(self.web.stream(self.seen.setdefault, ready))
        waiter = asyncio.create_task(ready.wait())
        await asyncio.wait({self._task, waiter}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if not ready.is_set():
            waiter.cancel()
            self._task.cancel()
            raise RuntimeError(f"no stream: {self._task}")
        return self

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.web.close()
