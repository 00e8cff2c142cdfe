"""Conversations on the pages: rows, the reading pane, acts on all of it, the switch."""

import re

import pytest

from mailapp.mail.draft import Draft
from mailapp.store import conversations, mailboxes, messages
from mailapp.web import conversing
from tests.web.conftest import FRAGMENT, LIN, SAME_ORIGIN, Mail, letter
from tests.web.sent import send
from tests.web.talks import MARTA, SUBJECT, message, reply, talk

DISPLAY = {"page_size": "50", "density": "", "remote_images": "ask"}


def rows(html: str) -> list[int]:
    return [int(each) for each in re.findall(r'<li id="message-(\d+)"', html)]


def items(html: str) -> list[tuple[int, bool]]:
    """(id, open) of the messages of the conversation in a pane."""
    return [(int(id_), kind == "opened") for id_, kind in re.findall(r'<li id="item-(\d+)" class="item (\w+)', html)]


async def text(mail: Mail, path: str, **headers: str) -> str:
    client = await mail.client()
    response = await client.get(path, headers={"Accept-Language": "en", **headers})
    assert response.status_code == 200, path
    return str(await response.get_data(as_text=True))


async def test_a_conversation_is_one_row_with_its_people_and_how_many(mail: Mail) -> None:
    ids = await talk(mail)
    other = await mail.deliver(letter("Another"))
    html = await text(mail, "/mail/inbox")
    assert rows(html) == [other, ids[3]]
    assert "<b>Marta</b>, me</span>" in html
    assert '<span aria-hidden="true">4</span>' in html
    assert f'<span class="subject">{SUBJECT}</span>' in html, "what answers put before it is not about anything"
    assert "This is four." in html
    assert 'id="count-inbox">4<' in html, "the side bar counts messages"


async def test_only_who_wrote_something_unread_is_bold_and_a_lone_writer_has_the_whole_name(mail: Mail) -> None:
    first = await mail.deliver(message("one"))
    await mail.deliver(message("two", "one"))
    html = await text(mail, "/mail/inbox")
    assert "<b>Marta Lindqvist</b></span>" in html
    last = await mail.deliver(message("three", "one", sender="Zhou Jing <zhou@sanlian.example>"))
    await mail.context.filing.set_seen(mail.lin, [first], True)
    await mail.context.filing.set_seen(mail.lin, [last], True)
    assert "Zhou, <b>Marta</b></span>" in await text(mail, "/mail/inbox")


async def test_star_and_clip_and_unread_are_those_of_any_message_in_the_list(mail: Mail) -> None:
    with_file = message("one")
    with_file.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    first = await mail.deliver(with_file)
    last = await mail.deliver(message("two", "one"))
    await mail.context.filing.set_seen(mail.lin, [last], True)
    await mail.context.filing.set_flagged(mail.lin, [first], True)
    html = await text(mail, "/mail/inbox")
    assert "mark-clip" in html
    assert "mark-star" in html
    assert f'id="message-{last}" class="row unread"' in html
    archive = await mail.context.database.read(mailboxes.by_role, mail.lin, "archive")
    await mail.context.filing.move(mail.lin, [first], archive)
    html = await text(mail, "/mail/inbox")
    assert f'id="message-{last}" class="row"' in html
    assert "mark-star" not in html, "what lies elsewhere cannot be acted on from here"
    assert '<span aria-hidden="true">2</span>' in html, "but it belongs to the conversation"


async def test_opening_shows_all_oldest_first_with_the_new_ones_open_and_reads_them(mail: Mail) -> None:
    ids = await talk(mail)
    await mail.context.filing.set_seen(mail.lin, ids[:1], True)
    html = await text(mail, f"/messages/{ids[3]}", **FRAGMENT)
    assert items(html) == [(ids[0], False), (ids[1], False), (ids[2], True), (ids[3], True)]
    assert f'href="/messages/{ids[0]}#item-{ids[0]}"' in html
    assert f'id="reply-link" class="button" href="/compose?reply={ids[3]}&' in html, "the bar answers the newest"
    assert f'<section id="reading-pane" class="reading-pane open" data-id="{ids[3]}" data-thread="{ids[0]}"' in html
    for each in ids:
        row = await mail.row(each)
        assert row is not None
        assert row.seen
    assert f'id="message-{ids[3]}" class="row"' in html
    assert 'hx-target="#count-inbox" hx-swap="textContent"></hx-partial>' in html
    again = await text(mail, f"/messages/{ids[3]}", **FRAGMENT)
    assert [each for each, open_ in items(again) if open_] == [ids[3]]


async def test_a_message_of_it_asked_for_by_its_address_stands_open_without_scripts(mail: Mail) -> None:
    ids = await talk(mail)
    await mail.context.filing.set_seen(mail.lin, ids, True)
    html = await text(mail, f"/messages/{ids[1]}")
    assert [each for each, open_ in items(html) if open_] == [ids[1], ids[3]]
    assert rows(html) == [ids[3]]
    assert html.count('aria-current="true"') == 1
    assert "My own answer." in html


