"""Sending from compose: what is accepted, what is refused and kept, and taking it back."""

import re
import time
from io import BytesIO

from quart.datastructures import FileStorage
from quart.testing import QuartClient

from mailapp.store import accounts, drafts, mailboxes, messages, queue
from mailapp.store.messages import MessageRow, View
from mailapp.store.queue import Item
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter

FIELDS = {"key": "key-1", "page": "page-1", "from": LIN, "to": "Ann <a@b.example>", "subject": "Hi", "text": "one"}
FRAGMENT_POST = {**SAME_ORIGIN, **FRAGMENT}


async def send(client: QuartClient, **fields: str) -> str:
    """Send as the page with scripts does; the answer's HTML."""
    response = await client.post("/submissions", form={**FIELDS, **fields}, headers=FRAGMENT_POST)
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


async def items(mail: Mail, account_id: int = 0) -> list[Item]:
    return await mail.context.database.read(queue.items, account_id or mail.lin, None, 50, False)


async def listed(mail: Mail, role: str) -> list[MessageRow]:
    mailbox_id = await mail.context.database.read(mailboxes.by_role, mail.lin, role)
    return await mail.context.database.read(messages.page, View(mail.lin, mailbox_id), None, 50)


def refused(html: str) -> str:
    found = re.search(r'data-field="(\w*)"', html)
    return "" if found is None else found[1]


async def test_what_is_sent_lies_in_sent_and_waits_in_the_queue(mail: Mail) -> None:
    html = await send(await mail.client(), cc="bo@b.example", bcc="周婧 <zhou@b.example>")
    (item,) = await items(mail)
    assert {each.address for each in item.recipients} == {"a@b.example", "bo@b.example", "zhou@b.example"}
    assert (item.state, item.subject) == ("waiting", "Hi")
    (row,) = await listed(mail, "sent")
    assert row.id == item.message_id
    assert await listed(mail, "drafts") == []
    assert 'action="/recalls"' in html
    assert 'data-seconds="10"' in html
    assert "Ann" in html


async def test_without_scripts_sending_leads_to_a_page_that_takes_it_back(mail: Mail) -> None:
    client = await mail.client()
    files = {"attachment": FileStorage(BytesIO(b"x" * 300_000), filename="批注.pdf", content_type="application/pdf")}
    response = await client.post("/submissions", form=FIELDS, files=files, headers=SAME_ORIGIN)
    assert response.status_code == 303
    page = str(await (await client.get(response.headers["Location"])).get_data(as_text=True))
    (item,) = await items(mail)
    assert f'name="item" value="{item.id}"' in page
    (row,) = await listed(mail, "sent")
    assert row.attachment_count == 1
    back = await client.post("/recalls", form={"item": str(item.id)}, headers=SAME_ORIGIN)
    assert back.status_code == 303
    assert "批注.pdf" in await (await client.get(back.headers["Location"])).get_data(as_text=True)
    assert await listed(mail, "sent") == []


async def test_undo_brings_the_draft_back_whole(mail: Mail) -> None:
    client = await mail.client()
    await send(client, bcc="zhou@b.example", text="  one\n\n two")
    (item,) = await items(mail)
    response = await client.post("/recalls", form={"item": str(item.id)}, headers=FRAGMENT_POST)
    html = str(await response.get_data(as_text=True))
    assert 'hx-target="#compose-pane"' in html
    assert "zhou@b.example" in html
    assert ">\n  one\n\n two</textarea>" in html
    assert await listed(mail, "sent") == []
    (row,) = await listed(mail, "drafts")
    assert row.subject == "Hi"
    late = await client.post("/recalls", form={"item": str(item.id)}, headers=FRAGMENT_POST)
    assert "toast" in await late.get_data(as_text=True)


async def test_nobody_takes_back_what_another_sent(mail: Mail) -> None:
    await send(await mail.client())
    (item,) = await items(mail)
    ann = await mail.client(ANN)
    await ann.post("/recalls", form={"item": str(item.id)}, headers=FRAGMENT_POST)
    assert (await ann.get(f"/submissions/{item.id}")).status_code == 404
    assert (await items(mail))[0].state == "waiting"


