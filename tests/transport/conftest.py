"""Everything here runs on asyncio and on uvloop: the two differ in TLS and in how connections end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

import pytest
import uvloop

from mailapp.mail.content import MemoryContent
from mailapp.transport.smtp_client import RelayError, Reply, Session, Timeouts, connect
from tests.relays import Relay, fake_relay

QUICK = Timeouts(connect=0.4, greeting=0.4, command=0.4, data=0.4, chunk=0.4, dot=0.4, close=0.4)
"""For steps that are meant to run out of time."""
LETTER = b"From: lin@yuanye.example\r\nSubject: hello\r\n\r\nSee you at eight.\r\n"
SENDER = "lin@yuanye.example"
ANN, BO, CY = "ann@far.example", "bo@far.example", "cy@far.example"


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories(config: object, item: object) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Dots:
    """A before_dot that counts."""

    def __init__(self) -> None:
        self.count = 0
        self.places: list[int] = []
        """Of the recipients the last one was for."""

    async def __call__(self, places: Sequence[int]) -> None:
        self.count += 1
        self.places = list(places)


async def opened(relay: Relay, timeouts: Timeouts | None = None, **target: Any) -> Session:
    """A session with the relay."""
    return await connect(
        relay.target(**target),
        hostname="mx.yuanye.example",
        tls=None if relay.tls == "none" else relay.trust,
        timeouts=timeouts,
    )


async def sent(
    session: Session, *recipients: str, content: bytes = LETTER, utf8: bool = False, dots: Dots | None = None
) -> list[Reply]:
    """Send the letter."""
    return await session.send(
        SENDER, recipients or ("bo@far.example",), MemoryContent(content), utf8=utf8, before_dot=dots or Dots()
    )


def codes(replies: Iterable[Reply | None]) -> list[int]:
    """Reply codes, 0 where there is none."""
    return [reply.code if reply else 0 for reply in replies]


async def broken(session: Session, dots: Dots | None = None, content: bytes = LETTER) -> RelayError:
    """Send to Ann, Bo and Cy; return how the conversation broke."""
    with pytest.raises(RelayError) as caught:
        await sent(session, ANN, BO, CY, dots=dots, content=content)
    assert not session.alive
    return caught.value


@pytest.fixture(params=["together", "one by one"])
async def relay(request: pytest.FixtureRequest) -> AsyncIterator[Relay]:
    """Without TLS, which makes no difference here; with PIPELINING and without."""
    async with fake_relay(tls="none", without=["PIPELINING"] if request.param == "one by one" else []) as relay:
        yield relay


@pytest.fixture
async def session(request: pytest.FixtureRequest, relay: Relay) -> AsyncIterator[Session]:
    # Impatient only where something is meant to take too long.
    session = await opened(relay, QUICK if "stall" in request.node.name else None)
    yield session
    await session.close()
