"""Searching on the pages: what is found, marked and said, without scripts and as fragments."""

import asyncio
import re
import sqlite3
import threading
from html import unescape
from itertools import islice
from urllib.parse import quote

import pytest

from mailapp.web import search
from mailapp.web.reader import Reader
from tests.web.conftest import ANN, FRAGMENT, LIN, SAME_ORIGIN, Mail, letter


async def found(mail: Mail, query: str, folder: str = "inbox", **headers: str) -> str:
    client = await mail.client()
    response = await client.get(
        f"/mail/{folder}", query_string={"q": query}, headers={"Accept-Language": "zh-CN"} | headers
    )
    assert response.status_code == 200
    return await response.get_data(as_text=True)


def ids(html: str) -> list[int]:
    return [int(each) for each in re.findall(r'<li id="message-(\d+)"', html)]


def subjects(html: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<span class="subject">(.*?)</span>', html)]


async def test_words_are_found_and_marked_in_the_rows(mail: Mail) -> None:
    one = await mail.deliver(letter("您的電子發票", "附件为发票。", sender="京东发票 <invoice@jd.example>"))
    await mail.deliver(letter("别的", "没有"))
    html = await found(mail, "发票")
    assert ids(html) == [one]
    assert subjects(html) == ["您的電子<mark>發票</mark>"]
    assert '<span class="sender">京东<mark>发票</mark></span>' in html
    assert "附件为<mark>发票</mark>。" in html


async def test_the_preview_becomes_what_stands_around_the_hit(mail: Mail) -> None:
    await mail.deliver(letter("长信", "开头。" * 120 + "您的取件码在柜机屏幕上。" + "结尾。" * 100))
    preview = re.search(r'<span class="preview">(.*?)</span>', await found(mail, "取件码"))
    assert preview
    assert preview[1].startswith("…")
    assert "<mark>取件码</mark>在柜机" in preview[1]


async def test_where_only_the_name_of_an_attachment_is_found_the_row_shows_it(mail: Mail) -> None:
    message = letter("周五", "见附件。")
    for name in ("议程.pdf", "發票明細-2026.pdf"):
        message.add_attachment(b"x", maintype="application", subtype="pdf", filename=name)
    one = await mail.deliver(message)
    html = await found(mail, "明细")
    assert ids(html) == [one]
    assert "發票<mark>明細</mark>-2026.pdf</span>" in html


async def test_a_traditional_letter_is_shown_as_it_was_written(mail: Mail) -> None:
    await mail.deliver(letter("發票", "開頭。" * 120 + "稅號九一三三。"))
    assert "<mark>稅號</mark>九一三三" in await found(mail, "税号")
    await mail.deliver(letter("Größe", "Anfang. " * 80 + "Łódź, Hauptstraße 5."))
    assert "<mark>Hauptstraße</mark> 5" in await found(mail, "hauptstrasse")


async def test_a_subject_that_looks_like_html_stays_text(mail: Mail) -> None:
    await mail.deliver(letter("<mark>发票</mark><img src=x onerror=alert(1)>", "<script>发票</script>"))
    await found(mail, "别的")
    html = await found(mail, "发票")
    assert "<img src=x" not in html
    assert "<script>发票" not in html
    assert "&lt;mark&gt;<mark>发票</mark>&lt;/mark&gt;" in html
    client = await mail.client()
    plain = await (await client.get("/mail/inbox")).get_data(as_text=True)
    assert "&lt;mark&gt;发票&lt;/mark&gt;" in plain, "a marked row is never taken for one that is not"


async def test_the_head_says_how_many_and_how_long_it_took(mail: Mail) -> None:
    for _ in range(3):
        await mail.deliver(letter("发票"))
    assert re.search(r"3 封 · \d+ 毫秒", await found(mail, "发票"))
    assert "没有找到" in await found(mail, "不存在的词")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("发票 after:昨日黄花", "不是日期"),
        ("发票 larger:很大", "不是大小"),
        ("发票 older_than:7x", "不是时间长度"),
        ("发票 is:green", "is:green"),
        ("发票 has:gold", "has:code"),
        ("发票 in:nowhere", "没有名为“nowhere”的文件夹"),
        ("发票 label:nowhere", "没有名为“nowhere”的标签"),
        ("发票 from:", "from: 后面缺少内容"),
        ("发票 OR", "OR"),
        ('"发票', "引号"),
        ("(发票", "括号"),
    ],
)
async def test_a_wrong_query_says_what_is_wrong_and_searches_the_rest(mail: Mail, query: str, said: str) -> None:
    one = await mail.deliver(letter("发票"))
    html = await found(mail, query)
    assert ids(html) == [one]
    assert said in unescape(html)


