"""Which thread a message joins, threads that become one, and what moving and erasing leave of them."""

import sqlite3
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from mailapp.mail import words
from mailapp.store import acts, arrivals, changes, filings, mailboxes, messages, threads
from mailapp.store.acts import Act
from mailapp.store.arrivals import MessageIds
from mailapp.store.contents import Words
from mailapp.store.database import Database
from tests.conftest import make_account
from tests.store.support import arrival

NOW = 1_795_000_000_000
DAY = 86_400_000
LIN = "lin@yuanye.example"
ZHOU = "zhou@sanlian.example"
MARTA = "marta@lindqvist.example"


@dataclass
class Post:
    """Brings mail to Lin and looks at what became of it."""

    database: Database
    lin: int
    ids: MessageIds = field(default_factory=MessageIds)

    async def deliver(
        self,
        *references: str,
        subject: str = "Proofs",
        sender: str = ZHOU,
        to: str = LIN,
        at: int = NOW,
        sent: bool = False,
    ) -> int:
        named = words.index_fields((subject, f"{sender} {to}", "", ""))
        new = replace(
            arrival(self.lin, references=references),
            subject=subject,
            from_address=sender,
            words=Words(words.VERSION, *named),
        )
        if sent:
            return (await self.database.write(arrivals.add_sent, self.ids, new, self.lin, at, to, 1)).message_id
        return (await self.database.write(arrivals.add, self.ids, new, at))[0].message_id

    async def threads(self, *ids: int) -> list[int]:
        """The thread of each, numbered by first appearance."""
        rows = {row.id: row.thread_id for row in await self.database.read(messages.rows, self.lin, ids)}
        seen = list(dict.fromkeys(rows[each] for each in ids))
        return [seen.index(rows[each]) for each in ids]

    async def inbox(self, *, threaded: bool = True) -> list[int]:
        return await self.shown("inbox", threaded=threaded)

    async def shown(self, role: str, *, threaded: bool = True, limit: int = 50) -> list[int]:
        """Ids a list shows, gathered page by page."""

        def look(db: sqlite3.Connection) -> list[int]:
            place = None if role == "all" else mailboxes.by_role(db, self.lin, role)
            view = messages.View(self.lin, place, threaded=threaded)
            found: list[int] = []
            while page := messages.page(db, view, found[-1] if found else None, limit):
                found += [row.id for row in page]
            return found

        return await self.database.read(look)

    async def move(self, role: str, *ids: int) -> None:
        mailbox_id = await self.database.read(mailboxes.by_role, self.lin, role)
        await self.database.write(acts.carry_out, self.lin, Act("move", mailbox_id), ids, NOW)

    async def is_true(self) -> None:
        """What thread_place says is what counting anew gives."""
        await self.database.read(_check)


def _check(db: sqlite3.Connection) -> None:
    rows = db.execute("SELECT id, thread_id, mailbox_id, thread_place FROM messages ORDER BY id").fetchall()
    for message_id, thread_id, mailbox_id, place in rows:
        company = [one for one in rows if one[1] == thread_id and one[0] != message_id]
        newer = [one for one in company if one[2] == mailbox_id and one[0] > message_id]
        assert place == (2 if newer else place and 1), (message_id, place)
        assert place or not company, "only who is alone is told so"


@pytest.fixture
async def post(database: Database) -> Post:
    return Post(database, await make_account(database))


async def test_a_list_of_conversations_shows_the_newest_of_each(post: Post) -> None:
    first = await post.deliver("1@x")
    other = await post.deliver("o@x")
    reply = await post.deliver("2@x", "1@x")
    assert await post.inbox() == [reply, other]
    assert await post.inbox(threaded=False) == [reply, other, first]
    last = await post.deliver("3@x", "2@x")
    assert await post.inbox() == [last, other]
    await post.is_true()


async def test_own_replies_in_sent_belong_to_it_and_leave_the_inbox_as_it_is(post: Post) -> None:
    first = await post.deliver("1@x")
    own = await post.deliver("2@x", "1@x", sender=LIN, to=ZHOU, sent=True)
    assert await post.threads(first, own) == [0, 0]
    assert await post.inbox() == [first]
    assert await post.shown("sent") == [own]
    assert await post.shown("all") == [own], "all mail shows it once, at its newest"
    answer = await post.deliver("3@x", "2@x")
    assert await post.shown("all", limit=1) == [answer]
    await post.is_true()


