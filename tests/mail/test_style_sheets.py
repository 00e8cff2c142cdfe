"""A letter's style sheet: what its sender meant is kept, for the letter alone."""

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.sanitize import Sanitized, sanitize
from mailapp.mail.selectors import NOT_OURS
from mailapp.mail.style_sheets import MAX_SELECTORS, MAX_WORK
from tests.mail.test_sanitize import judge_sheet


def clean(html: str) -> Sanitized:
    return sanitize(html, lambda _cid: None, remote=False)


def sheet(css: str, more: str = "<p class=a id=b>x") -> str:
    return clean(f"<style>{css}</style>{more}").css


def test_rules_reach_the_letters_own_elements_by_names_that_cannot_be_ours() -> None:
    found = clean("<style>.quoted, p#b.a > td { COLOR : #0b5; margin:0 }</style><p class='a quoted zz' id=b>x")
    assert found.css == ".letter .m-quoted,.letter p#m-b.m-a>td{color:#0b5;margin:0}"
    assert found.html == '<main class="letter"><p class="m-a m-quoted" id="m-b">x</p></main>'
    assert found.coloured


def test_a_letter_without_a_style_sheet_keeps_no_names() -> None:
    assert clean("<p class=a id=b>x").html == "<p>x</p>"


def test_selectors_that_are_not_known_are_left_out_alone() -> None:
    assert sheet(
        "p, v\\:*, a[href^=x], p::before, .é, u+#body p, summary, td:nth-child(2n + 1), [class~=a] b {margin:0}"
    ) == (".letter p,.letter u+#m-body p,.letter td:nth-child(2n + 1),.letter .m-a b{margin:0}")


def test_comments_conditions_of_outlook_and_at_rules_do_not_spoil_what_follows() -> None:
    css = (
        "<!-- /* p{color:red} */ @charset 'x'; @import url(a.css); @font-face{font-family:x;src:url(y)}"
        "@page WordSection1{size:1pt} p.MsoNormal{margin:0cm;mso-style-name:'a;}b'}"
        "@keyframes k{from{top:0}to{top:1px}} @supports (display:grid){p{margin:9px}} td{padding:1px} -->"
    )
    assert sheet(css) == ".letter p.m-MsoNormal{margin:0cm}.letter td{padding:1px}"
    hidden = "<!--[if mso]><style>p{margin:1px}</style><![endif]-->"
    hidden += "<!--[if !mso]><!--><style>p{margin:2px}</style><!--<![endif]-->"
    assert clean(hidden + "<p>x").css == ".letter p{margin:2px}"


def test_what_is_for_narrow_screens_stays_for_narrow_screens() -> None:
    css = (
        "@media only screen and (max-width: 480px){.a{width:100%!important} td{display:block}}"
        "@media print{p{margin:1px}} @media screen{p{margin:2px}} @media (hover:hover){p{margin:3px}}"
    )
    assert sheet(css) == (
        "@media (max-width:480px){.letter .m-a{width:100%!important}.letter td{display:block}}.letter p{margin:2px}"
    )
    assert clean("<style media='(max-width:480px)'>p{margin:0}</style><p>x").css == (
        "@media (max-width:480px){.letter p{margin:0}}"
    )


def test_what_it_says_of_the_body_goes_on_the_letter() -> None:
    found = clean(
        "<style>html,body{background:#eef;font-family:Georgia;margin:0;width:700px} .all{text-align:center}"
        "body p{margin:0}</style><body class='all odd' style='color:#123'><p>x"
    )
    assert found.html == (
        '<main class="letter m-all" style="background-color:#eef;color:#123;font-family:Georgia;text-align:center">'
        "<p>x</p></main>"
    )
    assert found.css == ".letter .m-all{text-align:center}.letter p{margin:0}"


def test_the_dark_a_letter_brings_is_kept_apart() -> None:
    css = "p{color:#333}"
    css += "@media (prefers-color-scheme:dark){body,.card{background:#111!important} p{color:#eee!important}}"
    found = clean(f"<style>{css}</style><body bgcolor=#f4f4f4><p class=card>x")
    assert found.css == ".letter p{color:#333}"
    assert ".letter .m-card{background-color:#111!important}" in found.dark
    assert ".letter{background-color:#111!important}" in found.dark
    assert ".letter p{color:#eee!important}" in found.dark