async def test_a_search_in_the_inbox_reaches_everywhere_but_trash_and_junk(mail: Mail) -> None:
    kept, thrown = await mail.deliver(letter("发票 1")), await mail.deliver(letter("发票 2"))
    await mail.context.filing.delete(mail.lin, [thrown])
    assert ids(await found(mail, "发票")) == [kept]
    assert ids(await found(mail, "发票 in:trash")) == [thrown]
    assert ids(await found(mail, "发票 in:已删除")) == [thrown]
    assert ids(await found(mail, "发票 in:anywhere")) == [thrown, kept]
    assert ids(await found(mail, "发票", "trash")) == [thrown]
    assert ids(await found(mail, "发票", "archive")) == []


async def test_nobody_finds_anothers_mail(mail: Mail) -> None:
    await mail.deliver(letter("发票"), ANN)
    assert ids(await found(mail, "发票")) == []
    assert ids(await found(mail, "-nothing")) == []
    assert ids(await found(mail, "is:unread")) == []


async def test_older_hits_come_page_by_page(mail: Mail) -> None:
    held = [await mail.deliver(letter(f"发票 {number}")) for number in range(60)]
    client = await mail.client()
    html = await found(mail, "发票")
    assert "60 封" in html
    assert ids(html) == held[:-51:-1]
    href = re.search(r'id="older"><a href="([^"]+)"', html)
    assert href
    rest = await (await client.get(unescape(href[1]), headers=FRAGMENT)).get_data(as_text=True)
    assert ids(rest) == held[9::-1]
    assert 'id="older"' not in rest


async def test_the_search_page_leads_to_the_inbox(mail: Mail) -> None:
    client = await mail.client()
    response = await client.get("/search", query_string={"q": "发票 a&b"})
    assert response.status_code == 303
    assert (
        response.headers["Location"] == "/mail/inbox?q=%E5%8F%91%E7%A5%A8+a%26b"
        or "%20a%26b" in response.headers["Location"]
    )
    assert (await client.get("/search")).headers["Location"] == "/mail/inbox?q="


async def test_the_open_message_is_marked_and_lies_between_the_hits(mail: Mail) -> None:
    first = await mail.deliver(letter("发票 一", "第一张发票 https://jd.example/发票"))
    await mail.deliver(letter("别的", "x"))
    second = await mail.deliver(letter("发票 二", "text", html='<p title="发票">发<b>票</b> &amp; more</p>'))
    client = await mail.client()
    view = quote(f"/mail/inbox?q={quote('发票')}")
    html = await (await client.get(f"/messages/{first}?view={view}")).get_data(as_text=True)
    assert '<h1 id="subject" class="message-title" tabindex="-1"><mark>发票</mark> 一</h1>' in html
    assert "<title>发票 一 ·" in html
    assert "第一张<mark>发票</mark>" in html
    assert f'id="newer-link" class="icon-button" href="/messages/{second}?view=' in html
    body = await (await client.get(f"/messages/{second}/body", query_string={"q": "发票"})).get_data(as_text=True)
    assert '<p title="发票"><mark>发</mark><b><mark>票</mark></b> &amp; more</p>' in body


