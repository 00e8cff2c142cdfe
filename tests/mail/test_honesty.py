"""Who a message really is from: many small cases, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.brands import brand_in
from mailapp.mail.honesty import Finding, findings, of_links
from mailapp.mail.hosts import likeness, looks_like, site_of
from mailapp.mail.link_lies import lying_links
from mailapp.mail.message import Message
from mailapp.mail.sanitize import survey
from tests.mail.support import HTML, read

OWN = ("yuanye.example", "yuanye.com")


def found(head: str, html: str = "", known: tuple[str, ...] = ()) -> list[Finding]:
    mail = f"{head}\nSubject: x\n" + (f"{HTML}{html}" if html else "\nx")
    message = read(mail)
    lies = lying_links(message.html)
    assert survey(message.html).lies == lies
    return [*findings(message, OWN, known), *of_links(lies)]


def kinds(head: str, html: str = "", known: tuple[str, ...] = ()) -> list[str]:
    return [one.kind for one in found(head, html, known)]


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.example.com", "example.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("mail.yuanye.com.cn", "yuanye.com.cn"),
        ("com.cn", "com.cn"),
        ("foo.github.io", "foo.github.io"),
        ("a.foo.github.io", "foo.github.io"),
        ("EXAMPLE.COM.", "example.com"),
        ("192.0.2.1", "192.0.2.1"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_the_site_of_a_host_is_the_name_somebody_registered(host: str, site: str) -> None:
    assert site_of(host) == site


@pytest.mark.parametrize(
    ("site", "known"),
    [
        ("paypa1.com", "paypal.com"),
        ("paypaI.com".lower(), "paypal.com"),
        ("micr0soft.com", "microsoft.com"),
        ("rnicrosoft.com", "microsoft.com"),
        ("xn--pple-43d.com", "apple.com"),  # Cyrillic a
        ("yuanуe.com".encode("idna").decode(), "yuanye.com"),  # Cyrillic y
        ("yuanyee.com", "yuanye.com"),
        ("yunaye.com", "yuanye.com"),
        ("yuan-ye.com", "yuanye.com"),
        ("vvikipedia.org", "wikipedia.org"),
    ],
)
def test_names_made_to_be_mistaken_are_alike(site: str, known: str) -> None:
    assert looks_like(site, known)


@pytest.mark.parametrize(
    ("site", "known"),
    [
        ("yuanye.com", "yuanye.com"),
        ("example.com", "yuanye.com"),
        ("qq.com", "jd.com"),
        ("a.com", "b.com"),
        ("163.com", "126.com"),
        ("sina.com", "sohu.com"),
        ("192.0.2.1", "192.0.2.7"),
        ("", "yuanye.com"),
    ],
)
def test_names_that_only_are_short_or_other_are_not(site: str, known: str) -> None:
    assert not looks_like(site, known)


def test_an_ordinary_message_has_nothing_to_say() -> None:
    assert found("From: 周婧 <zhou@sanlian.example>\nReply-To: zhou@mail.sanlian.example") == []
    assert found("From: Li <li@yuanye.example>\nSender: list@yuanye.example") == []
    assert found("Subject: no sender at all") == []
    assert found('From: "PayPal" <service@paypal.com>') == []
    assert found('From: "amazon.fr" <x@amazon.fr>') == []


def test_a_look_alike_of_our_own_domain_is_serious() -> None:
    (one,) = found("From: Chef <chef@yuanyee.com>")
    assert (one.kind, one.serious, one.values["like"]) == ("look_alike", True, "yuanye.com")


def test_a_look_alike_of_somebody_the_reader_writes_with_is_serious() -> None:
    assert kinds("From: Zhou <zhou@sanl1an.example>", known=("sanlian.example",)) == ["look_alike"]
    assert kinds("From: Zhou <zhou@sanl1an.example>") == []
    assert kinds("From: Zhou <zhou@sanl1an.example>", known=("sanlian.example", "sanl1an.example")) == []


def test_a_look_alike_of_a_well_known_site_is_serious() -> None:
    assert kinds("From: x <service@paypa1.com>") == ["look_alike"]
    assert kinds("From: x <id@xn--pple-43d.com>") == ["look_alike"]


def test_a_name_that_is_another_address_is_serious() -> None:
    (one,) = found('From: "chef@yuanye.example" <x9@mail.evil.example>')
    assert (one.kind, one.serious) == ("name_address", True)
    assert one.values == {"name": "chef@yuanye.example", "address": "x9@mail.evil.example"}
    assert kinds('From: "zhou@mail.sanlian.example" <zhou@sanlian.example>') == []
    assert kinds('From: "chef\u200b@yuanye.example" <x9@evil.example>') == ["name_address"]


def test_a_name_that_claims_our_domain_is_serious() -> None:
    assert kinds('From: "yuanye.com Mail Admin" <a@evil.example>') == ["name_ours"]
    assert kinds('From: "yuanye.com Mail Admin" <a@yuanye.com>') == []


@pytest.mark.parametrize(
    "name",
    [
        "PayPal",
        "PayPal Support",
        "The Apple Team",
        "Apple ID",
        "MICROSOFT account team",
        "支付宝",
        "微信支付安全中心",
        "招商银行信用卡",
    ],
)
def test_a_name_that_claims_a_brand_from_elsewhere_is_serious(name: str) -> None:
    (one,) = found(f"From: {name} <a@evil.example>")
    assert (one.kind, one.serious) == ("name_brand", True)


@pytest.mark.parametrize(
    "name", ["Apple Tree Cafe", "Ben Amazon", "Ann (Google)", "京都旅行", "招商局", "Upsala", "GitHubber"]
)
def test_a_name_that_only_holds_a_brand_is_let_be(name: str) -> None:
    assert brand_in(name) == ""


def test_a_relaying_service_is_named_with_whom_it_names() -> None:
    head = (
        "From: Sam <No-reply_at_samsclub_com_x@icloud.com>\n"
        "X-ICLOUD-HME: p=59clawed@icloud.com; d=; f=me@icloud.com; r=to; s=No-reply@transaction.samsclub.com"
    )
    (one,) = found(head)
    assert (one.kind, one.serious) == ("relayed", False)
    assert one.values == {"service": "Hide My Email", "address": "no-reply@transaction.samsclub.com"}
    simple = 'From: "Hi" <hi_at_x_abc@simplelogin.co>\nX-SimpleLogin-Original-From: Hi <hi@x.example>'
    assert found(simple)[0].values == {"service": "SimpleLogin", "address": "hi@x.example"}
    addy = "From: Hi <a+hi=x.example@anonaddy.me>\nX-AnonAddy-Original-Sender: hi@x.example"
    assert found(addy)[0].values == {"service": "addy.io", "address": "hi@x.example"}
    assert found("From: x@mozmail.com")[0].values == {"service": "Firefox Relay", "address": ""}


def test_fields_of_a_relaying_service_count_for_nothing_from_elsewhere() -> None:
    assert kinds("From: a@evil.example\nX-ICLOUD-HME: p=a@icloud.com; s=boss@yuanye.com") == []
    assert kinds("From: a@evil.example\nX-SimpleLogin-Original-From: boss@yuanye.com") == []
    assert kinds("From: a@icloud.com\nX-ICLOUD-HME: nonsense") == []


def test_a_reply_that_goes_elsewhere_is_worth_knowing() -> None:
    (one,) = found("From: a@shop.example\nReply-To: b@gmail.com")
    assert (one.kind, one.serious, one.values["address"]) == ("reply_to", False, "b@gmail.com")
    assert kinds("From: a@shop.example\nReply-To: b@gmail.com, c@help.shop.example") == []
    assert kinds("From: a@shop.example\nReply-To: list@groups.example\nList-Id: <x.groups.example>") == []


def test_somebody_else_who_sent_it_is_worth_knowing() -> None:
    assert kinds("From: a@shop.example\nSender: bounce@esp.example") == ["via"]


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("www.bank.example", "https://evil.test/x"),
        ("https://bank.example/login", "http://bank.example.evil.test/"),
        ("bank.com", "https://evil.test"),
        ("<b>www.</b>bank.com", "https://evil.test"),
        ("https://bank.com", "https://bank.com@evil.test/"),
        ("w&#119;w.bank.com", "https://evil.test"),
        ("工行.com", "https://evil.test"),
    ],
)
def test_a_link_that_shows_another_address_is_told(text: str, href: str) -> None:
    (one,) = found("From: a@b.example", f'<a href="{href}">{text}</a>')
    assert (one.kind, one.serious, one.values["count"]) == ("links", False, 1)
    assert "evil.test" in str(one.values["leads"])


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("bank.com", "https://www.bank.com/a"),
        ("https://bank.co.uk", "https://online.bank.co.uk"),
        ("Press here", "https://evil.test"),
        ("report.pdf", "https://files.example/x"),
        ("node.js", "https://nodejs.org"),
        ("Version 1.2.3", "https://x.example"),
        ("me@bank.com", "mailto:me@bank.com"),
        ("bank.com", "mailto:a@b.example"),
        ("www.bank.com", "#top"),
    ],
)
def test_a_link_that_shows_words_or_its_own_site_is_let_be(text: str, href: str) -> None:
    assert kinds("From: a@b.example", f'<a href="{href}">{text}</a>') == []


def test_lying_links_are_counted_and_the_first_is_named() -> None:
    html = (
        "<a href='https://x.test'>one.com</a><a href='https://y.test'>two.com</a><a href='https://two.com'>two.com</a>"
    )
    (one,) = found("From: a@b.example", html)
    assert one.values == {"count": 2, "shown": "one.com", "leads": "x.test"}


def test_the_serious_comes_first() -> None:
    head = 'From: "chef@yuanye.com" <a@evil.example>\nReply-To: b@gmail.com'
    assert kinds(head, "<a href='https://x.test'>one.com</a>") == ["name_address", "reply_to", "links"]


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=120))
def test_nothing_is_ever_raised(name: str, address: str, html: str) -> None:
    from mailapp.mail.message import Person

    message = Message(
        from_=(Person(name, address),),
        reply_to=(Person("", html[:20]),),
        sender=(Person(name, name),),
        html_source=html,
    )
    for one in (*findings(message, OWN, (address, name)), *of_links(survey(html).lies)):
        assert all(len(str(value)) <= 120 for value in one.values.values())
    likeness(site_of(address))
