"""Who would have learned that a letter was opened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.sanitize import sanitize
from mailapp.mail.trackers import MAX_HOSTS, Held, HeldBack, host_of, is_tracker


@pytest.mark.parametrize(
    ("url", "attributes"),
    [
        ("https://x.example/a.png", {"width": "1", "height": "1"}),
        ("https://x.example/a.png", {"style": "width:1px; height: 1px"}),
        ("https://x.example/a.png", {"width": "0"}),
        ("https://x.example/a.png", {"style": "display:none"}),
        ("https://www.google-analytics.com/collect?v=1", {}),
        ("https://acme.us1.list-manage.com/track/open.php?u=1", {}),
        ("https://mail.example/wf/open?upn=1", {}),
        ("https://mail.example/pixel.gif?id=1", {"width": "600"}),
    ],
)
def test_pictures_that_show_nothing_and_known_hosts_are_trackers(url: str, attributes: dict[str, str]) -> None:
    assert is_tracker(url, attributes)


@pytest.mark.parametrize(
    ("url", "attributes"),
    [
        ("https://cdn.example/hero.jpg", {"width": "600", "height": "200"}),
        ("https://cdn.example/line.png", {"width": "600", "height": "1"}),
        ("https://cdn.example/opener.png", {}),
        ("https://gallery.mailchimp.com/abc/images/hero.png", {"width": "100%"}),
        ("https://cdn.example/a.png", {"style": "max-width:600px;width:100%"}),
        ("https://[broken", {}),
    ],
)
def test_pictures_to_look_at_are_none(url: str, attributes: dict[str, str]) -> None:
    assert not is_tracker(url, attributes)


def test_the_sanitiser_tells_the_hosts_by_what_they_would_have_learned() -> None:
    html = (
        '<img src="https://CDN.example:8443/a.jpg"><img src="//cdn.example/b.jpg"><img src="cid:logo">'
        '<img src="https://t.example/x?y=1" width=1 height=1>'
    )
    found = sanitize(html, lambda _cid: None, remote=False)
    assert found.blocked == 3
    assert found.hosts == (Held("t.example", 1, 1), Held("cdn.example", 2, 0))
    assert sanitize(html, lambda _cid: None, remote=True).hosts == ()


def test_hosts_are_few_however_many_a_letter_names() -> None:
    held = HeldBack()
    for number in range(MAX_HOSTS * 3):
        held.note(f"https://h{number}.example/a.png", {})
    assert len(held.hosts()) == MAX_HOSTS


@given(st.text(max_size=60), st.dictionaries(st.sampled_from(["width", "height", "style"]), st.text(max_size=30)))
def test_nothing_a_letter_says_raises(url: str, attributes: dict[str, str]) -> None:
    assert len(host_of(url)) <= 255
    is_tracker(url, attributes)
