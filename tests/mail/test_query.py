"""Queries as people type them: what they mean, what is said about the rest, and that reading them never fails."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.query import DEEPEST, LONGEST, MOST_TERMS, parse
from mailapp.mail.query_terms import NAMES
from mailapp.mail.query_tree import (
    All,
    Any,
    HasFiles,
    In,
    Is,
    Labelled,
    Not,
    Part,
    Places,
    Received,
    Size,
    Text,
    positive_texts,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)
PLACES = Places({"inbox": In(1), "收件箱": In(1), "anywhere": In(None)}, {"发票 2026": 5})


def ms(year: int, month: int, day: int, hour: int = 0) -> int:
    return round(datetime(year, month, day, hour, tzinfo=SHANGHAI).timestamp() * 1000)


A, B, C = Text("", "a"), Text("", "b"), Text("", "c")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("发票", Text("", "发票")),
        ("发票　抬头", All((Text("", "发票"), Text("", "抬头")))),
        ('"发票 抬头"', Text("", "发票 抬头", exact=True)),
        ("“发票 抬头”", Text("", "发票 抬头", exact=True)),
        ("from:ann", Text("from", "ann")),
        ("FROM:ann", Text("from", "ann")),
        ("ｆｒｏｍ：ann", Text("from", "ann")),
        ("发件人：京东", Text("from", "京东")),
        ("寄件人:京東", Text("from", "京東")),
        ("from: ann", Text("from", "ann")),
        ('主题:"a b"', Text("subject", "a b", exact=True)),
        ("subject:(a b)", All((Text("subject", "a"), Text("subject", "b")))),
        ("收件人:a 抄送:b", All((Text("to", "a"), Text("cc", "b")))),
        ("-a", Not(A)),
        ("－a", Not(A)),
        ("-from:a", Not(Text("from", "a"))),
        ("a OR b", Any((A, B))),
        ("a OR b c", All((Any((A, B)), C))),
        ("（a b） OR c", Any((All((A, B)), C))),
        ("a AND b", All((A, B))),
        ("has:attachment", HasFiles()),
        ("附件:有", HasFiles()),
        ("附件:无", Not(HasFiles())),
        ("附件:报告", Text("filename", "报告")),
        ("文件名:报告.pdf", Text("filename", "报告.pdf")),
        ("is:unread", Is("unread")),
        ("是：未读", Is("unread")),
        ("是:星标", Is("starred")),
        ("in:收件箱", In(1)),
        ("在：inbox", In(1)),
        ('label:"发票 2026"', Labelled(5)),
        ("before:2026-11-03", Received(high=ms(2026, 11, 3))),
        ("after:2026/11/3", Received(low=ms(2026, 11, 3))),
        ("之前:2026年11月3日", Received(high=ms(2026, 11, 3))),
        ("after:2026-11", Received(low=ms(2026, 11, 1))),
        ("之后:3月", Received(low=ms(2026, 3, 1))),
        ("before:12月", Received(high=ms(2025, 12, 1))),
        ("日期:3月5日", Received(ms(2026, 3, 5), ms(2026, 3, 6))),
        ("之后:11月27号", Received(low=ms(2025, 11, 27))),
        ("after:昨天", Received(low=ms(2026, 11, 25))),
        ("older_than:7d", Received(high=ms(2026, 11, 19, 12))),
        ("newer_than:3m", Received(low=ms(2026, 8, 26, 12))),
        ("最近:1年", Received(low=ms(2025, 11, 26, 12))),
        ("larger:5M", Size(low=5_000_000)),
        ("小于:200kb", Size(high=200_000)),
        ("列表:dev", Text("list", "dev")),
        ("code:482913", Text("code", "482913")),
        ("has:code", Is("code")),
        ("有：驗證碼", Is("code")),
        ("has:link", Is("link")),
        ("含:链接", Is("link")),
        ("is:answered", Is("answered")),
        ("是:未回复", Not(Is("answered"))),
        ("is:tagged", Is("labelled")),
        ("{a b} c", All((Any((A, B)), C))),
        ("subject:{a b}", Any((Text("subject", "a"), Text("subject", "b")))),
        ("a || b", Any((A, B))),
        ("a 或 b", Any((A, B))),
        ("或", Text("", "或")),
        ("!a", Not(A)),
        ("–a", Not(A)),
        ("——a", Not(A)),
        ("b NOT a", All((B, Not(A)))),
        ("「a b」", Text("", "a b", exact=True)),
        ("from:a，b；c", Any((Text("from", "a"), Text("from", "b"), Text("from", "c")))),
        ("发件人：a，收件人：b", All((Text("from", "a"), Text("to", "b")))),
        ("往来:a", Any((Text("from", "a"), Text("to", "a"), Text("cc", "a")))),
        ("寄件者:a 收件者:b 副本:c", All((Text("from", "a"), Text("to", "b"), Text("cc", "c")))),
        ("账单", Any((Text("", "账单"), Text("", "帐单")))),
        ("-主题:帳單", Not(Any((Text("subject", "帳單"), Text("subject", "賬單"))))),
        ("主旨：a", Text("subject", "a")),
        ("newer:2026-11-03", Received(low=ms(2026, 11, 3))),
        ("older:2026-11-03", Received(high=ms(2026, 11, 3))),
        ("早于:7天", Received(high=ms(2026, 11, 19, 12))),
        ("newer_than:2026-11-03", Received(low=ms(2026, 11, 3))),
        ("最近:一周", Received(low=ms(2026, 11, 19, 12))),
        ("超过:半年", Received(high=ms(2026, 5, 26, 12))),
        ("after:本周", Received(low=ms(2026, 11, 23))),
        ("日期：上个月", Received(ms(2026, 10, 1), ms(2026, 11, 1))),
        ("on:2026-11-03", Received(ms(2026, 11, 3), ms(2026, 11, 4))),
        ("date:2026-02", Received(ms(2026, 2, 1), ms(2026, 3, 1))),
        ("on:last-year", Received(ms(2025, 1, 1), ms(2026, 1, 1))),
        ("larger_than:1兆", Size(low=1_000_000)),
        ("http://x.example/a 12:30", All((Text("", "http://x.example/a"), Text("", "12:30")))),
    ],
)
def test_it_is_read_as_meant(text: str, part: Part) -> None:
    query = parse(text, NOW, PLACES)
    assert query.part == part
    assert query.problems == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a from:", "missing"), ("a before:x", "date"), ("a after:2026-13-01", "date"), ("a older_than:x", "age"),
        ("a larger:x", "size"), ("a is:x", "state"), ("a has:x", "thing"), ("a in:x", "folder"), ("a label:x", "label"),
        ("a OR", "or"), ("OR a", "or"), ("a -", "minus"), ("(a", "group"), ('"a', "quote"), ("a …", "nothing"),
        ("a " * LONGEST, "long"), ("a " * (MOST_TERMS + 1), "terms"), ("a " + "(" * (DEEPEST + 2) + "b", "depth"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_the_rest_is_searched(text: str, kind: str) -> None:
    query = parse(text, NOW, PLACES)
    assert kind in [each.kind for each in query.problems]
    assert query.part is not None
    assert positive_texts(query.part)[0].text.startswith("a")


def test_a_mistyped_operator_is_searched_for_and_the_right_one_named() -> None:
    query = parse("form:ann", NOW)
    assert query.part == Text("", "form:ann")
    assert [(each.kind, each.key, each.value) for each in query.problems] == [("unknown", "form", "from")]
    assert [each.value for each in parse("发件:林", NOW).problems] == ["发件人"]
    assert parse("地点:北京", NOW).problems == ()


def test_every_operator_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
    assert [name for names in NAMES.values() for name in names if name not in page] == []


def test_every_operator_is_coloured() -> None:
    script = (Path(__file__).parents[2] / "static" / "js" / "search.js").read_text(encoding="utf-8")
    known = [name for names in NAMES.values() for name in names]
    assert script.split("OPERATORS = [")[1].split("]")[0].translate({ord('"'): "", ord(","): ""}).split() == known


WORTH = {
    "from": "a", "to": "a", "cc": "a", "addressed": "a", "subject": "a", "body": "a", "files": "报告", "filename": "a",
    "list": "a", "code": "1", "has": "附件", "is": "未读", "in": "收件箱", "label": '"发票 2026"', "before": "昨天",
    "after": "2026年11月", "on": "today", "older_than": "7天", "newer_than": "7d", "larger": "5M", "smaller": "5M",
}  # fmt: skip
"""Operator -> a value it takes."""


@pytest.mark.parametrize("operator", NAMES)
def test_every_name_of_an_operator_means_it_in_full_width_too(operator: str) -> None:
    wanted = parse(f"{NAMES[operator][0]}:{WORTH[operator]}", NOW, PLACES)
    assert wanted.part is not None
    assert wanted.problems == ()
    for name in NAMES[operator]:
        wide = "".join(chr(ord(one) + 0xFEE0) if one.isalpha() and one.isascii() else one for one in name)
        for text in (f"{name}:{WORTH[operator]}", f"{name.upper()}：{WORTH[operator]}", f"{wide}：　{WORTH[operator]}"):
            assert parse(text, NOW, PLACES).part == wanted.part, text
            assert parse(f"x　－{text}", NOW, PLACES).part == All((Text("", "x"), Not(wanted.part))), text


PIECES = st.sampled_from(
    ["(", ")", "（", "）", '"', "“", "-", "－", "OR", "AND", " ", "\u3000", "from:", "主题：", "after:", "older_than:",
     "larger:", "is:", "in:", "附件:", "99999999999", "9999y", "99999d", "0000-00-00", "2026-11-03", "\0", "\ue000",
     "发票", "a", "*", ":", "\ud800", "1e9M", "{", "}", "NOT", "——", "!", "或", "，", "on:", "半年", "9999", "往来:",
     "账"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=80))
def test_no_text_makes_it_fail_and_what_it_gives_is_bounded(text: str) -> None:
    query = parse(text, NOW, PLACES)
    assert len(positive_texts(query.part)) <= MOST_TERMS
    for each in (query.part.parts if isinstance(query.part, All) else [query.part]) if query.part else []:
        if isinstance(each, Received):
            assert 0 <= (each.low or each.high or 0) << 12 < 1 << 63
