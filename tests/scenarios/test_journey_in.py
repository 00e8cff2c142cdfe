"""The whole journey in, with real parts: SMTP, the store, the stream, and what is painted in Chromium."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest
from playwright.async_api import Browser, Request, expect

from mailapp.app import App
from mailapp.store import messages
from tests.conftest import make_account
from tests.web.browsers import Proxy, chromium, person

SECRET = "只给林越看的一句话"
LIN, ANN = "lin@yuanye.example", "ann@yuanye.example"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def _letter(subject: str, text: str = "x") -> bytes:
    letter = EmailMessage()
    letter["From"] = "周婧 <zhou@sanlian.example>"
    letter["Subject"] = subject
    letter.set_content(text)
    return letter.as_bytes()


def _send(port: int, letters: list[bytes], *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        for letter in letters:
            client.sendmail("zhou@sanlian.example", list(recipients), letter)


async def _deliver(app: App, letters: list[bytes], *recipients: str) -> None:
    await asyncio.to_thread(_send, app.smtp.addresses[0][1], letters, *recipients)


@pytest.fixture
async def accounts(app: App) -> None:
    await make_account(app.database, LIN, admin=True)
    await make_account(app.database, ANN)


async def test_from_smtp_to_the_screen_read_elsewhere_and_not_one_byte_at_another_account(
    app: App, accounts: None, browser: Browser
) -> None:
    url = f"http://127.0.0.1:{app.http_port}"
    here, there, ann = [await person(browser, url, each) for each in (LIN, LIN, ANN)]
    bodies: list[bytes] = []
    ann.page.on("response", lambda response: tasks.append(asyncio.ensure_future(_keep(response.request, bodies))))
    tasks: list[asyncio.Future[None]] = []
    await _deliver(app, [_letter("第二版校样", SECRET)], LIN)
    for each in (here, there):
        await expect(each.page.locator("#message-list .row.unread .subject")).to_have_text("第二版校样")
        await expect(each.page.locator("#count-inbox")).to_have_text("1")
    await here.page.locator("#message-list .row-link").click()
    await expect(here.page.locator("#reading-pane")).to_contain_text(SECRET)
    await expect(there.page.locator("#message-list .row.unread")).to_have_count(0)
    await expect(there.page.locator("#count-inbox")).to_have_text("")
    # something of her own arrives after it, so that what came to her stream is known to be complete
    await _deliver(app, [_letter("给安的信")], ANN)
    await expect(ann.page.locator("#message-list .row .subject")).to_have_text("给安的信")
    seen = await ann.page.content()
    assert "校样" not in seen
    assert SECRET not in seen
    message_id = await here.page.locator("#message-list .row").get_attribute("data-id")
    for path in ("", "/body", "/source", "/attachments/1/x"):
        answer = await ann.context.request.get(f"{url}/messages/{message_id}{path}")
        assert answer.status == 404, path
        assert SECRET not in await answer.text()
    await asyncio.gather(*tasks)
    assert not [body for body in bodies if SECRET.encode() in body or "校样".encode() in body]
    for each in (here, there, ann):
        each.blameless()


async def _keep(request: Request, bodies: list[bytes]) -> None:
    if "/events" in request.url:
        return
    response = await request.response()
    if response is not None and response.ok:
        bodies.append(await response.body())


async def test_twenty_mails_over_smtp_while_the_line_is_cut_for_five_seconds(
    app: App, accounts: None, browser: Browser
) -> None:
    async with Proxy(app.http_port) as proxy:
        lin = await person(browser, proxy.url, LIN)
        await proxy.cut()
        cut_for = asyncio.ensure_future(asyncio.sleep(5))  # the five seconds are what is tested, not waited on
        await _deliver(app, [_letter(f"n{number}") for number in range(20)], LIN)
        await cut_for
        await proxy.mend()
        await expect(lin.page.locator("#message-list .row")).to_have_count(20, timeout=20_000)
        assert await lin.subjects() == [f"n{number}" for number in range(19, -1, -1)]
        await expect(lin.page.locator("#reconnecting")).to_be_hidden()


async def test_bcc_and_several_recipients_each_get_their_copy(app: App, accounts: None) -> None:
    await _deliver(app, [_letter("an alle")], LIN, ANN)
    counts = await app.database.read(
        lambda db: (
            db.execute("SELECT count(*) FROM messages").fetchone()[0],
            db.execute("SELECT count(*) FROM contents").fetchone()[0],
        )
    )
    assert counts == (2, 1)


async def test_a_full_disk_is_452_and_loses_nothing_once_there_is_room(app: App, accounts: None) -> None:
    def pages(db: object, limit: int) -> None:
        db.execute(f"PRAGMA max_page_count = {limit}").fetchone()

    used = await app.database.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    await app.database.write(pages, used)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        await _deliver(app, [_letter("large", "x" * 200_000)], LIN)
    assert refused.value.smtp_code == 452
    await app.database.write(pages, 1 << 30)
    await _deliver(app, [_letter("large", "x" * 200_000)], LIN)
    found = await app.database.read(lambda db: db.execute("SELECT subject FROM messages").fetchall())
    assert found == [("large",)]


async def test_a_full_account_is_refused_for_now_and_everybody_else_on_the_message_gets_it(
    app: App, accounts: None
) -> None:
    await app.pages.accounts.set_quota(1, 1)
    await _deliver(app, [_letter("fills it")], LIN)

    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", app.smtp.addresses[0][1], timeout=10) as client:
            return client.sendmail("zhou@sanlian.example", [LIN, ANN], _letter("for both"))

    refused = await asyncio.to_thread(send)
    assert refused == {LIN: (452, b"4.2.2 Mailbox full")}
    held = [await app.database.read(messages.page, messages.View(each), None, 9) for each in (1, 2)]
    assert [each[0].subject for each in held] == ["fills it", "for both"]
