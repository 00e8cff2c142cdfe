"""Filing by forms: with and without scripts, one message, several, everything; and what the answers bring along."""

import asyncio
import re
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from quart import Response
from quart.testing import QuartClient

from mailapp.flow import bulk
from mailapp.flow.filing import Act
from mailapp.flow.folders import Folders
from mailapp.store import acts, labels, mailboxes, settings
from mailapp.web import undos
from tests.web.conftest import ANN, FRAGMENT, SAME_ORIGIN, Mail, letter

POST = {**SAME_ORIGIN, **FRAGMENT}


async def _place(mail: Mail, message_id: int) -> str:
    row, held = await mail.row(message_id), await mail.context.database.read(mailboxes.of_account, mail.lin)
    assert row is not None
    return next(each.role or str(each.id) for each in held if each.id == row.mailbox_id)


async def sent(client: QuartClient, path: str, form: Mapping[str, object], headers: Mapping[str, str]) -> Response:
    """The answer to a form whose fields may be repeated."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await client.post(path, data=urlencode(form, doseq=True), headers={**headers, **kind})


async def _post(client: QuartClient, path: str, at: str = "", **form: object) -> str:
    """A fragment's answer to a form."""
    headers = {**POST, "Host": "localhost", "HX-Current-URL": f"http://localhost{at}"} if at else POST
    response = await sent(client, path, {"view": "/mail/inbox", **form}, headers)
    assert response.status_code == 200, response.status_code
    return await response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("start", "view", "to", "end"),
    [
        ("inbox", "/mail/inbox", "archive", "archive"),
        ("inbox", "/mail/inbox", "junk", "junk"),
        ("archive", "/mail/archive", "inbox", "inbox"),
        ("junk", "/mail/junk", "inbox", "inbox"),
        ("trash", "/mail/trash", "restore", "inbox"),
    ],
)
async def test_messages_are_moved_and_the_move_undone(mail: Mail, start: str, view: str, to: str, end: str) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(3)]
    place = await mail.context.database.read(mailboxes.by_role, mail.lin, start)
    if start != "inbox":
        await mail.context.filing.move(mail.lin, ids, place)
    client = await mail.client()
    html = await _post(client, "/moves", view=view, to=to, message=[str(each) for each in ids[:2]])
    assert [await _place(mail, each) for each in ids] == [end, end, start]
    for each in ids[:2]:
        assert f'hx-target="#message-{each}" hx-swap="delete"' in html
    assert f"#message-{ids[2]}" not in html
    assert "#count-inbox" in html
    undo = re.search(r'name="undo" value="(\d+)"', html)
    assert undo
    back = await _post(client, "/undos", at=view, undo=undo[1])
    assert [await _place(mail, each) for each in ids] == [start] * 3
    for each in ids[:2]:
        assert f'id="message-{each}"' in back


async def test_the_pane_goes_on_with_the_next_message_that_stays(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(4)]
    client = await mail.client()
    chosen = [str(each) for each in ids[1:3]]
    at = {**POST, "Host": "localhost", "HX-Current-URL": f"http://localhost/messages/{ids[2]}"}
    response = await sent(client, "/moves", {"message": chosen, "to": "archive", "view": "/mail/inbox"}, at)
    assert response.headers["HX-Replace-Url"] == f"/messages/{ids[0]}"
    assert f'data-id="{ids[0]}"' in await response.get_data(as_text=True)


async def test_everything_in_a_folder_is_moved_but_not_what_came_later(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(5)]
    late = await mail.deliver(letter("late"))
    client = await mail.client()
    html = await _post(client, "/moves", all="1", newest=str(ids[-1]), to="archive")
    assert [await _place(mail, each) for each in (*ids, late)] == ["archive"] * 5 + ["inbox"]
    assert 'hx-target="#list-pane"' in html
    assert 'id="folder-lists"' in html
    undo = re.search(r'name="undo" value="(\d+)"', html)
    assert undo
    await _post(client, "/undos", undo=undo[1])
    assert [await _place(mail, each) for each in ids] == ["inbox"] * 5


