"""Tagged records, policy files, and records as people paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.dns_policies import PASTED_RECORDS, Wanted, pasted, sts_policy, tags

DOMAIN = "a.example"


def test_tags_are_read_as_they_are_spaced() -> None:
    assert tags("v=DMARC1;p=none ; rua = mailto:x@a.example;;pct") == {
        "v": "DMARC1", "p": "none", "rua": "mailto:x@a.example",
    }  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "em1 CNAME u1.wl.sendgrid.net",
        "em1.a.example.  300 IN CNAME u1.wl.sendgrid.net.",
        "CNAME | em1.a.example | u1.wl.sendgrid.net",
        "cname\tem1\tU1.wl.sendgrid.net.",
    ],
)
def test_a_pasted_record_is_understood_in_any_order(line: str) -> None:
    assert pasted(DOMAIN, f"Type Host Value\n\n{line}\n") == (Wanted("em1.a.example", "CNAME", "u1.wl.sendgrid.net"),)


def test_values_of_text_records_keep_their_case_and_mx_its_host() -> None:
    text = 'TXT resend._domainkey "p=MIGf AB"\n@ TXT v=spf1 include:x.example ~all\nsend MX 10 f.example.'
    assert pasted(DOMAIN, text) == (
        Wanted("resend._domainkey.a.example", "TXT", "p=MIGf AB"),
        Wanted("a.example", "TXT", "v=spf1 include:x.example ~all"),
        Wanted("send.a.example", "MX", "f.example"),
    )


@given(st.text(alphabet=st.sampled_from('abT \t|\n".@_ CNAMEXT0:=;'), max_size=300))
def test_whatever_is_pasted_is_bounded_and_of_the_domain(text: str) -> None:
    found = pasted(DOMAIN, text * 40)
    assert len(found) <= PASTED_RECORDS
    assert all(each.name == DOMAIN or each.name.endswith("." + DOMAIN) for each in found)


@given(st.text(max_size=200))
def test_a_policy_is_read_or_is_none(text: str) -> None:
    assert sts_policy(text).mode in ("", "enforce", "testing", "none")


def test_a_star_stands_for_one_label() -> None:
    policy = sts_policy("version: STSv1\nmode: enforce\nmx: *.a.example\nmax_age: 60\n")
    assert policy.allows("mail.a.example")
    assert not policy.allows("a.example")
    assert not policy.allows("x.mail.a.example")