async def test_a_fetch_ahead_shows_what_is_new_and_reads_nothing(mail: Mail) -> None:
    ids = await talk(mail)
    html = await text(mail, f"/messages/{ids[3]}", **{**FRAGMENT, "HX-Preloaded": "true"})
    assert [each for each, open_ in items(html) if open_] == [ids[0], ids[2], ids[3]]
    row = await mail.row(ids[3])
    assert row is not None
    assert not row.seen


async def test_one_item_is_fetched_alone_and_read_unless_it_came_by_itself(mail: Mail) -> None:
    ids = await talk(mail)
    html = await text(mail, f"/messages/{ids[0]}/item?joined=1&view=/mail/inbox", **FRAGMENT)
    assert items(html) == [(ids[0], True)]
    assert "hx-partial" not in html
    row = await mail.row(ids[0])
    assert row is not None
    assert not row.seen
    html = await text(mail, f"/messages/{ids[3]}/item", **FRAGMENT)
    assert items(html) == [(ids[3], True)]
    assert f"data-thread='{ids[0]}'] .answer-bar" in html
    assert f'id="message-{ids[3]}"' in html, "its row and the counts come along"
    client = await mail.client()
    plain = await client.get(f"/messages/{ids[0]}/item?view=/mail/archive")
    assert plain.headers["Location"] == f"/messages/{ids[0]}?view=/mail/archive"
    assert (await client.get("/messages/4096/item", headers=FRAGMENT)).status_code == 404


async def test_trash_and_junk_take_no_part_unless_one_looks_there(mail: Mail) -> None:
    ids = await talk(mail)
    trash = await mail.context.database.read(mailboxes.by_role, mail.lin, "trash")
    await mail.context.filing.move(mail.lin, [ids[2]], trash)
    assert [each for each, _ in items(await text(mail, f"/messages/{ids[3]}"))] == [ids[0], ids[1], ids[3]]
    html = await text(mail, f"/messages/{ids[2]}?view=/mail/trash")
    assert [each for each, _ in items(html)] == ids
    assert f'data-id="{ids[2]}" data-thread' in html


async def test_deleting_reaches_all_of_it_in_the_list_and_undo_brings_it_back(mail: Mail) -> None:
    ids = await talk(mail)
    client = await mail.client()
    headers = {**SAME_ORIGIN, **FRAGMENT}
    response = await client.post("/deletions", form={"message": str(ids[3]), "view": "/mail/inbox"}, headers=headers)
    html = await response.get_data(as_text=True)
    for each in (ids[0], ids[2], ids[3]):
        assert f'hx-target="#message-{each}" hx-swap="delete"' in html
    assert rows(await text(mail, "/mail/inbox")) == []
    assert rows(await text(mail, "/mail/trash")) == [ids[3]]
    assert rows(await text(mail, "/mail/sent")) == [ids[1]], "own replies stay in Sent"
    undo = re.search(r'name="undo" value="(\d+)"', html)
    assert undo
    at = {**headers, "HX-Current-URL": "http://localhost/mail/inbox"}
    html = await (await client.post("/undos", form={"undo": undo[1]}, headers=at)).get_data(as_text=True)
    assert rows(html) == [ids[3]]
    assert "Marta" in html
    assert rows(await text(mail, "/mail/inbox")) == [ids[3]]


async def test_read_and_unstarred_becomes_all_of_it_unread_and_starred_the_newest(mail: Mail) -> None:
    ids = await talk(mail)
    client = await mail.client()

    async def flag(**form: str) -> str:
        response = await client.post(f"/messages/{ids[3]}/flags", form=form, headers={**SAME_ORIGIN, **FRAGMENT})
        return str(await response.get_data(as_text=True))

    async def unread() -> list[int]:
        found = await mail.context.database.read(messages.rows, mail.lin, ids)
        return [each.id for each in found if not each.seen]

    before = await unread()
    assert len(before) > 1
    undo = re.search(r'name="undo" value="(\d+)"', await flag(seen="1", view="/mail/inbox"))
    assert await unread() == []
    assert undo  # several: the same press again would make one of them unread, so the toast has the way back
    await client.post("/undos", form={"undo": undo[1]}, headers=SAME_ORIGIN)
    assert await unread() == before
    await flag(seen="1", view="/mail/inbox")
    html = await flag(seen="0", view="/mail/inbox")
    assert 'name="undo"' in html
    assert await unread() == [ids[3]]
    assert f'id="message-{ids[3]}" class="row unread"' in html
    await mail.context.filing.set_flagged(mail.lin, ids[:1], True)
    assert 'aria-pressed="true"' in await flag(flagged="1", view="/mail/inbox")
    assert 'aria-pressed="false"' in await flag(flagged="0", view="/mail/inbox")
    found = await mail.context.database.read(messages.rows, mail.lin, ids)
    assert [each.id for each in found if each.flagged] == []


