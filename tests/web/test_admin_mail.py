"""All mail: off by default; a search over every account, written down and told; deleting with an undo."""

import re
from urllib.parse import quote, urlencode

import pytest
from quart import Response
from quart.testing import QuartClient

from mailapp.flow import all_mail as flow
from mailapp.store import all_mail, mailboxes, messages, search
from tests.web.admins import admin, english_admin
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter


async def _html(response: Response) -> str:
    return str(await response.get_data(as_text=True))


async def _post(client: QuartClient, path: str, headers: dict[str, str] | None = None, **form: object) -> Response:
    given = {**SAME_ORIGIN, **(headers or {}), "Content-Type": "application/x-www-form-urlencoded"}
    response: Response = await client.post(path, data=urlencode(form, doseq=True), headers=given)
    return response


async def _allowed(mail: Mail) -> QuartClient:
    client = await english_admin(mail)
    assert (await _post(client, "/admin/mail-permission", allowed="1")).status_code == 303
    return client


async def _in(mail: Mail, account_id: int, role: str) -> list[int]:
    folder = await mail.context.database.read(mailboxes.by_role, account_id, role)
    return await mail.context.database.read(messages.ids, messages.View(account_id, folder), 1 << 62, 999)


async def test_it_is_off_until_an_admin_allows_it_and_again_when_forbidden(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Invoice"), ANN)
    client = await english_admin(mail)
    html = await _html(await client.get("/admin/mail?q=invoice"))
    assert "Allow searching all mail" in html
    assert "Invoice" not in html
    assert (await _post(client, "/admin/mail-deletions", message=str(message_id))).status_code == 403
    await _post(client, "/admin/mail-permission", allowed="1")
    assert "Invoice" in await _html(await client.get("/admin/mail?q=invoice"))
    await _post(client, "/admin/mail-permission", allowed="0")
    assert "Invoice" not in await _html(await client.get("/admin/mail?q=invoice"))
    assert (await _post(client, "/admin/mail-permission", allowed="yes")).status_code == 400
    assert await _in(mail, mail.ann, "trash") == []


async def test_a_search_finds_the_mail_of_everybody_with_the_grammar_of_ones_own(mail: Mail) -> None:
    await mail.deliver(letter("Invoice 1"), LIN)
    await mail.deliver(letter("Invoice 2"), ANN)
    await mail.deliver(letter("Invoice 3", sender="bo@else.example"), ANN)
    client = await _allowed(mail)
    html = await _html(await client.get("/admin/mail?q=invoice"))
    assert re.findall(r"Invoice \d", html) == ["Invoice 3", "Invoice 2", "Invoice 1"]
    assert "3 messages" in html
    assert re.findall(
        r"Invoice \d", await _html(await client.get("/admin/mail?q=" + quote("invoice -from:bo in:收件箱")))
    ) == [
        "Invoice 2",
        "Invoice 1",
    ]
    assert re.findall(r"Invoice \d", await _html(await client.get(f"/admin/mail?q=invoice&account={LIN}"))) == [
        "Invoice 1"
    ]
    unknown = await client.get("/admin/mail?q=invoice&account=nobody@else.example")
    assert unknown.status_code == 422
    assert "There is no account" in await _html(unknown)
    assert (await _html(await client.get("/admin/mail?q=invoice", headers=FRAGMENT))).startswith('<div id="all-mail"')


async def test_an_account_without_the_folder_or_label_named_has_nothing_of_it(mail: Mail) -> None:
    await mail.deliver(letter("Invoice 1"), LIN)
    ann_only = await mail.deliver(letter("Invoice 2"), ANN)
    folder = await mail.context.database.write(mailboxes.add, mail.ann, ["projects"])
    await mail.context.filing.move(mail.ann, [ann_only], folder)
    client = await _allowed(mail)
    html = await _html(await client.get("/admin/mail?q=invoice+in:projects"))
    assert re.findall(r"Invoice \d", html) == ["Invoice 2"]
    assert "There is no folder" not in html
    assert "There is no folder called nowhere" in await _html(await client.get("/admin/mail?q=invoice+in:nowhere"))


async def test_pages_go_on_below_and_show_each_once(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailapp.web.admin_mail.PAGE", 3)
    for number in range(8):
        await mail.deliver(letter(f"Invoice {number}"), LIN if number % 3 else ANN)
    client, path = await _allowed(mail), "/admin/mail?q=invoice"
    shown: list[str] = []
    while path:
        html = await _html(await client.get(path))
        shown += re.findall(r"Invoice \d", html)
        more = re.search(r'href="(/admin/mail\?q=invoice&amp;before=\d+)"', html)
        path = more[1].replace("&amp;", "&") if more else ""
    assert shown == [f"Invoice {number}" for number in reversed(range(8))]


async def test_where_a_search_stops_for_lack_of_time_nothing_below_is_shown_out_of_order(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await mail.deliver(letter(f"Invoice {number}"), (LIN, ANN)[number % 2]) for number in range(4)]
    held = search.page

    def stops(db, wanted, before, limit, *, count=False):  # type: ignore[no-untyped-def]
        found = held(db, wanted, before, limit, count=count)
        if wanted.account_id == mail.ann and before is None:
            found.ids, found.resume = [ids[3]], ids[3]
        return found

    monkeypatch.setattr(search, "page", stops)
    client = await _allowed(mail)
    html = await _html(await client.get("/admin/mail?q=invoice"))
    assert re.findall(r"Invoice \d", html) == ["Invoice 3"]
    html = await _html(await client.get(f"/admin/mail?q=invoice&before={ids[3]}"))
    assert re.findall(r"Invoice \d", html) == ["Invoice 2", "Invoice 1", "Invoice 0"]


async def test_selected_messages_go_to_their_owners_trash_and_come_back(mail: Mail) -> None:
    lins, anns = await mail.deliver(letter("Invoice"), LIN), await mail.deliver(letter("Invoice"), ANN)
    kept = await mail.deliver(letter("Invoice"), ANN)
    client = await _allowed(mail)
    where = {**FRAGMENT, "HX-Current-URL": "http://localhost/admin/mail?q=invoice"}
    response = await _post(client, "/admin/mail-deletions", where, message=[str(lins), str(anns)], q="invoice")
    html = await _html(response)
    assert "2 messages moved to the trash" in html
    assert html.count('class="found"') == 1
    assert (await _in(mail, mail.lin, "trash"), await _in(mail, mail.ann, "trash")) == ([lins], [anns])
    undo = re.search(r'action="/admin/mail-undos".*?value="(\d+)"', html)
    assert undo is not None
    html = await _html(await _post(client, "/admin/mail-undos", where, undo=undo[1]))
    assert "Undone." in html
    assert html.count('class="found"') == 3
    assert (await _in(mail, mail.lin, "inbox"), await _in(mail, mail.ann, "inbox")) == ([lins], [kept, anns])
    assert "Too late" in await _html(await _post(client, "/admin/mail-undos", where, undo=undo[1]))


async def test_all_that_match_go_but_not_what_came_since(mail: Mail) -> None:
    for _ in range(3):
        await mail.deliver(letter("Invoice"), LIN)
        await mail.deliver(letter("Invoice"), ANN)
    other = await mail.deliver(letter("Something else"), ANN)
    client = await _allowed(mail)
    newest = re.search(r'name="newest" value="(\d+)"', await _html(await client.get("/admin/mail?q=invoice")))
    assert newest is not None
    later = await mail.deliver(letter("Invoice"), ANN)
    done = await _post(client, "/admin/mail-deletions", all="1", newest=newest[1], q="invoice", account="")
    assert done.status_code == 303
    assert len(await _in(mail, mail.lin, "trash")) == len(await _in(mail, mail.ann, "trash")) == 3
    assert await _in(mail, mail.ann, "inbox") == [later, other]
    html = await _html(await client.get(done.headers["Location"]))
    undo = re.search(r'action="/admin/mail-undos".*?value="(\d+)"', html)
    assert undo is not None
    assert (await _post(client, "/admin/mail-undos", undo=undo[1])).status_code == 303
    assert await _in(mail, mail.lin, "trash") == await _in(mail, mail.ann, "trash") == []
    wrong = await _post(client, "/admin/mail-deletions", all="1", newest=newest[1], q="", account="")
    assert wrong.status_code == 400


async def test_a_deletion_under_way_is_told_by_a_toast_that_asks_again(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "PATIENCE_S", 0)
    message_id = await mail.deliver(letter("Invoice"), ANN)
    client = await _allowed(mail)
    html = await _html(await _post(client, "/admin/mail-deletions", dict(FRAGMENT), message=str(message_id)))
    asks = re.search(r'hx-get="(/admin/mail-works/\d+)"', html)
    assert asks is not None
    while "Working" in (html := await _html(await client.get(asks[1], headers=FRAGMENT))):
        pass
    assert "Moved to the trash" in html
    assert (await client.get("/admin/mail-works/999", headers=FRAGMENT)).status_code == 404


async def test_every_search_is_written_down_and_told_to_every_account(mail: Mail) -> None:
    ann = await mail.client(ANN)
    ann.set_cookie("localhost", "language", "en")
    assert "searched all mail" not in await _html(await ann.get("/settings"))
    client = await _allowed(mail)
    assert "None has so far" in await _html(await ann.get("/settings"))
    await mail.deliver(letter("Invoice"), ANN)
    html = await _html(await client.get("/admin/mail?q=invoice"))
    assert f"{LIN} searched for “invoice”: 1 message" in html
    assert "An administrator searched all mail, yours included" in await _html(await ann.get("/settings"))
    await _post(client, "/admin/mail-deletions", dict(FRAGMENT), message=str((await _in(mail, mail.ann, "inbox"))[0]))
    uses = await mail.context.database.read(all_mail.uses, 9)
    assert [(each.act, each.messages) for each in uses] == [("deleted", 1), ("searched", 1), ("allowed", 0)]
    await _post(client, "/admin/mail-permission", allowed="0")
    assert "An administrator searched all mail" in await _html(await ann.get("/settings"))


async def test_a_search_that_begins_below_the_newest_is_written_down_as_well(mail: Mail) -> None:
    await mail.deliver(letter("Invoice"), ANN)
    client = await _allowed(mail)

    async def searches() -> list[str]:
        uses = await mail.context.database.read(all_mail.uses, 9)
        return [each.query for each in uses if each.act == "searched"]

    assert "Invoice" in await _html(await client.get("/admin/mail?q=invoice&before=999999999999999999"))
    assert await searches() == ["invoice"]
    await client.get("/admin/mail?q=invoice&before=1")
    assert await searches() == ["invoice"]
    await client.get(f"/admin/mail?q=invoice&account={ANN}&before=1", headers=FRAGMENT)
    await client.get("/admin/mail?q=letter&before=1")
    assert await searches() == ["letter", "invoice", "invoice"]


async def test_what_an_admin_deleted_another_admin_does_not_take_back(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Invoice"), ANN)
    client = await _allowed(mail)
    await _post(client, "/admin/mail-deletions", message=str(message_id))
    await _post(client, "/admin/account-roles", account=str(mail.ann), admin="1")
    other = await admin(mail, ANN)
    other.set_cookie("localhost", "language", "en")
    assert "Too late" in await _html(await _post(other, "/admin/mail-undos", dict(FRAGMENT), undo="1"))
    assert await _in(mail, mail.ann, "trash") == [message_id]
