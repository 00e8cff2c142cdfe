"""Outgoing messages as people and attackers make them, and a strict reading of what goes on the wire."""

import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from mailapp.mail.compose import Attachment, Outgoing, compose
from mailapp.mail.content import MemoryContent
from mailapp.mail.message import Person

DATE = datetime(2026, 11, 23, 8, 30, 5, tzinfo=timezone(timedelta(hours=8)))


def wire_of(outgoing: Outgoing) -> bytes:
    """The whole message."""
    return b"".join(compose(outgoing))


def letter(**fields: object) -> Outgoing:
    """A small message with the given fields."""
    usual = {"from_": Person("Ann", "ann@home.example"), "to": (Person("", "bob@else.example"),), "subject": "Hi"}
    usual |= {"text": "Hello", "message_id": "1.2@home.example", "date": DATE}
    return Outgoing(**(usual | fields))  # type: ignore[arg-type]


def file(name: str = "a.bin", data: bytes = b"data", kind: str = "application/pdf", cid: str = "") -> Attachment:
    return Attachment(name, kind, MemoryContent(data), cid)


_SPECIAL = "abcXYZ 0189 .,;:<>@()[]\\\"'=?_%&/*!\t\r\n-你好附件，。；《》张三éüßЖ😀\u3000\u00a0\u200d\u0085\u2028"
"""Letters of several scripts, what is special in fields, line ends, blanks."""
_ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff")
_PHRASES = st.sampled_from(
    [
        "",
        "Re: ",
        "=?utf-8?B?5L2g?= ",
        "\r\nBcc: evil@else.example",
        "\r\n\r\nbody",
        "From ",
        "\n.\r\n",
        "--=_m_",
        "a" * 90,
    ]
)


def texts(max_size: int) -> st.SearchStrategy[str]:
    """Texts that hold traps."""
    anything = st.one_of(st.text(_SPECIAL, max_size=max_size), st.text(_ANY, max_size=max_size))
    return st.tuples(_PHRASES, anything, _PHRASES, st.text(_SPECIAL, max_size=20)).map("".join)


_ATOM = "abcdefghijklmnopqrstuvwxyzABCDXYZ0189!#$%&'*+/=?^_`{|}~-"
_LOCALS = st.one_of(st.text(_ATOM, min_size=1, max_size=20), st.just("Ann.O'Hara+news"))
_DOMAINS = st.sampled_from(["home.example", "Else.Example", "例子.测试", "mx-1.bücher.example", "[192.0.2.1]"])
_PEOPLE = st.builds(lambda name, local, domain: Person(name, f"{local}@{domain}"), texts(30), _LOCALS, _DOMAINS)
_FILES = st.builds(
    file,
    name=texts(20),
    data=st.binary(max_size=300),
    kind=st.sampled_from(
        ["image/png", "text/plain", "text/html", "message/rfc822", "multipart/mixed", "x\r\nBcc: y/z", ""]
    ),
    cid=st.sampled_from(["", "p1@home.example", "p2@home.example", "bad id\r\n"]),
)
_IDS = st.text("abcXYZ0189.$_-", min_size=1, max_size=40).map(lambda text: f"{text}@home.example")
_HTML = st.one_of(st.just(""), texts(60).map(lambda text: f'<p>{text}</p><img src="cid:p1@home.example">x'))
OUTGOINGS = st.builds(
    Outgoing,
    from_=_PEOPLE,
    to=st.lists(_PEOPLE, max_size=4).map(tuple),
    cc=st.lists(_PEOPLE, max_size=2).map(tuple),
    subject=texts(80),
    text=texts(200),
    html=_HTML,
    attachments=st.lists(_FILES, max_size=2).map(tuple),
    message_id=_IDS,
    date=st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    in_reply_to=st.one_of(st.just(""), _IDS),
    references=st.lists(_IDS, max_size=12).map(tuple),
    extra=st.tuples(st.tuples(st.sampled_from(["Bcc", "X-Note", "Bad Name", "Subject"]), texts(20))),
)  # fmt: skip

_FIELD = re.compile(r"[\x21-\x39\x3b-\x7e]+: ?\S?[^\r\n]*(?:\r\n [^\r\n]*\S[^\r\n]*)*")
_WORD = re.compile(
    r"=\?utf-8\?(?:B\?(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?|Q\?[!*+\-/\w=]*)\?=", re.ASCII
)
ONCE = (
    "date",
    "from",
    "to",
    "cc",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
)


def check_wire(data: bytes) -> list[str]:
    """Assert what RFC 5322, 2045 and 2047 demand of every line; the names of the header fields, in lower case."""
    assert data.endswith(b"\r\n")
    assert data.isascii()
    assert b"\0" not in data
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\n" not in data.replace(b"\r\n", b"")
    text = data.decode("ascii")
    assert max(map(len, text.split("\r\n"))) <= 998
    header, blank, _ = text.partition("\r\n\r\n")
    assert blank
    fields = re.split(r"\r\n(?! )", header)
    for field in fields:
        assert _FIELD.fullmatch(field), field
        for line in field.split("\r\n"):
            words = re.findall(r"=\?[^ ]*\?=", line) if line.lstrip().split(":")[0] != "References" else []
            for word in words:
                assert _WORD.fullmatch(word.rstrip(",")), word
                assert len(word) <= 75
            assert not words or len(line) <= 76, line
    names = [field.partition(":")[0].lower() for field in fields]
    assert all(names.count(name) <= 1 for name in ONCE)
    assert {"date", "from", "subject", "message-id", "mime-version"} <= set(names)
    assert not {"bcc", "resent-bcc"} & set(names)
    return names
