"""/folders: a plain page that makes, renames and deletes; what it says no to; and what other windows hear."""

import re

from mailapp.store import changes, labels, mailboxes
from tests.web.conftest import SAME_ORIGIN, Mail, Served, letter
from tests.web.test_live import log_in, stream


async def _own(mail: Mail) -> dict[str, mailboxes.Mailbox]:
    held = await mail.context.database.read(mailboxes.of_account, mail.lin)
    return {each.name: each for each in held if each.role is None}


async def test_folders_are_made_renamed_and_deleted(mail: Mail) -> None:
    client = await mail.client()
    for name in ("项目/校样", "旅行"):
        response = await client.post("/folders", form={"name": name}, headers=SAME_ORIGIN)
        assert (response.status_code, response.headers["Location"]) == (303, "/folders")
    own = await _own(mail)
    assert own["校样"].parent_id == own["项目"].id
    page = await (await client.get("/folders")).get_data(as_text=True)
    assert page.index("项目") < page.index("校样")
    inner = own["校样"].id
    response = await client.post(f"/folders/{inner}", form={"name": "旅行／校样 2"}, headers=SAME_ORIGIN)
    assert response.status_code == 303
    assert (await _own(mail))["校样 2"].parent_id == own["旅行"].id
    message_id = await mail.deliver(letter())
    await mail.context.filing.move(mail.lin, [message_id], inner)
    list_page = await (await client.get(f"/mail/{inner}")).get_data(as_text=True)
    assert f'id="message-{message_id}"' in list_page
    assert "旅行/校样 2" in list_page
    asked = await client.post("/folder-removals", form={"folder": str(own["旅行"].id)}, headers=SAME_ORIGIN)
    assert 'name="sure" value="1"' in await asked.get_data(as_text=True)
    assert inner in {each.id for each in (await _own(mail)).values()}
    sure = {"folder": str(own["旅行"].id), "sure": "1"}
    done = await client.post("/folder-removals", form=sure, headers=SAME_ORIGIN)
    said = await (await client.get(done.headers["Location"])).get_data(as_text=True)
    assert "已删除文件夹“旅行”，其中 1 封移到归档" in said
    assert list(await _own(mail)) == ["项目"]
    row = await mail.row(message_id)
    assert row is not None
    assert row.mailbox_id == await mail.context.database.read(mailboxes.by_role, mail.lin, "archive")
    undo = re.search(r'name="undo" value="(\d+)"', said)
    assert undo
    await client.post("/undos", form={"undo": undo[1]}, headers=SAME_ORIGIN)
    assert set(await _own(mail)) == {"项目", "旅行", "校样 2"}
    assert (await mail.row(message_id)).mailbox_id == inner  # type: ignore[union-attr]


async def test_labels_are_made_renamed_and_deleted(mail: Mail) -> None:
    client = await mail.client()
    await client.post("/labels", form={"name": "待办"}, headers=SAME_ORIGIN)
    (label,) = await mail.context.database.read(labels.of_account, mail.lin)
    await client.post(f"/labels/{label.id}", form={"name": "稍后"}, headers=SAME_ORIGIN)
    assert "稍后" in await (await client.get(f"/mail/label-{label.id}")).get_data(as_text=True)
    form = {"label": str(label.id), "sure": "1"}
    done = await client.post("/label-removals", form=form, headers=SAME_ORIGIN)
    assert "已删除标签“稍后”" in await (await client.get(done.headers["Location"])).get_data(as_text=True)
    assert (await client.get(f"/mail/label-{label.id}")).status_code == 404


async def test_a_name_that_will_not_do_is_said_beside_its_field(mail: Mail) -> None:
    client = await mail.client()
    await client.post("/folders", form={"name": "<b>项目"}, headers=SAME_ORIGIN)
    for name, says in (
        ("<B>项目", "已经有一个"),
        ("", "1 到 60"),
        ("x" * 61, "1 到 60"),
        ("/".join("abcdefg"), "嵌套 6 层"),
    ):
        response = await client.post("/folders", form={"name": name}, headers=SAME_ORIGIN)
        html = await response.get_data(as_text=True)
        assert response.status_code == 422
        assert says in html, name
        assert 'aria-describedby="new-folder-error"' in html
        assert "<b>" not in html.lower()
    folder = (await _own(mail))["<b>项目"].id
    response = await client.post(f"/folders/{folder}", form={"name": "<b>项目/x"}, headers=SAME_ORIGIN)
    assert "不能放进自己" in await response.get_data(as_text=True)


async def test_every_window_hears_of_new_folders_and_labels(mail: Mail, served: Served) -> None:
    async with log_in(served) as client, stream(client) as events:
        await client.post("/folders", data={"name": "项目"})
        data = (await events.next()).data
        assert 'hx-target="#folder-lists"' in data
        assert "项目" in data
        await client.post("/labels", data={"name": "待办"})
        assert "待办" in (await events.next()).data


async def test_a_window_that_shows_a_deleted_folder_goes_to_the_inbox(mail: Mail, served: Served) -> None:
    async with log_in(served) as client:
        await client.post("/folders", data={"name": "项目"})
        folder = (await _own(mail))["项目"].id
        since = await mail.context.database.read(changes.latest)
        async with stream(client, f"?since={since}&view=/mail/{folder}") as events:
            await client.post("/folder-removals", data={"folder": str(folder), "sure": "1"})
            assert (await events.next()).event == "reset"
        anew = await client.get(f"/mail/{folder}", headers={"HX-Request": "true", "X-Reload": "1"})
        assert anew.headers["HX-Redirect"] == "/mail/inbox"
        assert (await client.get(f"/mail/{folder}")).status_code == 404
