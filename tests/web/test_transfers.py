"""Mail as files in the browser: taken away, brought in, told how far it is; what is refused, and what an admin may."""

import gc
import io
import zipfile
from collections.abc import AsyncIterator

import pytest
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from mailapp.flow import exporting
from mailapp.flow.import_jobs import Job
from mailapp.store import accounts, audit, mailboxes, quotas
from mailapp.web.context import EXTENSION
from tests.web.admins import english_admin
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail

MBOX = b"From a@b Mon Feb 19 21:07:26 2024\nMessage-ID: <%d@x>\nSubject: %d\n\nx\n\n"


async def _bring(client: QuartClient, data: bytes, status: int = 303, name: str = "old.mbox") -> str:
    files = {"mail": FileStorage(io.BytesIO(data), filename=name)}
    response = await client.post("/transfers", files=files, headers=SAME_ORIGIN)
    html = str(await response.get_data(as_text=True))
    assert response.status_code == status, html
    return html


async def _page(client: QuartClient) -> str:
    response = await client.get("/transfers", headers={"Accept-Language": "en"})
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


async def test_a_file_is_brought_in_once_and_the_stream_tells_its_end(mail: Mail) -> None:
    client = await mail.client(ANN)
    client.set_cookie("localhost", "language", "en")
    data = b"".join(MBOX % (number, number) for number in range(50))
    await _bring(client, data)
    await mail.context.imports.ended()
    html = await _page(client)
    assert "50 messages are filed." in html
    stream = await client.get("/transfers/events")
    told = str(await stream.get_data(as_text=True))
    assert stream.content_type.startswith("text/event-stream")
    assert "50 messages are filed." in told
    assert told.count("event:") + told.count("id:") >= 1
    await _bring(client, data)
    await mail.context.imports.ended()
    assert "50 were there already." in await _page(client)
    held = await mail.context.database.read(mailboxes.of_account, mail.ann)
    assert sum(each.total for each in held) == 50
    other = await mail.client(LIN)
    assert "50 messages" not in await _page(other)
    assert (await other.get("/transfers/events")).status_code == 303


async def test_a_full_mailbox_says_how_many_were_left_out_and_why(mail: Mail) -> None:
    client = await mail.client(ANN)
    client.set_cookie("localhost", "language", "en")
    await mail.context.database.write(quotas.set_, mail.ann, 100)
    await _bring(client, b"".join(MBOX % (number, number) for number in range(9)))
    await mail.context.imports.ended()
    html = await _page(client)
    assert "2 messages are filed." in html
    assert "7 messages were left out: your mailbox has no room for them." in html
    assert "your mailbox has no room" in str(await (await client.get("/transfers/events")).get_data(as_text=True))


async def test_what_is_no_mail_is_said_and_a_second_at_once_is_refused(mail: Mail) -> None:
    client = await mail.client(ANN)
    client.set_cookie("localhost", "language", "en")
    assert "Choose a file first." in await _bring(client, b"", 422, name="")
    await _bring(client, b"\x89PNG")
    await mail.context.imports.ended()
    assert "There is no mail in this file." in await _page(client)
    await _bring(client, b"PK\x03\x04 rubbish")
    await mail.context.imports.ended()
    assert "The archive is damaged" in await _page(client)
    mail.context.imports._jobs[mail.ann] = Job("x.mbox", 100, done=40)
    assert "An import is under way." in await _bring(client, MBOX % (1, 1), 409)
    html = await _page(client)
    assert 'value="40"' in html
    assert 'hx-get="/transfers/events"' in html


@pytest.mark.parametrize(("format_", "begins"), [("mbox", b"From "), ("maildir", b"PK")])
async def test_all_mail_is_taken_away_by_its_owner_alone(mail: Mail, format_: str, begins: bytes) -> None:
    await mail.deliver("Subject: 林的信\r\n\r\n只给林越\r\n".encode())
    await mail.deliver(b"Subject: of ann\r\n\r\nx\r\n", ANN)
    client = await mail.client(ANN)
    response = await client.post("/transfers/exports", form={"format": format_}, headers=SAME_ORIGIN)
    data = await response.get_data(as_text=False)
    assert data.startswith(begins)
    assert response.headers["Content-Disposition"].startswith(f'attachment; filename="{ANN} ')
    if format_ == "maildir":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(archive.read(each) for each in archive.namelist())
    assert b"of ann" in data
    assert "只给林越".encode() not in data
    wrong = await client.post("/transfers/exports", form={"format": "exe"}, headers=SAME_ORIGIN)
    assert wrong.status_code == 400


async def test_one_export_of_an_account_and_few_in_all_are_under_way(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "EXPORTS_MAX", 1)
    await mail.deliver(b"Subject: of ann\r\n\r\nx\r\n", ANN)
    client, lin = await mail.client(ANN), await english_admin(mail)
    client.set_cookie("localhost", "language", "en")

    async def take(browser: QuartClient, path: str = "/transfers/exports") -> tuple[int, str]:
        form = {"format": "mbox", "account": str(mail.ann)}
        response = await browser.post(path, form=form, headers=SAME_ORIGIN)
        return response.status_code, str(await response.get_data(as_text=True))

    held = mail.site.extensions[EXTENSION].exports
    turn = held.begin(mail.ann)
    status, html = await take(client)
    assert (status, "being taken away already" in html) == (409, True)
    status, html = await take(lin, "/admin/account-exports")
    assert (status, "being taken away already" in html) == (409, True)
    assert (await mail.context.database.read(audit.page, 0, 1)) == []
    status, html = await take(lin)
    assert (status, "Others are taking" in html) == (409, True)
    del turn  # its browser went away before the first piece
    gc.collect()
    assert (await take(client))[0] == 200
    assert (await take(client))[0] == 200


async def test_an_export_nobody_reads_on_takes_no_place_for_ever() -> None:
    now = 0.0
    held = exporting.Exports(lambda: now)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"1"
        yield b"2"

    stalled = held.begin(1).through(pieces())
    assert await anext(stalled) == b"1"
    now += exporting.STALLED_S
    newer = held.begin(1)
    assert await anext(stalled) == b"2"  # it goes on, without a place
    await stalled.aclose()
    with pytest.raises(exporting.ExportBusy):
        held.begin(1)
    assert newer.account_id == 1


async def test_an_admin_takes_an_accounts_mail_away_before_it_is_erased_and_that_is_written_down(mail: Mail) -> None:
    await mail.deliver(b"Subject: of ann\r\n\r\nx\r\n", ANN)
    client = await english_admin(mail)
    form = {"account": str(mail.ann), "mail": "export"}
    response = await client.post("/admin/account-deletions", form=form, headers=SAME_ORIGIN)
    html = str(await response.get_data(as_text=True))
    assert "Take its mail away below" in html
    assert 'action="/admin/account-exports"' in html
    held = await mail.context.database.read(accounts.get, mail.ann)
    assert held is not None
    assert not held.is_active
    form = {"account": str(mail.ann), "format": "mbox"}
    response = await client.post("/admin/account-exports", form=form, headers=SAME_ORIGIN)
    assert b"of ann" in await response.get_data(as_text=False)
    entry = (await mail.context.database.read(audit.page, 0, 1))[0]
    assert (entry.who, entry.what, entry.about, entry.to) == (LIN, "account.exported", ANN, "mbox")
    plain = await mail.client(LIN)
    assert (await plain.post("/admin/account-exports", form=form, headers=SAME_ORIGIN)).status_code == 403
