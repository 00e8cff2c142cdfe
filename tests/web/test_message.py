"""One message: opening, its frame, attachments, the original, images."""

import re

import pytest

from mailapp.web.files import disposition
from mailapp.web.headers import frame_policy
from tests.web.conftest import FRAGMENT, LIN, SAME_ORIGIN, Mail, letter

PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")
HTML = (
    '<p onclick="x()">Hi <b>Lin</b></p><script>alert(1)</script><img src="cid:logo"><img src="https://t.example/p.png">'
)


async def deliver_html(mail: Mail) -> int:
    message = letter("Bill", "plain", html=HTML)
    part = message.get_payload()[1]
    part.add_related(PIXEL, "image", "png", cid="<logo>", filename="logo.png")
    message.add_attachment(b"%PDF-1.4 ...", maintype="application", subtype="pdf", filename="发票 2026.pdf")
    message.add_attachment("<svg onload=alert(1)>", subtype="svg+xml", filename="x.svg")
    return await mail.deliver(message)


async def test_opening_marks_read_but_fetching_ahead_does_not(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Hello", "See https://example.com/a?b=1&c=2."))
    client = await mail.client()
    for headers in (
        {**FRAGMENT, "HX-Preloaded": "true"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Fetch-Dest": "image"},
    ):
        response = await client.get(f"/messages/{message_id}", headers=headers)
        assert response.status_code == 200
        assert not (await mail.row(message_id)).seen  # type: ignore[union-attr]
        if "HX-Preloaded" in headers:
            assert "hx-partial" not in await response.get_data(as_text=True)
    html = await (await client.get(f"/messages/{message_id}", headers=FRAGMENT)).get_data(as_text=True)
    assert (await mail.row(message_id)).seen  # type: ignore[union-attr]
    assert html.lstrip().startswith('<section id="reading-pane"')
    assert f'id="message-{message_id}" class="row"' in html
    assert 'hx-target="#count-inbox"' in html
    assert '<a href="https://example.com/a?b=1&amp;c=2"' in html


async def test_what_is_read_already_is_opened_without_a_write(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = await mail.deliver(letter("Hello"))
    client = await mail.client()
    assert (await client.get(f"/messages/{message_id}", headers=FRAGMENT)).status_code == 200

    async def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing changed")

    monkeypatch.setattr(mail.context.database, "write", refuse)
    response = await client.get(f"/messages/{message_id}", headers=FRAGMENT)
    assert response.status_code == 200
    assert "Hello" in await response.get_data(as_text=True)


async def test_a_message_is_a_page_of_its_own_beside_its_list(mail: Mail) -> None:
    older, newer = await mail.deliver(letter("older")), await mail.deliver(letter("newer"))
    client = await mail.client()
    html = await (await client.get(f"/messages/{older}")).get_data(as_text=True)
    assert "<title>older" in html
    assert html.count('aria-current="true"') == 1
    assert f'id="message-{newer}"' in html
    assert f'href="/messages/{newer}"' in html


async def test_the_frame_is_clean_and_isolated(mail: Mail) -> None:
    message_id = await deliver_html(mail)
    client = await mail.client()
    pane = await (await client.get(f"/messages/{message_id}")).get_data(as_text=True)
    assert f'src="/messages/{message_id}/body"' in pane
    assert "//t.example" not in pane, "named as the host that would have been asked, and nothing more"
    response = await client.get(f"/messages/{message_id}/body")
    body = await response.get_data(as_text=True)
    assert response.headers["Content-Security-Policy"] == frame_policy(remote=False)
    assert "http" not in response.headers["Content-Security-Policy"]
    assert "<b>Lin</b>" in body
    assert "onclick" not in body
    assert "<script" not in body
    assert "t.example" not in body
    source = re.search(r'src="(/messages/\d+/attachments/\d+/logo\.png[^"]*)"', body)
    assert source
    image = await client.get(source[1].replace("&amp;", "&"))
    assert image.headers["Content-Type"] == "image/png"
    assert image.headers["Content-Disposition"].startswith("inline")
    assert await image.get_data(as_text=False) == PIXEL


async def test_remote_images_only_after_consent(mail: Mail) -> None:
    message_id, other = await deliver_html(mail), await deliver_html(mail)
    client = await mail.client()
    once = await client.post(
        "/image-consents", form={"message": str(message_id), "remember": "0"}, headers={**SAME_ORIGIN, **FRAGMENT}
    )
    assert f"/messages/{message_id}/body?images=1" in await once.get_data(as_text=True)
    response = await client.get(f"/messages/{message_id}/body?images=1")
    assert "https://t.example/p.png" in await response.get_data(as_text=True)
    assert response.headers["Content-Security-Policy"] == frame_policy(remote=True)
    assert "t.example" not in await (await client.get(f"/messages/{other}/body")).get_data(as_text=True)
    await client.post(
        "/image-consents", form={"message": str(message_id), "remember": "1"}, headers={**SAME_ORIGIN, **FRAGMENT}
    )
    assert "t.example" in await (await client.get(f"/messages/{other}/body")).get_data(as_text=True)


async def test_attachments_are_downloads_with_their_names(mail: Mail) -> None:
    message_id = await deliver_html(mail)
    client = await mail.client()
    html = await (await client.get(f"/messages/{message_id}")).get_data(as_text=True)
    shown = re.findall(r'class="attachment" href="([^"]+)"', html)
    assert len(shown) == 2, "the picture inside the letter is not offered again"
    links = [each.removesuffix("?inline=1") for each in shown]
    assert f'class="attachment-save" href="{links[0]}"' in html
    pdf = await client.get(links[0])
    assert await pdf.get_data(as_text=False) == b"%PDF-1.4 ..."
    assert pdf.headers["Content-Disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%E5%8F%91%E7%A5%A8%202026.pdf" in pdf.headers["Content-Disposition"]
    inline = await client.get(f"{links[0]}?inline=1")
    assert inline.headers["Content-Disposition"].startswith("inline; ")
    assert inline.headers["Content-Security-Policy"].startswith("sandbox")
    svg = await client.get(f"{links[1]}?inline=1")
    assert svg.headers["Content-Disposition"].startswith("attachment; ")
    assert svg.headers["Content-Type"] == "application/octet-stream"
    assert svg.headers["X-Content-Type-Options"] == "nosniff"
    assert (await client.get(f"/messages/{message_id}/attachments/99/x")).status_code == 404


def test_a_name_cannot_leave_its_header() -> None:
    field = disposition('a"\r\nSet-Cookie: x=1/../发.pdf', inline=False)
    assert "\r" not in field
    assert "\n" not in field
    assert field.count('"') == 2
    assert disposition("\r\n", inline=True).startswith('inline; filename="attachment"')


async def test_the_original_is_what_came_with_its_trace(mail: Mail) -> None:
    raw = b"Subject: \xc4\xe3\xba\xc3\r\n\r\nbody\r\n.dot\r\n" + b"x" * 600_000
    message_id = await mail.deliver(raw)
    client = await mail.client()
    response = await client.get(f"/messages/{message_id}/source")
    data = await response.get_data(as_text=False)
    assert data.endswith(raw)
    assert data.startswith(b"Return-Path: <zhou@sanlian.example>\r\nReceived: ")
    assert LIN.encode() in data
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_flags_deletion_and_undo_without_scripts(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    client = await mail.client()
    response = await client.post(f"/messages/{message_id}/flags", form={"flagged": "1"}, headers=SAME_ORIGIN)
    assert (response.status_code, response.headers["Location"]) == (303, f"/messages/{message_id}?undo=1")
    assert (await mail.row(message_id)).flagged  # type: ignore[union-attr]
    back = {**SAME_ORIGIN, "Host": "localhost", "Referer": f"http://localhost/messages/{message_id}?undo=1"}
    assert 'name="undo" value="1"' in await (await client.get(response.headers["Location"])).get_data(as_text=True)
    response = await client.post("/undos", form={"undo": "1"}, headers=back)
    assert (response.status_code, response.headers["Location"]) == (303, f"/messages/{message_id}")
    assert not (await mail.row(message_id)).flagged  # type: ignore[union-attr]
    response = await client.post("/deletions", form={"message": str(message_id)}, headers=SAME_ORIGIN)
    assert (response.status_code, response.headers["Location"]) == (303, "/mail/inbox?undo=2")
    assert 'name="undo" value="2"' in await (await client.get(response.headers["Location"])).get_data(as_text=True)
    assert f"message-{message_id}" in await (await client.get("/mail/trash")).get_data(as_text=True)
    again = {"message": str(message_id), "view": "/mail/trash"}
    asked = await (await client.post("/deletions", form=again, headers=SAME_ORIGIN)).get_data(as_text=True)
    assert 'name="final" value="1"' in asked
    assert await mail.row(message_id) is not None, "for good only after asking"
    again["final"] = "1"
    await client.post("/deletions", form=again, headers=SAME_ORIGIN)
    assert await mail.row(message_id) is None
    assert (await client.post("/deletions", form=again, headers=SAME_ORIGIN)).status_code == 404


async def test_bad_flags_are_refused(mail: Mail) -> None:
    message_id = await mail.deliver(letter())
    client = await mail.client()
    for form in ({}, {"seen": "2"}, {"flagged": "yes"}):
        response = await client.post(f"/messages/{message_id}/flags", form=form, headers=SAME_ORIGIN)
        assert response.status_code == 400
