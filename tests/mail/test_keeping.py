"""What mail files keep of folders, flags and labels: our own round trip, and what other programs write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.keeping import Marks, fields_of, maildir_flags, of_maildir, role_of, taken_off

NAMES = st.sampled_from(["项目/校样", "Ümläut", "work", "a b"])


@given(
    st.builds(
        Marks,
        role=st.sampled_from(["inbox", "sent", "drafts", "archive", "junk", "trash"]),
        seen=st.booleans(),
        flagged=st.booleans(),
        answered=st.booleans(),
        labels=st.lists(st.sampled_from(["标签", "to do", "x"]), unique=True, max_size=3).map(tuple),
    )
    | st.builds(Marks, folder=NAMES, seen=st.booleans(), flagged=st.booleans())
)
def test_what_is_written_is_read_again(marks: Marks) -> None:
    head = fields_of(marks)
    end, found = taken_off(head + b"Subject: x\n\n", Marks())
    assert end == len(head)
    assert found == marks


def test_google_takeout_in_english_and_chinese() -> None:
    head = b"X-GM-THRID: 17\r\nX-Gmail-Labels: Inbox,Unread,Important,=?UTF-8?Q?=E5=B7=A5=E4=BD=9C?=\r\nFrom: a\r\n"
    end, found = taken_off(head, Marks())
    assert head[end:] == b"From: a\r\n"
    assert found == Marks("inbox", labels=("工作",))
    chinese = "X-Gmail-Labels: 已归档,已加星标,已打开\nFrom: a\n".encode()
    assert taken_off(chinese, Marks())[1] == Marks("archive", seen=True, flagged=True)
    assert taken_off(b"X-Gmail-Labels: Sent,Trash,Opened\n\n", Marks())[1].role == "trash"


def test_thunderbird_and_mutt() -> None:
    assert taken_off(b"X-Mozilla-Status: 0007\nX-Mozilla-Status2: 00\n\n", Marks())[1] == Marks(
        seen=True, flagged=True, answered=True
    )
    assert taken_off(b"Status: RO\nX-Status: AF\n\n", Marks())[1] == Marks(seen=True, flagged=True, answered=True)


def test_what_a_sender_wrote_below_the_top_says_nothing_of_where_it_lies() -> None:
    head = b"From: a\nX-Gmail-Labels: Trash\nX-Folder: x\n\nStatus: RO\n"
    assert taken_off(head, Marks("inbox")) == (0, Marks("inbox"))
    assert taken_off(b"From: a\nStatus: RO\n\n", Marks("inbox")) == (0, Marks("inbox", seen=True))
    ours = b"Status: O\nFrom: a\nStatus: RO\n\n"
    assert taken_off(ours, Marks())[1] == Marks()


@pytest.mark.parametrize(
    ("folders", "name", "new", "marks"),
    [
        ((), "1700000000.M1.host:2,FRS", False, Marks("inbox", "", True, True, True, at_ms=1_700_000_000_000)),
        ((), "1700000000.M1.host", True, Marks("inbox", at_ms=1_700_000_000_000)),
        ((".Sent",), "x:2,S", False, Marks("sent", seen=True)),
        (("INBOX", "Archive"), "x;2,S", False, Marks("archive", seen=True)),
        ((".项目.校样",), "x", False, Marks(folder="项目/校样")),
        (("a.b", "c"), "x", False, Marks(folder="a.b/c")),
    ],
)
def test_maildir_names(folders: tuple[str, ...], name: str, new: bool, marks: Marks) -> None:
    assert of_maildir(folders, name, new) == marks


def test_maildir_flags_are_sorted() -> None:
    assert maildir_flags(Marks("drafts", seen=True, flagged=True, answered=True)) == "DFRS"
    assert role_of(" Sent Items ") == "sent"
