"""What strangers and senders choose the size of stays within bounds, and off the event loop where it is large."""

import asyncio
import gzip
import time
from contextlib import AsyncExitStack
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailapp.flow.attaching import ATTACHMENTS_LIMIT
from mailapp.mail.draft import Draft
from mailapp.resources import root
from mailapp.store.mailboxes import Mailbox
from mailapp.web import attachments, bodies, frames, pages, site, streams
from mailapp.web.assets import Assets
from mailapp.web.context import EXTENSION, Site
from mailapp.web.feed import Batch
from mailapp.web.frames import batch_html
from mailapp.web.pages import Pages
from mailapp.web.rows import PREVIEW_LONGEST, SENDER_LONGEST, SUBJECT_LONGEST, Moment, row
from tests.web.conftest import FRAGMENT, SAME_ORIGIN, Mail, Served, letter
from tests.web.test_live import log_in, stream
from tests.web.test_rows import NOW, reader, stored

PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")


# ---- static files


def test_a_file_is_kept_under_one_name(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("1")
    assets = Assets(tmp_path)
    assert assets.find("js/a.js") is not None
    for name in ("js/./a.js", "./js/a.js", "js//a.js", "js/../js/a.js", "js", "", "a\0b", "a" * 300, "../x", "/etc/x"):
        assert assets.find(name) is None, name
        assert assets.url(name) == f"/static/{name}"
    assert list(assets._known) == ["js/a.js"]
    assert list(assets._urls) == []


@pytest.mark.parametrize("name", ["js/././live.js", "js/%2e/live.js", "a%00b", "a" * 300, "js/%2e%2e/js/live.js"])
async def test_strange_names_are_not_there(mail: Mail, name: str) -> None:
    assert (await mail.site.test_client().get(f"/static/{name}")).status_code == 404
    assert (await mail.site.test_client().get("/static/js/live.js")).status_code == 200


# ---- rows


def test_what_a_sender_chose_is_cut() -> None:
    long = row(
        Moment(reader(), NOW.timestamp()),
        stored(NOW, subject="s" * 5_000, from_name="n" * 5_000, preview="p" * 5_000),
        "/mail/inbox",
    )
    assert (len(long.subject), len(long.sender), len(long.preview)) == (
        SUBJECT_LONGEST,
        SENDER_LONGEST,
        PREVIEW_LONGEST,
    )


def test_long_rows_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []

    def watched(maxsize: int) -> object:
        def decorate(function: object) -> object:
            kept.append(lru_cache(maxsize)(function))  # type: ignore[arg-type]
            return kept[-1]

        return decorate

    monkeypatch.setattr(pages, "lru_cache", watched)
    render = Pages(root()).macro("en", "message_row", "message/row")
    moment = Moment(reader("en"), NOW.timestamp())

    def size() -> int:
        return sum(each.cache_info().currsize for each in kept)  # type: ignore[attr-defined]

    html = render(row(moment, stored(NOW, subject="&" * 5_000), "/mail/inbox"))
    assert "&amp;" * SUBJECT_LONGEST in html
    assert "&amp;" * (SUBJECT_LONGEST + 1) not in html
    monkeypatch.setattr(pages, "ROW_KEPT_BELOW", 100)
    before = size()
    assert "hello" in render(row(moment, stored(NOW, subject="hello"), "/mail/inbox"))
    assert size() == before
    monkeypatch.setattr(pages, "ROW_KEPT_BELOW", 8_192)
    assert "short" in render(row(moment, stored(NOW, subject="short"), "/mail/inbox"))
    assert size() == before + 1


# ---- large letters


async def test_large_work_leaves_the_event_loop(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    to_thread = asyncio.to_thread

    async def watched(function: object, *args: object) -> object:
        sent.append(getattr(function, "func", function).__name__)
        return await to_thread(function, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "to_thread", watched)
    plain = await mail.deliver(letter("large", "See https://a.example/ now.\n" * 4_000))
    rich = letter("rich", html='<img src="cid:used">' + "<p>word</p>" * 8_000)
    for name in ("used", "spare"):
        rich.get_payload()[1].add_related(PIXEL, "image", "png", cid=f"<{name}>", filename=f"{name}.png")
    html = await mail.deliver(rich)
    small = await mail.deliver(letter("small"))
    client = await mail.client()
    for message_id, expected in ((small, set()), (plain, {"_written", "_packed"}), (html, {"survey", "_named"})):
        sent.clear()
        answer = await client.get(f"/messages/{message_id}", headers={**FRAGMENT, "Accept-Encoding": "gzip"})
        body = gzip.decompress(await answer.get_data(as_text=False)).decode()
        assert set(sent) == expected
    assert "spare.png" in body
    assert "used.png" not in body
    sent.clear()
    await client.get(f"/messages/{html}/body")
    assert sent == ["_safe"]


def test_cids_are_read_as_html_spells_them() -> None:
    html = (
        """<img src="cid:a@b.example"><img src='CID:x%40y'><td style="background:url(cid:bg)"><img src=cid:p&amp;q>"""
    )
    assert attachments._cids(html) == {"a@b.example", "x%40y", "x@y", "bg", "p&q"}
    begun = time.process_time()
    attachments._cids("cid:" * 250_000)
    assert time.process_time() - begun < 1


async def test_flags_of_a_message_nobody_has(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    client = await mail.client()
    wrong = await client.post(f"/messages/{message_id + 1}/flags", form={"flagged": "1"}, headers=SAME_ORIGIN)
    assert wrong.status_code == 404
    right = await client.post(f"/messages/{message_id}/flags", form={"flagged": "1"}, headers=SAME_ORIGIN)
    assert right.status_code == 303


# ---- streams


async def test_streams_of_a_session_are_bounded(mail: Mail, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAMS", 2)
    held: Site = mail.site.extensions[EXTENSION]
    async with log_in(served) as client, log_in(served) as other:
        async with AsyncExitStack() as open_:
            oldest = await open_.enter_async_context(stream(client))
            await open_.enter_async_context(stream(client))
            refused = await client.get("/events")
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "8")
            newest = await open_.enter_async_context(stream(other))  # a session of its own
            monkeypatch.setattr(streams, "AGED_S", 0.0)
            newest = await open_.enter_async_context(stream(client))
            with pytest.raises(EOFError):
                await oldest.next()
            message_id = await mail.deliver(letter())
            assert f"message-{message_id}" in (await newest.next()).data
        for _ in range(3):
            await mail.deliver(letter())  # a write shows the server that its peers are gone
        async with stream(client):
            assert sum(map(len, held.places._held.values())) <= 3


def test_unknown_lists_are_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_render", lambda pages, reader, batch, key, now: key)
    batch = Batch(1, (), mailboxes=(Mailbox(1, "inbox", "", 0, 0), Mailbox(7, None, "own", 0, 0)))
    look = reader("en")
    for key in ("inbox", "7", "starred", "all", "nonsense", "x" * 5_000, "8"):
        html = batch_html(None, look, batch, key, 0.0)  # type: ignore[arg-type]
        assert html == (key if key in ("7", "starred", "all") else "inbox")
    assert {key for _, _, key, _ in batch.rendered} == {"inbox", "7", "starred", "all"}
    assert look.zone == ZoneInfo("Asia/Shanghai")


# ---- bodies


async def test_a_stranger_sends_no_more_than_a_log_in(mail: Mail) -> None:
    client = mail.site.test_client()
    headers = {**SAME_ORIGIN, "Accept-Language": "zh-CN"}
    large = {"address": "a" * bodies.LONGEST_UNKNOWN, "password": "b"}
    answer = await client.post("/login", form=large, headers=headers)
    assert answer.status_code == 413
    assert '<html lang="zh-CN"' in await answer.get_data(as_text=True)
    assert (await client.post("/login", form={"address": "a", "password": "b"}, headers=headers)).status_code == 401


@pytest.mark.parametrize("known", [False, True])
async def test_a_body_without_a_length_is_bounded_too(mail: Mail, known: bool) -> None:
    client = await mail.client() if known else mail.site.test_client()
    longest = bodies.LONGEST if known else bodies.LONGEST_UNKNOWN
    path = "/deletions" if known else "/login"
    form = {"Content-Type": "application/x-www-form-urlencoded", **SAME_ORIGIN}
    for size, fits in ((longest - 100, True), (longest + 1, False)):
        async with client.request(path, method="POST", headers=form) as connection:
            await connection.send(b"address=" + b"a" * (size - 8))
            await connection.send_complete()
        answer = await connection.as_response()
        assert (answer.status_code != 413) is fits


async def test_forms_of_readers_are_bounded(mail: Mail) -> None:
    client = await mail.client()
    for size, status in ((50_000, 404), (bodies.LONGEST, 413)):
        form = {"message": "123", "view": "v" * size}
        assert (await client.post("/deletions", form=form, headers=SAME_ORIGIN)).status_code == status
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n\r\n' for n in range(bodies.PARTS + 1))
    kind = {**SAME_ORIGIN, "Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post("/deletions", data=f"{parts}--b--\r\n", headers=kind)
    assert answer.status_code == 413
    assert site.GZIP_LARGE < bodies.LONGEST


def test_the_files_of_one_form_take_little_memory() -> None:
    assert ATTACHMENTS_LIMIT + len(Draft.__slots__) < bodies.PARTS
    assert bodies.PARTS * bodies.IN_MEMORY < 16 * 1024 * 1024