async def test_moving_and_erasing_bring_the_next_newest_to_the_front(post: Post) -> None:
    ids = [await post.deliver(f"{n}@x", "0@x") for n in range(4)]
    await post.move("archive", ids[3], ids[1])
    assert (await post.inbox(), await post.shown("archive")) == ([ids[2]], [ids[3]])
    await post.is_true()
    await post.move("archive", ids[2])
    assert (await post.inbox(), await post.shown("archive")) == ([ids[0]], [ids[3]])
    await post.is_true()
    await post.move("inbox", ids[3])
    assert (await post.inbox(), await post.shown("archive")) == ([ids[3]], [ids[2]])
    await post.is_true()
    await post.database.write(filings.erase, post.lin, ids[3])
    assert await post.inbox() == [ids[0]]
    await post.is_true()
    for each in (ids[0], ids[1]):
        await post.database.write(filings.erase, post.lin, each)
    assert (await post.inbox(), await post.shown("archive")) == ([], [ids[2]])
    await post.is_true()
    new = await post.deliver("9@x", "2@x")
    assert await post.threads(ids[2], new) == [0, 0], "the thread outlives its first message"


async def test_trash_and_junk_do_not_hide_a_conversation_from_all_mail(post: Post) -> None:
    ids = [await post.deliver(f"{n}@x", "0@x") for n in range(2)]
    await post.move("trash", ids[1])
    assert await post.shown("all") == [ids[0]]
    assert await post.shown("trash") == [ids[1]]


async def test_a_parent_that_comes_late_joins_its_answers(post: Post) -> None:
    reply = await post.deliver("2@x", "1@x")
    again = await post.deliver("3@x", "1@x")
    parent = await post.deliver("1@x")
    assert await post.threads(reply, again, parent) == [0, 0, 0]
    assert await post.inbox() == [parent]
    await post.is_true()


async def test_a_message_that_names_two_threads_makes_them_one(post: Post) -> None:
    left = [await post.deliver("1@x"), await post.deliver("2@x", "1@x")]
    right = [await post.deliver("a@x"), await post.deliver("b@x", "a@x", sent=True), await post.deliver("c@x", "a@x")]
    alone = await post.deliver("z@x")
    latest = await post.database.read(changes.latest)
    both = await post.deliver("d@x", "c@x", "1@x", "z@x")
    assert set(await post.threads(*left, *right, alone, both)) == {0}
    assert await post.inbox() == [both]
    assert await post.shown("sent") == [right[1]]
    told = await post.database.read(changes.since, post.lin, latest, 99)
    assert told is not None
    assert {one.message_id for one in told if one.kind == changes.THREADS} == {left[1], alone}, (
        "what lists showed of it"
    )
    await post.is_true()


