"""The way a message took."""

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.route import MAX_HOPS, Hop, hops

POSTFIX = (
    "from mail.a.example (mail.a.example (by alias) [203.0.113.9]) by mx.b.example (Postfix) with ESMTPS id 4X"
    " for <l@b.example>; Mon, 23 Nov 2026 10:00:00 +0800 (CST)"
)


def test_hosts_protocol_and_time_are_told() -> None:
    assert hops([POSTFIX, "by 2002:a05 with SMTP id x; Mon, 23 Nov 2026 01:59:58 -0000", "junk"]) == (
        Hop("mail.a.example", "203.0.113.9", "mx.b.example", "ESMTPS", 1_795_399_200_000),
        Hop("", "", "2002:a05", "SMTP", 1_795_399_198_000),
        Hop("", "", "", "", None),
    )


@given(st.lists(st.text(max_size=80), max_size=MAX_HOPS * 2))
def test_any_fields_are_read_and_not_too_many(fields: list[str]) -> None:
    assert len(hops(fields)) == min(len(fields), MAX_HOPS)
