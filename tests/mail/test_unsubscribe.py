"""How a list is left: what of its fields is followed, and what never is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.message import Message
from mailapp.mail.unsubscribe import Mailto, Target, Unsubscribe, target_of, unsubscribe_of
from tests.mail.support import read

CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"


def ways(head: str) -> Unsubscribe | None:
    return unsubscribe_of(read(f"From: News <news@shop.example>\n{head}\n\nx"))


def test_one_click_needs_both_fields_and_https() -> None:
    both = ways(f"List-Unsubscribe: <mailto:out@shop.example>, <https://shop.example/u?id=1>\n{CLICK}".rstrip())
    assert both == Unsubscribe(
        "news@shop.example", Target("shop.example", "/u?id=1"), Mailto("out@shop.example", "unsubscribe", ""), ""
    )
    alone = ways("List-Unsubscribe: <https://shop.example/u?id=1>")
    assert alone is not None
    assert (alone.one_click, alone.link) == (None, "https://shop.example/u?id=1")
    plain = ways(f"List-Unsubscribe: <http://shop.example/u>\n{CLICK}".rstrip())
    assert plain is not None
    assert (plain.one_click, plain.link) == (None, "http://shop.example/u")


def test_a_message_that_offers_nothing_we_follow_has_no_way_out() -> None:
    assert ways("X-A: b") is None
    assert ways("List-Unsubscribe: <javascript:alert(1)>, <ftp://x.example>, <mailto:>") is None
    assert ways("List-Unsubscribe: out@shop.example") is None
    assert ways(CLICK.rstrip()) is None


def test_a_uri_folded_over_lines_is_put_together() -> None:
    found = ways(f"List-Unsubscribe: <https://shop.example/u?\n id=1>\n{CLICK}".rstrip())
    assert found is not None
    assert found.one_click == Target("shop.example", "/u?id=1")


def test_the_list_id_names_the_list_where_there_is_one() -> None:
    found = ways("List-Unsubscribe: <https://x.example>\nList-Id: Our News <News.Shop.Example>")
    assert found is not None
    assert found.key == "news.shop.example"


@pytest.mark.parametrize(
    "uri",
    [
        "http://shop.example/u",
        "https://user:pw@shop.example/u",
        "https://@shop.example/u",
        "https://shop.example:8443/u",
        "https://shop.example:99999/u",
        "https://localhost/u",
        "https://intranet/u",
        "https://127.0.0.1/u",
        "https://2130706433/u",
        "https://0x7f.1/u",
        "https://127.1/u",
        "https://[::1]/u",
        "https://[fe80::1%25eth0]/u",
        "https:///u",
        "https://shop.example\\@evil.example/",
        "https://shop.example/a\rHost: evil.example",
        "https://shop.example/a b",
        "https://shop..example/u",
        "https://shop.example" + "/a" * 3_000,
        "https://中文.example/路",
    ],
)
def test_uris_that_could_mean_somebody_else_are_not_posted_to(uri: str) -> None:
    assert target_of(uri) is None


def test_port_443_said_aloud_and_no_path_are_fine() -> None:
    assert target_of("https://Shop.Example:443?a=1#x") == Target("shop.example", "/?a=1")


def test_a_mailto_brings_one_recipient_a_subject_and_a_body() -> None:
    found = ways(
        "List-Unsubscribe: <mailto:out@shop.example?subject=Leave%20me&body=a%0Ab&bcc=x@y.example&cc=z@y.example>"
    )
    assert found is not None
    assert found.mailto == Mailto("out@shop.example", "Leave me", "a\nb")
    assert ways("List-Unsubscribe: <mailto:a@b.example,c@d.example>") is None
    split = ways("List-Unsubscribe: <mailto:out@shop.example?subject=a%0D%0ABcc:%20x@y.example>")
    assert split is not None
    assert split.mailto is not None
    assert "\n" not in split.mailto.subject
    assert "\r" not in split.mailto.subject


BYTES = st.characters(max_codepoint=255)
"""Fields are kept as latin-1 until they are read."""


@given(st.text(BYTES, max_size=300), st.text(BYTES, max_size=60), st.text(BYTES, max_size=60))
def test_nothing_in_the_fields_is_ever_raised_or_let_through(uris: str, post: str, list_id: str) -> None:
    names = (("List-Unsubscribe", f"<{uris}>"), ("List-Unsubscribe-Post", post), ("List-Id", list_id))
    found = unsubscribe_of(Message(fields=names))
    if found is not None and found.one_click is not None:
        assert found.one_click.path.isascii()
        assert found.one_click.path.isprintable()


@given(st.from_regex(r"https://[a-z0-9.@:\[\]\\/%?#-]{0,60}", fullmatch=True))
def test_a_target_is_a_plain_host_and_path(uri: str) -> None:
    target = target_of(uri)
    if target is not None:
        assert not set(target.host) & set("@:[]\\/%?# ")
        assert "." in target.host
        assert target.path.startswith(("/", "?"))
        assert " " not in target.path
