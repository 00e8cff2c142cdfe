"""What strangers see of a view link, and everything they do not."""

import asyncio
import re
import time
from typing import Any

import httpx
import pytest

from mailapp.events import Changed, SessionsRevoked
from mailapp.flow import viewing
from mailapp.store import accounts, views
from mailapp.web import view_stream
from tests.web.conftest import ANN, LIN, SAME_ORIGIN, Mail, Served, letter
from tests.web.test_live import Events
from tests.web.views import ADDRESS, CODES, MESSAGE, Wish, opened, press, shared, text_of

SHOP = "shop@yuanye.example"
TEXT = "Your verification code is {}. It expires in 10 minutes."
PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def rich(subject: str = "Invoice"):  # type: ignore[no-untyped-def]
    html = '<p onclick="x()">Dear <b>customer</b><script>alert(1)</script><img src="cid:logo"><img src="https://t.example/a.gif"></p>'
    message = letter(subject, "Dear customer", html=html)
    message.get_payload()[1].add_related(PIXEL, "image", "png", cid="<logo>", filename="logo.png")  # type: ignore[index,union-attr]
    message.add_attachment(b"%PDF-1.4 secret", maintype="application", subtype="pdf", filename="账单.pdf")
    return message


async def counted(mail: Mail, link_id: int) -> int:
    found = await mail.context.database.read(views.get, mail.lin, link_id)
    assert found is not None
    return found.opens


