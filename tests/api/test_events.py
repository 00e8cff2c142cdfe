"""The stream of JSON events: as it happens, after a gap, within reach."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from mailapp.api import events
from mailapp.events import Bus, Stopping
from mailapp.store import changes, settings
from tests.api.conftest import SHOP, Api, api_of, code_letter
from tests.conftest import DOMAIN
from tests.web.conftest import LIN, Mail, letter


class Reader:
    """What a client makes of the stream."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.text = ""

    async def block(self) -> dict[str, str]:
        """The next event, or comment, as its fields."""
        while "\n\n" not in self.text:
            self.text += (await asyncio.wait_for(self.connection.receive(), 10)).decode()
        block, self.text = self.text.split("\n\n", 1)
        return dict(line.split(": ", 1) for line in block.split("\n"))

    async def next(self) -> dict[str, Any]:
        block = await self.block()
        told: dict[str, Any] = msgspec.json.decode(block["data"])
        assert (block["event"], block["id"]) == (told["type"], str(told["seq"]))
        return told


@asynccontextmanager
async def stream(api: Api, token: str, query: str = "", **headers: str) -> AsyncIterator[Reader]:
    fields = {"Authorization": f"Bearer {token}", **headers}
    connection = api.app.test_client().request(f"/api/v1/events{query}", headers=fields)
    async with connection as opened:
        await opened.send_complete()
        reader = Reader(opened)
        hello = await reader.block()
        assert opened.headers["content-type"].startswith("text/event-stream")
        assert set(hello) == {"retry", "id"}
        reader.hello = int(hello["id"])  # type: ignore[attr-defined]
        yield reader
        await opened.disconnect()


async def test_what_happens_to_a_message_is_told_as_it_happens(api: Api) -> None:
    token = await api.token()
    async with stream(api, token) as reader:
        message_id = await api.mail.deliver(code_letter(), SHOP)
        came = await reader.next()
        assert (came["type"], came["message_id"]) == ("message.delivered", message_id)
        assert (came["message"]["code"], came["message"]["delivered_to"]) == ("482913", [SHOP])
        await api.context.filing.set_flagged(api.mail.lin, [message_id], True)
        changed = await reader.next()
        assert (changed["type"], changed["message"]["flagged"]) == ("message.changed", True)
        await api("DELETE", f"/messages/{message_id}", token)
        assert (await reader.next())["message"]["mailbox"] == "trash"
        await api.context.filing.erase(api.mail.lin, [message_id])
        gone = await reader.next()
        assert gone == {"seq": gone["seq"], "type": "message.removed", "message_id": message_id}


async def test_a_gap_is_replayed_from_where_it_began(api: Api) -> None:
    token = await api.token("read")
    async with stream(api, token) as reader:
        await api.mail.deliver(letter("One"))
        seen = (await reader.next())["seq"]
    await api.mail.deliver(letter("Two"))
    for query, headers in (
        (f"?since={seen}", {}),
        ("", {"Last-Event-ID": str(seen)}),
        ("?since=0", {"Last-Event-ID": str(seen)}),
    ):
        async with stream(api, token, query, **headers) as reader:
            assert (await reader.next())["message"]["subject"] == "Two"


@pytest.mark.parametrize("since", ["999999", "-1", "nonsense", "1"])
async def test_what_cannot_be_replayed_is_one_reset(api: Api, since: str) -> None:
    await api.mail.deliver(letter("One"))
    await api.mail.deliver(letter("Two"))
    await api.mail.deliver(letter("Three"))
    await api.context.database.write(changes.prune, 1)
    async with stream(api, await api.token("read"), f"?since={since}") as reader:
        reset = await reader.next()
        assert reset == {"seq": await api.context.database.read(changes.latest), "type": "reset"}
        await api.mail.deliver(letter("Four"))
        assert (await reader.next())["message"]["subject"] == "Four"


async def test_a_limited_token_hears_of_its_mail_alone(api: Api) -> None:
    async with stream(api, await api.token("read", addresses=(SHOP,))) as reader:
        other = await api.mail.deliver(letter("Other"), LIN)
        await api.context.filing.delete(api.mail.lin, [other])
        await api.context.filing.erase(api.mail.lin, [other])
        await api.mail.deliver(letter("Tag"), f"shop+sale@{DOMAIN}")
        assert (await reader.next())["message"]["subject"] == "Tag"


async def test_another_account_hears_nothing(api: Api) -> None:
    async with stream(api, await api.token("read", account_id=api.mail.ann)) as reader:
        await api.mail.deliver(letter("For Lin"), LIN)
        await api.mail.deliver(letter("For Ann"), f"ann@{DOMAIN}")
        assert (await reader.next())["message"]["subject"] == "For Ann"


async def test_a_revoked_token_ends_its_streams(api: Api) -> None:
    token = await api.token("read")
    holder = await api.context.tokens.holder(token)
    assert holder is not None
    async with stream(api, token) as reader:
        await api.context.tokens.revoke(api.mail.lin, holder.token.id)
        await api.mail.deliver(letter("Too late"))
        assert await asyncio.wait_for(reader.connection.receive(), 10) == b""
        assert reader.connection.response_data == bytearray() or "Too late" not in reader.text
    assert api.held.streams == {}


async def test_streams_end_with_the_server_and_after_their_time(mail: Mail, bus: Bus) -> None:
    api = api_of(mail)
    async with stream(api, await api.token("read")) as reader:
        bus.publish(Stopping())
        assert await asyncio.wait_for(reader.connection.receive(), 10) == b""
    short = api_of(mail, stream_s=0.01)
    async with stream(short, await short.token("read")) as reader:
        assert await asyncio.wait_for(reader.connection.receive(), 10) == b""


async def test_silence_is_broken_by_a_comment(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_S", 0.01)
    async with stream(api, await api.token("read")) as reader:
        assert await reader.block() == {"": "ping"}


async def test_streams_of_a_token_are_bounded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "STREAMS_OF_ONE", 1)
    monkeypatch.setattr(events, "STREAMS", 2)
    token, other, third = [await api.token("read") for _ in range(3)]
    async with stream(api, token):
        assert (await api.get("/events", token)).status == 429
        async with stream(api, other):
            assert (await api.get("/events", third)).status == 503
    assert api.held.streams == {}
    async with stream(api, token):
        pass


async def test_an_endless_position_is_refused(api: Api) -> None:
    found = await api.get("/events", await api.token("read"), headers={"Last-Event-ID": "1" * 256})
    assert found.status == 400


async def test_how_lists_are_shown_is_no_event(api: Api) -> None:
    async with stream(api, await api.token("read")) as reader:

        def shown(db: Any) -> None:
            settings.set_(db, "x", "y")
            changes.add(db, api.mail.lin, changes.DISPLAY)

        await api.context.database.write(shown)
        await api.mail.deliver(letter("Next"))
        assert (await reader.next())["message"]["subject"] == "Next"
