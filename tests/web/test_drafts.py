"""Drafts as the compose page saves them, and their attachments."""

import asyncio
import json
from io import BytesIO
from typing import Any

import pytest
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from mailapp.flow import attaching
from mailapp.store import drafts, mailboxes, quotas
from mailapp.store.drafts import StoredDraft
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail, letter

JSON = {**SAME_ORIGIN, "Accept": "application/json"}
FIELDS = {"key": "key-1", "page": "page-1", "from": LIN, "to": "a@b.example", "subject": "Hi", "text": "one"}


async def save(client: QuartClient, serial: int, **fields: str) -> dict[str, Any]:
    response = await client.post("/drafts", form={**FIELDS, "serial": str(serial), **fields}, headers=JSON)
    assert response.status_code == 200
    found: dict[str, Any] = json.loads(await response.get_data())
    return found


async def stored(mail: Mail, draft_id: int, account_id: int | None = None) -> StoredDraft | None:
    return await mail.context.database.read(drafts.get, account_id or mail.lin, draft_id)


async def count(mail: Mail) -> int:
    held = await mail.context.database.read(mailboxes.of_account, mail.lin)
    return next(each.total for each in held if each.role == "drafts")


async def test_a_page_saves_one_draft_however_often_it_saves(mail: Mail) -> None:
    client = await mail.client()
    first = await save(client, 1)
    second = await save(client, 2, text="two", revision=str(first["revision"]))
    assert (first["draft"], first["forked"]) == (second["draft"], False)
    held = await stored(mail, first["draft"])
    assert held is not None
    assert held.draft.text == "two"
    assert await count(mail) == 1


async def test_a_save_that_has_not_heard_of_the_one_before_is_no_conflict(mail: Mail) -> None:
    client = await mail.client()
    answers = await asyncio.gather(*(save(client, each, text=str(each)) for each in (1, 2, 3)))
    assert {each.get("forked", False) for each in answers} == {False}
    assert await count(mail) == 1


async def test_what_was_posted_earlier_and_comes_later_changes_nothing(mail: Mail) -> None:
    client = await mail.client()
    first = await save(client, 7, text="new")
    assert await save(client, 6, text="old") == {"stale": True}
    held = await stored(mail, first["draft"])
    assert held is not None
    assert held.draft.text == "new"


async def test_another_device_keeps_both_versions(mail: Mail) -> None:
    client = await mail.client()
    first = await save(client, 1)
    await save(client, 2, text="mine", revision="1")
    other = await save(client, 1, page="page-2", text="theirs", revision="1")
    assert other["forked"] is True
    assert other["draft"] != first["draft"]
    again = await save(client, 2, page="page-2", text="theirs, more", revision="1")
    assert (again["draft"], again["forked"]) == (other["draft"], False)
    texts = {held.draft.text for each in (first, other) if (held := await stored(mail, each["draft"]))}
    assert texts == {"mine", "theirs, more"}
    assert await count(mail) == 2


async def test_without_scripts_saving_leads_back_to_the_page(mail: Mail) -> None:
    client = await mail.client()
    response = await client.post("/drafts", form=FIELDS, headers=SAME_ORIGIN)
    assert response.status_code == 303
    assert (await client.get(response.headers["Location"])).status_code == 200


async def test_html_is_sanitised_and_its_text_made(mail: Mail) -> None:
    client = await mail.client()
    html = "<div>Hi <b>you</b><script>alert(1)</script><img src='https://t.example/x.gif' onerror='x()'></div>"
    answer = await save(client, 1, html=html, text="ignored")
    held = await stored(mail, answer["draft"])
    assert held is not None
    assert "<b>you</b>" in held.draft.html
    assert "script" not in held.draft.html
    assert "onerror" not in held.draft.html
    assert held.draft.text == "Hi you"