async def test_everything_a_search_finds_is_moved_and_nothing_else(mail: Mail) -> None:
    ids = [await mail.deliver(letter(subject)) for subject in ("invoice one", "hello", "invoice two")]
    client = await mail.client()
    view = "/mail/inbox?q=invoice"
    page = await (await client.get(view)).get_data(as_text=True)
    assert '<span class="list-total">2</span>' in page
    html = await _post(client, "/moves", view=view, all="1", newest=str(ids[-1]), to="archive")
    assert [await _place(mail, each) for each in ids] == ["archive", "inbox", "archive"]
    undo = re.search(r'name="undo" value="(\d+)"', html)
    assert undo
    await _post(client, "/undos", undo=undo[1])
    assert [await _place(mail, each) for each in ids] == ["inbox"] * 3
    await _post(client, "/moves", view="/mail/inbox?q=from:nobody@x.example", all="1", newest=str(ids[-1]), to="trash")
    assert [await _place(mail, each) for each in ids] == ["inbox"] * 3
    form = {"all": "1", "newest": str(ids[-1]), "to": "trash", "view": "/mail/nowhere"}
    assert (await client.post("/moves", form=form, headers=POST)).status_code == 404


async def test_a_row_filed_out_of_a_search_leaves_it_and_one_that_stays_is_marked(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"invoice {each}")) for each in range(2)]
    client = await mail.client()
    html = await _post(client, "/flags", view="/mail/inbox?q=invoice", message=str(ids[0]), flagged="1")
    assert f'id="message-{ids[0]}"' in html
    assert "<mark>invoice</mark>" in html
    html = await _post(client, "/deletions", view="/mail/inbox?q=invoice", message=str(ids[0]))
    assert f'hx-target="#message-{ids[0]}" hx-swap="delete"' in html
    todo = await Folders(mail.context.filing).add_label(mail.lin, "todo")
    await mail.context.filing.act(mail.lin, Act("label", todo), ids[1:])
    other = await mail.deliver(letter("invoice 9"))
    found = await (await client.get(f"/mail/label-{todo}?q=invoice")).get_data(as_text=True)
    assert f'id="message-{ids[1]}"' in found
    assert f'id="message-{other}"' not in found


async def test_long_work_says_how_far_it_is_and_then_offers_the_way_back(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PATIENCE_S", 0)
    monkeypatch.setattr(acts, "BATCH", 2)
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(9)]
    client = await mail.client()
    html = await _post(client, "/moves", all="1", newest=str(ids[-1]), to="archive")
    asks = re.search(r'class="toast working"[^>]*hx-get="(/works/\d+[^"]*)"', html)
    assert asks
    path = asks[1].replace("&amp;", "&")
    said = "working"
    async with asyncio.timeout(15):
        while "working" in said:
            said = await (await client.get(path, headers=FRAGMENT)).get_data(as_text=True)
            await asyncio.sleep(0.01)
    assert "已归档 9 封" in said
    assert 'name="undo"' in said
    ann = await mail.client(ANN)
    assert (await ann.get(path, headers=FRAGMENT)).status_code == 404


async def test_labels_are_put_on_listed_and_taken_off(mail: Mail) -> None:
    message_id, other = await mail.deliver(letter("one")), await mail.deliver(letter("two"))
    todo = await Folders(mail.context.filing).add_label(mail.lin, "待办")
    client = await mail.client()
    html = await _post(client, "/labelings", message=str(message_id), add=str(todo))
    assert '<span class="badge label">待办</span>' in html
    assert f'hx-target="#count-label-{todo}" hx-swap="textContent">1<' in html
    page = await (await client.get(f"/mail/label-{todo}")).get_data(as_text=True)
    assert f'id="message-{message_id}"' in page
    assert f'id="message-{other}"' not in page
    opened = await (await client.get(f"/messages/{message_id}")).get_data(as_text=True)
    assert '<p class="message-labels"><span class="badge label">待办</span></p>' in opened
    gone = await _post(client, "/labelings", view=f"/mail/label-{todo}", message=str(message_id), remove=str(todo))
    assert f'hx-target="#message-{message_id}" hx-swap="delete"' in gone
    made = await _post(client, "/labelings", message=[str(message_id), str(other)], new=" 报销 ")
    assert made.count('<span class="badge label">报销</span>') == 2
    third = await mail.deliver(letter("three"))
    again = await _post(client, "/labelings", message=str(third), new="报销")  # one there is already is meant
    assert f'id="message-{third}"' in again
    assert '<span class="badge label">报销</span>' in again
    assert len(await mail.context.database.read(labels.of_account, mail.lin)) == 2


