"""A message made anew from its parts reads as it was, whatever they hold."""

from hypothesis import given
from hypothesis import strategies as st

from mailapp.mail.content import MemoryContent
from mailapp.mail.message import Person
from mailapp.mail.parser import parse
from mailapp.mail.restored import restored

ANYTHING = st.text(max_size=200)


@given(
    key=ANYTHING,
    sender=ANYTHING,
    to=st.lists(ANYTHING, max_size=3),
    subject=ANYTHING,
    body=ANYTHING,
    html=st.booleans(),
)
def test_nothing_in_a_part_becomes_a_field_or_a_line(
    key: str, sender: str, to: list[str], subject: str, body: str, html: bool
) -> None:
    data, message_id = restored(
        key=key, from_=Person("", sender), to=to, subject=subject, body=body, html=html, when_s=1_735_720_200
    )
    header, _, _ = data.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in header.split(b"\r\n") if not line.startswith(b" ")]
    assert set(names) <= {
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type",
        b"Content-Transfer-Encoding"
    }  # fmt: skip
    assert len(names) == len(set(names))
    message = parse(MemoryContent(data))
    assert message.message_id == message_id
    assert message.date_ms == 1_735_720_200_000


def test_text_and_subject_read_as_they_were() -> None:
    data, _ = restored(
        key="1", from_=Person("商城", "a@b.example"), to=["lin@c.example"], subject="您的验证码",
        body="第一行\n第二行", html=False, when_s=0,
    )  # fmt: skip
    message = parse(MemoryContent(data))
    assert (message.subject, message.text) == ("您的验证码", "第一行\n第二行")
    assert message.from_[0] == Person("商城", "a@b.example")