async def test_pressing_send_twice_sends_once(mail: Mail) -> None:
    client = await mail.client()
    await send(client, serial="1")
    await send(client, serial="2")
    assert len(await items(mail)) == 1


async def test_a_save_that_comes_after_sending_makes_no_draft(mail: Mail) -> None:
    client = await mail.client()
    await send(client, serial="2")
    headers = {**SAME_ORIGIN, "Accept": "application/json"}
    for serial, page in (("1", "page-1"), ("3", "page-1"), ("1", "page-2")):
        await client.post("/drafts", form={**FIELDS, "serial": serial, "page": page}, headers=headers)
    assert await listed(mail, "drafts") == []


async def test_without_a_hold_nothing_is_offered_back(mail: Mail) -> None:
    await mail.context.database.write(accounts.set_undo_send, mail.lin, 0)
    assert "/recalls" not in await send(await mail.client())


async def test_what_is_refused_stays_a_draft_and_says_why(mail: Mail) -> None:
    client = await mail.client()
    for number, (field, fields) in enumerate(
        (
            ("to", {"to": ""}),
            ("to", {"to": "nonsense"}),
            ("cc", {"cc": "a@b@c"}),
            ("from", {"from": "ceo@elsewhere.example"}),
            ("at", {"later": "1", "at": "2001-01-01T08:00"}),
            ("at", {"later": "1", "at": "nonsense"}),
            ("unattached", {"text": "See attached."}),
        )
    ):
        html = await send(client, key=f"key-{number}", **fields)
        assert refused(html) == field, fields
    assert await items(mail) == []
    assert len(await listed(mail, "drafts")) == 7


async def test_another_accounts_address_cannot_be_written_from(mail: Mail) -> None:
    assert refused(await send(await mail.client(), **{"from": ANN})) == "from"


async def test_a_refused_letter_keeps_its_fields_without_scripts(mail: Mail) -> None:
    client = await mail.client()
    response = await client.post("/submissions", form={**FIELDS, "to": "nonsense"}, headers=SAME_ORIGIN)
    assert response.status_code == 422
    html = str(await response.get_data(as_text=True))
    assert 'aria-invalid="true"' in html
    assert 'value="nonsense"' in html
    assert ">\none</textarea>" in html


async def test_the_missing_file_is_asked_about_once(mail: Mail) -> None:
    client = await mail.client()
    response = await client.post("/submissions", form={**FIELDS, "text": "见附件"}, headers=SAME_ORIGIN)
    assert response.status_code == 422
    assert 'name="unattached" value="1"' in await response.get_data(as_text=True)
    await send(client, text="见附件", unattached="1", page="page-2", revision="1")
    assert len(await items(mail)) == 1


async def test_sending_later_goes_by_the_readers_clock(mail: Mail) -> None:
    client = await mail.client()
    client.set_cookie("localhost", "time_zone", "America/New_York")
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 300 * 86_400))
    html = await send(client, later="1", at=f"{day}T23:30")
    assert refused(html) == ""
    (item,) = await items(mail)
    assert item.scheduled
    assert time.strftime("%H:%M", time.gmtime(item.release_ms / 1000)) in ("03:30", "04:30")
    back = await client.post("/recalls", form={"item": str(item.id)}, headers=FRAGMENT_POST)
    assert f'value="{day}T23:30"' in await back.get_data(as_text=True)


async def test_an_answer_marks_the_message_answered(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    await send(await mail.client(), answers=str(message_id), in_reply_to="x@y.example")
    row = await mail.row(message_id)
    assert row is not None
    assert row.answered


async def test_a_draft_that_is_gone_is_not_there(mail: Mail) -> None:
    client = await mail.client()
    assert (await client.get("/submissions/999")).status_code == 404
    assert (await client.post("/submissions", form={"to": "a@b.example"}, headers=SAME_ORIGIN)).status_code == 400
    saved = await mail.context.database.read(drafts.by_key, mail.lin, "key-1")
    assert saved is None