async def test_a_new_name_that_a_folder_has_already_means_that_folder(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(2)]
    inner = await Folders(mail.context.filing).add(mail.lin, "Projects/Proofs")
    client = await mail.client()
    await _post(client, "/moves", message=str(ids[0]), new="projects／proofs")
    await _post(client, "/moves", message=str(ids[1]), new="归档")
    assert [await _place(mail, each) for each in ids] == [str(inner), "archive"]


async def test_flags_of_many(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(3)]
    client = await mail.client()
    await _post(client, "/flags", message=[str(each) for each in ids], seen="1")
    await _post(client, "/flags", message=str(ids[0]), flagged="1")
    rows = [await mail.row(each) for each in ids]
    assert [(each.seen, each.flagged) for each in rows if each] == [(1, 1), (1, 0), (1, 0)]
    html = await _post(client, "/flags", message=str(ids[0]), flagged="1")
    assert 'name="undo"' not in html
    for bad in ({"seen": "2"}, {}, {"seen": "1", "flagged": "1"}):
        form = {"message": str(ids[0]), **bad}
        assert (await client.post("/flags", form=form, headers=POST)).status_code == 400


@pytest.mark.parametrize(("name", "value", "said"), [("seen", "0", "已标为未读"), ("flagged", "1", "已加星标")])
async def test_a_flag_of_one_message_is_told_and_taken_back_and_the_open_letter_stands_as_it_is(
    mail: Mail, name: str, value: str, said: str
) -> None:
    message_id = await mail.deliver(letter())
    await mail.context.filing.set_seen(mail.lin, [message_id], True)
    client = await mail.client()
    for path, form in ((f"/messages/{message_id}/flags", {}), ("/flags", {"message": str(message_id)})):
        html = await _post(client, path, at=f"/messages/{message_id}", **form, **{name: value})
        undo = re.search(r'name="undo" value="(\d+)"', html)
        assert undo
        assert said in html
        row = await mail.row(message_id)
        assert row is not None
        assert (row.seen, row.flagged) == ((0, 0) if name == "seen" else (1, 1)), "not read by being told"
        back = await _post(client, "/undos", at=f"/messages/{message_id}", undo=undo[1])
        row = await mail.row(message_id)
        assert row is not None
        assert (row.seen, row.flagged) == (1, 0)
        for each in (html, back):
            assert 'id="message-toolbar"' in each
            assert 'id="reading-pane"' not in each


