"""Conversations in the stream: rows that move up and fall back, counts, replay, the switch."""

import re

from mailapp.flow import preferences
from mailapp.store import changes, filings, mailboxes
from tests.web.conftest import Mail, Served, letter
from tests.web.talks import message, reply, talk
from tests.web.test_live import log_in, stream


def placed(data: str) -> dict[int, str]:
    """Rows a frame puts into the list: id -> the whole row."""
    return {int(id_): rest for id_, rest in re.findall(r'<li id="message-(\d+)"(.*?)</li>', data, re.DOTALL)}


def removed(data: str) -> list[int]:
    return [int(each) for each in re.findall(r'hx-target="#message-(\d+)" hx-swap="delete"', data)]


def count(row: str) -> str:
    found = re.search(r'class="thread-count"><span aria-hidden="true">(\d+)<', row)
    return found[1] if found else ""


async def test_a_new_message_brings_its_conversation_to_the_top_with_people_and_count(
    mail: Mail, served: Served
) -> None:
    first = await mail.deliver(message("one"))
    async with log_in(served) as client, stream(client) as events:
        second = await mail.deliver(message("two", "one", sender="Zhou <zhou@sanlian.example>"))
        data = (await events.next()).data
        rows = placed(data)
        assert list(rows) == [second]
        assert f'data-thread="{first}"' in rows[second], "by which the page takes the row before it away"
        assert "<b>Zhou</b>, <b>Marta</b>" in rows[second]
        assert count(rows[second]) == "2"
        assert f'hx-target="#conversation-{first}" hx-swap="items"' in data
        assert f'/messages/{second}/item?joined=1&amp;view=/mail/inbox"' in data
        assert "#announcer" in data
        assert "Zhou" in data.partition("#announcer")[2].partition("</hx-partial>")[0]


async def test_an_own_reply_changes_the_row_in_the_inbox_and_the_one_that_is_open(mail: Mail, served: Served) -> None:
    first = await mail.deliver(message("one"))
    async with log_in(served) as client, stream(client) as events:
        own = await reply(mail, "one")
        data = ""
        while f"/messages/{own}/item" not in data:
            data += (await events.next()).data
        rows = placed(data)
        assert list(rows) == [first]
        assert count(rows[first]) == "2"
        assert own in removed(data), "it has no row of its own here"


async def test_a_newest_message_that_goes_leaves_the_next_newest(mail: Mail, served: Served) -> None:
    ids = await talk(mail)
    archive = await mail.context.database.read(mailboxes.by_role, mail.lin, "archive")
    async with log_in(served) as client, stream(client) as events:
        await mail.context.filing.move(mail.lin, [ids[3]], archive)
        data = (await events.next()).data
        assert list(placed(data)) == [ids[2]]
        assert ids[3] in removed(data)
        await mail.context.filing.move(mail.lin, [ids[2], ids[0]], archive)
        data = (await events.next()).data
        assert placed(data) == {}
        assert set(removed(data)) >= {ids[2], ids[0]}


async def test_one_that_is_erased_leaves_the_next_newest_though_nobody_can_ask_it(mail: Mail, served: Served) -> None:
    ids = await talk(mail)
    start = await mail.context.database.read(changes.latest)

    def erase(db: object) -> None:
        filings.erase(db, mail.lin, ids[3])  # type: ignore[arg-type]
        changes.add(db, mail.lin, changes.REMOVED, ids[3])  # type: ignore[arg-type]

    await mail.context.database.write(erase)
    async with log_in(served) as client, stream(client, f"?since={start}") as events:
        data = (await events.next()).data
        assert list(placed(data)) == [ids[2]]
        assert count(placed(data)[ids[2]]) == "3"
        assert ids[3] in removed(data)


async def test_replay_after_a_gap_shows_each_conversation_once_as_it_is_now(mail: Mail, served: Served) -> None:
    await mail.deliver(message("one"))
    start = await mail.context.database.read(changes.latest)
    other = await mail.deliver(letter("Another"))
    second = await mail.deliver(message("two", "one"))
    third = await mail.deliver(message("three", "two"))
    async with log_in(served) as client, stream(client, f"?since={start}") as events:
        data = (await events.next()).data
        rows = placed(data)
        assert list(rows) == [third, other]
        assert count(rows[third]) == "3"
        assert second in removed(data)


async def test_two_threads_that_become_one_leave_one_row(mail: Mail, served: Served) -> None:
    left, right = await mail.deliver(message("left")), await mail.deliver(message("right"))
    async with log_in(served) as client, stream(client) as events:
        both = await mail.deliver(message("both", "left", "right"))
        data = (await events.next()).data
        rows = placed(data)
        assert list(rows) == [both]
        assert count(rows[both]) == "3"
        thread = re.search(r'data-thread="(\d+)"', rows[both])
        assert thread
        gone = {left, right} - {int(thread[1])}
        assert gone <= set(removed(data)), "the row whose thread it joined goes by its id, the other by its thread"


async def test_flags_of_one_message_change_row_and_bar_of_the_whole(mail: Mail, served: Served) -> None:
    ids = await talk(mail)
    await mail.context.filing.set_seen(mail.lin, ids, True)
    async with log_in(served) as client, stream(client, "?view=/mail/inbox") as events:
        await mail.context.filing.set_flagged(mail.lin, [ids[0]], True)
        data = (await events.next()).data
        assert list(placed(data)) == [ids[3]]
        assert "mark-star" in placed(data)[ids[3]]
        bar = data.partition(f"#reading-pane[data-id='{ids[3]}'] .flag-flagged")[2]
        assert 'aria-pressed="true"' in bar.partition("</hx-partial>")[0]


async def test_switching_conversations_off_loads_open_lists_anew(mail: Mail, served: Served) -> None:
    ids = await talk(mail)
    start = await mail.context.database.read(changes.latest)
    async with log_in(served) as client, stream(client) as events:
        context = mail.context
        await preferences.set_display(
            context.database,
            context.bus,
            context.signing_in,
            mail.lin,
            density="",
            page_size=50,
            remote_images="ask",
            conversations=False,
        )
        assert (await events.next()).event == "display"
        new = await mail.deliver(message("five", "four"))
        rows = placed((await events.next()).data)
        assert list(rows) == [new]
        assert "data-thread" not in rows[new]
    async with log_in(served) as client, stream(client, f"?since={start}") as events:
        assert (await events.next()).event == "display", "also for a page that was cut off meanwhile"
    assert len(ids) == 4


async def test_a_message_that_goes_to_the_trash_leaves_an_open_conversation(mail: Mail, served: Served) -> None:
    ids = await talk(mail)
    async with log_in(served) as client, stream(client) as events:
        await mail.context.filing.delete(mail.lin, [ids[0]])
        data = (await events.next()).data
        assert f'#item-{ids[0]}" hx-swap="delete"' in data or f"#item-{ids[0]}:has" in data
        assert count(placed(data)[ids[3]]) == "3"