async def test_nothing_of_the_mail_is_shown_before_the_press_and_previews_spend_nothing(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Secret plans", TEXT.format(482913)))
    link = await shared(mail, Wish(MESSAGE, message_id, opens_most=1))
    preview = mail.site.test_client()
    for _ in range(3):
        page = await text_of(preview, link.path)
        for word in ("Secret", "482913", "zhou@", LIN, str(message_id)):
            assert word not in page
        assert (await preview.head(link.path)).status_code == 200
    for path in ("/events", f"/messages/{message_id}", f"/messages/{message_id}/body", "/opens"):
        assert (await preview.get(link.path + path)).status_code == 404
    assert await counted(mail, link.id) == 0
    page = await text_of(await opened(mail, link), link.path)
    assert "Secret plans" in page
    assert await counted(mail, link.id) == 1
    assert link.path not in page.replace(f'"{link.path}', "")  # only in addresses


async def test_reloads_and_a_second_press_of_the_same_browser_are_not_counted_again(mail: Mail) -> None:
    link = await shared(mail, Wish(MESSAGE, await mail.deliver(letter()), opens_most=2))
    visitor = await opened(mail, link)
    for _ in range(3):
        await text_of(visitor, link.path)
    assert await press(visitor, link.path) == 303
    assert await counted(mail, link.id) == 1


async def test_a_button_pressed_twice_is_one_open(mail: Mail) -> None:
    link = await shared(mail, Wish(MESSAGE, await mail.deliver(letter())))
    page = await text_of(mail.site.test_client(), link.path)
    form = {"visit": re.search(r'name="visit" value="([\w-]{43})"', page)[1]}  # type: ignore[index]
    sent = [mail.site.test_client().post(f"{link.path}/opens", form=form, headers=SAME_ORIGIN) for _ in range(4)]
    assert {each.status_code for each in await asyncio.gather(*sent)} == {303}
    assert await counted(mail, link.id) == 1


async def test_many_pressing_at_once_never_exceed_the_number(mail: Mail) -> None:
    link = await shared(mail, Wish(MESSAGE, await mail.deliver(letter()), opens_most=5))
    clients = [mail.site.test_client() for _ in range(25)]
    sent = [
        client.post(
            f"{link.path}/opens", form={}, headers=SAME_ORIGIN, scope_base={"client": (f"198.51.100.{each}", 1)}
        )
        for each, client in enumerate(clients)
    ]
    statuses = [each.status_code for each in await asyncio.gather(*sent)]
    assert (statuses.count(303), statuses.count(303) + statuses.count(404)) == (5, 25)
    assert await counted(mail, link.id) == 5
    for client, status in zip(clients[:6], statuses, strict=False):
        assert ((await client.get(link.path)).status_code == 200) is (status == 303)


async def test_the_cookie_is_for_the_link_alone(mail: Mail) -> None:
    link = await shared(mail, Wish(MESSAGE, await mail.deliver(letter()), lasting_s=3_600))
    page = await text_of(mail.site.test_client(), link.path)
    form = {"visit": re.search(r'name="visit" value="([\w-]{43})"', page)[1]}  # type: ignore[index]
    answer = await mail.site.test_client().post(f"{link.path}/opens", form=form, headers=SAME_ORIGIN)
    cookie = answer.headers["Set-Cookie"]
    for part in (f"Path={link.path}", "HttpOnly", "SameSite=Lax"):
        assert part in cookie
    assert 3_500 < int(re.search(r"Max-Age=(\d+)", cookie)[1]) <= 3_600  # type: ignore[index]
    stored = await mail.context.database.read(lambda db: db.execute("SELECT visit_hash FROM view_opens").fetchall())
    assert form["visit"].encode() not in stored[0][0]
    # plain http elsewhere than on localhost: browsers say no more about a form of a page that sends no Referer
    assert (await mail.site.test_client().post(f"{link.path}/opens", headers={"Origin": "null"})).status_code == 303
    foreign = await mail.site.test_client().post(f"{link.path}/opens", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


async def test_every_answer_keeps_to_itself(mail: Mail) -> None:
    message_id = await mail.deliver(rich())
    link = await shared(mail, Wish(MESSAGE, message_id, whole=True))
    visitor = await opened(mail, link)
    here = f"{link.path}/messages/{message_id}"
    for client, path in (
        (mail.site.test_client(), link.path),
        (mail.site.test_client(), "/v/nonsense"),
        (mail.site.test_client(), "/v/nonsense/x/y"),
        *((visitor, each) for each in (link.path, here, f"{here}/body", f"{here}/attachments/1/logo.png")),
    ):
        answer = await client.get(path)
        assert answer.headers["Referrer-Policy"] == "no-referrer", path
        assert answer.headers["X-Robots-Tag"].startswith("noindex"), path
        assert "no-store" in answer.headers["Cache-Control"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert "script-src 'self'" in (policy := answer.headers["Content-Security-Policy"]) or "sandbox" in policy
        if answer.mimetype == "text/html" and not path.endswith("/body"):
            assert '<meta name="robots" content="noindex' in str(await answer.get_data(as_text=True))
        assert "Set-Cookie" not in answer.headers


async def test_a_whole_message_comes_sanitised_in_its_frame_with_its_own_pictures_and_files(mail: Mail) -> None:
    message_id = await mail.deliver(rich())
    link = await shared(mail, Wish(MESSAGE, message_id, whole=True))
    visitor, here = await opened(mail, link), f"{link.path}/messages/{message_id}"
    page = await text_of(visitor, link.path)
    assert f'src="{here}/body" sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    assert "账单.pdf" in page
    answer = await visitor.get(f"{here}/body")
    body = str(await answer.get_data(as_text=True))
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-same-origin allow-popups")
    assert "default-src 'none'; img-src 'self' data:;" in answer.headers["Content-Security-Policy"]
    for word in ("script", "onclick", "t.example", f'"/messages/{message_id}'):
        assert word not in body
    picture = re.search(rf'src="({here}/attachments/\d+/logo\.png\?inline=1)"', body)
    assert picture
    shown = await visitor.get(picture[1])
    assert (shown.status_code, shown.content_type, await shown.get_data()) == (200, "image/png", PIXEL)
    remote = await visitor.get(f"{here}/body?images=1")
    assert "https://t.example/a.gif" in str(await remote.get_data(as_text=True))
    file = await visitor.get(re.search(rf'"({here}/attachments/\d+/[^"]+\.pdf)\?', page)[1])  # type: ignore[index]
    assert await file.get_data() == b"%PDF-1.4 secret"
    assert file.headers["Content-Disposition"].startswith("attachment")
    # the reader's own page still names its own addresses: nothing of the link was kept
    own = await (await mail.client()).get(f"/messages/{message_id}/body")
    assert f'src="/messages/{message_id}/attachments/' in str(await own.get_data(as_text=True))


async def test_the_text_only_is_the_text_only(mail: Mail) -> None:
    message_id = await mail.deliver(rich())
    link = await shared(mail, Wish(MESSAGE, message_id, whole=False))
    visitor, here = await opened(mail, link), f"{link.path}/messages/{message_id}"
    page = await text_of(visitor, link.path)
    assert "Dear customer" in page
    for word in ("iframe", "账单", "attachments"):
        assert word not in page
    for path in ("body", "attachments/1", "attachments/2/x.pdf"):
        await text_of(visitor, f"{here}/{path}", 404)


async def test_a_message_of_html_alone_is_shown_as_its_text(mail: Mail) -> None:
    raw = b"From: a@b.example\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n<p>Dear <i>reader</i></p>\r\n"
    link = await shared(mail, Wish(MESSAGE, await mail.deliver(raw)))
    assert "Dear reader" in await text_of(await opened(mail, link), link.path)


@pytest.mark.parametrize("kind", [MESSAGE, ADDRESS, CODES])
async def test_no_other_message_is_reached_by_any_path(mail: Mail, kind: str) -> None:
    wanted = await mail.deliver(rich(), SHOP)
    others = [await mail.deliver(rich(), to) for to in (LIN, "shop+x@yuanye.example", ANN)]
    link = await shared(mail, Wish(kind, wanted, SHOP, whole=True, earlier=True))
    visitor = await opened(mail, link)
    for path in ("", "/body", "/attachments/1", "/attachments/1/logo.png", "/attachments/2/x"):
        answer = await visitor.get(f"{link.path}/messages/{wanted}{path}")
        assert answer.status_code == (404 if kind == CODES else 200), path
        for other in others:
            await text_of(visitor, f"{link.path}/messages/{other}{path}", 404)
    for path in ("/source", "/original", "/print", "/attachments.zip", "/flags", "/attachments/9"):
        await text_of(visitor, f"{link.path}/messages/{wanted}{path}", 404)
    for path in (f"/messages/{wanted}", "/mail/inbox", "/codes", "/settings"):  # no session came with it
        assert (await visitor.get(path)).status_code == 303
    another = await shared(mail, Wish(MESSAGE, others[0], whole=True))
    for path in ("/events", f"/messages/{others[0]}", f"/messages/{others[0]}/body"):
        await text_of(visitor, another.path + path, 404)


async def test_a_link_to_an_address_lists_its_mail_and_a_link_to_codes_its_codes(mail: Mail) -> None:
    shop = await mail.deliver(letter("For the shop <1>", TEXT.format(482913)), SHOP)
    await mail.deliver(letter("For me", TEXT.format(999888)))
    listed, codes = [await shared(mail, Wish(kind, address=SHOP, earlier=True)) for kind in (ADDRESS, CODES)]
    page = await text_of(await opened(mail, listed), listed.path)
    assert f'href="{listed.path}/messages/{shop}"' in page
    assert "For the shop &lt;1&gt;" in page
    assert "For me" not in page
    page = await text_of(await opened(mail, codes), codes.path)
    assert "<span>482</span><span>913</span>" in page
    for word in ("999888", "<span>999<", "For the shop", f"/messages/{shop}"):
        assert word not in page


async def test_every_link_there_is_not_any_more_looks_like_one_that_never_was(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Secret plans"))
    revoked, used, erased, expired, disabled = [
        await shared(mail, Wish(MESSAGE, message_id, opens_most=1)) for _ in "12345"
    ]
    hers = await shared(mail, Wish(ADDRESS, address=ANN), mail.ann)
    visitor = await opened(mail, used)
    before = await opened(mail, revoked)
    await mail.context.viewing.revoke(mail.lin, revoked.id)
    database = mail.context.database
    await database.write(lambda db: db.execute("UPDATE view_links SET expires_at = 1 WHERE id = ?", (expired.id,)))
    await database.write(lambda db: db.execute("UPDATE view_links SET message_id = 99 WHERE id = ?", (erased.id,)))
    await database.write(lambda db: db.execute("UPDATE accounts SET state = 'disabled' WHERE id = ?", (mail.ann,)))
    stranger = mail.site.test_client()
    plain = await text_of(stranger, "/v/" + "x" * 43, 404)
    for path in (revoked.path, used.path, erased.path, expired.path, hers.path):
        assert await text_of(stranger, path, 404) == plain
    assert await text_of(before, revoked.path, 404) == plain
    assert await text_of(before, f"{revoked.path}/messages/{message_id}", 404) == plain
    assert (await stranger.post(f"{used.path}/opens", headers=SAME_ORIGIN)).status_code == 404
    assert "Secret plans" in await text_of(visitor, used.path)  # opened before: until it expires
    assert "Secret plans" in await text_of(await opened(mail, disabled), disabled.path)


async def test_a_deleted_message_is_gone_and_back_when_that_is_undone(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    link = await shared(mail, Wish(MESSAGE, message_id))
    visitor, owner = await opened(mail, link), await mail.client()
    await owner.post("/deletions", form={"message": str(message_id)}, headers=SAME_ORIGIN)
    await text_of(visitor, link.path, 404)
    await owner.post("/moves", form={"message": str(message_id), "to": "restore"}, headers=SAME_ORIGIN)
    await text_of(visitor, link.path)


async def test_the_plain_page_is_in_the_visitors_language(mail: Mail) -> None:
    for language, word in (("zh-CN", "这里什么也没有"), ("en", "There is nothing here")):
        answer = await mail.site.test_client().get("/v/none", headers={"Accept-Language": language})
        assert word in str(await answer.get_data(as_text=True))


async def test_guessing_is_slowed_down_for_the_client_that_guesses(mail: Mail) -> None:
    link = await shared(mail, Wish(MESSAGE, await mail.deliver(letter())))
    visitor, stranger = await opened(mail, link), mail.site.test_client()
    for each in range(10):
        await text_of(stranger, f"/v/guess{each}", 404)
    answer = await stranger.get("/v/guess")
    assert (answer.status_code, int(answer.headers["Retry-After"]) >= 1) == (429, True)
    assert (await stranger.get(link.path)).status_code == 429
    assert (await visitor.get(link.path)).status_code == 200  # known already


async def stream_of(mail: Mail, served: Served, path: str):  # type: ignore[no-untyped-def]
    """A visitor's open stream over a real socket."""

    client = httpx.AsyncClient(base_url=served.url, headers=SAME_ORIGIN, timeout=15)
    assert (await client.post(f"{path}/opens", data={"visit": ""})).status_code == 303
    request = client.build_request("GET", f"{path}/events")
    return await client.send(request, stream=True)


async def test_new_codes_of_the_address_are_pushed_and_nothing_else(mail: Mail, served: Served) -> None:
    link = await shared(mail, Wish(CODES, address=SHOP))
    response = await stream_of(mail, served, link.path)
    assert response.headers["Cache-Control"].startswith("no-store")
    assert response.headers["X-Robots-Tag"].startswith("noindex")
    events = Events(response)
    first = await events.next()
    assert (first.event, "<li" in first.data) == ("items", False)
    await mail.deliver(letter("Mine", TEXT.format(111222)))
    await mail.deliver(letter("No code", "Hello"), SHOP)
    await mail.deliver(letter("Theirs", TEXT.format(482913)), SHOP)
    pushed = await events.next()
    assert "<span>482</span><span>913</span>" in pushed.data
    assert "111222" not in pushed.data
    await response.aclose()


async def test_a_flood_of_other_mail_makes_a_stream_look_no_more_often_than_it_may_push(
    mail: Mail, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def look(*values: Any) -> Any:
        nonlocal looks
        looks += 1
        return viewing.look(*values)

    monkeypatch.setattr(view_stream, "look", look)
    link = await shared(mail, Wish(ADDRESS, address=SHOP))
    response = await stream_of(mail, served, link.path)
    events = Events(response)
    await events.next()
    began = time.monotonic()
    while time.monotonic() - began < 4 * view_stream.REST_S:
        mail.context.bus.publish(Changed(mail.lin, 1))
        await mail.context.database.read(lambda db: db.execute("SELECT 1").fetchone())
    await mail.deliver(letter("Mine"), SHOP)
    await events.next()
    assert looks <= (time.monotonic() - began) / view_stream.REST_S + 3
    await response.aclose()


async def test_a_stream_ends_the_moment_its_link_is_revoked(mail: Mail, served: Served) -> None:
    link = await shared(mail, Wish(ADDRESS, address=SHOP))
    events = Events(await stream_of(mail, served, link.path))
    await events.next()
    await mail.context.viewing.revoke(mail.lin, link.id)
    assert (await events.next()).event == "gone"
    with pytest.raises(EOFError):
        await events.next()
    await mail.deliver(letter("Late"), SHOP)
    assert mail.site.extensions["mailapp"].view_places.total == 0


async def test_a_stream_ends_when_its_account_is_disabled_from_the_command_line(mail: Mail, served: Served) -> None:
    link = await shared(mail, Wish(ADDRESS, address=ANN), mail.ann)
    events = Events(await stream_of(mail, served, link.path))
    await events.next()
    await mail.context.database.write(accounts.set_state, mail.ann, accounts.DISABLED)
    mail.context.bus.publish(SessionsRevoked(mail.ann))  # what the server tells whoever listens then
    assert (await events.next()).event == "gone"


async def test_a_stream_does_not_tell_what_its_owner_does_with_the_mail(mail: Mail, served: Served) -> None:
    first = await mail.deliver(letter("One"), SHOP)
    link = await shared(mail, Wish(ADDRESS, address=SHOP, earlier=True))
    events = Events(await stream_of(mail, served, link.path))
    await events.next()
    owner = await mail.client()
    await owner.post(f"/messages/{first}/flags", form={"seen": "1", "flagged": "1"}, headers=SAME_ORIGIN)
    await owner.post("/moves", form={"message": str(first), "to": "archive"}, headers=SAME_ORIGIN)
    second = await mail.deliver(letter("Two"), SHOP)
    assert f"message-{second}" in (await events.next()).data  # the next thing that is told
    await owner.post("/deletions", form={"message": str(second)}, headers=SAME_ORIGIN)
    assert f"message-{second}" not in (await events.next()).data


async def test_a_stream_ends_when_its_link_expires(mail: Mail, served: Served) -> None:
    link = await shared(mail, Wish(ADDRESS, address=SHOP))
    soon = int(mail.context.clock() * 1000) + 1_200
    await mail.context.database.write(lambda db: db.execute("UPDATE view_links SET expires_at = ?", (soon,)))
    events = Events(await stream_of(mail, served, link.path))
    await events.next()
    assert (await events.next()).event == "gone"


async def test_streams_are_bounded(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await shared(mail, Wish(ADDRESS, address=SHOP))
    visitor = await opened(mail, link)
    monkeypatch.setattr(view_stream, "STREAMS", 0)
    answer = await visitor.get(f"{link.path}/events")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "8")