async def test_mail_with_a_code_or_a_link_is_found_as_such_until_somebody_says_there_is_none(mail: Mail) -> None:
    code = await mail.deliver(letter("登录", "您的验证码是 739214，五分钟内有效。"))
    await mail.deliver(letter("订单 739214", "您的订单 739214 已发货。"))
    for query in ("has:code", "有：验证码", "登录 has:code", "-has:attachment has:code"):
        assert ids(await found(mail, query)) == [code], query
    assert code not in ids(await found(mail, "-has:code"))
    client = await mail.client()
    await client.post(f"/codes/{code}/corrections", form={"value": ""}, headers=SAME_ORIGIN)
    assert ids(await found(mail, "has:code")) == []


async def test_words_of_the_html_are_found_where_the_plain_text_says_little(mail: Mail) -> None:
    one = await mail.deliver(letter("周刊", "请用浏览器查看本邮件。", html="<p>本期：把<b>邮箱</b>放回家里</p>"))
    await mail.deliver(letter("别的", "请用浏览器查看。" * 20, html="<p>邮箱</p>"))
    html = await found(mail, "放回家里")
    assert ids(html) == [one]
    assert "把邮箱<mark>放回家里</mark>" in html
    assert ids(await found(mail, "浏览器查看本邮件")) == [one]


async def test_drafts_are_found_as_they_are_now(mail: Mail) -> None:
    client = await mail.client()
    form = {"key": "k1", "to": "zhou@sanlian.example", "subject": "合同草稿", "text": "请看附件"}
    response = await client.post("/drafts", form=form, headers=SAME_ORIGIN | FRAGMENT)
    assert response.status_code in (200, 303)
    for query in ("合同", "主题:合同", "to:sanlian", "附件", "in:drafts 合同"):
        assert len(ids(await found(mail, query))) == 1, query
    assert ids(await found(mail, "主题:附件")) == []
    change = "UPDATE drafts SET fields = replace(fields, '合同草稿', '报价单')"
    await mail.context.database.write(lambda db: db.execute(change).rowcount)
    for _ in range(2):  # whichever connection answered before
        assert len(ids(await found(mail, "主题:报价单"))) == 1
        assert ids(await found(mail, "主题:合同")) == []


async def test_suggestions_complete_what_is_typed(mail: Mail) -> None:
    await mail.deliver(letter("发票", sender="京东 <invoice@jd.example>"), "jd@" + LIN.partition("@")[2])
    client = await mail.client()

    async def offered(text: str) -> list[str]:
        response = await client.get("/search/suggestions", query_string={"q": text}, headers=FRAGMENT)
        return [unescape(each) for each in re.findall('data-text="([^"]*)"', await response.get_data(as_text=True))]

    assert "发票 from:invoice@jd.example " in await offered("发票 from:京")
    assert "发件人:invoice@jd.example " in await offered("发件人：京")
    assert "from:x，invoice@jd.example " in await offered("from:x，京")
    assert "is:未读 " not in await offered("is:未")
    assert "状态:未读 " in await offered("状态：")
    assert "在:归档 " in await offered("在:归")
    assert "在:所有邮件 " in await offered("在:所")
    await client.post("/labels", form={"name": "code"}, headers=SAME_ORIGIN)
    assert "标签:code " in await offered("标签:")
    assert {"has:attachment ", "has:code ", "has:link "} <= set(await offered("has:"))
    assert "has:code " in await offered("验证")
    offers = await offered("has:attachment ")
    assert "has:attachment has:code " in offers
    assert "has:attachment has:attachment " not in offers
    assert "发件人:" in await offered("发件")
    assert "is:unread " in await offered("is:un")
    assert any(re.fullmatch(r"x after:\d{4}-\d\d-01 ", each) for each in await offered("x after:"))
    assert "subject:" in await offered("subj")
    assert "in:archive " in await offered("in:归")
    assert "-from:invoice@jd.example " in await offered("-from:jd")
    assert "to:jd@ " in await offered("")
    assert await offered("x" * 3_000) is not None