async def test_what_an_act_reaches_stays_in_the_view_and_the_account(mail: Mail) -> None:
    ids = await talk(mail)
    inbox = await mail.context.database.read(mailboxes.by_role, mail.lin, "inbox")
    reach = conversations.ids_of_conversations
    read = mail.context.database.read
    threaded = messages.View(mail.lin, inbox, threaded=True)
    assert await read(reach, threaded, [ids[3]]) == [ids[3], ids[2], ids[0]]
    assert await read(reach, threaded, [ids[1]]) == [ids[1]], "what lies elsewhere is meant alone"
    assert await read(reach, messages.View(mail.lin, threaded=True), [ids[3]]) == ids[::-1]
    assert await read(reach, messages.View(mail.lin, inbox), [ids[3]]) == [ids[3]]
    assert await read(reach, messages.View(mail.ann, inbox, threaded=True), [ids[3]]) == []


async def test_switched_off_lists_and_pages_show_single_messages(mail: Mail) -> None:
    ids = await talk(mail)
    client = await mail.client()
    done = await client.post("/settings", form={**DISPLAY, "conversations": "0"}, headers=SAME_ORIGIN)
    assert done.status_code == 303
    assert rows(await text(mail, "/mail/inbox")) == [ids[3], ids[2], ids[0]]
    html = await text(mail, f"/messages/{ids[3]}")
    assert items(html) == []
    assert "conversation" not in html.partition('id="reading-pane"')[2].partition("</section>")[0]
    assert 'name="conversations" value="0" checked' in await text(mail, "/settings")
    bad = await client.post("/settings", form={**DISPLAY, "conversations": "maybe"}, headers=SAME_ORIGIN)
    assert bad.status_code == 400
    await client.post("/settings", form={**DISPLAY, "conversations": "1"}, headers=SAME_ORIGIN)
    assert rows(await text(mail, "/mail/inbox")) == [ids[3]]


async def test_sent_and_starred_list_messages_and_lead_to_their_conversation(mail: Mail) -> None:
    ids = await talk(mail)
    again = await reply(mail, "four")
    assert rows(await text(mail, "/mail/sent")) == [again, ids[1]]
    html = await text(mail, f"/messages/{again}?view=/mail/sent")
    assert items(html) == []
    link = re.search(r'class="conversation-whole"><a class="link-button" href="([^"]+)"', html)
    assert link
    html = await text(mail, link[1])
    assert [each for each, _ in items(html)] == [*ids, again]
    assert rows(html) == [again], "all mail shows a conversation once, at its newest"


async def test_a_spoofed_own_address_is_not_called_me(mail: Mail) -> None:
    await mail.deliver(message("one"))
    await mail.deliver(message("two", "one", sender=f"Boss <{LIN}>"))
    html = await text(mail, "/mail/inbox")
    assert "me</" not in html.partition('id="message-list"')[2].partition("</ul>")[0]
    assert "Boss" in html


async def test_names_and_previews_of_senders_are_text(mail: Mail) -> None:
    await mail.deliver(message("one", sender="<b>x</b> & <hx-get> <evil@x.example>"))
    last = await mail.deliver(message("two", "one", text="<script>alert(1)</script>"))
    html = await text(mail, "/mail/inbox") + await text(mail, f"/messages/{last}")
    assert "<script>alert" not in html
    assert "<hx-get>" not in html


async def test_a_very_long_conversation_is_cut_and_can_be_had_whole(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversing, "SHOWN", 3)
    monkeypatch.setattr(conversing, "OPENED", 2)
    ids = [await mail.deliver(message("0"))]
    ids += [await mail.deliver(message(str(n), "0")) for n in range(1, 6)]
    html = await text(mail, f"/messages/{ids[5]}")
    assert items(html) == [(ids[3], False), (ids[4], True), (ids[5], True)]
    assert "3 earlier messages" in html
    assert f'href="/messages/{ids[5]}?whole=1"' in html
    assert [each for each, _ in items(await text(mail, f"/messages/{ids[5]}?whole=1"))] == ids
    html = await text(mail, f"/messages/{ids[0]}")
    assert items(html)[0] == (ids[0], True), "the one that is asked for is there, however old"


async def test_a_thread_beyond_counting_says_so(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "COUNTED", 3)
    await mail.deliver(message("0"))
    for number in range(1, 6):
        await mail.deliver(message(str(number), "0"))
    assert '<span aria-hidden="true">3+</span>' in await text(mail, "/mail/inbox")


async def test_drafts_are_never_part_of_a_conversation(mail: Mail) -> None:
    ids = await talk(mail)
    draft = Draft(from_=LIN, to=MARTA, subject=f"Re: {SUBJECT}", in_reply_to="four@talk.example")
    await mail.context.drafting.save(mail.lin, "k", draft, None)
    assert [each for each, _ in items(await text(mail, f"/messages/{ids[3]}"))] == ids


async def test_paging_goes_by_conversations(mail: Mail) -> None:
    await send(mail)
    fronts = []
    for number in range(60):
        await mail.deliver(message(f"{number}a", subject=f"S{number}"))
    for number in range(60):
        fronts.append(await mail.deliver(message(f"{number}b", f"{number}a", subject=f"S{number}")))
    html = await text(mail, "/mail/inbox")
    first = rows(html)
    assert first == fronts[:9:-1]
    rest = rows(await text(mail, f"/mail/inbox?before={first[-1]}", **FRAGMENT))
    assert rest == fronts[9::-1]
