"""SPF records: read, and written so that a relay is let in."""

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail import spf


def test_mechanisms_are_counted_and_includes_named() -> None:
    read = spf.read("v=spf1 a mx/24 ip4:192.0.2.0/24 include:_spf.a.example ?exists:%{i}.x.example -all exp=e.example")
    assert (read.asking, read.includes, read.ending, read.wrong) == (4, ("_spf.a.example",), "-", "")
    assert spf.read("v=spf1 redirect=b.example").redirects
    assert spf.read("v=spf1 a allow ~all").wrong == "allow"


def test_an_include_is_put_before_the_end_and_only_once() -> None:
    assert spf.allowing("", ["a.example"]) == "v=spf1 include:a.example ~all"
    assert spf.allowing("v=spf1 mx -all", ["a.example"]) == "v=spf1 mx include:a.example -all"
    assert spf.allowing("v=spf1 include:A.example -all", ["a.example"]) == "v=spf1 include:A.example -all"
    assert spf.allowing("v=spf1 redirect=b.example", ["a.example"]) == "v=spf1 include:a.example redirect=b.example"


@given(st.text(max_size=200))
def test_whatever_stands_there_is_read_and_what_is_written_lets_the_relay_in(text: str) -> None:
    spf.read(text)
    written = spf.read(spf.allowing(f"v=spf1 {text}", ["a.example"]))
    assert "a.example" in written.includes or len(written.terms) >= spf.TERMS