async def test_what_is_typed_so_far_shows_the_newest_hits(mail: Mail) -> None:
    ids = [await mail.deliver(letter(f"电子發票 <{each}>")) for each in range(4)]
    await mail.deliver(letter("别的"), ANN)
    client = await mail.client()

    async def hits(text: str, view: str = "/mail/inbox") -> str:
        response = await client.get("/search/suggestions", query_string={"q": text, "view": view}, headers=FRAGMENT)
        return await response.get_data(as_text=True)

    html = await hits("发票")
    assert re.findall(r'data-open="(\d+)"', html) == [str(each) for each in reversed(ids[1:])]
    assert "电子<mark>發票</mark> &lt;3&gt;" in html
    assert "data-open" in await hits("发票 from:")  # what is not typed to its end does not hide the rest
    for nothing in ("", "x", "from:", "别的", "没有这个词"):
        assert "data-open" not in await hits(nothing), nothing
    assert "data-open" not in await hits("发票", "/mail/archive")


async def test_suggestions_of_an_account_are_looked_for_one_at_a_time(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However fast somebody types: who waits is overtaken and gets nothing."""
    loop, begun, gate, read = asyncio.get_running_loop(), asyncio.Event(), threading.Event(), list[str]()

    def slow(_db: sqlite3.Connection, _reader: Reader, text: str, *_: object) -> tuple[()]:
        read.append(text)
        loop.call_soon_threadsafe(begun.set)
        assert gate.wait(10)
        return ()

    monkeypatch.setattr(search, "hits", slow)
    client = await mail.client()

    async def offered(text: str) -> str:
        response = await client.get("/search/suggestions", query_string={"q": text}, headers=FRAGMENT)
        return f"{response.status_code} {await response.get_data(as_text=True)}"

    try:
        first = asyncio.create_task(offered("发"))
        await begun.wait()
        later = [asyncio.create_task(offered("发票" + "x" * each)) for each in range(4)]
        async with asyncio.timeout(10):
            overtaken = [await each for each in islice(asyncio.as_completed(later), 3)]
        assert overtaken == ["200 "] * 3
    finally:
        gate.set()
    assert "data-text" in await first
    assert ["data-text" in each for each in await asyncio.gather(*later)].count(True) == 1
    assert len(read) == 2


async def test_a_search_is_saved_renamed_and_removed(mail: Mail) -> None:
    client = await mail.client(**{"Accept-Language": "zh-CN"})
    query = {"q": "发票 is:unread"}
    saved = await client.post("/saved-searches", form={"name": "待报销", **query}, headers=SAME_ORIGIN)
    assert saved.status_code == 303
    html = await (await client.get("/mail/inbox")).get_data(as_text=True)
    link = re.search(r'data-key="search-(\d+)" href="([^"]+)"[^>]*><span class="folder-name">待报销', html)
    assert link
    own = await (await client.get(unescape(link[2]))).get_data(as_text=True)
    assert re.search(r'data-key="search-\d+"[^>]*aria-current="page"', own)
    again = await client.post("/saved-searches", form={"name": "待报销", "q": "x"}, headers=SAME_ORIGIN | FRAGMENT)
    assert "已有同名" in await again.get_data(as_text=True)
    renamed = await client.post(
        f"/saved-searches/{link[1]}", form={"name": "报销", **query}, headers=SAME_ORIGIN | FRAGMENT
    )
    assert "报销" in await renamed.get_data(as_text=True)
    other = await mail.client(ANN)
    assert (await other.post(f"/saved-searches/{link[1]}/removal", form=query, headers=SAME_ORIGIN)).status_code == 404
    gone = await client.post(f"/saved-searches/{link[1]}/removal", form=query, headers=SAME_ORIGIN)
    assert gone.status_code == 303
    assert "报销" not in await (await client.get("/mail/inbox")).get_data(as_text=True)