async def test_looking_at_a_message_is_read_without_a_notice(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    client = await mail.client()
    html = await _post(client, f"/messages/{message_id}/flags", seen="1", opened="1")
    row = await mail.row(message_id)
    assert row is not None
    assert row.seen
    assert 'class="toast' not in html
    html = await _post(client, f"/messages/{message_id}/flags", flagged="1", opened="1")
    assert 'name="undo"' in html, "only reading happens by itself"


async def test_what_is_in_the_trash_goes_for_good_only_after_asking(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(3)]
    await mail.context.filing.delete(mail.lin, ids)
    client = await mail.client()
    form = {"view": "/mail/trash", "message": [str(each) for each in ids[:2]]}
    asked = await _post(client, "/deletions", **form)
    assert "彻底删除 2 封" in asked
    assert await mail.row(ids[0]) is not None
    html = await _post(client, "/deletions", **form, final="1")
    assert "已彻底删除 2 封" in html
    assert 'name="undo"' not in html
    assert [await mail.row(each) is None for each in ids] == [True, True, False]


async def test_emptying_asks_with_the_number_and_the_list_says_when_it_empties_itself(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(3)]
    await mail.context.filing.delete(mail.lin, ids[:2])
    client = await mail.client()
    await mail.context.database.write(settings.set_, "trash_days", "7")
    page = await (await client.get("/mail/trash")).get_data(as_text=True)
    assert "7 天后自动删除" in page
    asked = await (await client.get("/emptyings?folder=trash")).get_data(as_text=True)
    assert "彻底删除 2 封" in asked
    newest = re.search(r'name="newest" value="(\d+)"', asked)
    assert newest
    await mail.context.filing.delete(mail.lin, ids[2:])
    response = await client.post("/emptyings", form={"folder": "trash", "newest": newest[1]}, headers=SAME_ORIGIN)
    assert (response.status_code, response.headers["Location"]) == (303, "/mail/trash")
    assert [await mail.row(each) is None for each in ids] == [True, True, False]
    assert (await client.get("/emptyings?folder=inbox")).status_code == 404
    await mail.context.database.write(settings.set_, "trash_days", "0")
    assert "list-note" not in await (await client.get("/mail/trash")).get_data(as_text=True)


async def test_without_scripts_a_choice_is_a_page(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(2)]
    folder = await Folders(mail.context.filing).add(mail.lin, "项目/校样")
    await Folders(mail.context.filing).add_label(mail.lin, "待办")
    client = await mail.client()
    chosen = {"message": [str(each) for each in ids], "view": "/mail/inbox"}
    page = await sent(client, "/choices", {**chosen, "choice": "move"}, SAME_ORIGIN)
    html = await page.get_data(as_text=True)
    assert "<html" in html
    assert f'name="to" value="{folder}"' in html
    assert 'value="inbox"' not in html, "where they lie is no choice"
    assert html.count('name="message"') == 4
    html = await (await sent(client, "/choices", {**chosen, "choice": "label"}, SAME_ORIGIN)).get_data(as_text=True)
    assert "待办" in html
    response = await sent(client, "/moves", {**chosen, "to": str(folder)}, SAME_ORIGIN)
    assert response.status_code == 303
    assert [await _place(mail, each) for each in ids] == [str(folder)] * 2
    page = await client.get(response.headers["Location"])
    assert 'action="/undos"' in await page.get_data(as_text=True)
    made = await sent(client, "/moves", {**chosen, "new": "旅行/2026"}, SAME_ORIGIN)
    assert made.status_code == 303
    held = await mail.context.database.read(mailboxes.of_account, mail.lin)
    assert await _place(mail, ids[0]) == str(next(each.id for each in held if each.name == "2026"))


async def test_everything_can_be_selected_without_scripts(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    client = await mail.client()
    page = await (await client.get("/mail/inbox?select=all")).get_data(as_text=True)
    assert re.search(r'name="all" value="1">', page)
    assert f'name="newest" value="{message_id}"' in page
    plain = await (await client.get("/mail/inbox")).get_data(as_text=True)
    assert re.search(r'name="all" value="1" disabled>', plain)


async def test_nobody_moves_into_sent_drafts_or_another_accounts_folder(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    hers = await Folders(mail.context.filing).add(mail.ann, "hers")
    client = await mail.client()
    for to, status in (("sent", 400), ("drafts", 400), ("starred", 400), (str(hers), 404), ("nothing", 404), ("", 404)):
        form = {"message": str(message_id), "to": to}
        assert (await client.post("/moves", form=form, headers=POST)).status_code == status, to
    assert await _place(mail, message_id) == "inbox"


async def test_own_mail_in_sent_is_archived_and_goes_back_to_sent(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    sent = await mail.context.database.read(mailboxes.by_role, mail.lin, "sent")

    def write(db):  # type: ignore[no-untyped-def]
        db.execute("UPDATE messages SET to_count = 1, to_names = 'Bo' WHERE id = ?", (message_id,))

    await mail.context.database.write(write)
    await mail.context.filing.move(mail.lin, [message_id], sent)
    client = await mail.client()
    await _post(client, "/moves", view="/mail/sent", message=str(message_id), to="archive")
    assert await _place(mail, message_id) == "archive"
    await _post(client, "/deletions", view="/mail/archive", message=str(message_id))
    await _post(client, "/moves", view="/mail/trash", message=str(message_id), to="restore")
    assert await _place(mail, message_id) == "sent"


async def test_a_lists_total_says_at_least_where_nobody_counts(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailapp.web.lists.COUNTED", 52)
    ids = [await mail.deliver(letter(f"Number {each}")) for each in range(54)]
    await mail.context.filing.act(mail.lin, Act("flagged"), ids)
    client = await mail.client()
    starred = await (await client.get("/mail/starred")).get_data(as_text=True)
    assert '<span class="list-total">52+</span>' in starred
    inbox = await (await client.get("/mail/inbox")).get_data(as_text=True)
    assert '<span class="list-total">54</span>' in inbox


def test_without_scripts_an_undo_leads_back_to_the_page_however_long_its_address() -> None:
    assert undos._without_undo("/mail/inbox?q=%E5%8F%91&undo=7") == "/mail/inbox?q=%E5%8F%91"
    assert undos._without_undo(f"/mail/inbox?{'&'.join(['a=1'] * 50)}") == "/mail/inbox"
    assert undos._without_undo("/settings") == "/mail/inbox"
