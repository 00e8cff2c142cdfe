"""What a list shows of a draft."""

from mailapp.mail.draft import Draft
from mailapp.mail.draft_listing import DraftListing, listing


def test_a_listing_names_everybody_and_how_it_begins() -> None:
    draft = Draft("l@y.example", "周婧 <zhou@bei.example>", "Ana <a@x.example>, wrong", "e@x.example", " 周三\n见 ")
    assert listing(draft) == DraftListing("l@y.example", "周三 见", "", "周婧\nAna\ne@x.example", 3)


def test_the_html_speaks_where_there_is_no_text() -> None:
    assert listing(Draft(html="<p>三点</p>", text=" ")).preview == "三点"
    assert listing(Draft(html="<p>三点</p>", text="四点")).preview == "四点"


def test_what_cannot_be_stored_as_text_is_not_listed() -> None:
    shown = listing(Draft(to="a\ud800 <a@x.example>", subject="a\ud800b", text="x\ud800"))
    "".join((shown.subject, shown.preview, shown.to_names)).encode()
