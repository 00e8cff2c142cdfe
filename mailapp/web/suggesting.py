"""What the search field offers: operators, and what may follow each."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from mailapp.mail import query_terms, words
from mailapp.mail.query import COMMAS, MINUS, OPENING, QUOTES
from mailapp.mail.query_tree import PEOPLE
from mailapp.store import correspondents, mailboxes, search_places
from mailapp.values import dataclass
from mailapp.web.folders import ALL, folders
from mailapp.web.reader import Reader

LONGEST = 500
SHOWN = 6
PEOPLE_READ = 40
CHINESE = {
    "unread": "未读", "read": "已读", "starred": "星标", "answered": "已回复", "attachment": "附件", "code": "验证码",
    "link": "链接", "anywhere": "所有邮件",
}  # fmt: skip
"""How a value is offered behind an operator that was written in Chinese."""
Pair = tuple[str, str]
"""(what it puts in, what that means)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str
    """The query with it."""
    token: str
    """What it adds, as it is shown."""
    note: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    best: tuple[Suggestion, ...]
    also: tuple[Suggestion, ...]


def suggestions(db: sqlite3.Connection, reader: Reader, text: str) -> Suggestions:
    """For a query up to the place somebody types at."""
    text = "".join(each if each.isprintable() else " " for each in text[-LONGEST:])
    start = token_start(text)
    before, token = text[:start], text[start:]
    minus = token[:1] if token[:1] and token[:1] in MINUS else ""
    key, colon, value = _parted(token[len(minus) :])
    name = query_terms.operator(key) if colon else ""
    pairs = _values(db, reader, name, key, value) if name else _bare(db, reader, token[len(minus) :])
    fresh = (one for one in pairs if one[0].endswith(":") or one[0] not in before.split())
    best = tuple(
        Suggestion(f"{before}{minus}{put}{_after(put)}", minus + put, note) for put, note in islice(fresh, SHOWN)
    )
    offered = {one.token for one in best}
    chips = _chips(db, reader, text, before if not name or not value else f"{text} ")
    return Suggestions(best, tuple(one for one in chips if one.token not in offered))


def _after(put: str) -> str:
    """Blank after what is complete."""
    return "" if put.endswith(":") else " "


def token_start(text: str) -> int:
    """Where the word that is being typed begins: after the last blank outside quotes."""
    start, quoted = 0, False
    for at, one in enumerate(text):
        if one in QUOTES:
            quoted = not quoted
        elif not quoted and (one.isspace() or one in OPENING):
            start = at + 1
    return start


def _parted(token: str) -> tuple[str, str, str]:
    return token.replace("：", ":", 1).partition(":") if "：" in token else token.partition(":")


def _quoted(value: str) -> str:
    return f'"{value}"' if any(each.isspace() for each in value) else value


def _starts(value: str, *candidates: str) -> bool:
    wanted = words.fold(value)
    return any(words.fold(each).startswith(wanted) or wanted in words.fold(each) for each in candidates)


def _values(db: sqlite3.Connection, reader: Reader, name: str, key: str, value: str) -> Iterator[Pair]:
    """What may follow an operator, as it was written (`key`)."""
    kept = ""
    if name in (*PEOPLE, "addressed"):  # the last one of several
        at = max(value.rfind(one) for one in COMMAS) + 1
        kept, value = value[:at], value[at:]
    value = value.strip(QUOTES)
    sources: dict[str, Callable[[], Iterator[Pair]]] = {
        "from": lambda: _people(db, reader, value),
        "to": lambda: _people(db, reader, value),
        "cc": lambda: _people(db, reader, value),
        "addressed": lambda: _people(db, reader, value),
        "in": lambda: _folders(db, reader, key),
        "label": lambda: ((_quoted(each), "") for _, each in search_places.labels(db, _account(reader))),
    }
    source = sources.get(name, lambda: _fixed_as(key, _fixed(reader, name)))
    for put, note in source():
        if name in (*PEOPLE, "addressed") or _starts(value, put.strip('"'), note):
            yield f"{key}:{kept}{put}", note


def _fixed_as(key: str, values: list[Pair]) -> Iterator[Pair]:
    """Values of ours in Chinese behind an operator in Chinese."""
    return ((put if key.isascii() else CHINESE.get(put, put), note) for put, note in values)


def _account(reader: Reader) -> int:
    assert reader.account is not None
    return reader.account.id


def _people(db: sqlite3.Connection, reader: Reader, value: str) -> Iterator[Pair]:
    """People written to, then those mail came from; the account's own addresses, where mail came for them."""
    seen = set()
    for person in correspondents.matching(db, _account(reader), value, SHOWN) if value else ():
        seen.add(person.address)
        yield person.address, person.name
    for name, address in search_places.senders(db, _account(reader)):
        if address not in seen and (not value or _starts(value, name, address)):
            seen.add(address)
            yield address, name