def test_a_dark_that_leaves_the_letter_on_its_light_ground_is_none() -> None:
    css = "@media (prefers-color-scheme:dark){.card{background:#111} p{color:#eee!important}}"
    assert clean(f"<style>{css}</style><body bgcolor=#f4f4f4><p class=card>x").dark == ""
    assert clean("<style>@media (prefers-color-scheme:dark){p{color:#eee}}</style><p>x").dark == ""


def test_black_on_white_is_shown_in_the_readers_colours() -> None:
    word = "<style>p.MsoNormal{margin:0;color:black} a:link,span.MsoHyperlink{color:#0563C1}</style>"
    found = clean(
        word
        + "<body bgcolor=white text=#000><p class=MsoNormal style='color:windowtext;margin:1px'><font color=black>x"
    )
    assert not found.coloured
    assert found.css == ".letter p.m-MsoNormal{margin:0}"
    assert found.html == '<main class="letter"><p style="margin:1px" class="m-MsoNormal"><font>x</font></p></main>'


def test_lengths_by_the_window_are_left_out_because_the_frame_grows_with_its_letter() -> None:
    assert sheet("p{min-height:100vh;width:50dvw;margin:1px}") == ".letter p{margin:1px}"
    assert clean("<p style='min-height:100vh;margin:1px'>x").html == '<p style="margin:1px">x</p>'


def test_a_picture_held_back_has_the_shape_of_what_will_be_there() -> None:
    found = clean("<img src=http://x.example/a width=600 height=160 style='height:auto'>").html
    assert 'style="aspect-ratio:600 / 160;height:auto"' in found


def test_parentheses_that_do_not_pair_are_left_out_with_what_they_are_in() -> None:
    """In a sheet an open one swallows the rules after it."""
    found = sheet("p{color:red)rgb(;margin:1px}td{background:rgb(0,0,9)}")
    assert found == ".letter p{margin:1px}.letter td{background-color:rgb(0,0,9)}"


def test_a_sheet_is_read_in_bounds() -> None:
    found = sheet("a,b{margin:0}" * MAX_SELECTORS)
    assert found.count("{") == MAX_SELECTORS // 2


def test_rules_that_say_nothing_count_as_well() -> None:
    assert sheet("a{x:1}" * MAX_SELECTORS + "p{margin:0}") == ""


def test_a_sheet_that_would_keep_the_browser_busy_is_cut_short() -> None:
    """Elements times selectors, with what they declare: 3,000 by 13,000 hung the page around the letter too."""
    rules, letter = "* * p:nth-child(2n){margin:0;padding:0}" * 2_000, "<b>x</b>" * 10_000
    kept = sheet(rules, letter).count("{")
    assert 0 < kept <= MAX_WORK / 10_000 / 30
    assert sheet("p{margin:0}" * 200, letter).count("{") == 200, "but not one any letter has"
    assert sheet(rules).count("{") == 2_000


def test_what_stands_beside_the_letter_is_not_reached() -> None:
    """On paper its attachments do."""
    assert sheet("body+div,html+*,:root body+div,.a+.b{margin:0}", "<body class=a><p class=b>") == (
        ".letter .m-a+.m-b{margin:0}"
    )
    found = clean("<style>body{font-size:9px}.sheet,.letter{margin:0}</style><p class='sheet letter'>x")
    assert 'class="m-sheet m-letter"' in found.html or 'class="m-letter m-sheet"' in found.html
    assert "font-size" not in found.css, "no class of a letter is the letter itself"


def test_what_is_for_every_element_is_not_for_the_folds_of_quotations() -> None:
    assert sheet("*,a :first-child{margin:0}") == f".letter *{NOT_OURS},.letter a :first-child{NOT_OURS}{{margin:0}}"


def test_elements_far_behind_others_are_no_part_of_a_selector() -> None:
    """Each makes a browser look at all that stand before it: one rule and 13,000 elements took it half a minute."""
    assert sheet("a~b{margin:1px} p+p{margin:2px}") == ".letter p+p{margin:2px}"


CSS = st.sampled_from(
    [*"{}()[];:,.#*>+~'\"\\@!/<> \n", "/*", "*/", "<!--", "p", "body", ".a", "#b", "a:link", "@media ", "screen",
     "color", "url(", "(max-width:9px)", "(prefers-color-scheme:dark)", "red", "background", "{color:red}",
     "!important", "</style", "é"]
)  # fmt: skip


@given(st.lists(CSS, max_size=40))
def test_whatever_a_sheet_says_what_comes_out_is_rules_for_the_letter(pieces: list[str]) -> None:
    found = clean(f"<style>{''.join(pieces)}</style><p>x")
    judge_sheet(found.css + found.dark)
