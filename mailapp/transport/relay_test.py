"""Trying a relay out: log in, send one mail, and keep the dialogue so that a person sees where it ends."""

import asyncio
import ssl
from collections.abc import Sequence

from mailapp.mail.content import Content
from mailapp.transport.connecting import dial
from mailapp.transport.smtp_client import connect
from mailapp.transport.target import (
    AUTH,
    CONNECT,
    DATA,
    DOT,
    EHLO,
    GREETING,
    MAIL,
    RCPT,
    Log,
    RelayError,
    RelayTarget,
    Reply,
    Timeouts,
)
from mailapp.values import dataclass

PORTS = (587, 465, 2525, 25)
"""Where relays listen; providers of servers block 25 often and the others sometimes."""
_TOTAL = 40.0
_PROBE = 5.0
_LINES = 200
_WAITS = Timeouts(connect=10.0, greeting=10.0, command=15.0, data=15.0, chunk=15.0, dot=25.0, close=1.0)
_STEPS = {
    "EHLO": EHLO, "STARTTLS": "tls", "AUTH": AUTH, "***": AUTH, "MAIL": MAIL, "RCPT": RCPT, "DATA": DATA, ".": DOT,
}  # fmt: skip
_NO_CONNECTION = ("port_blocked", "refused", "unreachable")


@dataclass(frozen=True, slots=True)
class Trial:
    """The mail to try with."""

    reverse_path: str
    recipient: str
    content: Content
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """How it went.

    lines: (">" ours | "<" the relay's | "*" beneath, text), credentials as ***.
    ok: everything asked for was done. step, kind: where and why it ended, as in RelayError ("" when ok); a recipient
    or a mail that was refused is kind "rejected". reply: the relay's word on it. text: the same for logs, in English.
    open_ports: where the host answers instead, when no connection came about.
    """

    lines: tuple[tuple[str, str], ...]
    ok: bool
    step: str = ""
    kind: str = ""
    text: str = ""
    reply: Reply | None = None
    open_ports: tuple[int, ...] = ()


async def try_relay(
    target: RelayTarget,
    hostname: str,
    trial: Trial | None,
    *,
    tls: ssl.SSLContext | None = None,
    timeouts: Timeouts = _WAITS,
    total: float = _TOTAL,
    ports: Sequence[int] = PORTS,
    log: Log | None = None,
) -> Dialogue:
    """Connect, log in and (unless `trial` is None) send; never raises RelayError. Takes at most `total` seconds.

    `log` is told each line as it comes.
    """
    lines: list[tuple[str, str]] = []
    loop = asyncio.get_running_loop()
    end = loop.time() + total

    def note(direction: str, text: str) -> None:
        if len(lines) < _LINES:
            lines.append((direction, text))
            if log is not None:
                log(direction, text)

    try:
        # Leave time to look at the other ports.
        async with asyncio.timeout(total - _PROBE if total > 2 * _PROBE else total):
            reply = await _attempt(target, hostname, trial, tls, timeouts, note)
    except RelayError as error:
        problem = error
    except TimeoutError:
        problem = RelayError(_step_of(lines), "timeout", "it took too long")
    else:
        if reply is None or reply.ok:
            return Dialogue(tuple(lines), ok=True, reply=reply)
        problem = RelayError(_step_of(lines), "rejected", str(reply), reply=reply)
    found: tuple[int, ...] = ()
    if problem.kind in _NO_CONNECTION:
        found = await open_ports(target.host, [port for port in ports if port != target.port], end - loop.time())
    return Dialogue(tuple(lines), False, problem.step, problem.kind, str(problem), problem.reply, found)


async def open_ports(host: str, ports: Sequence[int], timeout: float = _PROBE) -> tuple[int, ...]:
    """Those of the ports that accept a connection within the time, in the order given."""

    async def answers(port: int) -> bool:
        try:
            sock = await dial(host, port, max(0.01, min(timeout, _PROBE)))
        except RelayError:
            return False
        sock.close()
        return True

    good = await asyncio.gather(*(answers(port) for port in ports))
    return tuple(port for port, answer in zip(ports, good, strict=True) if answer)


async def _attempt(
    target: RelayTarget,
    hostname: str,
    trial: Trial | None,
    tls: ssl.SSLContext | None,
    timeouts: Timeouts,
    note: Log,
) -> Reply | None:
    session = await connect(target, hostname=hostname, tls=tls, timeouts=timeouts, log=note)
    # One command after the other, so that each answer stands below its question.
    session.pipelining = False
    try:
        if trial is None:
            return None
        (reply,) = await session.send(
            trial.reverse_path, [trial.recipient], trial.content, utf8=trial.utf8, before_dot=_nothing
        )
    except BaseException:
        session.abort()
        raise
    else:
        return reply
    finally:
        await session.close()


async def _nothing(_: Sequence[int]) -> None:
    pass


def _step_of(lines: Sequence[tuple[str, str]]) -> str:
    """The step the last command of ours belongs to."""
    for direction, text in reversed(lines):
        step = _STEPS.get(text.split(" ", 1)[0]) if direction == ">" else None
        if step is not None:
            return step
    return GREETING if lines else CONNECT