async def test_a_promised_file_that_is_missing_is_noticed(mail: Mail) -> None:
    client = await mail.client()
    assert (await save(client, 1, text="见附件"))["mentions"] is True
    assert (await save(client, 2, text="hello\n> see attached"))["mentions"] is False
    quoted = "<div>hello</div><blockquote>see attached</blockquote>"
    assert (await save(client, 3, html=quoted))["mentions"] is False
    assert (await save(client, 4, html="<div>see attached</div>"))["mentions"] is True
    draft_id = (await save(client, 5, text="见附件"))["draft"]
    await client.post(f"/draft-attachments?draft={draft_id}&name=a.txt&type=text/plain", data=b"x", headers=JSON)
    assert (await save(client, 6, text="见附件。"))["mentions"] is False


async def test_a_promised_file_is_looked_for_where_a_letter_begins(mail: Mail) -> None:
    client = await mail.client()
    long = "<p>" + "word " * 20_000
    assert (await save(client, 1, html=f"<p>See attached.</p>{long}"))["mentions"]
    assert not (await save(client, 2, html=f"{long}</p><p>See attached.</p>"))["mentions"]


async def test_a_long_letter_fits(mail: Mail) -> None:
    client = await mail.client()
    answer = await save(client, 1, text="长" * 300_000)
    held = await stored(mail, answer["draft"])
    assert held is not None
    assert len(held.draft.text) == 300_000


async def test_files_come_in_and_go(mail: Mail) -> None:
    client = await mail.client()
    draft_id = (await save(client, 1))["draft"]
    response = await client.post(
        "/draft-attachments",
        query_string={"draft": draft_id, "name": "../../批注 第二版.pdf", "type": "application/pdf"},
        data=b"%PDF" * 200_000,
        headers=JSON,
    )
    answer = json.loads(await response.get_data())
    (one,) = answer["attachments"]
    assert (one["name"], one["size"], one["kind"]) == ("批注 第二版.pdf", 800_000, "pdf")
    shown = await client.get(one["href"])
    assert await shown.get_data() == b"%PDF" * 200_000
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert (await (await mail.client(ANN)).get(one["href"])).status_code == 404
    response = await client.post(
        "/draft-attachments/deletions", form={"draft": str(draft_id), "attachment": str(one["id"])}, headers=JSON
    )
    assert json.loads(await response.get_data()) == {"attachments": []}
    assert (await client.get(one["href"])).status_code == 404


async def test_pictures_in_the_text_have_a_content_id_and_show_in_place(mail: Mail) -> None:
    client = await mail.client()
    draft_id = (await save(client, 1))["draft"]
    for kind, inline in (("image/png", True), ("image/svg+xml", False)):
        path = f"/draft-attachments?draft={draft_id}&name=x&type={kind}&inline=1".replace("+", "%2B")
        answer = json.loads(await (await client.post(path, data=b"x", headers=JSON)).get_data())
        one = next(each for each in answer["attachments"] if each["id"] == answer["added"])
        assert bool(one["cid"]) is inline
        shown = await client.get(one["href"])
        assert shown.headers["Content-Disposition"].startswith("inline" if inline else "attachment")
        assert shown.headers["Content-Type"] == ("image/png" if inline else "application/octet-stream")


async def test_too_large_a_file_is_refused_with_its_size_as_it_travels(mail: Mail) -> None:
    client = await mail.client()
    draft_id = (await save(client, 1))["draft"]
    size = mail.context.config.max_message_size * 3 // 4
    response = await client.post(f"/draft-attachments?draft={draft_id}&name=a", data=b"x" * size, headers=JSON)
    assert response.status_code == 413
    assert "36.7 MB" in json.loads(await response.get_data())["error"]
    held = await stored(mail, draft_id)
    assert held is not None
    assert held.attachments == ()


async def test_a_form_without_scripts_attaches_too(mail: Mail) -> None:
    client = await mail.client()
    draft_id = (await save(client, 1))["draft"]
    response = await client.post(
        "/draft-attachments",
        form={"draft": str(draft_id)},
        files={"attachment": FileStorage(BytesIO(b"x" * 600_000), filename="a.bin")},
        headers=SAME_ORIGIN,
    )
    assert response.status_code == 303
    held = await stored(mail, draft_id)
    assert held is not None
    assert [(each.name, each.size) for each in held.attachments] == [("a.bin", 600_000)]


