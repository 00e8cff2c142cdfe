"""The outbox page, what can be pressed there, Sent rows, the bell, and what the stream pushes of all this."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mailapp.store import queue
from tests.conftest import PASSWORD
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, Served
from tests.web.sent import accepted, answer, deferred, refused, send
from tests.web.test_live import log_in, stream

DAY_MS = 86_400_000
FOUR = "周婧 <zhou@sanlian.example>, Marta <marta@lindqvist.example>, yuan@hehuan.example"
ACTS = ("queue-retries", "queue-holds", "queue-releases", "queue-cancellations", "queue-times")


async def html(mail: Mail, path: str, address: str = LIN, **headers: str) -> str:
    client = await mail.client(address)
    response = await client.get(path, headers={"Accept-Language": "en", **headers})
    assert response.status_code == 200, path
    return await response.get_data(as_text=True)


async def item_of(mail: Mail, item_id: int) -> queue.Item:
    found = await mail.context.database.read(queue.get, mail.lin, item_id)
    assert found is not None
    return found


async def test_sent_rows_name_recipients_and_say_what_went_wrong(mail: Mail) -> None:
    one = await send(mail)
    await answer(mail, one, zhou=accepted())
    four = await send(mail, to=FOUR, cc="wei@foxmail.example", subject="Re: proofs")
    await answer(mail, four, zhou=accepted(), marta=accepted(), yuan=deferred(), wei=refused())
    page = await html(mail, "/mail/sent")
    assert "To 周婧, Marta, 4 in all" in page
    assert re.findall(r'class="badge (\w+)">([^<]+)<', page) == [("danger", "1 failed"), ("warn", "1 to retry")]
    assert "badge" not in await html(mail, "/mail/inbox")


async def test_the_message_says_how_each_recipient_fares_and_who_was_in_bcc(mail: Mail) -> None:
    sent = await send(mail, to="zhou@sanlian.example", bcc="secret@bcc.example")
    await answer(mail, sent, zhou=refused("<b>No such user</b>"), secret=accepted())
    page = await html(mail, f"/messages/{sent.message_id}?view=/mail/sent")
    assert f'id="delivery-status-{sent.message_id}"' in page
    assert "The relay refused this recipient: 550 5.1.1 &lt;b&gt;No such user&lt;/b&gt;" in page
    assert page.index("zhou@sanlian.example</p>") < page.index("secret@bcc.example</p>"), "trouble comes first"
    assert "Bcc secret@bcc.example" in page
    assert "/queue-retries" not in page, "nothing is left to try"


async def test_the_outbox_lists_what_waits_what_is_under_way_and_what_is_done(mail: Mail) -> None:
    done = await send(mail, subject="Done")
    await answer(mail, done, zhou=accepted())
    tried = await send(mail, subject="Tried")
    await answer(mail, tried, zhou=deferred())
    at_ms = int(mail.context.clock() * 1000) + DAY_MS
    await send(mail, subject="Later", at_ms=at_ms)
    page = await html(mail, "/queue")
    order = [page.index(each) for each in ("Scheduled", "Later", "On the way", "Tried", "Done lately", ">Done<")]
    assert order == sorted(order)
    assert f'href="/messages/{done.message_id}?view=/mail/sent"' in page
    fragment = await html(mail, "/queue", **FRAGMENT)
    assert fragment.lstrip().startswith('<section id="list-pane"')
    assert "On the way" not in await html(mail, "/queue", ANN)


async def test_the_outbox_is_paged(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailapp.web.queue.PAGE", 2)
    for number in range(5):
        await answer(mail, await send(mail, subject=f"Number {number}"), zhou=accepted())
    seen, path = [], "/queue"
    while path:
        page = await html(mail, path)
        seen += re.findall(r"Number \d", page)
        found = re.search(r'class="queue-more" href="([^"]+)"', page)
        path = found[1] if found else ""
    assert seen == [f"Number {number}" for number in range(4, -1, -1)]


async def test_what_is_under_way_can_be_tried_now_held_gone_on_with_and_given_up(mail: Mail) -> None:
    sent = await send(mail)
    await answer(mail, sent, zhou=deferred())
    client = await mail.client()
    form = {"item": str(sent.item_id)}
    for noun, state, said in (
        ("queue-holds", "held", "queue-releases"),
        ("queue-releases", "active", "queue-holds"),
        ("queue-retries", "active", "queue-holds"),
        ("queue-cancellations", "cancelled", "Cancelled"),
    ):
        headers = {**SAME_ORIGIN, **FRAGMENT, "Accept-Language": "en"}
        response = await client.post(f"/{noun}", form=form, headers=headers)
        text = await response.get_data(as_text=True)
        assert text.lstrip().startswith(f'<div id="delivery-status-{sent.message_id}"')
        assert said in text
        assert (await item_of(mail, sent.item_id)).state == state
    late = await client.post("/queue-holds", form=form, headers={**SAME_ORIGIN, **FRAGMENT, "Accept-Language": "en"})
    assert "Too late" in await late.get_data(as_text=True)
    assert (await item_of(mail, sent.item_id)).state == "cancelled"


async def test_without_scripts_a_press_leads_back_to_where_it_was(mail: Mail) -> None:
    sent = await send(mail)
    await answer(mail, sent, zhou=deferred())
    client = await mail.client()
    headers = {**SAME_ORIGIN, "Referer": f"http://localhost/messages/{sent.message_id}?view=/mail/sent"}
    response = await client.post("/queue-holds", form={"item": str(sent.item_id)}, headers=headers)
    assert (response.status_code, response.headers["Location"]) == (303, f"/messages/{sent.message_id}?view=/mail/sent")
    response = await client.post("/queue-releases", form={"item": str(sent.item_id)}, headers=SAME_ORIGIN)
    assert (response.status_code, response.headers["Location"]) == (303, f"/messages/{sent.message_id}?view=/mail/sent")


async def test_a_scheduled_message_gets_another_time_in_the_readers_zone(mail: Mail) -> None:
    at = datetime.now(ZoneInfo("Asia/Shanghai")).replace(second=0, microsecond=0) + timedelta(days=2)
    sent = await send(mail, at_ms=int(mail.context.clock() * 1000) + DAY_MS)
    client = await mail.client()
    form = {"item": str(sent.item_id), "time": at.strftime("%Y-%m-%dT%H:%M")}
    response = await client.post(
        "/queue-times", form=form, headers={**SAME_ORIGIN, "Cookie": "time_zone=Asia/Shanghai"}
    )
    assert response.status_code == 303
    (left,) = await mail.context.database.read(queue.items, mail.lin, None, 10, True)
    assert (left.state, left.scheduled, left.release_ms) == ("waiting", True, int(at.timestamp() * 1000))
    assert response.headers["Location"] == f"/messages/{left.message_id}?view=/mail/sent"
    for time in ("", "tomorrow", "2026-13-01T00:00"):
        wrong = await client.post("/queue-times", form={"item": str(left.id), "time": time}, headers=SAME_ORIGIN)
        assert wrong.status_code == 400, time


async def test_a_time_that_is_over_is_refused_and_sends_nothing(mail: Mail) -> None:
    sent = await send(mail, at_ms=int(mail.context.clock() * 1000) + DAY_MS)
    before = await item_of(mail, sent.item_id)
    client = await mail.client()
    form = {"item": str(sent.item_id), "time": "2020-01-01T08:00"}
    for more, status in (({}, 422), (FRAGMENT, 200)):
        headers = {**SAME_ORIGIN, "Accept-Language": "zh-CN", **more}
        response = await client.post("/queue-times", form=form, headers=headers)
        assert response.status_code == status
        assert "请选一个还没到的时间。" in await response.get_data(as_text=True)
        assert await item_of(mail, sent.item_id) == before


async def test_what_waits_can_be_sent_now(mail: Mail) -> None:
    sent = await send(mail, at_ms=int(mail.context.clock() * 1000) + DAY_MS)
    page = await html(mail, f"/messages/{sent.message_id}")
    assert 'action="/recalls"' in page
    assert 'type="datetime-local"' in page
    client = await mail.client()
    await client.post("/queue-retries", form={"item": str(sent.item_id)}, headers=SAME_ORIGIN)
    assert (await item_of(mail, sent.item_id)).release_ms <= mail.context.clock() * 1000


async def test_nobody_touches_or_sees_anothers_items(mail: Mail) -> None:
    sent = await send(mail, subject="secret of Lin")
    await answer(mail, sent, zhou=deferred())
    ann = await mail.client(ANN)
    for noun in ACTS:
        for more in ({}, {"all": "1"}):
            form = {"item": str(sent.item_id), "time": "2099-01-01T00:00", **more}
            response = await ann.post(f"/{noun}", form=form, headers={**SAME_ORIGIN, **FRAGMENT})
            assert response.status_code == 404, noun
    assert (await ann.get(f"/messages/{sent.message_id}/delivery")).status_code == 404
    assert (await ann.get("/queue?all=1")).status_code == 404
    assert (await ann.post("/queue", form={"admin_password": PASSWORD}, headers=SAME_ORIGIN)).status_code == 404
    assert "secret" not in await html(mail, "/queue", ANN)
    assert (await item_of(mail, sent.item_id)).state == "active"


async def test_an_admin_sees_everybodys_after_the_password_without_subjects(mail: Mail) -> None:
    submitted = await send(mail, account_id=mail.ann, from_=ANN, to="x@y.example", subject="private")
    client = await mail.client()
    asked = await client.get("/queue?all=1")
    assert asked.status_code == 403
    assert "x@y.example" not in await asked.get_data(as_text=True)
    form = {"item": str(submitted.item_id), "all": "1"}
    refusal = await client.post("/queue-holds", form=form, headers={**SAME_ORIGIN, **FRAGMENT})
    assert refusal.status_code == 403
    wrong = await client.post("/queue", form={"admin_password": "wrong"}, headers=SAME_ORIGIN)
    assert wrong.status_code == 401
    right = await client.post("/queue", form={"admin_password": PASSWORD}, headers=SAME_ORIGIN)
    assert (right.status_code, right.headers["Location"]) == (303, "/queue?all=1")
    page = await (await client.get("/queue?all=1")).get_data(as_text=True)
    assert "x@y.example" in page
    assert "private" not in page
    assert 'name="all" value="1"' in page
    assert "again=" not in page
    done = await client.post("/queue-holds", form=form, headers={**SAME_ORIGIN, **FRAGMENT})
    assert done.status_code == 200
    assert "private" not in await done.get_data(as_text=True)


async def test_the_bell_counts_failures_until_the_outbox_was_looked_at(mail: Mail) -> None:
    await answer(mail, await send(mail), zhou=refused())
    assert '<span class="folder-count" id="count-queue">1</span>' in await html(mail, "/mail/inbox")
    await html(mail, "/queue", **{"Sec-Purpose": "prefetch"})
    assert '<span class="folder-count" id="count-queue">1</span>' in await html(mail, "/queue")
    assert '<span class="folder-count" id="count-queue"></span>' in await html(mail, "/mail/inbox")


async def test_the_bell_counts_a_failure_no_more_once_its_mail_was_opened(mail: Mail) -> None:
    one, other = await send(mail, subject="One"), await send(mail, subject="Other")
    for each in (one, other):
        await answer(mail, each, zhou=refused())
    path = f"/messages/{one.message_id}?view=/mail/sent"
    await html(mail, path, **{**FRAGMENT, "HX-Preloaded": "true"})
    assert '<span class="folder-count" id="count-queue">2</span>' in await html(mail, "/mail/inbox")
    opened = await html(mail, path)
    assert '<span class="folder-count" id="count-queue">1</span>' in opened, "the page itself says so"
    client = await mail.client(LIN)
    looked = {"seen": "1", "view": "/mail/sent"}
    await client.post(f"/messages/{other.message_id}/flags", form=looked, headers={**SAME_ORIGIN, **FRAGMENT})
    assert '<span class="folder-count" id="count-queue"></span>' in await html(mail, "/mail/inbox")


async def test_unfolding_a_failed_answer_in_its_conversation_counts_as_looking(mail: Mail) -> None:
    sent = await send(mail)
    await answer(mail, sent, zhou=refused())
    await html(mail, f"/messages/{sent.message_id}/item?view=/mail/all", **FRAGMENT)
    assert await mail.context.database.read(queue.unnoticed, mail.lin) == 0


async def test_a_change_is_pushed_as_row_status_and_bell(mail: Mail, served: Served) -> None:
    sent = await send(mail)
    async with log_in(served) as client, stream(client, "?view=/mail/sent") as events:
        await answer(mail, sent, zhou=refused())
        data = (await events.next()).data
        assert f'<li id="message-{sent.message_id}"' in data
        assert 'class="badge danger"' in data
        assert f'<hx-partial hx-target="#delivery-status-{sent.message_id}" hx-swap="outerMorph">' in data
        assert "5.1.1 User unknown" in data
        assert '<hx-partial hx-target="#count-queue" hx-swap="textContent">1</hx-partial>' in data
        await client.get("/queue")
        assert '<hx-partial hx-target="#count-queue" hx-swap="textContent"></hx-partial>' in (await events.next()).data


async def test_a_status_reaches_a_message_open_beside_any_list_but_nobody_else(mail: Mail, served: Served) -> None:
    sent = await send(mail)
    async with (
        log_in(served) as client,
        log_in(served, ANN) as other,
        stream(client) as events,
        stream(other) as others,
    ):
        await answer(mail, sent, zhou=accepted())
        data = (await events.next()).data
        assert f"#delivery-status-{sent.message_id}" in data
        assert f'<li id="message-{sent.message_id}"' not in data, "it is no row of the inbox"
        await mail.deliver(b"Subject: for Ann\r\n\r\nx", ANN)
        assert "delivery-status" not in (await others.next()).data


async def test_a_crowd_of_changes_is_pushed_as_pointers(mail: Mail, served: Served) -> None:
    many = [await send(mail, subject=f"Number {number}") for number in range(12)]
    async with log_in(served) as client:
        since = int(re.findall(r"since=(\d+)", (await client.get("/mail/sent")).text)[0])
        for each in many:
            await answer(mail, each, zhou=accepted())
        async with stream(client, f"?since={since}&view=/mail/sent") as events:
            data = (await events.next()).data
    assert data.count('class="deliveries"') == 0  # more than a few: whoever shows one asks for it
    pointed = re.findall(r'hx-get="(/messages/\d+/delivery)"', data)
    assert len(pointed) == 12
    assert "relay.yuanye.example" in await html(mail, pointed[0])


async def test_lists_without_sent_mail_ask_the_queue_nothing(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    await mail.deliver(b"Subject: x\r\n\r\nx")
    await send(mail)

    def forbidden(*_: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(queue, "summaries", forbidden)
    await html(mail, "/mail/inbox")
    await html(mail, "/mail/archive")
    monkeypatch.undo()
    assert "badge" in await html(mail, "/mail/all")
