"""The stream: replay, follow, reset, revocation, and that nobody sees another's mail. Over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from mailapp.store import changes
from mailapp.web import live
from tests.conftest import PASSWORD
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail, Served, letter


@dataclass
class Event:
    id: str = ""
    event: str = ""
    data: str = ""


class Events:
    """An SSE reader, line by line."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()
        self.comments = 0

    async def next(self, within: float = 15) -> Event:
        """The next event that is not a sign of life."""
        while True:
            event = await asyncio.wait_for(self.any(), within)
            if event.event != "ping":
                return event

    async def any(self) -> Event:
        event, data = Event(), []
        async for line in self._lines:
            if not line:
                event.data = "\n".join(data)
                return event
            name, _, value = line.partition(": ")
            if name == "data":
                data.append(value)
            elif line.startswith(":"):
                self.comments += 1
            elif name in ("id", "event"):
                setattr(event, name, value)
            else:
                assert name in ("retry", "data:"), line
        raise EOFError


@asynccontextmanager
async def log_in(served: Served, address: str = LIN) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url, headers=SAME_ORIGIN, timeout=15) as client:
        response = await client.post("/login", data={"address": address, "password": PASSWORD})
        assert response.status_code == 303
        yield client


@asynccontextmanager
async def stream(client: httpx.AsyncClient, query: str = "", **headers: str) -> AsyncIterator[Events]:
    async with client.stream("GET", f"/events{query}", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["Cache-Control"].startswith("no-store")
        assert response.headers["X-Accel-Buffering"] == "no"
        assert "Content-Encoding" not in response.headers
        events = Events(response)
        await asyncio.wait_for(events.any(), 15)
        yield events


async def test_new_mail_is_pushed_as_a_row_with_counts(mail: Mail, served: Served) -> None:
    async with log_in(served) as client, stream(client) as events:
        message_id = await mail.deliver(letter("主题: <hx-partial>", "one\r\n\r\ntwo"))
        event = await events.next()
        assert event.event == ""
        assert int(event.id) == await mail.context.database.read(changes.latest)
        assert f'id="message-{message_id}"' in event.data
        assert 'hx-swap="rows"' in event.data
        assert '<hx-partial hx-target="#count-inbox" hx-swap="textContent">1</hx-partial>' in event.data
        assert "#announcer" in event.data
        assert event.data.rstrip().endswith("</hx-partial>"), "every line of the frame arrives"


async def test_replay_by_since_and_last_event_id_is_one_frame(mail: Mail, served: Served) -> None:
    start = await mail.context.database.read(changes.latest)
    first = await mail.deliver(letter("one"))
    middle = await mail.context.database.read(changes.latest)
    others = [await mail.deliver(letter(f"number {each}")) for each in range(20)]
    async with log_in(served) as client:
        async with stream(client, f"?since={start}") as events:
            data = (await events.next()).data
            assert [data.count(f'id="message-{each}"') for each in (first, *others)] == [1] * 21
        async with stream(client, f"?since={start}", **{"Last-Event-ID": str(middle)}) as events:
            data = (await events.next()).data
            assert f'id="message-{first}"' not in data
            assert data.count("<li id=") == 20


@pytest.mark.parametrize("since", ["999999", "-1", "nonsense", "99999999999999999999999"])
async def test_an_unknown_position_gets_one_reset(mail: Mail, served: Served, since: str) -> None:
    async with log_in(served) as client, stream(client, f"?since={since}") as events:
        event = await events.next()
        assert event.event == "reset"
        assert int(event.id) == await mail.context.database.read(changes.latest)
        await mail.deliver(letter())
        assert (await events.next()).event == ""


@pytest.mark.parametrize(
    "chosen", [{"language": "en", "theme": "dark"}, {"page_size": "25", "density": "compact", "remote_images": "show"}]
)
async def test_a_choice_made_elsewhere_is_told_to_open_pages(
    mail: Mail, served: Served, chosen: dict[str, str]
) -> None:
    since = await mail.context.database.read(changes.latest)
    async with log_in(served) as client, stream(client, f"?since={since}") as events:
        assert (await client.post("/settings", data=chosen)).status_code == 303
        assert (await events.next()).event == "display"


async def test_a_pruned_position_gets_a_reset(mail: Mail, served: Served) -> None:
    start = await mail.context.database.read(changes.latest)
    for _ in range(3):
        await mail.deliver(letter())
    await mail.context.database.write(changes.prune, 1)
    async with log_in(served) as client, stream(client, f"?since={start}") as events:
        assert (await events.next()).event == "reset"


async def test_rows_go_only_where_they_belong(mail: Mail, served: Served) -> None:
    async with log_in(served) as client, stream(client, "?view=/mail/starred") as events:
        message_id = await mail.deliver(letter())
        data = (await events.next()).data
        assert f'id="message-{message_id}"' not in data
        await mail.context.filing.set_flagged(mail.lin, [message_id], True)
        assert f'id="message-{message_id}"' in (await events.next()).data
        await mail.context.filing.delete(mail.lin, [message_id])
        data = (await events.next()).data
        assert f'hx-target="#message-{message_id}" hx-swap="delete"' in data


async def test_not_one_byte_reaches_another_account(mail: Mail, served: Served) -> None:
    async with log_in(served, ANN) as client, stream(client) as events:
        await mail.deliver(letter("secret of Lin"))
        await mail.deliver(letter("for Ann"), ANN)
        event = await events.next()
        assert "for Ann" in event.data
        assert "secret" not in event.data


async def test_logging_out_ends_the_stream(mail: Mail, served: Served) -> None:
    async with log_in(served) as client, log_in(served) as other:
        async with stream(client) as events, stream(other) as kept:
            assert (await client.post("/logout")).status_code == 303
            assert (await events.next()).event == "signed-out"
            with pytest.raises(EOFError):
                await events.next()
            await mail.deliver(letter())
            assert (await kept.next()).event == "", "another session of the account goes on"
        assert (await client.get("/events")).status_code == 401


async def test_stopping_ends_every_stream_at_once(mail: Mail, served: Served) -> None:
    async with log_in(served) as client, stream(client) as one, stream(client) as two:
        await asyncio.wait_for(served.stop(), 1.5)
        for events in (one, two):
            with pytest.raises((EOFError, httpx.HTTPError)):
                await events.next()


async def test_silence_is_broken(mail: Mail, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    async with log_in(served) as client, stream(client) as events:
        for _ in range(3):
            event = await asyncio.wait_for(events.any(), 15)
            assert event.event == "ping"
            assert event.id.isdigit()
        assert events.comments >= 3


async def test_a_reader_that_fell_behind_catches_up(
    mail: Mail, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailapp.events.QUEUE_LIMIT", 2)
    async with log_in(served) as client, stream(client) as events:
        ids = await asyncio.gather(*(mail.deliver(letter(f"n{each}")) for each in range(40)))
        seen = ""
        while not all(f'id="message-{each}"' in seen for each in ids):
            seen += (await events.next()).data
        assert seen.count('<li id="message-') == 40


async def test_without_a_session_there_is_no_stream(mail: Mail, served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url) as client:
        response = await client.get("/events")
        assert response.status_code == 401
        assert response.headers["HX-Redirect"].startswith("/login")
