"""Lists: rows, paging, days, what an empty one says."""

import re

from mailapp.store import mailboxes
from tests.web.conftest import FRAGMENT, LIN, Mail, letter


async def test_the_front_page_leads_to_the_inbox_and_the_inbox_to_login(mail: Mail) -> None:
    client = mail.site.test_client()
    home = await client.get("/")
    assert (home.status_code, home.headers["Location"]) == (303, "/mail/inbox")
    inbox = await client.get("/mail/inbox")
    assert (inbox.status_code, inbox.headers["Location"]) == (303, "/login?next=/mail/inbox")


async def test_rows_show_sender_subject_and_the_alias(mail: Mail) -> None:
    message_id = await mail.deliver(letter("《长江手记》第二版校样", "林老师好"), "shop@yuanye.example")
    client = await mail.client()
    html = await (await client.get("/mail/inbox")).get_data(as_text=True)
    assert f'id="message-{message_id}"' in html
    assert "周婧" in html
    assert "《长江手记》第二版校样" in html
    assert "shop@yuanye.example" in html
    assert 'id="message-list"' in html


async def test_pages_are_keyset_and_end(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"Number {number}")) for number in range(60)]
    client = await mail.client()
    html = await (await client.get("/mail/inbox")).get_data(as_text=True)
    shown = [int(each) for each in re.findall(r'id="message-(\d+)"', html)]
    assert shown == ids[:9:-1]
    assert f"?before={shown[-1]}" in html
    more = await client.get(f"/mail/inbox?before={shown[-1]}", headers=FRAGMENT)
    html = await more.get_data(as_text=True)
    assert [int(each) for each in re.findall(r'id="message-(\d+)"', html)] == ids[9::-1]
    assert "before=" not in html
    assert "<html" not in html
    assert 'class="day"' not in html, "the day goes on; its heading stands above"


async def test_a_folder_is_a_page_or_a_fragment(mail: Mail) -> None:
    client = await mail.client()
    page = await client.get("/mail/trash")
    assert "<html" in await page.get_data(as_text=True)
    fragment = await client.get("/mail/trash", headers=FRAGMENT)
    html = await fragment.get_data(as_text=True)
    assert html.lstrip().startswith('<section id="list-pane"')
    assert "reading-pane" in html
    assert page.headers["Vary"].startswith("HX-Request")
    assert page.headers["Cache-Control"] == "no-store"


async def test_unknown_folders_and_nonsense_are_404(mail: Mail) -> None:
    client = await mail.client()
    for path in ("/mail/nothing", "/mail/0", "/mail/999", "/mail/inbox?before=x", "/mail/inbox?before=-1", "/mail/"):
        assert (await client.get(path)).status_code == 404, path


async def test_an_empty_inbox_says_what_to_do(mail: Mail) -> None:
    client = await mail.client()
    html = await (await client.get("/mail/inbox")).get_data(as_text=True)
    assert LIN in html
    assert "MX 10" in html


async def test_an_inbox_that_was_cleared_is_not_taken_for_a_new_one(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    archive = await mail.context.database.read(mailboxes.by_role, mail.lin, "archive")
    assert archive is not None
    await mail.context.filing.move(mail.lin, [message_id], archive)
    html = await (await (await mail.client()).get("/mail/inbox")).get_data(as_text=True)
    assert "收件箱是空的" in html
    assert "MX 10" not in html


async def test_an_empty_trash_says_that_it_empties_itself(mail: Mail) -> None:
    html = await (await (await mail.client()).get("/mail/trash")).get_data(as_text=True)
    assert "30 天后自动删除" in html


async def test_every_list_has_its_place_in_the_side_bar(mail: Mail) -> None:
    html = await (await (await mail.client()).get("/mail/all")).get_data(as_text=True)
    bar = html[html.index('id="sidebar"') : html.index("</nav>")]
    keys = re.findall(r'data-key="(\w+)"', bar)
    assert keys[:8] == ["inbox", "starred", "drafts", "sent", "archive", "junk", "trash", "all"]
    assert '<a class="folder" data-key="all" href="/mail/all" hx-get="/mail/all" aria-current="page">' in bar
