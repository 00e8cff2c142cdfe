"""Scripts that wait, with real parts: one message over SMTP answers the call, the stream and /Mail; nobody else."""

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from mailapp.app import App
from mailapp.commands.common import now_ms
from mailapp.config import Config
from mailapp.flow.tokens import make
from mailapp.store import accounts, tokens
from mailapp.store.database import connect, transact
from mailapp.store.tokens import SCOPES, NewToken
from tests.api.conftest import code_letter
from tests.conftest import make_account

LIN, ANN, SHOP = "lin@yuanye.example", "ann@yuanye.example", "shop+till@yuanye.example"


def _send(port: int, code: str, to: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("noreply@github.example", [to], code_letter(code).as_bytes())


async def deliver(app: App, code: str, to: str) -> None:
    await asyncio.to_thread(_send, app.smtp.addresses[0][1], code, to)


@asynccontextmanager
async def caller(app: App, secret: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    base = f"http://127.0.0.1:{app.http_port}"
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as client:
        yield client


async def listeners(app: App, number: int) -> None:
    """Until so many subscribe to the mail of Lin and Ann together."""
    while sum(len(app.bus._by_account.get(each, ())) for each in app.bus.accounts) < number:
        await asyncio.sleep(0.01)


@pytest.fixture
async def people(app: App) -> tuple[int, int]:
    lin = await make_account(app.database, LIN, admin=True, catch_all=True)
    return lin, await make_account(app.database, ANN)


async def first_event(client: httpx.AsyncClient) -> dict[str, object]:
    async with client.stream("GET", "/api/v1/events") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                found: dict[str, object] = json.loads(line.removeprefix("data: "))
                return found
    raise AssertionError("the stream ended")


async def test_one_message_answers_who_waits_and_tells_another_account_nothing(
    app: App, people: tuple[int, int]
) -> None:
    lin, ann = people
    own = (await app.pages.tokens.add(lin, NewToken(SCOPES)))[0]
    limited = (await app.pages.tokens.add(lin, NewToken(SCOPES, ("till@yuanye.example",))))[0]
    other = (await app.pages.tokens.add(ann, NewToken(SCOPES)))[0]
    async with caller(app, own) as me, caller(app, limited) as beside, caller(app, other) as stranger:
        waiting = asyncio.create_task(me.get("/api/v1/codes?to=shop@yuanye.example&wait=30"))
        streamed = asyncio.create_task(first_event(me))
        others = [asyncio.create_task(each.get("/api/v1/codes?wait=30")) for each in (beside, stranger)]
        await listeners(app, 3)  # a room for each account, a stream
        while not app.bus._by_account.get(ann):
            await asyncio.sleep(0.01)
        await deliver(app, "482913", SHOP)
        told = (await waiting).json()
        assert (told["code"], told["to"], told["from_name"]) == ("482913", SHOP, "GitHub")
        assert (await streamed)["message_id"] == told["message_id"]
        shown = await me.get("/Mail", params={"token": own, "mail": "shop@yuanye.example"})
        assert (shown.status_code, "482913" in shown.text) == (200, True)
        assert [each.done() for each in others] == [False, False]
        for client in (beside, stranger):
            assert (await client.get("/api/v1/messages")).json()["messages"] == []
            assert (await client.get(f"/api/v1/messages/{told['message_id']}")).status_code == 404
        await deliver(app, "555555", ANN)
        assert (await others[1]).json()["code"] == "555555"
        assert not others[0].done()
        others[0].cancel()


async def test_pages_api_and_docs_share_a_port_and_nothing_else(app: App, people: tuple[int, int]) -> None:
    async with caller(app, "") as client:
        for path, status, kind in (
            ("/api/docs", 200, "text/html; charset=utf-8"),
            ("/api/v1/openapi.json", 200, "application/json"),
            ("/api/v1/messages", 401, "application/problem+json"),
            ("/api", 404, "application/problem+json"),
            ("/api/docs/", 404, "application/problem+json"),
            ("/apidocs", 404, "text/html; charset=utf-8"),
            ("/healthz", 200, "application/json"),
        ):
            found = await client.get(path)
            assert (path, found.status_code, found.headers["Content-Type"]) == (path, status, kind)


async def test_what_the_command_line_does_to_tokens_counts_at_once(
    app: App, config: Config, people: tuple[int, int]
) -> None:
    """Another process makes a token, disables the account and revokes: the server notices by itself."""
    _, ann = people

    def outside(function: object, *values: object) -> object:
        db = connect(Path(config.database))
        try:
            return transact(db, function, *values)  # type: ignore[arg-type]
        finally:
            db.close()

    secret, token = await asyncio.to_thread(outside, make, ann, NewToken(SCOPES), now_ms(), "x" * 43)  # type: ignore[misc]
    async with caller(app, secret) as client:
        assert (await client.get("/api/v1/messages")).status_code == 200
        waiting = asyncio.create_task(client.get("/api/v1/codes?wait=30"))
        await listeners(app, 1)
        await asyncio.to_thread(outside, accounts.set_state, ann, accounts.DISABLED)
        assert (await waiting).status_code == 401  # within the half second the server looks in
        assert (await client.get("/api/v1/messages")).status_code == 401
        await asyncio.to_thread(outside, accounts.set_state, ann, accounts.ACTIVE)
        assert (await client.get("/api/v1/messages")).status_code == 200  # and is known from memory now
        await asyncio.to_thread(outside, tokens.remove, ann, token.id)
        for _ in range(200):
            if (await client.get("/api/v1/messages")).status_code == 401:
                break
            await asyncio.sleep(0.01)
        assert (await client.get("/api/v1/messages")).status_code == 401
