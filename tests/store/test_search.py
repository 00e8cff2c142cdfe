"""Searching gives what a slow, plain look at every message gives; and what that leaves open, by name."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailapp.flow.understanding import words_of
from mailapp.mail.han import SIMPLIFIED, TRADITIONAL
from mailapp.mail.message import Message, Part, Person
from mailapp.mail.query import parse
from mailapp.mail.query_tree import All, Any, HasFiles, In, Is, Labelled, Not, Places, Received, Size, Text
from mailapp.store import (
    arrivals,
    contents,
    filings,
    mailboxes,
    search,
    search_letters,
    search_other,
    search_pairs,
    search_reach,
    search_scan,
)
from mailapp.store.database import connect
from mailapp.store.migrate import prepare
from mailapp.store.search import Search
from tests.store.support import check_index, note_pairs

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = 86_400_000
OWN, ALIAS = "lin@yuanye.example", "jd@yuanye.example"


@dataclass(frozen=True)
class Sample:
    """A message, as a plain look sees it."""

    subject: str = ""
    body: str = ""
    from_: str = ""
    to: str = ""
    cc: str = ""
    list_id: str = ""
    files: tuple[str, ...] = ()
    delivered_to: str = OWN
    folder: str = "inbox"
    seen: bool = False
    flagged: bool = False
    label: bool = False
    answered: bool = False
    offers: str = ""
    """"code", "link", "both", or "wrong": a code somebody said is none."""
    size: int = 1_000
    age_days: int = 0


@dataclass
class Account:
    db: sqlite3.Connection
    id: int
    folders: dict[str, int]
    label: int
    held: dict[int, Sample] = field(default_factory=dict)
    ids: arrivals.MessageIds = field(default_factory=arrivals.MessageIds)

    @property
    def places(self) -> Places:
        named = {name: In(number) for name, number in self.folders.items()}
        return Places({**named, "anywhere": In(None), "starred": Is("starred")}, {"发票": self.label})

    def add(self, samples: list[Sample]) -> None:
        self.bring(sorted(samples, key=lambda one: -one.age_days))

    def bring(self, samples: list[Sample]) -> None:
        """Add in this order, as mail of another server that keeps its old times."""
        for number, sample in enumerate(samples):
            at = int(NOW.timestamp() * 1000) - sample.age_days * DAY + 1 + number
            self.held[self._add(sample, at)] = sample

    def _add(self, sample: Sample, at_ms: int) -> int:
        parts = tuple(Part(n, "text/plain", name, "", False, "", "", 0, 0, 0) for n, name in enumerate(sample.files, 1))
        message = Message(
            subject=sample.subject, text_source=sample.body, list_id=sample.list_id, attachments=parts,
            from_=(Person(sample.from_, ""),), to=(Person(sample.to, ""),), cc=(Person(sample.cc, ""),),
        )  # fmt: skip
        arrival = arrivals.Arrival(
            b"x", sample.size, None, sample.from_, "", sample.subject, "", len(parts), "", (), words_of(message),
            (arrivals.Copy(self.id, (sample.delivered_to,), b""),),
        )  # fmt: skip
        number = arrivals.add(self.db, self.ids, arrival, at_ms)[0].message_id
        if sample.folder != "inbox":
            filings.relocate(self.db, self.id, [number], self.folders[sample.folder], 0)
        filings.set_seen(self.db, self.id, [number], sample.seen)
        filings.set_flagged(self.db, self.id, [number], sample.flagged)
        self.db.execute("UPDATE messages SET answered = ? WHERE id = ?", (sample.answered, number))
        if sample.offers:
            kind, link = "link" if sample.offers == "link" else "code", "https://x" if sample.offers == "both" else ""
            self.db.execute(
                "INSERT INTO codes (message_id, account_id, kind, value, link, confidence, dismissed_at)"
                " VALUES (?, ?, ?, '1', ?, 1, ?)",
                (number, self.id, kind, link, 1 if sample.offers == "wrong" else None),
            )
        if sample.label:
            self.db.execute("INSERT INTO message_labels (message_id, label_id) VALUES (?, ?)", (number, self.label))
        return number

    def empty(self) -> None:
        filings.erase_some(self.db, self.id, 10_000)
        self.held.clear()

    def find(self, text: str, folder: str = "") -> list[int]:
        found = search.page(self.db, self.search(text, folder), None, 1_000, patient=True)
        return found.ids

    def search(self, text: str, folder: str = "") -> Search:
        return Search(self.id, parse(text, NOW, self.places).part, self.folders[folder] if folder else None)

    def subjects(self, text: str, folder: str = "") -> list[str]:
        return [self.held[each].subject for each in self.find(text, folder)]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    path = tmp_path_factory.mktemp("search") / "emails.db"
    prepare(path)
    db = connect(path)
    for number, address in ((1, OWN), (2, "ann@yuanye.example")):
        db.execute(
            "INSERT INTO accounts (id, address, password_hash, created_at) VALUES (?, ?, '', 0)", (number, address)
        )
        for role in ("inbox", "archive", "junk", "trash", "drafts", "sent"):
            db.execute("INSERT INTO mailboxes (account_id, role) VALUES (?, ?)", (number, role))
    held = {each.role or "": each.id for each in mailboxes.of_account(db, 1)}
    label = db.execute("INSERT INTO labels (account_id, name) VALUES (1, '发票')").lastrowid
    assert label is not None
    yield Account(db, 1, held, label)
    db.close()


@pytest.fixture(autouse=True)
def _fresh(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.empty()
    monkeypatch.setattr(search_pairs, "SHAPE", search_pairs.Shape(piece_bits=1, block_bits=3, most=1))
    monkeypatch.setattr(search_reach, "READ_PIECES", 1)
    monkeypatch.setattr(search_reach, "SCATTERED", 2)
    monkeypatch.setattr(search_scan, "READ", 3)


# ---- the plain look

SIMPLER = dict(zip(TRADITIONAL, SIMPLIFIED, strict=True))


def plain_words(text: str) -> list[str]:
    """Words by going through the characters one by one."""
    found: list[str] = []
    word = ""
    for one in normalize("NFKC", text):
        one = SIMPLER.get(one, one)
        base = "".join(each for each in normalize("NFD", one.lower()) if not "\u0300" <= each <= "\u036f")
        base = {"ß": "ss", "й": "й"}.get(one.lower(), base)
        is_cjk = "\u3400" <= one <= "\u9fff" or "\u0e01" <= one <= "\u0e2e"
        if is_cjk or not base.isalnum():
            found += [word] if word else []
            found += [base] if is_cjk else []
            word = ""
        else:
            word += base
    return [*found, word] if word else found


def plain_in(words: list[str], text: str, *, exact: bool) -> bool:
    words, text = [one.replace("账", "帐") for one in words], text.replace("账", "帐")
    asked = plain_words(text)
    prefix = not exact and len(asked[-1]) > 1  # one that is written without blanks is a word by itself
    for at in range(len(words) - len(asked) + 1):
        *start, end = words[at : at + len(asked)]
        if start == asked[:-1] and (end == asked[-1] or (prefix and end.startswith(asked[-1]))):
            return True
    return False


def plain(part: object, one: Sample) -> bool:
    match part:
        case Text(where, text, exact):
            people = f"{one.from_} {one.to} {one.cc}"
            texts = {
                "": [one.subject, people, one.body, " ".join(one.files)],
                "subject": [one.subject], "body": [one.body], "from": [one.from_], "to": [one.to, one.delivered_to],
                "cc": [one.cc], "list": [one.list_id], "filename": [" ".join(one.files)],
                "code": [one.subject, one.body],
            }[where]  # fmt: skip
            if where == "" and text.isascii():
                texts.append(one.delivered_to)
            return any(plain_in(plain_words(each), text, exact=exact) for each in texts)
        case Is(state):
            return {
                "unread": not one.seen, "read": one.seen, "starred": one.flagged, "answered": one.answered,
                "labelled": one.label, "code": one.offers in ("code", "both"), "link": one.offers in ("link", "both"),
            }[state]  # fmt: skip
        case HasFiles():
            return bool(one.files)
        case In(None):
            return True
        case In(number):
            return {1: "inbox", 2: "archive", 3: "junk", 4: "trash"}[number] == one.folder
        case Labelled():
            return one.label
        case Received(low, high):
            at = int(NOW.timestamp() * 1000) - one.age_days * DAY + 100
            return (low is None or at >= low) and (high is None or at < high)
        case Size(low, high):
            return (low is None or one.size >= low) and (high is None or one.size < high)
        case Not(inner):
            return not plain(inner, one)
        case All(parts):
            return all(plain(each, one) for each in parts)
        case Any(parts):
            return any(plain(each, one) for each in parts)
    raise AssertionError(part)


def plain_find(account: Account, text: str, folder: str) -> list[int]:
    part = parse(text, NOW, account.places).part
    if part is None:
        return []
    named = search_scan.places_named(part)
    apart = {account.folders["trash"], account.folders["junk"]}
    reach = bool(folder) or None in named or bool(apart & named)
    return [
        number
        for number, one in sorted(account.held.items(), reverse=True)
        if plain(part, one) and (reach or one.folder not in ("trash", "junk")) and (not folder or one.folder == folder)
    ]


WORDS = [
    "验证码",
    "驗證",
    "发票",
    "發票",
    "发",
    "票",
    "code",
    "Codes",
    "co",
    "café",
    "CAFE",
    "４８",
    "482",
    "48-2",
    "ＡＢ",
    "ab",
    "请单",
    "单请",
    "单",
    "账单",
    "帳單",
    "Straße",
    "strass",
    "счёт",
    "Счет",
    "йо",
    "йогурт",
    "กขค",
    "ขค",
]
texts = st.lists(st.sampled_from([*WORDS, "，", ".", "-"]), max_size=5).map(" ".join) | st.lists(
    st.sampled_from(WORDS), max_size=3
).map("".join)
samples = st.builds(
    Sample, subject=texts, body=texts, from_=texts, to=texts, cc=texts, list_id=texts,
    files=st.lists(texts.map(lambda text: text + ".pdf"), max_size=2).map(tuple),
    delivered_to=st.sampled_from([OWN, ALIAS]), folder=st.sampled_from(["inbox", "inbox", "archive", "junk", "trash"]),
    seen=st.booleans(), flagged=st.booleans(), label=st.booleans(), answered=st.booleans(),
    offers=st.sampled_from(["", "code", "link", "both", "wrong"]),
    size=st.sampled_from([500, 1_000, 1_024, 199_999, 200_000, 5_000_000]), age_days=st.integers(0, 40),
)  # fmt: skip
terms = st.sampled_from(
    [*WORDS, "jd", "pdf", '"ab"', '"发 票"', "is:unread", "is:read", "is:starred", "has:attachment", "in:trash",
     "in:archive", "in:junk", "in:anywhere", "in:inbox", "label:发票", "older_than:7d", "newer_than:2w", "larger:1K",
     "smaller:200K", "larger:200K", "before:2026-11-01", "after:2026-11-20", "on:2026-11-20", "has:code", "has:link",
     "has:label", "is:answered"]
) | st.builds(
    "{}:{}".format, st.sampled_from(["from", "to", "cc", "subject", "filename", "list", "code", "往来", "主题"]),
    st.sampled_from([*WORDS, '"发票"', "jd@yuanye", "ab，票"]),
)  # fmt: skip
queries = st.recursive(
    terms,
    lambda inner: (
        st.builds("-{}".format, inner)
        | st.builds("({})".format, inner)
        | st.lists(inner, min_size=2, max_size=3).map(" ".join)
        | st.lists(inner, min_size=2, max_size=3).map(" OR ".join)
        | st.lists(inner, min_size=2, max_size=3).map(lambda these: f"{{{' '.join(these)}}}")
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(samples, min_size=1, max_size=12),
    st.lists(queries, min_size=8, max_size=8),
    st.sampled_from(["", "", "archive", "trash"]),
    st.booleans(),
    st.integers(0, 8),
    st.sampled_from([0, 100, 1_000]),
)
def test_it_finds_what_a_plain_look_finds(
    account: Account, held: list[Sample], asked: list[str], folder: str, brought: bool, pieces: int, buckets: int
) -> None:
    account.empty()
    (account.bring if brought else account.add)(held)
    note_pairs(account.db, pieces, buckets)
    for text in asked:
        assert account.find(text, folder) == plain_find(account, text, folder), text
        wanted = account.search(text, folder)
        assert search.matching(account.db, wanted, list(account.held)) == set(plain_find(account, text, folder)), text


# ---- what a plain look leaves open


def test_mail_the_release_before_indexed_is_found_by_people_and_size_too(account: Account) -> None:
    content = (
        b"From: Ann Doe <ann@sender.example>\r\nTo: Bo <bo@there.example>\r\nCc: cy@there.example\r\n"
        b"List-Id: Dev <dev.lists.example>\r\nSubject: Old invoice\r\n\r\nold words\r\n"
    )
    old = contents.Words(
        1, "Old invoice", "Ann Doe ann@sender.example Bo bo@there.example cy@there.example", "old words", ""
    )
    arrival = arrivals.Arrival(
        content, len(content), None, "Ann Doe", "ann@sender.example", "Old invoice", "", 0, "", (), old,
        (arrivals.Copy(account.id, (ALIAS,), b""),),
    )  # fmt: skip
    number = arrivals.add(account.db, account.ids, arrival, int(NOW.timestamp() * 1000))[0].message_id
    account.held[number] = Sample("Old invoice")
    account.add([Sample("New invoice", from_="Ann Doe", age_days=0)])
    for text in ("invoice", "from:ann", "from:doe invoice", '"old invoice"'):
        assert number in account.find(text), text
        assert number in search.matching(account.db, account.search(text), [number]), text
    for text in ("to:bo", "cc:cy", "list:dev", "to:jd@yuanye", "smaller:1K from:ann", "-has:attachment to:bo"):
        assert account.find(text) == [number], text
    for text in ("from:bo", "to:ann", "cc:bo", "larger:1K from:ann -new", "-from:ann"):
        assert number not in account.find(text), text
    filings.erase(account.db, account.id, number)
    check_index(account.db)
    assert number not in account.find("from:ann")


@pytest.mark.parametrize(
    ("kept", "asked", "is_held"),
    [
        ("Straße 发 票", "Straße发票", True),
        ("ёлка 发 票", "ёлк 发票", False),
        ("发 票 ёлка", "发票 ёлк", True),
        ("发 票 เงิน", "发票เงิ", True),
        ("Straße 发 货", "Straße发票", False),
    ],
)
def test_phrases_are_read_in_words_an_earlier_release_kept(kept: str, asked: str, is_held: bool) -> None:
    assert search_other.phrase_in("", asked, 0, "", "", kept, "") == is_held


def test_paging_shows_every_hit_once_in_order(account: Account) -> None:
    account.add([Sample(f"发票 {n}", age_days=n % 7, folder="archive" if n % 3 else "inbox") for n in range(60)])
    wanted = account.search("发票 (in:inbox OR in:archive)")
    seen: list[int] = []
    before: int | None = None
    while True:
        found = search.page(account.db, wanted, before, 7)
        seen += found.ids
        if not found.resume:
            break
        before = found.resume
    assert seen == sorted(account.held, reverse=True)


def test_a_batch_for_acts_on_all_hits_ends_with_zero(account: Account) -> None:
    account.add([Sample("发票") for _ in range(12)])
    wanted = account.search("发票")
    first, resume = search.batches(account.db, wanted, None, 5)
    second, resume = search.batches(account.db, wanted, resume, 5)
    third, resume = search.batches(account.db, wanted, resume, 5)
    assert [len(each) for each in (first, second, third)] == [5, 5, 2]
    assert resume == 0


def test_where_the_time_is_over_the_next_page_goes_on(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.add([Sample(f"发票 {n}", age_days=30 - n) for n in range(30)])
    monkeypatch.setattr(search_scan, "SMALL", 0)
    monkeypatch.setattr(search_scan, "WINDOW", 3)
    monkeypatch.setattr(search, "PAGE_S", 0)
    monkeypatch.setattr(search, "COUNT_S", 0)
    first = search.page(account.db, account.search("发票"), None, 50, count=True)
    assert 0 < len(first.ids) < 30
    assert not first.counted_all
    seen, before = list(first.ids), first.resume
    while before:
        found = search.page(account.db, account.search("发票"), before, 50)
        seen, before = seen + found.ids, found.resume
    assert seen == sorted(account.held, reverse=True)


def test_amid_hits_the_count_ends_with_its_time_and_says_so(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.add([Sample("发票") for _ in range(30)])
    monkeypatch.setattr(search, "COUNT_S", 0)
    found = search.page(account.db, account.search("发票"), None, 10, count=True)
    assert len(found.ids) == 10
    assert 10 < found.count < 30
    assert not found.counted_all
    assert found.resume == found.ids[-1]


def test_windows_last_as_long_as_there_is_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(search_reach.time, "monotonic", lambda: clock[0])
    sizes = []
    for piece in search_reach.windows(search_reach.Stretch(0, 100_000), 1_000, True, lambda: 0.05 - clock[0]):
        sizes.append(piece.high - piece.low)
        clock[0] += 1e-6 * sizes[-1]
    assert sizes[:4] == [1_000, 4_000, 16_000, 20_000]
    assert sizes[4] < 10_000, "what is left is 9 ms"
    assert sum(sizes) == 100_000


def test_neighbours_of_a_hit_are_the_hits_beside_it(account: Account) -> None:
    account.add([Sample("发票", age_days=3), Sample("别的", age_days=2), Sample("发票", age_days=1)])
    oldest, _, newest = sorted(account.held)
    wanted = account.search("发票")
    assert search.neighbours(account.db, wanted, oldest) == (newest, None)
    assert search.neighbours(account.db, wanted, newest) == (None, oldest)


def test_a_beginning_of_very_many_words_is_said_to_be_cut(account: Account) -> None:
    account.add([Sample(f"num{n:04}") for n in range(140)])
    found = search.page(account.db, account.search("num"), None, 10)
    assert found.cut == ("num",)
    assert search.page(account.db, account.search("num0"), None, 10).ids


def test_letters_sql_reads_are_a_few_at_a_time(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_scan, "READ", 3)
    account.add([Sample("发票 对账") for _ in range(10)])
    numbers = tuple(row[0] for row in account.db.execute("SELECT number FROM search_numbers ORDER BY number"))
    part = account.search("发票 -对账").whole
    assert part is not None
    letters = search_letters.asked([part], "new", "", lambda beginning: [beginning])
    assert letters.slow
    assert not search_letters.asked([Text("", "发票")], "new", "", lambda beginning: [beginning]).slow
    scope = search_scan.scope_of(account.db, account.id, part)
    scan = search_scan.Scan(account.db, scope, search.TOP, search_reach.Deadline(0))
    assert list(scan._read(letters, numbers, descending=True)) == []
    row = account.db.execute("SELECT message_id FROM search_numbers WHERE number = ?", (numbers[-3],)).fetchone()
    assert scan.stopped == row[0], "three were looked at"
    account.empty()
