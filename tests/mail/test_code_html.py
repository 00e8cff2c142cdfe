"""What cannot be seen in HTML is no code, and what can be seen is."""

import pytest

from mailapp.mail.code import Code
from mailapp.mail.code_html import visible_text
from mailapp.mail.codes import find_codes
from mailapp.mail.html_text import html_to_text


def best(html: str, subject: str = "Hello") -> Code | None:
    return find_codes(subject, html_to_text(html), html, "a@b.example").best


@pytest.mark.parametrize(
    "style",
    [
        "display:none", "DISPLAY : NONE", "visibility:hidden", "opacity:0", "font-size:0", "font-size:1px",
        "mso-hide:all",
        "color:#ffffff", "color:#FFF", "color:white", "color:transparent",
        "background:#123456;color:#123456",
        "max-height:0;overflow:hidden", "text-indent:-9999px", "position:absolute;left:-9999px",
    ],
)  # fmt: skip
def test_a_hidden_code_is_not_found(style: str) -> None:
    html = f'<p>Our news of today.</p><div style="{style}">Your verification code is 482913</div><p>Bye</p>'
    assert best(html) is None
    assert "482913" not in visible_text(html)


@pytest.mark.parametrize(
    "before",
    [
        '<td bgcolor="#1a73e8"><span style="color:#ffffff">',
        '<td style="background:#1a73e8"><span style="color:white">',
        '<td style="background:linear-gradient(#111,#222)"><span style="color:#fff">',
        '<td style="font-size:0px"><span style="font-size:24px">',
        '<style>.b{background:#000}</style><td class="b"><span style="color:#fff">',
        '<td style="color:#ffffff"><span style="color:#111111">',
    ],
)
def test_a_code_on_a_coloured_ground_or_in_a_zero_sized_cell_is_found(before: str) -> None:
    found = best(f"<table><tr><td>Your verification code:</td></tr><tr>{before}482913</span></td></tr></table>")
    assert found is not None
    assert found.value == "482913"


def test_the_preheader_may_say_the_code_too() -> None:
    html = '<div style="display:none">482913 is your login code</div><p>Your login code is</p><h1>482913</h1>'
    found = best(html, "482913 is your login code")
    assert found is not None
    assert found.value == "482913"


def test_colours_styles_and_addresses_of_links_are_no_codes() -> None:
    html = (
        "<style>.code-482913{color:#482913;width:1204px}</style><p style='color:#771204'>Enter the verification code "
        "we sent to your phone.</p><a href='https://example.com/code/482913?utm_id=771204'>Verification code</a>"
    )
    assert best(html) is None


@pytest.mark.parametrize(
    "cells",
    [
        "<table><tr>" + "".join(f"<td>{one}</td>" for one in "482913") + "</tr></table>",
        "".join(f"<span>{one}</span>" for one in "482913"),
        "".join(f"<div style='display:inline-block'>{one}</div>" for one in "482913"),
        "<p>482 913</p>",
        "<p>482&nbsp;913</p>",
        "<p><b>482</b>-<b>913</b></p>",
        "<ul>" + "".join(f"<li>{one}</li>" for one in ["482913"]) + "</ul>",
    ],
)
def test_digits_in_boxes_are_one_code(cells: str) -> None:
    after = "<p>It expires in 10 minutes. Call 030 1234567.</p>"
    found = best(f"<h1>Sign in</h1><p>Your verification code</p>{cells}{after}")
    assert found is not None
    assert (found.value, found.valid_seconds) == ("482913", 600)


def test_the_button_that_confirms_is_the_link_and_not_the_one_that_unsubscribes() -> None:
    html = (
        "<p>Please confirm your email address.</p><a href='https://a.example/home/Ab12Cd34Ef56Gh78'>Home</a>"
        "<a href='https://a.example/confirm/Zz12Yy34Xx56Ww78'>Confirm email</a>"
        "<a href='https://a.example/unsubscribe/Ab12Cd34Ef56Gh78'>Unsubscribe</a>"
    )
    found = find_codes("Confirm your email address", html_to_text(html), html, "a@b.example")
    assert found.link is not None
    assert found.link.value == "https://a.example/confirm/Zz12Yy34Xx56Ww78"
    assert found.best == found.link