def _folders(db: sqlite3.Connection, reader: Reader, key: str) -> Iterator[Pair]:
    for folder in folders(reader, mailboxes.of_account(db, _account(reader))).values():
        named = not folder.role or not key.isascii()
        everywhere = "anywhere" if key.isascii() else CHINESE["anywhere"]
        put = everywhere if folder.key == ALL else _quoted(folder.name) if named else folder.key
        yield put, reader.gettext("Everywhere, trash and junk too") if folder.key == ALL else folder.name


def _fixed(reader: Reader, name: str) -> list[Pair]:
    """Values that are the same for everybody."""
    _ = reader.gettext
    today = datetime.now(reader.zone).date()
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    ago = today - timedelta(days=30)
    return {
        "after": [
            (f"{month}", _("since the month began")),
            (f"{ago}", _("the last 30 days")),
            (f"{year}", _("since the year began")),
        ],
        "before": [
            (f"{today}", _("before today")),
            (f"{month}", _("before this month")),
            (f"{year}", _("before this year")),
        ],
        "older_than": [("7d", _("7 days")), ("1m", _("a month")), ("1y", _("a year"))],
        "newer_than": [("1d", _("a day")), ("7d", _("7 days")), ("1m", _("a month"))],
        "larger": [("1M", "1 MB"), ("5M", "5 MB"), ("10M", "10 MB")],
        "smaller": [("100K", "100 KB"), ("1M", "1 MB")],
        "is": [("unread", _("Unread")), ("read", _("Read")), ("starred", _("Starred")), ("answered", _("Answered"))],
        "has": [
            ("attachment", _("Attachments")),
            ("code", _("a code")),
            ("link", _("a link to log in or confirm")),
            ("label", _("a label")),
        ],
        "on": [("today", _("Today")), ("yesterday", _("Yesterday")), (f"{month:%Y-%m}", _("this month"))],
        "filename": [("pdf", ""), ("xlsx", ""), ("docx", ""), ("zip", ""), ("jpg", "")],
    }.get(name, [])  # fmt: skip


def operators(reader: Reader) -> list[Pair]:
    """Every operator with what it is for."""
    _ = reader.gettext
    return [
        ("from:", _("who it is from")),
        ("to:", _("who it went to")),
        ("subject:", _("words of the subject")),
        ("has:attachment", _("with attachments")),
        ("is:unread", _("not read yet")),
        ("is:starred", _("with a star")),
        ("has:code", _("with a code")),
        ("newer_than:7d", _("the last 7 days")),
        ("after:", _("since a day")),
        ("before:", _("before a day")),
        ("older_than:", _("older than")),
        ("on:", _("on a day")),
        ("in:", _("in a folder")),
        ("label:", _("with a label")),
        ("filename:", _("name of an attachment")),
        ("cc:", _("in copy to")),
        ("addressed:", _("from, to or in copy to")),
        ("body:", _("words of the text")),
        ("is:read", _("read")),
        ("is:answered", _("answered")),
        ("has:link", _("with a link to log in or confirm")),
        ("has:label", _("with any label")),
        ("larger:", _("larger than")),
        ("smaller:", _("smaller than")),
        ("list:", _("of a mailing list")),
        ("code:", _("with this code")),
    ]


def _bare(db: sqlite3.Connection, reader: Reader, token: str) -> Iterator[Pair]:
    """Operators that begin like the word, then people; all operators for no word."""
    folded = words.fold(token)
    for put, note in operators(reader):
        operator, _, value = put.partition(":")
        names = (*query_terms.NAMES[operator], value, CHINESE.get(value, ""), *query_terms.NAMES.get(value, ()))
        found = next((each for each in names if each.startswith(folded)), "") if folded else operator
        if found:
            # whoever writes Chinese goes on in Chinese
            yield (put if value or found.isascii() else f"{found}:"), note
    if len(folded) > 1 or (folded and not folded.isascii()):
        for address, name in islice(_people(db, reader, token), SHOWN - 2):
            yield f"from:{address}", name


def _chips(db: sqlite3.Connection, reader: Reader, text: str, before: str) -> Iterator[Suggestion]:
    """Further operators, those left out that stand there already."""
    assert reader.account is not None
    own = reader.account.address
    aliases = [each for each in search_places.recipients(db, reader.account.id) if each != own][:1]
    chips = [
        "has:attachment",
        "has:code",
        "is:unread",
        *(f"to:{each.partition('@')[0]}@" for each in aliases),
        "in:anywhere",
        "-from:",
    ]
    for chip in chips:
        again = chip.startswith(("has:", "is:"))
        if (chip if again else chip.lstrip("-").partition(":")[0] + ":") not in text:
            yield Suggestion(f"{before}{chip}{_after(chip)}", chip, "")
