"""Reading: who is named, who would have learned of it, colours, files, invitations, the original, paper."""

import io
import re
import zipfile

import pytest

from mailapp.web.headers import frame_policy, print_policy
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter
from tests.web.papers import QUOTING, TRACKED, pdf, png, with_every_field, with_files, with_invitation


async def text_of(mail: Mail, path: str, address: str = LIN) -> str:
    client = await mail.client(address)
    response = await client.get(path)
    assert response.status_code == 200
    return await response.get_data(as_text=True)


async def test_every_field_that_names_somebody_stands_beside_the_envelope(mail: Mail) -> None:
    message_id = await mail.deliver(with_every_field(), "shop@yuanye.example")
    html = await text_of(mail, f"/messages/{message_id}")
    fields = html[html.index('class="particulars-fields"') : html.index("</dl>")]
    told = dict(re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", fields))
    named = {label: re.findall(r"<span>(.*?)</span>", value) for label, value in told.items()}
    assert named["发件人"] == ["周婧 &lt;zhou@sanlian.example&gt;"]
    assert named["代发人"] == ["robot@sanlian.example"]
    assert named["回复到"] == ["校样组 &lt;proof@sanlian.example&gt;"]
    assert named["收件人"] == [LIN]
    assert named["抄送"] == ["Marta &lt;marta@press.example&gt;"]
    assert named["密送"] == ["hidden@press.example"]
    assert named["Delivered-To"] == ["alias@old.example"]
    assert named["X-Original-To"] == ["first@old.example"]
    assert named["Envelope-To"] == ["envelope@old.example"]
    assert named["Resent-To"] == ["Ann &lt;again@old.example&gt;"]
    assert named["X-Icloud-Hme"] == ["p=abc;s=shop@else.example;r=1"]
    assert named["信封收件人"] == ["shop@yuanye.example"]
    assert named["信封发件人"] == ["zhou@sanlian.example"]
    assert named["Message-ID"] == ["&lt;abc.123@sanlian.example&gt;"]
    assert named["日期"] == ["2026-11-26 09:59:58"]
    hosts = re.findall(r"<li><span>(.*?)</span>", told["经过"])
    assert hosts == ["mx.sanlian.example [203.0.113.9] → mail.yuanye.example", "a.example [203.0.113.9] → b.example"]


async def test_a_field_of_a_thousand_people_is_cut(mail: Mail) -> None:
    many = ", ".join(f"p{number}@x.example" for number in range(300))
    message_id = await mail.deliver(
        f"To: {many}\r\nReceived: {'x' * 9000}\r\nDate: 31 Dec 9999 23:59:59 -1200\r\n\r\nx".encode()
    )
    html = await text_of(mail, f"/messages/{message_id}")
    assert "另有 250 位" in html
    assert "p299@" not in html


async def test_hosts_and_trackers_are_named_and_nothing_is_asked(mail: Mail) -> None:
    message_id = await mail.deliver(letter("News", "x", html=TRACKED))
    html = await text_of(mail, f"/messages/{message_id}")
    assert "拦下了 2 张远程图片" in html
    assert "，来自 acme.list-manage.com、cdn.example" in html
    assert re.search(r'acme\.list-manage\.com</span> <span>1 张图片</span> <span class="tracker">1 个跟踪器', html)
    assert re.search(r"cdn\.example</span> <span>1 张图片</span></li>", html)
    assert "//cdn.example" not in html


async def test_colours_are_chosen_per_sender_and_account(mail: Mail) -> None:
    first = await mail.deliver(letter("One", "x", html=TRACKED))
    second = await mail.deliver(letter("Two", "x", html=TRACKED))
    other = await mail.deliver(letter("Three", "x", html=TRACKED, sender="b@else.example"))
    anns = await mail.deliver(letter("Four", "x", html=TRACKED), ANN)
    client = await mail.client()
    form = {"message": str(first), "adapted": "1"}
    response = await client.post("/colour-choices", form=form, headers={**SAME_ORIGIN, **FRAGMENT})
    html = await response.get_data(as_text=True)
    assert html.lstrip().startswith(f'<div id="letter-{first}"')
    assert "显示原始颜色" in html

    async def adapted(message_id: int, address: str = LIN) -> bool:
        return (
            " data-adapted"
            in (await text_of(mail, f"/messages/{message_id}/body", address)).partition(">")[0]
            + (await text_of(mail, f"/messages/{message_id}/body", address)).partition("<head>")[0]
        )

    assert await adapted(second)
    assert not await adapted(other)
    assert not await adapted(anns, ANN)
    response = await client.post("/colour-choices", form={**form, "adapted": "0"}, headers=SAME_ORIGIN)
    assert (response.status_code, response.headers["Location"]) == (303, f"/messages/{first}")
    assert not await adapted(second)
    response = await client.post("/colour-choices", form={**form, "adapted": "2"}, headers=SAME_ORIGIN)
    assert response.status_code == 400


async def test_only_mail_with_colours_offers_to_change_them(mail: Mail) -> None:
    plain = await mail.deliver(letter("One", "x", html="<p>Hello <b>Lin</b></p>"))
    coloured = await mail.deliver(letter("Two", "x", html="<p style='color:#363'>Hello</p>"))
    assert "/colour-choices" not in await text_of(mail, f"/messages/{plain}")
    assert "/colour-choices" in await text_of(mail, f"/messages/{coloured}")


async def test_quotations_are_folded_in_the_readers_words(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Re: proof", "x", html=QUOTING))
    body = await text_of(mail, f"/messages/{message_id}/body")
    assert '<details class="quoted"><summary>引用的内容</summary>' in body
    plain = await mail.deliver(letter("Re: proof", "好\n\n在 2026-11-20，林越 写道：\n> 第一版\n"))
    assert '<details class="quoted"><summary>引用的内容</summary>在' in await text_of(mail, f"/messages/{plain}")


async def test_files_are_shown_saved_or_taken_together(mail: Mail) -> None:
    message_id = await mail.deliver(with_files())
    html = await text_of(mail, f"/messages/{message_id}")
    assert re.findall(r'data-look="(\w+)"', html) == ["pdf", "image", "image"]
    assert html.count('class="thumbnail"') == 2
    assert html.count('class="attachment-save"') == 3
    assert f'href="/messages/{message_id}/attachments.zip"' in html
    client = await mail.client()
    response = await client.get(f"/messages/{message_id}/attachments.zip")
    assert response.headers["Content-Type"] == "application/zip"
    assert "filename*=UTF-8''" in response.headers["Content-Disposition"]
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    with zipfile.ZipFile(io.BytesIO(await response.get_data(as_text=False))) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["校样.pdf", "清单.csv", "封面.png", "封面 (2).png"]
        assert opened.read("校样.pdf") == pdf()


async def test_one_file_alone_makes_no_archive(mail: Mail) -> None:
    message_id = await mail.deliver(letter("No files"))
    client = await mail.client()
    assert (await client.get(f"/messages/{message_id}/attachments.zip")).status_code == 404
    assert "attachments.zip" not in await text_of(mail, f"/messages/{await mail.deliver(with_invitation())}")


async def test_an_invitation_is_a_card_in_the_readers_time(mail: Mail) -> None:
    message_id = await mail.deliver(with_invitation())
    html = await text_of(mail, f"/messages/{message_id}")
    card = html[
        html.index('<section class="invitation new"') : html.index("</section>", html.index('class="invitation '))
    ]
    words = " ".join(re.sub(r"<[^>]+>", " ", card).split())
    assert "日程邀请 每周例会, 第二组" in words
    assert "12月1日 周二 17:00–18:30" in words
    assert "Europe/Berlin：12月1日 周二 10:00–11:30" in words
    assert "每周的周二，共 10 次" in words
    assert "三楼会议室" in words
    assert "Marta（已接受）" in words
    assert 'datetime="2026-12-01T17:00+08:00"' in card
    href = re.search(r'<a class="link-button" href="([^"]+)"', card)
    assert href
    client = await mail.client()
    assert b"BEGIN:VEVENT" in await (await client.get(href[1])).get_data(as_text=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("METHOD:REQUEST", "METHOD:CANCEL"), "已取消"),
        (("METHOD:REQUEST", "METHOD:REPLY"), "Marta 接受了邀请"),
        (("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTSTART;VALUE=DATE:20261201"), "12月1日 周二 全天"),
        (("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=10", "RRULE:FREQ=MONTHLY;BYDAY=2TU"), "会重复，具体时间见日历文件"),
        (("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=10", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"), "每个工作日"),
        (("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID=Nowhere"), "时区：Nowhere"),
        (("LOCATION:三楼会议室", "LOCATION:https://meet.example/a?b=1"), 'href="https://meet.example/a?b=1"'),
        (("LOCATION:三楼会议室", "LOCATION:javascript:alert(1)"), "<dd>javascript:alert(1)</dd>"),
    ],
)
async def test_a_card_says_what_the_calendar_says(mail: Mail, change: tuple[str, str], said: str) -> None:
    raw = with_invitation()
    part = raw.get_payload()[1]
    data = part.get_payload(decode=True).decode().replace(*change)
    part.set_content(data.encode(), maintype="text", subtype="calendar", filename="invite.ics")
    html = await text_of(mail, f"/messages/{await mail.deliver(raw)}")
    assert said in html[html.index('<section class="invitation') :]


async def test_a_calendar_file_that_comes_twice_is_offered_by_its_card_alone(mail: Mail) -> None:
    raw = with_invitation()
    data = raw.get_payload()[1].get_payload(decode=True)
    raw.add_attachment(data, maintype="application", subtype="ics", filename="invite.ics")
    raw.add_attachment(data[::-1], maintype="text", subtype="calendar", filename="other.ics")  # of the same size
    html = await text_of(mail, f"/messages/{await mail.deliver(raw)}")
    assert re.findall(r'class="attachment-name">([^<]+)<', html) == ["other.ics"]


async def test_a_picture_sent_without_its_type_is_shown_as_one(mail: Mail) -> None:
    raw = letter("Files")
    raw.add_attachment(png(30, 20, (0, 128, 0)), maintype="application", subtype="octet-stream", filename="照片.PNG")
    raw.add_attachment(b"<script>", maintype="application", subtype="octet-stream", filename="page.html")
    message_id = await mail.deliver(raw)
    assert re.findall(r'data-look="(\w+)"', await text_of(mail, f"/messages/{message_id}")) == ["image"]
    client = await mail.client()
    shown = await client.get(f"/messages/{message_id}/attachments/1/x?inline=1")
    assert (shown.headers["Content-Type"], shown.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    kept = await client.get(f"/messages/{message_id}/attachments/2/x?inline=1")
    assert kept.headers["Content-Disposition"].startswith("attachment")


async def test_pictures_named_by_their_content_location_are_the_letters_own(mail: Mail) -> None:
    raw = letter(
        "Old",
        "x",
        html="<img src='a/logo.png'><img src='http://old.example/b.png'><img src='http://else.example/c.png'>",
    )
    related = raw.get_payload()[1]
    for name in ("a/logo.png", "http://old.example/b.png"):
        related.add_related(png(3, 2, (0, 0, 0)), "image", "png", headers=[f"Content-Location: {name}"])
    message_id = await mail.deliver(raw)
    html = await text_of(mail, f"/messages/{message_id}")
    assert "拦下了 1 张远程图片，来自 else.example" in " ".join(re.sub(r"<[^>]+>", "", html).split())
    assert "attachment-name" not in html
    body = await text_of(mail, f"/messages/{message_id}/body")
    assert [f'src="/messages/{message_id}/attachments/{n}/image.png?inline=1"' in body for n in (1, 2)] == [True, True]


async def test_a_picture_whose_content_location_is_only_spoken_of_is_offered(mail: Mail) -> None:
    raw = letter("Old", "x", html='<p>See "a.png" and <b title=b.png>the other</b></p><img src=c.png>')
    for name in ("a.png", "c.png"):
        raw.get_payload()[1].add_related(
            png(3, 2, (0, 0, 0)), "image", "png", filename=f"of-{name}", headers=[f"Content-Location: {name}"]
        )
    html = await text_of(mail, f"/messages/{await mail.deliver(raw)}")
    assert ("of-a.png" in html, "of-c.png" in html) == (True, False)


async def test_flowed_text_is_shown_in_whole_paragraphs(mail: Mail) -> None:
    raw = b"From: a@x.example\r\nSubject: x\r\nContent-Type: text/plain; format=flowed\r\n\r\n"
    raw += b"One \r\nline.\r\n> two \r\n> more\r\n"
    html = await text_of(mail, f"/messages/{await mail.deliver(raw)}")
    assert "One line." in html
    assert "two more" in html


async def test_what_only_another_program_can_open_is_said_to_be_sealed(mail: Mail) -> None:
    raw = (
        b"From: a@x.example\r\nSubject: ...\r\nContent-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\n"
        b"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\nx\r\n--b--\r\n"
    )
    html = await text_of(mail, f"/messages/{await mail.deliver(raw)}")
    assert "请下载附件，用存有你密钥的程序打开" in html
    assert "这封邮件没有正文" not in html


async def test_the_original_is_a_page_and_a_file(mail: Mail) -> None:
    message = letter("票据/一", "<b>正文</b>" + "x" * 400_000)
    message_id = await mail.deliver(message)
    html = await text_of(mail, f"/messages/{message_id}/original")
    assert "<dt>Subject</dt><dd>票据/一</dd>" in html
    assert "Return-Path: &lt;zhou@sanlian.example&gt;" in html
    assert "<b>" not in html[html.index('id="source"') :]
    assert "这里只显示前 262 KB" in html
    assert len(html) < 320_000
    client = await mail.client()
    response = await client.get(f"/messages/{message_id}/source?download=1")
    assert response.headers["Content-Type"] == "message/rfc822"
    field = response.headers["Content-Disposition"]
    assert field.startswith("attachment; ")
    assert field.endswith("filename*=UTF-8''%E7%A5%A8%E6%8D%AE%20%E4%B8%80.eml")
    assert (await response.get_data(as_text=False)).startswith(b"Return-Path: ")


async def test_paper_shows_the_letter_alone_and_everything_it_quotes(mail: Mail) -> None:
    message_id = await mail.deliver(letter("Proof", "x", html=TRACKED + QUOTING))
    client = await mail.client()
    response = await client.get(f"/messages/{message_id}/print")
    html = await response.get_data(as_text=True)
    assert response.headers["Content-Security-Policy"] == print_policy(remote=False)
    assert '<details class="quoted" open>' in html
    assert "<h1>Proof</h1>" in html
    assert "<script" not in html
    assert "toolbar" not in html
    assert "//cdn.example" not in html
    assert "//cdn.example" in await text_of(mail, f"/messages/{message_id}/print?images=1")
    assert print_policy(remote=True).replace(" allow-modals", "") == frame_policy(remote=True)
    plain = await text_of(mail, f"/messages/{await mail.deliver(letter('Text', 'a <b> c'))}/print")
    assert "a &lt;b&gt; c" in plain
    assert f"<dd>{LIN}</dd>" in plain, "who it was for by address: on paper nobody is me"
    invited = await text_of(mail, f"/messages/{await mail.deliver(with_invitation())}/print")
    assert "日程邀请 · 12月1日 周二 17:00–18:30 · 每周的周二，共 10 次" in invited


async def test_nothing_of_a_message_is_shown_to_another_account(mail: Mail) -> None:
    message_id = await mail.deliver(with_files())
    client = await mail.client(ANN)
    for path in (
        "",
        "/body",
        "/original",
        "/print",
        "/source",
        "/source?download=1",
        "/attachments.zip",
        "/attachments/1/x",
    ):
        assert (await client.get(f"/messages/{message_id}{path}")).status_code == 404, path
    form = {"message": str(message_id), "adapted": "1"}
    assert (await client.post("/colour-choices", form=form, headers=SAME_ORIGIN)).status_code == 404