async def test_merging_is_bounded_and_a_long_thread_is_not_moved(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MERGED_LIMIT", 2)
    long = [await post.deliver(f"l{n}@x", "l0@x") for n in range(5)]
    three = [await post.deliver(f"t{n}@x", "t0@x") for n in range(3)]
    one = await post.deliver("o@x")
    both = await post.deliver("n@x", "t1@x", "l1@x", "o@x")
    found = await post.threads(*long, one, both, *three)
    assert found == [0] * 7 + [1] * 3
    await post.is_true()


async def test_threads_of_two_accounts_never_mix(database: Database, post: Post) -> None:
    ana = await make_account(database, "ana@yuanye.example")
    first = await post.deliver("1@x")
    (theirs,) = await database.write(arrivals.add, post.ids, arrival(ana, references=("2@x", "1@x")), NOW)
    row = await database.read(messages.row, ana, theirs.message_id)
    assert row is not None
    assert row.thread_id == theirs.message_id
    assert await post.inbox() == [first]


async def test_an_answer_without_references_is_known_by_subject_people_and_time(post: Post) -> None:
    own = await post.deliver("1@x", subject="《长江手记》第二版校样", sender=LIN, to=ZHOU, sent=True)
    answer = await post.deliver("2@x", subject="回复：《长江手记》第二版校样", sender=ZHOU.upper())
    assert await post.threads(own, answer) == [0, 0]
    unknown = await post.deliver("3@x", "never-seen@x", subject="Re: Re：《長江手記》第二版校样", sender=ZHOU)
    assert await post.threads(own, unknown) == [0, 1], "the same letters, or it is another subject"
    unknown = await post.deliver("4@x", "unheard-of@x", subject="Re: Re：《长江手记》第二版校样", sender=ZHOU)
    assert await post.threads(own, unknown) == [0, 0]
    await post.is_true()


@pytest.mark.parametrize(
    ("subject", "sender", "later"),
    [
        ("Proofs", ZHOU, 0),  # no prefix of an answer
        ("Fwd: Proofs", ZHOU, 0),  # a forward
        ("Re: Proofs", MARTA, 0),  # nobody the message named
        ("Re: Proofs", f"a.{ZHOU}", 0),  # an address that only ends the same
        ("Re: Proofs", ZHOU, 31 * DAY),  # long ago
        ("Re: The proofs", ZHOU, 0),  # another subject
        ("Re: ", ZHOU, 0),  # none
    ],
)
async def test_a_subject_alone_joins_nothing(post: Post, subject: str, sender: str, later: int) -> None:
    own = await post.deliver("1@x", sender=LIN, to=ZHOU, sent=True)
    other = await post.deliver("2@x", subject=subject, sender=sender, at=NOW + later)
    assert await post.threads(own, other) == [0, 1]


async def test_bills_of_one_sender_never_come_together_whatever_their_subject(post: Post) -> None:
    for month, subject in enumerate(("Your bill", "Re: Your bill", "回复：账单")):
        at = NOW + month * 30 * DAY
        bills = [await post.deliver(f"{month}.{n}@x", subject=subject, at=at + n * DAY) for n in range(3)]
        assert await post.threads(*bills) == [0, 1, 2]


async def test_a_reply_that_was_taken_back_is_told_of_by_what_is_left(post: Post) -> None:
    first = await post.deliver("1@x")
    own = await post.deliver("2@x", "1@x", sent=True)
    latest = await post.database.read(changes.latest)
    await post.database.write(filings.erase, post.lin, own)
    told = await post.database.read(changes.since, post.lin, latest, 9)
    assert told is not None
    assert [(one.kind, one.message_id) for one in told] == [(changes.THREADS, first)]


async def test_a_message_that_names_a_hundred_is_one_query_and_finds_the_one_we_know(post: Post) -> None:
    known = await post.deliver("77@x")
    new = await post.deliver("new@x", *(f"{n}@x" for n in range(100)))
    assert await post.threads(known, new) == [0, 0]


async def test_neighbours_of_a_conversation_are_conversations(post: Post) -> None:
    oldest = await post.deliver("1@x")
    middle = [await post.deliver(f"m{n}@x", "m0@x") for n in range(3)]
    newest = await post.deliver("9@x")
    inbox = await post.database.read(mailboxes.by_role, post.lin, "inbox")
    view = messages.View(post.lin, inbox, threaded=True)
    assert await post.database.read(messages.neighbours, view, middle[2]) == (newest, oldest)
    assert await post.database.read(messages.neighbours, view, newest) == (None, middle[2])
    assert await post.database.read(messages.neighbours, view, oldest) == (middle[2], None)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_the_places_stay_true(post: Post, seed: int) -> None:
    """Deliveries that answer, merge and stand alone, moves of many in one statement, undoing, erasing."""
    rng = Random(seed)
    ids: list[int] = []
    for number in range(120):
        what = rng.choice(("deliver", "deliver", "deliver", "move", "move", "erase", "undo"))
        some = rng.sample(ids, min(len(ids), rng.randint(1, 8)))
        if what == "deliver" or not ids:
            named = [f"{rng.randrange(number + 1)}@x" for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))]
            ids.append(await post.deliver(f"{number}@x", *named, sent=rng.random() < 0.2))
        elif what == "move":
            await post.move(rng.choice(("inbox", "archive", "trash")), *some)
        elif what == "undo":
            trash = await post.database.read(mailboxes.by_role, post.lin, "trash")
            done = await post.database.write(acts.carry_out, post.lin, Act("move", trash), some, NOW)
            undo = await post.database.write(acts.begin_undo, post.lin, done.undo_id, NOW) if done.undo_id else None
            if undo is not None:
                await post.database.write(acts.undo_batch, post.lin, done.undo_id, undo, NOW, many=False)
        else:
            await post.database.write(filings.erase, post.lin, some[0])
            ids.remove(some[0])
        await post.is_true()
    for role in ("inbox", "archive", "trash", "sent"):
        fronts = await post.shown(role, limit=7)
        every = await post.shown(role, threaded=False)
        threads_of = await post.threads(*every) if every else []
        newest = dict(reversed(list(zip(threads_of, every, strict=True))))
        assert fronts == sorted(newest.values(), reverse=True)