async def test_a_forward_takes_the_files_along_once_and_only_where_asked(mail: Mail) -> None:
    message = letter("Bill")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="账单.pdf")
    message_id = await mail.deliver(message)
    client = await mail.client()
    without = await save(client, 1, key="k0", forwards=str(message_id))
    assert without["attachments"] == []
    for serial in (1, 2):
        taken = await save(client, serial, key="k1", forwards=str(message_id), originals="1", text=str(serial))
        assert [each["name"] for each in taken["attachments"]] == ["账单.pdf"]
    foreign = await mail.deliver(message, to=ANN)
    stolen = await save(client, 1, key="k2", forwards=str(foreign), originals="1")
    assert stolen["attachments"] == []
    assert stolen["error"]


async def test_discarding_takes_the_draft_and_its_files_away(mail: Mail) -> None:
    client = await mail.client()
    draft_id = (await save(client, 1))["draft"]
    ann = await mail.client(ANN)
    await ann.post("/draft-deletions", form={"draft": str(draft_id)}, headers=JSON)
    assert await stored(mail, draft_id) is not None
    assert (
        await client.post("/draft-deletions", form={"draft": str(draft_id)}, headers=SAME_ORIGIN)
    ).status_code == 303
    assert await stored(mail, draft_id) is None
    assert await count(mail) == 0


async def test_drafts_are_saved_only_from_our_own_pages(mail: Mail) -> None:
    client = await mail.client()
    for path in ("/drafts", "/submissions", "/draft-attachments", "/draft-deletions", "/recalls"):
        response = await client.post(path, form=FIELDS, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 403, path


async def test_a_full_mailbox_says_so_in_the_writers_language_and_keeps_what_was_saved(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await mail.client()
    client.set_cookie("localhost", "language", "zh-CN")
    first = await save(client, 1)
    await mail.context.database.write(quotas.set_, mail.lin, 1_000_000)
    response = await client.post(
        f"/draft-attachments?draft={first['draft']}&name=a.bin&type=x/y", data=bytes(2_000_000), headers=SAME_ORIGIN
    )
    assert response.status_code == 422
    assert "邮箱放不下" in json.loads(await response.get_data())["error"]
    assert (await save(client, 2, text="more", revision=str(first["revision"])))["draft"] == first["draft"]
    await mail.context.database.write(quotas.set_, mail.lin, 1)
    monkeypatch.setattr(attaching, "WRITING_BYTES", 10)
    form = {**FIELDS, "serial": "3", "text": "much more", "revision": "2"}
    plain = await client.post("/drafts", form=form, headers=SAME_ORIGIN)
    assert plain.status_code == 422
    assert "邮箱放不下" in str(await plain.get_data(as_text=True))
    held = await stored(mail, first["draft"])
    assert held is not None
    assert held.draft.text == "more"


async def test_a_fork_in_a_full_mailbox_says_that_its_files_are_in_the_other_draft_and_is_not_just_sent(
    mail: Mail,
) -> None:
    client = await mail.client()
    client.set_cookie("localhost", "language", "zh-CN")
    first = await save(client, 1)
    upload = f"/draft-attachments?draft={first['draft']}&name=a.bin&type=x/y"
    assert (await client.post(upload, data=bytes(2_000), headers=SAME_ORIGIN)).status_code == 200
    await save(client, 2, text="mine", revision="1")
    await mail.context.database.write(quotas.set_, mail.lin, 1)
    other = await save(client, 1, page="page-2", text="theirs", revision="1")
    assert (other["forked"], other["attachments"]) == (True, [])
    assert "附件" in other["error"]
    assert "另一份草稿" in other["error"]
    for path, status in (("/drafts", 413), ("/submissions", 422)):
        form = {**FIELDS, "page": f"page-{path}", "serial": "1", "text": f"without scripts {path}", "revision": "1"}
        response = await client.post(path, form=form, headers=SAME_ORIGIN)
        assert response.status_code == status
        assert "另一份草稿" in await response.get_data(as_text=True)
    assert await count(mail) == 4
