"""The ground a letter's <body> gives it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.ground import body_of, ground, on_ground
from mailapp.mail.sanitize import sanitize, survey
from mailapp.mail.style_sheets import MANNER


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<body bgcolor=#f0f0f0>", "background-color:#f0f0f0"),
        ("<BODY class='a>b' bgcolor=eeeeee text='#222'>", "background-color:#eeeeee;color:#222"),
        ("<body style='background:#f0f0f0;margin:0;color:#333'>", "background-color:#f0f0f0;color:#333"),
        ("<body style='background:url(https://x.example/a) navy'>", "background-color:navy"),
        ("<body bgcolor='red;position:fixed'>", "background-color:red"),
        ("<body bgcolor='#FFFFFF' text=red>", "color:red"),
        ("<body style='background-color:rgb(255, 255, 255)!important'>", ""),
        ("<body style='color:red'>", ""),
        ("<body style='color:white;background:url(night.png)'>", ""),
        (
            "<body bgcolor=#eee style='font:14px/1.6 Arial;text-align:center;width:700px'>",
            "background-color:#eee;font:14px/1.6 Arial;text-align:center",
        ),
        ("<body style='font-family:Georgia,serif;position:fixed;padding:99px'>", "font-family:Georgia,serif"),
        ('<body bgcolor="&quot;><script>">', ""),
        ("<p>no body</p>", ""),
        ("<!-- <body bgcolor=black text=black> -->", ""),
        ("<!--[if mso]><body bgcolor=red><![endif]--><body bgcolor=#eee>", "background-color:#eee"),
        ("<style>/* <body bgcolor=red> */</style><script>'<body bgcolor=red>'</script>", ""),
    ],
)
def test_colours_of_the_body_are_kept_where_its_ground_is_not_white(body: str, expected: str) -> None:
    assert ground(body_of(f"<html><head><style>p{{}}</style></head>{body}<p>Hello"), {}) == expected


def test_the_style_sheet_speaks_of_the_body_too_and_less_loud_than_the_body_itself() -> None:
    body = body_of("<body style='color:#123'>")
    sheet = {"background-color": "#eef", "color": "red", "font-size": "14px"}
    assert ground(body, sheet) == "background-color:#eef;color:#123;font-size:14px"
    assert ground(body, sheet, bare=True) == "font-size:14px"


def test_a_letter_stands_on_its_ground_whatever_it_closes() -> None:
    html = "<html><body bgcolor=#f0f0f0></div></main><p>Hello</body></html>"
    assert sanitize(html, lambda _cid: None, remote=False).html == (
        '<main style="background-color:#f0f0f0"><p>Hello</p></main>'
    )
    assert survey(html).coloured
    assert not survey("<body bgcolor=white><p>Hello").coloured


@given(st.text(st.sampled_from("<>\"'=;:#&bodystylegrunc() \\/*\n"), max_size=80))
def test_whatever_it_says_it_is_colours_and_a_manner(attributes: str) -> None:
    body = body_of(f"<body {attributes}>")
    style = ground(body, {})
    assert all(one.partition(":")[0] in {"background-color", "color", *MANNER} for one in style.split(";") if one)
    assert '"' not in on_ground("", style, body, None).removeprefix('<main style="').removesuffix('"></main>')


@pytest.mark.parametrize(("colour", "black"), [("#000", True), ("#1a1a1a", True), ("navy", False), ("#eee", False)])
def test_a_letter_on_black_is_known(colour: str, black: bool) -> None:
    assert (
        sanitize(f"<body bgcolor={colour}><p style='color:#eee'>x", lambda _cid: None, remote=False).on_black is black
    )
