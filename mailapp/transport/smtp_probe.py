"""A look at an SMTP server from outside: its greeting, what it offers, whom it takes mail for. Nothing is sent."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress

from mailapp.transport.target import one_line
from mailapp.values import dataclass

TIMEOUT_S = 10.0
MAX_LINE = 2_048
MAX_LINES = 50
"""Lines of one reply."""
_REPLY = re.compile(r"(\d{3})([ -]?)(.*)")


class NoSmtp(Exception):
    """reason: refused, timeout, unreachable, dropped or nonsense (what answers does not speak SMTP)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Seen:
    greeting: str
    """The first line, without its code."""
    extensions: frozenset[str]
    """Keywords in upper case."""
    answers: tuple[tuple[int, str], ...] = ()
    """Code and text for each recipient that was asked for."""

    @property
    def host(self) -> str:
        """The name the server gives itself."""
        return self.greeting.split(" ", 1)[0].lower().rstrip(".")


async def look(
    host: str,
    port: int,
    hostname: str,
    asked: Sequence[tuple[str, str]] = (),
    timeout: float = TIMEOUT_S,
) -> Seen:
    """Connect, greet, and ask whether recipients would be taken; `asked` holds (reverse-path, forward-path) pairs.

    Raises NoSmtp. Takes at most `timeout` seconds.
    """
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(host, port, limit=MAX_LINE)
            try:
                return await _talk(reader, writer, hostname, asked)
            finally:
                writer.transport.abort()
    except TimeoutError:
        raise NoSmtp("timeout") from None
    except ConnectionRefusedError:
        raise NoSmtp("refused") from None
    except (ConnectionError, asyncio.IncompleteReadError):
        raise NoSmtp("dropped") from None
    except OSError:
        raise NoSmtp("unreachable") from None


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hostname: str, asked: Sequence[tuple[str, str]]
) -> Seen:
    code, lines = await _reply(reader)
    if code != 220:
        raise NoSmtp("nonsense")
    greeting = lines[0]
    _, offered = await _command(reader, writer, f"EHLO {hostname}")
    extensions = frozenset(each.split(" ", 1)[0].upper() for each in offered[1:])
    answers = []
    for reverse_path, forward_path in asked:
        await _command(reader, writer, "RSET")
        await _command(reader, writer, f"MAIL FROM:<{reverse_path}>")
        code, said = await _command(reader, writer, f"RCPT TO:<{forward_path}>")
        answers.append((code, said[0]))
    with suppress(NoSmtp, OSError, asyncio.IncompleteReadError):
        await _command(reader, writer, "QUIT")
    return Seen(greeting, extensions, tuple(answers))


async def _command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> tuple[int, list[str]]:
    writer.write(line.encode("utf-8") + b"\r\n")
    await writer.drain()
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> tuple[int, list[str]]:
    lines: list[str] = []
    while len(lines) < MAX_LINES:
        try:
            raw = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise NoSmtp("nonsense") from None
        found = _REPLY.fullmatch(raw.decode("utf-8", "replace").rstrip("\r\n"))
        if found is None:
            raise NoSmtp("nonsense")
        lines.append(one_line(found[3]))
        if found[2] != "-":
            return int(found[1]), lines
    raise NoSmtp("nonsense")
